/** AWS simple scaling. */
import type { Baseline, Scaler, ScalerView, Settings } from '../model.ts';
import { percentOf } from './adjustment.ts';
import { change, currentMinutes, EPSILON, shown } from './reading.ts';

/** Two periods of two minutes, low alarm at 40 where the high one is at 60, +30 % and −2 instances: the User Guide's example. */
const PERIOD_MINUTES = 2;
const PERIODS = 2;
const LOW_SHARE = 40 / 60;
const OUT_PERCENT = 30;
const IN_INSTANCES = 2;
/** The default cooldown of a group (Cooldown.md). */
const COOLDOWN_SECONDS = 300;

function simpleScaling(settings: Settings): Scaler {
  const { targetPercent } = settings;
  const lowPercent = targetPercent * LOW_SHARE;
  let activity: 'none' | 'running' = 'none';
  let coolUntilMs = Number.NEGATIVE_INFINITY;
  const cool = ({ nowMs }: ScalerView): void => {
    activity = 'none';
    coolUntilMs = nowMs + COOLDOWN_SECONDS * 1000;
  };

  return {
    everySeconds: 60,
    step(view) {
      if (activity === 'running') {
        if (view.inServiceFor(0) !== view.desired) return null;
        // "The cooldown period takes effect starting when the last instance launches" (Cooldown.md).
        cool(view);
      }
      if (view.nowMs < coolUntilMs) return null;
      const minutes = currentMinutes(view, settings, PERIODS * PERIOD_MINUTES);
      if (minutes === null) return null;
      const periods = Array.from({ length: PERIODS }, (_, index) => {
        const part = minutes.slice(index * PERIOD_MINUTES, (index + 1) * PERIOD_MINUTES);
        return part.reduce((sum, { cpu }) => sum + cpu, 0) / part.length;
      });
      const isHigh = periods.every((cpu) => cpu >= targetPercent - EPSILON);
      if (!isHigh && !periods.every((cpu) => cpu <= lowPercent + EPSILON)) return null;
      const by = isHigh ? percentOf(view.desired, OUT_PERCENT) : -IN_INSTANCES;
      const reason = `CPU ${shown(periods.at(-1) as number)} % ${isHigh ? 'from' : 'down to'} ${shown(isHigh ? targetPercent : lowPercent)} % on`;
      const wish = change(view, settings, Math.max(0, view.desired + by), reason);
      if (wish === null) return null;
      if (wish.desired > view.desired) activity = 'running';
      // An instance that is taken away is gone at once in this model.
      else cool(view);
      return wish;
    },
  };
}

/** Simple scaling: one adjustment, then nothing until it is carried out and the cooldown is over. */
export const simple: Baseline = {
  name: 'simple-scaling',
  title: 'AWS simple scaling',
  source:
    'Amazon EC2 Auto Scaling User Guide, as-scaling-simple-step and Cooldown (awsdocs/amazon-ec2-auto-scaling-user-guide@0987d768): read at the source, with the numbers of its command line example (high alarm at 60 %, low alarm at 40 %, two periods of two minutes each, +30 %, −2 instances) and the default cooldown of 300 s, which starts when the last instance launched. Adapted: the high alarm is at the target and the low alarm at two thirds of it.',
  create: simpleScaling,
};
