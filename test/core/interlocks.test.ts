import { describe, expect, it } from 'vitest';
import { scaleInInterlocks } from '../../lib/core/interlocks.ts';
import type { ServiceState, TargetGroupView } from '../../lib/core/model.ts';
import { summarize } from '../../lib/core/targets.ts';
import {
  dnsOf,
  fleetOf,
  groupOf,
  ids,
  instance,
  known,
  MINUTE,
  missing,
  observe,
  type Part,
  policyOf,
  recordSet,
  SECOND,
  T0,
  target,
  type World,
} from './builders.ts';
import { ejection } from './health-worlds.ts';
import { decideIn, policyIn, type Scene, scalingIn, stateIn } from './scaling-scene.ts';

/** Four idle servers that would be scaled in, were it not for this. */
const IDLE: Scene = { count: 4, cpu: [20, 20, 20, 20, 20] };

const four = ids(4).map((id) => target(id));

/** The reasons that stand against scaling in, in their order. */
function against(scene: Partial<Scene>): string[] {
  const decision = scalingIn({ ...IDLE, ...scene });
  return decision.action === null ? (decision.rejected ?? []).map((r) => r.reason) : [];
}

/** Four in service, one of them in this lifecycle state instead. */
function with1(lifecycle: string): World {
  const instances = ids(4).map((id) => instance(id));
  return { fleet: fleetOf(4, { instances: [...instances.slice(1), instance('i-1', { lifecycle })] }) };
}

describe('nothing stands against scaling in', () => {
  it('when all is quiet', () => {
    expect(scalingIn(IDLE).reason).toBe('SCALE_IN');
  });

  it('without a target group', () => {
    const policy = { health: undefined };
    expect(scalingIn({ ...IDLE, policy, world: { targets: undefined } }).reason).toBe('SCALE_IN');
  });
});

describe('what cannot be read stands against scaling in', () => {
  it.each([
    { what: 'the targets', world: { targets: missing('denied') }, reason: 'TARGETS_MISSING' },
    { what: 'the refresh', world: { refresh: missing() }, reason: 'DEPLOYMENT_UNKNOWN' },
    { what: 'a refresh that nobody asked for', world: { refresh: undefined }, reason: 'DEPLOYMENT_UNKNOWN' },
    { what: 'other scalers', world: { scalers: missing() }, reason: 'OTHER_SCALER_UNKNOWN' },
    { what: 'other scalers that nobody asked for', world: { scalers: undefined }, reason: 'OTHER_SCALER_UNKNOWN' },
  ])('$what', ({ world, reason }) => {
    expect(against({ world })).toEqual([reason]);
  });

  it('and so does what was read more than two minutes ago', () => {
    const old = (ageMs: number): World => ({
      refresh: known(false, T0 - ageMs),
      scalers: known<readonly string[]>([], T0 - ageMs),
    });
    expect(against({ world: old(2 * MINUTE) })).toEqual([]);
    expect(against({ world: old(2 * MINUTE + 1) })).toEqual(['DEPLOYMENT_UNKNOWN', 'OTHER_SCALER_UNKNOWN']);
  });
});

describe('instances', () => {
  it('on their way', () => {
    expect(against({ world: { fleet: fleetOf(4, { instances: ids(3).map((id) => instance(id)) }) } })).toEqual([
      'INSTANCES_PENDING',
    ]);
    const five = ids(5).map((id) => instance(id, { lifecycle: id === 'i-5' ? 'Pending' : 'InService' }));
    expect(against({ world: { fleet: fleetOf(4, { instances: five }) } })).toEqual(['INSTANCES_PENDING']);
  });

  it('on their way out', () => {
    const five = ids(5).map((id) => instance(id, { lifecycle: id === 'i-5' ? 'Terminating' : 'InService' }));
    expect(against({ world: { fleet: fleetOf(4, { instances: five }) } })).toEqual(['INSTANCES_TERMINATING']);
  });

  it('in service for less than warmupSeconds', () => {
    const since = (ageMs: number) => ({ state: { scaling: { inServiceSince: { 'i-4': T0 - ageMs } } } });
    expect(against(since(120 * SECOND))).toEqual([]);
    expect(against(since(120 * SECOND - 1))).toEqual(['INSTANCES_WARMING']);
  });
});

