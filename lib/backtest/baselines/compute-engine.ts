/** The autoscaler of Google Compute Engine's managed instance groups. */
import type { Baseline, Scaler, Settings } from '../model.ts';
import { MINUTE_MS } from '../resample.ts';
import { carriedLoad, change, currentMinute, currentMinutes, roundUp, shown } from './reading.ts';

/** stabilizationPeriodSec is 600 by default. */
const PEAK_MINUTES = 10;

function peakOfTenMinutes(settings: Settings): Scaler {
  return {
    everySeconds: 60,
    step(view) {
      const newest = currentMinute(view, settings);
      if (newest === null) return null;
      const known = view
        .lastMinutes(PEAK_MINUTES)
        .filter(({ startMs }) => startMs > newest.startMs - PEAK_MINUTES * MINUTE_MS);
      const peak = Math.max(...known.map((minute) => roundUp(carriedLoad(minute, settings))));
      // The peak of minutes that nobody knows is not low.
      const isWhole = currentMinutes(view, settings, PEAK_MINUTES) !== null;
      const desired = isWhole ? peak : Math.max(view.desired, peak);
      return change(view, settings, desired, `peak of ten minutes; CPU now ${shown(newest.cpu)} %`);
    },
  };
}

/** Compute Engine on CPU utilisation: the size that serves the peak of the last ten minutes at the target. */
export const computeEngine: Baseline = {
  name: 'compute-engine',
  title: 'Compute Engine, peak of 10 minutes',
  source:
    'cloud.google.com, Understanding autoscaler decisions, and AutoscalingPolicy: read at the source (size for the peak load of the stabilization period of 600 s; additions rounded up, removals rounded down). Inferred: load is CPU times the machines that bore it; it scales in only when all ten minutes are known ("at least the last 10 minutes"). Adapted: the initialization period of 60 s has no part, for a datapoint here is a mean over machines that share the load evenly.',
  create: peakOfTenMinutes,
};
