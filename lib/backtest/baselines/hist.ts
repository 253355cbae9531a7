/** Hist, the histogram-based autoscaler of the SPEC Research Group's comparisons (after Urgaonkar et al. 2008). */
import type { Baseline, Minute, Scaler, Settings } from '../model.ts';
import { change, currentMinute, offeredLoad, roundUp } from './reading.ts';
import { repaired } from './repair.ts';

const HOURS = 24;
const SAMPLES_PER_HOUR = 730;
const PERCENTILE = 0.9;
const CORRECTED_INTERVALS = 5;
const WATCHED_INTERVALS = 10;
const MOST_UNDER = 5;

function hourOf(ms: number): number {
  return new Date(ms).getUTCHours();
}

/** A prediction less what it was off lately; only a fifth of the error where that would leave nothing. */
function corrected(predicted: number, error: number): number {
  return predicted - error > 0 ? predicted - error : predicted - error / 5;
}

function histogram(settings: Settings): Scaler {
  const needs: number[][] = Array.from({ length: HOURS }, () => []);
  let errors: number[] = [];
  let seenMs = Number.NEGATIVE_INFINITY;

  function estimate(hour: number, desired: number): number {
    const last = errors.slice(-CORRECTED_INTERVALS);
    const error = last.length < CORRECTED_INTERVALS ? 0 : last.reduce((sum, one) => sum + one, 0) / last.length;
    const sorted = Float64Array.from(needs[hour] as number[]).sort();
    // Of an hour that it has not seen, it knows only what it has.
    return roundUp(corrected(sorted[Math.floor(sorted.length * PERCENTILE)] ?? desired, error));
  }

  function remember(minute: Minute, need: number): void {
    const samples = needs[hourOf(minute.startMs)] as number[];
    samples.push(need);
    if (samples.length > SAMPLES_PER_HOUR) samples.shift();
    seenMs = minute.startMs;
  }

  return {
    everySeconds: 60,
    step(view) {
      const newest = currentMinute(view, settings);
      if (newest === null || newest.startMs <= seenMs) return null;
      const load = offeredLoad(newest, settings);
      const need = roundUp(load);
      errors = [...errors, view.desired - need].slice(-WATCHED_INTERVALS);
      const hour = hourOf(view.nowMs);
      const desired = estimate(hour, view.desired);
      remember(newest, need);
      if (errors.filter((error) => error < 0).length > MOST_UNDER) {
        errors = [];
        const more = repaired(load, view.desired);
        if (more !== null) return change(view, settings, more, 'too few in most of ten minutes');
      }
      return change(view, settings, desired, `90th percentile of hour ${hour}, corrected`);
    },
  };
}

/** Hist: the 90th percentile of what this hour of the day needed, corrected by the latest errors. */
export const hist: Baseline = {
  name: 'hist',
  title: 'Hist',
  source:
    "ahmedaley/Autoscalers, Histogram.py (@0a626e5a), the author's own: rules read at the source, none of its code used (it has no licence). For an hour without history it corrects the capacity that it has. Inferred: its ten errors are kept; the author's code keeps five, with which its reaction to six of ten too small intervals could not happen. Adapted: a server's speed is the target's share of an instance, so that the target means something to it; an interval is a minute; hours are UTC; capacity is what was last asked for; fractions are rounded up; of more than 730 samples of an hour the oldest goes, where the author's code, which sorts them first, drops the smallest. Its threshold of 5 requests is 0.5 % of a server, which there serves 1,000.",
  create: histogram,
};
