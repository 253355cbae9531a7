/** From datapoints to the number of instances they need: recommend and combine. */
import type { Band, Point, ScalingPolicy, ScalingState, Signal } from './model.ts';
import { coveredBetween, isFresh } from './scaling-memory.ts';

/** Keeps a load that is exactly n targets from needing n + 1 instances because 0.1 + 0.2 is not 0.3, and 88 / 80 within 1 ± 0.1. */
const EPSILON = 1e-9;

/** Whole instances for a load of so many. */
export function wholeInstances(exact: number): number {
  return Math.max(0, Math.ceil(exact - EPSILON));
}

/** Whether nothing is to be changed for so small a difference: a ratio within 1 ± tolerance. */
export function isWithin(ratio: number, tolerance: number): boolean {
  return Math.abs(ratio - 1) <= tolerance + EPSILON;
}

/** The highest band crossed wins: above, the one with the highest threshold; below, the one with the lowest. */
function bandChange(bands: readonly Band[], value: number): number {
  let highest = -Infinity;
  let lowest = Infinity;
  let add = 0;
  let remove = 0;
  for (const band of bands) {
    if ('above' in band) {
      if (value > band.above && band.above > highest) [highest, add] = [band.above, band.add];
    } else if (value < band.below && band.below < lowest) [lowest, remove] = [band.below, band.remove];
  }
  return highest > -Infinity ? add : -remove;
}

/**
 * The instances that this datapoint asks for, as an absolute number, so that capacity already on its way is not asked
 * for twice. `desired` where it asks for no change: inside the tolerance, between the bands, or covering no instance.
 * The rule is that of the Kubernetes HPA (replica_calculator.go), on the fleet's load instead of a ratio of replicas.
 */
export function needOf(scaling: ScalingPolicy, signal: Signal, point: Point, desired: number): number {
  if (point.covered === 0) return desired;
  if (signal.steps !== undefined) {
    const change = bandChange(signal.steps, point.value);
    // A band counts whole instances: rounded up, the one that joined in the last seconds would count in full.
    return change === 0 ? desired : Math.max(0, Math.round(point.covered) + change);
  }
  const ratio = point.value / (signal.target as number);
  if (isWithin(ratio, scaling.tolerance)) return desired;
  return wholeInstances(ratio * point.covered);
}

/** One signal's recommendation; `need` is `null` without a fresh datapoint. */
export type Recommendation =
  | { readonly signal: Signal; readonly need: number; readonly point: Point }
  | { readonly signal: Signal; readonly need: null };

/** What each signal asks for, from its newest datapoint, in the policy's order. */
export function recommend(
  scaling: ScalingPolicy,
  state: ScalingState,
  desired: number,
  nowMs: number,
): Recommendation[] {
  return scaling.signals.map((signal) => {
    const points = state.points[signal.name] ?? [];
    const point = points.at(-1);
    if (point === undefined || !isFresh(signal, point, nowMs)) return { signal, need: null };
    return { signal, need: needOf(scaling, signal, point, desired), point };
  });
}

/** What the stabilization window says of scaling in. */
export interface WindowNeed {
  /** The largest need of any signal in its window. */
  readonly need: number;
  /** Datapoints that count (inside the window and later than the last change of fleet or record), and how many are needed. */
  readonly points: number;
  readonly pointsNeeded: number;
}

/**
 * When more instances were last seen than before, and how many. They may have been there for as long as the group could
 * not be read: a datapoint whose period began before may have covered all of them all the time, and nothing is taken away
 * on the guess that it did not.
 */
function lastGrowth({ counts }: ScalingState): ScalingState['counts'][number] {
  const index = counts.findLastIndex(({ count }, at) => count > (counts[at - 1]?.count ?? count));
  return counts[index] ?? { fromMs: 0, count: 0 };
}

/**
 * The largest need over the stabilization window, of the signal with the fewest usable datapoints. A point counts when
 * its whole period came after the last change and after `sinceMs`; one lost datapoint leaves the window incomplete: unknown
 * is not low.
 */
export function windowNeed(scaling: ScalingPolicy, state: ScalingState, desired: number, sinceMs = 0): WindowNeed {
  let worst: WindowNeed = { need: 0, points: 0, pointsNeeded: 0 };
  const grown = lastGrowth(state);
  const fromMs = Math.max(state.lastChangeMs, sinceMs);
  let need = 0;
  scaling.signals.forEach((signal, index) => {
    const periodMs = signal.metric.periodSeconds * 1000;
    const all = state.points[signal.name] ?? [];
    const newestMs = all.at(-1)?.startMs ?? 0;
    const oldestMs = newestMs - Math.max(scaling.scaleIn.stabilizationSeconds * 1000, periodMs);
    const points = all.filter((p) => p.startMs > oldestMs && p.startMs >= fromMs);
    const pointsNeeded = Math.max(1, Math.ceil((scaling.scaleIn.stabilizationSeconds * 1000) / periodMs));
    for (const point of points) {
      // Of what is gone, what was last seen late in the period may have been there until then.
      const stayed = coveredBetween(state.counts, point.startMs, point.startMs + periodMs);
      const most = Math.max(point.covered, stayed, point.startMs < grown.fromMs ? grown.count : 0);
      need = Math.max(need, needOf(scaling, signal, { ...point, covered: most }, desired));
    }
    const missing = pointsNeeded - points.length;
    if (index === 0 || missing > worst.pointsNeeded - worst.points)
      worst = { need: 0, points: points.length, pointsNeeded };
  });
  return { ...worst, need };
}
