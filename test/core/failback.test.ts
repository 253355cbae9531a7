/** When to go back to the primary, and every reason not to. */
import { describe, expect, test } from 'vitest';
import { failbackWaitMs } from '../../lib/core/failback.ts';
import type { Observation, Policy, ServiceState } from '../../lib/core/model.ts';
import { actionsOf, fleetOf, known, MINUTE, missing, type Part, policyOf, SECOND, type World } from './builders.ts';
import {
  AWAY,
  away,
  conclude,
  last,
  mainOf,
  OUT,
  play,
  recovering,
  STANDBY_OUT,
  said,
  standbyOf,
  times,
} from './failover-worlds.ts';

type Budget = Observation['budget'] extends infer R ? (R extends { known: true; value: infer B } ? B : never) : never;

const PLAIN = policyOf({ failover: { secondary: { autoScalingGroup: undefined } } });
const QUIET: World = { standbyFleet: undefined };
/** 300 s of good rounds are 61 marks: the first begins the run. */
const WAITED = 60;
const DUE = AWAY + WAITED * 5 * SECOND;
/** One round short of the wait; a test's round is the one in which it is over. */
const due = (policy: Policy = PLAIN): ServiceState => recovering(WAITED, policy, QUIET);
const failover = (policy: Part<NonNullable<Policy['failover']>>): Policy =>
  policyOf({ failover: { ...policy, secondary: { autoScalingGroup: undefined } } });
const budgetOf = (...services: string[]): Budget => ({
  replacements: [],
  failbacks: services.map((service) => ({ id: `${service}:9:1`, service, atMs: DUE - MINUTE })),
});

describe('going back', () => {
  test('takes afterHealthySeconds of good rounds, and not a round less', () => {
    const ran = play(PLAIN, away(PLAIN), times(WAITED + 1, QUIET), AWAY);
    const words = ran.map(said);
    expect(words.slice(0, 2)).toEqual(['ON_SECONDARY', 'FAILBACK_WAIT']);
    expect(words.lastIndexOf('FAILBACK_WAIT')).toBe(WAITED - 1);
    expect(words.at(WAITED)).toBe('FAILBACK');
    expect(mainOf(last(ran).result).numbers).toMatchObject({
      goodSeconds: 300,
      waitSeconds: 300,
      healthy: 2,
      wanted: 1,
    });
    expect(actionsOf(last(ran).result, 'moveDns')).toMatchObject([
      { to: 'primary', cause: 'failback', weights: { seoul: 100, tokyo: 0 } },
    ]);
    expect(last(ran).state.failover).toMatchObject({ phase: 'failingBack', lastFailbackMs: DUE, failbacksMs: [DUE] });
  });

  test('begins the wait anew after one bad round', () => {
    const ran = play(PLAIN, due(), [{ ...QUIET, ...OUT }, ...times(WAITED + 1, QUIET)], DUE);
    expect(ran.map(said).indexOf('FAILBACK')).toBe(WAITED + 1);
  });

  test('forgives a missing round or two, and begins anew after a hole of more than three intervals', () => {
    const dark = { ...QUIET, targets: missing() };
    expect(said(last(play(PLAIN, due(), [dark, dark, QUIET], DUE)))).toBe('FAILBACK');
    const [after] = play(PLAIN, last(play(PLAIN, due(), times(3, dark), DUE)).state, [QUIET], DUE + 20 * SECOND);
    expect(after?.state.failover.primary).toMatchObject({ good: 1, goodSinceMs: DUE + 20 * SECOND });
  });

  test.each<[string, string, World, Policy?]>([
    ['the wait is over', 'FAILBACK', {}],
    ['nobody reads the primary in this round', 'ON_SECONDARY', { targets: missing() }],
    ['a cycle between rounds reads it as bad', 'ON_SECONDARY', { ...OUT, roundMs: DUE - 4 * SECOND }],
    ['it has all that it may have', 'FAILBACK', standbyOf(3)],
    ['an instance refresh runs', 'DEPLOYMENT', { refresh: true }],
    ['nobody knows whether one runs', 'DEPLOYMENT_UNKNOWN', { refresh: known(false, DUE - 121 * SECOND) }],
    ['the account fails back two others', 'ACCOUNT_BUDGET', { budget: budgetOf('api', 'shop') }],
    ['it fails back one other, and once tried this one', 'FAILBACK', { budget: budgetOf('api', 'web') }],
    ['nobody knows what the account does', 'ACCOUNT_BUDGET', { budget: missing() }],
    ['a person is to do it', 'FAILBACK_MANUAL', {}, failover({ failback: { mode: 'manual' } })],
    ['the record cannot be read', 'DNS_MISSING', { dns: missing() }],
  ])('%s: %s', (_, reason, world, policy = PLAIN) => {
    const result = conclude(policy, due(), { ...world, standbyFleet: undefined }, DUE);
    expect(mainOf(result).reason).toBe(reason);
    expect(actionsOf(result, 'moveDns')).toHaveLength(reason === 'FAILBACK' ? 1 : 0);
  });

  test('other failbacks stop counting after ten minutes', () => {
    const old = {
      replacements: [],
      failbacks: ['api', 'shop'].map((service) => ({ id: service, service, atMs: DUE - 10 * MINUTE })),
    };
    expect(mainOf(conclude(PLAIN, due(), { ...QUIET, budget: old }, DUE)).reason).toBe('FAILBACK');
  });

  test('after an order by hand is left to a person, at once', () => {
    const state = away(PLAIN);
    const byHand = { ...state, failover: { ...state.failover, byHand: true } };
    const ran = play(PLAIN, byHand, times(3, QUIET), AWAY);
    expect(ran.map(said)).toEqual(['ON_SECONDARY', 'FAILBACK_MANUAL', 'FAILBACK_MANUAL']);
    expect(last(ran).result.notices).toEqual([]);
    expect(ran[1]?.result.notices).toMatchObject([{ incident: 'failover:FAILBACK_MANUAL' }]);
  });

  test('has a budget of its own: failbacksPerHour', () => {
    const state = due();
    const used = { ...state, failover: { ...state.failover, failbacksMs: [DUE - 50 * MINUTE, DUE - 20 * MINUTE] } };
    expect(mainOf(conclude(PLAIN, used, QUIET, DUE))).toMatchObject({
      reason: 'FAILBACK_BUDGET',
      numbers: { used: 2, limit: 2 },
      rejected: [{ option: 'fail back to the primary', reason: 'FAILBACK_BUDGET' }],
    });
    const older = { ...state, failover: { ...state.failover, failbacksMs: [DUE - 60 * MINUTE, DUE - 20 * MINUTE] } };
    expect(mainOf(conclude(PLAIN, older, QUIET, DUE)).reason).toBe('FAILBACK');
  });
});

