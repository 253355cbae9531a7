import { describe, expect, it } from 'vitest';
import { type Load, trendAt } from '../../lib/core/trend.ts';
import { MINUTE, T0 } from './builders.ts';

const loads = (...values: number[]): Load[] => values.map((load, i) => ({ atMs: T0 + i * MINUTE, load }));
const inMinutes = (n: number): number => T0 + n * MINUTE;

describe('a trend', () => {
  it('goes on as it rose', () => {
    expect(trendAt(loads(10, 12, 14, 16, 18), inMinutes(8))).toBeCloseTo(26);
    expect(trendAt(loads(10, 12, 14, 16, 18, 20), inMinutes(8))).toBeCloseTo(26);
  });

  it('is not bent by one odd datapoint', () => {
    expect(trendAt(loads(10, 12, 90, 16, 18, 20, 22), inMinutes(8))).toBeCloseTo(26, 0);
    expect(trendAt(loads(10, 12, 14, 16, 0, 20, 22), inMinutes(8))).toBeCloseTo(26, 0);
  });

  it('is none while the load stands or falls', () => {
    expect(trendAt(loads(10, 10, 10, 10, 10), inMinutes(8))).toBeNull();
    expect(trendAt(loads(20, 18, 16, 14, 12), inMinutes(8))).toBeNull();
  });

  it('is none with fewer than five datapoints', () => {
    expect(trendAt(loads(10, 12, 14, 16), inMinutes(8))).toBeNull();
    expect(trendAt([], inMinutes(8))).toBeNull();
  });
});
