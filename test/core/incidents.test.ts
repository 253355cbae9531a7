/** One notification per incident, not per round. */
import { describe, expect, test } from 'vitest';
import { type NamedOutcome, namedOutcomes, noteTold, trackIncidents, trackRefusals } from '../../lib/core/incidents.ts';
import type { Action, Incident, Outcome, ServiceState } from '../../lib/core/model.ts';
import type { ReasonCode } from '../../lib/core/reasons.ts';
import { MINUTE, SECOND, stateOf, T0 } from './builders.ts';

const decision = (reason: ReasonCode, numbers = {}) => ({ area: 'failover' as const, reason, numbers });
const FOREIGN = decision('FOREIGN_DNS', { found: 'seoul 1', expected: 'seoul 2', way: 'release adopts them' });
const KEY = 'failover:FOREIGN_DNS';
const ROUND_MS = 5 * SECOND;

/** The notices of rounds in which this was decided, by their times in seconds. */
function noticesAt(secondsOf: readonly number[], decided = FOREIGN, intervalMs = ROUND_MS): number[] {
  let incidents: Readonly<Record<string, Incident>> = {};
  return secondsOf.filter((second) => {
    const nowMs = T0 + second * SECOND;
    const tracked = trackIncidents(incidents, [decided], intervalMs, nowMs);
    incidents = noteTold(stateOf(tracked), tracked.notices, [], nowMs).incidents;
    return tracked.notices.length > 0;
  });
}

describe('an incident', () => {
  test('is told once, in words', () => {
    const { incidents, notices } = trackIncidents({}, [FOREIGN], ROUND_MS, T0);
    const title = 'FOREIGN_DNS';
    const message = 'the weights are seoul 1, not seoul 2: somebody else set them; release adopts them';
    expect(notices).toEqual([{ incident: KEY, title, message }]);
    expect(incidents).toEqual({ [KEY]: { sinceMs: T0, lastMs: T0, untold: { title, message, triedMs: T0 } } });
    expect(noteTold(stateOf({ incidents }), notices, [], T0).incidents).toEqual({ [KEY]: { sinceMs: T0, lastMs: T0 } });
  });

  test('is not told again for as long as it lasts', () => {
    expect(noticesAt(Array.from({ length: 200 }, (_, index) => index * 5))).toEqual([0]);
  });

  test('is over when it was not seen for two minutes; the same is then a new one', () => {
    expect(noticesAt([0, 120])).toEqual([0]);
    expect(noticesAt([0, 121])).toEqual([0, 121]);
  });

  test('that lasts is written down every half minute, not every round', () => {
    const before = { [KEY]: { sinceMs: T0, lastMs: T0 } };
    expect(trackIncidents(before, [FOREIGN], ROUND_MS, T0 + 29 * SECOND).incidents).toBe(before);
    expect(trackIncidents(before, [FOREIGN], ROUND_MS, T0 + 30 * SECOND).incidents).toEqual({
      [KEY]: { sinceMs: T0, lastMs: T0 + 30 * SECOND },
    });
  });

  test('that is over after a while as a rule is told once it has lasted for ten minutes, and says so', () => {
    const blind = decision('DNS_MISSING', { why: 'denied' });
    const everyRound = Array.from({ length: 400 }, (_, index) => index * 5);
    expect(noticesAt(everyRound, blind)).toEqual([600]);
    expect(noticesAt([...everyRound.slice(0, 119), ...everyRound.slice(144, 270)], blind)).toEqual([1320]);
    const young = { 'failover:DNS_MISSING': { sinceMs: T0 - 10 * MINUTE, lastMs: T0, told: false } };
    const title = 'DNS_MISSING';
    const message = 'the record cannot be read (denied) (for 10 minutes now)';
    const known = { sinceMs: T0 - 10 * MINUTE, lastMs: T0, told: true };
    expect(trackIncidents(young, [blind], ROUND_MS, T0)).toEqual({
      incidents: { 'failover:DNS_MISSING': { ...known, untold: { title, message, triedMs: T0 } } },
      notices: [{ incident: 'failover:DNS_MISSING', title, message }],
    });
  });

  test('that comes and goes has not lasted, however often it comes', () => {
    let incidents: Readonly<Record<string, Incident>> = {};
    const told = Array.from({ length: 400 }, (_, round) => {
      const now = round % 20 === 0 ? [decision('DNS_MISSING', { why: 'throttled' })] : [];
      const tracked = trackIncidents(incidents, now, ROUND_MS, T0 + round * 5 * SECOND);
      incidents = tracked.incidents;
      return tracked.notices;
    });
    expect(told.flat()).toEqual([]);
  });

  test('of rounds that are minutes apart lasts all the same, and is told once', () => {
    const everyFiveMinutes = Array.from({ length: 36 }, (_, index) => index * 300);
    expect(noticesAt(everyFiveMinutes, decision('DNS_MISSING', { why: 'denied' }), 300 * SECOND)).toEqual([600]);
    const doubted = decision('PROBE_DOUBTED', { site: 'primary', minutes: 10, url: 'https://seoul' });
    expect(noticesAt(everyFiveMinutes, doubted, 300 * SECOND)).toEqual([0]);
  });

  test('of the probe of one site is not that of the other', () => {
    const doubted = (site: string) => decision('PROBE_DOUBTED', { site, minutes: 10, url: 'https://x' });
    const first = trackIncidents({}, [doubted('primary')], ROUND_MS, T0);
    const both = trackIncidents(first.incidents, [doubted('primary'), doubted('secondary')], ROUND_MS, T0 + MINUTE - 1);
    expect(both.notices.map((n) => n.incident)).toEqual(['failover:PROBE_DOUBTED:secondary']);
  });

  test('that lasted together with another is told in one notice, for it has one cause', () => {
    const since = { sinceMs: T0 - 10 * MINUTE, lastMs: T0, told: false };
    const before = { 'health:TARGETS_MISSING': since, 'health:FLEET_MISSING': since };
    const blind = [decision('TARGETS_MISSING', { why: 'throttled' }), decision('FLEET_MISSING', { why: 'throttled' })];
    const { notices } = trackIncidents(
      before,
      blind.map((d) => ({ ...d, area: 'health' as const })),
      ROUND_MS,
      T0,
    );
    expect(notices.map((n) => n.message)).toEqual([
      'the targets cannot be read (throttled): nothing is concluded from that; the group cannot be read (throttled) (for 10 minutes now)',
    ]);
  });

  test('is none for a reason that wakes nobody', () => {
    const before = {};
    expect(trackIncidents(before, [decision('ON_PRIMARY')], ROUND_MS, T0)).toEqual({ incidents: before, notices: [] });
  });

  test('of one area is not that of another', () => {
    const both = [decision('ACCOUNT_BUDGET'), { ...decision('ACCOUNT_BUDGET'), area: 'health' as const }];
    expect(trackIncidents({}, both, ROUND_MS, T0).notices.map((n) => n.incident)).toEqual([
      'failover:ACCOUNT_BUDGET',
      'health:ACCOUNT_BUDGET',
    ]);
  });
});

