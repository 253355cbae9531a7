/** The CloudWatch operation that the controller uses. */
import type { GetMetricDataCommandInput, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Series, SeriesPoint } from './account.ts';
import { MINUTE_MS } from './account.ts';
import { seriesKey } from './metrics.ts';
import type { Call, Operation } from './operations.ts';
import { operationsOf, serviceError } from './operations.ts';
import { statistic } from './statistics.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;
const MOST_DATAPOINTS = 100_800;

/** No datapoint's time is off by more than this. */
const SHIFTED_MS = 600_000;

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  readonly readMs: number;
}

/** The visible points of the range by period, oldest first. */
function periods(series: Series, periodMs: number, range: Range): Map<number, SeriesPoint[]> {
  const found: SeriesPoint[] = [];
  for (let at = series.points.length - 1; at >= 0; at--) {
    const point = series.points[at] as SeriesPoint;
    // Shifted ones stand a little out of order.
    if (point.startMs < range.fromMs - SHIFTED_MS) break;
    if (point.startMs < range.fromMs) continue;
    if (point.startMs < range.toMs && point.visibleMs <= range.readMs) found.push(point);
  }
  const byPeriod = new Map<number, SeriesPoint[]>();
  for (const point of found.sort((a, b) => a.startMs - b.startMs)) {
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

/**
 * Answers a page at a time: a token is the number of datapoints that have been given. A metric without data has an empty
 * result, not an error.
 */
function getMetricData(call: Call, input: GetMetricDataCommandInput) {
  const queries = input.MetricDataQueries ?? [];
  if (queries.length > MOST_QUERIES) {
    throw serviceError(
      'cloudwatch',
      'ValidationError',
      `The collection MetricDataQueries must not have a size greater than ${MOST_QUERIES}`,
    );
  }
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

export const metricOperations: readonly Operation[] = [
  operationsOf('cloudwatch').read('GetMetricData', GetMetricDataCommand, getMetricData),
];
