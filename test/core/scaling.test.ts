import { describe, expect, it } from 'vitest';
import { dnsOf, fleetOf, instance, MINUTE, missing, policyOf, SECOND, stateOf, T0 } from './builders.ts';
import { concludes, decideIn, points, type Scene, scalingIn } from './scaling-scene.ts';

const LOW = [20, 20, 20, 20, 20];

describe('scaling out', () => {
  it('goes to the need at once, as an absolute number, on what was observed', () => {
    const { action, steps } = scalingIn({ count: 2, cpu: [150] });
    expect(action).toMatchObject({ kind: 'setCapacity', site: 'primary', group: 'exercise-group', from: 2, to: 4 });
    expect(steps?.map((s) => [s.step, s.value])).toEqual([
      ['recommend', 4],
      ['combine', 4],
      ['clamp', 4],
      ['limit', 4],
    ]);
    expect(steps?.[0]?.note).toBe('cpu 150 on 2 instances');
  });

  it.each([
    { name: 'inside the tolerance', scene: { count: 2, cpu: [88] }, reason: 'STEADY', to: null },
    { name: 'at most maxStep at once', scene: { count: 2, cpu: [400] }, reason: 'SCALE_OUT', to: 6 },
    { name: 'not past the upper bound', scene: { count: 8, cpu: [120] }, reason: 'SCALE_OUT', to: 10 },
    { name: 'and tells when that is not enough', scene: { count: 10, cpu: [120] }, reason: 'AT_MAXIMUM', to: null },
  ])('$name', ({ scene, reason, to }) => {
    expect(concludes(scene)).toEqual({ reason, to });
  });

  it('does not ask twice for capacity that is on its way', () => {
    const world = { fleet: fleetOf(4, { instances: [instance('i-1'), instance('i-2')] }) };
    const state = { scaling: { desired: 4, inServiceSince: { 'i-3': undefined, 'i-4': undefined } } };
    const onItsWay: Scene = { count: 2, cpu: [150], world, state: state as never };
    expect(concludes(onItsWay)).toEqual({ reason: 'STEADY', to: null });
  });

  it('waits for the cooldown since the last scale-out', () => {
    const just: Scene = { count: 2, cpu: [150], state: { scaling: { lastScaleOutMs: T0 - 20 * SECOND } } };
    expect(scalingIn(just)).toMatchObject({ reason: 'COOLDOWN', action: null, numbers: { waitSeconds: 40 } });
    expect(concludes(just, T0 + 39_999).reason).toBe('COOLDOWN');
    expect(concludes(just, T0 + 40_000).reason).toBe('SCALE_OUT');
  });

  it('is not held back by anything that holds back scaling in', () => {
    const scene: Scene = {
      count: 2,
      cpu: [150],
      state: { scaling: { inServiceSince: { 'i-2': T0 - 1 } } },
      world: { refresh: true, scalers: ['policy other'], targets: missing() },
    };
    expect(concludes(scene)).toEqual({ reason: 'SCALE_OUT', to: 4 });
  });

  it('names the signal with the largest need', () => {
    const [cpu] = policyOf().scaling?.signals ?? [];
    const signals = cpu === undefined ? [] : [cpu, { ...cpu, name: 'requests' }];
    const state = { scaling: { points: { requests: points(2, 300) } } };
    const decision = scalingIn({ count: 2, cpu: [150], policy: { scaling: { signals } }, state });
    expect(decision.numbers).toMatchObject({ signal: 'requests', need: 8, to: 6 });
    const reversed = scalingIn({ count: 2, cpu: [150], policy: { scaling: { signals: signals.toReversed() } }, state });
    expect(reversed.numbers).toMatchObject({ signal: 'requests', need: 8, to: 6 });
  });
});

