/** AWS step scaling. */
import type { Baseline, Scaler, Settings } from '../model.ts';
import { percentOf } from './adjustment.ts';
import { change, currentMinute, EPSILON, roundUp, shown } from './reading.ts';

/** One adjustment, from a distance to the threshold on: a share of the way to 100 % above it, or to 0 % below it. */
interface Step {
  readonly fromShare: number;
  readonly percent: number;
}

/**
 * The User Guide's example: threshold 50, out +10 % from 60 and +30 % from 70, in −10 % from 40 and −30 % from 30. Shares
 * keep it that at 50, and leave it steps to take at 90. The larger step comes first: the first that is reached is taken.
 */
const OUT: readonly Step[] = [
  { fromShare: 0.4, percent: 30 },
  { fromShare: 0.2, percent: 10 },
];
const IN: readonly Step[] = [
  { fromShare: 0.4, percent: -30 },
  { fromShare: 0.2, percent: -10 },
];

/** The percentage that this CPU asks for; 0 between the steps. */
export function stepPercent(cpu: number, targetPercent: number): number {
  const isHigh = cpu >= targetPercent;
  const share = isHigh ? (cpu - targetPercent) / (100 - targetPercent) : (targetPercent - cpu) / targetPercent;
  return (isHigh ? OUT : IN).find(({ fromShare }) => share >= fromShare - EPSILON)?.percent ?? 0;
}

function stepPolicies(settings: Settings): Scaler {
  return {
    everySeconds: 60,
    step(view) {
      const newest = currentMinute(view, settings);
      if (newest === null) return null;
      const percent = stepPercent(newest.cpu, settings.targetPercent);
      if (percent === 0) return null;
      const reason = `CPU ${shown(newest.cpu)} %: a step of ${percent} %`;
      const warm = view.inServiceFor(settings.warmupSeconds);
      if (percent > 0) {
        return change(view, settings, Math.max(view.desired, warm + percentOf(warm, percent)), reason);
      }
      if (warm < view.desired) return null;
      // Terminating instances are capacity still: those of the datapoint, so that one datapoint removes once.
      const counted = Math.max(view.desired, roundUp(newest.inService));
      return change(view, settings, Math.min(view.desired, counted + percentOf(counted, percent)), reason);
    },
  };
}

/** Step scaling with the steps of the User Guide's example, set in proportion to the target, which is both alarms' threshold. */
export const stepScaling: Baseline = {
  name: 'step-scaling',
  title: 'AWS step scaling',
  source:
    'Amazon EC2 Auto Scaling User Guide, as-scaling-simple-step (awsdocs/amazon-ec2-auto-scaling-user-guide@0987d768): read at the source (bounds, rounding, warming and terminating instances, no scale-in during a scale-out, and the steps of its example). One datapoint to alarm is the default of the AWS CDK, read at the source. Adapted: the example has one threshold, 50 %; for other targets its steps are kept in proportion to the way to 100 % and to 0 %.',
  create: stepPolicies,
};
