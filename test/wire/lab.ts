/** The course's lab, built in moto by boto3: groups with instances, target groups, and a weighted pair of records. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Policy } from '../../lib/core/model.ts';
import { loadPolicies } from '../../lib/policy/load.ts';
import type { Moto } from './moto.ts';

const WEB = new URL('../../policies/web.yml', import.meta.url);
export const HOME = 'ap-northeast-2';
export const STANDBY = 'ap-northeast-1';
/** One that moto knows in every region. */
const IMAGE = 'ami-12c6146b';

/**
 * policies/web.yml as text, its names those of service number `index` (0: as they are) and its zone this one. Without
 * probes, which would ask the real example.com. `edit` may change more.
 */
export function labText(zoneId: string, index = 0, edit: (text: string) => string = (text) => text): string {
  const text = readFileSync(WEB, 'utf8')
    .replace(/hostedZoneId: \S+/, `hostedZoneId: ${zoneId}`)
    .replaceAll(/,?\s*probe: https:\S+?(?=[\s}])/g, '');
  if (index === 0) return edit(text);
  return edit(
    text
      .replaceAll(/exercise-(group|target-group|standby-group|standby)\b/g, `exercise-$1-${index}`)
      .replace('service: web', `service: web-${index}`)
      .replaceAll('www.example.com', `www-${index}.example.com`),
  );
}

/** @throws Error with the problems when the text is no good policy. */
export function policyFrom(text: string): Policy {
  const { policies, problems } = loadPolicies([{ file: 'lab.yml', text }]);
  const policy = policies[0]?.policy;
  if (policy === undefined) throw new Error(JSON.stringify(problems));
  return policy;
}

/** A hosted zone for example.com; its id without `/hostedzone/`. */
export async function buildZone({ boto }: Moto): Promise<string> {
  const { HostedZone } = await boto('route53', STANDBY, 'create_hosted_zone', {
    Name: 'example.com',
    CallerReference: `zone-${Math.random()}`,
  });
  return HostedZone.Id.replace('/hostedzone/', '');
}

/** A target group that checks as the course does; its ARN. */
export async function buildTargetGroup({ boto }: Moto, region: string, Name: string): Promise<string> {
  const { Vpcs } = await boto('ec2', region, 'describe_vpcs');
  const { TargetGroups } = await boto('elbv2', region, 'create_target_group', {
    Name,
    Protocol: 'HTTP',
    Port: 80,
    VpcId: Vpcs[0].VpcId,
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 2,
    Matcher: { HttpCode: '200' },
  });
  return TargetGroups[0].TargetGroupArn;
}

/** A group with `desired` running instances, registered with the target groups. */
async function buildGroup(
  { boto }: Moto,
  region: string,
  name: string,
  size: { readonly min: number; readonly max: number; readonly desired: number },
  targetGroupArns: readonly string[],
): Promise<void> {
  const launch = `launch-${region}`;
  const known = await boto('autoscaling', region, 'describe_launch_configurations', {});
  if (known.LaunchConfigurations.length === 0) {
    await boto('autoscaling', region, 'create_launch_configuration', {
      LaunchConfigurationName: launch,
      ImageId: IMAGE,
      InstanceType: 't2.micro',
      InstanceMonitoring: { Enabled: true },
    });
  }
  await boto('autoscaling', region, 'create_auto_scaling_group', {
    AutoScalingGroupName: name,
    LaunchConfigurationName: launch,
    MinSize: size.min,
    MaxSize: size.max,
    DesiredCapacity: size.desired,
    AvailabilityZones: [`${region}a`, `${region}c`],
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: 0,
    TargetGroupARNs: targetGroupArns,
  });
}

/** What was built for one policy. */
export interface Lab {
  readonly policy: Policy;
  readonly primaryTargetGroup: string;
  readonly secondaryTargetGroup: string;
}

/** The weighted pair of the policy's record, all weight on the primary. */
export async function buildRecords({ boto }: Moto, { failover }: Policy): Promise<void> {
  if (failover === undefined) throw new Error('only a policy with failover has a record');
  const { primary, secondary, hostedZoneId, record } = failover;
  const weighted = (setIdentifier: string, weight: number, address: string) => ({
    // Not CREATE: moto refuses a CREATE that says the same as an earlier one, and a failback says just that.
    Action: 'UPSERT',
    ResourceRecordSet: {
      Name: record.name,
      Type: record.type,
      SetIdentifier: setIdentifier,
      Weight: weight,
      TTL: 30,
      ResourceRecords: [{ Value: address }],
    },
  });
  await boto('route53', STANDBY, 'change_resource_record_sets', {
    HostedZoneId: hostedZoneId,
    ChangeBatch: {
      Changes: [weighted(primary.setIdentifier, 100, '192.0.2.1'), weighted(secondary.setIdentifier, 0, '192.0.2.2')],
    },
  });
}

/**
 * Builds what a policy of `labText` names: two servers at home, one in the standby, all weight on the primary.
 * One after the other for several policies: moto does not like to be hurried.
 */
