/** What a live drill refuses to begin on. Nothing is written to the table, and nothing changes, in any of these. */
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import type { Fault } from '../../lib/sim/faults.ts';
import type { WorldOptions } from '../../lib/sim/world.ts';
import { labPolicy } from '../bench/world.ts';
import { FAILOVER, type Play, play, REQUEST } from './live-stage.ts';
import { web } from './rehearse.ts';

const SITE = { service: 'web', site: 'primary' } as const;
const stop = (which: number): Fault => ({ kind: 'server', ...SITE, which, condition: 'refuses' });

interface Case {
  readonly policy?: Policy;
  readonly options?: WorldOptions;
  readonly request?: object;
  /** What has happened before the drill is asked for. */
  readonly before?: (played: Play) => unknown;
  readonly timeoutMs?: number;
  readonly field?: string;
  readonly message: string | RegExp;
}

const CASES: Record<string, Case> = {
  'a service in mode observe': {
    policy: web({ 'mode: enforce': 'mode: observe' }),
    message: 'web is in mode observe: nothing would be done',
  },
  'while everything is frozen': { before: (p) => p.order({ order: 'freeze' }), message: '"unfreeze" first' },
  'a service that is held': {
    before: (p) => p.order({ order: 'hold', service: 'web' }),
    message: 'web is under orders by hand (hold): "release" it first',
  },
  'a service that is parked': {
    before: (p) => p.order({ order: 'capacity', service: 'web', capacity: 0 }),
    message: /under orders by hand \(.*capacity.*\)/,
  },
  'a service with a floor under its capacity': {
    before: (p) => p.order({ order: 'capacity', service: 'web', capacity: 2, expiresInSeconds: 600 }),
    message: 'web is under orders by hand (capacity)',
  },
  'with nobody to answer': {
    before: (p) => {
      p.world.handlers.onTick = async () => undefined;
      return p.run(120);
    },
    message: 'nobody runs the rounds',
  },
  'on the secondary': {
    before: async (p) => {
      await p.order({ order: 'failover', service: 'web' });
      await p.run(120);
    },
    message: 'web is in state secondary: a drill begins on the primary',
  },
  'while the record moves': {
    before: (p) => p.order({ order: 'failover', service: 'web' }),
    message: 'web is in state failingOver',
  },
  'with a target out of service': {
    before: (p) => {
      p.world.apply(stop(0));
      return p.run(40);
    },
    message: 'is out of service: wait until it is replaced or back',
  },
  'with a target that fails': {
    before: (p) => {
      p.world.apply(stop(0));
      return p.run(14);
    },
    message: /has failed lately|is unhealthy: a drill begins only when every target is healthy/,
  },
  'with fewer than two servers': { options: { servers: 1 }, message: 'there are 1 servers behind the target group' },
  'while an instance is launched': {
    policy: web({ 'max: 2': 'max: 4' }),
    options: { servers: 2 },
    before: async (p) => {
      p.world.apply({ kind: 'person', edit: 'capacity', ...SITE, desired: 3 });
      await p.run(20);
    },
    message: 'the group has 2 of 3 instances in service, 3 in all',
  },
  'while an instance is warming up': {
    policy: web({ 'max: 2': 'max: 4', 'warmupSeconds: 120': 'warmupSeconds: 600' }),
    before: async (p) => {
      p.world.apply({ kind: 'person', edit: 'capacity', ...SITE, desired: 3 });
      await p.run(180);
    },
    message: 'is still warming up',
  },
  'during a deployment': {
    before: (p) => p.world.apply({ kind: 'refresh', ...SITE, seconds: 600 }),
    message: 'a deployment is under way (instance refresh)',
  },
  'while the group cannot be read': {
    before: (p) => p.world.apply({ kind: 'api', how: 'denied', api: 'auto-scaling', forSeconds: 60 }),
    message: 'the group exercise-group cannot be read: denied',
  },
  'while the targets cannot be read': {
    before: (p) => p.world.apply({ kind: 'api', how: 'throttled', api: 'elbv2', forSeconds: 60 }),
    message: 'the targets of web cannot be read',
  },
  'with weights that nobody here set': {
    before: async (p) => {
      p.world.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 50, tokyo: 50 } });
      await p.run(70);
    },
    message: 'the controller says FOREIGN_DNS',
  },
  'when the controller is about to act': {
    policy: web({ 'max: 2': 'max: 4' }),
    before: async (p) => {
      p.world.apply({ kind: 'stress', ...SITE, which: 'all', percent: 100 });
      // Until the datapoint is out, and nobody has acted on it yet.
      await p.run(60);
      p.world.apply({ kind: 'api', how: 'throttled', api: 'cloudwatch', operation: 'GetMetricData', forSeconds: 100 });
      await p.run(100);
    },
    message: 'the controller is about to act: setCapacity (SCALE_OUT)',
  },
  'a failover to a secondary that is not good': {
    request: FAILOVER,
    before: async (p) => {
      p.world.apply({ kind: 'server', service: 'web', site: 'secondary', which: 'all', condition: 'refuses' });
      await p.run(40);
    },
    message: 'the secondary is not good',
  },
  'a failover to a secondary that is too small': {
    policy: web({ 'minReadyPercent: 50': 'minReadyPercent: 100' }),
    request: FAILOVER,
    message: 'the secondary has 1 healthy servers, and is ready with 2',
  },
  'a failover to a secondary that cannot be read': {
    request: FAILOVER,
    before: (p) =>
      p.world.apply({ kind: 'api', how: 'silence', api: 'elbv2', region: 'ap-northeast-1', forSeconds: 60 }),
    message: 'the secondary cannot be read',
  },
  'a failover that would not come back': {
    policy: web({ 'failbacksPerHour: 2': 'failbacksPerHour: 1' }),
    request: FAILOVER,
    before: async (p) => {
      await p.drill(FAILOVER);
      await p.run(900);
    },
    message: 'failbacksPerHour is used up (1)',
  },
  'an alarm that is not there': {
    request: { ...REQUEST, abortWhen: ['evenkeel-web-cpu-high', 'errors'] },
    field: 'abortWhen',
    message: 'abortWhen: there is no alarm errors in ap-northeast-2 or ap-northeast-1',
  },
  'an alarm that is on': {
    before: (p) => p.world.apply({ kind: 'alarm', service: 'web', alarm: 'evenkeel-web-cpu-high', state: 'ALARM' }),
    field: 'abortWhen',
    message: 'abortWhen: alarm evenkeel-web-cpu-high is in ALARM',
  },
  'an alarm that does not know': {
    before: (p) =>
      p.world.apply({ kind: 'alarm', service: 'web', alarm: 'evenkeel-web-cpu-high', state: 'INSUFFICIENT_DATA' }),
    field: 'abortWhen',
    message: 'is INSUFFICIENT_DATA: it cannot tell how things stand',
  },
  'an end before the controller can have answered': {
    request: { ...REQUEST, expiresInSeconds: 20 },
    field: 'expiresInSeconds',
    message: 'expiresInSeconds: found 20, expected 24 to 840: the controller may take 12 s to answer',
  },
  'an end after the function’s own': {
    timeoutMs: 120_000,
    field: 'expiresInSeconds',
    message: 'expiresInSeconds: found 300, expected 24 to 90',
  },
  'a service that no policy names': {
    request: { ...REQUEST, service: 'wep', confirm: 'wep' },
    message: 'did you mean "web"?',
  },
  'a failover of a service without one': {
    request: { ...FAILOVER, service: 'api', confirm: 'api' },
    message: 'needs "failover"',
  },
};

