/** CloudWatch: a datapoint per minute and metric, published late, and the alarms on it. */
import type { Signal } from '../core/model.ts';
import type { AlarmState } from '../ports.ts';
import type { Account, Group, Service, SignalSource } from './account.ts';
import { MINUTE_MS } from './account.ts';
import type { Alarm, Series, SeriesPoint } from './series.ts';
import { statistic } from './statistics.ts';
import { accountCpu } from './traffic.ts';

/** Enough for the longest look back that a policy asks for; older points are let go. */
const KEPT_POINTS = 3000;

/** One text for a metric, whatever the order of its dimensions. */
export function seriesKey(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  let key = `${namespace}\n${name}`;
  const names = Object.keys(dimensions);
  if (names.length > 1) names.sort();
  for (const dimension of names) key += `\n${dimension}=${dimensions[dimension]}`;
  return key;
}

/** The metric's series in one region, made when it is first named. */
export function seriesOf(
  account: Account,
  region: string,
  metric: { namespace: string; name: string; dimensions: Readonly<Record<string, string>> },
): Series {
  const key = `${region}\n${seriesKey(metric.namespace, metric.name, metric.dimensions)}`;
  const known = account.series.get(key);
  if (known !== undefined) return known;
  const { namespace, name, dimensions } = metric;
  const series: Series = { namespace, name, dimensions, points: [] };
  account.series.set(key, series);
  return series;
}

export function cpuSeries(account: Account, group: Group): Series {
  return seriesOf(account, group.site.region.name, {
    namespace: 'AWS/EC2',
    name: 'CPUUtilization',
    dimensions: { AutoScalingGroupName: group.name },
  });
}

type Value = Omit<SeriesPoint, 'startMs' | 'visibleMs'>;

/** Without the dust of floating point, so that messages read well. */
const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;

const single = (value: number): Value => ({ average: value, samples: 1, minimum: value, maximum: value });

/**
 * CPU of the group's instances over the minute that ends now, each weighted with the time that it was in service, and the
 * start of the next minute. `null`: none was, or the region is lost.
 */
function takeCpu(account: Account, group: Group): Value | null {
  const nowMs = account.clock.nowMs();
  let sum = 0;
  let ms = 0;
  let samples = 0;
  let minimum = 100;
  let maximum = 0;
  for (const server of group.servers) {
    accountCpu(server, nowMs);
    const spanMs = nowMs - server.cpuFromMs;
    if (server.lifecycle === 'InService' && !server.dead && spanMs > 0) {
      const average = server.cpuSum / spanMs;
      samples++;
      sum += server.cpuSum;
      ms += spanMs;
      minimum = Math.min(minimum, average);
      maximum = Math.max(maximum, average);
    }
    server.cpuSum = 0;
    server.cpuFromMs = nowMs;
  }
  if (ms === 0 || group.site.region.lost) return null;
  return { average: tidy(sum / ms), samples, minimum: tidy(minimum), maximum: tidy(maximum) };
}

function keep(series: Series, point: SeriesPoint): void {
  series.points.push(point);
  if (series.points.length > 2 * KEPT_POINTS) series.points = series.points.slice(-KEPT_POINTS);
}

/** One minute of a metric whose statistic over a period is to be `value`. */
function shaped({ metric }: Signal, value: number): Value {
  const { statistic: stat, periodSeconds } = metric;
  const share = Math.min(1, 60 / periodSeconds);
  if (stat === 'Sum') return single(value * share);
  if (stat === 'SampleCount') return { ...single(1), samples: value * share };
  return single(value);
}

/** How long the datapoints of a metric are apart: a minute, or less for one of high resolution. */
function stepMs(signal: Signal): number {
  return Math.min(MINUTE_MS, signal.metric.periodSeconds * 1000);
}

/**
 * The minute's datapoints: one, or of a high-resolution metric one for each of its periods. Those are sent together, as
 * agents do that batch. `values`: one for each, or one for all.
 */
