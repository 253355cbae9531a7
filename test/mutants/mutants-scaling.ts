/** Bugs in scaling. */
import type { Mutant } from './mutant.ts';

export const SCALING_MUTANTS: readonly Mutant[] = [
  {
    name: 'policy-maximum-ignored',
    wrong: 'goes beyond the maximum of the policy',
    file: 'lib/core/scaling-scene.ts',
    find: 'const upper = Math.min(fleet.capacity.max, view.maxSize);',
    replace: 'const upper = view.maxSize;',
  },
  {
    name: 'policy-minimum-ignored',
    wrong: 'goes below the minimum of the policy',
    file: 'lib/core/scaling-scene.ts',
    find: 'const own = Math.max(fleet.capacity.min, view.minSize);',
    replace: 'const own = view.minSize;',
  },
  {
    name: 'scale-out-step-ignored',
    wrong: 'scales out by any number at once',
    file: 'lib/core/scaling.ts',
    find: 'const to = Math.min(wanted, view.desired + scaling.scaleOut.maxStep);',
    replace: 'const to = wanted;',
  },
  {
    name: 'scale-in-step-ignored',
    wrong: 'scales in by any number at once',
    file: 'lib/core/scaling.ts',
    find: 'Math.max(to, view.desired - scaling.scaleIn.maxStep);',
    replace: 'to;',
  },
  {
    name: 'cool-down-lost-on-restart',
    wrong: 'does not save when it last scaled out',
    file: 'lib/core/state.ts',
    find: "lastScaleOutMs: to > from && action.reason !== 'FORECAST_OUT' ? atMs : state.scaling.lastScaleOutMs,",
    replace: '',
  },
  {
    name: 'window-ignored',
    wrong: 'scales in before the whole stabilization window agrees',
    file: 'lib/core/scaling.ts',
    find: 'if (window.points < window.pointsNeeded || wanted >= view.desired) {',
    replace: 'if (wanted >= view.desired) {',
  },
  {
    name: 'last-change-ignored',
    wrong: 'scales in on datapoints from before the last change',
    file: 'lib/core/need.ts',
    find: 'const fromMs = Math.max(state.lastChangeMs, sinceMs);',
    replace: 'const fromMs = sinceMs;',
  },
  {
    name: 'warm-up-ignored',
    wrong: 'scales in while an instance is warming up',
    file: 'lib/core/interlocks.ts',
    find: 'if (warming > 0) found.push',
    replace: 'if (warming < 0) found.push',
  },
  {
    name: 'failing-targets-ignored',
    wrong: 'scales in while targets fail',
    file: 'lib/core/interlocks.ts',
    find: 'return troubled > 0 ?',
    replace: 'return troubled < 0 ?',
  },
  {
    name: 'other-scaler-ignored',
    wrong: 'scales in beside another scaler',
    file: 'lib/core/interlocks.ts',
    find: 'if (scalers.value.length === 0) return undefined;',
    replace: 'return undefined;',
  },
  {
    name: 'terminating-ignored',
    wrong: 'scales in while instances are on their way in or out',
    file: 'lib/core/interlocks.ts',
    find: "if (pending > 0) found.push({ reason: 'INSTANCES_PENDING', numbers: { pending } });\n  if (terminating > 0)",
    replace: 'if (terminating < 0)',
  },
];
