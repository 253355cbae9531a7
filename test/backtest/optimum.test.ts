import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run, Settings } from '../../lib/backtest/model.ts';
import { createReplay } from '../../lib/backtest/replay.ts';
import { minutesOf, settings } from './traces.ts';

const IDLE = { title: '', driver: { everySeconds: 60, step: () => null } };

function optimumOf(demand: readonly (number | null)[], given: Settings): Run {
  const replay = createReplay({
    ...{ settings: given, bucketSeconds: 60, constant: 1, requestsPerInstance: null },
    ...{ evenkeel: IDLE, baselines: [] },
  });
  for (const minute of minutesOf(demand)) replay.push(minute);
  return replay.end().find(({ name }) => name === 'optimum') as Run;
}

/**
 * Paid instance-minutes of this course of desired capacity, and instances that were missing though the bounds allow them:
 * a fleet in a few lines, on its own.
 */
function play(demand: readonly (number | null)[], desired: readonly number[], max: number, bootMinutes: number) {
  let paid = 0;
  let missing = 0;
  let ready: number[] = Array.from({ length: desired[0] ?? 0 }, () => 0);
  desired.forEach((want, minute) => {
    while (ready.length < want) ready.push(minute + bootMinutes);
    ready = ready.slice(0, want);
    const needed = demand[minute] ?? null;
    if (needed === null) return;
    paid += ready.length;
    missing += Math.max(0, Math.min(max, Math.ceil(needed)) - ready.filter((at) => at <= minute).length);
  });
  return { paid, missing };
}

/** The least of all courses: nothing missing first, then the fewest paid. */
function bruteForce(demand: readonly (number | null)[], { min, max, bootSeconds }: Settings) {
  let best = { paid: Infinity, missing: Infinity };
  const course: number[] = [];
  const go = (): void => {
    if (course.length === demand.length) {
      const one = play(demand, course, max, bootSeconds / 60);
      if (one.missing < best.missing || (one.missing === best.missing && one.paid < best.paid)) best = one;
      return;
    }
    for (let want = min; want <= max; want += 1) {
      course.push(want);
      go();
      course.pop();
    }
  };
  go();
  return best;
}

describe('the clairvoyant optimum', () => {
  it('always pays what the cheapest of all courses pays that lack nothing, and is saturated only beyond its bounds', () => {
    const value = fc.option(fc.constantFrom(0, 0.5, 1, 1.5, 2, 3), { nil: null, freq: 8 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0, 60, 120, 180),
        fc.constantFrom(0, 1),
        fc.constantFrom(2, 3),
        (demand, bootSeconds, min, max) => {
          const given = settings({ bootSeconds, min, max });
          const { measures } = optimumOf(demand, given);
          const best = bruteForce(demand, given);
          expect(measures.instanceHours * 60).toBeCloseTo(best.paid, 6);
          expect(best.missing).toBe(0);
          expect(measures.saturatedMinutes).toBe(demand.filter((one) => (one ?? 0) > max).length);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('keeps an instance over a pause as long as booting, and gives it up over a longer one', () => {
    const changes = (demand: readonly number[]) =>
      optimumOf(demand, settings()).picture.actions.map(({ from, to }) => [from, to]);
    expect(changes([2, 2, 1, 1, 2, 2])).toEqual([]);
    // Given up when the pause begins, asked for again two minutes before it ends.
    const run = optimumOf([2, 2, 1, 1, 1, 2, 2], settings());
    expect(
      run.picture.actions.map(({ atMs, to }) => [(atMs - (minutesOf([1])[0]?.startMs ?? 0)) / 60_000, to]),
    ).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(run.measures).toMatchObject({ saturatedMinutes: 0, ofOptimumPercent: 100 });
    expect(run.measures.instanceHours * 60).toBeCloseTo(13, 9);
  });

  it('asks in time for an instance that boots in no whole minutes', () => {
    const run = optimumOf([1, 1, 1, 3], settings({ bootSeconds: 50 }));
    expect(run.measures.saturatedMinutes).toBe(0);
    expect(run.measures.instanceHours * 3600).toBeCloseTo(4 * 60 + 2 * (60 + 50), 6);
  });
});