describe('a deployment', () => {
  it.each(['Pending:Wait', 'Pending:Proceed', 'Terminating:Wait', 'Terminating:Proceed', 'EnteringStandby', 'Standby'])(
    'shows itself by an instance that is %s',
    (lifecycle) => {
      expect(against({ world: with1(lifecycle) })).toContain('DEPLOYMENT');
    },
  );

  it('does not show itself by an instance that we have replaced, whose end a hook holds', () => {
    const signs = (health: NonNullable<Part<ServiceState>['health']>, lifecycle = 'Terminating:Wait'): boolean =>
      against({ state: { health }, world: { ...with1(lifecycle), targets: groupOf(four.slice(1)) } }).includes(
        'DEPLOYMENT',
      );
    const out = (replace: boolean) => ({ ejected: { 'i-1:80': ejection('i-1', { replace }) } });
    expect(signs({ replaced: { 'i-1': T0 - MINUTE } })).toBe(false);
    // Who was replaced is remembered for an hour, the ejection for as long as the group lists it.
    expect(signs(out(true))).toBe(false);
    expect(signs(out(false))).toBe(true);
    expect(signs({ replaced: { 'i-2': T0 - MINUTE } })).toBe(true);
    expect(signs({ replaced: { 'i-1': T0 - MINUTE } }, 'Standby')).toBe(true);
  });

  it('is an instance refresh', () => {
    const { reason, numbers } = scalingIn({ ...IDLE, world: { refresh: true } });
    expect([reason, numbers.what]).toEqual(['DEPLOYMENT', 'instance refresh']);
  });

  it('is believed to run on when an old reading says so', () => {
    expect(against({ world: { refresh: known(true, T0 - 10 * MINUTE) } })).toEqual(['DEPLOYMENT']);
  });

  it('is a zonal shift of any target', () => {
    const shifted = groupOf([...four.slice(1), target('i-1', 'healthy', { zonalShift: true })]);
    const { reason, numbers } = scalingIn({ ...IDLE, world: { targets: shifted } });
    expect([reason, numbers.what]).toEqual(['DEPLOYMENT', 'zonal shift']);
  });

  it('is not known of while the group cannot be read', () => {
    const failing = groupOf([target('i-1', 'unhealthy'), ...four.slice(1)]);
    const tracks = { health: { targets: { 'i-1:80': { failing: 2, passing: 0 } } } };
    const { decisions } = decideIn({ ...IDLE, state: tracks, world: { fleet: missing(), targets: failing } });
    expect(decisions.map((d) => d.reason)).toContain('DEPLOYMENT_UNKNOWN');
  });

  it('is nothing to ask about without a fleet', () => {
    const failing = groupOf([target('i-1', 'unhealthy'), ...four.slice(1)]);
    const scene: Scene = {
      ...IDLE,
      policy: { fleet: undefined, scaling: undefined, health: { onUnhealthy: 'deregister' } },
      state: { health: { targets: { 'i-1:80': { failing: 2, passing: 0 } } } },
      world: { fleet: undefined, refresh: undefined, targets: failing },
    };
    expect(decideIn(scene).decisions.map((d) => d.reason)).toContain('EJECT');
  });
});

describe('targets', () => {
  const others = four.slice(1);
  it.each([
    { what: 'failing', world: { targets: groupOf([target('i-1', 'unhealthy'), ...others]) } },
    { what: 'draining', world: { targets: groupOf([target('i-9', 'draining'), ...four]) } },
    { what: 'yet to pass their first checks', world: { targets: groupOf([target('i-1', 'initial'), ...others]) } },
    {
      what: 'in doubt: they failed, and now nothing can be told',
      world: { targets: groupOf([target('i-1', 'unavailable'), ...others]) },
      state: { health: { targets: { 'i-1:80': { failing: 1, passing: 0 } } } },
    },
    {
      what: 'in doubt: they pass again, but not for long enough',
      policy: { health: { rounds: { healthy: 3 } } },
      state: { health: { targets: { 'i-1:80': { failing: 1, passing: 0 } } } },
    },
    {
      what: 'ejected',
      world: { targets: groupOf(others) },
      state: {
        health: { ejected: { 'i-1:80': { id: 'i-1', port: 80, atMs: T0 - SECOND, times: 1, replace: false } } },
      },
    },
  ])('$what', ({ what: _, ...scene }) => {
    expect(against(scene)).toEqual(['TARGETS_FAILING']);
    expect(scalingIn({ ...IDLE, ...scene }).numbers.troubled).toBe(1);
  });

  it('are servers in service that nobody has registered: they serve nobody, and keep their group up (seed 52154)', () => {
    expect(scalingIn({ ...IDLE, world: { targets: groupOf(others) } }).numbers.troubled).toBe(1);
    expect(against({ world: { targets: groupOf(others) } })).toEqual(['TARGETS_FAILING']);
    const one = (targets: TargetGroupView, health: Part<ServiceState['health']> = {}) =>
      scalingIn({ ...IDLE, world: { targets }, state: { health } }).numbers.troubled;
    expect(one(groupOf([target('i-1', 'draining'), ...others]))).toBe(1);
    const ejection = { id: 'i-1', port: 80, atMs: T0 - SECOND, times: 1, replace: false };
    expect(one(groupOf(others), { ejected: { 'i-1:80': ejection } })).toBe(1);
    // Addresses tell nothing of instances.
    expect(against({ world: { targets: groupOf(others, 'ip') } })).toEqual([]);
  });

  it('of another state than these do not matter', () => {
    const targets = groupOf([
      ...four,
      target('i-9', 'unused'),
      target('i-1', 'unhealthy', { port: 81, key: 'i-1:81', reason: 'Elb.InternalError' }),
    ]);
    expect(against({ world: { targets } })).toEqual([]);
  });
});

