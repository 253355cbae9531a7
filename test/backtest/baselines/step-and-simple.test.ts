import { describe, expect, it } from 'vitest';
import { percentOf } from '../../../lib/backtest/baselines/adjustment.ts';
import { simple } from '../../../lib/backtest/baselines/simple.ts';
import { stepPercent, stepScaling } from '../../../lib/backtest/baselines/step.ts';
import { first, MINUTE_MS, type Moment, SETTINGS, T0, type Told, times, viewOf } from '../view.ts';

describe('a percentage of a group', () => {
  it.each([
    { capacity: 127, percent: 10, gives: 12, why: '12.7' },
    { capacity: 67, percent: 1, gives: 1, why: '0.67' },
    { capacity: 58, percent: -1, gives: -1, why: '-0.58' },
    { capacity: 667, percent: -1, gives: -6, why: '-6.67' },
    { capacity: 100, percent: 29, gives: 29, why: '29, for all that 100 × 0.29 is less' },
    { capacity: 0, percent: 30, gives: 0, why: 'nothing' },
  ])('$percent % of $capacity is $why: $gives', ({ capacity, percent, gives }) => {
    expect(percentOf(capacity, percent)).toBe(gives);
  });
});

describe('the steps', () => {
  it.each([
    { target: 50, cpu: 59.9, percent: 0 },
    { target: 50, cpu: 60, percent: 10 },
    { target: 50, cpu: 69.9, percent: 10 },
    { target: 50, cpu: 70, percent: 30 },
    { target: 50, cpu: 50, percent: 0 },
    { target: 50, cpu: 40.1, percent: 0 },
    { target: 50, cpu: 40, percent: -10 },
    { target: 50, cpu: 30.1, percent: -10 },
    { target: 50, cpu: 30, percent: -30 },
    // 90: up 90 + 0.2 × 10 and 90 + 0.4 × 10, down 90 - 0.2 × 90 and 90 - 0.4 × 90.
    { target: 61, cpu: 68.8, percent: 10 }, // an edge that floating point puts just before it
    { target: 90, cpu: 91.9, percent: 0 },
    { target: 90, cpu: 92, percent: 10 },
    { target: 90, cpu: 94, percent: 30 },
    { target: 90, cpu: 72, percent: -10 },
    { target: 90, cpu: 54, percent: -30 },
  ])('at $cpu with a threshold of $target: $percent %', ({ target, cpu, percent }) => {
    expect(stepPercent(cpu, target)).toBe(percent);
  });
});

// The example of as-scaling-simple-step.md, sentence by sentence, then what it does not say. Threshold 50.
describe('step scaling', () => {
  const old = (count: number): number[] => Array<number>(count).fill(3600);
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: '10 instances at 60: 10 % of 10', desired: 10, minutes: [{ cpu: 60 }], wants: 11 },
    { why: '11 instances at 70: 30 % of 11 is 3.3', desired: 11, minutes: [{ cpu: 70 }], wants: 14 },
    { why: '14 instances at 40: 10 % of 14 is 1.4', desired: 14, minutes: [{ cpu: 40 }], wants: 13 },
    { why: '13 instances at 30: 30 % of 13 is 3.9', desired: 13, minutes: [{ cpu: 30 }], wants: 10 },
    {
      why: '62 while the eleventh warms up: 10 + 1 is desired already',
      desired: 11,
      ages: [...old(10), 60],
      minutes: [{ cpu: 62 }],
      wants: null,
    },
    {
      why: '70 while the eleventh warms up: 10 + 3',
      desired: 11,
      ages: [...old(10), 60],
      minutes: [{ cpu: 70 }],
      wants: 13,
    },
    {
      why: '62 while three warm up: 10 + 1, and 13 stay desired',
      desired: 13,
      ages: [...old(10), 60, 60, 60],
      minutes: [{ cpu: 62 }],
      wants: null,
    },
    { why: 'between the steps', desired: 10, minutes: [{ cpu: 55 }], wants: null },
    {
      why: 'no scale-in while a scale-out is in progress',
      desired: 11,
      ages: old(10),
      minutes: [{ cpu: 20 }],
      wants: null,
    },
    {
      why: 'one datapoint removes once: 10 % of the 14 that it covered are gone',
      desired: 13,
      minutes: [{ cpu: 40, inService: 14 }],
      wants: null,
    },
    { why: '10 % of 3 is 0.3: one', desired: 3, minutes: [{ cpu: 60 }], wants: 4 },
    { why: 'a missing minute', desired: 10, minutes: [{ cpu: 90 }, null], wants: null },
    { why: 'nothing published', desired: 10, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(stepScaling, moment)).toBe(wants);
  });
});

