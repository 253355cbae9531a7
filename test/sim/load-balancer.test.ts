import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  InvalidTargetException,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../lib/sim/faults.ts';
import type { World } from '../../lib/sim/world.ts';
import { clients, events, failure, pass, readTargets, SEOUL, secondsTo, soon, WEB, world } from './worlds.ts';

const elb = (sim: World) => clients(sim).loadBalancing(SEOUL);
const arnOf = (sim: World): string => sim.place('web', 'primary').targetGroupArn;
const firstId = (sim: World): string => sim.place('web', 'primary').instanceIds[0] ?? '';
const register = (sim: World, Id: string, Port?: number) =>
  soon(
    sim,
    elb(sim).send(
      new RegisterTargetsCommand({
        TargetGroupArn: arnOf(sim),
        Targets: [{ Id, ...(Port === undefined ? {} : { Port }) }],
      }),
    ),
  );
const deregister = (sim: World, Id: string, Port?: number) =>
  soon(
    sim,
    elb(sim).send(
      new DeregisterTargetsCommand({
        TargetGroupArn: arnOf(sim),
        Targets: [{ Id, ...(Port === undefined ? {} : { Port }) }],
      }),
    ),
  );
const breakFirst = (sim: World, condition: Condition): void =>
  sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 0, condition });

describe('health checks', () => {
  test.each([
    ['refuses', 'Target.FailedHealthChecks', 5, 10],
    ['errors', 'Target.ResponseCodeMismatch', 5, 10],
    ['hangs', 'Target.Timeout', 7, 12],
  ] as const)('a server that %s is unhealthy after two checks, for %s', async (condition, reason, least, most) => {
    for (let seed = 1; seed <= 20; seed++) {
      const sim = world({}, { seed });
      const fromMs = sim.clock.nowMs();
      breakFirst(sim, condition);
      await pass(sim, 15);
      const seconds = secondsTo(sim, fromMs, 'target', (event) => event.to === 'unhealthy');
      expect(seconds).toBeGreaterThanOrEqual(least);
      expect(seconds).toBeLessThanOrEqual(most);
      expect((await readTargets(sim))[`${firstId(sim)}:80`]).toBe(`unhealthy ${reason}`);
    }
  });

  test('one failed check changes nothing, and two passed ones make it healthy again', async () => {
    const sim = world();
    const { instanceIds } = sim.place('web', 'primary');
    breakFirst(sim, 'refuses');
    await pass(sim, 4.9);
    breakFirst(sim, 'ok');
    await pass(sim, 15);
    expect(events(sim, 'target')).toEqual([]);
    breakFirst(sim, 'refuses');
    await pass(sim, 12);
    const fromMs = sim.clock.nowMs();
    breakFirst(sim, 'ok');
    await pass(sim, 12);
    const seconds = secondsTo(
      sim,
      fromMs,
      'target',
      (event) => event.key === `${instanceIds[0]}:80` && event.to === 'healthy',
    );
    expect(seconds).toBeGreaterThanOrEqual(5);
    expect(seconds).toBeLessThanOrEqual(10);
  });

  test('follow the policy’s numbers', async () => {
    const health = WEB.health;
    if (health === undefined) throw new Error('the lab has health');
    const check = { ...health.check, intervalSeconds: 10, unhealthyThreshold: 3, path: '/up', matcher: '200-299' };
    const sim = world({}, { policies: [{ ...WEB, health: { ...health, check } }] });
    const fromMs = sim.clock.nowMs();
    breakFirst(sim, 'refuses');
    await pass(sim, 40);
    expect(secondsTo(sim, fromMs, 'target', (event) => event.to === 'unhealthy')).toBeGreaterThan(20);
    const answer = await soon(
      sim,
      elb(sim).send(new DescribeTargetGroupsCommand({ Names: ['exercise-target-group'] })),
    );
    expect(answer.TargetGroups?.[0]).toMatchObject({
      TargetType: 'instance',
      HealthCheckIntervalSeconds: 10,
      UnhealthyThresholdCount: 3,
      HealthCheckPath: '/up',
      Matcher: { HttpCode: '200-299' },
    });
  });

  test('the reason changes when the server fails in another way', async () => {
    const sim = world();
    breakFirst(sim, 'refuses');
    await pass(sim, 12);
    breakFirst(sim, 'hangs');
    await pass(sim, 8);
    expect((await readTargets(sim))[`${firstId(sim)}:80`]).toBe('unhealthy Target.Timeout');
  });

  test('a flapping server goes down and up, and ends up', async () => {
    const sim = world();
    sim.apply({
      kind: 'flapping',
      service: 'web',
      site: 'primary',
      which: 0,
      condition: 'refuses',
      downSeconds: 20,
      upSeconds: 20,
      forSeconds: 110,
    });
    await pass(sim, 200);
    expect(events(sim, 'target').map((event) => event.to)).toEqual([
      'unhealthy',
      'healthy',
      'unhealthy',
      'healthy',
      'unhealthy',
      'healthy',
    ]);
    sim.apply({
      kind: 'flapping',
      service: 'web',
      site: 'primary',
      which: 0,
      condition: 'refuses',
      downSeconds: 20,
      upSeconds: 20,
      forSeconds: 110,
    });
    breakFirst(sim, 'ok');
    await pass(sim, 200);
    expect(events(sim, 'target')).toHaveLength(6);
  });
});

