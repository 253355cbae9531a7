import { describe, expect, it } from 'vitest';
import {
  targetTrackingEc2,
  targetTrackingEcs,
  targetTrackingRequests,
} from '../../../lib/backtest/baselines/target-tracking.ts';
import type { Baseline } from '../../../lib/backtest/model.ts';
import { first, live, type Moment, SETTINGS, T0, times, viewOf } from '../view.ts';

const HOUR = 3600;

// Target 50 % throughout. Out: ceil(capacity × CPU / 50). In: ceil(instances of the datapoint × CPU / 50).
describe('both variants', () => {
  const both: [string, Baseline][] = [
    ['EC2', targetTrackingEc2],
    ['ECS', targetTrackingEcs],
  ];
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: '4 × 80 / 50 = 6.4, rounded up', desired: 4, minutes: times(3, { cpu: 80 }), wants: 7 },
    { why: '4 × 75 / 50 = 6 exactly', desired: 4, minutes: times(3, { cpu: 75 }), wants: 6 },
    {
      why: 'the newest datapoint decides how much: 4 × 60 / 50 = 4.8',
      desired: 4,
      minutes: [{ cpu: 99 }, { cpu: 90 }, { cpu: 60 }],
      wants: 5,
    },
    {
      why: 'two datapoints above are no alarm',
      desired: 4,
      minutes: [{ cpu: 50 }, { cpu: 90 }, { cpu: 90 }],
      wants: null,
    },
    { why: 'at the target is not above it', desired: 4, minutes: times(15, { cpu: 50 }), wants: null },
    { why: 'a saturated fleet shows 100 %: 2 × 100 / 50', desired: 2, minutes: times(3, { cpu: 100 }), wants: 4 },
    { why: '10 × 20 / 50 = 4', desired: 10, minutes: times(15, { cpu: 20 }), wants: 4 },
    {
      why: '7 × 31 / 50 = 4.34: removes 2.66, rounded down to 2',
      desired: 7,
      minutes: times(15, { cpu: 31 }),
      wants: 5,
    },
    {
      why: '2 × 30 / 50 = 1.2: one instance fewer would be at 60 %',
      desired: 2,
      minutes: times(15, { cpu: 30 }),
      wants: null,
    },
    {
      why: 'fourteen datapoints below are no alarm',
      desired: 10,
      minutes: [{ cpu: 46 }, ...times(14, { cpu: 20 })],
      wants: null,
    },
    {
      why: 'a missing datapoint among fifteen is insufficient data',
      desired: 10,
      minutes: [{ cpu: 20 }, ...times(7, { cpu: 20 }), null, ...times(7, { cpu: 20 })],
      wants: null,
    },
    {
      why: 'a missing newest datapoint: no scale-in',
      desired: 10,
      minutes: [...times(15, { cpu: 20 }), null],
      wants: null,
    },
    {
      why: 'a missing newest datapoint: no scale-out',
      desired: 4,
      minutes: [...times(3, { cpu: 90 }), null],
      wants: null,
    },
    {
      why: 'a missing datapoint among three: no scale-out',
      desired: 4,
      minutes: [{ cpu: 90 }, { cpu: 90 }, null, { cpu: 90 }],
      wants: null,
    },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
    {
      why: 'what an earlier scale-in took away is not taken away twice: 10 × 20 / 50 = 4',
      desired: 4,
      minutes: times(15, { cpu: 20, inService: 10 }),
      wants: null,
    },
  ];

  describe.each(both)('%s', (_, baseline) => {
    it.each(cases)('$why', ({ wants, ...moment }) => {
      expect(first(baseline, moment)).toBe(wants);
    });

    it('keeps to the bounds and says nothing there', () => {
      expect(first(baseline, { desired: 4, minutes: times(3, { cpu: 100 }) }, { max: 5 })).toBe(5);
      expect(first(baseline, { desired: 5, minutes: times(3, { cpu: 100 }) }, { max: 5 })).toBeNull();
      expect(first(baseline, { desired: 4, minutes: times(15, { cpu: 0 }) }, { min: 2 })).toBe(2);
    });

    it('says what it saw', () => {
      const wish = baseline.create(SETTINGS).step(viewOf({ desired: 4, minutes: times(3, { cpu: 80 }) }));
      expect(wish?.reason).toBe('CPU 80 % above 50 % for 3 minutes');
    });
  });
});

