/** How late things come at worst: by the policy's own numbers, and by what the simulated AWS takes. */
import { SLOW_READING_MS } from '../core/interlocks.ts';
import type { FailoverPolicy, FleetPolicy, HealthPolicy, Policy, ScalingPolicy } from '../core/model.ts';
import { type Detection, detectionTimes } from '../policy/detection.ts';
import type { Bound } from './scenario.ts';

/** What the simulator takes unless told otherwise (lib/sim/world.ts), and the drills' table goes by (DESIGN section 8). */
export const BOOT_SECONDS = 90;
export const REQUESTS_PER_SECOND = 100;
export const TTL_SECONDS = 30;
/** "Changes generally propagate within 60 seconds": https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html */
export const INSYNC_SECONDS = 60;
/** A group replaces an instance that was reported unhealthy, and launches one that it lacks, within this time. */
export const REPLACE_SECONDS = 60;
export const LAUNCH_SECONDS = 3;
/** A group's own check notices a machine that is broken within this time (lib/sim/world.ts). */
export const DEATH_NOTICE_SECONDS = 120;
/** Whether a deployment runs, and what the record says, is read this often (lib/controller/slow.ts). */
export const SLOW_SECONDS = SLOW_READING_MS / 2000;
/** An event of the schedule is delivered within this time (lib/sim/world.ts). */
export const DELIVERY_SECONDS = 2;

/** Scenarios are offered only to policies that have the sections which they need. */
export const fleetOf = (policy: Policy): FleetPolicy => policy.fleet as FleetPolicy;
export const scalingOf = (policy: Policy): ScalingPolicy => policy.scaling as ScalingPolicy;
export const healthOf = (policy: Policy): HealthPolicy => policy.health as HealthPolicy;
export const failoverOf = (policy: Policy): FailoverPolicy => policy.failover as FailoverPolicy;

/** The worst case of all ways in which the policy notices: one at least, in numbers, for each section that it has. */
export function boundOf(policy: Policy, path: 'health' | 'scaling' | 'failover'): Bound {
  const all = detectionTimes(policy).filter((one) => one.path === path) as (Detection & Bound)[];
  return all.sort((a, b) => b.actSeconds - a.actSeconds)[0] as Bound;
}

/** Time for a server that answers again to be healthy: the load balancer's checks, and a round to see them. */
export function healSeconds({ check }: HealthPolicy): number {
  return check.intervalSeconds * (check.healthyThreshold + 2) + check.timeoutSeconds;
}
