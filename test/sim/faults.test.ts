import { SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient, DescribeAlarmHistoryCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DeregisterTargetsCommand, DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetChangeCommand, ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../lib/sim/faults.ts';
import type { World } from '../../lib/sim/world.ts';
import {
  clients,
  events,
  failure,
  GROUP,
  pass,
  readGroup,
  readSets,
  readTargets,
  SEOUL,
  START_MS,
  soon,
  TOKYO,
  WEB,
  world,
  ZONE_ID,
} from './worlds.ts';

const lone = { ...WEB, fleet: undefined, scaling: undefined, failover: undefined };

const resize = (sim: World, DesiredCapacity: number, caller = 'test') =>
  sim
    .as(caller)
    .clients.autoScaling(SEOUL)
    .send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));

const api = (
  how: Extract<Fault, { kind: 'api' }>['how'],
  rest: Partial<Extract<Fault, { kind: 'api' }>> = {},
): Fault => ({
  kind: 'api',
  how,
  forSeconds: 60,
  ...rest,
});

describe('a call', () => {
  test('takes the same time throughout a world: reads 20 to 120 ms, writes 80 to 400', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const sim = world({}, { seed });
      const time = async (call: () => Promise<unknown>): Promise<number> => {
        const fromMs = sim.clock.nowMs();
        return soon(
          sim,
          call().then(() => sim.clock.nowMs() - fromMs),
        );
      };
      const { targetGroupArn } = sim.place('web', 'primary');
      const read = () =>
        clients(sim)
          .loadBalancing(SEOUL)
          .send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
      const readMs = await time(read);
      expect(readMs).toBeGreaterThanOrEqual(20);
      expect(readMs).toBeLessThanOrEqual(120);
      const writeMs = await time(() => resize(sim, 1));
      expect(writeMs).toBeGreaterThanOrEqual(80);
      expect(writeMs).toBeLessThanOrEqual(400);
      expect([await time(read), await time(() => resize(sim, 2))]).toEqual([readMs, writeMs]);
    }
  });

  test('is in the history when it writes: by whom, with what, sent, effective and answered when, with which result', async () => {
    const sim = world();
    await soon(sim, resize(sim, 1, 'onTick/0'));
    await failure(sim, resize(sim, 9));
    const [good, bad] = events(sim, 'write');
    expect(good).toMatchObject({
      caller: 'onTick/0',
      region: SEOUL,
      operation: 'SetDesiredCapacity',
      input: { DesiredCapacity: 1 },
      result: 'ok',
      sentMs: START_MS,
    });
    expect(good?.effectMs).toBeGreaterThan(START_MS);
    expect(good?.answerMs).toBeGreaterThan(good?.effectMs ?? 0);
    expect(good?.atMs).toBe(good?.effectMs);
    expect(bad).toMatchObject({ caller: 'test', effectMs: null, result: 'ValidationError' });
    expect(sim.calls()).toEqual({ SetDesiredCapacity: 2 });
  });

  test('of a command that the simulator does not know is a bug and says so', async () => {
    const sim = world();
    const client = clients(sim).cloudWatch(SEOUL);
    expect(client).toBeInstanceOf(CloudWatchClient);
    await expect(client.send(new DescribeAlarmHistoryCommand({}))).rejects.toThrow(
      'does not know DescribeAlarmHistoryCommand',
    );
    const wrong = clients(sim).autoScaling(SEOUL) as unknown as CloudWatchClient;
    await expect(
      wrong.send(new GetMetricDataCommand({ MetricDataQueries: [], StartTime: new Date(0), EndTime: new Date(0) })),
    ).rejects.toThrow(TypeError);
  });

  test('to SNS records the message', async () => {
    const sim = world();
    const command = new PublishCommand({
      TopicArn: 'arn:aws:sns:ap-northeast-1:111122223333:on-call',
      Subject: 'hello',
      Message: 'text',
    });
    expect((await soon(sim, clients(sim).sns(TOKYO).send(command))).MessageId).toBeDefined();
    expect(events(sim, 'notification')).toMatchObject([
      { topicArn: 'arn:aws:sns:ap-northeast-1:111122223333:on-call', subject: 'hello', message: 'text' },
    ]);
  });
});

