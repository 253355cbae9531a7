import type { Policy } from '../core/model.ts';
import { EVENKEEL, HEALTHY_HOSTS } from '../policy/alarm-name.ts';
import type { AlarmTrigger, Trigger } from './trigger.ts';

/** A group or target group in the region that it lives in. */
interface Owned {
  readonly region: string;
  /** Name or, for a target group, ARN. */
  readonly name: string;
}

/**
 * Names of the services that a trigger concerns, in the order of `policies`. A tick concerns all. An alarm concerns
 * those whose group or target group, at either site, its dimensions name, and those whose name stands in its own, the only
 * way to match a composite alarm, which has no dimensions: `evenkeel-<stage>-<service>-<signal>-high` and `-low`. A person's
 * alarm may leave the stage out. One of another stage that came here all the same names no service of this one.
 * @param controller the controller's own name, `evenkeel-<stage>`.
 */
export function servicesFor(trigger: Trigger, policies: readonly Policy[], controller: string): readonly string[] {
  if (trigger.kind === 'tick') {
    return policies.map((policy) => policy.service);
  }
  const ours = namedBy(trigger.alarmName, policies, controller);
  const named = ours.size > 0 ? ours : namedBy(trigger.alarmName, policies, EVENKEEL);
  return policies
    .filter((policy) => named.has(policy.service) || ownsDimension(policy, trigger))
    .map((policy) => policy.service);
}

function ownsDimension(policy: Policy, trigger: AlarmTrigger): boolean {
  const here = (owned: Owned) => trigger.region === null || trigger.region === owned.region;
  const groups = groupsOf(policy).filter(here);
  const targetGroups = targetGroupsOf(policy).filter(here);
  return trigger.dimensions.some(
    ({ name, value }) =>
      (name === 'AutoScalingGroupName' && groups.some((group) => group.name === value)) ||
      (name === 'TargetGroup' && targetGroups.some((targetGroup) => isTargetGroup(targetGroup.name, value))),
  );
}

function groupsOf(policy: Policy): Owned[] {
  const standby = policy.failover?.secondary;
  return [
    ...(policy.fleet ? [{ region: policy.region, name: policy.fleet.autoScalingGroup }] : []),
    ...(standby?.autoScalingGroup ? [{ region: standby.region, name: standby.autoScalingGroup }] : []),
  ];
}

function targetGroupsOf(policy: Policy): Owned[] {
  const sites = policy.failover ? [policy.failover.primary, policy.failover.secondary] : [];
  return [
    ...(policy.health ? [{ region: policy.region, name: policy.health.targetGroup }] : []),
    ...sites.map((site) => ({ region: site.region, name: site.targetGroup })),
  ];
}

/**
 * Load balancer metrics name a target group by the end of its ARN, `targetgroup/<name>/<id>`:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
function isTargetGroup(nameOrArn: string, dimension: string): boolean {
  return nameOrArn.startsWith('arn:')
    ? nameOrArn.endsWith(`:${dimension}`)
    : dimension.startsWith(`targetgroup/${nameOrArn}/`);
}

/** Services and signals may both contain dashes, so a full match wins, and then the longest service that fits. */
function namedBy(alarmName: string, policies: readonly Policy[], controller: string): ReadonlySet<string> {
  const begin = `${controller}-`;
  const match = alarmName.startsWith(begin) ? /^(.+)-(high|low)$/.exec(alarmName.slice(begin.length)) : null;
  const middle = match?.[1] ?? '';
  const exact = policies.filter((policy) =>
    signalsOf(policy).some((signal) => middle === `${policy.service}-${signal}`),
  );
  if (exact.length > 0) {
    return new Set(exact.map((policy) => policy.service));
  }
  const fitting = policies
    .map((policy) => policy.service)
    .filter((service) => middle.startsWith(`${service}-`))
    .sort((a, b) => b.length - a.length);
  return new Set(fitting.slice(0, 1));
}

function signalsOf(policy: Policy): string[] {
  const own = (policy.scaling?.signals ?? []).map((signal) => signal.name);
  return policy.health ? [...own, HEALTHY_HOSTS] : own;
}
