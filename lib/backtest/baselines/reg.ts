/** Reg, the regression-based autoscaler of the SPEC Research Group's comparisons (after Iqbal et al. 2011). */
import type { Baseline, Scaler, Settings } from '../model.ts';
import { MINUTE_MS } from '../resample.ts';
import { fittedParabola } from './polynomial.ts';
import { change, currentMinute, offeredLoad, roundDown, roundUp, shown } from './reading.ts';
import { repaired } from './repair.ts';

const FITTED_MINUTES = 60;

function regression(settings: Settings): Scaler {
  return {
    everySeconds: 60,
    step(view) {
      const newest = currentMinute(view, settings);
      if (newest === null) return null;
      const load = offeredLoad(newest, settings);
      const need = roundUp(load);
      if (view.desired <= need) {
        const more = repaired(load, view.desired) ?? view.desired;
        return change(view, settings, more, `demand ${shown(newest.offered)} needs ${need}`);
      }
      const points = view.lastMinutes(FITTED_MINUTES).map((minute) => ({
        x: (minute.startMs - newest.startMs) / MINUTE_MS,
        y: roundUp(offeredLoad(minute, settings)),
      }));
      const predicted = roundUp(fittedParabola(points, 0));
      if (predicted === 0) return null;
      const desired = Math.min(view.desired, roundDown(1.2 * predicted));
      return change(view, settings, desired, `the fit over ${points.length} minutes says ${predicted}`);
    },
  };
}

/** Reg: reacts to what is missing, and takes away by the parabola through the last sixty needs. */
export const reg: Baseline = {
  name: 'reg',
  title: 'Reg',
  source:
    "ahmedaley/Autoscalers, Regression.py (@0a626e5a), the author's own: rules read at the source, none of its code used (it has no licence). As there, the parabola is read at the newest interval, not ahead of it. Adapted: a server's speed is the target's share of an instance, so that the target means something to it; an interval is a minute; its threshold of 5 requests is 0.5 % of a server, which there serves 1,000; capacity is what was last asked for; fractions of servers are cut off.",
  create: regression,
};