describe('simple scaling', () => {
  // Target 50: high alarm at 50, low alarm at 33.3; two periods of two minutes.
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: 'four minutes at the threshold: 30 % of 10', desired: 10, minutes: times(4, { cpu: 50 }), wants: 13 },
    {
      why: 'a period is its mean: (40 + 60) / 2 is at the threshold',
      desired: 10,
      minutes: [{ cpu: 60 }, { cpu: 40 }, { cpu: 60 }, { cpu: 40 }],
      wants: 13,
    },
    {
      why: 'one period of two is no alarm',
      desired: 10,
      minutes: [{ cpu: 49 }, { cpu: 49 }, { cpu: 99 }, { cpu: 99 }],
      wants: null,
    },
    { why: '30 % of 2 is 0.6: one', desired: 2, minutes: times(4, { cpu: 90 }), wants: 3 },
    {
      why: 'at the threshold, though rounding puts it just below',
      desired: 10,
      minutes: times(4, { cpu: 50 - 1e-12 }),
      wants: 13,
    },
    {
      why: 'at the low alarm, though rounding puts it just above: two instances',
      desired: 10,
      minutes: times(4, { cpu: 100 / 3 + 1e-12 }),
      wants: 8,
    },
    { why: 'low: two instances', desired: 10, minutes: times(4, { cpu: 33 }), wants: 8 },
    { why: 'between the alarms', desired: 10, minutes: times(4, { cpu: 40 }), wants: null },
    {
      why: 'a missing minute',
      desired: 10,
      minutes: [{ cpu: 90 }, { cpu: 90 }, null, { cpu: 90 }, { cpu: 90 }],
      wants: null,
    },
    { why: 'nothing published', desired: 10, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(simple, moment)).toBe(wants);
  });

  it('never goes below the minimum, nor below none', () => {
    expect(first(simple, { desired: 3, minutes: times(4, { cpu: 0 }) }, { min: 2 })).toBe(2);
    expect(first(simple, { desired: 1, minutes: times(4, { cpu: 0 }) })).toBe(0);
  });

  it('does nothing until what it began is carried out, and for 300 s from then', () => {
    const scaler = simple.create(SETTINGS);
    const hot: readonly Told[] = times(4, { cpu: 90 });
    const ask = (minute: number, desired: number, inService: number): number | null => {
      const ages = Array<number>(inService).fill(600);
      return scaler.step(viewOf({ nowMs: T0 + minute * MINUTE_MS, desired, ages, minutes: hot }))?.desired ?? null;
    };
    expect(ask(0, 10, 10)).toBe(13);
    expect(ask(1, 13, 10)).toBeNull();
    expect(ask(20, 13, 12)).toBeNull(); // still one to come
    expect(ask(21, 13, 13)).toBeNull(); // the last launch: the cooldown starts
    expect(ask(25, 13, 13)).toBeNull();
    expect(ask(26, 13, 13)).toBe(16); // 30 % of 13 is 3.9
  });

  it('does nothing for 300 s after it took instances away, which are gone at once', () => {
    const scaler = simple.create(SETTINGS);
    const ask = (minute: number, desired: number): number | null =>
      scaler.step(viewOf({ nowMs: T0 + minute * MINUTE_MS, desired, minutes: times(4, { cpu: 20 }) }))?.desired ?? null;
    expect([ask(0, 10), ask(1, 8), ask(4, 8), ask(5, 8)]).toEqual([8, null, null, 6]);
  });

  it('does not cool down from a change that the bounds did not allow', () => {
    const scaler = simple.create({ ...SETTINGS, max: 10 });
    expect(scaler.step(viewOf({ nowMs: T0, desired: 10, minutes: times(4, { cpu: 90 }) }))).toBeNull();
    expect(scaler.step(viewOf({ nowMs: T0 + MINUTE_MS, desired: 10, minutes: times(4, { cpu: 20 }) }))?.desired).toBe(
      8,
    );
  });
});