describe('registration', () => {
  test('a deregistered target drains for the delay, then is gone; registered again it starts at initial', async () => {
    const sim = world({ drainSeconds: 30 });
    const id = firstId(sim);
    await deregister(sim, id);
    expect((await readTargets(sim))[`${id}:80`]).toBe('draining Target.DeregistrationInProgress');
    await pass(sim, 31);
    expect(await readTargets(sim)).not.toHaveProperty(`${id}:80`);
    await register(sim, id);
    const states = events(sim, 'target').map((event) => [event.from, event.to]);
    expect(states.slice(0, 3)).toEqual([
      ['healthy', 'draining'],
      ['draining', null],
      [null, 'initial'],
    ]);
    await pass(sim, 6);
    expect((await readTargets(sim))[`${id}:80`]).toBe('healthy');
  });

  test('a draining target that is registered again starts at initial and stays', async () => {
    const sim = world({ drainSeconds: 30 });
    const id = firstId(sim);
    await deregister(sim, id);
    await register(sim, id);
    await register(sim, id);
    await pass(sim, 60);
    expect(events(sim, 'target').map((event) => event.to)).toEqual(['draining', 'initial', 'healthy']);
  });

  test.each([
    ['ok', 'healthy'],
    ['refuses', 'unhealthy Target.FailedHealthChecks'],
    ['hangs', 'unhealthy Target.Timeout'],
  ] as const)('the first check alone decides: a server that is %s becomes %s', async (condition, state) => {
    const sim = world();
    const id = firstId(sim);
    await deregister(sim, id);
    await pass(sim, 31);
    breakFirst(sim, condition);
    const fromMs = sim.clock.nowMs();
    await register(sim, id);
    await pass(sim, 8);
    expect((await readTargets(sim))[`${id}:80`]).toBe(state);
    expect(secondsTo(sim, fromMs, 'target', (event) => event.from === 'initial')).toBeLessThanOrEqual(7.5);
  });

  test('shows registration, then the first check, while a target is initial', async () => {
    const sim = world(
      {},
      {
        policies: [
          {
            ...WEB,
            health: WEB.health && {
              ...WEB.health,
              check: { ...WEB.health.check, intervalSeconds: 20, timeoutSeconds: 15 },
            },
          },
        ],
      },
    );
    const id = firstId(sim);
    await deregister(sim, id);
    await pass(sim, 31);
    breakFirst(sim, 'hangs');
    await register(sim, id);
    const seen = new Set<string | undefined>();
    for (let read = 0; read < 20; read++) seen.add((await readTargets(sim))[`${id}:80`]);
    expect([...seen]).toEqual([
      'initial Elb.RegistrationInProgress',
      'initial Elb.InitialHealthChecking',
      'unhealthy Target.Timeout',
    ]);
  });

  test('without a port only the default port is meant', async () => {
    const sim = world({ ports: [80, 8080] });
    const id = firstId(sim);
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 0, condition: 'refuses', port: 8080 });
    await pass(sim, 12);
    expect(await readTargets(sim)).toMatchObject({
      [`${id}:80`]: 'healthy',
      [`${id}:8080`]: 'unhealthy Target.FailedHealthChecks',
    });
    await deregister(sim, id);
    expect(await readTargets(sim)).toMatchObject({
      [`${id}:80`]: expect.stringContaining('draining'),
      [`${id}:8080`]: expect.stringContaining('unhealthy'),
    });
    await deregister(sim, id, 8080);
    await pass(sim, 35);
    expect(Object.keys(await readTargets(sim)).filter((key) => key.startsWith(id))).toEqual([]);
  });

  test('unknown targets deregister with success, unknown instances do not register', async () => {
    const sim = world();
    await deregister(sim, 'i-00000000000000000');
    expect(events(sim, 'write').at(-1)).toMatchObject({ operation: 'DeregisterTargets', result: 'ok' });
    const error = await failure(sim, register(sim, 'i-00000000000000000'));
    expect(error).toBeInstanceOf(InvalidTargetException);
    expect(error.message).toContain("not in a running state and cannot be registered: 'i-00000000000000000'");
  });

  test('a person deregisters and registers targets', async () => {
    const sim = world();
    const id = firstId(sim);
    sim.apply({ kind: 'person', edit: 'deregister', service: 'web', site: 'primary', which: 0 });
    expect((await readTargets(sim))[`${id}:80`]).toContain('draining');
    sim.apply({ kind: 'person', edit: 'register', service: 'web', site: 'primary', id });
    await pass(sim, 6);
    expect((await readTargets(sim))[`${id}:80`]).toBe('healthy');
  });
});
