/** What CloudWatch would show of the model fleet, for the signals of a policy. */
import type { Datapoint, Signal } from '../core/model.ts';
import type { Fleet } from './fleet.ts';
import type { Minute } from './model.ts';
import { MINUTE_MS } from './resample.ts';

/** Whether it is this fleet's CPU. */
export function isCpuSignal({ metric }: Signal): boolean {
  return metric.namespace === 'AWS/EC2' && metric.name === 'CPUUtilization';
}

/** Whether it counts requests, of one target on average: what all got is that times their number. */
export function isRequestsSignal({ metric }: Signal): boolean {
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
  return countsRequests ? null : `${found}, and the trace does not count requests; expected --requests-per-instance`;
}

function aggregate(signal: Signal, minutes: readonly Minute[], requestsPerInstance: number): number {
  if (isCpuSignal(signal))
    return (CPU_STATISTICS[signal.metric.statistic] as (v: readonly number[]) => number)(minutes.map(({ cpu }) => cpu));
  return minutes.reduce((sum, { offered, inService }) => sum + (offered * requestsPerInstance) / inService, 0);
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
  metricDelaySeconds: number,
  requestsPerInstance: number,
): Datapoint[] {
  const periodMs = signal.metric.periodSeconds * 1000;
  const overMs = fleet.nowMs - metricDelaySeconds * 1000 - periodMs;
  const minutes = fleet.lastMinutes(Math.ceil((fleet.nowMs - fromMs) / MINUTE_MS) + 1);
  const periods = new Map<number, Minute[]>();
  for (const minute of minutes) {
    const startMs = Math.floor(minute.startMs / periodMs) * periodMs;
    if (startMs < fromMs || startMs > overMs) continue;
    const before = periods.get(startMs);
    if (before === undefined) periods.set(startMs, [minute]);
    else before.push(minute);
  }
  return [...periods].map(([startMs, of]) => ({ startMs, value: aggregate(signal, of, requestsPerInstance) }));
}
