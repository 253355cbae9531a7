/** What is always so of the instances that a datapoint covered. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveredBetween } from '../../lib/core/scaling-memory.ts';
import { always } from './arbitraries.ts';

const anyCounts = fc
  .uniqueArray(fc.record({ fromMs: fc.nat(600_000), count: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 12,
    selector: ({ fromMs }) => fromMs,
  })
  .map((counts) => counts.sort((a, b) => a.fromMs - b.fromMs));
const anyPeriod = fc.record({ startMs: fc.nat(600_000), periodMs: fc.integer({ min: 1000, max: 300_000 }) });

describe('the instances in service on average', () => {
  it('always lie between the fewest and the most of the period, and are their number when it did not change', () => {
    always(fc.tuple(anyCounts, anyPeriod), ([counts, { startMs, periodMs }]) => {
      const endMs = startMs + periodMs;
      const first = Math.max(
        0,
        counts.findLastIndex(({ fromMs }) => fromMs <= startMs),
      );
      const seen = counts.filter(({ fromMs }, index) => index >= first && (index === first || fromMs < endMs));
      const sizes = seen.map(({ count }) => count);
      const mean = coveredBetween(counts, startMs, endMs);
      expect(mean).toBeGreaterThanOrEqual(Math.min(...sizes) - 1e-9);
      expect(mean).toBeLessThanOrEqual(Math.max(...sizes) + 1e-9);
      if (new Set(sizes).size === 1) expect(mean).toBeCloseTo(sizes[0] as number, 9);
    });
  });

  it('are always the same of two halves, taken together, as of the whole', () => {
    always(fc.tuple(anyCounts, anyPeriod), ([counts, { startMs, periodMs }]) => {
      const [midMs, endMs] = [startMs + periodMs, startMs + 2 * periodMs];
      const halves = coveredBetween(counts, startMs, midMs) + coveredBetween(counts, midMs, endMs);
      expect(coveredBetween(counts, startMs, endMs)).toBeCloseTo(halves / 2, 6);
    });
  });
});
