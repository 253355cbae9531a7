import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { GetMetricDataCommand, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from 'vitest';
import type { Policy, Signal } from '../../lib/core/model.ts';
import type { World } from '../../lib/sim/world.ts';
import { clients, events, failure, GROUP, pass, SEOUL, START_MS, soon, WEB, withCapacity, world } from './worlds.ts';

const MINUTE_MS = 60_000;

interface Asked {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly stat?: string;
  readonly period?: number;
  readonly group?: string;
  readonly ascending?: boolean;
}

function query({ fromMinute, toMinute, stat = 'Average', period = 60, group = GROUP, ascending = true }: Asked) {
  const Metric = {
    Namespace: 'AWS/EC2',
    MetricName: 'CPUUtilization',
    Dimensions: [{ Name: 'AutoScalingGroupName', Value: group }],
  };
  return {
    MetricDataQueries: [{ Id: 'cpu', MetricStat: { Metric, Period: period, Stat: stat } }],
    StartTime: new Date(START_MS + fromMinute * MINUTE_MS),
    EndTime: new Date(START_MS + toMinute * MINUTE_MS),
    ...(ascending ? { ScanBy: 'TimestampAscending' as const } : {}),
  };
}

const minutesOf = (result: MetricDataResult | undefined): number[] =>
  (result?.Timestamps ?? []).map((timestamp) => (timestamp.getTime() - START_MS) / MINUTE_MS);

async function cpu(sim: World, asked: Asked): Promise<MetricDataResult | undefined> {
  const command = new GetMetricDataCommand(query(asked));
  return (await soon(sim, clients(sim).cloudWatch(SEOUL).send(command))).MetricDataResults?.[0];
}

function withSignals(signals: readonly Partial<Signal>[], policy: Policy = WEB): Policy {
  const [base] = WEB.scaling?.signals ?? [];
  if (base === undefined || policy.scaling === undefined) throw new Error('the lab has a signal');
  return { ...policy, scaling: { ...policy.scaling, signals: signals.map((signal) => ({ ...base, ...signal })) } };
}

const QUEUE = {
  namespace: 'Custom',
  name: 'Backlog',
  statistic: 'Average',
  periodSeconds: 60,
  dimensions: { App: 'web', Stage: 'prod' },
};

describe('datapoints', () => {
  test('have a past, and appear a minute after their own minute ends', async () => {
    const sim = world();
    expect(minutesOf(await cpu(sim, { fromMinute: -5, toMinute: 5 }))).toEqual([-5, -4, -3, -2]);
    await pass(sim, 117);
    expect(minutesOf(await cpu(sim, { fromMinute: -2, toMinute: 5 }))).toEqual([-2, -1]);
    await pass(sim, 2);
    const points = await cpu(sim, { fromMinute: -2, toMinute: 5 });
    expect(minutesOf(points)).toEqual([-2, -1, 0]);
    expect(points?.Values).toEqual([60, 60, 60]);
    expect(events(sim, 'datapoint').at(-1)).toMatchObject({ atMs: START_MS + 120_000, startMs: START_MS, value: 60 });
  });

  test('come newest first unless asked otherwise, the end exclusive, the start rounded down to the minute', async () => {
    const sim = world();
    const newest = await cpu(sim, { fromMinute: -4, toMinute: -2, ascending: false });
    expect(minutesOf(newest)).toEqual([-3, -4]);
    expect(minutesOf(await cpu(sim, { fromMinute: -3.5, toMinute: -2 }))).toEqual([-4, -3]);
  });

  test('average the instances in service by the load that they carry', async () => {
    const sim = world({ cpuPercent: 40 });
    sim.apply({ kind: 'stress', service: 'web', site: 'primary', which: 0, percent: 30 });
    await pass(sim, 125);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1 }))?.Values).toEqual([55]);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1, stat: 'Maximum' }))?.Values).toEqual([70]);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1, stat: 'Minimum' }))?.Values).toEqual([40]);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1, stat: 'SampleCount' }))?.Values).toEqual([2]);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1, stat: 'Sum' }))?.Values).toEqual([110]);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1, stat: 'p50' }))?.Values).toEqual([55]);
    const strange = new GetMetricDataCommand(query({ fromMinute: 0, toMinute: 1, stat: 'Median' }));
    expect((await failure(sim, clients(sim).cloudWatch(SEOUL).send(strange))).name).toBe('ValidationError');
  });

  test('weigh a change within the minute by its time', async () => {
    const sim = world({ cpuPercent: 40 });
    await pass(sim, 15);
    sim.apply({ kind: 'stress', service: 'web', site: 'primary', which: 'all', percent: 40 });
    await pass(sim, 110);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 1 }))?.Values).toEqual([70]);
  });

  test('never pass 100 %, and follow the request rate and the servers that share it', async () => {
    const sim = world({ cpuPercent: 40 });
    sim.apply({ kind: 'traffic', service: 'web', requestsPerSecond: 200 });
    await pass(sim, 60);
    sim.apply({ kind: 'traffic', service: 'web', requestsPerSecond: 900 });
    await pass(sim, 125);
    expect((await cpu(sim, { fromMinute: 0, toMinute: 2 }))?.Values).toEqual([80, 100]);
  });

  test('are put together in longer periods', async () => {
    const sim = world();
    const points = await cpu(sim, { fromMinute: -20, toMinute: -5, period: 300 });
    expect(minutesOf(points)).toEqual([-20, -15, -10]);
    expect((await cpu(sim, { fromMinute: -10, toMinute: -5, period: 300, stat: 'SampleCount' }))?.Values).toEqual([5]);
  });

  test('are absent without data, while dark and while nobody is in service, and late when late', async () => {
    const sim = world();
    expect(await cpu(sim, { fromMinute: -5, toMinute: 5, group: 'nobody' })).toMatchObject({
      Timestamps: [],
      Values: [],
    });
    sim.apply({ kind: 'metrics', service: 'web', how: 'dark' });
    await pass(sim, 120);
    sim.apply({ kind: 'metrics', service: 'web', how: 'late', seconds: 90 });
    await pass(sim, 120);
    sim.apply({ kind: 'metrics', service: 'web', how: 'normal' });
    await pass(sim, 95);
    expect(minutesOf(await cpu(sim, { fromMinute: 0, toMinute: 10 }))).toEqual([2]);
    await pass(sim, 30);
    expect(minutesOf(await cpu(sim, { fromMinute: 0, toMinute: 10 }))).toEqual([2, 4]);
    sim.apply({ kind: 'instance-dies', service: 'web', site: 'primary', which: 'all' });
    await pass(sim, 180);
    expect(minutesOf(await cpu(sim, { fromMinute: 6, toMinute: 20 }))).toEqual([]);
  });

  test('of the standby’s group are there too, in its own region', async () => {
    const sim = world();
    await pass(sim, 130);
    const command = new GetMetricDataCommand(query({ fromMinute: 0, toMinute: 1, group: 'exercise-standby-group' }));
    const answer = await soon(sim, clients(sim).cloudWatch('ap-northeast-1').send(command));
    expect(answer.MetricDataResults?.[0]?.Values).toEqual([0]);
  });

  test('come page by page', async () => {
    const sim = world();
    const read = async (): Promise<number[]> => {
      const starts: number[] = [];
      const input = { ...query({ fromMinute: -10, toMinute: -4 }), MaxDatapoints: 4 };
      for await (const page of paginateGetMetricData({ client: clients(sim).cloudWatch(SEOUL) }, input)) {
        expect(page.MetricDataResults?.[0]?.Timestamps?.length).toBeLessThanOrEqual(4);
        starts.push(...minutesOf(page.MetricDataResults?.[0]));
      }
      return starts;
    };
    expect(await soon(sim, read())).toEqual([-10, -9, -8, -7, -6, -5]);
  });

  test('are refused for more than 500 queries, and for anything but a metric', async () => {
    const sim = world();
    const one = query({ fromMinute: 0, toMinute: 1 });
    const many = { ...one, MetricDataQueries: Array.from({ length: 501 }, () => one.MetricDataQueries).flat() };
    const send = (input: object) =>
      failure(
        sim,
        clients(sim)
          .cloudWatch(SEOUL)
          .send(new GetMetricDataCommand(input as typeof one)),
      );
    expect((await send(many)).message).toContain('size greater than 500');
    expect((await send({ ...one, MetricDataQueries: [{ Id: 'x', Expression: 'm1 * 2' }] })).message).toContain(
      'MetricStat only',
    );
  });

  test('of other metrics stand for a load that instances share, or what a scenario says', async () => {
    const policy = withSignals([{ name: 'backlog', metric: QUEUE, target: 100 }], withCapacity(1, 4));
    const sim = world({ servers: 2 }, { policies: [policy] });
    const read = async (fromMinute: number): Promise<number[] | undefined> => {
      const { MetricDataQueries: _, ...range } = query({ fromMinute, toMinute: fromMinute + 1 });
      const Dimensions = [
        { Name: 'Stage', Value: 'prod' },
        { Name: 'App', Value: 'web' },
      ];
      const MetricStat = {
        Metric: { Namespace: 'Custom', MetricName: 'Backlog', Dimensions },
        Period: 60,
        Stat: 'Average',
      };
      const command = new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: 'q', MetricStat }] });
      return (await soon(sim, clients(sim).cloudWatch(SEOUL).send(command))).MetricDataResults?.[0]?.Values;
    };
    sim.apply({ kind: 'person', edit: 'capacity', service: 'web', site: 'primary', desired: 3 });
    await pass(sim, 120);
    sim.apply({ kind: 'signal', service: 'web', signal: 'backlog', value: 500 });
    await pass(sim, 125);
    expect([await read(0), await read(1), await read(2)]).toEqual([[75], [50], [500]]);
  });

  test('of a service without a fleet stay at rest', async () => {
    const policy = withSignals([{ name: 'backlog', metric: QUEUE, target: 80 }], {
      ...WEB,
      fleet: undefined,
      failover: undefined,
    });
    const sim = world({ servers: 4 }, { policies: [policy] });
    await pass(sim, 130);
    expect(events(sim, 'datapoint').at(-1)).toMatchObject({ signal: 'backlog', value: 70 });
  });
});

