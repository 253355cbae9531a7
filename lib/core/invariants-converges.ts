/** (18) That capacity comes to rest under a steady load, where the policy has a point at which it would. */
import type { Book } from './invariants-book.ts';
import { type Effect, unless } from './invariants-case.ts';
import { resizeOf } from './invariants-scaling.ts';
import { lastOf } from './invariants-timeline.ts';
import type { Signal } from './model.ts';

/** So many sizes are tried: a step weighs most where the fleet is small. */
const TRIED = 200;

/** Whether one step of these bands, taken at the very edge of one, lands short of the opposite band, from any size. */
function stepsRest(steps: NonNullable<Signal['steps']>, min: number, max: number): boolean {
  const up = steps.flatMap((band) => ('above' in band ? [band] : []));
  const down = steps.flatMap((band) => ('below' in band ? [band] : []));
  const lowest = Math.max(Number.NEGATIVE_INFINITY, ...down.map((band) => band.below));
  const highest = Math.min(Number.POSITIVE_INFINITY, ...up.map((band) => band.above));
  for (let n = Math.max(1, min); n <= Math.min(max, min + TRIED); n++) {
    const grown = up.some(({ above, add }) => (above * n) / Math.min(max, n + add) < lowest);
    const shrunk = down.some(({ below, remove }) => (below * n) / Math.max(1, min, n - remove) > highest);
    if (grown || shrunk) return false;
  }
  return true;
}

/**
 * Whether the policy has a capacity at which it would stay under a steady load. Bands may leap over each other, and a
 * statistic that grows with the number of instances has no such point: that is the policy's doing, not the controller's.
 */
function canRest({ scaling, fleet }: Book['policy']): boolean {
  if (scaling === undefined || fleet === undefined) return true;
  const { min, max } = fleet.capacity;
  return scaling.signals.every(({ steps, metric }) => {
    const perInstance = metric.statistic !== 'Sum' && metric.statistic !== 'SampleCount';
    return (perInstance || metric.namespace !== 'AWS/EC2') && (steps === undefined || stepsRest(steps, min, max));
  });
}

/** Until a fleet has answered to what is over: a metric and a boot, twice. */
const SETTLE_MS = 480_000;

/** Out, in and out again, or the other way round, is not converging. */
const TURNS = 3;

/** (18) Under a steady load capacity converges: since the last trouble it turns at most once. Notes the change. */
export function converges(effect: Effect): string[] {
  const resize = resizeOf(effect);
  if (resize === null || resize.site !== effect.book.sites.primary) return [];
  const { directions, policy } = effect.book;
  // Between two sites clients choose anew each time that they ask for the name.
  const shares = Object.values(lastOf(effect.book.served) ?? {}).filter((weight) => weight > 0).length;
  const settledMs = effect.book.steadySinceMs + SETTLE_MS + (policy.scaling?.scaleIn.stabilizationSeconds ?? 0) * 1000;
  // The step for a missing signal answers no load.
  if (effect.saved.action.reason === 'SIGNAL_MISSING_OUT') return [];
  // What came before the last trouble goes on being answered for a while.
  if (effect.effectMs < settledMs || shares > 1 || !canRest(policy)) {
    directions.length = 0;
    return [];
  }
  const direction = Math.sign(resize.to - resize.from);
  if (directions.at(-1) !== direction) directions.push(direction);
  return unless(directions.length < TURNS, `capacity goes up and down under a steady load, now to ${resize.to}`);
}
