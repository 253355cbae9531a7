import { describe, expect, it } from 'vitest';
import type { Budget, InstanceView } from '../../lib/core/model.ts';
import {
  fleetOf,
  groupOf,
  ids,
  instance,
  MINUTE,
  missing,
  type Part,
  policyOf,
  rounds,
  SECOND,
  T0,
  target,
} from './builders.ts';
import { does, ejection, healthOf, policyFor, type Sick, stateFor, worldFor } from './health-worlds.ts';

const ONE: Sick = { count: 6, failing: ['i-1'] };

/** Six servers, the first of them so. */
function first(changes: Part<InstanceView>, suspended: readonly string[] = []) {
  const instances = ids(6).map((id) => instance(id, id === 'i-1' ? changes : {}));
  return { fleet: fleetOf(6, { instances, suspended }) };
}

function budget(...agesMs: number[]): Budget {
  return { replacements: agesMs.map((age, i) => ({ id: `other:${i}`, atMs: T0 - age })), failbacks: [] };
}

describe('an instance is not replaced, and its target stays, when', () => {
  it.each([
    { what: 'it is protected', world: first({ protectedFromScaleIn: true }), because: 'it is protected from scale-in' },
    { what: 'it is not in service', world: first({ lifecycle: 'Pending' }), because: 'it is Pending' },
    { what: 'Launch is suspended', world: first({}, ['Launch']), because: 'Launch is suspended on the group' },
    { what: 'Terminate is suspended', world: first({}, ['Terminate']), because: 'Terminate is suspended on the group' },
    {
      what: 'ReplaceUnhealthy is suspended',
      world: first({}, ['ReplaceUnhealthy', 'AZRebalance']),
      because: 'ReplaceUnhealthy is suspended on the group',
    },
    {
      what: 'AddToLoadBalancer is suspended, for its successor would serve nobody',
      world: first({}, ['AddToLoadBalancer']),
      because: 'AddToLoadBalancer is suspended on the group',
    },
    {
      what: 'it is not in the group',
      world: {
        fleet: fleetOf(6, {
          instances: ids(7)
            .slice(1)
            .map((id) => instance(id)),
        }),
      },
      because: 'it is not in the group',
    },
  ])('$what', ({ world, because }) => {
    const [decision, ...rest] = healthOf({ ...ONE, world: { ...worldFor(ONE), ...world } });
    expect(decision).toMatchObject({
      reason: 'REPLACE_BLOCKED',
      action: null,
      numbers: { target: 'i-1:80', instance: 'i-1', because },
    });
    expect(rest).toEqual([]);
  });

  it('the group cannot be steered', () => {
    const world = { fleet: fleetOf(6, { refused: 'the group is managed by another' }) };
    expect(does({ ...ONE, world: { ...worldFor(ONE), ...world } })).toEqual(['FLEET_REFUSED']);
  });

  it('the group is on to it by itself: marked unhealthy or terminating', () => {
    for (const changes of [{ healthy: false }, { lifecycle: 'Terminating', protectedFromScaleIn: true }]) {
      const [decision] = healthOf({ ...ONE, world: { ...worldFor(ONE), ...first(changes) } });
      expect(decision).toMatchObject({ reason: 'PENDING', action: null, numbers: { kind: 'the replacement of i-1' } });
    }
  });

  it.each([
    { what: 'it is still warming up', scaling: { ...policyOf().scaling, warmupSeconds: 200 } as never, seconds: 200 },
    { what: 'it is still warming up, in a service without scaling', scaling: undefined, seconds: 120 },
  ])('$what', ({ scaling, seconds }) => {
    const young = (ageSeconds: number): Sick => ({
      ...ONE,
      policy: { scaling },
      state: { scaling: { inServiceSince: { 'i-1': T0 - ageSeconds * SECOND } } },
    });
    expect(does(young(seconds - 1))).toEqual(['INSTANCES_WARMING']);
    expect(does(young(seconds))).toEqual(['EJECT i-1:80', 'REPLACE i-1']);
  });

  it('but deregistering alone asks none of this', () => {
    const policy = { health: { onUnhealthy: 'deregister' as const } };
    const world = { ...worldFor(ONE), ...first({ protectedFromScaleIn: true }, ['Launch']) };
    expect(does({ ...ONE, policy, world })).toEqual(['EJECT i-1:80']);
  });

  it('does not keep others from being replaced', () => {
    const two: Sick = { count: 6, failing: ['i-1', 'i-2'] };
    const world = { ...worldFor(two), ...first({ protectedFromScaleIn: true }) };
    expect(does({ ...two, world })).toEqual(['REPLACE_BLOCKED', 'EJECT i-2:80', 'REPLACE i-2']);
  });
});

