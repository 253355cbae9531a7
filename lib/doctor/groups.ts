/** Checks of Auto Scaling groups. */
import type { Missing, Policy, Reading } from '../core/model.ts';
import { type Finding, unread } from './finding.ts';
import type { GroupView } from './ports.ts';
import type { ServiceView, Site, SiteView } from './sites.ts';
import { checkSuspended } from './suspended.ts';

const GROUPS = { actions: ['autoscaling:DescribeAutoScalingGroups'] };

/** The group of one site. */
export function checkGroup(policy: Policy, site: Site, view: SiteView): Finding[] {
  const { group: named, region } = site;
  const reading = view.group;
  if (named === undefined || reading === undefined) return [];
  const { name, path } = named;
  if (!reading.known) {
    if (reading.why !== 'not-found') return [unread(reading, path, { ...GROUPS, what: `group ${name} in ${region}` })];
    return [
      {
        code: 'GROUP_MISSING',
        severity: 'error',
        path,
        found: `no Auto Scaling group ${name} in ${region}`,
        expected: 'the name of one that exists',
        wayOut: `correct the name or the region; these exist: aws autoscaling describe-auto-scaling-groups --region ${region} --query 'AutoScalingGroups[].AutoScalingGroupName'`,
      },
    ];
  }
  const group = reading.value;
  if (group.refused !== undefined) {
    return [
      {
        code: 'GROUP_REFUSED',
        severity: 'error',
        path,
        found: group.refused,
        expected: 'a group that is counted in instances and that its owner lets us change',
        wayOut: 'give the service a group without weights, units and operator, or leave this one out of the policy',
      },
    ];
  }
  const own =
    site.site === 'primary' ? [...checkBounds(policy, group, region), ...checkWhoReplaces(policy, group, region)] : [];
  return [...own, ...checkSuspended(policy, site, group), ...checkAttached(site, group, view)];
}

/** Bounds of the policy inside those of the group. */
function checkBounds({ fleet }: Policy, group: GroupView, region: string): Finding[] {
  if (fleet === undefined) return [];
  const { min, max } = fleet.capacity;
  const { name, minSize, maxSize } = group;
  const update = (what: string): string =>
    `aws autoscaling update-auto-scaling-group --region ${region} --auto-scaling-group-name ${name} ${what}`;
  if (Math.max(min, minSize) > Math.min(max, maxSize)) {
    return [
      {
        code: 'BOUNDS_CONFLICT',
        severity: 'error',
        path: ['fleet', 'capacity'],
        found: `${min} to ${max} here, but ${minSize} to ${maxSize} on ${name}: no number is inside both, so it is never resized`,
        expected: 'bounds that overlap',
        wayOut: `change capacity, or ${update(`--min-size ${min} --max-size ${max}`)}`,
      },
    ];
  }
  if (maxSize >= max) return [];
  return [
    {
      code: 'BOUNDS_NARROWER',
      severity: 'warning',
      path: ['fleet', 'capacity', 'max'],
      found: `${max}, but ${name} ends at ${maxSize}`,
      expected: `at most ${maxSize}, or a larger group`,
      wayOut: `set max: ${maxSize}, or ${update(`--max-size ${max}`)}`,
    },
  ];
}

/**
 * Who else replaces instances. With the type ELB the group "can replace a running instance if any of the Elastic Load
 * Balancing load balancers you attach to the Auto Scaling group report it as unhealthy", whatever our limits say:
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg
 */
function checkWhoReplaces({ health, scaling }: Policy, group: GroupView, region: string): Finding[] {
  if (health === undefined || !group.healthCheckTypes.includes('ELB')) return [];
  const update = `aws autoscaling update-auto-scaling-group --region ${region} --auto-scaling-group-name ${group.name}`;
  const path = ['health', 'onUnhealthy'];
  const both: Finding = {
    code: 'GROUP_REPLACES_TOO',
    severity: 'warning',
    path,
    found: `${health.onUnhealthy}, and health check type ELB on ${group.name}: the group replaces by itself whatever the load balancer calls unhealthy, all of it at once, and limits and panicPercent do not bind it`,
    expected: 'type EC2, so that one of the two replaces',
    wayOut: `${update} --health-check-type EC2`,
  };
  // "The grace period prevents Amazon EC2 Auto Scaling from marking your newly launched instances Unhealthy and
  // terminating them unnecessarily", and its default is 0 from the command line. It binds the group, not us: what we
  // report unhealthy has failed its rounds. https://docs.aws.amazon.com/autoscaling/ec2/userguide/health-check-grace-period.html
  const wanted = scaling?.warmupSeconds ?? 1;
  if (group.graceSeconds >= wanted) return [both];
  const short: Finding = {
    code: 'GRACE_SHORT',
    severity: 'warning',
    path: scaling === undefined ? path : ['scaling', 'warmupSeconds'],
    found: `a grace period of ${group.graceSeconds} s on ${group.name}: the group may replace an instance that is still booting, again and again`,
    expected: `at least ${scaling === undefined ? 'the time that an instance takes to boot' : `warmupSeconds, which is ${wanted}`}`,
    wayOut: `${update} --health-check-grace-period ${Math.max(wanted, 120)}, or the type EC2, for which it does not matter`,
  };
  return [both, short];
}

