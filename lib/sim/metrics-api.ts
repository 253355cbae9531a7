/** The CloudWatch operations that the controller uses. */
import type {
  AlarmType,
  CompositeAlarm,
  DescribeAlarmsCommandInput,
  GetMetricDataCommandInput,
  MetricAlarm,
  MetricDataQuery,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { MINUTE_MS } from './account.ts';
import { type Range, seriesKey, shownPoints } from './metrics.ts';
import type { Call, Operation } from './operations.ts';
import { operationsOf, pageOf, serviceError } from './operations.ts';
import type { Alarm, Composite, Series, SeriesPoint } from './series.ts';
import { statistic } from './statistics.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;
const MOST_DATAPOINTS = 100_800;

/** The visible points of the range by period, oldest first. */
function periods(series: Series, periodMs: number, range: Range): Map<number, SeriesPoint[]> {
  const byPeriod = new Map<number, SeriesPoint[]>();
  for (const point of shownPoints(series, range).sort((a, b) => a.startMs - b.startMs)) {
    const start = point.startMs - (point.startMs % periodMs);
    const list = byPeriod.get(start);
    if (list === undefined) byPeriod.set(start, [point]);
    else list.push(point);
  }
  return byPeriod;
}

function answer(call: Call, query: MetricDataQuery, range: Range, newestFirst: boolean): MetricDataResult {
  const stat = query.MetricStat;
  const metric = stat?.Metric;
  if (stat === undefined || metric === undefined) {
    throw serviceError('cloudwatch', 'ValidationError', 'The simulator answers queries with MetricStat only');
  }
  const dimensions: Record<string, string> = {};
  for (const { Name, Value } of metric.Dimensions ?? []) dimensions[Name ?? ''] = Value ?? '';
  const key = seriesKey(metric.Namespace ?? '', metric.MetricName ?? '', dimensions);
  const series = call.account.series.get(`${call.region.name}\n${key}`);
  const timestamps: Date[] = [];
  const values: number[] = [];
  const byPeriod = series === undefined ? [] : [...periods(series, (stat.Period ?? 60) * 1000, range)];
  for (const [startMs, points] of newestFirst ? byPeriod.reverse() : byPeriod) {
    timestamps.push(new Date(startMs));
    values.push(statistic(stat.Stat ?? 'Average', points));
  }
  return { Id: query.Id, Label: metric.MetricName, Timestamps: timestamps, Values: values, StatusCode: 'Complete' };
}

/** @throws what CloudWatch answers to input that it does not take (same page). */
function refuse({ MetricDataQueries: queries = [], StartTime, EndTime }: GetMetricDataCommandInput): void {
  const invalid = (message: string): Error => serviceError('cloudwatch', 'ValidationError', message);
  if (queries.length > MOST_QUERIES) {
    throw invalid(`The collection MetricDataQueries must not have a size greater than ${MOST_QUERIES}`);
  }
  // "This name must be unique within the response": https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
  const ids = queries.map((query) => query.Id);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) throw invalid(`The values for parameter id in MetricDataQueries are not unique: ${twice}`);
  if (StartTime !== undefined && EndTime !== undefined && StartTime.getTime() >= EndTime.getTime()) {
    throw invalid('The parameter StartTime must be less than the parameter EndTime');
  }
}

/**
 * Answers a page at a time: a token is the number of datapoints that have been given. A metric without data has an empty
 * result, not an error.
 */
