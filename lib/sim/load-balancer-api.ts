/** The Elastic Load Balancing (v2) operations. */
import type {
  DeregisterTargetsCommandInput,
  DescribeTargetGroupsCommandInput,
  DescribeTargetHealthCommandInput,
  RegisterTargetsCommandInput,
  TargetDescription,
  TargetGroup as TargetGroupDescription,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  InvalidTargetException,
  RegisterTargetsCommand,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Region, Server, Target, TargetGroup } from './account.ts';
import { deregister, register } from './load-balancer.ts';
import type { Call, Operation } from './operations.ts';
import { metadata, operationsOf, pageOf, serviceError } from './operations.ts';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html (PageSize) */
const LARGEST_PAGE = 400;
/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html (Port) */
const LARGEST_PORT = 65_535;

/**
 * "The token bucket size for non-mutating API actions is 40 tokens. You can make up to 40 Describe* requests in one second",
 * refilled by ten a second, for each account and region:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html
 */
const READS = { most: 40, perSecond: 10 };

/** Whether Elastic Load Balancing refuses the read that reaches the region now. */
export function exceedsReads(bucket: Region['elbReads'], nowMs: number): boolean {
  bucket.left = Math.min(READS.most, bucket.left + ((nowMs - bucket.atMs) * READS.perSecond) / 1000);
  bucket.atMs = nowMs;
  if (bucket.left < 1) return true;
  bucket.left -= 1;
  return false;
}

const invalid = (message: string): Error => serviceError('elbv2', 'ValidationError', message);

function notFound(): Error {
  return new TargetGroupNotFoundException({ message: 'One or more target groups not found', $metadata: metadata(400) });
}

function groupByArn(call: Call, arn: string | undefined): TargetGroup {
  const group = call.region.targetGroups.get(arn ?? '');
  if (group !== undefined) return group;
  if (arn?.startsWith('arn:aws:elasticloadbalancing:') === true) throw notFound();
  throw invalid(`'${arn}' is not a valid target group ARN`);
}

/** The target's port, or the group's own for a target without one. */
function portOf(group: TargetGroup, target: TargetDescription): number {
  const port = target.Port ?? group.port;
  if (port >= 1 && port <= LARGEST_PORT) return port;
  throw invalid(`Port number '${port}' is not between 1 and ${LARGEST_PORT}`);
}

const DESCRIPTION_FOR: Readonly<Record<string, string>> = {
  'Elb.RegistrationInProgress': 'Target registration is in progress',
  'Elb.InitialHealthChecking': 'Initial health checks in progress',
  'Target.FailedHealthChecks': 'Health checks failed',
  'Target.Timeout': 'Request timed out',
  'Target.ResponseCodeMismatch': 'Health checks failed with these codes: [500]',
  'Target.DeregistrationInProgress': 'Target deregistration is in progress',
};

function describeTarget(target: Target): TargetHealthDescription {
  const { id, port, state, reason, server } = target;
  const zone = target.targetGroup.type === 'ip' ? { AvailabilityZone: server.zone.name } : {};
  const why = reason === undefined ? {} : { Reason: reason, Description: DESCRIPTION_FOR[reason] };
  return {
    Target: { Id: id, Port: port, ...zone },
    HealthCheckPort: String(port),
    TargetHealth: { State: state, ...why } as NonNullable<TargetHealthDescription['TargetHealth']>,
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html
    AdministrativeOverride: server.zone.shifted
      ? {
          State: 'zonal_shift_active',
          Reason: 'AdministrativeOverride.ZonalShiftActive',
          Description: 'Zonal shift is active for target',
        }
      : {
          State: 'no_override',
          Reason: 'AdministrativeOverride.NoOverride',
          Description: 'No override is currently active on target',
        },
  };
}

/** The targets as DescribeTargetHealth shows them. Kept until something changes: drills read them every round. */
export function describeTargets(group: TargetGroup): TargetHealthDescription[] {
  group.description ??= [...group.targets.values()].map(describeTarget);
  return group.description;
}