/** Instances reach the target group by themselves only when it is attached to their group. */
function checkAttached({ group: named, region, targetGroup }: Site, group: GroupView, view: SiteView): Finding[] {
  const settings = view.targetGroup;
  // Groups attach targets of type instance only; other types are told apart elsewhere.
  if (named === undefined || targetGroup === undefined || settings?.known !== true) return [];
  const { arn, targetType } = settings.value;
  if (targetType !== 'instance') return [];
  if (!group.targetGroupArns.includes(arn)) {
    return [
      {
        code: 'NOT_ATTACHED',
        severity: 'error',
        path: targetGroup.path,
        found: `${targetGroup.name}, which is not attached to ${named.name}: new instances are not registered with it`,
        expected: 'a target group of that Auto Scaling group',
        wayOut: `aws autoscaling attach-load-balancer-target-groups --region ${region} --auto-scaling-group-name ${named.name} --target-group-arns ${arn}`,
      },
    ];
  }
  return view.targets?.known === true ? checkMembers(targetGroup, group, view.targets.value, region) : [];
}

/** Who is in one but not in the other. */
function checkMembers(
  targetGroup: NonNullable<Site['targetGroup']>,
  group: GroupView,
  { arn, targets }: NonNullable<SiteView['targets']> extends Reading<infer T> ? T : never,
  region: string,
): Finding[] {
  const registered = new Set(targets.filter(({ state }) => state !== 'draining').map(({ id }) => id));
  const members = new Set(group.instances.map(({ id }) => id));
  const outside = group.instances.filter((one) => one.lifecycle === 'InService' && !registered.has(one.id));
  const strangers = [...registered].filter((id) => !members.has(id));
  const { name, path } = targetGroup;
  const findings: Finding[] = [];
  if (outside.length > 0) {
    const ids = outside.map(({ id }) => id);
    findings.push({
      code: 'NOT_REGISTERED',
      severity: 'warning',
      path,
      found: `${ids.join(', ')} in service in ${group.name} but not registered with ${name}`,
      expected: 'each instance in service registered, unless evenkeel has taken it out',
      wayOut: `see whether evenkeel did: its order status. If not: aws elbv2 register-targets --region ${region} --target-group-arn ${arn} --targets ${ids.map((id) => `Id=${id}`).join(' ')}`,
    });
  }
  if (strangers.length > 0) {
    findings.push({
      code: 'FOREIGN_TARGETS',
      severity: 'warning',
      path,
      found: `${strangers.join(', ')} registered with ${name} but not in ${group.name}: they count as capacity and are never replaced`,
      expected: `instances of ${group.name} only`,
      wayOut: `aws elbv2 deregister-targets --region ${region} --target-group-arn ${arn} --targets ${strangers.map((id) => `Id=${id}`).join(' ')}`,
    });
  }
  return findings;
}

/** Missing, and not because the group is, which has been told already. */
function isUntold(reading: Reading<unknown> | undefined): reading is Missing {
  return reading?.known === false && reading.why !== 'not-found' && reading.why !== 'not-read';
}

/** Others that resize the fleet. */
export function checkScalers({ fleet, scaling, region }: Policy, { scalers, refreshes }: ServiceView): Finding[] {
  if (fleet === undefined) return [];
  const path = ['fleet', 'autoScalingGroup'];
  const refresh = { what: `instance refreshes in ${region}`, actions: ['autoscaling:DescribeInstanceRefreshes'] };
  const findings = isUntold(refreshes) ? [unread(refreshes, path, refresh)] : [];
  if (scaling === undefined || scalers === undefined) return findings;
  if (!scalers.known) {
    const actions = ['autoscaling:DescribePolicies', 'autoscaling:DescribeScheduledActions'];
    const need = { what: `scaling policies and schedules in ${region}`, actions };
    return isUntold(scalers) ? [...findings, unread(scalers, path, need)] : findings;
  }
  if (scalers.value.length === 0) return findings;
  const where = `--region ${region} --auto-scaling-group-name ${fleet.autoScalingGroup}`;
  return [
    ...findings,
    {
      code: 'FOREIGN_SCALER',
      severity: 'warning',
      path,
      found: `other scalers on ${fleet.autoScalingGroup} (${scalers.value.join(', ')}): while they are active nothing is scaled in, and what they add or remove is theirs`,
      expected: 'one scaler',
      // Suspending stops all but predictive scaling, whose mode does:
      // https://docs.aws.amazon.com/autoscaling/ec2/userguide/suspend-resume-considerations.html
      wayOut: `aws autoscaling delete-policy ${where} --policy-name NAME (a schedule: delete-scheduled-action); to try first: suspend-processes --scaling-processes AlarmNotification ScheduledActions`,
    },
  ];
}
