import { describe, expect, it } from 'vitest';
import { hist } from '../../../lib/backtest/baselines/hist.ts';
import { fittedParabola } from '../../../lib/backtest/baselines/polynomial.ts';
import { react } from '../../../lib/backtest/baselines/react.ts';
import { reg } from '../../../lib/backtest/baselines/reg.ts';
import { first, MINUTE_MS, type Moment, SETTINGS, T0, times, viewOf } from '../view.ts';

// Target 50 %: mu is half an instance, load / mu = demand / 0.5, and need is that rounded up.
const needs = (...values: number[]): Moment['minutes'] => values.map((need) => ({ offered: need / 2 }));

describe('React', () => {
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: 'needs 9 of 4: 4 + int(1.2 × 5)', desired: 4, minutes: [{ offered: 4.4 }], wants: 10 },
    { why: 'needs 5 of 4: 4 + int(1.2)', desired: 4, minutes: [{ offered: 2.1 }], wants: 5 },
    { why: 'load 4 of 10: int(1.2 × 4)', desired: 10, minutes: [{ offered: 2 }], wants: 4 },
    { why: 'load 5 of 10: 1.2 × 5', desired: 10, minutes: [{ offered: 2.5 }], wants: 6 },
    { why: 'load 9.2 of 10: 1.1 × 9.2 is more than ten', desired: 10, minutes: [{ offered: 4.6 }], wants: null },
    {
      why: 'load 4.5 of 5: 4.95 is less than five, and its way down leads up to 1.2 × 5',
      desired: 5,
      minutes: [{ offered: 2.25 }],
      wants: 6,
    },
    {
      why: 'what is on its way is not asked for twice',
      desired: 10,
      ages: [60],
      minutes: [{ offered: 4.6 }],
      wants: null,
    },
    { why: 'no load', desired: 3, minutes: [{ offered: 0 }], wants: 0 },
    { why: 'a missing minute', desired: 4, minutes: [{ offered: 9 }, null], wants: null },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(react, moment)).toBe(wants);
  });
});

it('needs no further server because 0.1 + 0.2 is not 0.3', () => {
  expect(first(react, { desired: 3, minutes: [{ offered: 0.1 + 0.2 }] }, { targetPercent: 10 })).toBeNull();
});

describe('the fitted parabola', () => {
  const points = (...ys: number[]) => ys.map((y, index) => ({ x: index - ys.length + 1, y }));

  it.each([
    { why: 'one point', ys: [4], at: 7, gives: 4 },
    { why: 'two points: their line', ys: [6, 4], at: 1, gives: 2 },
    { why: 'a line', ys: [8, 7, 6, 5, 4, 3], at: 0, gives: 3 },
    { why: 'a parabola, (1 - x)²', ys: [16, 9, 4, 1], at: 1, gives: 0 },
    // The residual is a multiple of the cubic contrast (-1, 3, -3, 1): 4 / 20 of it, so 0.2 at the last.
    { why: 'least squares', ys: [2, 2, 2, 6], at: 0, gives: 5.8 },
  ])('$why', ({ ys, at, gives }) => {
    expect(fittedParabola(points(...ys), at)).toBeCloseTo(gives, 9);
  });

  it('goes by the time of a point, not by its place', () => {
    // y = x² over a gap.
    const gapped = [-10, -9, -1, 0].map((x) => ({ x, y: x * x }));
    expect(fittedParabola(gapped, -5)).toBeCloseTo(25, 9);
  });
});

describe('Reg', () => {
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: 'load 6 of 4: ceil(1.05 × 6 = 6.3)', desired: 4, minutes: needs(6), wants: 7 },
    {
      why: 'load 4.004 of 4: four of a thousand requests too many are let be',
      desired: 4,
      minutes: [{ offered: 2.002 }],
      wants: null,
    },
    { why: 'load 4.006 of 4: six are not: ceil(4.2063)', desired: 4, minutes: [{ offered: 2.003 }], wants: 5 },
    {
      why: 'as many as needed, whatever a fit would say',
      desired: 4,
      minutes: needs(...Array<number>(59).fill(1), 4),
      wants: null,
    },
    { why: 'steady: int(1.2 × 4)', desired: 10, minutes: times(60, { offered: 2 }), wants: 4 },
    { why: 'steady: 1.2 × 5', desired: 10, minutes: times(60, { offered: 2.5 }), wants: 6 },
    { why: 'a falling line ends at 3: int(1.2 × 3)', desired: 10, minutes: needs(8, 7, 6, 5, 4, 3), wants: 3 },
    { why: 'least squares says 5.8: int(1.2 × 6)', desired: 10, minutes: needs(2, 2, 2, 6), wants: 7 },
    {
      why: 'the fit never adds: it says 4.2, 1.2 × 5 is more than five',
      desired: 5,
      minutes: needs(8, 8, 8, 4),
      wants: null,
    },
    {
      why: 'only the last sixty count',
      desired: 10,
      minutes: [...needs(...Array<number>(60).fill(9)), ...times(60, { offered: 2.5 })],
      wants: 6,
    },
    { why: 'a fit that says none changes nothing', desired: 10, minutes: needs(9, 4, 1, 0), wants: null },
    { why: 'a missing minute', desired: 4, minutes: [{ offered: 9 }, null], wants: null },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(reg, moment)).toBe(wants);
  });
});