describe('calls that go wrong', () => {
  test.each([
    ['throttled', 'Throttling', 400],
    ['server-error', 'ServiceUnavailable', 503],
    ['denied', 'AccessDenied', 403],
  ] as const)('%s: %s with status %i, without effect', async (how, name, status) => {
    const sim = world();
    sim.apply(api(how));
    expect(await failure(sim, resize(sim, 1))).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(sim.view('web').primary.group?.desired).toBe(2);
    await pass(sim, 60);
    await soon(sim, resize(sim, 1));
    expect(sim.view('web').primary.group?.desired).toBe(1);
  });

  test('silence: a timeout after 1.5 s, without effect', async () => {
    const sim = world();
    sim.apply(api('silence', { api: 'auto-scaling' }));
    const error = await failure(sim, resize(sim, 1));
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
    expect(events(sim, 'write')[0]).toMatchObject({
      effectMs: null,
      answerMs: START_MS + 1500,
      result: 'TimeoutError',
    });
    expect((await readTargets(sim))[`${sim.place('web', 'primary').instanceIds[0]}:80`]).toBe('healthy');
  });

  test('timeout after the effect: the caller hears nothing, yet it happened', async () => {
    const sim = world();
    sim.apply(api('timeout-after-effect', { operation: 'SetDesiredCapacity', times: 1 }));
    expect((await failure(sim, resize(sim, 1))).name).toBe('TimeoutError');
    expect(sim.view('web').primary.group?.desired).toBe(1);
    expect(events(sim, 'write')[0]).toMatchObject({ effectMs: expect.any(Number), result: 'TimeoutError' });
    await soon(sim, resize(sim, 2));
  });

  test('only the API, the operation, the region and the number of calls that the fault names', async () => {
    const sim = world();
    sim.apply(api('throttled', { api: 'elbv2', operation: 'DescribeTargetHealth', region: SEOUL, times: 1 }));
    await readGroup(sim);
    expect(await readTargets(sim, 'secondary')).not.toEqual({});
    expect((await failure(sim, readTargets(sim))).name).toBe('Throttling');
    expect(await readTargets(sim)).not.toEqual({});
  });

  test('stale: reads show what was true when the fault began, writes go on', async () => {
    const sim = world();
    const { instanceIds } = sim.place('web', 'primary');
    sim.apply(api('stale', { forSeconds: 30 }));
    await soon(sim, resize(sim, 1));
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 0, condition: 'refuses' });
    sim.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 1 } });
    await pass(sim, 15);
    expect(await readGroup(sim)).toMatchObject({ DesiredCapacity: 2 });
    expect(await readTargets(sim)).toEqual({
      [`${instanceIds[0]}:80`]: 'healthy',
      [`${instanceIds[1]}:80`]: 'healthy',
    });
    expect((await readSets(sim))[0]?.Weight).toBe(100);
    await pass(sim, 15);
    expect(await readGroup(sim)).toMatchObject({ DesiredCapacity: 1 });
    expect((await readSets(sim))[0]?.Weight).toBe(1);
  });
});