describe('bounds', () => {
  it('are the narrower of the policy and the group', () => {
    const narrow: Scene = { count: 4, cpu: [200], world: { fleet: fleetOf(4, { minSize: 3, maxSize: 5 }) } };
    expect(scalingIn(narrow)).toMatchObject({ action: { to: 5 }, numbers: { lower: 3, upper: 5 } });
  });

  it('that conflict stop everything, and say so', () => {
    const conflict: Scene = { count: 4, cpu: [200], world: { fleet: fleetOf(4, { minSize: 11 }) } };
    expect(scalingIn(conflict)).toMatchObject({
      reason: 'BOUNDS_CONFLICT',
      action: null,
      numbers: { lower: 11, upper: 10 },
    });
  });

  it('raise what is below them, cooldown or not, step by step', () => {
    const policy = { fleet: { capacity: { min: 9 } } };
    const state = { scaling: { lastScaleOutMs: T0 } };
    expect(concludes({ count: 1, cpu: [10], policy, state })).toEqual({ reason: 'BELOW_MINIMUM', to: 5 });
    expect(concludes({ count: 7, cpu: [], policy, state })).toEqual({ reason: 'BELOW_MINIMUM', to: 9 });
  });

  it('name the signals when those need more than the lower bound', () => {
    const policy = { fleet: { capacity: { min: 3 } } };
    expect(concludes({ count: 2, cpu: [150], policy })).toEqual({ reason: 'SCALE_OUT', to: 4 });
  });

  it('keep what the signals need less of', () => {
    expect(concludes({ count: 3, cpu: LOW, policy: { fleet: { capacity: { min: 3 } } } })).toEqual({
      reason: 'AT_MINIMUM',
      to: null,
    });
  });

  it('lower what is above them step by step, under the rules of scaling in', () => {
    const policy = { fleet: { capacity: { max: 4 } } };
    const busy: Scene = { count: 6, cpu: [90, 90, 90, 90, 90], policy };
    expect(scalingIn(busy)).toMatchObject({ reason: 'ABOVE_MAXIMUM', action: { from: 6, to: 5 } });
    expect(scalingIn({ ...busy, cpu: [90] })).toMatchObject({
      reason: 'STABILIZING',
      numbers: { need: 4, desired: 6 },
    });
    expect(concludes({ ...busy, cpu: [] }).reason).toBe('SIGNAL_MISSING');
    expect(concludes({ ...busy, world: { refresh: true } }).reason).toBe('DEPLOYMENT');
  });
});

