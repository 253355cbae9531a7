import type { FleetPolicy, HealthPolicy } from '../core/model.ts';
import { ACCOUNT_REPLACEMENTS } from '../core/replacements.ts';
import type { Finding } from './problem.ts';
import { warnIf } from './warn.ts';

/** Warnings of `health`. */
export function lintHealth(health: HealthPolicy, fleet: FleetPolicy | undefined): Finding[] {
  return [...lintCheck(health), ...lintLimits(health, fleet)];
}

/**
 * What Application and Network Load Balancers offer: intervals of 5 to 300 s, timeouts of 2 to 120 s.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
 */
function lintCheck({ check }: HealthPolicy): Finding[] {
  return [
    ...warnIf(
      check.intervalSeconds < 5,
      ['health', 'check', 'intervalSeconds'],
      'INTERVAL_NOT_OFFERED',
      `found ${check.intervalSeconds}; load balancers offer 5 to 300 s, so its checks cannot be set to this and rounds would read the same answer again. Set 5 or more`,
    ),
    ...warnIf(
      check.timeoutSeconds < 2,
      ['health', 'check', 'timeoutSeconds'],
      'TIMEOUT_NOT_OFFERED',
      `found ${check.timeoutSeconds}; load balancers offer 2 to 120 s, so its checks cannot be set to this. Set 2 or more`,
    ),
  ];
}

function lintLimits({ limits, onUnhealthy }: HealthPolicy, fleet: FleetPolicy | undefined): Finding[] {
  const { maxEjectedPercent, minHealthy, panicPercent, replacedPer5Minutes } = limits;
  const path = (key: string) => ['health', 'limits', key];
  const replaces = onUnhealthy === 'replace';
  const { min, max } = fleet?.capacity ?? { min: Number.POSITIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  return [
    ...warnIf(
      maxEjectedPercent === 0,
      path('maxEjectedPercent'),
      'ZERO_EJECTS_ONE',
      'found 0; one target may always be ejected, or a service of two could never heal. To eject none, remove health or set mode: observe',
    ),
    ...warnIf(
      // It keeps nothing from happening to the only target of a fleet of one: with none healthy the core does not ask for it.
      minHealthy >= max && max > 1,
      path('minHealthy'),
      'MIN_HEALTHY_BLOCKS',
      `found ${minHealthy} with at most ${max} instances; while others are healthy a failing target is never ejected, because fewer than ${minHealthy} healthy ones are left. Set it below capacity.max`,
    ),
    ...warnIf(
      minHealthy > 1 && minHealthy >= min && minHealthy < max,
      path('minHealthy'),
      'MIN_HEALTHY_IS_MINIMUM',
      `found ${minHealthy} with capacity.min ${min}; when ${minHealthy} instances are left and one of them is dead, it is never ejected or replaced, because that waits for ${minHealthy} healthy ones. Set ${Math.max(1, min - 1)} or less, or capacity.min above ${minHealthy}`,
    ),
    ...warnIf(
      panicPercent === 100,
      path('panicPercent'),
      'NEVER_PANICS',
      'found 100; when a fault of the network fails all targets but one, they are ejected instead of waiting it out. Set 50 to 80',
    ),
    ...warnIf(
      panicPercent < maxEjectedPercent,
      path('panicPercent'),
      'PANIC_BEFORE_LIMIT',
      `found ${panicPercent}, below maxEjectedPercent ${maxEjectedPercent}; panic stops ejecting before that limit is reached. Set it to at least ${maxEjectedPercent}`,
    ),
    ...warnIf(
      replaces && replacedPer5Minutes === 0,
      path('replacedPer5Minutes'),
      'NEVER_REPLACES',
      'found 0 with onUnhealthy: replace; ejected instances would neither come back nor be replaced. Set 1 or more, or deregister',
    ),
    ...warnIf(
      replaces && replacedPer5Minutes > ACCOUNT_REPLACEMENTS,
      path('replacedPer5Minutes'),
      'ABOVE_ACCOUNT_LIMIT',
      `found ${replacedPer5Minutes}; all services together replace at most ${ACCOUNT_REPLACEMENTS} in 5 minutes. Set ${ACCOUNT_REPLACEMENTS} or less`,
    ),
  ];
}