describe('Hist', () => {
  /** A scaler that is asked at a minute after midnight, with so many desired, of a minute that needed so many. */
  function asked(): (minute: number, desired: number, need: number | null) => number | null {
    const scaler = hist.create(SETTINGS);
    return (minute, desired, need) => {
      const minutes = need === null ? [null] : needs(need);
      return scaler.step(viewOf({ nowMs: T0 + minute * MINUTE_MS, desired, minutes }))?.desired ?? null;
    };
  }
  const repeat = (count: number, ask: (index: number) => number | null) =>
    Array.from({ length: count }, (_, i) => ask(i));

  it('keeps what it has until the hour has a sample', () => {
    const ask = asked();
    expect(ask(2, 10, 4)).toBeNull();
    expect(ask(3, 10, 4)).toBe(4);
  });

  it('takes the 90th percentile of what the hour needed before', () => {
    const ask = asked();
    // Desired follows the need, so that every error is 0. At the eleventh: the tenth of 1 to 10.
    const wants = repeat(11, (i) => ask(2 + i, i + 1, i + 1));
    expect(wants[10]).toBe(10);
    // Ten more of 1: of 21 samples 1…11 and ten more 1s, sorted, number int(21 × 0.9) = 18 counted from 0 is 9.
    repeat(10, (i) => ask(13 + i, 1, 1));
    expect(ask(23, 1, 1)).toBe(9);
  });

  it('takes off the mean of the last five errors, once there are five', () => {
    const ask = asked();
    // Six of 4 each time: errors of 2. The hour says 4, and 4 - 2 at the fifth.
    expect(repeat(5, (i) => ask(2 + i, 6, 4))).toEqual([null, 4, 4, 4, 2]);
  });

  it('takes off a fifth of it where nothing would be left', () => {
    const ask = asked();
    // Ten of 4: errors of 6, and 4 - 6 is below zero: 4 - 6 / 5 = 2.8.
    expect(repeat(5, (i) => ask(2 + i, 10, 4)).at(-1)).toBe(3);
  });

  it('corrects what it has in an hour without history', () => {
    const ask = asked();
    repeat(5, (i) => ask(55 + i, 6, 4));
    expect(ask(60, 6, 4)).toBe(4); // 01:00, six less errors of 2
  });

  it('keeps the hours of the day apart, and finds them again a day later', () => {
    const ask = asked();
    repeat(5, (i) => ask(10 + i, 3, 3));
    repeat(5, (i) => ask(70 + i, 8, 8));
    expect(ask(1440 + 10, 8, 8)).toBe(3);
    expect(ask(1440 + 70, 3, 3)).toBe(8);
  });

  it('reacts when six of ten minutes had too few, and then forgets the errors', () => {
    const ask = asked();
    // Four of 8: errors of -4. The hour says 8, from the fifth on 8 + 4; at the sixth ceil(1.05 × 8).
    expect(repeat(7, (i) => ask(2 + i, 4, 8))).toEqual([null, 8, 8, 8, 12, 9, 8]);
  });

  it('has nothing to react to once there are enough', () => {
    const ask = asked();
    repeat(6, (i) => ask(2 + i, i < 5 ? 4 : 8, 8));
    // Five errors of -4, then 0: no sixth. The hour says 8, and the last five errors are -3.2 on average.
    expect(ask(8, 8, 8)).toBe(11); // -4, -4, -4, 0, 0: 8 + 2.4
  });

  it('forgets the oldest of 730 samples', () => {
    const ask = asked();
    const day = (index: number): number => Math.floor(index / 50) * 1440 + 5 + (index % 50);
    repeat(730, (i) => ask(day(i), 10, 10));
    repeat(730, (i) => ask(day(750 + i), 4, 4));
    expect(ask(day(1500), 5, 5)).toBe(4);
  });

  it('holds through a missing minute, and takes a minute once', () => {
    const ask = asked();
    ask(2, 4, 4);
    expect(ask(3, 9, null)).toBeNull();
    expect(ask(4, 9, 4)).toBe(4);
    expect(ask(4, 9, 4)).toBeNull();
  });
});