describe('what AWS refuses', () => {
  const refused = (why: 'DENIED' | 'NOT_FOUND' | 'LATE', detail?: string): NamedOutcome => ({
    actionId: 'web:2:1',
    kind: 'moveDns',
    key: null,
    result: 'refused',
    atMs: T0,
    why,
    detail,
  });

  test('needs a person: one notification for each kind of action', () => {
    const first = trackRefusals(stateOf(), [refused('DENIED', 'no permission'), refused('DENIED')], T0);
    expect(first.notices).toEqual([
      { incident: 'moveDns:DENIED', title: 'REFUSED', message: 'moveDns was refused by AWS: DENIED no permission' },
    ]);
    const again = trackRefusals(first.state, [refused('DENIED'), refused('NOT_FOUND')], T0 + MINUTE);
    expect(again.notices).toEqual([
      { incident: 'moveDns:NOT_FOUND', title: 'REFUSED', message: 'moveDns was refused by AWS: NOT_FOUND' },
    ]);
  });

  test('is not what the gate refuses, nor what was applied', () => {
    const state = stateOf();
    const applied: NamedOutcome = { actionId: 'a', kind: 'moveDns', key: null, result: 'applied', atMs: T0 };
    expect(trackRefusals(state, [refused('LATE'), applied], T0)).toEqual({ state, notices: [] });
    expect(trackRefusals(state, [], T0).state).toBe(state);
  });

  test('names what it was about, and nothing of actions that were not these', () => {
    const base = { id: 'web:2:1', region: 'ap-northeast-2', reason: 'READMIT', targetGroup: 'g' } as const;
    const action: Action = { ...base, kind: 'registerTarget', target: { key: 'i-1:80', id: 'i-1', port: 80 } };
    const outcome: Outcome = { actionId: 'web:2:1', result: 'applied', atMs: T0 };
    expect(namedOutcomes([action], [outcome, { ...outcome, actionId: 'web:1:1' }])).toEqual([
      { ...outcome, kind: 'registerTarget', key: 'i-1:80' },
    ]);
  });

  test('of a target that is to come back: told when it begins and when it is given up, not each time it is tried', () => {
    const back = (atMs: number): NamedOutcome => ({
      ...refused('NOT_FOUND', 'not in a running state'),
      kind: 'registerTarget',
      key: 'i-1:80',
      atMs,
    });
    const ejection = { id: 'i-1', port: 80, atMs: T0, times: 1, replace: false };
    const kept = stateOf({ health: { ejected: { 'i-1:80': { ...ejection, refusedMs: T0 } } } });
    const said = (state: ServiceState, atMs: number) =>
      trackRefusals(state, [back(atMs)], atMs).notices.map((n) => n.message);
    const refusal = 'registerTarget was refused by AWS: NOT_FOUND not in a running state';
    expect(said(kept, T0)).toEqual([`${refusal}; i-1:80 is tried again for a day, should it be stopped`]);
    expect(said(kept, T0 + 10 * MINUTE)).toEqual([]);
    expect(said(stateOf(), T0 + 25 * 60 * MINUTE)).toEqual([`${refusal}; i-1:80 is left out now: register it by hand`]);
  });
});

