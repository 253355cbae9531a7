import { describe, expect, it } from 'vitest';
import { computeEngine } from '../../../lib/backtest/baselines/compute-engine.ts';
import { first, type Moment, times } from '../view.ts';

// Target 50 %: ceil(instances × CPU / 50), the highest of ten minutes.
describe('Compute Engine', () => {
  const cases: (Moment & { why: string; wants: number | null })[] = [
    { why: 'at the target', desired: 4, minutes: times(10, { cpu: 50 }), wants: null },
    {
      why: '4 × 80 / 50 = 6.4, in the newest minute',
      desired: 4,
      minutes: [...times(9, { cpu: 25 }), { cpu: 80 }],
      wants: 7,
    },
    { why: '4 × 75 / 50 = 6, ten minutes ago', desired: 4, minutes: [{ cpu: 75 }, ...times(9, { cpu: 25 })], wants: 6 },
    {
      why: 'eleven minutes ago is over: 4 × 25 / 50 = 2',
      desired: 4,
      minutes: [{ cpu: 75 }, ...times(10, { cpu: 25 })],
      wants: 2,
    },
    { why: '7 × 31 / 50 = 4.34: removes 2.66, rounded down', desired: 7, minutes: times(10, { cpu: 31 }), wants: 5 },
    { why: 'a single minute scales out: 4 × 75 / 50', desired: 4, minutes: [{ cpu: 75 }], wants: 6 },
    { why: 'nine minutes scale nothing in', desired: 4, minutes: times(9, { cpu: 25 }), wants: null },
    {
      why: 'a missing minute among ten scales nothing in',
      desired: 4,
      minutes: [...times(5, { cpu: 25 }), null, ...times(5, { cpu: 25 })],
      wants: null,
    },
    { why: 'nor does a missing newest one', desired: 4, minutes: [...times(10, { cpu: 25 }), null], wants: null },
    {
      why: 'a missing newest minute scales nothing out',
      desired: 4,
      minutes: [...times(10, { cpu: 99 }), null],
      wants: null,
    },
    {
      why: 'load is that of the machines that bore it: 10 × 20 / 50 = 4',
      desired: 4,
      minutes: times(10, { cpu: 20, inService: 10 }),
      wants: null,
    },
    {
      why: 'before a gap of twelve minutes is over',
      desired: 4,
      minutes: [{ cpu: 99 }, ...times(12, null), { cpu: 25 }],
      wants: null,
    },
    { why: 'nothing published', desired: 4, minutes: [], wants: null },
  ];

  it.each(cases)('$why', ({ wants, ...moment }) => {
    expect(first(computeEngine, moment)).toBe(wants);
  });
});
