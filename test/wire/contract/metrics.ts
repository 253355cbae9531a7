/** What CloudWatch does with metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
import type { GetMetricDataCommandInput, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { GetMetricDataCommand, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import { expect } from 'vitest';
import { HOME } from '../lab.ts';
import { type Case, casesOf, refused } from './case.ts';
import { cloudWatch, DENIED, INVALID } from './cloudwatch.ts';
import type { Peer, Service, Stage } from './peer.ts';

const MINUTE_MS = 60_000;

function cpuOf(Id: string, group: string, Stat = 'Average'): MetricDataQuery {
  return {
    Id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/EC2',
        MetricName: 'CPUUtilization',
        Dimensions: [{ Name: 'AutoScalingGroupName', Value: group }],
      },
      Period: 60,
      Stat,
    },
  };
}

const window = (fromMs: number, toMs: number) => ({
  StartTime: new Date(fromMs),
  EndTime: new Date(toMs),
  ScanBy: 'TimestampAscending' as const,
});

/** What the queries find by their id: `[minute after fromMs, value]`, in the order in which they come. */
async function read(stage: Stage, fromMs: number, input: GetMetricDataCommandInput) {
  const { MetricDataResults = [] } = await stage.answered(cloudWatch(stage).send(new GetMetricDataCommand(input)));
  return Object.fromEntries(
    MetricDataResults.map(({ Id = '', Timestamps = [], Values = [] }) => [
      Id,
      Timestamps.map((timestamp, at) => [(timestamp.getTime() - fromMs) / MINUTE_MS, Values[at]]),
    ]),
  );
}

const queriesFor = (services: readonly Service[]) => services.map(({ group }, index) => cpuOf(`q${index}`, group));

