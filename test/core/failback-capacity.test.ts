/** How large the primary must be to take the traffic back: as large as the secondary, if anything makes it so. */
import { describe, expect, test } from 'vitest';
import type { FailoverState, FleetView, Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { fleetOf, groupOf, ids, missing, type Part, policyOf, target, type World } from './builders.ts';
import {
  AWAY,
  away,
  conclude,
  last,
  mainOf,
  OUT,
  play,
  recovering,
  START,
  said,
  standbyOf,
  times,
} from './failover-worlds.ts';

/** 300 s of good rounds. */
const DUE = AWAY + 300_000;
const WIDE = { fleet: { capacity: { max: 9 } } };
const NO_GROUP = { failover: { secondary: { autoScalingGroup: undefined } } };
const SCALED = policyOf(WIDE);
const STATIC = policyOf({ ...WIDE, scaling: undefined });
const NO_FLEET = policyOf({ ...NO_GROUP, fleet: undefined, scaling: undefined, health: { onUnhealthy: 'deregister' } });

/** On the secondary since a trip from a primary of two servers, which has been good for the whole wait. */
const due = (policy: Policy, changes: Partial<FailoverState> = {}): ServiceState => {
  const state = recovering(60, policy);
  return { ...state, pending: [], failover: { ...state.failover, ...changes } };
};
const reason = (policy: Policy, world: World, state: ServiceState = due(policy)): string =>
  mainOf(conclude(policy, state, { ...standbyOf(3), ...world }, DUE)).reason;
const healthy = (count: number): World => ({
  fleet: fleetOf(count),
  targets: groupOf(ids(count).map((id) => target(id))),
});

describe('a primary that we scale', () => {
  test('is made as large as the secondary, and waited for', () => {
    expect(reason(SCALED, {})).toBe('FAILBACK_CAPACITY');
    expect(reason(SCALED, healthy(3))).toBe('FAILBACK');
  });

  test('has all that it may have at the maximum of its policy, or of its group', () => {
    expect(reason(policyOf({ fleet: { capacity: { max: 2 } } }), {})).toBe('FAILBACK');
    expect(reason(SCALED, { fleet: fleetOf(2, { maxSize: 2 }) })).toBe('FAILBACK');
    expect(reason(SCALED, { fleet: missing() })).toBe('FAILBACK_CAPACITY');
  });

  test('is made no larger than the group of the secondary, whoever else serves there', () => {
    const { standbyFleet } = standbyOf(2);
    expect(reason(SCALED, { standbyFleet })).toBe('FAILBACK');
  });

  test('is waited for while the group of the secondary cannot be read', () => {
    expect(reason(SCALED, { standbyFleet: missing() })).toBe('FAILBACK_CAPACITY');
  });

  test.each<[string, Part<Policy>, Partial<FleetView> | undefined]>([
    ['has no group', NO_GROUP, undefined],
    ['does not count instances', {}, { refused: 'weighted' }],
  ])('is as large as it was when it had the traffic where the secondary %s', (_, changes, fleet) => {
    const policy = policyOf({ ...WIDE, ...changes });
    const world = { standbyFleet: fleet === undefined ? undefined : fleetOf(64, fleet) };
    expect(reason(policy, world)).toBe('FAILBACK');
    expect(reason(policy, { ...world, ...healthy(1) })).toBe('FAILBACK_CAPACITY');
  });
});

describe.each<[string, Policy, World]>([
  ['a fleet that we do not scale', STATIC, {}],
  ['a site without a fleet', NO_FLEET, { fleet: undefined, standbyFleet: undefined }],
])('%s', (_, policy, world) => {
  test('is as large as it was when it had the traffic, although the secondary is larger', () => {
    expect(reason(policy, world)).toBe('FAILBACK');
  });

  test('is too small while it has less, as when its own scaler shrank it for want of traffic', () => {
    expect(reason(policy, { ...healthy(1), ...world })).toBe('FAILBACK_CAPACITY');
  });

  test('needs no more than the secondary has', () => {
    expect(reason(policy, { ...standbyOf(1), ...healthy(1), ...world })).toBe('FAILBACK');
  });

  test('of which nobody knows how large it was has to be as large as the secondary', () => {
    const { primaryServed: _forgotten, ...failover } = due(policy).failover;
    const before = { ...due(policy), failover };
    expect(reason(policy, world, before)).toBe('FAILBACK_CAPACITY');
    expect(reason(policy, { ...healthy(3), ...world }, before)).toBe('FAILBACK');
  });
});

test('how large the primary was with the traffic is noted until it fails, and anew once it is good and back', () => {
  const served = (state: ServiceState) => state.failover.primaryServed;
  const bad = last(
    play(STATIC, initialState('web'), [healthy(4), ...times(3, { ...OUT, fleet: fleetOf(5) })], START - 5000),
  );
  expect(served(bad.state)).toBe(4);
  const shrunk = last(play(STATIC, away(STATIC), times(3, healthy(1)), AWAY)).state;
  expect([shrunk.failover.primaryDesired, served(shrunk)]).toEqual([1, 2]);
  const home = {
    ...shrunk,
    failover: { ...shrunk.failover, phase: 'primary' as const, weights: { seoul: 100, tokyo: 0 } },
  };
  expect(served(last(play(STATIC, home, [healthy(3)], DUE)).state)).toBe(3);
});

test('what keeps the record on the secondary for ten minutes is told', () => {
  const small = { ...healthy(1), ...standbyOf(3) };
  const ran = play(STATIC, due(STATIC), times(125, small), DUE);
  expect(new Set(ran.map((one) => said(one).split(' ')[0]))).toEqual(new Set(['FAILBACK_CAPACITY']));
  const told = ran.flatMap(({ result }) => result.notices.filter(({ title }) => title === 'FAILBACK_CAPACITY'));
  expect(told.map(({ message }) => message)).toEqual([
    'the primary has 1 healthy servers, and 2 are wanted for what the secondary carries (for 10 minutes now)',
  ]);
});
