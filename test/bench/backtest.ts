/** Seconds that a month of backtest takes: one service, one-minute steps, all baselines, on one core. */
import { backtest } from '../../lib/backtest/backtest.ts';
import { BASELINES } from '../../lib/backtest/baselines.ts';
import { syntheticTraces } from '../../lib/backtest/synthetic.ts';
import type { Policy } from '../../lib/core/model.ts';

const DAYS = 30;
const ROUND_SECONDS = 5;
const DAY_MS = 86_400_000;

/** Processor seconds of this process. */
async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

/** The month as rows: a made fortnight, repeated. */
async function month(): Promise<readonly { atMs: number; value: number }[]> {
  const [fortnight] = syntheticTraces(1);
  const rows: { atMs: number; value: number }[] = [];
  for await (const batch of fortnight?.rows() ?? []) rows.push(...batch);
  const first = rows[0]?.atMs ?? 0;
  const all = [0, 14, 28].flatMap((days) => rows.map(({ atMs, value }) => ({ atMs: atMs + days * DAY_MS, value })));
  return all.filter(({ atMs }) => atMs < first + DAYS * DAY_MS);
}

/** The load of each round looked at once, and nothing done: what a loop over the same time costs at least. */
function bareLoop(rows: readonly { readonly value: number }[]): number {
  let most = 0;
  for (const { value } of rows)
    for (let second = 0; second < 60; second += ROUND_SECONDS) most = Math.max(most, value + second);
  return most;
}

/** Processor seconds of the backtest, and of the bare loop over the same rounds for every run, in the same process. */
export async function monthOfBacktest(policy: Policy): Promise<{ seconds: number; bareSeconds: number; runs: number }> {
  const { fleet, scaling } = policy;
  if (fleet === undefined || scaling === undefined) throw new Error('the bench needs a policy that scales');
  const rows = await month();
  let runs = 0;
  const seconds = await secondsOf(async () => {
    const result = await backtest({
      ...{ policy: { ...policy, fleet, scaling }, policyFile: 'bench', resample: 'hold', baselines: BASELINES },
      trace: {
        name: 'a month',
        async *rows() {
          yield rows;
        },
      },
      conversion: { kind: 'mean', instances: 10 },
      settings: {
        ...{ bootSeconds: 120, metricDelaySeconds: 60, min: 1, max: 100, targetPercent: 80 },
        warmupSeconds: scaling.warmupSeconds,
      },
    });
    if (result.runs[0]?.measures.judgedMinutes !== DAYS * 1440) throw new Error('this measured something else');
    runs = result.runs.length;
  });
  const bareSeconds = await secondsOf(async () => {
    for (let run = 0; run < runs; run += 1) bareLoop(rows);
  });
  return { seconds, bareSeconds, runs };
}
