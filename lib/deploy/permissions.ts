import type { FailoverPolicy, Policy } from '../core/model.ts';
import { type Arn, arnOf, publicArnOf, type Resource, type Resources, type Statement } from './template.ts';

/** What every controller needs, whatever its policies: reading, and its own table. */
export function commonStatements(): Statement[] {
  return [
    {
      // None of these can be narrowed to a resource:
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
      Effect: 'Allow',
      Action: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeInstanceRefreshes',
        'autoscaling:DescribePolicies',
        'autoscaling:DescribeScheduledActions',
        // For the alarms that stop a live drill. Narrowed to names it would hide composite ones:
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        'cloudwatch:DescribeAlarms',
        'cloudwatch:GetMetricData',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
      ],
      Resource: ['*'],
    },
    {
      Effect: 'Allow',
      Action: [
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ],
      Resource: [{ 'Fn::GetAtt': ['StateTable', 'Arn'] }],
    },
  ];
}

/**
 * What the policies ask for on top: each write only on the resources that a policy in mode `enforce` names, each read of
 * DNS and each notification on what any policy names. What has the same actions is one statement: the ARNs are what fills
 * a role, so none is said twice.
 */
export function policyStatements(policies: readonly Policy[]): Statement[] {
  const enforced = policies.filter((policy) => policy.mode === 'enforce');
  const failovers = policies.flatMap(({ failover }) => (failover ? [failover] : []));
  const moves = enforced.flatMap(({ failover }) => (failover ? [failover] : []));
  const replaces = ({ health }: Policy): boolean => health?.onUnhealthy === 'replace';
  return [
    ...allow([...RESIZE, 'autoscaling:SetInstanceHealth'], fleets(enforced.filter(replaces))),
    ...allow(RESIZE, fleets(enforced.filter((policy) => !replaces(policy)))),
    ...allow(['autoscaling:SetDesiredCapacity'], moves.flatMap(standbyGroup)),
    ...allow(
      ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
      enforced.flatMap(({ region, health }) => (health ? [targetGroup(region, health.targetGroup)] : [])),
    ),
    ...allow(['route53:ListResourceRecordSets'], failovers.map(zone)),
    ...(failovers.length > 0 ? allow(['route53:GetChange'], [publicArnOf('route53', 'change/*')]) : []),
    ...moveRecords(moves),
    ...allow(
      ['sns:Publish'],
      policies.flatMap(({ notify }) => (notify ? [notify.topicArn] : [])),
    ),
  ];
}

const RESIZE = ['autoscaling:SetDesiredCapacity', 'autoscaling:UpdateAutoScalingGroup'];

function allow(actions: readonly string[], resources: readonly (string | Arn)[]): Statement[] {
  const distinct = [...new Map(resources.map((resource) => [JSON.stringify(resource), resource])).values()];
  return distinct.length === 0 ? [] : [{ Effect: 'Allow', Action: actions, Resource: distinct }];
}

function fleets(policies: readonly Policy[]): Arn[] {
  return policies.flatMap(({ region, fleet }) => (fleet ? [group(region, fleet.autoScalingGroup)] : []));
}

function standbyGroup({ secondary }: FailoverPolicy): Arn[] {
  return secondary.autoScalingGroup === undefined ? [] : [group(secondary.region, secondary.autoScalingGroup)];
}

/**
 * The name of a group may hold `*`, `?` and `$`, which mean something to IAM. The wildcard for one
 * character stands for them: it matches that group, and at worst one whose name differs in that character.
 */
function group(region: string, name: string): Arn {
  const plain = name.replaceAll(/[*?$]/g, '?');
  return arnOf('autoscaling', region, `autoScalingGroup:*:autoScalingGroupName/${plain}`);
}

function targetGroup(region: string, nameOrArn: string): string | Arn {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arnOf('elasticloadbalancing', region, `targetgroup/${nameOrArn}/*`);
}

function zone({ hostedZoneId }: FailoverPolicy): Arn {
  return publicArnOf('route53', `hostedzone/${hostedZoneId}`);
}

const NAMES = 'route53:ChangeResourceRecordSetsNormalizedRecordNames';

/**
 * The records of one zone and kind by one statement: their names, their types, and no action but those of the
 * compare-and-swap. Forms of the values: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
 */
function moveRecords(failovers: readonly FailoverPolicy[]): Statement[] {
  const alike = Map.groupBy(failovers, ({ hostedZoneId, record }) => `${hostedZoneId} ${record.type === 'CNAME'}`);
  return [...alike.values()].flatMap((group) =>
    group.slice(0, 1).map((first) => ({
      Effect: 'Allow',
      Action: ['route53:ChangeResourceRecordSets'],
      Resource: [zone(first)],
      Condition: {
        'ForAllValues:StringEquals': {
          [NAMES]: group.map(({ record }) => record.name.toLowerCase().replace(/\.$/, '').replace('*', '\\052')),
          // A and AAAA move together.
          'route53:ChangeResourceRecordSetsRecordTypes': first.record.type === 'CNAME' ? ['CNAME'] : ['A', 'AAAA'],
          'route53:ChangeResourceRecordSetsActions': ['CREATE', 'DELETE'],
        },
      },
    })),
  );
}

/** Characters of a managed policy, a few left for its frame: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const POLICY_CHARACTERS = 6_000;

/**
 * Managed policies for the functions' role, as many as the statements fill: a role's inline policies together hold
 * 10,240 characters, which a dozen services would use up.
 */
export function managedPolicies(statements: readonly Statement[]): Resources {
  const pages: Statement[][] = [];
  let room = 0;
  for (const statement of statements.flatMap(pieces)) {
    const size = filledSize(statement);
    if (size > room) {
      pages.push([]);
      room = POLICY_CHARACTERS;
    }
    pages.at(-1)?.push(statement);
    room -= size;
  }
  const entries = pages.map((page, index): [string, Resource] => [
    `ControllerPolicy${index + 1}`,
    {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        Description: 'What the policies of evenkeel name',
        PolicyDocument: { Version: '2012-10-17', Statement: page },
        Roles: [{ Ref: 'IamRoleLambdaExecution' }],
      },
    },
  ]);
  return Object.fromEntries(entries);
}

/** The longest that CloudFormation fills in. */
const LONGEST: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws-us-gov', 'AWS::AccountId': '111122223333' };

/** Characters of a statement as IAM counts them, with the comma after it. */
function filledSize(statement: Statement): number {
  const Resource = statement.Resource.map((arn) =>
    typeof arn === 'object' && 'Fn::Join' in arn
      ? arn['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : LONGEST[part.Ref])).join('')
      : arn,
  );
  return JSON.stringify({ ...statement, Resource }).length + 1;
}

/** The longest ARN of a group has some 400 characters, and the longest name 255: ten of them always fit. */
const ITEMS_PER_STATEMENT = 10;

function pieces(statement: Statement): Statement[] {
  const { Condition, Resource } = statement;
  const pinned = Condition?.['ForAllValues:StringEquals'];
  if (pinned === undefined) return tens(Resource).map((some) => ({ ...statement, Resource: some }));
  return tens(pinned[NAMES] ?? []).map((names) => ({
    ...statement,
    Condition: { 'ForAllValues:StringEquals': { ...pinned, [NAMES]: names } },
  }));
}

function tens<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / ITEMS_PER_STATEMENT) }, (_, index) =>
    all.slice(index * ITEMS_PER_STATEMENT, (index + 1) * ITEMS_PER_STATEMENT),
  );
}
