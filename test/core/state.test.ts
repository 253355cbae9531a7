/** How a service's state begins, how outcomes enter it, and what of it is worth saving. */
import { describe, expect, test } from 'vitest';
import type { Action, FailoverState, Outcome, Refusal, ServiceState } from '../../lib/core/model.ts';
import {
  commit,
  forget,
  initialState,
  isWorthSaving,
  phaseOf,
  settle,
  unsaved,
  without,
} from '../../lib/core/state.ts';
import { dnsOf, MINUTE, stateOf, T0 } from './builders.ts';

const base = { id: 'web:2:1', region: 'ap-northeast-2', reason: 'EJECT' } as const;
const TARGET = { key: 'i-1:80', id: 'i-1', port: 80 };
const deregister: Action & { kind: 'deregisterTarget' } = {
  ...base,
  kind: 'deregisterTarget',
  targetGroup: 'g',
  target: TARGET,
  replace: true,
};
const register: Action = { ...base, kind: 'registerTarget', targetGroup: 'g', target: TARGET };
const replace: Action = { ...base, kind: 'replaceInstance', group: 'g', instanceId: 'i-1', after: null };
type Move = Action & { kind: 'moveDns' };
const move = (to: Move['to'], cause: Move['cause']): Move => ({
  ...base,
  kind: 'moveDns',
  hostedZoneId: 'Z',
  name: 'www.example.com',
  to,
  cause,
  sets: dnsOf(100, 0).sets,
  weights: to === 'primary' ? { seoul: 100, tokyo: 0 } : { seoul: 0, tokyo: 100 },
});
const size = (
  site: 'primary' | 'secondary',
  from: number,
  to: number,
  reason: Action['reason'] = 'SCALE_OUT',
): Action => ({
  ...base,
  kind: 'setCapacity',
  site,
  group: 'g',
  from,
  to,
  reason,
});
const failed = (failover: Partial<FailoverState>): ServiceState => stateOf({ failover });
const pending = (action: Action, acceptedMs: number | null = null, state = stateOf()): ServiceState => ({
  ...state,
  pending: [{ action, atMs: T0, acceptedMs }],
});

test('a service that was never seen knows nothing', () => {
  expect(initialState('web')).toMatchObject({ service: 'web', version: 0, pending: [], orders: {}, incidents: {} });
  expect(phaseOf(initialState('web'))).toBe('primary');
});

describe('what is true once an action has been applied', () => {
  test('a deregistered target is ejected, its counters gone, and each time counts within the hour', () => {
    const doubtful = stateOf({
      health: { targets: { 'i-1:80': { failing: 2, passing: 0 }, 'i-2:80': { failing: 1, passing: 0 } } },
    });
    const first = commit(doubtful, deregister, T0).health;
    expect(first.ejected['i-1:80']).toEqual({ id: 'i-1', port: 80, atMs: T0, times: 1, replace: true });
    expect(Object.keys(first.targets)).toEqual(['i-2:80']);
    const again = commit({ ...doubtful, health: first }, deregister, T0 + 60 * MINUTE).health;
    expect(again.history).toEqual({ 'i-1:80': { times: 2, lastMs: T0 + 60 * MINUTE } });
    const later = commit({ ...doubtful, health: again }, deregister, T0 + 120 * MINUTE + 1).health;
    expect(later.ejected['i-1:80']?.times).toBe(1);
  });

  test('it stays known that a live drill took it out', () => {
    const { ejected } = commit(stateOf(), { ...deregister, drilled: true }, T0).health;
    expect(ejected['i-1:80']).toMatchObject({ times: 1, drilled: true });
  });

  test('a registered target is ejected no more, but its past is kept', () => {
    const out = commit(stateOf(), deregister, T0);
    const back = commit(out, register, T0 + MINUTE).health;
    expect(back.ejected).toEqual({});
    expect(back.history).toHaveProperty('i-1:80');
    expect(commit(stateOf(), register, T0).health.ejected).toEqual({});
    // What old answers showed of it while it was out does not count (seed 3398).
    const doubtful = stateOf({ health: { targets: { 'i-1:80': { failing: 1, passing: 0 } } } });
    expect(commit(doubtful, register, T0).health.targets).toEqual({});
  });

  test('an instance has been asked to be replaced', () => {
    expect(commit(stateOf(), replace, T0).health.replaced).toEqual({ 'i-1': T0 });
  });

  test.each<[string, Action, object]>([
    ['out', size('primary', 2, 3), { desired: 3, lastChangeMs: T0, lastScaleOutMs: T0, missingStepTaken: false }],
    ['in', size('primary', 3, 2), { desired: 2, lastChangeMs: T0, lastScaleOutMs: 7, missingStepTaken: false }],
    ['out for a missing signal', size('primary', 2, 3, 'SIGNAL_MISSING_OUT'), { missingStepTaken: true }],
  ])('the fleet was scaled %s', (_, action, scaling) => {
    expect(commit(stateOf({ scaling: { lastScaleOutMs: 7 } }), action, T0).scaling).toMatchObject(scaling);
  });

  test.each<[string, FailoverState['standbyRaised'], Action, FailoverState['standbyRaised']]>([
    ['raised', null, size('secondary', 1, 2), { from: 1, to: 2 }],
    ['raised further', { from: 1, to: 2 }, size('secondary', 2, 4), { from: 1, to: 4 }],
    ['raised from what somebody else made of it', { from: 1, to: 2 }, size('secondary', 3, 4), { from: 3, to: 4 }],
    ['returned', { from: 1, to: 2 }, size('secondary', 2, 1), null],
  ])('the standby was %s', (_, before, action, after) => {
    expect(commit(failed({ standbyRaised: before }), action, T0).failover.standbyRaised).toEqual(after);
  });

  test('a parked fleet remembers what it had, and an unparked one forgets it', () => {
    const from = { minSize: 1, desired: 2 };
    const parked = commit(
      stateOf(),
      { ...base, kind: 'parkFleet', group: 'g', from, to: { minSize: 0, desired: 0 } },
      T0,
    );
    expect(parked.orders.parked).toEqual(from);
    const back = commit(
      parked,
      { ...base, kind: 'unparkFleet', group: 'g', from: { minSize: 0, desired: 0 }, to: from },
      T0,
    );
    expect(back.orders.parked).toBeUndefined();
  });
});

