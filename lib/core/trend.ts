/** The trend of the last minutes: a line that a few odd datapoints do not bend. */

/** So far back a trend reaches, and so many datapoints it needs. */
export const TREND_MS = 600_000;
export const FEWEST_POINTS = 5;
/** However steep a rise, nothing is expected to more than double. */
export const MOST_GROWTH = 2;

export interface Load {
  /** The middle of the period. */
  readonly atMs: number;
  readonly load: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/**
 * The load at `atMs` on the line through these, oldest first; `null` with too few of them, or where it does not rise.
 * The slope is the median of those of all pairs (Theil 1950, Sen 1968): up to 29 % of the datapoints may be anything.
 */
export function trendAt(loads: readonly Load[], atMs: number): number | null {
  if (loads.length < FEWEST_POINTS) return null;
  const slopes = loads.flatMap((a, i) => loads.slice(i + 1).map((b) => (b.load - a.load) / (b.atMs - a.atMs)));
  const slope = median(slopes);
  if (slope <= 0) return null;
  return median(loads.map((one) => one.load + slope * (atMs - one.atMs)));
}
