/** Moves ordered by hand. */
import { describe, expect, test } from 'vitest';
import { actionsOf, dnsOf, missing, policyOf, SECOND, type World } from './builders.ts';
import { AWAY, atHome, away, last, OUT, play, STANDBY_OUT, START, said, times } from './failover-worlds.ts';

/** A standby without a group of its own, so that a round has one failover decision. */
const PLAIN = policyOf({ failover: { secondary: { autoScalingGroup: undefined } } });
const noGroup = (world: World): World => ({ standbyFleet: undefined, ...world });

describe('orders by hand', () => {
  const ordered = (to: 'primary' | 'secondary', atMs: number) => ({ move: { to, atMs } });

  test('move at once, needing no evidence', () => {
    const start = { ...atHome(PLAIN), orders: ordered('secondary', START) };
    const ran = play(PLAIN, start, [STANDBY_OUT, STANDBY_OUT].map(noGroup));
    expect(ran.map(said)).toEqual(['ORDERED', 'MOVED']);
    expect(actionsOf((ran[0] ?? last(ran)).result, 'moveDns')).toMatchObject([{ to: 'secondary', cause: 'order' }]);
    expect(last(ran).state).toMatchObject({ failover: { phase: 'secondary', byHand: true }, orders: {} });
  });

  test('move back without a wait or a budget', () => {
    const start = { ...away(PLAIN), orders: ordered('primary', AWAY) };
    const ran = play(PLAIN, start, times(2, noGroup({})), AWAY);
    expect(ran.map(said)).toEqual(['ORDERED', 'MOVED']);
    expect(last(ran).state.failover).toMatchObject({ phase: 'primary', failbacksMs: [], byHand: false });
  });

  test('go before weights that somebody else set', () => {
    const start = { ...atHome(PLAIN), orders: ordered('secondary', START) };
    expect(said(last(play(PLAIN, start, [noGroup({ dns: dnsOf(30, 70) })])))).toBe('ORDERED');
  });

  test('to where the record already is adopt it and are over', () => {
    const start = { ...atHome(PLAIN), orders: ordered('secondary', START) };
    const ran = play(PLAIN, start, [noGroup({ dns: dnsOf(0, 7) }), noGroup({ dns: dnsOf(0, 7) })]);
    expect(ran.flatMap((r) => r.result.actions)).toEqual([]);
    expect(last(ran).state).toMatchObject({
      failover: { phase: 'secondary', byHand: true, weights: { seoul: 0, tokyo: 7 } },
      orders: {},
    });
    expect(ran.map(said)).toEqual(['FAILBACK_MANUAL', 'FAILBACK_MANUAL']);
  });

  test.each([
    ['DNS_MISSING', missing()],
    ['DNS_REFUSED', { sets: [] }],
  ])('wait for a record that can be moved: %s', (reason, dns) => {
    const start = { ...atHome(PLAIN), orders: ordered('secondary', START) };
    const [first] = play(PLAIN, start, [noGroup({ dns })]);
    expect(first === undefined ? '' : said(first)).toBe(reason);
    expect(first?.state.orders.move).toEqual({ to: 'secondary', atMs: START });
  });

  test('are no longer wanted after a minute', () => {
    const start = { ...atHome(PLAIN), orders: ordered('secondary', START) };
    const ran = play(PLAIN, start, times(14, noGroup({ dns: missing() })));
    expect(ran.map((r) => r.state.orders.move === undefined)).toEqual([...times(13).map(() => false), true]);
  });

  test('wait until a move of our own is over', () => {
    const { state } = last(play(PLAIN, atHome(PLAIN), times(2, noGroup(OUT))));
    const start = { ...state, orders: ordered('primary', START + 10 * SECOND) };
    const ran = play(PLAIN, start, [{ dnsChange: 'PENDING' as const }, {}, {}].map(noGroup), START + 10 * SECOND);
    expect(ran.map(said)).toEqual(['MOVING', 'MOVED', 'ORDERED']);
  });
});
