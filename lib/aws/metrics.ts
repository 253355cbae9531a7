/** Signals over the CloudWatch API. */
import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import type { Datapoint, Metric } from '../core/model.ts';
import type { MetricPort } from '../ports.ts';
import { calling, present } from './errors.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const QUERIES_PER_CALL = 500;

interface Series {
  readonly points: Datapoint[];
  /**
   * By the last page that has it: nothing of a series that is `InternalError`, `Forbidden` or `PartialData` is not nothing.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html
   */
  isComplete: boolean;
}

function dataQuery(index: number, metric: Metric): MetricDataQuery {
  return {
    // CloudWatch wants ids that begin with a small letter; ours may be anything, so they stay at home.
    Id: `q${index}`,
    MetricStat: {
      Metric: {
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: metric.periodSeconds,
      Stat: metric.statistic,
    },
  };
}

/** @param clients the CloudWatch client of a region. */
export function awsMetrics(clients: (region: string) => CloudWatchClient): MetricPort {
  return {
    read: (region, queries, fromMs, toMs) =>
      calling(`read ${queries.length} metrics in ${region}`, async () => {
        const series = queries.map((): Series => ({ points: [], isComplete: false }));
        const asked = queries.map((query, index) => dataQuery(index, query.metric));
        for (let from = 0; from < asked.length; from += QUERIES_PER_CALL) {
          const input = {
            MetricDataQueries: asked.slice(from, from + QUERIES_PER_CALL),
            StartTime: new Date(fromMs),
            EndTime: new Date(toMs),
            ScanBy: 'TimestampAscending' as const,
          };
          for await (const page of paginateGetMetricData({ client: clients(region) }, input)) {
            for (const result of present(page.MetricDataResults, 'MetricDataResults')) {
              const one = series[Number(result.Id?.slice(1))];
              if (one === undefined) continue;
              one.isComplete = result.StatusCode === 'Complete';
              result.Timestamps?.forEach((timestamp, at) => {
                const startMs = timestamp.getTime();
                const value = result.Values?.[at];
                // CloudWatch rounds the start down to a whole minute (same page), so older points than asked for may come.
                if (value !== undefined && startMs >= fromMs && startMs < toMs) one.points.push({ startMs, value });
              });
            }
          }
        }
        return new Map(
          series.flatMap(({ points, isComplete }, index) => {
            const id = queries[index]?.id;
            return id === undefined || (points.length === 0 && !isComplete) ? [] : [[id, points]];
          }),
        );
      }),
  };
}
