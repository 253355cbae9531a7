/**
 * Scalers compared over a range of targets. One point says little: whoever runs hotter pays less and is saturated more.
 * What counts is the frontier, the least saturation that can be had for each amount of instance-hours.
 */

export interface Point {
  readonly targetPercent: number;
  readonly instanceHours: number;
  readonly saturatedPercent: number;
}

/** Hours and shares that differ by less are the same. */
const EPSILON = 1e-9;

/** The points that no other is better than on one count and no worse on the other, by rising hours. */
export function frontierOf(points: readonly Point[]): Point[] {
  const sorted = points.toSorted(
    (a, b) => a.instanceHours - b.instanceHours || a.saturatedPercent - b.saturatedPercent,
  );
  let least = Infinity;
  return sorted.filter(({ saturatedPercent }) => {
    if (saturatedPercent >= least) return false;
    least = saturatedPercent;
    return true;
  });
}

/**
 * The least saturation that can be had for so many hours: between two points of the frontier, what switching between
 * their targets over time would give, a straight line. For fewer hours than its cheapest point it is that point's: whoever
 * pays less and is saturated no more beats it, and whoever pays less and is saturated more cannot be compared with it.
 */
export function saturationAt(frontier: readonly Point[], hours: number): number {
  const next = frontier.findIndex(({ instanceHours }) => instanceHours > hours + EPSILON);
  const before = frontier[next < 0 ? frontier.length - 1 : next - 1];
  const after = frontier[next];
  if (before === undefined) return after?.saturatedPercent ?? Infinity;
  if (next < 0 || after === undefined) return before.saturatedPercent;
  const share = Math.max(0, hours - before.instanceHours) / (after.instanceHours - before.instanceHours);
  return before.saturatedPercent + share * (after.saturatedPercent - before.saturatedPercent);
}

/** The points of another scaler that lie below this frontier: for the hours of each, or for more, it is saturated more. */
export function beatenBy(frontier: readonly Point[], others: readonly Point[]): Point[] {
  return others.filter(
    ({ instanceHours, saturatedPercent }) => saturationAt(frontier, instanceHours) > saturatedPercent + EPSILON,
  );
}

/** The points of another scaler that pay less than this frontier's cheapest and are saturated more: no target of it compares. */
export function cheaperThan(frontier: readonly Point[], others: readonly Point[]): Point[] {
  const [cheapest] = frontier;
  if (cheapest === undefined) return [];
  return others.filter(
    ({ instanceHours, saturatedPercent }) =>
      instanceHours < cheapest.instanceHours - EPSILON && saturatedPercent >= cheapest.saturatedPercent - EPSILON,
  );
}