describe('a live drill is refused', () => {
  it.each(Object.keys(CASES))('%s', async (name) => {
    const { policy = web(), options, request = REQUEST, before, timeoutMs, field, message } = CASES[name] as Case;
    const api = { ...labPolicy(1), service: 'api', failover: undefined };
    const played = await play(policy, { policies: [policy, api], ...(options === undefined ? {} : { options }) });
    await before?.(played);
    const refused = await played.refusal(request, timeoutMs);
    const { message: said = 'nothing' } = refused ?? {};
    if (typeof message === 'string') expect(said).toContain(message);
    else expect(said).toMatch(message);
    expect(refused?.field).toBe(field ?? 'service');
    const asked = played.world.clock.nowMs();
    const { drill } = await played.finish(played.runtimeNamed('look').ports.state.loadController());
    expect(drill === null || drill.untilMs < asked - 60_000).toBe(true);
  });

  it('when the alarms may not be read: nothing begins', async () => {
    const played = await play(web());
    played.world.apply({ kind: 'api', how: 'denied', operation: 'DescribeAlarms', forSeconds: 60 });
    expect(await played.refusal()).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('nothing was done'),
    });
    const { drill } = await played.finish(played.runtimeNamed('look').ports.state.loadController());
    expect(drill).toBeNull();
  });

  it('before the controller has seen the service', async () => {
    const played = await play(web(), { restSeconds: 0 });
    const { state } = played.runtimeNamed('look').ports;
    const nowMs = played.world.clock.nowMs();
    const lease = await played.finish(state.takeLease('loop', nowMs, nowMs + 75_000, true));
    await played.finish(state.renewLease(lease, new Map([['web', nowMs]])));
    expect((await played.refusal())?.message).toContain('the controller has not seen web yet');
  });
});

describe('a live drill is begun', () => {
  it('without any alarm, where that is said', async () => {
    const played = await play(web());
    const result = await played.drill({ ...REQUEST, abortWhen: [] });
    expect(result.verdict).toBe('pass');
    expect(played.world.calls().DescribeAlarms).toBeUndefined();
  });

  it('on one service alone: another sees its own targets as they are', async () => {
    const api = { ...labPolicy(1), service: 'api' };
    const played = await play(web(), { policies: [web(), api] });
    const result = await played.drill();
    expect(result.verdict).toBe('pass');
    const other = played.cycles.filter((one) => one.result.service === 'api' && one.atMs > result.timeline.length);
    expect(other.every((one) => one.result.drill === undefined)).toBe(true);
    expect(other.at(-1)?.result.decisions.map(({ reason }) => reason)).toContain('HEALTHY');
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
  });
});