describe('target tracking on EC2', () => {
  // The low alarm is below 0.70 × 50 = 35 %.
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: '35 % is not below the low alarm', desired: 10, minutes: times(15, { cpu: 35 }), wants: null },
    { why: 'just below it: 10 × 34.9 / 50 = 6.98', desired: 10, minutes: times(15, { cpu: 34.9 }), wants: 7 },
    {
      why: 'one of two instances warms up: 1 × 90 / 50 = 1.8, and two are desired',
      desired: 2,
      ages: [HOUR, 60],
      minutes: times(3, { cpu: 90 }),
      wants: null,
    },
    {
      why: 'a larger need than what warms up: 4 × 90 / 50 = 7.2, six are desired',
      desired: 6,
      ages: [...times4(HOUR), 60, 60],
      minutes: times(3, { cpu: 90 }),
      wants: 8,
    },
    {
      why: 'a scale-out takes nothing away: 1 × 60 / 50 = 1.2, three are desired',
      desired: 3,
      ages: [HOUR, 60, 60],
      minutes: times(3, { cpu: 60 }),
      wants: null,
    },
    {
      why: 'no scale-in while an instance warms up',
      desired: 10,
      ages: [...Array<number>(9).fill(HOUR), 119],
      minutes: times(15, { cpu: 20 }),
      wants: null,
    },
    {
      why: 'no scale-in while an instance boots',
      desired: 10,
      ages: Array<number>(9).fill(HOUR),
      minutes: times(15, { cpu: 20 }),
      wants: null,
    },
    {
      why: 'warmed up, to the second',
      desired: 10,
      ages: [...Array<number>(9).fill(HOUR), 120],
      minutes: times(15, { cpu: 20 }),
      wants: 4,
    },
  ];
  function times4(age: number): number[] {
    return [age, age, age, age];
  }

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(targetTrackingEc2, moment)).toBe(wants);
  });
});

// Target 50 %: half of what an instance serves. The low alarm is below 0.90 × 50 = 45 %.
describe('target tracking on requests per target', () => {
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: 'requests do not end at 100 % CPU: 4 × 150 / 50', desired: 4, minutes: times(3, { offered: 6 }), wants: 12 },
    {
      why: 'at the target is not above it: 2 of 4 is 50 %',
      desired: 4,
      minutes: times(15, { offered: 2 }),
      wants: null,
    },
    {
      why: 'two datapoints above are no alarm',
      desired: 4,
      minutes: [{ offered: 2 }, { offered: 6 }, { offered: 6 }],
      wants: null,
    },
    { why: '45 % is not below the low alarm', desired: 10, minutes: times(15, { offered: 4.5 }), wants: null },
    { why: 'just below it: 4.4 / 0.5 = 8.8', desired: 10, minutes: times(15, { offered: 4.4 }), wants: 9 },
    {
      why: 'fourteen datapoints below are no alarm',
      desired: 10,
      minutes: [{ offered: 5 }, ...times(14, { offered: 2 })],
      wants: null,
    },
    {
      why: 'one of three warms up: 2 × 133.3 / 50 = 5.3',
      desired: 3,
      ages: [HOUR, HOUR, 60],
      minutes: times(3, { offered: 4 }),
      wants: 6,
    },
    {
      why: 'no scale-in while an instance warms up',
      desired: 10,
      ages: [...Array<number>(9).fill(HOUR), 119],
      minutes: times(15, { offered: 2 }),
      wants: null,
    },
    { why: 'a missing newest datapoint', desired: 4, minutes: [...times(15, { offered: 6 }), null], wants: null },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(targetTrackingRequests, moment)).toBe(wants);
  });

  it('says what it saw', () => {
    const wish = targetTrackingRequests
      .create(SETTINGS)
      .step(viewOf({ desired: 4, minutes: times(3, { offered: 6 }) }));
    expect(wish?.reason).toBe('requests worth a CPU of 150 % above 50 % for 3 minutes');
  });
});

