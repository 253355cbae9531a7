import { describe, expect, it } from 'vitest';
import type { Orders } from '../../lib/core/model.ts';
import { actionsOf, fleetOf, groupOf, MINUTE, missing, type Part, rounds, SECOND, T0 } from './builders.ts';
import { concludes, decideIn, policyIn, type Scene, scalingIn, stateIn } from './scaling-scene.ts';

const LOW = [20, 20, 20, 20, 20];

/** The scene with an order by hand. */
function ordered(orders: Part<Orders>, scene: Partial<Scene> = {}): Scene {
  return { count: 2, cpu: [80], ...scene, state: { orders, ...scene.state } };
}

const floor = (capacity: number, untilMs: number | null = null) => ({ capacity: { capacity, untilMs } });

describe('a capacity ordered by hand', () => {
  it('is a floor: reached step by step, cooldown or not', () => {
    expect(concludes(ordered(floor(9)))).toEqual({ reason: 'CAPACITY_ORDER', to: 6 });
    expect(concludes(ordered(floor(4), { state: { scaling: { lastScaleOutMs: T0 }, orders: floor(4) } })).to).toBe(4);
  });

  it('keeps what is there from being scaled in, and lets the signals go above it', () => {
    expect(concludes(ordered(floor(2), { cpu: LOW }))).toEqual({ reason: 'AT_MINIMUM', to: null });
    expect(concludes(ordered(floor(2), { cpu: [150] }))).toEqual({ reason: 'SCALE_OUT', to: 4 });
  });

  it('does not speak of itself where the minimum is higher', () => {
    const policy = { fleet: { capacity: { min: 4 } } };
    expect(concludes(ordered(floor(3), { policy }))).toEqual({ reason: 'BELOW_MINIMUM', to: 4 });
  });

  it('ends when it expires', () => {
    const order = ordered(floor(5, T0 + MINUTE));
    expect(concludes(order, T0 + MINUTE - 1).reason).toBe('CAPACITY_ORDER');
    expect(concludes(order, T0 + MINUTE).reason).toBe('STEADY');
  });

  it('above what the group may have goes as far as it fits, says so, and stops nothing', () => {
    const world = { fleet: fleetOf(2, { maxSize: 4 }) };
    expect(concludes(ordered(floor(7), { world }))).toEqual({ reason: 'CAPACITY_ORDER', to: 4 });
    const full = { count: 4, world: { fleet: fleetOf(4, { maxSize: 4 }) } };
    expect(scalingIn(ordered(floor(7), full))).toMatchObject({ reason: 'AT_MAXIMUM', numbers: { need: 7, upper: 4 } });
  });

  it('works for a fleet without signals, which is raised and never lowered', () => {
    const policy = { scaling: undefined };
    expect(concludes(ordered(floor(9), { policy }))).toEqual({ reason: 'CAPACITY_ORDER', to: 9 });
    expect(concludes(ordered(floor(2), { policy, count: 5 }))).toEqual({ reason: 'STEADY', to: null });
    const above = { policy: { scaling: undefined, fleet: { capacity: { max: 4 } } }, count: 5 };
    expect(concludes(ordered(floor(2), above))).toEqual({ reason: 'STEADY', to: null });
  });
});

