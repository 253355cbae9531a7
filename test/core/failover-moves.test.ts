/** The move itself: what is sent, when it is over, and what the record says at first sight. */
import { describe, expect, test } from 'vitest';
import {
  actionsOf,
  dnsOf,
  groupOf,
  inArea,
  known,
  missing,
  policyOf,
  SECOND,
  savedFrom,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';
import {
  AWAY,
  atHome,
  away,
  conclude,
  last,
  mainOf,
  OUT,
  play,
  STANDBY_DARK,
  STANDBY_OUT,
  START,
  said,
  times,
  WEB,
} from './failover-worlds.ts';

/** A standby without a group of its own, so that a round has one failover decision. */
const PLAIN = policyOf({ failover: { secondary: { autoScalingGroup: undefined } } });
const noGroup = (world: World): World => ({ standbyFleet: undefined, ...world });

describe('the move', () => {
  const tripped = play(PLAIN, atHome(PLAIN), times(2, noGroup(OUT)));
  const [move] = actionsOf(last(tripped).result, 'moveDns');

  test('is one change of the whole pair, from exactly what was observed', () => {
    expect(move).toEqual({
      id: expect.stringMatching(/^web:\d+:1$/),
      region: 'us-east-1',
      reason: 'TRIP',
      kind: 'moveDns',
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      name: 'www.example.com',
      to: 'secondary',
      cause: 'trip',
      sets: dnsOf(100, 0).sets,
      weights: { seoul: 0, tokyo: 100 },
    });
  });

  test('is under way until GetChange says INSYNC', () => {
    const { state } = last(tripped);
    expect(state.failover).toMatchObject({ phase: 'failingOver', weights: { seoul: 0, tokyo: 100 } });
    const ran = play(
      PLAIN,
      state,
      [{ ...OUT, dnsChange: 'PENDING' as const }, { ...OUT, dnsChange: 'PENDING' as const }, OUT, OUT].map(noGroup),
      START + 10 * SECOND,
    );
    expect(ran.map(said)).toEqual(['MOVING', 'MOVING', 'MOVED', 'ON_SECONDARY']);
    expect(ran.map((r) => r.state.failover.phase)).toEqual(['failingOver', 'failingOver', 'secondary', 'secondary']);
    expect(mainOf((ran[1] ?? last(ran)).result).numbers).toEqual({ to: 'secondary', waitedSeconds: 10 });
    expect(ran.flatMap((r) => actionsOf(r.result, 'moveDns'))).toEqual([]);
  });

  test('is under way while its outcome is not known', () => {
    const result = conclude(PLAIN, atHome(PLAIN), noGroup(OUT), START);
    const again = play(PLAIN, result.state, times(1, noGroup(OUT)), START + 5 * SECOND);
    const saved = last(again).result.state;
    const pending = { ...saved, pending: saved.pending.map((p) => ({ ...p, acceptedMs: null })) };
    const next = conclude(PLAIN, pending, { ...noGroup(OUT), dns: dnsOf(100, 0) }, START + 10 * SECOND);
    expect(mainOf(next)).toMatchObject({ reason: 'MOVING', numbers: { to: 'secondary', waitedSeconds: 5 } });
  });

  // Drill dns-down: with Route 53 down, a move without an answer was "under way" for as long as that lasted, and panic
  // relied on it: a site without a healthy server was neither left nor healed.
  test('is not under way when nobody knows its outcome and the record cannot be read: the site heals by itself', () => {
    const watching = last(play(WEB, atHome(), [OUT])).state;
    const tripped = conclude(WEB, watching, OUT, START + 5 * SECOND);
    expect(tripped.actions.map(({ kind }) => kind)).toContain('moveDns');
    const blind = { ...OUT, dns: missing('unavailable') };
    const ran = play(WEB, savedFrom(watching, tripped.state), times(4, blind), START + 10 * SECOND);
    expect(ran.map((round) => mainOf(round.result).reason)).toEqual(['MOVING', 'MOVING', 'MOVING', 'DNS_MISSING']);
    expect(ran.map((round) => inArea(round.result, 'health').map(({ reason }) => reason))).toEqual([
      ['PANIC'],
      ['PANIC'],
      ['PANIC'],
      ['PANIC_REPLACE', 'REPLACE'],
    ]);
    const later = last(ran).result;
    expect(mainOf(later).numbers).toEqual({ why: 'not read since a move whose outcome is unknown' });
    expect(actionsOf(later, 'moveDns')).toEqual([]);
  });

  test('without an answer from GetChange is believed after two minutes of the record showing it', () => {
    const { state } = last(tripped);
    const silent: World = { ...noGroup(OUT), dnsChange: missing('throttled') };
    const ran = play(PLAIN, state, times(24, silent), START + 10 * SECOND);
    expect(ran.map(said).lastIndexOf('MOVING')).toBe(22);
    expect(ran.map(said).at(23)).toBe('MOVED');
  });

  test('without an answer is not believed from a record that shows other weights: after two minutes somebody set it back', () => {
    const { state } = last(tripped);
    const silent: World = { ...noGroup(OUT), dnsChange: missing('throttled'), dns: dnsOf(100, 0) };
    const ran = play(PLAIN, state, times(40, silent), START + 10 * SECOND);
    const waited = ran.map(said);
    expect(new Set(waited.slice(0, 21))).toEqual(new Set(['MOVING']));
    expect(new Set(waited.slice(25))).toEqual(new Set(['FOREIGN_DNS']));
    expect(last(ran).state.failover).toMatchObject({ phase: 'primary', change: null });
  });

  test('that old answers had shown as set back is where it was set once the record is read right (seed 40604)', () => {
    const { state } = last(tripped);
    const old: World = { ...noGroup(OUT), dnsChange: missing('throttled'), dns: dnsOf(100, 0) };
    const right: World = { ...noGroup(OUT), dns: dnsOf(0, 100) };
    const ran = play(PLAIN, state, [...times(30, old), right], START + 10 * SECOND);
    expect(said(ran[29] ?? last(ran))).toBe('FOREIGN_DNS');
    expect(last(ran).state.failover.phase).toBe('secondary');
    expect(actionsOf(last(ran).result, 'moveDns')).toEqual([]);
    const back = play(PLAIN, last(tripped).state, [...times(2, { ...old, ...noGroup({}) })], START + 200 * SECOND);
    const home = play(PLAIN, last(back).state, [{ ...noGroup({}), dns: dnsOf(100, 0) }], START + 300 * SECOND);
    expect(last(home).state.failover.phase).toBe('primary');
  });

  test('undone by somebody is foreign once it is over', () => {
    const { state } = last(tripped);
    const ran = play(PLAIN, state, [noGroup(OUT), { ...noGroup(OUT), dns: dnsOf(100, 0) }], START + 10 * SECOND);
    expect(ran.map(said)).toEqual(['MOVED', 'FOREIGN_DNS']);
    expect(mainOf(last(ran).result).numbers).toEqual({
      found: 'seoul 100, tokyo 0',
      expected: 'seoul 0, tokyo 100',
      way: 'release adopts them',
    });
  });

  test('a reading from before our own change is not foreign, and nothing is built on it', () => {
    const stale = known(dnsOf(100, 0), T0);
    const ran = play(PLAIN, last(tripped).state, times(2, { ...noGroup(OUT), dns: stale }), START + 10 * SECOND);
    expect(ran.map(said)).toEqual(['MOVED', 'DNS_MISSING']);
  });
});

describe('on the secondary', () => {
  test('trips go back as well: bad there and good here moves at once, without a wait or a budget', () => {
    const ran = play(PLAIN, away(PLAIN), [{}, STANDBY_OUT, STANDBY_OUT, {}, {}].map(noGroup), AWAY);
    expect(ran.map(said)).toEqual(['ON_SECONDARY', 'WATCHING_SITE', 'TRIP', 'MOVED', 'ON_PRIMARY']);
    expect(actionsOf((ran[2] ?? last(ran)).result, 'moveDns')).toMatchObject([{ to: 'primary', cause: 'trip' }]);
    expect(last(ran).state.failover).toMatchObject({ failbacksMs: [], lastFailbackMs: null, relapses: 0 });
  });

  test('a deployment on the primary does not hold a trip back to it', () => {
    const weakThere = groupOf([target('i-91'), target('i-92', 'unhealthy'), target('i-93', 'unhealthy')]);
    const ran = play(
      PLAIN,
      away(PLAIN),
      [{}, ...times(2, { standbyTargets: weakThere, refresh: true })].map(noGroup),
      AWAY,
    );
    expect(ran.map(said).at(-1)).toBe('TRIP');
  });

  test('the primary is bad still', () => {
    expect(play(PLAIN, away(PLAIN), times(2, noGroup(OUT)), AWAY).map(said)).toEqual(['ON_SECONDARY', 'ON_SECONDARY']);
  });

  test('out of reach with a failing probe, and the primary good', () => {
    const ran = play(PLAIN, away(PLAIN), times(6, { ...STANDBY_DARK, standbyFleet: undefined }), AWAY);
    expect(ran.map(said).at(-1)).toBe('TRIP');
  });
});

describe('first sight of the record', () => {
  test('on the secondary: the state follows the record, and going back is left to a person', () => {
    const ran = play(PLAIN, stateOf(), times(4, { ...noGroup({}), dns: dnsOf(0, 100) }), T0);
    expect(ran.map(said)).toEqual(['ON_SECONDARY', ...times(3).map(() => 'FAILBACK_MANUAL')]);
    expect(last(ran).state.failover).toMatchObject({
      phase: 'secondary',
      weights: { seoul: 0, tokyo: 100 },
      byHand: true,
    });
  });

  test.each([
    [dnsOf(50, 50), 'seoul 50, tokyo 50'],
    [dnsOf(0, 0), 'seoul 0, tokyo 0'],
  ])('on both or on none is nothing of ours', (dns, found) => {
    const ran = play(PLAIN, stateOf(), [noGroup({ dns })], T0);
    expect(said(last(ran))).toBe('FOREIGN_DNS');
    expect(mainOf(last(ran).result).numbers).toMatchObject({
      found,
      expected: 'all on seoul or tokyo',
      way: 'put all weight on one site, or these back',
    });
    expect(last(ran).state.failover.weights).toBeNull();
  });

  test('not to be had: the service counts as on its primary, and nothing can be moved', () => {
    const ran = play(PLAIN, stateOf(), times(2, { ...noGroup(OUT), dns: missing() }), T0);
    expect(ran.map(said)).toEqual(['WATCHING_SITE', 'DNS_MISSING']);
  });
});

describe('a state that knows too little', () => {
  const badNow = {
    failover: { primary: { bad: 2 }, secondary: { good: 2 } },
    pace: { failoverMs: T0, goodMs: { secondary: T0 } },
  };

  test('of a change under way waits for it, whatever GetChange answers', () => {
    const state = stateOf({ failover: { phase: 'failingOver' } });
    const result = conclude(PLAIN, state, noGroup({ dnsChange: 'INSYNC', dns: missing() }), T0);
    expect(mainOf(result)).toMatchObject({ reason: 'MOVING', numbers: { waitedSeconds: 0 } });
  });

  test('of the primary’s size wants one healthy server of the standby', () => {
    const world = noGroup({ ...OUT, fleet: missing() });
    const result = conclude(PLAIN, stateOf(badNow), world, T0 + 1 * SECOND);
    expect(mainOf(result)).toMatchObject({ reason: 'TRIP', numbers: { wanted: 1 } });
  });

  test('of the standby’s servers takes it for small', () => {
    const world = noGroup({ ...OUT, standbyTargets: missing() });
    expect(mainOf(conclude(PLAIN, stateOf(badNow), world, T0 + 1 * SECOND)).reason).toBe('STANDBY_SMALL');
  });
});
