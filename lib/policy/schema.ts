/**
 * The policy file's contract (DESIGN section 4). Strict: unknown keys are errors. The descriptions become the editor's
 * help through policy.schema.json. What concerns several fields at once and is not local to one map is in `rules.ts`.
 */
import type * as z from 'zod';
import type { Policy, ScalingPolicy } from '../core/model.ts';
import { MOST_INSTANCES_KEPT } from '../core/scaling-memory.ts';
import * as field from './fields.ts';
import { fraction, keys, oneOf, percent, report, rule, seconds, whole } from './fields.ts';
import { forecast, withLead } from './forecast.ts';
import { checkWhole } from './rules.ts';
import { cpuOf, instances, signals } from './signals.ts';

const capacity = keys({
  min: whole(0, MOST_INSTANCES_KEPT, 'instances').describe('Never fewer instances than this.'),
  max: whole(1, MOST_INSTANCES_KEPT, 'instances').describe('Never more instances than this.'),
})
  .superRefine(field.minNotAboveMax)
  .describe("Bounds of the fleet's capacity, applied inside the group's own MinSize and MaxSize.");

const fleet = keys({
  autoScalingGroup: field.GROUP_NAME.describe('Name of the EC2 Auto Scaling group, in the region of the policy.'),
  capacity,
}).describe('The Auto Scaling group. Needed by `scaling` and by `onUnhealthy: replace`.');

const scaling = keys({
  signals,
  tolerance: fraction(0, 0.5)
    .default(0.1)
    .describe('A fraction: no change while value/target is within 1 ± tolerance.'),
  warmupSeconds: seconds(3600).default(120).describe('An instance younger than this blocks scale-in.'),
  scaleOut: keys({
    maxStep: instances.default(4).describe('At most this many instances more at once.'),
    cooldownSeconds: seconds(3600).default(60).describe('Wait after a scale-out before the next one.'),
  })
    .prefault({})
    .describe('How fast the fleet may grow.'),
  scaleIn: keys({
    maxStep: instances.default(4).describe('At most this many instances fewer at once.'),
    stabilizationSeconds: seconds(7200)
      .default(300)
      .describe('All signals must agree on fewer instances for this long before one goes.'),
  })
    .prefault({})
    .describe('How fast the fleet may shrink.'),
  forecast: forecast.optional(),
}).describe('Resizes the fleet by its metrics. Needs `fleet`.');

const check = keys({
  path: field.PING_PATH.default('/health').describe('Path that the load balancer asks for.'),
  intervalSeconds: whole(1, 300, 'seconds')
    .default(5)
    .describe('Between two checks of a target, and between two rounds. Load balancers offer 5 to 300.'),
  timeoutSeconds: seconds(120)
    .default(2)
    .describe('A slower answer fails the check. Shorter than the interval; load balancers offer 2 to 120.'),
  healthyThreshold: whole(2, 10, 'checks').default(2).describe('Passing checks in a row that make a target healthy.'),
  unhealthyThreshold: whole(2, 10, 'checks')
    .default(2)
    .describe('Failing checks in a row that make a target unhealthy.'),
  matcher: field.MATCHER.default('200').describe('HTTP codes that pass, in quotes: "200", "200,204", "200-299".'),
})
  .superRefine(
    rule((value, ctx) => {
      if (value.timeoutSeconds >= value.intervalSeconds) {
        const message = `found ${value.timeoutSeconds}; expected less than intervalSeconds, which is ${value.intervalSeconds}`;
        report(ctx, ['timeoutSeconds'], 'TIMEOUT_NOT_BELOW_INTERVAL', message);
      }
    }),
  )
  .prefault({})
  .describe('How the load balancer checks a target. Set the same on the target group itself; doctor compares them.');

const health = keys({
  targetGroup: field.TARGET_GROUP.describe('Name or ARN of the target group, in the region of the policy.'),
  check,
  rounds: keys({
    unhealthy: whole(1, 60, 'rounds').default(2).describe('Failing rounds before a target is believed unhealthy.'),
    healthy: whole(1, 60, 'rounds').default(2).describe('Passing rounds before a target is believed healthy.'),
  })
    .prefault({})
    .describe('Consecutive rounds, check.intervalSeconds apart, before the controller believes a change.'),
  onUnhealthy: oneOf('replace', 'deregister')
    .optional()
    .describe(
      'replace: deregister, then tell the group it is unhealthy. deregister: only that. Default: replace with a fleet, deregister without.',
    ),
  limits: keys({
    maxEjectedPercent: percent()
      .default(50)
      .describe('Eject at most this share of the expected targets, at least one.'),
    minHealthy: whole(0, 1_000, 'targets').default(1).describe('Never eject below this many healthy targets.'),
    panicPercent: percent()
      .default(50)
      .describe('When more than this share fails at once it is not the targets that are broken: eject none.'),
    replacedPer5Minutes: whole(0, 100, 'instances')
      .default(3)
      .describe('Replacements in 5 minutes; 3 is also the limit over all services.'),
  })
    .prefault({})
    .describe('What may be taken out at most.'),
  readmit: keys({
    afterSeconds: seconds(86_400)
      .default(30)
      .describe('Wait before a target comes back, times how often it was ejected.'),
    maxSeconds: seconds(86_400).default(300).describe('The wait grows no further than this.'),
  })
    .superRefine(
      rule((value, ctx) => {
        if (value.afterSeconds > value.maxSeconds) {
          const message = `found ${value.afterSeconds}; expected at most maxSeconds, which is ${value.maxSeconds}`;
          report(ctx, ['afterSeconds'], 'MIN_ABOVE_MAX', message);
        }
      }),
    )
    .prefault({})
    .describe('onUnhealthy: deregister only. When an ejected target is tried again.'),
}).describe('Takes failing targets out of the target group.');