describe('alarms', () => {
  test('fire on transitions only, once per breach', async () => {
    const sim = world({ cpuPercent: 60 });
    await pass(sim, 300);
    expect(events(sim, 'alarm')).toEqual([]);
    sim.apply({ kind: 'stress', service: 'web', site: 'primary', which: 'all', percent: 35 });
    await pass(sim, 600);
    sim.apply({ kind: 'stress', service: 'web', site: 'primary', which: 'all', percent: 0 });
    await pass(sim, 300);
    const high = events(sim, 'alarm').filter((event) => event.name === 'evenkeel-web-cpu-high');
    expect(high.map((event) => [event.from, event.to])).toEqual([
      ['OK', 'ALARM'],
      ['ALARM', 'OK'],
    ]);
    const low = events(sim, 'alarm').filter((event) => event.name === 'evenkeel-web-cpu-low');
    expect(low.map((event) => [event.from, event.to])).toEqual([
      ['ALARM', 'OK'],
      ['OK', 'ALARM'],
    ]);
  });

  test('have insufficient data while the metric is dark', async () => {
    const sim = world();
    sim.apply({ kind: 'metrics', service: 'web', signal: 'cpu', how: 'dark' });
    sim.apply({ kind: 'metrics', service: 'web', signal: 'another', how: 'normal' });
    await pass(sim, 300);
    sim.apply({ kind: 'metrics', service: 'web', how: 'normal' });
    await pass(sim, 300);
    const high = events(sim, 'alarm').filter((event) => event.name === 'evenkeel-web-cpu-high');
    expect(high.map((event) => event.to)).toEqual(['INSUFFICIENT_DATA', 'OK']);
  });

  test('stand at the lowest step above and the highest below', async () => {
    const steps = [
      { above: 80, add: 1 },
      { above: 95, add: 2 },
      { below: 40, remove: 1 },
      { below: 20, remove: 2 },
    ];
    const sim = world({}, { policies: [withSignals([{ target: undefined, steps }])] });
    sim.apply({ kind: 'signal', service: 'web', signal: 'cpu', value: 81 });
    await pass(sim, 180);
    sim.apply({ kind: 'signal', service: 'web', signal: 'cpu', value: 39 });
    await pass(sim, 180);
    sim.apply({ kind: 'signal', service: 'web', signal: 'cpu', value: null });
    await pass(sim, 180);
    const seen = events(sim, 'alarm').map((event) => `${event.name.split('-').at(-1)} ${event.to}`);
    expect(seen).toEqual(['high ALARM', 'high OK', 'low ALARM', 'low OK']);
    expect(events(sim, 'datapoint').at(-1)?.value).toBe(60);
  });
});