describe('other scalers', () => {
  it('are named', () => {
    const { reason, numbers } = scalingIn({ ...IDLE, world: { scalers: ['policy tracking', 'schedule night'] } });
    expect([reason, numbers.scalers]).toEqual(['OTHER_SCALER', 'policy tracking, schedule night']);
  });
});

describe('a policy that lost its failover while failed over', () => {
  it('scales in again: there is nothing left to fail back', () => {
    const policy = { failover: undefined };
    const state = { failover: { phase: 'secondary' as const, weights: { seoul: 0, tokyo: 100 } } };
    expect(scalingIn({ ...IDLE, policy, state }).reason).toBe('SCALE_IN');
  });
});

describe('a primary without traffic', () => {
  it.each([
    ['somebody took its weight', dnsOf(0, 100), ['FAILED_OVER']],
    ['it has some of it', dnsOf(50, 50), []],
    [
      'so it is in a record that may not be moved (seed 20451)',
      { sets: [...dnsOf(0, 100).sets, recordSet('x', 5)] },
      ['FAILED_OVER'],
    ],
    ['and it has some, though the record may not be moved', { sets: [recordSet('seoul', 5)] }, []],
    ['there is no record of this name (seed 501896)', { sets: [] }, ['TRAFFIC_UNKNOWN']],
    ['the record names others', { sets: [recordSet('x', 5), recordSet('y', 0)] }, ['TRAFFIC_UNKNOWN']],
    [
      'its set has no weight',
      { sets: [recordSet('seoul', 5, { routing: 'other', weight: undefined })] },
      ['TRAFFIC_UNKNOWN'],
    ],
    ['it was read two minutes ago', known(dnsOf(100, 0), T0 - 120 * SECOND), []],
    ['nobody has read it for longer (seed 2897618468)', known(dnsOf(100, 0), T0 - 121 * SECOND), ['DNS_MISSING']],
    ['it cannot be read', missing('throttled'), ['DNS_MISSING']],
    ['it has never been read', undefined, ['DNS_MISSING']],
  ])('%s', (_, dns, expected) => {
    const policy = policyIn({ policy: { failover: policyOf().failover } });
    const state = stateIn({ ...IDLE, state: { failover: { phase: 'primary', weights: { seoul: 100, tokyo: 0 } } } });
    const seen = observe(T0, { fleet: fleetOf(4), targets: groupOf(four), dns });
    const found = scaleInInterlocks(policy, state, seen, fleetOf(4), summarize(policy, state, seen), T0);
    expect(found.map(({ reason }) => reason)).toEqual(expected);
  });
});

describe('all of them', () => {
  it('are listed, the weightiest first', () => {
    const everything: Partial<Scene> = {
      policy: { failover: policyOf().failover },
      state: {
        scaling: { inServiceSince: { 'i-4': T0 - SECOND } },
        failover: { phase: 'secondary', weights: { seoul: 0, tokyo: 100 } },
      },
      world: {
        dns: missing(),
        ...{ refresh: true, targets: missing(), scalers: ['policy other'], ...with1('Terminating') },
      },
    };
    expect(against(everything)).toEqual([
      'INSTANCES_PENDING',
      'INSTANCES_TERMINATING',
      'INSTANCES_WARMING',
      'FAILED_OVER',
      'DEPLOYMENT',
      'TARGETS_MISSING',
      'OTHER_SCALER',
    ]);
  });
});