describe('a move that was accepted', () => {
  test('is under way with its change, its weights are ours, and the order for it is over', () => {
    const state = stateOf({ orders: { move: { to: 'secondary', atMs: T0 }, hold: { atMs: T0 } } });
    const moved = commit(state, move('secondary', 'order'), T0 + 1, 'C1');
    expect(moved.failover).toMatchObject({
      phase: 'failingOver',
      weights: { seoul: 0, tokyo: 100 },
      weightsMs: T0 + 1,
      change: { id: 'C1', atMs: T0 + 1 },
    });
    expect(moved.orders).toEqual({ hold: { atMs: T0 }, move: undefined });
    expect(commit(state, move('primary', 'order'), T0).failover).toMatchObject({
      phase: 'failingBack',
      change: { id: null },
    });
  });

  test.each<[string, Partial<FailoverState>, Move, Partial<FailoverState>]>([
    [
      'a trip after a failback within the hour is a relapse',
      { lastFailbackMs: T0 - 60 * MINUTE, relapses: 1 },
      move('secondary', 'trip'),
      { relapses: 2, byHand: false },
    ],
    [
      'a trip long after it is none',
      { lastFailbackMs: T0 - 60 * MINUTE - 1, relapses: 3 },
      move('secondary', 'trip'),
      { relapses: 0 },
    ],
    ['a trip without one is none', { relapses: 0 }, move('secondary', 'trip'), { relapses: 0 }],
    [
      'relapses end at six, 64 times the wait',
      { lastFailbackMs: T0, relapses: 6 },
      move('secondary', 'trip'),
      { relapses: 6 },
    ],
    [
      'an order to the secondary is by hand, and no relapse',
      { lastFailbackMs: T0, relapses: 2 },
      move('secondary', 'order'),
      { byHand: true, relapses: 0 },
    ],
    [
      'an order back is not by hand any more',
      { byHand: true, relapses: 2 },
      move('primary', 'order'),
      { byHand: false, relapses: 2, lastFailbackMs: null, failbacksMs: [] },
    ],
    [
      'a trip back is no failback',
      { relapses: 1, byHand: true },
      move('primary', 'trip'),
      { byHand: false, relapses: 1, lastFailbackMs: null, failbacksMs: [] },
    ],
    [
      'a failback counts for an hour',
      { failbacksMs: [T0 - 60 * MINUTE, T0 - 59 * MINUTE] },
      move('primary', 'failback'),
      { lastFailbackMs: T0, failbacksMs: [T0 - 59 * MINUTE, T0] },
    ],
  ])('%s', (_, before, action, after) => {
    expect(commit(failed(before), action, T0).failover).toMatchObject(after);
  });
});

describe('the phase that users see', () => {
  test.each<[string, ServiceState, string]>([
    ['is the saved one', failed({ phase: 'secondary' }), 'secondary'],
    ['is under way from the moment a move is saved', pending(move('secondary', 'trip')), 'failingOver'],
    [
      'is under way back, too',
      pending(move('primary', 'failback'), null, failed({ phase: 'secondary' })),
      'failingBack',
    ],
    ['does not care for other actions', pending(deregister), 'primary'],
  ])('%s', (_, state, phase) => {
    expect(phaseOf(state)).toBe(phase);
  });
});