describe('what nobody could be told', () => {
  const seen = { sinceMs: T0, lastMs: T0 };
  const notice = (incident: string) => ({ incident, title: 'LEFT_OUT', message: 'left out: i-1:80' });
  const untold = { title: 'LEFT_OUT', message: 'left out: i-1:80', triedMs: T0 };

  test('is kept with its incident, and told again until it was sent, though it happened only once', () => {
    const state = stateOf({ incidents: { a: seen, b: seen } });
    const failed = noteTold(state, [notice('a'), notice('b'), notice('c')], ['a', 'c'], T0 + 5000);
    const tried = { ...untold, triedMs: T0 + 5000 };
    const late = { sinceMs: T0 + 5000, lastMs: T0 + 5000, untold: tried };
    expect(failed.incidents).toEqual({ a: { ...seen, untold: tried }, b: seen, c: late });

    const again = trackIncidents({ a: { ...seen, untold } }, [], ROUND_MS, T0 + 10 * MINUTE);
    expect(again.notices).toEqual([{ ...notice('a'), sinceMs: T0 }]);
    const still = noteTold(stateOf(again), again.notices, ['a'], T0 + 10 * MINUTE);
    expect(still.incidents).toEqual({ a: { ...seen, untold: { ...untold, triedMs: T0 + 10 * MINUTE } } });
    const told = noteTold(still, again.notices, [], T0 + 10 * MINUTE);
    expect(told.incidents).toEqual({ a: seen });
    expect(trackIncidents(told.incidents, [], ROUND_MS, T0 + 10 * MINUTE)).toEqual({ incidents: {}, notices: [] });
  });

  test('is what nobody noted as told: whoever crashed after saving it leaves it to the next', () => {
    const { state, notices } = trackRefusals(
      stateOf(),
      [{ actionId: 'a', kind: 'moveDns', key: null, result: 'refused', atMs: T0, why: 'DENIED' }],
      T0,
    );
    expect(notices).toHaveLength(1);
    const next = (nowMs: number) => trackIncidents(state.incidents, [], ROUND_MS, nowMs).notices;
    expect(next(T0 + MINUTE - 1)).toEqual([]);
    expect(next(T0 + MINUTE)).toEqual([{ ...notices[0], sinceMs: T0 }]);
  });

  test('is tried again once a minute, not in every round, and forgotten after a day', () => {
    const before = { a: { ...seen, untold } };
    expect(trackIncidents(before, [], ROUND_MS, T0 + MINUTE - 1).notices).toEqual([]);
    expect(trackIncidents(before, [], ROUND_MS, T0 + MINUTE).notices).toHaveLength(1);
    expect(trackIncidents(before, [], ROUND_MS, T0 + 1440 * MINUTE).notices).toHaveLength(1);
    expect(trackIncidents(before, [], ROUND_MS, T0 + 1441 * MINUTE)).toEqual({ incidents: {}, notices: [] });
  });

  test('of what was not done yet stays open until people heard that it is', () => {
    const state = stateOf({ incidents: { a: { ...seen, untold } } });
    const open = noteTold(state, [{ ...notice('a'), open: true }], ['a'], T0);
    expect(open.incidents).toEqual({ a: { ...seen, open: true, untold } });
    const late = noteTold(open, [{ ...notice('a'), sinceMs: T0 }], [], T0 + MINUTE);
    expect(late.incidents).toEqual({ a: { ...seen, open: true } });
    expect(noteTold(late, [{ ...notice('a'), open: true }], [], T0 + MINUTE)).toBe(late);
    expect(noteTold(late, [notice('a')], [], T0 + MINUTE).incidents).toEqual({ a: seen });
    expect(noteTold(late, [{ ...notice('b'), sinceMs: T0 }], [], T0 + MINUTE)).toBe(late);
  });

  test('changes nothing when everything was told', () => {
    const state = stateOf({ incidents: { a: seen } });
    expect(noteTold(state, [notice('a')], [], T0)).toBe(state);
    expect(noteTold(state, [], [], T0)).toBe(state);
  });
});
