/** React, the reactive autoscaler of the SPEC Research Group's comparisons (after Chieu et al. 2009). */
import type { Baseline, Scaler, Settings } from '../model.ts';
import { change, currentMinute, offeredLoad, roundDown, roundUp, shown } from './reading.ts';

function reactive(settings: Settings): Scaler {
  return {
    everySeconds: 60,
    step(view) {
      const newest = currentMinute(view, settings);
      if (newest === null) return null;
      const load = offeredLoad(newest, settings);
      const need = roundUp(load);
      const why = `demand ${shown(newest.offered)} needs ${need}`;
      if (need > view.desired) {
        return change(view, settings, view.desired + roundDown(1.2 * (need - view.desired)), why);
      }
      return 1.1 * load < view.desired ? change(view, settings, roundDown(1.2 * need), why) : null;
    },
  };
}

/** React: all that is missing and a fifth more; down to the need and a fifth. */
export const react: Baseline = {
  name: 'react',
  title: 'React',
  source:
    "ahmedaley/Autoscalers, Reactive.py (@0a626e5a), the author's own: rules read at the source, none of its code used (it has no licence). Adapted: a server's speed is the target's share of an instance, so that the target means something to it; capacity is what was last asked for, since its servers come at once; its fractions of servers are cut off in both directions, as it does itself when adding.",
  create: reactive,
};
