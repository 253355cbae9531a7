/** What outlives a cycle: steady rounds that were not saved, and what is worth a save. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServiceState } from '../../lib/core/model.ts';
import { initialState, isWorthSaving, resume, revive } from '../../lib/core/state.ts';
import { change, MINUTE, SECOND, stateOf, T0 } from './builders.ts';

describe('resuming after rounds that were not saved', () => {
  const good = (changes: object = {}) =>
    change(
      stateOf({
        failover: { primary: { good: 2, goodSinceMs: T0 }, secondary: { good: 2, goodSinceMs: T0 } },
        pace: { healthMs: T0, failoverMs: T0, goodMs: { primary: T0, secondary: T0 } },
      }),
      changes,
    );
  const LATER = T0 + 10 * MINUTE;

  test('takes what was true when it was saved to be true up to the last round', () => {
    expect(resume(good(), LATER + 3 * SECOND, 5000).pace).toEqual({
      healthMs: LATER,
      failoverMs: LATER,
      goodMs: { primary: LATER, secondary: LATER },
    });
  });

  test('counts only the service’s own marks', () => {
    expect(resume(good(), LATER + 25 * SECOND, 10_000).pace.healthMs).toBe(LATER + 20 * SECOND);
  });

  test('does not make a site good that was not, or that was missing', () => {
    const doubt = good({ failover: { primary: { good: 0 }, secondary: { missing: 1 } } });
    expect(resume(doubt, LATER, 5000).pace.goodMs).toEqual({ primary: T0, secondary: T0 });
  });

  test('takes the fleet to have been seen in each of them, unless it is known not to have been', () => {
    const seen = good({ pace: { fleetMs: T0 } });
    expect(resume(seen, LATER, 5000).pace.fleetMs).toBe(LATER);
    const unseen = good({ pace: { fleetMs: T0 }, scaling: { fleetUnseen: true } });
    expect(resume(unseen, LATER, 5000).pace.fleetMs).toBe(T0);
    expect(resume(good(), LATER, 5000).pace.fleetMs).toBeUndefined();
  });

  test('does not begin what has not begun', () => {
    const fresh = good({ pace: { healthMs: 0, failoverMs: 0 } });
    expect(resume(fresh, LATER, 5000).pace).toMatchObject({ healthMs: 0, failoverMs: 0 });
  });

  test('never goes back', () => {
    const state = good();
    expect(resume(state, T0, 5000)).toBe(state);
    expect(resume(state, 0, 5000)).toBe(state);
    const ahead = good({ pace: { healthMs: T0, failoverMs: LATER + MINUTE, goodMs: { primary: LATER + MINUTE } } });
    expect(resume(ahead, LATER, 5000).pace).toEqual({
      healthMs: LATER,
      failoverMs: LATER + MINUTE,
      goodMs: { primary: LATER + MINUTE, secondary: LATER },
    });
  });

  test('never claims a round after the last one, nor forgets one that was saved', () => {
    const times = fc.integer({ min: T0 - 10 * MINUTE, max: T0 + 10 * MINUTE });
    fc.assert(
      fc.property(times, times, fc.integer({ min: 1, max: 300 }), (savedMs, lastMs, intervalSeconds) => {
        const goodMs = { primary: savedMs, secondary: savedMs };
        const state = good({ pace: { healthMs: savedMs, failoverMs: savedMs, goodMs } });
        const { pace } = resume(state, lastMs, intervalSeconds * SECOND);
        for (const ms of [pace.healthMs, pace.failoverMs, pace.goodMs.primary, pace.goodMs.secondary]) {
          expect(ms).toBeLessThanOrEqual(Math.max(savedMs, lastMs));
          expect(ms).toBeGreaterThanOrEqual(savedMs);
        }
      }),
    );
  });
});

describe('a state is worth saving', () => {
  const saved = stateOf();
  test.each(['scaling', 'health', 'failover', 'orders', 'pending', 'incidents'] as const)(
    'when its %s changed',
    (part) => {
      const copy = Array.isArray(saved[part]) ? [...saved.pending] : { ...saved[part] };
      expect(isWorthSaving(saved, { ...saved, [part]: copy })).toBe(true);
    },
  );
  test('when it never was', () => {
    const first = initialState('web');
    expect(isWorthSaving(first, first)).toBe(true);
  });
  test('not when only its pace did, which moves in every round', () => {
    expect(isWorthSaving(saved, { ...saved, pace: { ...saved.pace, healthMs: T0 } })).toBe(false);
  });
});

describe('a state that another version of us saved', () => {
  test('keeps what it knows, and what it does not know begins as in a new state', () => {
    const { orders: _, ...known } = stateOf({ version: 7, failover: { phase: 'secondary', relapses: 2 } });
    const { byHand: __, ...failover } = known.failover;
    const old = JSON.parse(JSON.stringify({ ...known, failover })) as ServiceState;
    expect(revive(old)).toEqual(stateOf({ version: 7, failover: { phase: 'secondary', relapses: 2 } }));
  });

  test('is the same when nothing is missing', () => {
    const state = stateOf({ version: 3 });
    expect(revive(state)).toEqual(state);
  });
});