const site = {
  setIdentifier: field.SET_IDENTIFIER.describe("SetIdentifier of the site's weighted record sets."),
  region: field.REGION.describe('Region of the site.'),
  targetGroup: field.TARGET_GROUP.describe("Name or ARN of the site's target group."),
  probe: field.PROBE_URL.optional().describe(
    'URL that answers 2xx while the site lives, asked once a minute from where the controller runs. Without it a lost region cannot be told from a lost view of it; one that fails while the targets are healthy is not believed, and told.',
  ),
};

const failover = keys({
  hostedZoneId: field.HOSTED_ZONE_ID.describe('Id of the hosted zone, Z…'),
  record: keys({
    name: field.RECORD_NAME.describe('Name whose weighted record sets are moved (A and AAAA together).'),
    type: oneOf('A', 'AAAA', 'CNAME').default('A').describe('Type of the record sets.'),
  }).describe('The DNS record.'),
  primary: keys(site).describe('Where the service normally is: the region and target group of this policy.'),
  secondary: keys({
    ...site,
    autoScalingGroup: field.GROUP_NAME.optional().describe(
      'Group to raise to the capacity of the primary before the move.',
    ),
    minReadyPercent: percent()
      .default(50)
      .describe("Ready: healthy targets are at least this share of the primary's last known capacity."),
  }).describe('The standby.'),
  trip: keys({
    healthyPercentBelow: percent().default(50).describe('A site is bad below this share of healthy targets …'),
    rounds: whole(1, 60, 'rounds').default(2).describe('… for this many rounds.'),
    missingRounds: whole(1, 120, 'rounds')
      .default(6)
      .describe('Also bad: readings missing for this many rounds while its probe fails.'),
  })
    .prefault({})
    .describe('When a site is bad.'),
  failback: keys({
    mode: oneOf('automatic', 'manual').default('automatic').describe('manual: only `operate` moves back.'),
    afterHealthySeconds: seconds(86_400)
      .default(300)
      .describe('The primary must be good this long; the wait doubles with every relapse.'),
  })
    .prefault({})
    .describe('The way back.'),
  limits: keys({
    failbacksPerHour: whole(1, 60, 'failbacks')
      .default(2)
      .describe('Automatic failbacks in an hour. Trips have no budget.'),
  })
    .prefault({})
    .describe('Budgets.'),
}).describe('Moves the DNS record to the standby and back.');

const file = keys({
  service: field.OWN_NAME.describe('Name of the service: the key of all its state, and part of its alarms.'),
  mode: oneOf('enforce', 'observe')
    .default('enforce')
    .describe('observe: decide, explain and record, but change nothing.'),
  region: field.REGION.describe('Region of the fleet and of its target group.'),
  fleet: fleet.optional(),
  scaling: scaling.optional(),
  health: health.optional(),
  failover: failover.optional(),
  notify: keys({ topicArn: field.TOPIC_ARN.describe('ARN of a standard SNS topic.') })
    .optional()
    .describe('Who is told of incidents, once each.'),
}).describe('One service of evenkeel: its fleet, target group and DNS record, and what may be done about them.');

/** A policy as the file has it, with every simple default filled in. */
export type PolicyFile = z.output<typeof file>;

/**
 * Reads the plain value of a policy file and gives the `Policy` that `decide` sees, every default filled in. The rules
 * between the parts are asked only when each part is right by itself: before that they would report echoes.
 */
export const policySchema = file.transform((value, ctx): Policy => {
  rule(checkWhole)(value, ctx);
  return complete(value);
});

/** Fills in the defaults that depend on other fields. `checkWhole` has made sure that `scaling` has its fleet. */
function complete(value: PolicyFile): Policy {
  const { scaling: scales, health: checks, ...rest } = value;
  const group = value.fleet?.autoScalingGroup ?? '';
  return {
    ...rest,
    ...(scales && { scaling: completeScaling(scales, group) }),
    ...(checks && {
      health: { ...checks, onUnhealthy: checks.onUnhealthy ?? (value.fleet ? 'replace' : 'deregister') },
    }),
  };
}

function completeScaling(
  { forecast: ahead, ...scales }: NonNullable<PolicyFile['scaling']>,
  group: string,
): ScalingPolicy {
  return {
    ...scales,
    signals: scales.signals.map((one) => ({ ...one, metric: one.metric ?? cpuOf(group) })),
    ...(ahead && { forecast: withLead(ahead, scales.warmupSeconds) }),
  };
}
