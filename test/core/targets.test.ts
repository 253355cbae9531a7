import { describe, expect, it } from 'vitest';
import type { Ejection, HealthState, ServiceState, TargetState, TargetView } from '../../lib/core/model.ts';
import { classify, intervalMsOf, missTargets, roundKind, summarize, trackTargets } from '../../lib/core/targets.ts';
import {
  fleetOf,
  groupIn,
  groupOf,
  missing,
  observe,
  policyOf,
  SECOND,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';

const WEB = policyOf();
const HEALTH = WEB.health as NonNullable<typeof WEB.health>;

function ejection(id: string, more: Partial<Ejection> = {}): Ejection {
  return { id, port: 80, atMs: T0, times: 1, replace: true, ...more };
}

describe('a round', () => {
  it.each([
    { afterMs: -15_000, is: 'afterGap' },
    { afterMs: -5000, is: 'again' },
    { afterMs: 0, is: 'again' },
    { afterMs: 3999, is: 'again' },
    { afterMs: 4000, is: 'next' },
    { afterMs: 5000, is: 'next' },
    { afterMs: 14_999, is: 'next' },
    { afterMs: 15_000, is: 'afterGap' },
  ])('$afterMs ms after the last one, 5 s apart, is: $is', ({ afterMs, is }) => {
    expect(roundKind(T0, T0 + afterMs, 5000)).toBe(is);
  });

  it('has the pace of the health check, and of 5 s without one', () => {
    expect(intervalMsOf(policyOf({ health: { check: { intervalSeconds: 10 } } }))).toBe(10 * SECOND);
    expect(intervalMsOf(policyOf({ health: undefined }))).toBe(5 * SECOND);
  });
});

describe('one reading of a target', () => {
  it.each<[TargetState, TargetView['reason'], boolean, string]>([
    ['healthy', undefined, false, 'healthy'],
    ['unhealthy', 'Target.FailedHealthChecks', false, 'failing'],
    ['unhealthy', 'Target.Timeout', false, 'failing'],
    ['unhealthy', undefined, false, 'failing'],
    ['unhealthy', 'Elb.InternalError', false, 'neutral'],
    ['unhealthy.draining', 'Target.FailedHealthChecks', false, 'failing'],
    ['unhealthy.draining', 'Target.FailedHealthChecks', true, 'neutral'],
    ['initial', 'Elb.RegistrationInProgress', false, 'neutral'],
    ['draining', 'Target.DeregistrationInProgress', false, 'neutral'],
    ['unused', 'Target.NotInUse', false, 'neutral'],
    ['unavailable', 'Target.HealthCheckDisabled', false, 'neutral'],
  ])('%s (%s), ejected by us %s: %s', (state, reason, ours, is) => {
    expect(classify(target('i-1', state, { reason }), ours)).toBe(is);
  });
});

describe('counters', () => {
  /** The counter of i-1 after these readings of it, one a round. */
  function track(states: readonly TargetState[], policy = HEALTH, kind: 'next' | 'afterGap' = 'next') {
    const start = stateOf().health;
    return states.reduce((state, one) => trackTargets(policy, state, groupIn(one), kind), start).targets['i-1:80'];
  }
  const rounds = (unhealthy: number, healthy: number) => ({ ...HEALTH, rounds: { unhealthy, healthy } });

  it.each<{ states: TargetState[]; is: ReturnType<typeof track> }>([
    { states: ['healthy'], is: undefined },
    { states: ['unhealthy'], is: { failing: 1, passing: 0 } },
    { states: ['unhealthy', 'unhealthy'], is: { failing: 2, passing: 0 } },
    { states: ['unhealthy', 'healthy'], is: { failing: 0, passing: 1 } },
    { states: ['unhealthy', 'healthy', 'unhealthy'], is: { failing: 1, passing: 0 } },
    { states: ['unhealthy', 'healthy', 'healthy'], is: undefined },
    { states: ['unhealthy', 'initial', 'unhealthy'], is: { failing: 2, passing: 0 } },
    { states: ['unhealthy', 'unavailable'], is: { failing: 1, passing: 0 } },
    // Nobody checks it any more: its counter would stay for as long as it is listed.
    { states: ['unhealthy', 'unused'], is: undefined },
    { states: ['unhealthy', 'unhealthy', 'unused', 'unhealthy'], is: { failing: 1, passing: 0 } },
    { states: ['initial', 'draining', 'unused'], is: undefined },
  ])('after $states', ({ states, is }) => {
    expect(track(states)).toEqual(is);
  });

  it('go no higher than the policy asks for, so that a steady failure is nothing new', () => {
    const two = trackTargets(
      HEALTH,
      trackTargets(HEALTH, stateOf().health, groupIn('unhealthy'), 'next'),
      groupIn('unhealthy'),
      'next',
    );
    expect(trackTargets(HEALTH, two, groupIn('unhealthy'), 'next')).toBe(two);
    expect(track(['unhealthy', 'unhealthy', 'unhealthy'], rounds(2, 2))).toEqual({ failing: 2, passing: 0 });
  });

  it('believe one passing round where the policy does', () => {
    expect(track(['unhealthy', 'healthy'], rounds(2, 1))).toBeUndefined();
  });

  it('begin anew after a gap', () => {
    const one: HealthState = { ...stateOf().health, targets: { 'i-1:80': { failing: 1, passing: 0 } } };
    expect(trackTargets(HEALTH, one, groupIn('unhealthy'), 'afterGap').targets).toEqual({
      'i-1:80': { failing: 1, passing: 0 },
    });
    expect(trackTargets(HEALTH, one, groupIn('healthy'), 'afterGap').targets).toEqual({});
  });

  it('of a target that is gone are forgotten', () => {
    const one: HealthState = { ...stateOf().health, targets: { 'i-9:80': { failing: 1, passing: 0 } } };
    expect(trackTargets(HEALTH, one, groupIn('healthy'), 'next').targets).toEqual({});
  });

  it('are kept by id and port', () => {
    const group = groupOf([target('i-1:80', 'unhealthy'), target('i-1:8080')]);
    expect(trackTargets(HEALTH, stateOf().health, group, 'next').targets).toEqual({
      'i-1:80': { failing: 1, passing: 0 },
    });
  });

  it('stay the same object when nothing moved, after a gap too', () => {
    const { health } = stateOf();
    expect(trackTargets(HEALTH, health, groupIn('healthy', 'initial'), 'next')).toBe(health);
    expect(trackTargets(HEALTH, health, groupIn('healthy', 'initial'), 'afterGap')).toBe(health);
  });
});

describe('the target group in numbers', () => {
  const summary = (world: World, state: ServiceState = stateOf(), policy = WEB) =>
    summarize(policy, state, observe(T0, world));

  it('is unknown while it cannot be read', () => {
    expect(summary({ targets: missing() })).toBeNull();
    expect(summary({ targets: undefined })).toBeNull();
  });

  it('counts what is registered, and apart what is on its way in and out', () => {
    const counted = summary({
      targets: groupIn('healthy', 'unhealthy', 'initial', 'draining', 'unused', 'unavailable', 'unhealthy.draining'),
    });
    expect(counted).toMatchObject({
      healthy: 1,
      registered: 6,
      initial: 1,
      draining: 1,
      expected: 6,
      targetType: 'instance',
    });
    expect(counted?.failing.map((t) => t.id)).toEqual(['i-2', 'i-7']);
  });

  it('expects what is desired, or what is registered and ejected, whichever is more', () => {
    expect(summary({ fleet: fleetOf(5) })?.expected).toBe(5);
    expect(summary({ fleet: missing() })?.expected).toBe(2);
    expect(summary({ fleet: fleetOf(5) }, stateOf(), policyOf({ fleet: undefined }))?.expected).toBe(2);
    const out = stateOf({ health: { ejected: { 'i-8:80': ejection('i-8'), 'i-9:80': ejection('i-9') } } });
    expect(summary({ fleet: fleetOf(3) }, out)).toMatchObject({
      expected: 4,
      registered: 2,
      ejected: [
        ['i-8:80', {}],
        ['i-9:80', {}],
      ],
    });
  });

  it('counts an ejected target once, and neither as registered nor as healthy nor as draining', () => {
    const out = stateOf({ health: { ejected: { 'i-1:80': ejection('i-1') } } });
    expect(summary({}, out)).toMatchObject({ healthy: 1, registered: 1, expected: 2 });
    expect(summary({ targets: groupIn('draining', 'healthy') }, out)).toMatchObject({ draining: 0, expected: 2 });
  });

  it('counts a target as ejected from the moment its deregistration is saved', () => {
    const action = {
      id: 'web:1:1',
      region: 'ap-northeast-2',
      reason: 'EJECT' as const,
      kind: 'deregisterTarget' as const,
      targetGroup: 'exercise-target-group',
      target: { key: 'i-1:80', id: 'i-1', port: 80 },
      replace: true,
    };
    const pending = [{ action, atMs: T0, acceptedMs: null }];
    const counted = summary({ targets: groupIn('unhealthy', 'healthy') }, stateOf({ pending }));
    expect(counted).toMatchObject({ healthy: 1, failing: [], registered: 1, expected: 2 });
    expect(counted?.ejected.map(([key]) => key)).toEqual(['i-1:80']);
  });

  it('sees a zonal shift of any target', () => {
    expect(summary({})?.zonalShift).toBe(false);
    expect(
      summary({ targets: groupOf([target('i-1'), target('i-2', 'healthy', { zonalShift: true })]) })?.zonalShift,
    ).toBe(true);
  });
});

describe('a round in which the targets cannot be read', () => {
  const doubted = { ...stateOf().health, targets: { 'i-1:80': { failing: 1, passing: 0 } } };
  const miss = (times: number, health: HealthState = doubted): HealthState =>
    Array.from({ length: times }).reduce<HealthState>((before) => missTargets(before, 'next'), health);

  it('counts neither way, and is nothing to remember where nothing is in doubt', () => {
    expect(miss(1).targets).toEqual(doubted.targets);
    const calm = stateOf().health;
    expect(miss(9, calm)).toBe(calm);
  });

  it('is forgotten with the next reading', () => {
    const after = trackTargets(HEALTH, miss(1), groupIn('unhealthy'), 'next');
    expect(after.missing).toBeUndefined();
    expect(Object.values(after.targets)).toEqual([{ failing: 2, passing: 0 }]);
  });

  it('ends a run of rounds when with it there are three intervals between two readings', () => {
    expect(miss(2).targets).toEqual({});
    expect(missTargets(doubted, 'afterGap').targets).toEqual({});
  });
});
