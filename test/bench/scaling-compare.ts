/** What the answers of a sweep say: frontiers beside each other, and one policy beside what people run today. */

import { beatenBy, cheaperThan, frontierOf, type Point } from '../../lib/backtest/frontier.ts';
import { NO_RIVALS } from '../../lib/backtest/verdict.ts';
import { columns } from '../../lib/report/columns.ts';
import type { Answer } from './scaling-worker.ts';

/** What people run today: target tracking on the group's CPU, or on requests, at the target that they usually set. */
const TODAY = { onCpu: 'target-tracking-ec2', onRequests: 'target-tracking-requests', targetPercent: 80 };

interface Swept {
  readonly name: string;
  readonly points: readonly (Point & { readonly ofOptimumPercent: number })[];
}

/** A policy at its own target beside target tracking at 80 %. */
interface Bar {
  readonly targetPercent: number;
  readonly saturatedMinutes: number;
  readonly todaySaturatedMinutes: number;
  /** Instance-hours in percent of those of target tracking. */
  readonly hoursPercent: number;
  /** At most half of the saturated minutes, at no more instance-hours. */
  readonly holds: boolean;
}

/** A baseline, and how many of its targets. */
interface Count {
  readonly name: string;
  readonly points: number;
  readonly of: number;
}

export interface Compared {
  readonly trace: string;
  readonly sweeps: readonly Swept[];
  /** Baselines that are below evenkeel's frontier somewhere, and with how many of their targets. */
  readonly above: readonly Count[];
  /** Baselines that pay less, and are saturated more, than evenkeel at any target. */
  readonly cheaper: readonly Count[];
  /** Beside target tracking on CPU. `null`: one of the two targets was not swept. */
  readonly bar: Bar | null;
  /** Beside that on requests, which sees the demand where CPU ends, as a policy with a request count does. */
  readonly requestsBar: Bar | null;
}

function barOf(own: readonly Answer[], targetPercent: number, todayName: string): Bar | null {
  const measures = (name: string, percent: number) =>
    own.find((answer) => answer.targetPercent === percent)?.runs.find((run) => run.name === name)?.measures;
  const [ours, today] = [measures('evenkeel', targetPercent), measures(todayName, TODAY.targetPercent)];
  if (ours === undefined || today === undefined) return null;
  return {
    targetPercent,
    saturatedMinutes: ours.saturatedMinutes,
    todaySaturatedMinutes: today.saturatedMinutes,
    hoursPercent: (100 * ours.instanceHours) / today.instanceHours,
    holds: 2 * ours.saturatedMinutes <= today.saturatedMinutes && ours.instanceHours <= today.instanceHours,
  };
}

/** The sweep of one trace; `targetPercent` is the policy's own. */
export function compare(trace: string, answers: readonly Answer[], targetPercent: number): Compared {
  const own = answers.filter((answer) => answer.trace === trace).sort((a, b) => a.targetPercent - b.targetPercent);
  const sweeps = (own[0]?.runs ?? []).map(({ name }, index) => ({
    name,
    points: own.flatMap(({ targetPercent, runs }) => {
      const measures = runs[index]?.measures;
      if (measures === undefined) return [];
      const { instanceHours, saturatedPercent, ofOptimumPercent } = measures;
      return [{ targetPercent, instanceHours, saturatedPercent, ofOptimumPercent }];
    }),
  }));
  const frontier = frontierOf(sweeps.find(({ name }) => name === 'evenkeel')?.points ?? []);
  const counted = (those: typeof beatenBy): Count[] =>
    sweeps.flatMap(({ name, points }) => {
      const some = NO_RIVALS.includes(name) ? [] : those(frontier, points);
      return some.length === 0 ? [] : [{ name, points: some.length, of: points.length }];
    });
  const [bar, requestsBar] = [TODAY.onCpu, TODAY.onRequests].map((name) => barOf(own, targetPercent, name));
  return {
    ...{ trace, sweeps, above: counted(beatenBy), cheaper: counted(cheaperThan) },
    ...{ bar: bar ?? null, requestsBar: requestsBar ?? null },
  };
}

/** The sweep of one trace in words. */
export function sweepLines({ trace, sweeps, above, cheaper }: Compared, targets: readonly number[]): string[] {
  const cell = ({ saturatedPercent, ofOptimumPercent }: Swept['points'][number]): string =>
    `${saturatedPercent.toFixed(2)} / ${ofOptimumPercent.toFixed(0)}`;
  const rows = sweeps.map(({ name, points }) => [name, ...points.map(cell)]);
  const told = (counts: readonly Count[]): string =>
    counts.map(({ name, points, of }) => `${name} (${points} of ${of} targets)`).join(', ');
  return [
    `${trace}: percent saturated / instance-hours in percent of the optimum, by target`,
    ...columns([['', ...targets.map((target) => `${target} %`)], ...rows]),
    above.length === 0
      ? "  evenkeel's frontier is on or below that of every baseline"
      : `  below evenkeel's frontier: ${told(above)}`,
    ...(cheaper.length === 0 ? [] : [`  cheaper than evenkeel at any target, and saturated more: ${told(cheaper)}`]),
    '',
  ];
}

const minutes = (count: number): string => `${Math.round(count).toLocaleString('en')} min`;

function barLine(trace: string, bar: Bar | null): string[] {
  if (bar === null) return [trace, 'not swept'];
  const { saturatedMinutes, todaySaturatedMinutes, hoursPercent, holds } = bar;
  const share =
    todaySaturatedMinutes === 0 ? '-' : `${((100 * saturatedMinutes) / todaySaturatedMinutes).toFixed(0)} %`;
  const saturated = `${minutes(saturatedMinutes)} of ${minutes(todaySaturatedMinutes)} saturated (${share})`;
  return [trace, saturated, `${hoursPercent.toFixed(1)} % of the hours`, holds ? 'holds' : 'does not hold'];
}

/** One line per trace and way: whether the policy, at its own target, halves what is saturated today at no more instance-hours. */
export function barLines(compared: readonly Compared[], targetPercent: number): string[] {
  const lines = (name: string, bars: readonly (Bar | null)[]): string[] => [
    `evenkeel at ${targetPercent} % against ${name} at ${TODAY.targetPercent} %: at most half of its saturated minutes at no more hours`,
    ...columns(compared.map(({ trace }, index) => barLine(trace, bars[index] ?? null))),
    `holds on ${bars.filter((bar) => bar?.holds === true).length} of ${bars.length} traces`,
  ];
  const [onCpu, onRequests] = [compared.map(({ bar }) => bar), compared.map(({ requestsBar }) => requestsBar)];
  return [...lines(TODAY.onCpu, onCpu), '', ...lines(TODAY.onRequests, onRequests)];
}
