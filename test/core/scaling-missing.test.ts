import { describe, expect, it } from 'vitest';
import { fleetOf, MINUTE, missing, policyOf, SECOND, T0 } from './builders.ts';
import { concludes, points, type Scene, scalingIn } from './scaling-scene.ts';

const LOW = [20, 20, 20, 20, 20];

describe('what is missing', () => {
  it.each(['not-found', 'denied', 'throttled', 'unavailable', 'deadline', 'not-read'] as const)(
    'decides nothing while the group cannot be read: %s',
    (why) => {
      const decision = scalingIn({ count: 2, cpu: [100], world: { fleet: missing(why) } });
      expect(decision).toMatchObject({ reason: 'FLEET_MISSING', action: null, numbers: { why } });
    },
  );

  it('decides nothing while nobody has read the group', () => {
    expect(scalingIn({ count: 2, cpu: [100], world: { fleet: undefined } }).numbers).toEqual({ why: 'not-read' });
  });

  it('holds while a signal has no datapoint, and rejects scaling in', () => {
    const decision = scalingIn({ count: 3, cpu: [] });
    expect(decision).toMatchObject({
      reason: 'SIGNAL_MISSING',
      action: null,
      numbers: { missing: 'cpu', desired: 3 },
      rejected: [{ option: 'scale in', reason: 'SIGNAL_MISSING' }],
    });
  });

  it('holds while a signal is stale, however low it was', () => {
    expect(concludes({ count: 3, cpu: LOW }, T0 + 3 * MINUTE + 1)).toEqual({ reason: 'SIGNAL_MISSING', to: null });
  });

  it('holds while a due datapoint cannot be read, however fresh and low the last one is (seed 6107)', () => {
    const seen = (why: 'not-read' | 'deadline') =>
      concludes({ count: 3, cpu: LOW, world: { signals: [missing(why)] } });
    expect(seen('not-read')).toEqual({ reason: 'SCALE_IN', to: 2 });
    expect(seen('deadline')).toEqual({ reason: 'SIGNAL_UNREADABLE', to: null });
  });

  it('tells a metric without datapoints from one that cannot be read: only that one is somebody’s fault for sure', () => {
    const unread = (why: 'not-read' | 'denied') => concludes({ count: 3, cpu: [], world: { signals: [missing(why)] } });
    expect(concludes({ count: 3, cpu: [] }).reason).toBe('SIGNAL_MISSING');
    expect(unread('not-read').reason).toBe('SIGNAL_MISSING');
    expect(unread('denied').reason).toBe('SIGNAL_UNREADABLE');
  });

  it('neither scales in while one of two signals is missing, nor misses the other that needs more', () => {
    const [cpu] = policyOf().scaling?.signals ?? [];
    const signals = cpu === undefined ? [] : [cpu, { ...cpu, name: 'requests' }];
    const two: Scene = { count: 3, cpu: LOW, policy: { scaling: { signals } } };
    expect(concludes(two)).toEqual({ reason: 'SIGNAL_MISSING', to: null });
    const out = scalingIn({ ...two, cpu: [100] });
    expect(out).toMatchObject({ reason: 'SCALE_OUT', action: { to: 4 }, numbers: { missing: 'requests' } });
    const full = scalingIn({ ...two, cpu: [100], policy: { scaling: { signals }, fleet: { capacity: { max: 3 } } } });
    expect(full).toMatchObject({ reason: 'AT_MAXIMUM', action: null, numbers: { need: 4 } });
  });

  it('says so when the group cannot be steered', () => {
    const refused = 'the group counts weighted capacity';
    const decision = scalingIn({ count: 2, cpu: [100], world: { fleet: fleetOf(2, { refused }) } });
    expect(decision).toMatchObject({ reason: 'FLEET_REFUSED', action: null, numbers: { because: refused } });
  });

  it('is nothing at all without a fleet or without signals', () => {
    expect(concludes({ count: 2, cpu: [100], policy: { scaling: undefined } }).reason).toBe('NOT_CONFIGURED');
    expect(concludes({ count: 2, cpu: [100], policy: { fleet: undefined } }).reason).toBe('NOT_CONFIGURED');
  });
});

describe('a signal with onMissing: scaleOut', () => {
  const [cpu] = policyOf().scaling?.signals ?? [];
  const signals = cpu === undefined ? [] : [{ ...cpu, onMissing: 'scaleOut' as const }];
  const dark: Scene = { count: 3, cpu: [], policy: { scaling: { signals } } };

  it('takes one step out when it is missing', () => {
    const decision = scalingIn(dark);
    expect(decision).toMatchObject({ reason: 'SIGNAL_MISSING_OUT', action: { from: 3, to: 4 } });
    expect(decision.steps?.at(1)).toEqual({ step: 'combine', value: 4, note: 'one step for missing signals' });
  });

  it('takes one step in an incident, not one in a round', () => {
    const taken: Scene = { ...dark, state: { scaling: { missingStepTaken: true } } };
    expect(concludes(taken)).toEqual({ reason: 'SIGNAL_MISSING', to: null });
  });

  it('waits as long as a datapoint may be late before it takes a service for dark that was just taken up or resized', () => {
    const young = (lastChangeMs: number): Scene => ({ ...dark, state: { scaling: { lastChangeMs } } });
    expect(concludes(young(T0 - 3 * MINUTE))).toEqual({ reason: 'SIGNAL_MISSING', to: null });
    expect(concludes(young(T0 - 3 * MINUTE - 1)).to).toBe(4);
    expect(concludes({ ...dark, state: { scaling: { desired: null } } })).toEqual({
      reason: 'SIGNAL_MISSING',
      to: null,
    });
  });

  it('waits for the cooldown, as every scale-out does', () => {
    const just: Scene = { ...dark, state: { scaling: { lastScaleOutMs: T0 - 59 * SECOND } } };
    expect(concludes(just).reason).toBe('COOLDOWN');
  });

  it('takes no step past the upper bound, and does not call that overload', () => {
    const full: Scene = { ...dark, policy: { scaling: { signals }, fleet: { capacity: { max: 3 } } } };
    expect(concludes(full)).toEqual({ reason: 'SIGNAL_MISSING', to: null });
  });

  it('takes none when another signal needs more than that anyway', () => {
    const more = cpu === undefined ? [] : [...signals, { ...cpu, name: 'requests' }];
    const both: Scene = { ...dark, policy: { scaling: { signals: more } } };
    const busy: Scene = { ...both, state: { scaling: { points: { requests: points(3, 160) } } } };
    expect(scalingIn(busy)).toMatchObject({ reason: 'SCALE_OUT', action: { to: 6 }, numbers: { signal: 'requests' } });
    const calm: Scene = { ...both, state: { scaling: { points: { requests: points(3, 40) } } } };
    expect(concludes(calm)).toEqual({ reason: 'SIGNAL_MISSING_OUT', to: 4 });
  });
});
