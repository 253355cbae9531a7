import { describe, expect, it } from 'vitest';
import {
  change,
  fleetOf,
  groupIn,
  groupOf,
  ids,
  instance,
  missing,
  policyOf,
  rounds,
  SECOND,
  stateOf,
  T0,
  target,
} from './builders.ts';
import { does, ejection, healthOf, policyFor, type Sick, stateFor, worldFor } from './health-worlds.ts';

describe('what is missing', () => {
  it.each(['unavailable', 'denied', 'deadline', 'not-read'] as const)('ejects nothing: targets %s', (why) => {
    const [decision] = healthOf({ count: 4, failing: ['i-1'], world: { targets: missing(why) } });
    expect(decision).toMatchObject({ reason: 'TARGETS_MISSING', action: null, numbers: { why } });
  });

  it('ejects nothing while nobody asked for the targets', () => {
    const [decision] = healthOf({ count: 4, failing: ['i-1'], world: { targets: undefined } });
    expect(decision?.numbers).toEqual({ why: 'not-read' });
  });

  it('ejects nothing while a deployment cannot be ruled out', () => {
    expect(does({ count: 4, failing: ['i-1'], world: { fleet: missing() } })).toEqual(['DEPLOYMENT_UNKNOWN']);
    expect(does({ count: 4, failing: ['i-1'], world: { refresh: missing() } })).toEqual(['DEPLOYMENT_UNKNOWN']);
  });

  it('counts no rounds while the targets cannot be read, and begins anew after three intervals', () => {
    const sick = groupIn('unhealthy', 'healthy');
    const countersAfter = (holes: number) =>
      rounds(policyOf(), stateOf(), holes + 2, (i) => ({
        targets: i === 0 || i === holes + 1 ? sick : missing(),
      })).at(-1)?.state.health.targets;
    expect(countersAfter(0)).toEqual({});
    expect(countersAfter(1)).toEqual({});
    expect(countersAfter(2)).toEqual({ 'i-1:80': { failing: 1, passing: 0 } });
  });

  it('is nothing to be told without a health section', () => {
    expect(does({ count: 2, policy: { health: undefined } })).toEqual(['NOT_CONFIGURED']);
  });
});

describe('a healthy group', () => {
  it('is left alone', () => {
    const [decision] = healthOf({ count: 3 });
    expect(decision).toMatchObject({
      reason: 'HEALTHY',
      numbers: { healthy: 3, failing: 0, expected: 3, allowance: 1 },
    });
  });

  it.each([
    { what: 'no target, two desired', world: { targets: groupOf([]) }, is: 'NO_TARGETS' },
    { what: 'draining ones only', world: { targets: groupIn('draining') }, is: 'NO_TARGETS' },
    {
      what: 'no target, and a group that cannot be read',
      world: { targets: groupOf([]), fleet: missing() },
      is: 'NO_TARGETS',
    },
    { what: 'no target, none desired', world: { targets: groupOf([]), fleet: fleetOf(0) }, is: 'HEALTHY' },
  ])('with $what is $is', ({ world, is }) => {
    expect(does({ count: 2, world })).toEqual([is]);
  });

  it('without a fleet is empty when it has no target', () => {
    const policy = { fleet: undefined, health: { onUnhealthy: 'deregister' as const } };
    expect(does({ count: 2, policy, world: { targets: groupOf([]), fleet: undefined } })).toEqual(['NO_TARGETS']);
  });
});