describe('a lost region', () => {
  test('is silent while its servers are down, and comes back with them', async () => {
    const sim = world();
    sim.apply({ kind: 'region', region: SEOUL, lost: true });
    expect((await failure(sim, readGroup(sim))).name).toBe('TimeoutError');
    expect((await readGroup(sim, TOKYO)).DesiredCapacity).toBe(1);
    expect(await readSets(sim)).toHaveLength(2);
    await pass(sim, 300);
    expect(sim.view('web').primary.working).toBe(0);
    expect(events(sim, 'datapoint').filter((event) => event.atMs > START_MS)).toEqual([]);
    sim.apply({ kind: 'region', region: SEOUL, lost: false });
    await pass(sim, 15);
    expect(sim.view('web').primary).toMatchObject({ working: 2, targets: { healthy: 2 } });
  });

  test('Route 53’s control plane is lost with us-east-1 alone, while it goes on answering', async () => {
    const sim = world();
    sim.apply({ kind: 'region', region: 'us-east-1', lost: true });
    const list = clients(sim)
      .route53()
      .send(new ListResourceRecordSetsCommand({ HostedZoneId: ZONE_ID }));
    expect((await failure(sim, list)).name).toBe('TimeoutError');
    expect(
      (
        await failure(
          sim,
          clients(sim)
            .route53()
            .send(new GetChangeCommand({ Id: 'C1' })),
        )
      ).name,
    ).toBe('TimeoutError');
    await pass(sim, 60);
    expect(sim.traffic('web').failedRequests).toBe(0);
  });

  test('its group does nothing until it is back', async () => {
    const sim = world();
    sim.apply({ kind: 'region', region: SEOUL, lost: true });
    sim.apply({ kind: 'person', edit: 'capacity', service: 'web', site: 'primary', desired: 1 });
    await pass(sim, 60);
    expect(sim.view('web').primary.group).toMatchObject({ desired: 1, inService: 2 });
    sim.apply({ kind: 'region', region: SEOUL, lost: false });
    await pass(sim, 60);
    expect(sim.view('web').primary.group).toMatchObject({ inService: 1 });
  });
});

describe('faults', () => {
  test('come when they are scheduled, and stand in the history', async () => {
    const sim = world();
    const fault: Fault = { kind: 'server', service: 'web', site: 'primary', which: 0, condition: 'hangs' };
    sim.schedule(START_MS + 30_000, fault);
    await pass(sim, 60);
    expect(events(sim, 'fault')).toEqual([{ kind: 'fault', atMs: START_MS + 30_000, fault }]);
  });

  test('on servers by id, and on servers that are not there', async () => {
    const sim = world();
    const id = sim.place('web', 'primary').instanceIds[1] ?? '';
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: id, condition: 'refuses' });
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 7, condition: 'refuses' });
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 'i-1', condition: 'refuses' });
    sim.apply({ kind: 'person', edit: 'register', service: 'web', site: 'primary', id: 'i-1' });
    await pass(sim, 12);
    expect((await readTargets(sim))[`${id}:80`]).toContain('unhealthy');
    expect(sim.view('web').primary.targets).toMatchObject({ registered: 2, healthy: 1 });
  });

  test('on a group are nothing to a service without one', () => {
    const sim = world({}, { policies: [lone] });
    const place = { service: 'web', site: 'primary' } as const;
    sim.apply({ kind: 'suspend', ...place, processes: ['Launch'] });
    sim.apply({ kind: 'launch-hook', ...place, seconds: 5 });
    sim.apply({ kind: 'refresh', ...place, seconds: 5 });
    sim.apply({ kind: 'scaler', ...place, scaler: 'policy', present: true });
    sim.apply({ kind: 'instance-dies', ...place, which: 0 });
    sim.apply({ kind: 'protection', ...place, which: 0, on: true });
    sim.apply({ kind: 'person', edit: 'capacity', ...place, desired: 1 });
    sim.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 1 } });
    expect(sim.view('web').primary).toMatchObject({ group: null, targets: { registered: 4 }, working: 3 });
  });

  test('a target taken out by its own deregistration is removed with its instance', async () => {
    const sim = world();
    const { targetGroupArn, instanceIds } = sim.place('web', 'primary');
    const command = new DeregisterTargetsCommand({
      TargetGroupArn: targetGroupArn,
      Targets: [{ Id: instanceIds[0] ?? '' }],
    });
    await soon(sim, clients(sim).loadBalancing(SEOUL).send(command));
    await soon(sim, resize(sim, 1));
    await pass(sim, 60);
    expect(sim.view('web').primary).toMatchObject({
      targets: { registered: 1 },
      group: { inService: 1, terminating: 0 },
    });
  });
});
