/** `scaling.signals` of a policy file: their keys, what must hold within one, and the metric that is theirs by default. */
import * as z from 'zod';
import type { Metric } from '../core/model.ts';
import * as field from './fields.ts';
import { finite, keys, oneOf, report, rule, whole } from './fields.ts';

const metric = keys({
  namespace: field.METRIC_TEXT.describe('CloudWatch namespace, like AWS/ApplicationELB.'),
  name: field.METRIC_TEXT.describe('Name of the metric, like RequestCountPerTarget.'),
  statistic: field.STATISTIC.default('Average').describe('Average, Sum, Minimum, Maximum, SampleCount or like p99.'),
  periodSeconds: field.PERIOD_SECONDS.default(60).describe(
    'Length of a period: 10, 20, 30 or a multiple of 60. Below 60 only for high-resolution metrics of your own.',
  ),
  dimensions: z
    .record(field.METRIC_TEXT, z.string({ error: 'text' }).min(1, { error: 'text' }).max(1024, { error: 'text' }), {
      error: 'a map from dimension name to value; {} for a metric without dimensions',
    })
    .describe('Dimensions that name the metric exactly; {} for none.'),
}).describe('Which metric. Default: AWS/EC2 CPUUtilization, Average, 60 s, of this fleet (needs detailed monitoring).');

/** A change of the capacity. */
export const instances = whole(1, 1_000, 'instances');

const BAND = 'a band: { above: number, add: instances } or { below: number, remove: instances }';
const band = z.union(
  [
    keys({
      above: finite().describe('The band begins above this value.'),
      add: instances.describe('Instances to add on top of those that the datapoint covered.'),
    }),
    keys({
      below: finite().describe('The band begins below this value.'),
      remove: instances.describe('Instances to remove from those that the datapoint covered.'),
    }),
  ],
  { error: BAND },
);

const signal = keys({
  name: field.OWN_NAME.describe(
    'Name of the signal, part of its alarms: evenkeel-<stage>-<service>-<signal>-high and -low.',
  ),
  metric: metric.optional(),
  target: finite()
    .positive({ error: 'a number above 0' })
    .optional()
    .describe('What one instance should carry, in the unit of the metric. Need = ceil(value × instances / target).'),
  steps: z
    .array(band, { error: 'a list of bands' })
    .min(1, { error: 'at least one band' })
    .max(20, { error: 'at most 20 bands' })
    .optional()
    .describe(
      'Instead of target: bands. Need = covered instances (the mean of the period, rounded) plus the highest band crossed.',
    ),
  onMissing: oneOf('hold', 'scaleOut')
    .default('hold')
    .describe('When the metric is missing. hold: do nothing. scaleOut: one step per incident.'),
})
  .meta({ oneOf: [{ required: ['target'] }, { required: ['steps'] }] })
  .superRefine(
    rule((value, ctx) => {
      if (value.target === undefined && value.steps === undefined) {
        report(ctx, [], 'TARGET_OR_STEPS', 'found neither target nor steps; expected exactly one of them');
      } else if (value.target !== undefined && value.steps !== undefined) {
        report(ctx, ['steps'], 'TARGET_OR_STEPS', 'found both target and steps; expected exactly one of them');
      }
    }),
  );

function namesDiffer(signals: readonly { name: string }[], ctx: z.RefinementCtx): void {
  for (const [index, { name }] of signals.entries()) {
    const first = signals.findIndex((other) => other.name === name);
    if (first < index) {
      const message = `found "${name}" again, as in signals[${first}]; expected a name of its own`;
      report(ctx, [index, 'name'], 'DUPLICATE_SIGNAL', message);
    }
  }
}

export const signals = z
  .array(signal, { error: 'a list of signals' })
  .min(1, { error: 'at least one signal' })
  .max(20, { error: 'at most 20 signals' })
  .superRefine(rule(namesDiffer))
  .describe('What the capacity follows. The largest need wins.');

/** The metric of a signal that names none: the average CPU of the group, by the minute. */
export function cpuOf(autoScalingGroup: string): Metric {
  return {
    namespace: 'AWS/EC2',
    name: 'CPUUtilization',
    statistic: 'Average',
    periodSeconds: 60,
    dimensions: { AutoScalingGroupName: autoScalingGroup },
  };
}