describe('the budget of the service', () => {
  const replaced = (...agesMs: number[]) => ({
    health: { replaced: Object.fromEntries(agesMs.map((age, i) => [`i-old${i}`, T0 - age])) },
  });

  it('counts the replacements of the last five minutes', () => {
    expect(does({ ...ONE, state: replaced(0, MINUTE, 5 * MINUTE) })).toEqual(['EJECT i-1:80', 'REPLACE i-1']);
    const [decision] = healthOf({ ...ONE, state: replaced(0, MINUTE, 5 * MINUTE - 1) });
    expect(decision).toMatchObject({
      reason: 'REPLACE_BUDGET',
      action: null,
      numbers: { replaced: 3, limit: 3, target: 'i-1:80' },
    });
  });

  it('counts what this very cycle decides', () => {
    const four: Sick = { count: 12, failing: ids(4) };
    expect(does(four)).toEqual([
      'EJECT i-1:80',
      'EJECT i-2:80',
      'EJECT i-3:80',
      'REPLACE_BUDGET',
      'REPLACE i-1',
      'REPLACE i-2',
      'REPLACE i-3',
    ]);
    expect(healthOf(four)[3]?.numbers).toMatchObject({ replaced: 3, limit: 3 });
  });

  it('counts what was saved and is not known to have happened', () => {
    const action = {
      id: 'web:1:2',
      region: 'ap-northeast-2',
      reason: 'REPLACE' as const,
      kind: 'replaceInstance' as const,
      group: 'exercise-group',
      instanceId: 'i-5',
      after: null,
    };
    const pending = [{ action, atMs: T0 - 5 * SECOND, acceptedMs: null }];
    const policy = { health: { limits: { replacedPer5Minutes: 1 } } };
    expect(does({ ...ONE, policy, state: { pending } })).toEqual(['REPLACE_BUDGET']);
  });

  it('of none replaces none', () => {
    expect(does({ ...ONE, policy: { health: { limits: { replacedPer5Minutes: 0 } } } })).toEqual(['REPLACE_BUDGET']);
  });
});

describe('the budget over all services', () => {
  it('counts the replacements of the last five minutes, whoever made them', () => {
    expect(does({ ...ONE, world: { ...worldFor(ONE), budget: budget(0, 0, 5 * MINUTE) } })).toEqual([
      'EJECT i-1:80',
      'REPLACE i-1',
    ]);
    const [decision] = healthOf({ ...ONE, world: { ...worldFor(ONE), budget: budget(0, 0, 5 * MINUTE - 1) } });
    expect(decision).toMatchObject({ reason: 'ACCOUNT_BUDGET', action: null, numbers: { used: 3, limit: 3 } });
  });

  it('counts what this very cycle decides', () => {
    const two: Sick = { count: 6, failing: ids(2) };
    const used = { ...worldFor(two), budget: budget(0, 0) };
    expect(does({ ...two, world: used })).toEqual(['EJECT i-1:80', 'ACCOUNT_BUDGET', 'REPLACE i-1']);
  });

  it('that cannot be read is used up', () => {
    const [decision] = healthOf({ ...ONE, world: { ...worldFor(ONE), budget: missing() } });
    expect(decision).toMatchObject({ reason: 'ACCOUNT_BUDGET', numbers: { used: 'unknown' } });
  });
});