describe('settling', () => {
  const applied: Outcome = { actionId: 'web:2:1', result: 'applied', atMs: T0 + 1 };
  const refused = (why: Refusal): Outcome => ({ actionId: 'web:2:1', result: 'refused', atMs: T0 + 1, why });

  test('applied takes effect and waits to be observed', () => {
    const after = settle(pending(deregister), [applied]);
    expect(after.health.ejected).toHaveProperty('i-1:80');
    expect(after.pending).toEqual([{ action: deregister, atMs: T0, acceptedMs: T0 + 1, changeId: undefined }]);
  });

  test.each<Refusal>([
    'OBSERVE_MODE',
    'HELD',
    'FROZEN',
    'FENCED',
    'LATE',
    'PRECONDITION',
    'UNCHECKED',
    'ACCOUNT_BUDGET',
    'NOT_FIRST',
    'DENIED',
    'NOT_FOUND',
    'CONFLICT',
    'THROTTLED',
  ])('refused (%s) is as if it had never been decided', (why) => {
    const before = stateOf();
    expect(settle(pending(deregister, null, before), [refused(why)])).toEqual(before);
    expect(settle(pending(register, null, before), [refused(why)])).toEqual(before);
  });

  test('a refused order by hand is over: it is not tried again behind the person', () => {
    const ordered = stateOf({ orders: { move: { to: 'secondary', atMs: T0 }, hold: { atMs: T0 } } });
    const after = settle(pending(move('secondary', 'order'), null, ordered), [refused('HELD')]);
    expect(after.orders).toEqual({ hold: { atMs: T0 }, move: undefined });
    expect(after.failover).toEqual(ordered.failover);
  });

  test.each<Refusal>(['THROTTLED', 'FENCED', 'LATE', 'UNCHECKED'])(
    'an order by hand that only came at a bad moment (%s) stands',
    (why) => {
      const ordered = stateOf({ orders: { move: { to: 'secondary', atMs: T0 } } });
      expect(settle(pending(move('secondary', 'order'), null, ordered), [refused(why)])).toEqual(ordered);
    },
  );

  test('known to be refused before anything is saved leaves the state worth no save', () => {
    const before = { ...stateOf(), version: 3 };
    const trip = (id: string) => ({ action: { ...move('secondary', 'trip'), id }, atMs: T0, acceptedMs: null });
    const no = (actionId: string): Outcome => ({ actionId, result: 'refused', atMs: T0, why: 'OBSERVE_MODE' });
    const decided = { ...before, pending: [trip('web:4:1')] };
    expect(isWorthSaving(before, unsaved(before, decided, [no('web:4:1')]))).toBe(false);
    const waiting = { ...before, pending: [trip('web:3:1')] };
    const both = { ...waiting, pending: [...waiting.pending, trip('web:4:1')] };
    expect(unsaved(waiting, both, [no('web:4:1')]).pending).toBe(waiting.pending);
    expect(unsaved(waiting, decided, [no('web:4:1')]).pending).toEqual([]);
  });

  test('unclear waits to be read back', () => {
    const state = pending(deregister);
    expect(settle(state, [{ actionId: 'web:2:1', result: 'unclear', atMs: T0, detail: 'timed out' }])).toBe(state);
  });

  test('an outcome of nothing that is pending changes nothing', () => {
    const state = pending(deregister);
    expect(settle(state, [{ ...applied, actionId: 'web:1:1' }])).toBe(state);
  });
});

describe('memory', () => {
  test('of ejections and replacements ends after an hour, of what is still out never', () => {
    const { health } = stateOf({
      health: {
        history: { 'i-1:80': { times: 1, lastMs: T0 }, 'i-2:80': { times: 2, lastMs: T0 } },
        ejected: { 'i-2:80': { id: 'i-2', port: 80, atMs: T0, times: 2, replace: false } },
        replaced: { 'i-1': T0 },
      },
    });
    expect(forget(health, T0 + 60 * MINUTE)).toBe(health);
    expect(forget(health, T0 + 60 * MINUTE + 1)).toMatchObject({ history: { 'i-2:80': { times: 2 } }, replaced: {} });
    expect(Object.keys(forget(health, T0 + 61 * MINUTE).history)).toEqual(['i-2:80']);
  });

  test('without a key is the same when the key was never there', () => {
    const record = { a: 1, b: 2 };
    expect(without(record, 'c')).toBe(record);
    expect(without(record, 'a')).toEqual({ b: 2 });
  });
});
