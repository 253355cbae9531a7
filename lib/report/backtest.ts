/** A backtest for people: what was played, a table of all runs, what its columns mean, and how evenkeel stands. */
import type { BacktestResult, Measures, Verdict, World } from '../backtest/model.ts';
import { MOST_INSTANCES_KEPT } from '../core/scaling-memory.ts';
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';

const MEANING: readonly (readonly [column: string, meaning: string])[] = [
  ['saturated', 'time in which more was asked for than the instances in service give, in percent and in minutes'],
  ['longest', 'the longest such time without a break, in seconds'],
  ['lost', 'demand that found no capacity, in percent of all demand, and in requests where the trace counts them'],
  ['hours', 'instance-hours, each paid for from its request to its end'],
  [
    'of optimum',
    'instance-hours in percent of the optimum, which knows the future, is not saturated as far as the bounds allow, and pays least for that',
  ],
  ['actions', 'changes of the desired capacity a day'],
  ['a-under, a-over', 'elasticity: missing and idle instances in percent of those needed'],
  ['t-under, t-over', 'percent of the time with too few and with too many'],
  ['unstable', 'percent of the minutes in which supply and demand moved differently'],
  ['speedup', 'geometric mean of what scaling makes of the four, against none; - where a share is zero'],
];

const fixed = (n: number, digits: number): string =>
  n.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function row(name: string, m: Measures): string[] {
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

/** The verdict in a sentence: pass or fail, and why. */
export function verdictText({ pass, better, worse }: Verdict): readonly [result: 'pass' | 'fail', why: string] {
  const among = worse.length === 0 ? 'none of the baselines' : worse.join(', ');
  const beats = `in that sense it is better than ${among}`;
  return pass
    ? [
        'pass',
        `no baseline has fewer saturated minutes for no more instance-hours than evenkeel, or as few for fewer; ${beats}`,
      ]
    : ['fail', `better than evenkeel in saturated minutes and instance-hours together: ${better.join(', ')}; ${beats}`];
}

/** Says that the bounds bind, and the way out; `null` where even the peak finds room. */
export function boundText({ trace, settings }: Pick<BacktestResult, 'trace' | 'settings'>): string | null {
  if (trace.peakDemand <= settings.max) return null;
  const roomy = Math.ceil(trace.peakDemand / (settings.targetPercent / 100));
  const wayOut =
    roomy <= MOST_INSTANCES_KEPT
      ? `--max ${roomy} gives room for it at the target`
      : `room for it at the target takes ${fixed(roomy, 0)}, and --max goes to ${fixed(MOST_INSTANCES_KEPT, 0)}: do the values become demand as they should?`;
  return `the peak asks for more than the ${settings.max} instances that are allowed, so every way to scale is saturated then; ${wayOut}`;
}

/** Says that the policy's forecast reckons with another world than this one; `null` where it does not. */
export function leadText({
  leadSeconds,
  settings: { bootSeconds },
}: Pick<BacktestResult, 'leadSeconds'> & { readonly settings: Pick<World, 'bootSeconds'> }): string | null {
  if (leadSeconds === null || leadSeconds === bootSeconds) return null;
  const wrong =
    leadSeconds > bootSeconds
      ? `looks ${leadSeconds - bootSeconds} s too far`
      : `does not look far enough by ${bootSeconds - leadSeconds} s`;
  return `the policy's forecast looks ${leadSeconds} s ahead (leadSeconds), and an instance serves ${bootSeconds} s after its order here, so it ${wrong}`;
}

/** Says how much of the trace is not known: gaps, and a first and last minute that it covers too little of. */
export function gapText({ gapMinutes }: Pick<BacktestResult['trace'], 'gapMinutes'>): string {
  if (gapMinutes === 0) return 'no gaps';
  return gapMinutes === 1
    ? '1 minute is not judged, for the trace tells less than half of it'
    : `${fixed(gapMinutes, 0)} minutes are not judged, for the trace tells less than half of each`;
}

/** All of it, line by line. */
export function backtestLines(result: BacktestResult, paint: Paint): string[] {
  const { service, trace, settings: s, runs, verdict } = result;
  const [bound, lead] = [boundText(result), leadText(result)];
  const [judged, why] = verdictText(verdict);
  const [head = '', ...rows] = columns([HEAD, ...runs.map(({ name, measures }) => row(name, measures))], 0);
  return [
    `${paint('bold', service)} on ${trace.name}: ${fixed(trace.rows, 0)} rows, ${timeText(trace.fromMs)} to ${timeText(trace.toMs)}, ${gapText(trace)}`,
    `demand: ${trace.conversion}`,
    `        mean ${fixed(trace.meanDemand, 2)}, peak ${fixed(trace.peakDemand, 2)} instances at 100 % CPU`,
    `world:  an instance boots ${s.bootSeconds} s, a metric comes ${s.metricDelaySeconds} s after its minute, ${s.min} to ${s.max} instances; target ${s.targetPercent} %, warm-up ${s.warmupSeconds} s`,
    ...(bound === null ? [] : [`bounds: ${bound}`]),
    ...(lead === null ? [] : [`lead:   ${lead}`]),
    'policy: its fleet and scaling as production decides on them, enforced; health and failover are left out',
    '',
    paint('bold', head),
    ...rows,
    '',
    ...columns([...MEANING, ...runs.map(({ name, title }) => [name, title])]),
    '',
    `${paint(verdict.pass ? 'green' : 'red', judged)}  ${why}`,
  ];
}
