/** A backtest for people: what was played, a table of all runs, what its columns mean, and how evenkeel stands. */
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';

interface Measured {
  readonly judgedMinutes: number;
  readonly saturatedMinutes: number;
  readonly saturatedPercent: number;
  readonly lostPercent: number;
  readonly lostRequests: number | null;
  readonly instanceHours: number;
  readonly ofOptimumPercent: number;
  readonly actionsPerDay: number;
  readonly longestOutageSeconds: number;
  readonly elasticity: {
    readonly accuracyUnder: number;
    readonly accuracyOver: number;
    readonly timeshareUnder: number;
    readonly timeshareOver: number;
    readonly instability: number;
    readonly speedup: number | null;
  };
}

interface Played {
  readonly service: string;
  readonly trace: {
    readonly name: string;
    readonly rows: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly gapMinutes: number;
    readonly conversion: string;
    readonly meanDemand: number;
    readonly peakDemand: number;
  };
  readonly settings: {
    readonly bootSeconds: number;
    readonly metricDelaySeconds: number;
    readonly min: number;
    readonly max: number;
    readonly targetPercent: number;
    readonly warmupSeconds: number;
  };
  readonly runs: readonly { readonly name: string; readonly title: string; readonly measures: Measured }[];
}

interface Judged {
  readonly pass: boolean;
  readonly better: readonly string[];
  readonly worse: readonly string[];
}

const MEANING: readonly (readonly [column: string, meaning: string])[] = [
  ['saturated', 'time in which more was asked for than the instances in service give, in percent and in minutes'],
  ['longest', 'the longest such time without a break, in seconds'],
  ['lost', 'demand that found no capacity, in percent of all demand, and in requests where the trace counts them'],
  ['hours', 'instance-hours, each paid for from its request to its end'],
  [
    'of optimum',
    'instance-hours in percent of the optimum, which knows the future, is never saturated, and pays least',
  ],
  ['actions', 'changes of the desired capacity a day'],
  ['a-under, a-over', 'elasticity: missing and idle instances in percent of those needed'],
  ['t-under, t-over', 'percent of the time with too few and with too many'],
  ['unstable', 'percent of the minutes in which supply and demand moved differently'],
  ['speedup', 'geometric mean of what scaling makes of the four, against none; - where a share is zero'],
];

const fixed = (n: number, digits: number): string =>
  n.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function row(name: string, m: Measured): string[] {
  const { elasticity: e } = m;
  const requests = m.lostRequests === null ? [] : [fixed(m.lostRequests, 0)];
  return [
    name,
    `${fixed(m.saturatedPercent, 3)} %`,
    `${fixed(m.saturatedMinutes, 1)} min`,
    `${fixed(m.longestOutageSeconds, 0)} s`,
    [`${fixed(m.lostPercent, 3)} %`, ...requests].join(' '),
    fixed(m.instanceHours, 1),
    `${fixed(m.ofOptimumPercent, 1)} %`,
    fixed(m.actionsPerDay, 1),
    ...[e.accuracyUnder, e.accuracyOver, e.timeshareUnder, e.timeshareOver, e.instability].map((n) => fixed(n, 2)),
    e.speedup === null ? '-' : fixed(e.speedup, 2),
  ];
}

const HEAD = [
  ...['run', 'saturated', '', 'longest', 'lost', 'hours', 'of optimum', 'actions'],
  ...['a-under', 'a-over', 't-under', 't-over', 'unstable', 'speedup'],
];

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/:\d{2}\.\d{3}Z$/, 'Z');
}

/** The verdict in a sentence. */
function backtestVerdict({ pass, better, worse }: Judged, paint: Paint): string {
  const among = worse.length === 0 ? 'none of the baselines' : worse.join(', ');
  const beats = `it is better than ${among} on both counts`;
  return pass
    ? `${paint('green', 'pass')}  no baseline has fewer saturated minutes for no more instance-hours than evenkeel, or as few for fewer; ${beats}`
    : `${paint('red', 'fail')}  better than evenkeel in saturated minutes and instance-hours together: ${better.join(', ')}; ${beats}`;
}

/** All of it, line by line. */
export function backtestLines({ service, trace, settings: s, runs }: Played, verdict: Judged, paint: Paint): string[] {
  const gaps =
    trace.gapMinutes === 0 ? 'no gaps' : `${fixed(trace.gapMinutes, 0)} minutes that it lacks are not judged`;
  const [head = '', ...rows] = columns([HEAD, ...runs.map(({ name, measures }) => row(name, measures))], 0);
  return [
    `${paint('bold', service)} on ${trace.name}: ${fixed(trace.rows, 0)} rows, ${timeText(trace.fromMs)} to ${timeText(trace.toMs)}, ${gaps}`,
    `demand: ${trace.conversion}`,
    `        mean ${fixed(trace.meanDemand, 2)}, peak ${fixed(trace.peakDemand, 2)} instances at 100 % CPU`,
    `world:  an instance boots ${s.bootSeconds} s, a metric comes ${s.metricDelaySeconds} s after its minute, ${s.min} to ${s.max} instances; target ${s.targetPercent} %, warm-up ${s.warmupSeconds} s`,
    'policy: its fleet and scaling as production decides on them, enforced; health and failover are left out',
    '',
    paint('bold', head),
    ...rows,
    '',
    ...columns([...MEANING, ...runs.map(({ name, title }) => [name, title])]),
    '',
    backtestVerdict(verdict, paint),
  ];
}