describe('ejecting', () => {
  it('takes the target out after two failing rounds, not one', () => {
    expect(does({ count: 4, failing: ['i-1'], rounds: 0 })).toEqual(['WATCHING']);
    expect(does({ count: 4, failing: ['i-1'], rounds: 1 })).toEqual(['EJECT i-1:80', 'REPLACE i-1']);
  });

  it('takes the target out after one failing round where the policy wants that', () => {
    const policy = { health: { rounds: { unhealthy: 1 } } };
    expect(does({ count: 4, failing: ['i-1'], rounds: 0, policy })).toEqual(['EJECT i-1:80', 'REPLACE i-1']);
  });

  it('names target, port and group, and has the instance go only after the target', () => {
    const [eject, replace] = healthOf({ count: 4, failing: ['i-1'] });
    expect(eject?.action).toMatchObject({
      kind: 'deregisterTarget',
      region: 'ap-northeast-2',
      targetGroup: 'exercise-target-group',
      target: { key: 'i-1:80', id: 'i-1', port: 80 },
      replace: true,
    });
    expect(replace?.action).toMatchObject({
      kind: 'replaceInstance',
      group: 'exercise-group',
      after: eject?.action?.id,
    });
  });

  it('does not count a second look at the same round', () => {
    const again = { count: 4, failing: ['i-1'], rounds: 1, state: { pace: { healthMs: T0 - 3 * SECOND } } };
    expect(does(again)).toEqual(['WATCHING']);
    expect(does({ ...again, rounds: 0 })).toEqual(['WATCHING']);
  });

  it('does not take out what passes in this very round, whatever its counter', () => {
    const passing: Sick = { count: 4, state: { health: { targets: { 'i-1:80': { failing: 2, passing: 0 } } } } };
    expect(does(passing)).toEqual(['HEALTHY']);
  });

  it('only deregisters where the policy wants no more, without asking the group', () => {
    const policy = { health: { onUnhealthy: 'deregister' as const } };
    const [eject, ...rest] = healthOf({ count: 4, failing: ['i-1'], policy });
    expect(eject?.action).toMatchObject({ kind: 'deregisterTarget', replace: false });
    expect(rest).toEqual([]);
  });

  it('takes both ports of an instance out before it goes, and replaces it once', () => {
    const two: Sick = {
      count: 6,
      failing: ['i-1:80', 'i-1:8080'],
      policy: { health: { limits: { panicPercent: 60 } } },
    };
    expect(does(two)).toEqual(['EJECT i-1:80', 'EJECT i-1:8080', 'REPLACE i-1']);
  });

  it('takes out the second port of an instance that is being replaced already, by itself', () => {
    const late: Sick = {
      count: 6,
      failing: ['i-1:8080'],
      ejected: ['i-1:80'],
      state: { health: { replaced: { 'i-1': T0 - 5 * SECOND } } },
    };
    expect(does(late)).toEqual(['EJECT i-1:8080']);
  });

  it('keeps one of several: never more out than the allowance, and says what is left', () => {
    const decisions = healthOf({
      count: 6,
      failing: ['i-1', 'i-2', 'i-3'],
      policy: { health: { limits: { maxEjectedPercent: 34 } } },
    });
    expect(decisions.map((d) => d.reason)).toEqual(['EJECT', 'EJECT', 'ALLOWANCE', 'REPLACE', 'REPLACE']);
    expect(decisions[2]).toMatchObject({
      numbers: { allowance: 2, ejected: 2 },
      rejected: [{ option: 'eject i-3:80', reason: 'ALLOWANCE' }],
    });
  });

  it.each([
    { percent: 0, of: 10, allowance: 1 },
    { percent: 50, of: 2, allowance: 1 },
    { percent: 50, of: 3, allowance: 1 },
    { percent: 29, of: 100, allowance: 29 },
    { percent: 100, of: 3, allowance: 3 },
  ])('may have $allowance of $of out at $percent %', ({ percent, of, allowance }) => {
    const [decision] = healthOf({ count: of, policy: { health: { limits: { maxEjectedPercent: percent } } } });
    expect(decision?.numbers.allowance).toBe(allowance);
  });

  it('counts what is out already, the saved but unconfirmed included', () => {
    expect(
      does({ count: 4, failing: ['i-1'], ejected: ['i-2'], policy: { health: { limits: { maxEjectedPercent: 25 } } } }),
    ).toEqual(['REPLACE i-2', 'ALLOWANCE']);
  });

  it('takes nothing out while fewer are healthy than minHealthy', () => {
    const policy = { health: { limits: { minHealthy: 4 } } };
    const [decision] = healthOf({ count: 4, failing: ['i-1'], policy });
    expect(decision).toMatchObject({ reason: 'MIN_HEALTHY', action: null, numbers: { healthy: 3, minHealthy: 4 } });
    expect(does({ count: 5, failing: ['i-1'], policy })).toEqual(['EJECT i-1:80', 'REPLACE i-1']);
  });

  it('takes the next one out while a hook holds the end of the one before', () => {
    const sick: Sick = { count: 6, failing: ['i-2'], ejected: ['i-1'] };
    const held = ids(6).map((id) =>
      instance(id, id === 'i-1' ? { lifecycle: 'Terminating:Wait', healthy: false } : {}),
    );
    const world = { ...worldFor(sick), fleet: fleetOf(6, { instances: held }) };
    expect(does({ ...sick, world })).toEqual(['EJECT i-2:80', 'REPLACE i-2']);
  });

  it('begins with what has been in doubt longest, whatever order AWS lists targets in', () => {
    const policy = policyFor({ count: 12, policy: { health: { limits: { replacedPer5Minutes: 1 } } } });
    const sick: Sick = { count: 12 };
    // One more fails in each round, the last of the list first; a deployment holds the first three.
    const ran = rounds(policy, stateFor(sick), 4, (i) => ({
      ...worldFor({ ...sick, failing: ids(12).slice(11 - i) }),
      refresh: i < 3,
    }));
    expect(ran.flatMap(({ result }) => result.actions.flatMap((a) => ('target' in a ? [a.target.key] : [])))).toEqual([
      'i-12:80',
    ]);
  });

  it('takes nothing out during a deployment', () => {
    const [decision] = healthOf({ count: 4, failing: ['i-1'], world: { refresh: true } });
    expect(decision).toMatchObject({
      reason: 'DEPLOYMENT',
      action: null,
      numbers: { what: 'instance refresh' },
      rejected: [{ option: 'eject i-1:80', reason: 'DEPLOYMENT' }],
    });
  });
});

