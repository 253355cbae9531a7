import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recent } from '../../lib/core/room-ways.ts';
import { type Hours, hoursAfter, UNKNOWN_HOURS, usualBetween } from '../../lib/core/usual.ts';
import { always } from '../property/arbitraries.ts';
import { MINUTE } from './builders.ts';
import { minutes } from './room-scene.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Plays minutes from `fromMs` on, as room does: seventy minutes are looked back on. */
function learnt(loads: Recent, fromMs = 0, before: Hours = UNKNOWN_HOURS): Hours {
  let hours = before;
  for (let i = 1; i <= loads.length; i += 1) {
    const lastMs = fromMs + (i - 1) * MINUTE;
    hours = hoursAfter(hours, loads.slice(Math.max(0, i - 71), i), lastMs, lastMs + MINUTE, 1);
  }
  return hours;
}

const atHour = (hours: Hours, hour: number): number => usualBetween(hours, hour * HOUR, hour * HOUR + MINUTE);
const ofHours = (value: (hour: number) => number): Hours => UNKNOWN_HOURS.map((_, hour) => value(hour));

describe('what an hour of the day usually comes to', () => {
  it('is known when it was over once, and of an hour that was never seen nothing is', () => {
    expect(
      learnt(
        minutes(59, () => 7),
        3 * HOUR,
      ),
    ).toEqual(UNKNOWN_HOURS);
    const hours = learnt(
      minutes(60, () => 7),
      3 * HOUR,
    );
    expect([2, 3, 4].map((hour) => atHour(hours, hour))).toEqual([0, 7, 0]);
    expect(hours.filter((one) => one !== null)).toHaveLength(1);
  });

  it.each([
    ['in its first minutes', (m: number, many: number) => m < many],
    ['in its last', (m: number, many: number) => m >= 60 - many],
    ['now and then', (m: number, many: number) => m % 10 === 0 && m < 10 * many],
  ])('is what nine in ten of its minutes stay below, wherever the others are: %s', (_, isHigh) => {
    const of = (many: number) => atHour(learnt(minutes(60, (m) => (isHigh(m, many) ? 40 : 10))), 0);
    expect([of(5), of(6)]).toEqual([10, 40]);
  });

  it('is of its own minutes, without those of the hour before', () => {
    const load = (m: number): number => (m < 60 ? 40 : 10);
    expect([0, 1].map((hour) => atHour(learnt(minutes(120, load)), hour))).toEqual([40, 10]);
    const cameTo = (recent: number[], lastMinute: number) =>
      hoursAfter(UNKNOWN_HOURS, recent, lastMinute * MINUTE, 3 * HOUR, 1)[1];
    expect(cameTo([...minutes(20, () => 40), ...minutes(50, () => 10)], 60 + 49)).toBe(10);
    expect(cameTo([...minutes(10, () => 40), ...minutes(27, () => 10), 40, 40], 60 + 28)).toBe(10);
  });

  it('is of that hour alone, on any day', () => {
    const hours = learnt(minutes(3 * 1440, (m) => (Math.floor(m / 60) % 24 === 2 ? 40 : 10)));
    expect([1, 2, 3].map((hour) => atHour(hours, hour))).toEqual([10, 40, 10]);
    expect(usualBetween(hours, 9 * DAY + 2 * HOUR + 59 * MINUTE, 9 * DAY + 3 * HOUR)).toBe(40);
  });

  it('goes three tenths of the way to what the newest day had: one bad day is not usual', () => {
    const before = ofHours(() => 10);
    expect(
      atHour(
        learnt(
          minutes(60, () => 50),
          DAY,
          before,
        ),
        0,
      ),
    ).toBe(22);
    expect(
      atHour(
        learnt(
          minutes(60, () => 0),
          DAY,
          before,
        ),
        0,
      ),
    ).toBe(7);
    expect(
      atHour(
        learnt(
          minutes(60, () => 50),
          DAY,
          ofHours(() => 0),
        ),
        0,
      ),
    ).toBe(15);
  });

  it('goes by size, not by digits, and all the way to what it is each day', () => {
    expect(atHour(learnt(minutes(60, (m) => (m < 50 ? 20 : 100))), 0)).toBe(100);
    let hours = ofHours(() => 1);
    for (let day = 0; day < 30; day += 1)
      hours = learnt(
        minutes(60, () => 1.016),
        day * DAY,
        hours,
      );
    expect(atHour(hours, 0)).toBeCloseTo(1.016, 2);
    expect(atHour(learnt(minutes(60, () => 1 / 3)), 0)).toBe(0.3333);
  });

  it('is not learnt from less than twenty minutes, of which a datapoint of five minutes is five', () => {
    const part = (known: number, period: number) =>
      hoursAfter(
        UNKNOWN_HOURS,
        minutes(known, () => 9),
        59 * MINUTE,
        HOUR,
        period,
      )[0];
    expect([part(19, 1), part(20, 1), part(3, 5), part(4, 5)]).toEqual([null, 9, null, 9]);
    // Minutes are kept, of datapoints of ten seconds, too.
    expect([part(19, 1 / 6), part(20, 1 / 6)]).toEqual([null, 9]);
    const gaps = minutes(60, (m) => m).map((m) => (m < 41 ? null : 9));
    expect(learnt(gaps)).toEqual(UNKNOWN_HOURS);
  });

  it('is learnt of an hour that nothing was seen after, when something is seen again', () => {
    const recent = minutes(30, () => 9);
    expect(hoursAfter(UNKNOWN_HOURS, recent, 29 * MINUTE, 50 * HOUR, 1)[0]).toBe(9);
    expect(hoursAfter(UNKNOWN_HOURS, recent, 29 * MINUTE, 59 * MINUTE, 1)[0]).toBeNull();
  });

  it('is the highest of those from a time until before another, past midnight, too', () => {
    const hours = ofHours((hour) => (hour === 0 ? 30 : hour === 23 ? 20 : 10));
    expect(usualBetween(hours, DAY - 5 * MINUTE, DAY)).toBe(20);
    expect(usualBetween(hours, DAY - 5 * MINUTE, DAY + 1)).toBe(30);
    expect(usualBetween(hours, DAY + 2 * HOUR, DAY + 23 * HOUR)).toBe(10);
    expect(usualBetween(hours, DAY + 2 * HOUR, 2 * DAY + 1)).toBe(30);
  });

  it('never leaves what was seen', () => {
    const loads = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 300 });
    always(fc.tuple(loads, fc.integer({ min: 0, max: 2 * 1440 })), ([seen, fromMinute]) => {
      const known = learnt(seen, fromMinute * MINUTE).filter((one) => one !== null);
      // To four digits.
      for (const one of known) expect(one).toBeGreaterThanOrEqual(Math.min(...seen) / 1.001);
      for (const one of known) expect(one).toBeLessThanOrEqual(Math.max(...seen) * 1.001);
    });
  });
});
