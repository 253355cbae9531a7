import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beatenBy, cheaperThan, frontierOf, type Point, saturationAt } from '../../lib/backtest/frontier.ts';

const at = (instanceHours: number, saturatedPercent: number): Point => ({
  targetPercent: 80,
  instanceHours,
  saturatedPercent,
});

describe('a frontier', () => {
  it('keeps the points that nothing is better than', () => {
    const points = [at(120, 1), at(100, 4), at(110, 5), at(120, 2), at(140, 1), at(150, 0)];
    expect(frontierOf(points)).toEqual([at(100, 4), at(120, 1), at(150, 0)]);
  });

  it('is a straight line between its points, and flat below and above them', () => {
    const frontier = [at(100, 4), at(120, 1)];
    expect(saturationAt(frontier, 99)).toBe(4);
    expect(saturationAt(frontier, 100)).toBe(4);
    expect(saturationAt(frontier, 110)).toBeCloseTo(2.5, 9);
    expect(saturationAt(frontier, 120)).toBe(1);
    expect(saturationAt(frontier, 999)).toBe(1);
    expect(saturationAt([], 100)).toBe(Infinity);
  });

  it('is beaten by what lies below it', () => {
    const frontier = [at(100, 4), at(120, 1)];
    const others = [at(110, 2.6), at(110, 2.4), at(99, 50), at(99, 3.9), at(130, 1), at(130, 0.9)];
    expect(beatenBy(frontier, others)).toEqual([at(110, 2.4), at(99, 3.9), at(130, 0.9)]);
    expect(cheaperThan(frontier, others)).toEqual([at(99, 50)]);
    expect(cheaperThan([], others)).toEqual([]);
  });

  it('is never beaten by any of the points that it was made of', () => {
    const point = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 })).map(([h, s]) => at(h, s));
    // Only the lower hull would be on its own lines throughout; a frontier is made of corners, each of which is on it.
    fc.assert(
      fc.property(fc.array(point, { minLength: 1 }), (points) => {
        const frontier = frontierOf(points);
        expect(beatenBy(frontier, frontier)).toEqual([]);
        expect(
          frontier.every(
            ({ instanceHours, saturatedPercent }) => saturationAt(frontier, instanceHours) <= saturatedPercent + 1e-9,
          ),
        ).toBe(true);
      }),
    );
  });
});
