import { describe, expect, test } from 'vitest';
import { withOutcome } from '../../lib/controller/notices.ts';
import { recordOf, type ServiceResult, viewOf } from '../../lib/controller/record.ts';
import { subjectsOf } from '../../lib/controller/subject.ts';
import { EMPTY_BUDGET } from '../../lib/core/budget.ts';
import type { Decision, Outcome } from '../../lib/core/model.ts';
import { policyOf, stateOf, T0 } from '../core/builders.ts';
import { MOVE } from './gate.ts';

const trip: Decision = { area: 'failover', reason: 'TRIP', action: MOVE, numbers: {} };
const notice = { incident: 'failover:TRIP', title: 'TRIP', message: 'move it' };
const held: Outcome = { actionId: MOVE.id, result: 'refused', atMs: T0, why: 'HELD' };
const applied: Outcome = { actionId: MOVE.id, result: 'applied', atMs: T0 };

describe('a notice', () => {
  test('says so when nothing of what it speaks of was done', () => {
    expect(withOutcome(notice, [trip], [held])).toEqual({ ...notice, message: 'move it (NOT applied, HELD)' });
  });

  test.each<[string, Outcome[]]>([
    ['NOT applied, NOT_SENT; the next round tries again', []],
    ...(['THROTTLED', 'FENCED', 'LATE', 'UNCHECKED', 'NOT_FIRST'] as const).map((why): [string, Outcome[]] => [
      `NOT applied, ${why}; the next round tries again`,
      [{ ...held, why }],
    ]),
    [
      'it is not known whether that was done, UNCLEAR: timed out',
      [{ actionId: MOVE.id, result: 'unclear', atMs: T0, detail: 'timed out' }],
    ],
  ])('says what is still open: %s', (words, outcomes) => {
    expect(withOutcome(notice, [trip], outcomes)).toEqual({ ...notice, message: `move it (${words})`, open: true });
  });

  test('stands as it is when something was, or when it speaks of no action', () => {
    expect(withOutcome(notice, [trip], [applied])).toBe(notice);
    expect(withOutcome(notice, [{ ...trip, action: null }], [])).toBe(notice);
    expect(withOutcome({ ...notice, incident: 'health:PANIC' }, [trip], [held]).message).toBe('move it');
  });
});

describe('the decision log', () => {
  const cycle = (id: string, outcome: Outcome): ServiceResult => {
    const decision: Decision = { ...trip, action: { ...MOVE, id } };
    return {
      service: 'web',
      decidedMs: T0,
      mode: 'enforce',
      state: 'primary',
      decisions: [viewOf(decision, [{ ...outcome, actionId: id }])],
      missing: [],
    };
  };

  test('does not store again what the gate refuses again, under whatever id', () => {
    const last = new Map();
    expect(recordOf(last, cycle('web:1:1', held), 1, T0)).not.toBeNull();
    expect(recordOf(last, cycle('web:2:1', held), 2, T0 + 5000)).toBeNull();
  });

  test('stores every action that was applied', () => {
    const last = new Map();
    expect(recordOf(last, cycle('web:1:1', applied), 1, T0)).not.toBeNull();
    expect(recordOf(last, cycle('web:2:1', applied), 2, T0 + 5000)).not.toBeNull();
  });
});

describe('a round in the lease', () => {
  const resumedAt = (lastMs: number, known: ReadonlyMap<string, number> | null = null): number | undefined => {
    const state = stateOf({ pace: { healthMs: T0 - 60_000, failoverMs: T0 - 60_000 } });
    const lease = { epoch: 1, owner: 'a', untilMs: T0, rounds: new Map([['web', lastMs]]) };
    const loaded = {
      lease,
      frozen: false,
      budget: EMPTY_BUDGET,
      drill: null,
      states: new Map([['web', state]]),
      unreadable: new Map(),
    };
    return subjectsOf([policyOf()], loaded, known, T0)[0]?.state.pace.healthMs;
  };

  test('is gone on from, also when another clock is a little ahead', () => {
    expect(resumedAt(T0 - 5000)).toBe(T0 - 5000);
    expect(resumedAt(T0 + 5000)).toBe(T0 + 5000);
  });

  test('far in the future was written by a clock that was wrong, and is not believed', () => {
    expect(resumedAt(T0 + 600_000)).toBe(T0 - 60_000);
    expect(resumedAt(T0, new Map([['web', T0 + 600_000]]))).toBe(T0 - 60_000);
  });

  test('of another service says nothing of this one', () => {
    expect(resumedAt(T0, new Map([['other', T0]]))).toBe(T0 - 60_000);
  });

  test('is older than what its holder knows of a round that could not be written down', () => {
    expect(resumedAt(T0 - 10_000, new Map([['web', T0 - 5000]]))).toBe(T0 - 5000);
  });
});