describe('a replacement that did not come about', () => {
  const out = (more: Partial<Sick> = {}): Sick => ({ count: 4, ejected: ['i-1'], ...more });

  it('is asked for again, one in a cycle', () => {
    const [decision, ...rest] = healthOf(out({ ejected: ['i-1', 'i-2'] }));
    expect(decision?.action).toMatchObject({ kind: 'replaceInstance', instanceId: 'i-1', after: null });
    expect(rest).toEqual([]);
  });

  it('is asked for once for two ports', () => {
    const both = out({ state: { health: { ejected: { 'i-1:8080': ejection('i-1', { port: 8080 }) } } } });
    expect(does(both)).toEqual(['REPLACE i-1']);
  });

  it('is not asked for within a minute of the last time, or while it is under way', () => {
    const asked = (ageMs: number): Sick => out({ state: { health: { replaced: { 'i-1': T0 - ageMs } } } });
    expect(healthOf(asked(MINUTE - 1))[0]).toMatchObject({
      reason: 'PENDING',
      numbers: { kind: 'the replacement of i-1' },
    });
    expect(does(asked(MINUTE))).toEqual(['REPLACE i-1']);
    const leaving = (changes: Part<InstanceView>): Sick =>
      out({
        world: {
          ...worldFor(out()),
          fleet: fleetOf(4, { instances: ids(4).map((id) => instance(id, id === 'i-1' ? changes : {})) }),
        },
      });
    expect(does(leaving({ healthy: false }))).toEqual(['PENDING']);
    expect(does(leaving({ lifecycle: 'Terminating' }))).toEqual(['PENDING']);
  });

  it('is over when the instance is gone', () => {
    const gone = {
      fleet: fleetOf(4, {
        instances: ids(5)
          .slice(1)
          .map((id) => instance(id)),
      }),
    };
    expect(does(out({ world: { ...worldFor(out()), ...gone } }))).toEqual(['HEALTHY']);
  });

  it('says what stands against it', () => {
    const blocked = (world: Sick['world']): string[] => does(out({ world: { ...worldFor(out()), ...world } }));
    expect(blocked({ refresh: true })).toEqual(['DEPLOYMENT']);
    expect(blocked({ budget: budget(0, 0, 0) })).toEqual(['ACCOUNT_BUDGET']);
    expect(blocked({ fleet: missing() })).toEqual(['PENDING']);
  });

  it('is told when the group has not begun it in ten minutes, with what is known of why', () => {
    const blocked = (state: Sick['state'], changes: Part<InstanceView>, suspended: readonly string[] = []) => {
      const instances = ids(4).map((id) => instance(id, id === 'i-1' ? { healthy: false, ...changes } : {}));
      const fleet = fleetOf(4, { instances, suspended });
      return healthOf(out({ state: state ?? {}, world: { ...worldFor(out()), fleet } })).map(
        ({ reason, numbers }) => numbers.because ?? reason,
      );
    };
    const asked = (ageMs: number): Sick['state'] => ({ health: { replaced: { 'i-1': T0 - ageMs } } });
    const ejected = (ageMs: number): Sick['state'] => ({
      health: { ejected: { 'i-1:80': ejection('i-1', { atMs: T0 - ageMs }) } },
    });
    const unknown = 'the group calls it unhealthy, and does not replace it';
    expect(blocked(asked(10 * MINUTE - 1), {})).toEqual(['PENDING']);
    expect(blocked(asked(10 * MINUTE), {})).toEqual([unknown]);
    // The group came to it before us, and we never asked.
    expect(blocked(ejected(10 * MINUTE - 1), {})).toEqual(['PENDING']);
    expect(blocked(ejected(10 * MINUTE), {})).toEqual([unknown]);
    expect(blocked(asked(10 * MINUTE), {}, ['ReplaceUnhealthy'])).toEqual([
      'ReplaceUnhealthy is suspended on the group',
    ]);
    // It keeps the successor from serving, not the group from acting.
    expect(blocked(asked(10 * MINUTE), {}, ['AddToLoadBalancer'])).toEqual([unknown]);
    expect(blocked(asked(10 * MINUTE), { lifecycle: 'Standby' })).toEqual(['it is Standby']);
    // A lifecycle hook may hold its end for two days: that is begun.
    expect(blocked(asked(50 * MINUTE), { lifecycle: 'Terminating:Wait' })).toEqual(['PENDING']);
  });

  it('of an instance in trouble does not keep its target from being ejected while it is asked for', () => {
    const both = out({ failing: ['i-1:8080'] });
    expect(does(both)).toEqual(['REPLACE i-1', 'EJECT i-1:8080']);
  });
});

describe('an instance that is replaced', () => {
  it('is asked for once while its end takes its time, and its successor is left alone', () => {
    const sick: Sick = { count: 4, failing: ['i-1'] };
    const ran = rounds(policyFor(sick), stateFor(sick), 30, (i) => {
      const world = worldFor(sick);
      if (i === 0) return world;
      const instances = ids(4).map((id) =>
        instance(id, id === 'i-1' ? { healthy: false, lifecycle: i < 5 ? 'InService' : 'Terminating' } : {}),
      );
      const late = [...instances.slice(1), ...(i < 20 ? instances.slice(0, 1) : [instance('i-5')])];
      const targets = groupOf([...ids(4).slice(1), ...(i < 20 ? [] : ['i-5'])].map((id) => target(id)));
      return { ...world, fleet: fleetOf(4, { instances: late }), targets };
    });
    const kinds = ran.flatMap(({ result }) => result.actions.map((a) => a.kind));
    expect(kinds).toEqual(['deregisterTarget', 'replaceInstance']);
    expect(ran.at(-1)?.state.health.ejected).toEqual({});
  });
});

describe('without a group', () => {
  it('there is nobody to ask, and the target stays', () => {
    const world = { ...worldFor(ONE), fleet: undefined };
    expect(does({ ...ONE, policy: { fleet: undefined }, world })).toEqual(['FLEET_MISSING']);
  });
});
