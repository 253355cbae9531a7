import { describe, expect, it } from 'vitest';
import { kpa } from '../../../lib/backtest/baselines/kpa.ts';
import { first, type Moment, SETTINGS, T0, viewOf } from '../view.ts';

// Target 50 %: need = ceil(demand / 0.5). A scaler that finds more than one pod starts in panic.
describe('the KPA, asked once', () => {
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: '0.5 / 0.5 = 1', desired: 1, minutes: [{ offered: 0.5 }], wants: null },
    { why: '3.3 / 0.5 = 6.6', desired: 4, minutes: [{ offered: 3.3 }], wants: 7 },
    { why: 'a first look at four pods takes none of them away', desired: 4, minutes: [{ offered: 0.5 }], wants: null },
    { why: 'no pod is ready: as if one were', desired: 2, ages: [], minutes: [{ offered: 1.5 }], wants: 3 },
    {
      why: 'at most a thousand times what is ready: 800 / 0.5 = 1600',
      desired: 1,
      minutes: [{ offered: 800 }],
      wants: 1000,
    },
    { why: 'a missing minute', desired: 4, minutes: [{ offered: 9 }, null], wants: null },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(kpa, moment, { max: 5000 })).toBe(wants);
  });
});

describe('the KPA over time', () => {
  /** [seconds, pods that are desired and ready, demand (`null`: not published), what it wants]. */
  type Row = readonly [number, number, number | null, number | null];
  function check(rows: readonly Row[]): void {
    const scaler = kpa.create(SETTINGS);
    const wants = rows.map(([atSeconds, desired, offered]) => {
      const minutes = [offered === null ? null : { offered }];
      return scaler.step(viewOf({ nowMs: T0 + atSeconds * 1000, desired, minutes }))?.desired ?? null;
    });
    expect(wants).toEqual(rows.map((row) => row[3]));
  }

  it('leaves the panic that it starts in after more than 60 s, and then goes down by half at most', () => {
    check([
      [0, 10, 1, null],
      [60, 10, 1, null],
      [62, 10, 1, 5], // 1 / 0.5 = 2, and half of ten is 5
      [64, 5, 1, 2], // half of five is 2
      [66, 2, 1, null],
    ]);
  });

  it('panics when twice what is ready is needed, and keeps the most that it wanted', () => {
    check([
      [0, 1, 0.5, null],
      [2, 1, 1, 2], // 2 of 1 is the threshold
      [4, 1, 2.4, 5], // 4.8
      [6, 5, 1.2, null], // 2.4 would do
      [64, 5, 1.2, null], // 60 s after the threshold was crossed
      [66, 5, 1.2, 3],
    ]);
  });

  it('does not panic below twice', () => {
    check([
      [0, 1, 0.5, null],
      [2, 3, 2.4, 5], // 5 of 3 is 1.67
      [4, 5, 1.2, 3],
    ]);
  });

  it('stays in a panic that is renewed', () => {
    check([
      [0, 1, 1, 2],
      [40, 2, 2, 4], // 4 of 2
      [80, 4, 0.5, null], // 80 s after the first, 40 s after the second
      [102, 4, 0.5, 2], // half of four
    ]);
  });

  it('keeps the most that it wanted when a panic is renewed while pods still start', () => {
    check([
      [0, 1, 2.5, 5],
      [2, 1, 1.5, 5], // 3 of 1, in panic anew: the five stay wanted
    ]);
  });

  it('never scales to zero', () => {
    check([
      [0, 1, 0, null], // half of one is none
      [2, 1, 0, null],
    ]);
  });

  it('holds through missing minutes', () => {
    check([
      [0, 10, 1, null],
      [100, 10, null, null],
      [102, 10, 1, 5],
    ]);
  });
});
