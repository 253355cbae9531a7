/** Fleets over the Auto Scaling API. */
import type {
  AutoScalingClient,
  AutoScalingGroup,
  Instance,
  ScalingPolicy,
  ScheduledUpdateGroupAction,
} from '@aws-sdk/client-auto-scaling';
import {
  paginateDescribeAutoScalingGroups,
  paginateDescribeInstanceRefreshes,
  paginateDescribePolicies,
  paginateDescribeScheduledActions,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { FleetView, InstanceView } from '../core/model.ts';
import { MOST_INSTANCES_KEPT } from '../core/scaling-memory.ts';
import type { FleetPort } from '../ports.ts';
import { calling, present } from './errors.ts';

/** The largest page of every Describe call used here, and the most names that one call takes. */
const PAGE = 100;

/**
 * Refreshes that are over. Whatever else a status says, now or in a later version of the API, counts as under way.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/check-status-instance-refresh.html
 */
const REFRESH_OVER = new Set(['Successful', 'Failed', 'Cancelled', 'RollbackFailed', 'RollbackSuccessful']);

function instanceView(instance: Instance): InstanceView {
  return {
    id: present(instance.InstanceId, 'InstanceId'),
    zone: present(instance.AvailabilityZone, 'AvailabilityZone'),
    lifecycle: present(instance.LifecycleState, 'LifecycleState'),
    healthy: instance.HealthStatus === 'Healthy',
    protectedFromScaleIn: instance.ProtectedFromScaleIn === true,
  };
}

/** Why numbers of instances mean nothing to this group, or why nobody but its owner may set them; `undefined`: they do. */
function refusal(group: AutoScalingGroup): string | undefined {
  // Set only while the group is being deleted: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
  if (group.Status !== undefined && group.Status !== '') return `the group is being deleted (${group.Status})`;
  // "All mutating API calls from non-operator callers are rejected with an AccessDenied exception", same page.
  const operator = group.Operator?.Principal;
  if (operator !== undefined) return `the group is managed by ${operator}, which alone may change it`;
  const unit = group.DesiredCapacityType;
  if (unit !== undefined && unit !== '' && unit !== 'units') return `the group is sized in ${unit}, not in instances`;
  const weights = group.MixedInstancesPolicy?.LaunchTemplate?.Overrides?.map((override) => override.WeightedCapacity);
  const weight = weights?.find((value) => value !== undefined && value !== '1');
  if (weight !== undefined)
    return `the group counts weighted capacity (one instance type weighs ${weight}), not instances`;
  const size = group.Instances?.length ?? 0;
  if (size > MOST_INSTANCES_KEPT) return `the group has ${size} instances, and ${MOST_INSTANCES_KEPT} are the most`;
  return undefined;
}

export function fleetView(group: AutoScalingGroup): FleetView {
  return {
    name: present(group.AutoScalingGroupName, 'AutoScalingGroupName'),
    minSize: present(group.MinSize, 'MinSize'),
    maxSize: present(group.MaxSize, 'MaxSize'),
    desired: present(group.DesiredCapacity, 'DesiredCapacity'),
    instances: (group.Instances ?? []).map(instanceView),
    suspended: (group.SuspendedProcesses ?? []).map((process) => present(process.ProcessName, 'ProcessName')),
    refused: refusal(group),
  };
}

/** Whether the policy can change the fleet's capacity as things stand. */
function policyScales(policy: ScalingPolicy, fleet: FleetView): boolean {
  if (policy.Enabled === false) return false;
  if (policy.PolicyType === 'PredictiveScaling') {
    // No process pauses predictive scaling; its mode does (ForecastOnly is the default):
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/predictive-scaling-policy-overview.html
    return policy.PredictiveScalingConfiguration?.Mode === 'ForecastAndScale';
  }
  // "Suspending AlarmNotification allows you to temporarily stop the group's target tracking, step, and simple scaling
  // policies": https://docs.aws.amazon.com/autoscaling/ec2/userguide/suspend-resume-considerations.html
  return !fleet.suspended.includes('AlarmNotification');
}

/** The names of what scales `fleets`, out of all policies and schedules of the region. */
function scalersOf(
  fleets: readonly FleetView[],
  policies: readonly ScalingPolicy[],
  schedules: readonly ScheduledUpdateGroupAction[],
): ReadonlyMap<string, readonly string[]> {
  const fleetByName = new Map(fleets.map((fleet) => [fleet.name, fleet]));
  const scalers = new Map(fleets.map((fleet) => [fleet.name, [] as string[]]));
  for (const policy of policies) {
    const fleet = fleetByName.get(present(policy.AutoScalingGroupName, 'AutoScalingGroupName'));
    if (fleet !== undefined && policyScales(policy, fleet)) {
      scalers.get(fleet.name)?.push(`policy ${present(policy.PolicyName, 'PolicyName')}`);
    }
  }
  for (const schedule of schedules) {
    const fleet = fleetByName.get(present(schedule.AutoScalingGroupName, 'AutoScalingGroupName'));
    if (fleet !== undefined && !fleet.suspended.includes('ScheduledActions')) {
      scalers.get(fleet.name)?.push(`schedule ${present(schedule.ScheduledActionName, 'ScheduledActionName')}`);
    }
  }
  return scalers;
}

async function readPolicies(client: AutoScalingClient): Promise<ScalingPolicy[]> {
  const policies: ScalingPolicy[] = [];
  for await (const page of paginateDescribePolicies({ client }, { MaxRecords: PAGE })) {
    policies.push(...present(page.ScalingPolicies, 'ScalingPolicies'));
  }
  return policies;
}

/**
 * "The scheduled actions that haven't run or that have not reached their end time": what AWS lists has a start ahead.
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScheduledActions.html
 */
async function readSchedules(client: AutoScalingClient): Promise<ScheduledUpdateGroupAction[]> {
  const schedules: ScheduledUpdateGroupAction[] = [];
  for await (const page of paginateDescribeScheduledActions({ client }, { MaxRecords: PAGE })) {
    schedules.push(...present(page.ScheduledUpdateGroupActions, 'ScheduledUpdateGroupActions'));
  }
  return schedules;
}

/** The groups of these names, as many as there are. Without names the call would return every group of the region. */
export async function groupsNamed(client: AutoScalingClient, names: readonly string[]): Promise<AutoScalingGroup[]> {
  const groups: AutoScalingGroup[] = [];
  for (let from = 0; from < names.length; from += PAGE) {
    const input = { AutoScalingGroupNames: names.slice(from, from + PAGE), MaxRecords: PAGE };
    for await (const page of paginateDescribeAutoScalingGroups({ client }, input)) {
      groups.push(...present(page.AutoScalingGroups, 'AutoScalingGroups'));
    }
  }
  return groups;
}

async function refreshRuns(client: AutoScalingClient, name: string): Promise<boolean> {
  const input = { AutoScalingGroupName: name, MaxRecords: PAGE };
  for await (const page of paginateDescribeInstanceRefreshes({ client }, input)) {
    const refreshes = present(page.InstanceRefreshes, 'InstanceRefreshes');
    if (refreshes.some((refresh) => !REFRESH_OVER.has(present(refresh.Status, 'Status')))) return true;
  }
  return false;
}

/** @param clients the Auto Scaling client of a region. */
export function awsFleet(clients: (region: string) => AutoScalingClient): FleetPort {
  return {
    describe: (region, names) =>
      calling(`read Auto Scaling groups in ${region}`, async () => {
        const views = (await groupsNamed(clients(region), names)).map(fleetView);
        return new Map(views.map((view) => [view.name, view]));
      }),

    isRefreshing: (region, name) =>
      calling(`read the instance refreshes of ${name}`, () => refreshRuns(clients(region), name)),

    otherScalers: (region, fleets) =>
      calling(`read scaling policies and schedules in ${region}`, async () => {
        if (fleets.length === 0) return new Map();
        // Both calls take one group name or none: for several fleets, all of the region is the fewest calls.
        const [policies, schedules] = await Promise.all([
          readPolicies(clients(region)),
          readSchedules(clients(region)),
        ]);
        return scalersOf(fleets, policies, schedules);
      }),

    setCapacity: (region, name, capacity) =>
      calling(`set the capacity of ${name} to ${capacity}`, async () => {
        const input = { AutoScalingGroupName: name, DesiredCapacity: capacity, HonorCooldown: false };
        await clients(region).send(new SetDesiredCapacityCommand(input));
      }),

    setSize: (region, name, size) =>
      calling(`set the minimum of ${name} to ${size.minSize} and its capacity to ${size.desired}`, async () => {
        const input = { AutoScalingGroupName: name, MinSize: size.minSize, DesiredCapacity: size.desired };
        await clients(region).send(new UpdateAutoScalingGroupCommand(input));
      }),

    replaceInstance: (region, instanceId) =>
      calling(`have ${instanceId} replaced`, async () => {
        const input = { InstanceId: instanceId, HealthStatus: 'Unhealthy', ShouldRespectGracePeriod: false };
        await clients(region).send(new SetInstanceHealthCommand(input));
      }),
  };
}
