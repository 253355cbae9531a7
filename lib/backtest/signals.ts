/** What CloudWatch would show of the model fleet, for the signals of a policy. */
import type { Datapoint, Signal } from '../core/model.ts';
import { isCpuSignal } from '../core/scaling-memory.ts';
import type { Fleet } from './fleet.ts';
import type { Minute, Settings } from './model.ts';
import { MINUTE_MS } from './resample.ts';

/** Whether it counts requests, of one target on average: what all got is that times their number. */
function isRequestsSignal({ metric }: Signal): boolean {
  return metric.namespace === 'AWS/ApplicationELB' && metric.name === 'RequestCountPerTarget';
}

const CPU_STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
};

/** Why this signal cannot be replayed, in words; `null` when it can. `countsRequests`: the trace does. */
export function unreplayable(signal: Signal, countsRequests: boolean): string | null {
  const { namespace, name, statistic, periodSeconds } = signal.metric;
  const found = `signal ${signal.name} is ${namespace} ${name}, ${statistic} of ${periodSeconds} s`;
  if (periodSeconds % 60 !== 0)
    return `${found}; expected whole minutes, for a minute is the finest that a replay knows`;
  if (isCpuSignal(signal)) {
    if (statistic in CPU_STATISTICS) return null;
    return `${found}; expected ${Object.keys(CPU_STATISTICS).join(', ')}: all instances of a replay are equally busy, so others say nothing`;
  }
  if (!isRequestsSignal(signal))
    return `${found}; expected AWS/EC2 CPUUtilization or AWS/ApplicationELB RequestCountPerTarget: of others the trace says nothing`;
  if (statistic !== 'Sum') return `${found}; expected Sum, the only statistic that this metric has`;
  if (countsRequests || signal.target !== undefined) return null;
  return `${found}, by steps, and the trace does not count requests; expected --requests-per-instance, or a target`;
}

/**
 * Requests that an instance serves in a minute at 100 % CPU, as this signal counts them. Where the trace counts none, the
 * target of the signal is taken to be reached together with that of the CPU.
 */
function requestsAtFull({ target }: Signal, { targetPercent }: Settings, perInstance: number | null): number {
  return perInstance ?? ((target as number) * 100) / targetPercent;
}

/** Where request counts of this signal come from in a replay of a trace that has none, in words; `null`: it asks for none. */
export function madeRequests(signal: Signal, settings: Settings): string | null {
  if (!isRequestsSignal(signal)) return null;
  const { name, target } = signal;
  return `${name} taken to reach its target of ${target} together with ${settings.targetPercent} % CPU`;
}

function aggregate(signal: Signal, minutes: readonly Minute[], settings: Settings, perInstance: number | null): number {
  if (isCpuSignal(signal))
    return (CPU_STATISTICS[signal.metric.statistic] as (v: readonly number[]) => number)(minutes.map(({ cpu }) => cpu));
  const atFull = requestsAtFull(signal, settings, perInstance);
  return minutes.reduce((sum, { offered, inService }) => sum + (offered * atFull) / inService, 0);
}

/**
 * The datapoints of this signal from `fromMs` on that are published by now, oldest first. One of several minutes appears
 * when its period is over and its last minute is due; CloudWatch would show the average of the first ones before that,
 * which no decision looks at.
 */
export function datapoints(
  signal: Signal,
  fleet: Fleet,
  fromMs: number,
  settings: Settings,
  requestsPerInstance: number | null,
): Datapoint[] {
  const periodMs = signal.metric.periodSeconds * 1000;
  const overMs = fleet.nowMs - settings.metricDelaySeconds * 1000 - periodMs;
  const minutes = fleet.lastMinutes(Math.ceil((fleet.nowMs - fromMs) / MINUTE_MS));
  const periods = new Map<number, Minute[]>();
  for (const minute of minutes) {
    const startMs = Math.floor(minute.startMs / periodMs) * periodMs;
    if (startMs < fromMs || startMs > overMs) continue;
    const before = periods.get(startMs);
    if (before === undefined) periods.set(startMs, [minute]);
    else before.push(minute);
  }
  return [...periods].map(([startMs, of]) => ({
    startMs,
    value: aggregate(signal, of, settings, requestsPerInstance),
  }));
}
