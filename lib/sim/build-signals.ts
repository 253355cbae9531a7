/** The signals of a new world, each with a past in which the service was at rest. */
import type { Policy, Signal } from '../core/model.ts';
import type { Account, Service, SignalSource } from './account.ts';
import { DAY_MS, MINUTE_MS } from './account.ts';
import { cpuSeries, pointsOfMinute, SAMPLE_MS, sample, seriesOf } from './metrics.ts';
import type { Alarm, Series } from './series.ts';

/** How much of a past every metric has when the world begins. */
const PAST_MINUTES = 60;

/** A value of the signal with which `servers` servers are just what is needed. */
export function steadyValue(signal: Signal, servers: number): number {
  if (signal.target !== undefined) return (signal.target * (servers - 0.5)) / servers;
  const above = (signal.steps ?? []).flatMap((band) => ('above' in band ? [band.above] : []));
  const below = (signal.steps ?? []).flatMap((band) => ('below' in band ? [band.below] : []));
  const low = below.length > 0 ? Math.max(...below) : 0;
  const high = above.length > 0 ? Math.min(...above) : 2 * low;
  return (low + high) / 2;
}

export function isCpuOf(signal: Signal, policy: Policy): boolean {
  const { namespace, name, dimensions } = signal.metric;
  const group = policy.fleet?.autoScalingGroup;
  return namespace === 'AWS/EC2' && name === 'CPUUtilization' && dimensions.AutoScalingGroupName === group;
}

function alarmsOf(service: string, signal: Signal, steady: number, startMs: number): Alarm[] {
  const above = (signal.steps ?? []).flatMap((band) => ('above' in band ? [band.above] : []));
  const below = (signal.steps ?? []).flatMap((band) => ('below' in band ? [band.below] : []));
  const high = signal.target ?? (above.length > 0 ? Math.min(...above) : null);
  const low = signal.target ?? (below.length > 0 ? Math.max(...below) : null);
  const alarm = (end: 'high' | 'low', threshold: number): Alarm => ({
    name: `evenkeel-${service}-${signal.name}-${end}`,
    comparison: end === 'high' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    threshold,
    state: (end === 'high' ? steady > threshold : steady < threshold) ? 'ALARM' : 'OK',
    reason: 'Threshold Crossed: 1 datapoint',
    sinceMs: startMs - DAY_MS,
  });
  return [...(high === null ? [] : [alarm('high', high)]), ...(low === null ? [] : [alarm('low', low)])];
}

/** Every signal with a past in which the service was at rest. */
export function buildSignals(account: Account, service: Service): void {
  const { policy, options } = service;
  const startMs = account.clock.nowMs();
  service.signals = (policy.scaling?.signals ?? []).map((signal): SignalSource => {
    const isCpu = isCpuOf(signal, policy);
    const steady = isCpu ? options.cpuPercent : steadyValue(signal, options.servers);
    const series =
      isCpu && service.primary.group !== null
        ? cpuSeries(account, service.primary.group)
        : seriesOf(account, policy.region, signal.metric);
    const alarms = alarmsOf(service.name, signal, steady, startMs);
    return { signal, series, steady, alarms, dark: false, samples: [], lateSeconds: 0, shiftSeconds: 0, forced: null };
  });
  const thisMinute = startMs - (startMs % MINUTE_MS);
  const delayMs = options.metricDelaySeconds * 1000;
  for (const source of service.signals) {
    const isMeasured = service.primary.group !== null && isCpuOf(source.signal, policy);
    if (isMeasured) continue;
    const firstMs = startMs - (startMs % SAMPLE_MS) + SAMPLE_MS;
    account.clock.at(firstMs, () => sample(account, service, source));
  }
  const filled = new Set<Series>();
  for (const { series, steady, signal } of service.signals) {
    if (filled.has(series)) continue;
    filled.add(series);
    for (let minute = PAST_MINUTES; minute > 0; minute--) {
      const fromMs = thisMinute - minute * MINUTE_MS;
      series.points.push(...pointsOfMinute(signal, [steady], fromMs, fromMs + MINUTE_MS + delayMs));
    }
  }
}