describe('parking', () => {
  const park = floor(0);

  it('sets desired capacity and the minimum to 0, on what was observed', () => {
    const { reason, action } = scalingIn(ordered(park));
    expect(reason).toBe('PARKED');
    expect(action).toMatchObject({
      kind: 'parkFleet',
      group: 'exercise-group',
      from: { minSize: 1, desired: 2 },
      to: { minSize: 0, desired: 0 },
    });
  });

  it('goes before signals, bounds and interlocks, and works without signals', () => {
    const world = { fleet: fleetOf(2, { minSize: 11 }), refresh: true };
    expect(scalingIn(ordered(park, { cpu: [400], world })).action?.kind).toBe('parkFleet');
    expect(scalingIn(ordered(park, { policy: { scaling: undefined } })).action?.kind).toBe('parkFleet');
  });

  it('does nothing more once the group is at 0, whatever the minimum of the policy', () => {
    const empty = { count: 0, world: { fleet: fleetOf(0, { minSize: 0 }) } };
    expect(scalingIn(ordered(park, empty))).toMatchObject({ reason: 'PARKED', action: null });
  });

  it('stands until release: what somebody starts meanwhile is parked again', () => {
    const again = scalingIn(ordered({ ...park, parked: { minSize: 2, desired: 3 } }));
    expect(again.action?.kind).toBe('parkFleet');
  });

  it('remembers the size from before the first time', () => {
    const policy = policyIn({});
    const at = (desired: number, minSize: number) => ({ fleet: fleetOf(desired, { minSize }), targets: groupOf([]) });
    const worlds = [at(3, 2), at(0, 0), at(1, 0), at(0, 0)];
    const parked = rounds(policy, stateIn(ordered(park)), 4, (i) => worlds[i] ?? {});
    expect(parked.flatMap((r) => actionsOf(r.result, 'parkFleet').map((a) => a.from.desired))).toEqual([3, 1]);
    expect(parked.at(-1)?.state.orders.parked).toEqual({ minSize: 2, desired: 3 });
  });

  it('does nothing while the group cannot be read', () => {
    expect(scalingIn(ordered(park, { world: { fleet: missing() } })).reason).toBe('FLEET_MISSING');
  });

  it('leaves targets and record alone', () => {
    const { decisions } = decideIn(ordered(park));
    expect(decisions.map((d) => [d.area, d.reason])).toContainEqual(['health', 'PARKED']);
  });
});

describe('unparking', () => {
  const parked = { parked: { minSize: 2, desired: 3 } };
  const empty = { count: 0, world: { fleet: fleetOf(0, { minSize: 0 }) } };

  it('gives the group back the size it had', () => {
    const { reason, action } = scalingIn(ordered(parked, empty));
    expect(reason).toBe('UNPARK');
    expect(action).toMatchObject({
      kind: 'unparkFleet',
      from: { minSize: 0, desired: 0 },
      to: { minSize: 2, desired: 3 },
    });
  });

  it('gives at least what the policy wants, and no more than the group may have', () => {
    const policy = { fleet: { capacity: { min: 5 } } };
    expect(scalingIn(ordered(parked, { ...empty, policy })).action).toMatchObject({ to: { minSize: 2, desired: 5 } });
    const small = { count: 0, world: { fleet: fleetOf(0, { minSize: 0, maxSize: 1 }) } };
    expect(scalingIn(ordered(parked, small)).action).toMatchObject({ to: { minSize: 1, desired: 1 } });
  });

  it('takes nothing away that somebody gave the group meanwhile', () => {
    const grown = { count: 6, world: { fleet: fleetOf(6, { minSize: 4 }) } };
    expect(scalingIn(ordered(parked, grown)).action).toMatchObject({ to: { minSize: 4, desired: 6 } });
  });

  it('comes before a floor ordered instead', () => {
    expect(scalingIn(ordered({ ...parked, ...floor(5) }, empty)).reason).toBe('UNPARK');
  });

  it('works without signals, too', () => {
    expect(scalingIn(ordered(parked, { ...empty, policy: { scaling: undefined } })).reason).toBe('UNPARK');
  });

  it('is not repeated while it is under way', () => {
    const pending = [
      {
        action: {
          id: 'web:1:1',
          region: 'ap-northeast-2',
          reason: 'UNPARK' as const,
          kind: 'unparkFleet' as const,
          group: 'exercise-group',
          from: { minSize: 0, desired: 0 },
          to: { minSize: 2, desired: 3 },
        },
        atMs: T0 - 5 * SECOND,
        acceptedMs: null,
      },
    ];
    const underWay = ordered(parked, { ...empty, state: { orders: parked, pending } });
    expect(scalingIn(underWay)).toMatchObject({ reason: 'PENDING', numbers: { kind: 'unparkFleet' } });
  });
});
