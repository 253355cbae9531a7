import { describe, expect, it } from 'vitest';
import { hpa, proposal } from '../../../lib/backtest/baselines/hpa.ts';
import { first, type Moment, SETTINGS, T0, viewOf } from '../view.ts';

// The first five are cases of Kubernetes' own replica_calculator_test.go, by their means.
describe('what the replica calculator proposes', () => {
  it.each([
    { current: 3, ready: 3, unready: 0, ratio: 50 / 30, gives: 5, why: 'scale up: 3 × 50 / 30 = 5' },
    {
      current: 3,
      ready: 2,
      unready: 1,
      ratio: 60 / 30,
      gives: 4,
      why: 'unready pods use nothing: 2 × 60 / 30 = 4 of 3, ratio 1.33',
    },
    {
      current: 3,
      ready: 1,
      unready: 2,
      ratio: 40 / 30,
      gives: 3,
      why: 'with unready pods the direction flips: 1 × 40 / 30 of 3 is 0.44',
    },
    { current: 5, ready: 5, unready: 0, ratio: 28 / 50, gives: 3, why: 'scale down: 5 × 28 / 50 = 2.8' },
    {
      current: 5,
      ready: 3,
      unready: 2,
      ratio: 30 / 50,
      gives: 2,
      why: 'scaling down, unready pods do not count: 3 × 30 / 50 = 1.8',
    },
    { current: 10, ready: 10, unready: 0, ratio: 88 / 80, gives: 10, why: '1.1 is tolerated' },
    { current: 10, ready: 10, unready: 0, ratio: 88.1 / 80, gives: 12, why: '1.10125 is not: 11.0125' },
    { current: 10, ready: 10, unready: 0, ratio: 72 / 80, gives: 10, why: '0.9 is tolerated' },
    { current: 10, ready: 10, unready: 0, ratio: 71.9 / 80, gives: 9, why: '0.89875 is not: 8.9875' },
    { current: 10, ready: 9, unready: 1, ratio: 1.2, gives: 10, why: 'what is left of 1.2 is 1.08, and tolerated' },
    { current: 3, ready: 3, unready: 0, ratio: 0, gives: 0, why: 'no load' },
  ])('$why', ({ current, ready, unready, ratio, gives }) => {
    expect(proposal(current, ready, unready, ratio)).toBe(gives);
  });
});

// Target 50 %. The newest datapoint began 120 s ago: an instance must be as old to be ready.
describe('the HPA', () => {
  const HOUR = 3600;
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: '4 × 80 / 50 = 6.4', desired: 4, minutes: [{ cpu: 80 }], wants: 7 },
    {
      why: 'two of six are younger than the datapoint: 4 × 90 / 50 = 7.2',
      desired: 6,
      ages: [HOUR, HOUR, HOUR, HOUR, 119, 119],
      minutes: [{ cpu: 90 }],
      wants: 8,
    },
    {
      why: 'three of six boot: 3 × 90 / 50 of 6 is 0.9',
      desired: 6,
      ages: [HOUR, HOUR, HOUR],
      minutes: [{ cpu: 90 }],
      wants: null,
    },
    { why: 'nobody ready: no metric', desired: 2, ages: [10, 10], minutes: [{ cpu: 90 }], wants: null },
    {
      why: 'no more are ready than desired: 3 × 60 / 50 = 3.6, where four would be 4.8',
      desired: 3,
      ages: [HOUR, HOUR, HOUR, HOUR],
      minutes: [{ cpu: 60 }],
      wants: 4,
    },
    { why: 'no replicas: disabled', desired: 0, minutes: [{ cpu: 0 }], wants: null },
    { why: 'a missing minute', desired: 4, minutes: [{ cpu: 90 }, null], wants: null },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(hpa, moment)).toBe(wants);
  });

  it.each([
    { why: '1 × 100 / 10 = 10, but at most four from fewer than two', desired: 1, wants: 4 },
    { why: '5 × 100 / 10 = 50, but at most twice as many', desired: 5, wants: 10 },
  ])('at a target of 10 %: $why', ({ wants, desired }) => {
    expect(first(hpa, { desired, minutes: [{ cpu: 100 }] }, { targetPercent: 10 })).toBe(wants);
  });

  /** What it wants at these seconds, at so much CPU (`null`: not published), of ten instances. */
  function over(asks: readonly [number, number | null][]): (number | null)[] {
    const scaler = hpa.create(SETTINGS);
    return asks.map(([atSeconds, cpu]) => {
      const minutes = [cpu === null ? null : { cpu }];
      return scaler.step(viewOf({ nowMs: T0 + atSeconds * 1000, desired: 10, minutes }))?.desired ?? null;
    });
  }

  it('scales in to the highest recommendation of 300 s, the first being what it found', () => {
    // 10 × 20 / 50 = 4 and 10 × 30 / 50 = 6. The ten that it found count until 300 s, the six until 315 + 300 s.
    expect(
      over([
        [0, 20],
        [300, 20],
        [301, 20],
        [315, 30],
        [615, 20],
        [616, 20],
      ]),
    ).toEqual([null, null, 4, 6, 6, 4]);
  });

  it('takes no missing minute for a recommendation', () => {
    expect(
      over([
        [0, 20],
        [150, null],
        [301, null],
        [302, 20],
      ]),
    ).toEqual([null, null, null, 4]);
  });

  it('changes nothing while nobody is ready, however long', () => {
    const scaler = hpa.create(SETTINGS);
    const ask = (atSeconds: number) =>
      scaler.step(viewOf({ nowMs: T0 + atSeconds * 1000, desired: 2, ages: [10, 10], minutes: [{ cpu: 1 }] }));
    expect([ask(0), ask(301)]).toEqual([null, null]);
  });

  it('never wants fewer than one', () => {
    expect(
      over([
        [0, 0],
        [301, 0],
      ]),
    ).toEqual([null, 1]);
  });
});
