/** The Auto Scaling operations. */
import type {
  AutoScalingGroup,
  DescribeAutoScalingGroupsCommandInput,
  DescribeInstanceRefreshesCommandInput,
  DescribePoliciesCommandInput,
  DescribeScheduledActionsCommandInput,
  SetDesiredCapacityCommandInput,
  SetInstanceHealthCommandInput,
  UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribePoliciesCommand,
  DescribeScheduledActionsCommand,
  ScalingActivityInProgressFault,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Group, Server } from './account.ts';
import { lookAt, resize } from './auto-scaling.ts';
import type { Call, Operation } from './operations.ts';
import { metadata, operationsOf, pageOf, serviceError } from './operations.ts';

const DEFAULT_COOLDOWN_SECONDS = 300;
/** The console's default; an instance this young is not marked unhealthy by a call that respects it. */
const GRACE_SECONDS = 300;
const LARGEST_PAGE = 100;
const DEFAULT_PAGE = 50;

const invalid = (message: string): Error => serviceError('auto-scaling', 'ValidationError', message);

function groupNamed(call: Call, name: string | undefined): Group {
  const group = call.region.groups.get(name ?? '');
  if (group === undefined) throw invalid(`AutoScalingGroup name not found - AutoScalingGroup ${name} not found`);
  return group;
}

/** "All mutating API calls from non-operator callers are rejected": API_AutoScalingGroup, Operator. */
function assertOwn(group: Group): Group {
  if (group.operator === null) return group;
  throw serviceError('auto-scaling', 'AccessDenied', `the group is managed by ${group.operator}`, 403);
}

function instanceOf(server: Server) {
  return {
    InstanceId: server.id,
    InstanceType: 't3.micro',
    AvailabilityZone: server.zone.name,
    LifecycleState: server.lifecycle,
    HealthStatus: server.markedUnhealthy ? 'Unhealthy' : 'Healthy',
    ProtectedFromScaleIn: server.protectedFromScaleIn,
  };
}

/** The group as DescribeAutoScalingGroups shows it. Kept until something changes: drills read it every round. */
export function describeGroup(group: Group): AutoScalingGroup {
  group.description ??= {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: `arn:aws:autoscaling:${group.site.region.name}:111122223333:autoScalingGroup:*:autoScalingGroupName/${group.name}`,
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: DEFAULT_COOLDOWN_SECONDS,
    AvailabilityZones: group.site.region.zones.map((zone) => zone.name),
    TargetGroupARNs: [group.site.targetGroup.arn],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: GRACE_SECONDS,
    Instances: [...group.servers].map(instanceOf),
    CreatedTime: new Date(group.createdMs),
    SuspendedProcesses: group.suspended.map((ProcessName) => ({ ProcessName, SuspensionReason: 'User suspended' })),
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: false,
    ...(group.operator === null ? {} : { Operator: { Principal: group.operator } }),
  };
  return group.description;
}

function describeGroups(call: Call, input: DescribeAutoScalingGroupsCommandInput) {
  const size = input.MaxRecords ?? DEFAULT_PAGE;
  if (size > LARGEST_PAGE) {
    throw invalid(
      `1 validation error detected: Value '${size}' at 'maxRecords' failed to satisfy constraint: Member must have value less than or equal to ${LARGEST_PAGE}`,
    );
  }
  const names = input.AutoScalingGroupNames ?? [];
  // "By default, you can only specify up to 50 names. You can optionally increase this limit using the MaxRecords property":
  // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
  if (names.length > size) throw invalid(`The number of group names that can be passed in is limited to ${size}`);
  const wanted = new Set(names);
  const all = [...call.region.groups.values()].filter((group) => wanted.size === 0 || wanted.has(group.name));
  const page = pageOf(all, input.NextToken, size);
  const groups = page.items.map((group) => call.snapshot?.groups.get(group) ?? describeGroup(group));
  return { AutoScalingGroups: groups, NextToken: page.next };
}

function setDesiredCapacity(call: Call, input: SetDesiredCapacityCommandInput) {
  const group = assertOwn(groupNamed(call, input.AutoScalingGroupName));
  const desired = input.DesiredCapacity ?? 0;
  // The wording is AWS's: https://github.com/kubernetes/autoscaler/issues/943
  const refused = (bound: string) =>
    invalid(`New SetDesiredCapacity value ${desired} is ${bound} for the AutoScalingGroup.`);
  if (desired > group.maxSize) throw refused(`above max value ${group.maxSize}`);
  if (desired < group.minSize) throw refused(`below min value ${group.minSize}`);
  const nowMs = call.account.clock.nowMs();
  if (input.HonorCooldown === true && nowMs - group.lastActivityMs < DEFAULT_COOLDOWN_SECONDS * 1000) {
    const message = 'Scaling activity is in progress and blocks this action';
    throw new ScalingActivityInProgressFault({ message, $metadata: metadata(400) });
  }
  resize(call.account, group, { minSize: group.minSize, maxSize: group.maxSize, desired });
  return {};
}

