/** The whole cycle's conclusion: a decision for each area, ids, orders, notices, and what a steady round leaves alone. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/core/decide.ts';
import { isWorthSaving } from '../../lib/core/state.ts';
import {
  dnsOf,
  fleetOf,
  groupIn,
  groupOf,
  known,
  missing,
  observe,
  policyOf,
  reasons,
  SECOND,
  stateOf,
  T0,
  target,
} from './builders.ts';
import { AWAY, atHome, away, conclude, last, OUT, play, recordOf, START, said, times, WEB } from './failover-worlds.ts';

describe('a steady round', () => {
  test('reaches a decision for each area, none included, and changes nothing worth saving', () => {
    const state = atHome();
    const result = conclude(WEB, state, {}, START);
    expect(result.decisions.map((d) => [d.area, d.reason])).toEqual([
      ['failover', 'ON_PRIMARY'],
      ['health', 'HEALTHY'],
      ['scaling', 'STEADY'],
    ]);
    expect(result).toMatchObject({ actions: [], notices: [] });
    expect(isWorthSaving(state, result.state)).toBe(false);
  });

  test('costs a save only when a site’s healthy targets change', () => {
    const state = atHome();
    const result = conclude(WEB, state, { targets: groupIn('healthy', 'initial') }, START);
    expect(isWorthSaving(state, result.state)).toBe(true);
  });

  test('is the same for the same data: the core knows no clock and no chance', () => {
    const state = away();
    expect(conclude(WEB, state, OUT, AWAY)).toEqual(conclude(WEB, state, OUT, AWAY));
  });
});

describe('the actions of a cycle', () => {
  test('are those of its decisions, in their order, and pending in the state to save', () => {
    const bad = observe(START + 5 * SECOND, { ...OUT, standbyFleet: fleetOf(1, { name: 'exercise-standby-group' }) });
    const { state } = last(play(WEB, atHome(), [{ ...OUT, standbyFleet: missing() }]));
    const result = decide(WEB, state, bad, START + 5 * SECOND);
    expect(result.actions.map((a) => a.kind)).toEqual(['moveDns', 'setCapacity']);
    expect(result.actions).toEqual(result.decisions.flatMap((d) => (d.action === null ? [] : [d.action])));
    expect(result.state.pending).toEqual(
      result.actions.map((action) => ({ action, atMs: START + 5 * SECOND, acceptedMs: null })),
    );
  });

  test('have ids of the version that they are saved with, so that none is used twice', () => {
    const { state } = last(play(WEB, atHome(), [{ ...OUT, standbyFleet: missing() }]));
    const result = conclude(WEB, state, OUT, START + 5 * SECOND);
    expect(result.actions.map((a) => a.id)).toEqual([`web:${state.version + 1}:1`, `web:${state.version + 1}:2`]);
  });

  test('that wake a person are told of once', () => {
    const ran = play(WEB, atHome(), times(3, OUT));
    expect(ran.map((r) => r.result.notices.map((n) => n.incident).filter((i) => i.startsWith('failover')))).toEqual([
      ['failover:RAISE_STANDBY'],
      ['failover:TRIP'],
      ['failover:MOVED'],
    ]);
  });
});

describe('observe mode, hold and freeze are no business of the decision', () => {
  test.each([
    ['observe mode', policyOf({ mode: 'observe' }), atHome()],
    ['hold', WEB, { ...atHome(), orders: { hold: { atMs: T0 } } }],
  ])('%s decides the same', (_, policy, start) => {
    const words = (from: typeof start) =>
      play(policy, from, times(2, OUT)).map((r) => r.result.actions.map((a) => a.kind));
    expect(words(start)).toEqual(play(WEB, atHome(), times(2, OUT)).map((r) => r.result.actions.map((a) => a.kind)));
  });
});

describe('orders', () => {
  test('for a capacity end when their time is over', () => {
    const ordered = { ...atHome(), orders: { capacity: { capacity: 2, untilMs: START + 5 * SECOND } } };
    expect(conclude(WEB, ordered, {}, START).state.orders).toBe(ordered.orders);
    expect(conclude(WEB, ordered, {}, START + 5 * SECOND).state.orders.capacity).toBeUndefined();
  });

  test('for a capacity until release do not', () => {
    const ordered = { ...atHome(), orders: { capacity: { capacity: 2, untilMs: null } } };
    expect(conclude(WEB, ordered, {}, START + 86_400 * SECOND).state.orders).toBe(ordered.orders);
  });

  test('a move whose minute is over is gone, and a capacity with it stays', () => {
    const capacity = { capacity: 2, untilMs: null };
    const ordered = {
      ...atHome(),
      orders: { capacity, move: { to: 'secondary' as const, atMs: START - 61 * SECOND } },
    };
    const { state } = conclude(WEB, ordered, {}, START);
    expect(state.orders).toEqual({ capacity, move: undefined });
    expect(said(last(play(WEB, ordered, [{}])))).toBe('ON_PRIMARY');
  });
});

describe('release', () => {
  const release = { orders: { adoptDns: true as const } };

  test('adopts the weights that somebody else set', () => {
    const ran = play(WEB, { ...atHome(), ...release }, times(2, { dns: dnsOf(0, 50) }));
    expect(ran.map(said)).toEqual(['FAILBACK_MANUAL RAISE_STANDBY', 'FAILBACK_MANUAL']);
    expect(last(ran).state).toMatchObject({
      orders: {},
      failover: { phase: 'secondary', weights: { seoul: 0, tokyo: 50 }, byHand: true },
    });
  });

  test('waits for a record that is read in its own cycle', () => {
    const old = known(dnsOf(0, 50), START - 1);
    const [first] = play(WEB, { ...atHome(), ...release }, [{ dns: old }]);
    expect(first?.state.orders).toEqual({ adoptDns: true });
    expect(first?.state.failover.weights).toEqual({ seoul: 100, tokyo: 0 });
  });

  test('after a trip of our own leaves the failback automatic', () => {
    const ran = play(WEB, { ...away(), ...release }, times(3), AWAY);
    expect(last(ran).state).toMatchObject({ orders: {}, failover: { byHand: false, phase: 'secondary' } });
    expect(said(last(ran))).toBe('FAILBACK_WAIT');
  });

  test('does not take the record of before for that of after a move on its way', () => {
    const tripped = last(play(WEB, atHome(), times(2, OUT))).state;
    const ran = play(
      WEB,
      { ...tripped, ...release },
      [{ ...OUT, dns: dnsOf(100, 0), dnsChange: 'PENDING' }, OUT, OUT],
      START + 10 * SECOND,
    );
    expect(last(ran).state.failover).toMatchObject({
      phase: 'secondary',
      weights: { seoul: 0, tokyo: 100 },
      byHand: false,
    });
  });

  test('together with an order to move does both', () => {
    const orders = { adoptDns: true as const, move: { to: 'secondary' as const, atMs: START } };
    const [first] = play(WEB, { ...atHome(), orders }, [{ dns: dnsOf(40, 60) }]);
    expect(first === undefined ? '' : said(first)).toBe('ORDERED');
    expect(first?.state.orders.adoptDns).toBeUndefined();
  });
});

describe('the primary’s last known capacity', () => {
  const desired = (policy: typeof WEB, world: Parameters<typeof observe>[1]) =>
    conclude(policy, stateOf({ failover: { primaryDesired: 7 } }), { dns: recordOf(stateOf()), ...world }, T0).state
      .failover.primaryDesired;
  const bare = policyOf({ fleet: undefined, scaling: undefined, health: { onUnhealthy: 'deregister' } });

  test.each([
    ['is the group’s', WEB, { fleet: fleetOf(5) }, 5],
    ['is kept while the group cannot be read', WEB, { fleet: missing() }, 7],
    [
      'is the number of servers without a group, however many ports they serve on',
      bare,
      {
        fleet: undefined,
        targets: groupOf([
          target('i-1'),
          target('i-1', 'healthy', { port: 81, key: 'i-1:81' }),
          target('i-2', 'unhealthy'),
          target('i-3', 'draining'),
        ]),
      },
      2,
    ],
    [
      'is the number of servers where the group counts in other units than instances',
      WEB,
      { fleet: fleetOf(64, { refused: 'weighted' }) },
      2,
    ],
    ['is kept while those cannot be read', bare, { fleet: undefined, targets: missing() }, 7],
  ])('%s', (_, policy, world, expected) => {
    expect(desired(policy, world)).toBe(expected);
  });
});

test('panic leaves the site to failover only while failover can take over', () => {
  const health = (ran: ReturnType<typeof play>) => ran.flatMap((r) => reasons(r.result, 'health'));
  expect(health(play(WEB, atHome(), times(2, OUT)))).toEqual(['PANIC', 'PANIC']);
  const bothOut = { ...OUT, standbyTargets: groupOf([target('i-91', 'unhealthy')]) };
  expect(health(play(WEB, atHome(), times(2, bothOut)))).toContain('PANIC_REPLACE');
  // The record moves in the second round: from then on the site heals by itself.
  expect(health(play(WEB, atHome(), times(5, OUT)))).toContain('PANIC_REPLACE');
});
