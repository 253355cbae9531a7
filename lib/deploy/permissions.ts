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
 * DNS and each notification on what any policy names. Statements with the same actions are one.
 */
export function policyStatements(policies: readonly Policy[]): Statement[] {
  const enforced = policies.filter((policy) => policy.mode === 'enforce');
  const failovers = policies.flatMap(({ failover }) => (failover ? [failover] : []));
  const moves = enforced.flatMap(({ failover }) => (failover ? [failover] : []));
  return [
    ...allow(['autoscaling:SetDesiredCapacity'], [...fleets(enforced), ...moves.flatMap(standbyGroup)]),
    ...allow(['autoscaling:UpdateAutoScalingGroup'], fleets(enforced)),
    ...allow(
      ['autoscaling:SetInstanceHealth'],
      fleets(enforced.filter(({ health }) => health?.onUnhealthy === 'replace')),
    ),
    ...allow(
      ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
      enforced.flatMap(({ region, health }) => (health ? [targetGroup(region, health.targetGroup)] : [])),
    ),
    ...allow(['route53:ListResourceRecordSets'], failovers.map(zone)),
    ...(failovers.length > 0 ? allow(['route53:GetChange'], [publicArnOf('route53', 'change/*')]) : []),
    ...moves.map(moveRecord),
    ...allow(
      ['sns:Publish'],
      policies.flatMap(({ notify }) => (notify ? [notify.topicArn] : [])),
    ),
  ];
}

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

/**
 * One record's own statement: its name, its types, and no action but those of the compare-and-swap. Forms of the values:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
 */
function moveRecord(failover: FailoverPolicy): Statement {
  const { name, type } = failover.record;
  return {
    Effect: 'Allow',
    Action: ['route53:ChangeResourceRecordSets'],
    Resource: [zone(failover)],
    Condition: {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [
          name.toLowerCase().replace(/\.$/, '').replace('*', '\\052'),
        ],
        // A and AAAA move together.
        'route53:ChangeResourceRecordSetsRecordTypes': type === 'CNAME' ? ['CNAME'] : ['A', 'AAAA'],
        'route53:ChangeResourceRecordSetsActions': ['CREATE', 'DELETE'],
      },
    },
  };
}

/** Characters of a managed policy, some left for what CloudFormation fills in: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const POLICY_CHARACTERS = 5_600;

/**
 * Managed policies for the functions' role, as many as the statements fill: a role's inline policies together hold
 * 10,240 characters, which a dozen services would use up.
 */
export function managedPolicies(statements: readonly Statement[]): Resources {
  const pages: Statement[][] = [];
  let room = 0;
  for (const statement of statements.flatMap(split)) {
    const size = JSON.stringify(statement).length + 1;
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

/** The longest ARN of a group has some 400 characters, so ten of them always fit. */
const RESOURCES_PER_STATEMENT = 10;

function split(statement: Statement): Statement[] {
  const pieces = Math.ceil(statement.Resource.length / RESOURCES_PER_STATEMENT);
  return Array.from({ length: pieces }, (_, index) => ({
    ...statement,
    Resource: statement.Resource.slice(index * RESOURCES_PER_STATEMENT, (index + 1) * RESOURCES_PER_STATEMENT),
  }));
}