/**
 * A minimum above the desired capacity raises it, a maximum below lowers it, unless it is given too:
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
 */
function updateGroup(call: Call, input: UpdateAutoScalingGroupCommandInput) {
  const group = assertOwn(groupNamed(call, input.AutoScalingGroupName));
  const minSize = input.MinSize ?? group.minSize;
  const maxSize = input.MaxSize ?? group.maxSize;
  if (minSize > maxSize) throw invalid(`Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  const desired = input.DesiredCapacity ?? Math.min(Math.max(group.desired, minSize), maxSize);
  if (desired < minSize || desired > maxSize) {
    throw invalid(
      `Desired capacity:${desired} must be between the specified min size:${minSize} and max size:${maxSize}`,
    );
  }
  resize(call.account, group, { minSize, maxSize, desired });
  return {};
}

/** https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetInstanceHealth.html: the grace period is respected by default. */
function setInstanceHealth(call: Call, input: SetInstanceHealthCommandInput) {
  const server = call.region.servers.get(input.InstanceId ?? '');
  const group = server?.group ?? null;
  if (server === undefined || group === null) {
    throw invalid(`Instance Id not found - No managed instance found for instance ID: ${input.InstanceId}`);
  }
  assertOwn(group);
  const young = call.account.clock.nowMs() - server.inServiceMs < GRACE_SECONDS * 1000;
  if (young && input.ShouldRespectGracePeriod !== false) return {};
  server.markedUnhealthy = input.HealthStatus === 'Unhealthy';
  group.description = null;
  lookAt(call.account, group);
  return {};
}

function describePolicies(call: Call, input: DescribePoliciesCommandInput) {
  const all = [...call.region.groups.values()].flatMap((group) => group.policies);
  const wanted = all.filter(
    (policy) => (input.AutoScalingGroupName ?? policy.AutoScalingGroupName) === policy.AutoScalingGroupName,
  );
  const page = pageOf(wanted, input.NextToken, input.MaxRecords ?? DEFAULT_PAGE);
  return { ScalingPolicies: page.items, NextToken: page.next };
}

function describeScheduledActions(call: Call, input: DescribeScheduledActionsCommandInput) {
  const all = [...call.region.groups.values()].flatMap((group) => group.schedules);
  const wanted = all.filter(
    (action) => (input.AutoScalingGroupName ?? action.AutoScalingGroupName) === action.AutoScalingGroupName,
  );
  const page = pageOf(wanted, input.NextToken, input.MaxRecords ?? DEFAULT_PAGE);
  return { ScheduledUpdateGroupActions: page.items, NextToken: page.next };
}

function describeRefreshes(call: Call, input: DescribeInstanceRefreshesCommandInput) {
  const group = groupNamed(call, input.AutoScalingGroupName);
  const page = pageOf(group.refreshes.toReversed(), input.NextToken, input.MaxRecords ?? DEFAULT_PAGE);
  const refreshes = page.items.map((refresh) => ({
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: group.name,
    Status: call.readMs < refresh.endMs ? ('InProgress' as const) : ('Successful' as const),
    StartTime: new Date(refresh.startMs),
    ...(call.readMs < refresh.endMs ? {} : { EndTime: new Date(refresh.endMs) }),
  }));
  return { InstanceRefreshes: refreshes, NextToken: page.next };
}

const { read, write } = operationsOf('auto-scaling');

export const autoScalingOperations: readonly Operation[] = [
  read('DescribeAutoScalingGroups', DescribeAutoScalingGroupsCommand, describeGroups),
  read('DescribePolicies', DescribePoliciesCommand, describePolicies),
  read('DescribeScheduledActions', DescribeScheduledActionsCommand, describeScheduledActions),
  read('DescribeInstanceRefreshes', DescribeInstanceRefreshesCommand, describeRefreshes),
  write('SetDesiredCapacity', SetDesiredCapacityCommand, setDesiredCapacity),
  write('UpdateAutoScalingGroup', UpdateAutoScalingGroupCommand, updateGroup),
  write('SetInstanceHealth', SetInstanceHealthCommand, setInstanceHealth),
];