export function pointsOfMinute(
  signal: Signal,
  values: readonly (Value | number)[],
  startMs: number,
  visibleMs: number,
): SeriesPoint[] {
  return Array.from({ length: MINUTE_MS / stepMs(signal) }, (_, index) => {
    const value = values[index] ?? values.at(-1) ?? 0;
    const shown = typeof value === 'number' ? shaped(signal, value) : value;
    return { ...shown, startMs: startMs + index * stepMs(signal), visibleMs };
  });
}

/** How often a metric is looked at that nobody here measures: its datapoints are averages of that. */
export const SAMPLE_MS = 10_000;

/** Takes the present value of a metric that is not measured. */
export function sample(account: Account, service: Service, source: SignalSource): void {
  source.samples.push(modelled(service, source));
  account.clock.at(account.clock.nowMs() + SAMPLE_MS, () => sample(account, service, source));
}

/** The samples of a minute as one value for each of its datapoints. */
function averages(signal: Signal, samples: readonly number[]): number[] {
  const count = MINUTE_MS / stepMs(signal);
  const size = samples.length / count;
  return Array.from({ length: count }, (_, index) => {
    const some = samples.slice(Math.floor(index * size), Math.max(1, Math.floor((index + 1) * size)));
    return tidy(some.reduce((sum, value) => sum + value, 0) / Math.max(1, some.length));
  });
}

/** What a signal that nobody here measures shows: its load at rest, grown with the traffic, spread over the instances in service. */
function modelled(service: Service, source: SignalSource): number {
  const { requestsPerSecond, servers } = service.options;
  const growth = requestsPerSecond === 0 ? 1 : service.flow.requestsPerSecond / requestsPerSecond;
  const group = service.primary.group;
  if (group === null) return tidy(source.steady * growth);
  let inService = 0;
  for (const server of group.servers) if (server.lifecycle === 'InService') inService++;
  return tidy((source.steady * growth * servers) / Math.max(1, inService));
}

function setAlarm(account: Account, service: Service, source: SignalSource, alarm: Alarm, value: number | null): void {
  let to: AlarmState = 'INSUFFICIENT_DATA';
  if (value !== null) {
    const over = alarm.comparison === 'GreaterThanThreshold' ? value > alarm.threshold : value < alarm.threshold;
    to = over ? 'ALARM' : 'OK';
  }
  const words =
    value === null
      ? 'Insufficient Data: 1 datapoint was unknown.'
      : `Threshold Crossed: 1 datapoint [${value}] was ${alarm.comparison === 'GreaterThanThreshold' ? 'greater' : 'less'} than the threshold (${alarm.threshold}).`;
  turn(account, service, source, alarm, { to, words, value });
}

interface Turn {
  readonly to: AlarmState;
  readonly words: string;
  readonly value: number | null;
}

function turn(
  account: Account,
  service: Service,
  source: SignalSource,
  alarm: Alarm,
  { to, words, value }: Turn,
): void {
  if (to === alarm.state) return;
  const { state: from, reason, sinceMs } = alarm;
  const atMs = account.clock.nowMs();
  alarm.state = to;
  alarm.sinceMs = atMs;
  alarm.reason = words;
  account.history.append({ kind: 'alarm', atMs, service: service.name, name: alarm.name, from, to });
  account.onAlarm({ service, source, alarm, previous: { state: from, reason, sinceMs }, value });
}

/** SetAlarmState: the alarm has this state until its next datapoint. A name that no alarm of the service has is passed over. */
export function forceAlarm(account: Account, service: Service, name: string, to: AlarmState): void {
  for (const source of service.signals) {
    for (const alarm of source.alarms)
      if (alarm.name === name) turn(account, service, source, alarm, { to, words: 'set by hand', value: null });
  }
}

/** No datapoint's time is off by more than this. */
const SHIFTED_MS = 600_000;

