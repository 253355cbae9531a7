import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hours, hoursAfter, UNKNOWN_HOURS, usualUntil } from '../../lib/core/usual.ts';
import { always } from '../property/arbitraries.ts';
import { MINUTE } from './builders.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** After a load of each minute from `fromMs` on. */
function learnt(loads: readonly number[], fromMs = 0, hours: Hours = UNKNOWN_HOURS): Hours {
  return loads.reduce((known, load, i) => hoursAfter(known, load, fromMs + i * MINUTE, 1), hours);
}

const atHour = (hours: Hours, hour: number): number => usualUntil(hours, hour * HOUR, 0);

describe('what an hour of the day usually comes to', () => {
  it('is its first load, and of an hour that was never seen nothing', () => {
    const hours = learnt([7], 3 * HOUR);
    expect(atHour(hours, 3)).toBe(7);
    expect([2, 4].map((hour) => atHour(hours, hour))).toEqual([0, 0]);
  });

  it('is what nine in ten of its minutes stay below, in no order', () => {
    const days = Array.from({ length: 10 * 1440 }, (_, i) => 1 + ((i * 37) % 100));
    expect(atHour(learnt(days), 8)).toBeGreaterThan(75);
    expect(atHour(learnt(days), 8)).toBeLessThan(110 * 0.95);
  });

  it('is of that hour alone, on any day', () => {
    const nightly = (i: number): number => (Math.floor(i / 60) % 24 === 2 ? 40 : 10);
    const hours = learnt(Array.from({ length: 3 * 1440 }, (_, i) => nightly(i)));
    expect([1, 2, 3].map((hour) => atHour(hours, hour))).toEqual([10, 40, 10]);
    expect(usualUntil(hours, 9 * DAY + 2 * HOUR + 59 * MINUTE, 0)).toBe(40);
  });

  it('is the highest of those until an order serves, past midnight, too, and of no hour twice', () => {
    const hours = UNKNOWN_HOURS.map((_, hour) => (hour === 0 ? 30 : hour === 23 ? 20 : 10));
    expect(usualUntil(hours, DAY - 5 * MINUTE, 4)).toBe(20);
    expect(usualUntil(hours, DAY - 5 * MINUTE, 5)).toBe(30);
    expect(usualUntil(hours, 2 * HOUR, 10 * 1440)).toBe(30);
  });

  it('goes on from the next load after an hour of nothing at all', () => {
    expect(atHour(learnt([5], 5 * MINUTE, learnt([0, 0, 0])), 0)).toBe(5);
  });

  it('rises tenfold within the hour, and falls to a tenth within five days', () => {
    const hours = learnt(Array(60).fill(50), DAY, learnt(Array(60).fill(5)));
    expect(atHour(hours, 0)).toBe(50);
    const fallen = Array.from({ length: 5 * 1440 }, () => 5);
    expect(atHour(learnt(fallen, 2 * DAY, hours), 0)).toBe(5);
  });

  it('moves in a datapoint of five minutes as far as in five of one', () => {
    const before = learnt([100]);
    expect(atHour(hoursAfter(before, 1000, 5 * MINUTE, 5), 0)).toBeCloseTo(
      atHour(learnt(Array(5).fill(1000), 5 * MINUTE, before), 0),
    );
  });

  it('never leaves what was seen, and always asks for something once it was', () => {
    const loads = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 300 });
    always(fc.tuple(loads, fc.integer({ min: 0, max: 2 * 1440 })), ([seen, fromMinute]) => {
      const hours = learnt(seen, fromMinute * MINUTE);
      const known = hours.filter((one) => one !== null);
      expect(Math.min(...known)).toBeGreaterThanOrEqual(Math.min(...seen));
      expect(Math.max(...known)).toBeLessThanOrEqual(Math.max(...seen));
      expect(usualUntil(hours, fromMinute * MINUTE, seen.length)).toBe(Math.max(...known));
    });
  });
});
