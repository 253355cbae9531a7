/** How long a steady round over a hundred services takes over HTTP, with and without the latency of a real network. */
import { type MeasuredRound, startHundred } from '../wire/hundred.ts';

/** Until every record has been read once, ten a round. */
const FIRST_ROUNDS = 14;
const ROUNDS = 4;

export interface RoundRow {
  readonly latencyMs: number;
  readonly roundMs: number;
  /** From the first question after the health of a target group to the last: what the connections bear at once. */
  readonly targetsMs: number;
  readonly missing: number;
}

function rowOf(latencyMs: number, { result, tookMs, calls }: MeasuredRound): RoundRow {
  const asked = calls.filter((c) => c.operation === 'DescribeTargetHealth').map((c) => c.atMs);
  const missing = result.services.flatMap((s) => s.missing).length;
  return { latencyMs, roundMs: tookMs, targetsMs: Math.max(...asked) - Math.min(...asked), missing };
}

/** Best of four rounds for each latency: what else the machine does is not what is measured. */
export async function steadyRounds(): Promise<RoundRow[]> {
  const hundred = await startHundred((name, value) => {
    // biome-ignore lint/style/noProcessEnv: the SDK looks there for where to send its calls.
    process.env[name] = value;
  });
  try {
    for (let n = 0; n < FIRST_ROUNDS; n += 1) await hundred.round(0);
    const rows: RoundRow[] = [];
    for (const latencyMs of [0, 20, 60]) {
      const rounds: RoundRow[] = [];
      for (let n = 0; n < ROUNDS; n += 1) rounds.push(rowOf(latencyMs, await hundred.round(latencyMs)));
      const [best] = rounds.sort((a, b) => a.missing - b.missing || a.roundMs - b.roundMs);
      if (best !== undefined) rows.push(best);
    }
    return rows;
  } finally {
    await hundred.stop();
  }
}