/** Asked for by name, a target that is not there is `unused`: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
function unregistered(target: TargetDescription, group: TargetGroup): TargetHealthDescription {
  return {
    Target: { Id: target.Id, Port: target.Port ?? group.port },
    TargetHealth: {
      State: 'unused',
      Reason: 'Target.NotRegistered',
      Description: 'Target is not registered to the target group',
    },
  };
}

function describeTargetHealth(call: Call, input: DescribeTargetHealthCommandInput) {
  const group = groupByArn(call, input.TargetGroupArn);
  const all = call.snapshot?.targetGroups.get(group) ?? describeTargets(group);
  if (input.Targets === undefined || input.Targets.length === 0) return { TargetHealthDescriptions: [...all] };
  const described = input.Targets.map((wanted) => {
    const port = wanted.Port ?? group.port;
    return all.find(({ Target }) => Target?.Id === wanted.Id && Target?.Port === port) ?? unregistered(wanted, group);
  });
  return { TargetHealthDescriptions: described };
}

function describeTargetGroup(group: TargetGroup): TargetGroupDescription {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    TargetType: group.type,
    Protocol: 'HTTP',
    Port: group.port,
    HealthCheckEnabled: true,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: 'traffic-port',
    HealthCheckPath: group.check.path,
    HealthCheckIntervalSeconds: group.check.intervalMs / 1000,
    HealthCheckTimeoutSeconds: group.check.timeoutMs / 1000,
    HealthyThresholdCount: group.check.healthyThreshold,
    UnhealthyThresholdCount: group.check.unhealthyThreshold,
    Matcher: { HttpCode: group.check.matcher },
  };
}

function describeTargetGroups(call: Call, input: DescribeTargetGroupsCommandInput) {
  const all = [...call.region.targetGroups.values()];
  const { Names: names, TargetGroupArns: arns, PageSize: size = LARGEST_PAGE } = input;
  if (size > LARGEST_PAGE) throw invalid(`Page size '${size}' is not between 1 and ${LARGEST_PAGE}`);
  for (const arn of arns ?? []) groupByArn(call, arn);
  const wanted = all.filter((group) => (names?.includes(group.name) ?? true) && (arns?.includes(group.arn) ?? true));
  if (wanted.length < (names?.length ?? 0)) throw notFound();
  const page = pageOf(wanted, input.Marker, size);
  return { TargetGroups: page.items.map(describeTargetGroup), NextMarker: page.next };
}

/** "The following targets are not in a running state …" is AWS's: https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/5037 */
function registerTargets(call: Call, input: RegisterTargetsCommandInput) {
  const group = groupByArn(call, input.TargetGroupArn);
  const servers = (input.Targets ?? []).map((target): [Server, number] => {
    const server = call.region.servers.get(target.Id ?? '');
    if (server === undefined || server.lifecycle.startsWith('Terminating')) {
      const message = `The following targets are not in a running state and cannot be registered: '${target.Id}'`;
      throw new InvalidTargetException({ message, $metadata: metadata(400) });
    }
    return [server, portOf(group, target)];
  });
  for (const [server, port] of servers) register(call.account, group, server, port);
  return {};
}

/**
 * "If you specified a port override when you registered a target, you must specify both the target ID and the port when
 * you deregister it", and "if the specified target does not exist, the action returns successfully":
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
 */
function deregisterTargets(call: Call, input: DeregisterTargetsCommandInput) {
  const group = groupByArn(call, input.TargetGroupArn);
  const keys = (input.Targets ?? []).map((target) => `${target.Id}:${portOf(group, target)}`);
  for (const key of keys) {
    const target = group.targets.get(key);
    if (target !== undefined) deregister(call.account, target);
  }
  return {};
}

const { read, write } = operationsOf('elbv2');

export const loadBalancerOperations: readonly Operation[] = [
  read('DescribeTargetHealth', DescribeTargetHealthCommand, describeTargetHealth),
  read('DescribeTargetGroups', DescribeTargetGroupsCommand, describeTargetGroups),
  write('RegisterTargets', RegisterTargetsCommand, registerTargets),
  write('DeregisterTargets', DeregisterTargetsCommand, deregisterTargets),
];
