/** What the baselines share: reading the published minutes, and rounding to whole instances. */
import type { Minute, ScalerView, Settings, Wish } from '../model.ts';
import { MINUTE_MS } from '../resample.ts';

/** Keeps 0.1 + 0.2 from needing a fourth tenth, and 88 / 80 inside 1 ± 0.1: nothing hangs on how a number is rounded. */
export const EPSILON = 1e-9;

/** Rounded up to whole instances, never below zero. */
export function roundUp(instances: number): number {
  return Math.max(0, Math.ceil(instances - EPSILON));
}

/** Rounded down to whole instances, never below zero. */
export function roundDown(instances: number): number {
  return Math.max(0, Math.floor(instances + EPSILON));
}

/**
 * The newest `count` minutes, oldest first. `null` while they are not there: the newest that is due was not published, or
 * one between them is missing. What is unknown is not low.
 */
export function currentMinutes(view: ScalerView, settings: Settings, count: number): readonly Minute[] | null {
  const minutes = view.lastMinutes(count);
  const [oldest, newest] = [minutes.at(0), minutes.at(-1)];
  if (oldest === undefined || newest === undefined || minutes.length < count) return null;
  if (newest.startMs - oldest.startMs !== (count - 1) * MINUTE_MS) return null;
  const overdueMs = view.nowMs - newest.startMs - MINUTE_MS - settings.metricDelaySeconds * 1000;
  return overdueMs < MINUTE_MS ? minutes : null;
}

/** The newest minute, if it is the one that is due; else `null`. */
export function currentMinute(view: ScalerView, settings: Settings): Minute | null {
  return currentMinutes(view, settings, 1)?.[0] ?? null;
}

/** Load that arrived, in instances at their target: mu = `targetPercent` of one instance, and the result is load / mu. */
export function offeredLoad({ offered }: Minute, { targetPercent }: Settings): number {
  return offered / (targetPercent / 100);
}

/** Load that the instances bore, in instances at their target. A saturated fleet shows no more than 100 % of itself. */
export function carriedLoad({ cpu, inService }: Minute, { targetPercent }: Settings): number {
  return (cpu * inService) / targetPercent;
}

/** A change to `desired` inside the bounds; `null` where that is no change. A scaler remembers only what it really changed. */
export function change(view: ScalerView, settings: Settings, desired: number, reason: string): Wish | null {
  const bounded = Math.min(settings.max, Math.max(settings.min, desired));
  return bounded === view.desired ? null : { desired: bounded, reason };
}

/** A number for people: at most one decimal. */
export function shown(value: number): string {
  return String(Math.round(value * 10) / 10);
}
