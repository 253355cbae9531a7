/** What a campaign of simulations brought, for the terminal. */
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';

/** One seed that violated something, shrunk or not. */
export interface ViolationView {
  readonly seed: number;
  readonly finding: {
    readonly invariant: string;
    readonly service: string;
    readonly atSeconds: number;
    readonly message: string;
  };
  readonly schedule: readonly string[];
  readonly last: readonly string[];
  /** Faults of the whole seed. */
  readonly of: number | null;
  readonly commit: string;
  readonly replay: string;
}

export function violationText(view: ViolationView, paint: Paint): string[] {
  const { seed, finding, schedule, last, of, commit, replay } = view;
  const { invariant, service, atSeconds, message } = finding;
  const count = of === null ? `${schedule.length} faults before it` : `${schedule.length} of ${of} faults are needed`;
  return [
    `${paint('red', 'violated')} ${paint('bold', invariant)} by seed ${seed}, commit ${commit}`,
    `  ${atSeconds} s ${service}: ${message}`,
    `  ${count}${schedule.length > 0 ? ':' : ''}`,
    ...schedule.map((line) => `    ${line}`),
    ...(last.length === 0 ? [] : [`  the last ${last.length} events:`, ...last.map((line) => `    ${line}`)]),
    `  replay: ${replay}`,
    '',
  ];
}

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The table of fault kind × decision reason, by reason, one line for each pair that came about; columns align throughout. */
export function coverageText(counts: Counts, reasons: readonly string[], paint: Paint): string[] {
  const kinds = Object.keys(counts).sort();
  const all = Object.values(counts).flatMap((row) => Object.values(row));
  const width = Math.max(0, ...all.map((count) => String(count).length));
  const pairs = reasons.flatMap((reason) =>
    kinds.flatMap((kind) => {
      const count = counts[kind]?.[reason];
      return count === undefined ? [] : [{ reason, cells: [kind, String(count).padStart(width)] }];
    }),
  );
  const lines = columns(pairs.map(({ cells }) => cells));
  return pairs.flatMap(({ reason }, index) => [
    ...(pairs[index - 1]?.reason === reason ? [] : [paint('bold', reason)]),
    lines[index] as string,
  ]);
}