describe('target tracking on ECS', () => {
  it.each([
    { why: '45 % is not below 0.90 × 50', cpu: 45, wants: null },
    { why: 'just below it: 10 × 44.9 / 50 = 8.98', cpu: 44.9, wants: 9 },
  ])('$why', ({ cpu, wants }) => {
    expect(first(targetTrackingEcs, { desired: 10, minutes: times(15, { cpu }) })).toBe(wants);
  });

  /** What it wants at these seconds, one after the other, of a fleet that is always all in service. */
  function over(moments: readonly (Omit<Moment, 'nowMs'> & { atSeconds: number })[]): (number | null)[] {
    const scaler = targetTrackingEcs.create(SETTINGS);
    return moments.map(({ atSeconds, ...moment }) => {
      return scaler.step(viewOf({ ...moment, nowMs: T0 + atSeconds * 1000 }))?.desired ?? null;
    });
  }
  const at = (cpu: number): Moment['minutes'] => times(15, { cpu });

  it('counts what was added as the answer to the same load until the cooldown is over', () => {
    const answers = over([
      { atSeconds: 0, desired: 4, minutes: at(80) }, // 4 × 80 / 50 = 6.4
      { atSeconds: 60, desired: 7, minutes: at(80) }, // still 4 × 1.6
      { atSeconds: 120, desired: 7, minutes: at(90) }, // 4 × 1.8 = 7.2: a larger need passes, and cools down anew
      { atSeconds: 360, desired: 8, minutes: at(90) }, // 240 s after that: still 4 × 1.8
      { atSeconds: 420, desired: 8, minutes: at(90) }, // over: 8 × 1.8 = 14.4
    ]);
    expect(answers).toEqual([7, null, 8, null, 15]);
  });

  it('does not scale in while a task starts', () => {
    const ages = Array<number>(9).fill(HOUR);
    expect(first(targetTrackingEcs, { desired: 10, ages, minutes: at(20) })).toBeNull();
  });

  it('scales in once in 300 s, and a scale-out ends that wait', () => {
    const answers = over([
      { atSeconds: 0, desired: 10, minutes: at(40) }, // 10 × 40 / 50 = 8
      { atSeconds: 240, desired: 8, minutes: at(30) }, // 8 × 0.6 = 4.8, but it cools down
      { atSeconds: 300, desired: 8, minutes: at(30) },
      { atSeconds: 360, desired: 5, minutes: at(60) }, // out: 5 × 1.2 = 6
      { atSeconds: 420, desired: 6, minutes: at(20) }, // in, 120 s after the last scale-in: 6 × 0.4 = 2.4
    ]);
    expect(answers).toEqual([8, null, 5, 6, 3]);
  });
});

describe('a fleet that is at 10 % of CPU', () => {
  // Four instances and a demand of 0.4. A scale-in would go to 0.4 / 0.5, one instance.
  const demand = Array<number>(120).fill(0.4);

  it('is scaled in once', () => {
    const lived = live(targetTrackingEc2.create(SETTINGS), SETTINGS, demand, { desired: 4 });
    expect(lived.wishes.map(({ desired }) => desired)).toEqual([1]);
  });

  it('is not scaled in while every tenth minute is missing', () => {
    const holed = demand.map((offered, minute) => (minute % 10 === 5 ? null : offered));
    expect(live(targetTrackingEc2.create(SETTINGS), SETTINGS, holed, { desired: 4 }).wishes).toEqual([]);
  });
});