export async function buildLab(moto: Moto, policy: Policy, desired = 2): Promise<Lab> {
  const { fleet, failover } = policy;
  if (fleet === undefined || failover === undefined) throw new Error('the lab needs fleet and failover');
  const { primary, secondary } = failover;
  const primaryTargetGroup = await buildTargetGroup(moto, primary.region, primary.targetGroup);
  const secondaryTargetGroup = await buildTargetGroup(moto, secondary.region, secondary.targetGroup);
  await buildGroup(moto, primary.region, fleet.autoScalingGroup, { min: 1, max: 2, desired }, [primaryTargetGroup]);
  if (secondary.autoScalingGroup !== undefined)
    await buildGroup(moto, secondary.region, secondary.autoScalingGroup, { min: 1, max: 2, desired: 1 }, [
      secondaryTargetGroup,
    ]);
  await buildRecords(moto, policy);
  return { policy, primaryTargetGroup, secondaryTargetGroup };
}

/** Puts a site back: the size of its group, the health of its instances, and all of them registered. */
async function reset(moto: Moto, region: string, group: string, arn: string, desired: number): Promise<string[]> {
  const size = { AutoScalingGroupName: group, MinSize: 1, MaxSize: 2, DesiredCapacity: desired };
  await moto.boto('autoscaling', region, 'update_auto_scaling_group', size);
  const { Instances } = await groupNow(moto, region, group);
  const ids: string[] = Instances.map(({ InstanceId }: { InstanceId: string }) => InstanceId);
  for (const InstanceId of ids)
    await moto.boto('autoscaling', region, 'set_instance_health', { InstanceId, HealthStatus: 'Healthy' });
  // moto leaves terminated servers registered.
  const { TargetHealthDescriptions } = await moto.boto('elbv2', region, 'describe_target_health', {
    TargetGroupArn: arn,
  });
  const gone = TargetHealthDescriptions.map(({ Target }: { Target: { Id: string } }) => Target).filter(
    ({ Id }: { Id: string }) => !ids.includes(Id),
  );
  if (gone.length > 0) await moto.boto('elbv2', region, 'deregister_targets', { TargetGroupArn: arn, Targets: gone });
  const Targets = ids.map((Id) => ({ Id, Port: 80 }));
  await moto.boto('elbv2', region, 'register_targets', { TargetGroupArn: arn, Targets });
  return ids;
}

/** Puts both sites of a lab back, but not its record; returns the primary's instances. */
export async function resetLab(moto: Moto, lab: Lab, desired: number): Promise<string[]> {
  const { fleet, failover, region } = lab.policy;
  const standby = failover?.secondary;
  if (fleet === undefined || standby?.autoScalingGroup === undefined) throw new Error('the lab has both groups');
  await reset(moto, standby.region, standby.autoScalingGroup, lab.secondaryTargetGroup, 1);
  return reset(moto, region, fleet.autoScalingGroup, lab.primaryTargetGroup, desired);
}

/** CPU of a group, one datapoint a minute for the last `minutes`, as EC2's detailed monitoring reports it. */
export async function reportCpu({ boto }: Moto, region: string, group: string, percent: number, minutes = 8) {
  const now = Math.floor(Date.now() / 60_000) * 60;
  await boto('cloudwatch', region, 'put_metric_data', {
    Namespace: 'AWS/EC2',
    MetricData: Array.from({ length: minutes }, (_, ago) => ({
      MetricName: 'CPUUtilization',
      Dimensions: [{ Name: 'AutoScalingGroupName', Value: group }],
      Timestamp: now - ago * 60,
      Value: percent,
      Unit: 'Percent',
    })),
  });
}

/** What boto3 says of a group: capacity, bounds and instances. */
export async function groupNow({ boto }: Moto, region: string, name: string) {
  const { AutoScalingGroups } = await boto('autoscaling', region, 'describe_auto_scaling_groups', {
    AutoScalingGroupNames: [name],
  });
  return AutoScalingGroups[0];
}

/** moto marks an instance unhealthy and leaves it at that; AWS's group would terminate it and launch another. Returns its id. */
export async function replaceWhenMarked(moto: Moto, group: string, withinMs: number): Promise<string> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(250)) {
    const { Instances } = await groupNow(moto, HOME, group);
    const marked = Instances.find((i: { HealthStatus: string }) => i.HealthStatus.toUpperCase() === 'UNHEALTHY');
    if (marked === undefined) continue;
    await moto.boto('autoscaling', HOME, 'terminate_instance_in_auto_scaling_group', {
      InstanceId: marked.InstanceId,
      ShouldDecrementDesiredCapacity: false,
    });
    return marked.InstanceId;
  }
  throw new Error(`no instance of ${group} was marked unhealthy within ${withinMs} ms`);
}

/** Weights of the record's sets by identifier, as boto3 reads them. */
export async function weightsNow({ boto }: Moto, policy: Policy): Promise<Record<string, number>> {
  const { ResourceRecordSets } = await boto('route53', STANDBY, 'list_resource_record_sets', {
    HostedZoneId: policy.failover?.hostedZoneId,
  });
  const name = `${policy.failover?.record.name}.`;
  const sets: { Name: string; SetIdentifier: string; Weight: number }[] = ResourceRecordSets;
  return Object.fromEntries(sets.filter((s) => s.Name === name).map((s) => [s.SetIdentifier, s.Weight]));
}
