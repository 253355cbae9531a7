/** Orders by hand: what a person may ask for, and when it is refused. */
import { describe, expect, test } from 'vitest';
import type { Action, ServiceState } from '../../lib/core/model.ts';
import { type ServiceOrder, withOrder } from '../../lib/core/orders.ts';
import { dnsOf, policyOf, SECOND, stateOf, T0 } from './builders.ts';
import { WEB } from './failover-worlds.ts';

const moving: Action = {
  id: 'web:2:1',
  region: 'us-east-1',
  reason: 'TRIP',
  kind: 'moveDns',
  hostedZoneId: 'Z',
  name: 'www.example.com',
  to: 'secondary',
  cause: 'trip',
  sets: dnsOf(100, 0).sets,
  weights: { seoul: 0, tokyo: 100 },
};
const AWAY = stateOf({ failover: { phase: 'secondary' } });
const MOVING = stateOf({ pending: [{ action: moving, atMs: T0, acceptedMs: null }] });
const HELD = stateOf({
  orders: { hold: { atMs: T0 }, capacity: { capacity: 2, untilMs: null }, parked: { minSize: 1, desired: 2 } },
});
const BARE = policyOf({ failover: undefined, fleet: undefined });

describe('an order that is taken', () => {
  test.each<[string, ServiceOrder, ServiceState, ServiceState['orders']]>([
    ['failover', { order: 'failover' }, stateOf(), { move: { to: 'secondary', atMs: T0 } }],
    ['failback', { order: 'failback' }, AWAY, { move: { to: 'primary', atMs: T0 } }],
    [
      'failback, expecting to be there',
      { order: 'failback', expect: 'secondary' },
      AWAY,
      { move: { to: 'primary', atMs: T0 } },
    ],
    ['hold', { order: 'hold' }, stateOf(), { hold: { atMs: T0 } }],
    [
      'capacity, until release',
      { order: 'capacity', capacity: 2 },
      stateOf(),
      { capacity: { capacity: 2, untilMs: null } },
    ],
    [
      'capacity for a while',
      { order: 'capacity', capacity: 1, expiresInSeconds: 60 },
      stateOf(),
      { capacity: { capacity: 1, untilMs: T0 + 60 * SECOND } },
    ],
    ['capacity 0: park', { order: 'capacity' }, stateOf(), { capacity: { capacity: 0, untilMs: null } }],
    [
      'release ends hold and capacity, keeps what the fleet had, and accepts the record',
      { order: 'release' },
      HELD,
      { parked: { minSize: 1, desired: 2 }, adoptDns: true },
    ],
  ])('%s', (_, order, state, orders) => {
    const ordered = withOrder(WEB, state, order, T0);
    expect(ordered).toEqual({ ok: true, state: { ...state, orders } });
  });

  test('release without failover has no record to accept', () => {
    const ordered = withOrder(BARE, HELD, { order: 'release' }, T0);
    expect(ordered).toMatchObject({ ok: true, state: { orders: { parked: { minSize: 1, desired: 2 } } } });
    expect(ordered.ok && 'adoptDns' in ordered.state.orders).toBe(false);
  });
});

describe('an order that is refused', () => {
  test.each<[ServiceOrder, ServiceState, typeof WEB, string]>([
    [
      { order: 'failover', expect: 'secondary' },
      stateOf(),
      WEB,
      'web is in state primary, not secondary: nothing was done',
    ],
    [{ order: 'hold', expect: 'primary' }, MOVING, WEB, 'web is in state failingOver, not primary: nothing was done'],
    [{ order: 'failover' }, AWAY, WEB, 'web is on the secondary already'],
    [{ order: 'failback' }, stateOf(), WEB, 'web is on the primary already'],
    [{ order: 'failback' }, MOVING, WEB, 'web is failingOver: wait for that to end, then order again'],
    [
      { order: 'failover' },
      stateOf({ failover: { phase: 'failingBack' } }),
      WEB,
      'web is failingBack: wait for that to end, then order again',
    ],
    [{ order: 'failover' }, stateOf(), BARE, 'the policy of web has no failover section'],
    [{ order: 'capacity', capacity: 1 }, stateOf(), BARE, 'the policy of web has no fleet'],
    [{ order: 'capacity', capacity: 3 }, stateOf(), WEB, "capacity 3 is above the policy's maximum 2"],
  ])('%o', (order, state, policy, message) => {
    const code = order.expect === undefined ? 'ORDER_REFUSED' : 'UNEXPECTED_STATE';
    expect(withOrder(policy, state, order, T0)).toEqual({ ok: false, code, message });
  });
});