describe('scaling in', () => {
  const idle: Scene = { count: 4, cpu: LOW };

  it('goes one step when every datapoint of the window agrees', () => {
    const { reason, action, numbers, steps } = scalingIn(idle);
    expect({ reason, action }).toMatchObject({ reason: 'SCALE_IN', action: { kind: 'setCapacity', from: 4, to: 3 } });
    expect(numbers).toMatchObject({ need: 1, windowSeconds: 300, points: 5, pointsNeeded: 5, to: 3 });
    expect(steps?.map((s) => [s.step, s.value])).toEqual([
      ['recommend', 1],
      ['combine', 1],
      ['stabilize', 1],
      ['clamp', 1],
      ['limit', 3],
    ]);
  });

  it('goes no further than the largest need of the window', () => {
    const policy = { scaling: { scaleIn: { maxStep: 10 } } };
    expect(concludes({ count: 8, cpu: [20, 30, 45, 20, 20], policy })).toEqual({ reason: 'SCALE_IN', to: 5 });
  });

  it('goes no further than the lower bound', () => {
    const policy = { fleet: { capacity: { min: 3 } }, scaling: { scaleIn: { maxStep: 10 } } };
    expect(concludes({ ...idle, cpu: [0, 0, 0, 0, 0], policy })).toEqual({ reason: 'SCALE_IN', to: 3 });
  });

  it.each([
    { why: 'one datapoint of the window needs more', cpu: [20, 20, 79, 20, 20], windowNeed: 4, count: 5 },
    { why: 'the window is not full', cpu: [20, 20, 20, 20], windowNeed: 1, count: 4 },
  ])('waits while $why', ({ cpu, windowNeed }) => {
    const decision = scalingIn({ ...idle, cpu });
    expect(decision).toMatchObject({
      reason: 'STABILIZING',
      action: null,
      numbers: { windowNeed, points: cpu.length },
    });
    expect(decision.rejected).toEqual([{ option: 'scale in to 3', reason: 'STABILIZING' }]);
  });

  it('waits for a whole window after the last change, ours or another one’s', () => {
    const changed = (ageMs: number): Scene => ({ ...idle, state: { scaling: { lastChangeMs: T0 - ageMs } } });
    expect(concludes(changed(5 * MINUTE))).toEqual({ reason: 'SCALE_IN', to: 3 });
    expect(concludes(changed(5 * MINUTE - 1)).reason).toBe('STABILIZING');
    expect(concludes({ ...idle, state: { scaling: { desired: 3 } } }).reason).toBe('STABILIZING');
  });

  it('waits for a whole window at first sight of a service', () => {
    expect(concludes({ ...idle, state: { scaling: { desired: null } } }).reason).toBe('STABILIZING');
  });

  it('is decided with the interlocks as the reason, the weightiest first', () => {
    const locked = scalingIn({ ...idle, world: { refresh: true, scalers: ['policy other'] } });
    expect(locked).toMatchObject({
      reason: 'DEPLOYMENT',
      action: null,
      numbers: { what: 'instance refresh', need: 1 },
    });
    expect(locked.rejected).toEqual([
      { option: 'scale in to 3', reason: 'DEPLOYMENT' },
      { option: 'scale in to 3', reason: 'OTHER_SCALER' },
    ]);
  });
});

describe('an action under way', () => {
  const underWay = (from: number, to: number) =>
    stateOf({
      pending: [
        {
          action: {
            id: 'web:1:1',
            region: 'ap-northeast-2',
            reason: 'SCALE_OUT',
            kind: 'setCapacity',
            site: 'primary',
            group: 'exercise-group',
            from,
            to,
          },
          atMs: T0 - 5 * SECOND,
          acceptedMs: T0 - 5 * SECOND,
        },
      ],
    }).pending;

  it('is waited for before anything else is decided', () => {
    const decision = scalingIn({ count: 2, cpu: [150], state: { pending: underWay(2, 4) } });
    expect(decision).toMatchObject({ reason: 'PENDING', action: null, numbers: { kind: 'setCapacity' } });
  });

  it('is over once the group shows it', () => {
    const shown = decideIn({ count: 4, cpu: [75], state: { pending: underWay(2, 4) } });
    expect(shown.state.pending).toEqual([]);
    expect(shown.decisions.find((d) => d.area === 'scaling')?.reason).toBe('STEADY');
  });

  it('of the standby is not waited for', () => {
    const [one] = underWay(2, 4);
    const pending = one === undefined ? [] : [{ ...one, action: { ...one.action, site: 'secondary' as const } }];
    expect(concludes({ count: 2, cpu: [150], state: { pending: pending as never } }).reason).toBe('SCALE_OUT');
  });
});

describe('while somebody else has taken the traffic away', () => {
  const emptied: Scene = {
    count: 4,
    cpu: LOW,
    policy: { failover: policyOf().failover },
    state: { failover: { phase: 'primary', weights: { seoul: 100, tokyo: 0 } } },
    world: { dns: dnsOf(0, 100) },
  };

  it('the quiet primary is not scaled in', () => {
    expect(concludes(emptied)).toEqual({ reason: 'STABILIZING', to: null });
  });

  it('the minutes without traffic do not count when it comes back', () => {
    const { state } = decideIn(emptied);
    expect(concludes({ ...emptied, state, world: {} })).toEqual({ reason: 'STABILIZING', to: null });
  });
});