describe('a relapse', () => {
  const trip = (state: ServiceState, atMs: number) => play(PLAIN, state, times(3, { ...QUIET, ...OUT }), atMs);
  const back = play(PLAIN, due(), times(3, QUIET), DUE);

  test('within an hour of the failback doubles the wait, each time', () => {
    let state = last(back).state;
    for (const wait of [600, 1200]) {
      const again = last(trip(state, DUE + 15 * SECOND)).state;
      expect(failbackWaitMs({ failover: PLAIN.failover as NonNullable<Policy['failover']>, state: again })).toBe(
        wait * SECOND,
      );
      state = {
        ...again,
        failover: { ...again.failover, phase: 'primary', weights: { seoul: 100, tokyo: 0 } },
        pending: [],
      };
      state = {
        ...state,
        pace: { ...state.pace, failoverMs: DUE + 10 * SECOND, goodMs: { primary: 0, secondary: DUE + 10 * SECOND } },
      };
    }
    expect(state.failover.relapses).toBe(2);
  });

  test('waits twice as long in rounds, too', () => {
    const relapsed = last(trip(last(back).state, DUE + 15 * SECOND)).state;
    const ran = play(PLAIN, relapsed, times(121, QUIET), DUE + 30 * SECOND);
    expect(ran.map(said).indexOf('FAILBACK')).toBe(120);
  });

  test('is none after an hour, and the wait is the configured one again', () => {
    const { state } = last(back);
    const calm = last(play(PLAIN, state, times(3, QUIET), DUE + 61 * MINUTE)).state;
    const again = last(trip(calm, DUE + 61 * MINUTE + 15 * SECOND)).state;
    expect(again.failover).toMatchObject({ phase: 'secondary', relapses: 0 });
  });

  test('a failing secondary does not shorten the way: that is a trip', () => {
    const ran = play(PLAIN, away(PLAIN), [QUIET, QUIET, ...times(2, { ...QUIET, ...STANDBY_OUT })], AWAY);
    expect(said(last(ran))).toBe('TRIP');
  });
});

test('while failed over the primary is made as large as what the secondary carries', () => {
  const policy = policyOf({ fleet: { capacity: { max: 9 } } });
  const result = conclude(policy, away(policy), { ...standbyOf(4), fleet: fleetOf(2) }, AWAY);
  expect(actionsOf(result, 'setCapacity')).toMatchObject([{ site: 'primary', from: 2, to: 4 }]);
});
