import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsMetrics } from '../../lib/aws/metrics.ts';
import type { SignalQuery } from '../../lib/ports.ts';
import { awsServer, json, jsonError } from './aws-server.ts';

const aws = awsServer();
const metrics = awsMetrics(awsClients().cloudWatch);

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 21, 12);

const cpu = (id: string): SignalQuery => ({
  id,
  metric: {
    namespace: 'AWS/EC2',
    name: 'CPUUtilization',
    statistic: 'Average',
    periodSeconds: 60,
    dimensions: { AutoScalingGroupName: id },
  },
});

interface Query {
  readonly Id: string;
}
interface Page {
  readonly MetricDataQueries: readonly Query[];
  readonly NextToken?: string;
}

/** A series as CloudWatch sends it: seconds since the epoch, and values beside them. */
const series = (id: string, points: readonly (readonly [atMs: number, value: number])[], status = 'Complete') => ({
  Id: id,
  Timestamps: points.map(([atMs]) => atMs / 1000),
  Values: points.map(([, value]) => value),
  StatusCode: status,
});

describe('reading signals', () => {
  test('gives each query its datapoints by its own id, oldest first, and [] without data', async () => {
    aws.answer = () =>
      json({
        MetricDataResults: [
          series('q1', []),
          series('q0', [
            [NOON - 2 * MINUTE, 40.5],
            [NOON - MINUTE, 85],
          ]),
        ],
      });
    const read = await metrics.read('ap-northeast-2', [cpu('Web: CPU'), cpu('api')], NOON - 5 * MINUTE, NOON);
    expect(read).toEqual(
      new Map([
        [
          'Web: CPU',
          [
            { startMs: NOON - 2 * MINUTE, value: 40.5 },
            { startMs: NOON - MINUTE, value: 85 },
          ],
        ],
        ['api', []],
      ]),
    );
    expect(JSON.parse(aws.asked[0]?.body ?? '')).toEqual({
      MetricDataQueries: ['Web: CPU', 'api'].map((Value, index) => ({
        Id: `q${index}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/EC2',
            MetricName: 'CPUUtilization',
            Dimensions: [{ Name: 'AutoScalingGroupName', Value }],
          },
          Period: 60,
          Stat: 'Average',
        },
      })),
      StartTime: NOON / 1000 - 300,
      EndTime: NOON / 1000,
      ScanBy: 'TimestampAscending',
    });
  });

  test('leaves out what CloudWatch adds by rounding the start down, and the end itself', async () => {
    aws.answer = () =>
      json({
        MetricDataResults: [
          series('q0', [
            [NOON - 3 * MINUTE, 1],
            [NOON - 2 * MINUTE, 2],
            [NOON, 3],
          ]),
        ],
      });
    const read = await metrics.read('ap-northeast-2', [cpu('web')], NOON - 2.5 * MINUTE, NOON);
    expect(read.get('web')).toEqual([{ startMs: NOON - 2 * MINUTE, value: 2 }]);
  });

  test('joins the pages of one series', async () => {
    aws.answer = (asked) => {
      const page = JSON.parse(asked.body) as Page;
      return page.NextToken === undefined
        ? json({ MetricDataResults: [series('q0', [[NOON - 2 * MINUTE, 1]], 'PartialData')], NextToken: 'more' })
        : json({ MetricDataResults: [series('q0', [[NOON - MINUTE, 2]])] });
    };
    const read = await metrics.read('ap-northeast-2', [cpu('web')], NOON - 5 * MINUTE, NOON);
    expect(read.get('web')?.map((point) => point.value)).toEqual([1, 2]);
    expect(aws.asked).toHaveLength(2);
  });

  test('asks for 500 queries a call', async () => {
    aws.answer = (asked) => {
      const { MetricDataQueries: queries } = JSON.parse(asked.body) as Page;
      return json({
        MetricDataResults: queries.map(({ Id }) => series(Id, [[NOON - MINUTE, Number(Id.slice(1))]])),
      });
    };
    const queries = Array.from({ length: 1001 }, (_, index) => cpu(`group-${index}`));
    const read = await metrics.read('ap-northeast-2', queries, NOON - 5 * MINUTE, NOON);
    expect(aws.asked.map((asked) => (JSON.parse(asked.body) as Page).MetricDataQueries.length)).toEqual([500, 500, 1]);
    expect(read.size).toBe(1001);
    expect(read.get('group-777')).toEqual([{ startMs: NOON - MINUTE, value: 777 }]);
  });

  test.each(['InternalError', 'Forbidden', 'PartialData'])(
    'a series of which there is nothing but the status %s is missing: it is not known to be empty',
    async (status) => {
      aws.answer = () =>
        json({ MetricDataResults: [series('q0', [], status), series('q1', []), { Id: 'q2', StatusCode: status }] });
      const queries = [cpu('web'), cpu('api'), cpu('shop'), cpu('of-which-nothing-came')];
      const read = await metrics.read('ap-northeast-2', queries, NOON - 5 * MINUTE, NOON);
      expect(read).toEqual(new Map([['api', []]]));
    },
  );

  test('an error after some datapoints leaves them, and one that a later page mends is none', async () => {
    aws.answer = (asked) => {
      const page = JSON.parse(asked.body) as Page;
      if (page.NextToken !== undefined) return json({ MetricDataResults: [series('q1', [])] });
      const some = series('q0', [[NOON - 2 * MINUTE, 1]], 'InternalError');
      return json({ MetricDataResults: [some, series('q1', [], 'InternalError')], NextToken: 'more' });
    };
    const read = await metrics.read('ap-northeast-2', [cpu('web'), cpu('api')], NOON - 5 * MINUTE, NOON);
    expect(read).toEqual(
      new Map([
        ['web', [{ startMs: NOON - 2 * MINUTE, value: 1 }]],
        ['api', []],
      ]),
    );
  });

  test('of nothing makes no call', async () => {
    expect(await metrics.read('ap-northeast-2', [], NOON - MINUTE, NOON)).toEqual(new Map());
    expect(aws.asked).toEqual([]);
  });

  test.each([
    ['ThrottlingException', 400, 'Throttled'],
    ['AccessDeniedException', 400, 'Denied'],
    ['InternalServiceFault', 500, 'Unavailable'],
  ])('an answer of %s (%i) is %s', async (code, status, kind) => {
    aws.answer = () => jsonError(code, 'no', status);
    await expect(metrics.read('ap-northeast-2', [cpu('web')], NOON - MINUTE, NOON)).rejects.toMatchObject({ kind });
  });
});