/** Datapoints that begin from then on and before then, as they are shown at `readMs`. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly readMs: number;
}

/** The points of the range, the one that was kept last first. */
export function shownPoints({ points }: Series, { fromMs, toMs, readMs }: Range): SeriesPoint[] {
  const found: SeriesPoint[] = [];
  for (let at = points.length - 1; at >= 0; at--) {
    const point = points[at] as SeriesPoint;
    // Shifted ones stand a little out of order.
    if (point.startMs < fromMs - SHIFTED_MS) break;
    if (point.startMs >= fromMs && point.startMs < toMs && point.visibleMs <= readMs) found.push(point);
  }
  return found;
}

/** The statistic of the period that begins then, as CloudWatch shows it now; `null`: it shows none. */
function shownValue(
  account: Account,
  { series, signal }: SignalSource,
  periodMs: number,
  startMs: number,
): number | null {
  const range = { fromMs: startMs, toMs: startMs + periodMs, readMs: account.clock.nowMs() };
  const points = shownPoints(series, range).reverse();
  return points.length === 0 ? null : statistic(signal.metric.statistic, points);
}

function publish(account: Account, service: Service, source: SignalSource, points: readonly SeriesPoint[]): void {
  const atMs = account.clock.nowMs();
  const periodMs = source.signal.metric.periodSeconds * 1000;
  let last: number | null = null;
  for (const startMs of new Set(points.map((point) => point.startMs - (point.startMs % periodMs)))) {
    const value = shownValue(account, source, periodMs, startMs);
    if (value === null) continue;
    last = value;
    const base = { kind: 'datapoint' as const, atMs, service: service.name, signal: source.signal.name };
    account.history.append({ ...base, startMs, value });
  }
  // What was measured is there when the region is back; its alarms do not fire meanwhile.
  if (service.primary.region.lost) return;
  account.clock.at(atMs + account.delays.alarmMs, () => {
    for (const alarm of source.alarms) setAlarm(account, service, source, alarm, last);
  });
}

function measure(account: Account, service: Service, cpu: Map<Series, Value | null>): void {
  const nowMs = account.clock.nowMs();
  const { metricDelaySeconds } = service.options;
  // Two signals may be statistics of one metric.
  const kept = new Set<Series>();
  for (const source of service.signals) {
    const { series, signal, forced } = source;
    const measured = cpu.get(series);
    const sampled = source.samples.splice(0);
    let values: readonly (Value | number)[] = measured === undefined ? averages(signal, sampled) : [measured ?? 0];
    if (forced !== null) values = [forced];
    const isDark = source.dark || service.primary.region.lost || (measured === null && forced === null);
    const visibleMs = nowMs + (metricDelaySeconds + source.lateSeconds) * 1000;
    const startMs = nowMs - MINUTE_MS + source.shiftSeconds * 1000;
    const points = isDark ? [] : pointsOfMinute(signal, values, startMs, visibleMs);
    if (!kept.has(series)) for (const point of points) keep(series, point);
    kept.add(series);
    account.clock.at(visibleMs, () => publish(account, service, source, points));
  }
  for (const series of kept) cpu.delete(series);
}

/** Closes the minute that ends now and comes back at the end of the next. */
export function closeMinute(account: Account): void {
  const nowMs = account.clock.nowMs();
  for (const service of account.services.values()) {
    const cpu = new Map<Series, Value | null>();
    for (const site of [service.primary, service.secondary]) {
      if (site?.group) cpu.set(cpuSeries(account, site.group), takeCpu(account, site.group));
    }
    measure(account, service, cpu);
    // Groups whose CPU is no signal of the service have their metric all the same.
    const visibleMs = nowMs + service.options.metricDelaySeconds * 1000;
    for (const [series, value] of cpu)
      if (value !== null) keep(series, { startMs: nowMs - MINUTE_MS, visibleMs, ...value });
  }
  account.clock.at(nowMs + MINUTE_MS, () => closeMinute(account));
}
