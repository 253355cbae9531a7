/** An account of many healthy services, as AWS answers over HTTP; and their policies. */
import { type Asked, fields, json, members, result, xml } from '../aws/aws-server.ts';

const REGION = 'eu-west-1';
const arnOf = (name: string) =>
  `arn:aws:elasticloadbalancing:${REGION}:111122223333:targetgroup/${name}/0123456789abcdef`;

/** Policies by name of file: service `s1` … with a group, a target group and a metric each. */
export function policyTexts(count: number, more = ''): string[] {
  return Array.from(
    { length: count },
    (_, index) => `service: s${index}
region: ${REGION}
fleet: { autoScalingGroup: group-${index}, capacity: { min: 1, max: 4 } }
scaling: { signals: [{ name: cpu, target: 80 }] }
health: { targetGroup: targets-${index} }
notify: { topicArn: arn:aws:sns:${REGION}:111122223333:on-call }
${more.replaceAll('INDEX', String(index))}`,
  );
}

function groups(form: URLSearchParams) {
  const names = [...form].flatMap(([key, value]) => (key.startsWith('AutoScalingGroupNames.') ? [value] : []));
  const group = (name: string): string => {
    const index = name.replace('group-', '');
    const instance = fields({
      InstanceId: `i-${index}`,
      AvailabilityZone: `${REGION}a`,
      LifecycleState: 'InService',
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: false,
    });
    const sizes = { MinSize: 1, MaxSize: 4, DesiredCapacity: 1, HealthCheckType: 'EC2', HealthCheckGracePeriod: 0 };
    return `${fields({ AutoScalingGroupName: name, ...sizes })}${members('Instances', [instance])}${members('TargetGroupARNs', [arnOf(`targets-${index}`)])}`;
  };
  return result('DescribeAutoScalingGroups', members('AutoScalingGroups', names.map(group)));
}

function targetGroups(form: URLSearchParams, count: number) {
  const one = form.get('TargetGroupArns.member.1') ?? form.get('Names.member.1');
  const size = Math.min(100, Number(form.get('PageSize') ?? 100));
  const from = Number(form.get('Marker') ?? 0);
  const all = Array.from({ length: count }, (_, index) => `targets-${index}`);
  const names = one === null ? all.slice(from, from + size) : all.filter((name) => arnOf(name) === one || name === one);
  const group = (name: string): string => {
    const check = {
      HealthCheckEnabled: true,
      HealthCheckProtocol: 'HTTP',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    };
    const own = { TargetGroupArn: arnOf(name), TargetGroupName: name, TargetType: 'instance' };
    return `${fields({ ...own, ...check })}<Matcher><HttpCode>200</HttpCode></Matcher>${members('LoadBalancerArns', ['arn:aws:elasticloadbalancing:lb'])}`;
  };
  const next = one === null && from + size < count ? fields({ NextMarker: from + size }) : '';
  return result('DescribeTargetGroups', `${members('TargetGroups', names.map(group))}${next}`);
}

function health(form: URLSearchParams) {
  const index = /targets-(\d+)/.exec(form.get('TargetGroupArn') ?? '')?.[1];
  const target = `<Target>${fields({ Id: `i-${index}`, Port: 80 })}</Target><TargetHealth>${fields({ State: 'healthy' })}</TargetHealth>`;
  return result('DescribeTargetHealth', members('TargetHealthDescriptions', [target]));
}

interface Query {
  readonly Id: string;
  readonly MetricStat: { readonly Metric: { readonly Dimensions: readonly { readonly Value: string }[] } };
}

/** The queries of a GetMetricData call. */
export function queriesOf(asked: Asked): readonly Query[] {
  return JSON.parse(asked.body).MetricDataQueries;
}

function metrics(asked: Asked, value: number) {
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const Timestamps = Array.from({ length: 30 }, (_, index) => minute - (30 - index) * 60);
  const MetricDataResults = queriesOf(asked).map(({ Id }) => ({
    Id,
    Timestamps,
    Values: Timestamps.map(() => value),
    StatusCode: 'Complete',
  }));
  return json({ MetricDataResults });
}

function topic() {
  const entry = (key: string, value: number): string => `<entry><key>${key}</key><value>${value}</value></entry>`;
  const attributes = `${entry('SubscriptionsConfirmed', 1)}${entry('SubscriptionsPending', 0)}`;
  return result('GetTopicAttributes', `<Attributes>${attributes}</Attributes>`);
}

/** Aliases for whatever name is asked for. */
function record(url: string) {
  const name = new URL(url, 'http://localhost').searchParams.get('name');
  const set = (id: string, weight: number): string =>
    `<ResourceRecordSet>${fields({ Name: `${name}.`, Type: 'A', SetIdentifier: id, Weight: weight })}<AliasTarget>${fields({ HostedZoneId: 'ZALB', DNSName: 'lb.example.com.', EvaluateTargetHealth: true })}</AliasTarget></ResourceRecordSet>`;
  return xml(
    `<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets>${set('a', 100)}${set('b', 0)}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`,
  );
}

/** What AWS answers when `count` services are well, each signal at this value. */
export function answerFor(asked: Asked, count: number, value = 78) {
  switch (asked.operation) {
    case 'DescribeAutoScalingGroups':
      return groups(asked.form);
    case 'DescribeTargetGroups':
      return targetGroups(asked.form, count);
    case 'DescribeTargetHealth':
      return health(asked.form);
    case 'DescribePolicies':
      return result('DescribePolicies', members('ScalingPolicies', []));
    case 'DescribeScheduledActions':
      return result('DescribeScheduledActions', members('ScheduledUpdateGroupActions', []));
    case 'DescribeInstanceRefreshes':
      return result('DescribeInstanceRefreshes', members('InstanceRefreshes', []));
    case 'GetMetricData':
      return metrics(asked, value);
    case 'GetTopicAttributes':
      return topic();
    case 'BatchGetItem':
      return json({ Responses: { [Object.keys(JSON.parse(asked.body).RequestItems)[0] ?? '']: [] } });
    default:
      return record(asked.url);
  }
}