function getMetricData(call: Call, input: GetMetricDataCommandInput) {
  refuse(input);
  const queries = input.MetricDataQueries ?? [];
  // "CloudWatch rounds the specified timestamp" of the start down to a whole minute; the end is exclusive (same page).
  const from = input.StartTime?.getTime() ?? 0;
  const range = { fromMs: from - (from % MINUTE_MS), toMs: input.EndTime?.getTime() ?? 0, readMs: call.readMs };
  const results = queries.map((query) => answer(call, query, range, input.ScanBy !== 'TimestampAscending'));
  const given = Number(input.NextToken ?? 0);
  let skip = given;
  let room = input.MaxDatapoints ?? MOST_DATAPOINTS;
  const total = results.reduce((sum, result) => sum + (result.Values?.length ?? 0), 0);
  if (given === 0 && total <= room) return { MetricDataResults: results };
  const page = results.map((result) => {
    const values = result.Values ?? [];
    const start = Math.min(skip, values.length);
    const count = Math.min(room, values.length - start);
    skip -= start;
    room -= count;
    const [Timestamps, Values] = [result.Timestamps?.slice(start, start + count), values.slice(start, start + count)];
    return { ...result, Timestamps, Values, StatusCode: start + count < values.length ? 'PartialData' : 'Complete' };
  });
  const next = given + page.reduce((sum, result) => sum + result.Values.length, 0);
  return { MetricDataResults: page, NextToken: next < total ? String(next) : undefined };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const MOST_NAMES = 100;
const MOST_ALARMS_PER_PAGE = 100;
const ALARMS_PER_PAGE = 50;

/** An alarm with its type. */
type Typed =
  | { readonly type: 'MetricAlarm'; readonly alarm: MetricAlarm }
  | { readonly type: 'CompositeAlarm'; readonly alarm: CompositeAlarm };

function metricAlarm({ name, state, reason, sinceMs }: Alarm): Typed {
  const StateUpdatedTimestamp = new Date(sinceMs);
  const alarm = { AlarmName: name, StateValue: state, StateReason: reason, StateUpdatedTimestamp };
  return { type: 'MetricAlarm', alarm };
}

function compositeAlarm({ name, over }: Composite, alarms: readonly Alarm[]): Typed {
  const rings = alarms.some((alarm) => over.includes(alarm.name) && alarm.state === 'ALARM');
  const AlarmRule = over.map((child) => `ALARM("${child}")`).join(' OR ');
  return { type: 'CompositeAlarm', alarm: { AlarmName: name, AlarmRule, StateValue: rings ? 'ALARM' : 'OK' } };
}

/** "If you omit this parameter, only metric alarms are returned, even if composite alarms exist in the account" (same page). */
const UNLESS_ASKED: readonly AlarmType[] = ['MetricAlarm'];

/** The alarms on signals and those over them, in the region of their service. */
function describeAlarms(call: Call, input: DescribeAlarmsCommandInput) {
  const { AlarmNames: names, AlarmTypes: types = UNLESS_ASKED, MaxRecords: size = ALARMS_PER_PAGE } = input;
  if (names !== undefined && names.length > MOST_NAMES) {
    const message = `The collection AlarmNames must not have a size greater than ${MOST_NAMES}`;
    throw serviceError('cloudwatch', 'ValidationError', message);
  }
  if (size > MOST_ALARMS_PER_PAGE) {
    const message = `Value '${size}' at 'maxRecords' must be less than or equal to ${MOST_ALARMS_PER_PAGE}`;
    throw serviceError('cloudwatch', 'ValidationError', message);
  }
  const here = [...call.account.services.values()].filter(({ policy }) => policy.region === call.region.name);
  const all = here.flatMap(({ signals, composites }): Typed[] => {
    const alarms = signals.flatMap((source) => source.alarms);
    return [...composites.map((one) => compositeAlarm(one, alarms)), ...alarms.map(metricAlarm)];
  });
  const asked = all.filter(
    ({ type, alarm }) => types.includes(type) && (names === undefined || names.includes(alarm.AlarmName ?? '')),
  );
  const page = pageOf(asked, input.NextToken, size);
  return {
    CompositeAlarms: page.items.flatMap((one) => (one.type === 'CompositeAlarm' ? [one.alarm] : [])),
    MetricAlarms: page.items.flatMap((one) => (one.type === 'MetricAlarm' ? [one.alarm] : [])),
    NextToken: page.next,
  };
}

const { read } = operationsOf('cloudwatch');

export const metricOperations: readonly Operation[] = [
  read('DescribeAlarms', DescribeAlarmsCommand, describeAlarms),
  read('GetMetricData', GetMetricDataCommand, getMetricData),
];
