/** What is remembered of a signal that is forecast, and days of load to learn it from. */
import { emptyCurve, logOf, type Season, SLOT_MS, withSlot } from '../../lib/core/curve.ts';
import type { ForecastMemory } from '../../lib/core/model.ts';
import type { Judge } from '../../lib/core/room.ts';
import { MINUTE } from './builders.ts';

/** A memory that has learnt nothing of a signal with target 80 and no season. */
export function memoryOf(changes: Partial<ForecastMemory> = {}): ForecastMemory {
  return {
    unit: 80,
    season: '',
    slot: { index: 0, sum: 0, points: 0, hidden: false },
    before: null,
    learntMs: 0,
    awayMs: 0,
    seasonSkill: { came: 0, foretold: 0 },
    trendSkill: { came: 0, foretold: 0 },
    bet: null,
    ...changes,
  };
}

/** Room is judged by minutes whose datapoints come a minute late, for servers that serve three minutes after their order. */
export const JUDGE: Judge = {
  ...{ full: 100, target: 0.8, overloadCostMinutes: 10, least: 1, most: 1000 },
  ...{ periodMs: MINUTE, lagMs: MINUTE, leadMs: 4 * MINUTE, countsStarting: false },
};

/** A skill in which all that was foretold came. */
export const PROVED = { came: 1, foretold: 1 };

/** A curve that has learnt this load (in units) in each slot from one time to another. */
export function curveOf(season: Season, fromMs: number, untilMs: number, load: (atMs: number) => number): string {
  let curve = emptyCurve(season);
  for (let index = Math.floor(fromMs / SLOT_MS); index < Math.floor(untilMs / SLOT_MS); index += 1)
    curve = withSlot(curve, index, logOf(load((index + 0.5) * SLOT_MS)));
  return curve;
}