describe('kinds of target groups', () => {
  const policy = { health: { onUnhealthy: 'deregister' as const } };
  const group = (type: 'ip' | 'lambda' | 'alb', state: 'healthy' | 'unhealthy') =>
    groupOf(
      ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((id, i) => target(id, i === 0 ? state : 'healthy')),
      type,
    );

  it.each([
    { type: 'lambda', onUnhealthy: 'deregister' },
    { type: 'alb', onUnhealthy: 'deregister' },
    { type: 'ip', onUnhealthy: 'replace' },
  ] as const)('$type with $onUnhealthy is refused', ({ type, onUnhealthy }) => {
    const [decision] = healthOf({
      count: 4,
      policy: { health: { onUnhealthy } },
      world: { targets: group(type, 'unhealthy') },
    });
    expect(decision).toMatchObject({
      reason: 'GROUP_REFUSED',
      action: null,
      numbers: { targetType: type, onUnhealthy },
    });
  });

  it('ip with deregister is served, beside a group that knows no addresses', () => {
    const tracks = { health: { targets: { '10.0.0.1:80': { failing: 1, passing: 0 } } } };
    expect(does({ count: 4, policy, state: tracks, world: { targets: group('ip', 'unhealthy') } })).toEqual([
      'EJECT 10.0.0.1:80',
    ]);
    const out = {
      health: { ejected: { '10.0.0.9:80': ejection('10.0.0.9', { atMs: T0 - 30 * SECOND, replace: false }) } },
    };
    expect(does({ count: 4, policy, state: out, world: { targets: group('ip', 'healthy') } })).toEqual([
      'READMIT 10.0.0.9:80',
    ]);
  });
});

describe('a service of two', () => {
  it('ejects and replaces one server in the second failing round, and says nothing more until it is gone', () => {
    const policy = change(policyOf(), { failover: undefined });
    const ran = rounds(policy, stateOf(), 5, (i) => ({
      targets: i < 1 ? groupIn('healthy', 'healthy') : groupIn('unhealthy', 'healthy'),
    }));
    expect(ran.map((r) => r.result.decisions.filter((d) => d.area === 'health').map((d) => d.reason))).toEqual([
      ['HEALTHY'],
      ['WATCHING'],
      ['EJECT', 'REPLACE'],
      ['PENDING'],
      ['PENDING'],
    ]);
  });
});
