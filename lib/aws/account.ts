/** The settings of an account that `doctor` looks at, over the SDK. Only the command line uses it: no function may. */
import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { ElasticLoadBalancingV2Client, TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DescribeTargetGroupsCommand,
  ModifyTargetGroupCommand,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import type { AccountPort, CheckView, GroupView, TargetGroupSettings } from '../doctor/ports.ts';
import type { AwsClients } from './clients.ts';
import { calling, present } from './errors.ts';
import { fleetView, groupsNamed } from './fleet.ts';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html */
const PAGE = 400;

function groupView(group: AutoScalingGroup): GroupView {
  return {
    ...fleetView(group),
    // Several are joined by commas: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
    healthCheckTypes: present(group.HealthCheckType, 'HealthCheckType').split(','),
    graceSeconds: group.HealthCheckGracePeriod ?? 0,
    targetGroupArns: group.TargetGroupARNs ?? [],
  };
}

function checkView(group: TargetGroup): CheckView {
  return {
    enabled: group.HealthCheckEnabled !== false,
    protocol: present(group.HealthCheckProtocol, 'HealthCheckProtocol'),
    path: group.HealthCheckPath,
    intervalSeconds: present(group.HealthCheckIntervalSeconds, 'HealthCheckIntervalSeconds'),
    timeoutSeconds: present(group.HealthCheckTimeoutSeconds, 'HealthCheckTimeoutSeconds'),
    healthyThreshold: present(group.HealthyThresholdCount, 'HealthyThresholdCount'),
    unhealthyThreshold: present(group.UnhealthyThresholdCount, 'UnhealthyThresholdCount'),
    matcher: group.Matcher?.HttpCode,
  };
}

function settingsOf(group: TargetGroup): TargetGroupSettings {
  return {
    arn: present(group.TargetGroupArn, 'TargetGroupArn'),
    name: present(group.TargetGroupName, 'TargetGroupName'),
    targetType: present(group.TargetType, 'TargetType'),
    loadBalancers: (group.LoadBalancerArns ?? []).length,
    check: checkView(group),
  };
}

async function allTargetGroups(client: ElasticLoadBalancingV2Client): Promise<TargetGroupSettings[]> {
  const groups: TargetGroupSettings[] = [];
  for await (const page of paginateDescribeTargetGroups({ client }, { PageSize: PAGE })) {
    groups.push(...present(page.TargetGroups, 'TargetGroups').map(settingsOf));
  }
  return groups;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroup.html */
function modification(arn: string, settings: Partial<CheckView>) {
  return new ModifyTargetGroupCommand({
    TargetGroupArn: arn,
    HealthCheckEnabled: settings.enabled,
    HealthCheckPath: settings.path,
    HealthCheckIntervalSeconds: settings.intervalSeconds,
    HealthCheckTimeoutSeconds: settings.timeoutSeconds,
    HealthyThresholdCount: settings.healthyThreshold,
    UnhealthyThresholdCount: settings.unhealthyThreshold,
    Matcher: settings.matcher === undefined ? undefined : { HttpCode: settings.matcher },
  });
}

export function awsAccount(clients: Pick<AwsClients, 'autoScaling' | 'loadBalancing' | 'sns'>): AccountPort {
  return {
    groups: (region, names) =>
      calling(`read Auto Scaling groups in ${region}`, async () => {
        const views = (await groupsNamed(clients.autoScaling(region), names)).map(groupView);
        return new Map(views.map((view) => [view.name, view]));
      }),

    targetGroups: (region) =>
      calling(`read target groups in ${region}`, () => allTargetGroups(clients.loadBalancing(region))),

    setCheck: (region, arn, settings) =>
      calling(`set the health check of ${arn}`, async () => {
        const client = clients.loadBalancing(region);
        await client.send(modification(arn, settings));
        const answer = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
        return checkView(present(answer.TargetGroups?.[0], 'TargetGroups'));
      }),

    topic: (topicArn) =>
      calling(`read topic ${topicArn}`, async () => {
        // The region is the one in the topic's ARN, as for publishing.
        const client = clients.sns(topicArn.split(':')[3] ?? '');
        const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
        // https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
        const count = (name: string): number => Number(present(Attributes?.[name], name));
        return {
          confirmed: count('SubscriptionsConfirmed'),
          pending: count('SubscriptionsPending'),
          key: Attributes?.KmsMasterKeyId || null,
        };
      }),
  };
}