export const metricCases: readonly Case<Peer>[] = casesOf<Peer>('GetMetricData', {
  success: {
    'one value a minute, the oldest first, the end left out': async (peer) => {
      const stage = await peer.stage();
      const fromMs = await stage.reportCpu(stage.web, 95, 4);
      const input = {
        ...window(fromMs, fromMs + 3 * MINUTE_MS),
        MetricDataQueries: [cpuOf('cpu', stage.web.group)],
      };
      expect(await read(stage, fromMs, input)).toEqual({
        cpu: [
          [0, 95],
          [1, 95],
          [2, 95],
        ],
      });
    },
    'the newest first unless it is asked otherwise': async (peer) => {
      const stage = await peer.stage();
      const fromMs = await stage.reportCpu(stage.web, 95, 3);
      const { StartTime, EndTime } = window(fromMs, fromMs + 3 * MINUTE_MS);
      const input = { StartTime, EndTime, MetricDataQueries: [cpuOf('cpu', stage.web.group)] };
      expect((await read(stage, fromMs, input)).cpu?.map(([minute]) => minute)).toEqual([2, 1, 0]);
    },
    'a start within a minute takes the whole minute': async (peer) => {
      const stage = await peer.stage();
      const fromMs = await stage.reportCpu(stage.web, 95, 3);
      const input = {
        ...window(fromMs + 30_000, fromMs + 3 * MINUTE_MS),
        MetricDataQueries: [cpuOf('cpu', stage.web.group)],
      };
      expect((await read(stage, fromMs, input)).cpu?.map(([minute]) => minute)).toEqual([0, 1, 2]);
    },
    'each statistic': async (peer) => {
      const stage = await peer.stage();
      const fromMs = await stage.reportCpu(stage.web, 95, 2);
      const input = {
        ...window(fromMs, fromMs + MINUTE_MS),
        MetricDataQueries: ['Average', 'Minimum', 'Maximum', 'Sum', 'SampleCount'].map((stat) =>
          cpuOf(stat.toLowerCase(), stage.web.group, stat),
        ),
      };
      const found = await read(stage, fromMs, input);
      const [[, samples] = []] = found.samplecount ?? [];
      expect(samples).toBeGreaterThan(0);
      expect(found).toMatchObject({ average: [[0, 95]], minimum: [[0, 95]], maximum: [[0, 95]] });
      expect(found.sum).toEqual([[0, 95 * (samples ?? 0)]]);
    },
    'each query under its own id': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [web, other] = stage.services as [Service, Service];
      const fromMs = await stage.reportCpu(web, 95, 2);
      const input = { ...window(fromMs, fromMs + MINUTE_MS), MetricDataQueries: queriesFor([other, web]) };
      const found = await read(stage, fromMs, input);
      expect(found.q1).toEqual([[0, 95]]);
      expect(found.q0).not.toEqual([[0, 95]]);
    },
  },
  'not found': {
    'a metric without data has no values, and is no error': async (peer) => {
      const stage = await peer.stage();
      const fromMs = stage.nowMs() - 10 * MINUTE_MS;
      const input = { ...window(fromMs, fromMs + 5 * MINUTE_MS), MetricDataQueries: [cpuOf('cpu', 'nobody')] };
      expect(await read(stage, fromMs, input)).toEqual({ cpu: [] });
    },
  },
  denied: {
    'is refused': async (peer) => {
      const stage = await peer.stage();
      const command = new GetMetricDataCommand({
        ...window(stage.nowMs() - MINUTE_MS, stage.nowMs()),
        MetricDataQueries: [cpuOf('cpu', stage.web.group)],
      });
      const call = stage.denied('cloudwatch:GetMetricData', (to) => to.cloudWatch(HOME).send(command));
      await refused(call, DENIED);
    },
  },
  invalid: {
    'more than 500 queries': async (peer) => {
      const stage = await peer.stage();
      const MetricDataQueries = Array.from({ length: 501 }, (_, index) => cpuOf(`q${index}`, stage.web.group));
      const input = { ...window(stage.nowMs() - MINUTE_MS, stage.nowMs()), MetricDataQueries };
      await refused(stage.answered(cloudWatch(stage).send(new GetMetricDataCommand(input))), INVALID);
    },
    'an id twice': async (peer) => {
      const stage = await peer.stage();
      const MetricDataQueries = [cpuOf('q', stage.web.group), cpuOf('q', stage.web.group)];
      const input = { ...window(stage.nowMs() - MINUTE_MS, stage.nowMs()), MetricDataQueries };
      await refused(stage.answered(cloudWatch(stage).send(new GetMetricDataCommand(input))), INVALID);
    },
    'a start that is not before the end': async (peer) => {
      const stage = await peer.stage();
      const input = {
        ...window(stage.nowMs(), stage.nowMs() - MINUTE_MS),
        MetricDataQueries: [cpuOf('q', stage.web.group)],
      };
      await refused(stage.answered(cloudWatch(stage).send(new GetMetricDataCommand(input))), INVALID);
    },
  },
  pages: {
    'every datapoint once': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [web, other] = stage.services as [Service, Service];
      const fromMs = await stage.reportCpu(web, 95, 4);
      const otherFromMs = await stage.reportCpu(other, 40, 4);
      const input = {
        ...window(Math.min(fromMs, otherFromMs), Math.max(fromMs, otherFromMs) + 4 * MINUTE_MS),
        MetricDataQueries: queriesFor([web, other]),
        MaxDatapoints: 3,
      };
      const seen = new Map<string, number[]>();
      const readAll = async (): Promise<number> => {
        let pages = 0;
        for await (const page of paginateGetMetricData({ client: cloudWatch(stage) }, input)) {
          pages += 1;
          for (const { Id = '', Timestamps = [] } of page.MetricDataResults ?? []) {
            const times = Timestamps.map((timestamp) => timestamp.getTime());
            seen.set(Id, [...(seen.get(Id) ?? []), ...times]);
          }
        }
        return pages;
      };
      expect(await stage.answered(readAll())).toBeGreaterThan(1);
      for (const [id, startMs] of [['q0', fromMs] as const, ['q1', otherFromMs] as const]) {
        const times = seen.get(id) ?? [];
        expect(new Set(times).size).toBe(times.length);
        expect(times).toEqual(expect.arrayContaining([0, 1, 2, 3].map((minute) => startMs + minute * MINUTE_MS)));
      }
    },
    '500 queries in one call': async (peer) => {
      const stage = await peer.stage();
      const fromMs = await stage.reportCpu(stage.web, 95, 2);
      const MetricDataQueries = Array.from({ length: 500 }, (_, index) => cpuOf(`q${index}`, stage.web.group));
      const found = await read(stage, fromMs, { ...window(fromMs, fromMs + MINUTE_MS), MetricDataQueries });
      expect(Object.keys(found)).toHaveLength(500);
      expect(found.q499).toEqual([[0, 95]]);
    },
  },
});
