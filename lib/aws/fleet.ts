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

/**
 * Whether the instance only waits for a person to end it, after its lifecycle hook was abandoned: "Retained instances don't
 * count toward desired capacity and remain until you call TerminateInstanceInAutoScalingGroup." To the group it is gone.
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RetentionTriggers.html
 */
function isRetained({ LifecycleState }: Instance): boolean {
  return LifecycleState?.endsWith(':Retained') === true;
}

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
    instances: (group.Instances ?? []).filter((instance) => !isRetained(instance)).map(instanceView),
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

/** The names of what scales `fleets`, out of policies and schedules, their own and maybe others'. */
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

/** One page of a list, and whether another comes after it. */
interface Page<T> {
  readonly items: readonly T[];
  readonly isLast: boolean;
}

/** The pages of a list, of one group or of all that the region has. */
type Pages<T> = (client: AutoScalingClient, AutoScalingGroupName?: string) => AsyncGenerator<Page<T>>;

async function* policyPages(
  client: AutoScalingClient,
  AutoScalingGroupName?: string,
): AsyncGenerator<Page<ScalingPolicy>> {
  for await (const page of paginateDescribePolicies({ client }, { AutoScalingGroupName, MaxRecords: PAGE })) {
    yield { items: present(page.ScalingPolicies, 'ScalingPolicies'), isLast: !page.NextToken };
  }
}

/**
 * "The scheduled actions that haven't run or that have not reached their end time": what AWS lists has a start ahead.
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScheduledActions.html
 */
async function* schedulePages(
  client: AutoScalingClient,
  AutoScalingGroupName?: string,
): AsyncGenerator<Page<ScheduledUpdateGroupAction>> {
  for await (const page of paginateDescribeScheduledActions({ client }, { AutoScalingGroupName, MaxRecords: PAGE })) {
    yield { items: present(page.ScheduledUpdateGroupActions, 'ScheduledUpdateGroupActions'), isLast: !page.NextToken };
  }
}

/** Above this many groups all of the region is read, however much that is: by name they would be as many calls at once. */
const MOST_BY_NAME = 10;

/**
 * The list's items of these groups, and maybe of others. A call takes one group name or none, and which way has fewer calls
 * only the region's last page tells: so pages are read until they are as many as the groups, and then the rest is asked
 * for by name. That is at most twice the fewest, and never the twenty calls in a row of a region with 2,000 policies, which
 * take longer than a round waits.
 */
async function itemsOf<T>(client: AutoScalingClient, names: readonly string[], pages: Pages<T>): Promise<readonly T[]> {
  const read = async (most: number, name?: string): Promise<Page<T>> => {
    const items: T[] = [];
    let count = 0;
    for await (const page of pages(client, name)) {
      items.push(...page.items);
      count += 1;
      if (count === most) return { items, isLast: page.isLast };
    }
    return { items, isLast: true };
  };
  if (names.length > 1) {
    const ofRegion = await read(names.length > MOST_BY_NAME ? Number.POSITIVE_INFINITY : names.length);
    if (ofRegion.isLast) return ofRegion.items;
  }
  const ofEach = await Promise.all(names.map((name) => read(Number.POSITIVE_INFINITY, name)));
  return ofEach.flatMap((page) => page.items);
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
        const client = clients(region);
        const names = fleets.map((fleet) => fleet.name);
        const [policies, schedules] = await Promise.all([
          itemsOf(client, names, policyPages),
          itemsOf(client, names, schedulePages),
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
