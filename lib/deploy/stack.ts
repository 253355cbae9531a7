import type { Policy } from '../core/model.ts';
import { BROKEN_CYCLES, UNSENT_NOTICES } from '../ports.ts';
import { healthyHostAlarms, signalAlarms } from './alarms.ts';
import { dashboards } from './dashboard.ts';
import { controllerName, HEARTBEAT, METRIC_NAMESPACE } from './names.ts';
import { managedPolicies, policyStatements } from './permissions.ts';
import { arnOf, type Resource, type Resources } from './template.ts';

export interface Place {
  readonly stage: string;
  /** Where the controller runs. */
  readonly region: string;
}

/** Everything beside the functions that the controller's own stack holds, in the region where it runs. */
export function controllerResources(policies: readonly Policy[], { stage, region }: Place): Resources {
  const name = controllerName(stage);
  const topics = topicsOf(policies, region);
  const own = { Ref: 'AlertTopic' };
  const told = topics.length === 0 || topics.length > TOPICS_PER_ALARM ? [own] : topics;
  const toldOf = ({ notify }: Policy) => (notify && topics.includes(notify.topicArn) ? [notify.topicArn] : told);
  return {
    StateTable: stateTable(name),
    DeadLetters: {
      Type: 'AWS::SQS::Queue',
      Properties: { QueueName: `${name}-dead-letters`, MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
    },
    // Whoever the policies notify is told of the controller's own trouble too; with nobody named, or too many, whoever
    // subscribes here.
    AlertTopic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: `${name}-alerts` } },
    HeartbeatAlarm: heartbeatAlarm(name, told),
    BrokenCyclesAlarm: brokenCyclesAlarm(name, told),
    // The topics that take no notices may take no alarms either: one that is no policy's hears of it in any case.
    UnsentNoticesAlarm: unsentNoticesAlarm(name, topics.length < TOPICS_PER_ALARM ? [own, ...topics] : [own]),
    DeadLetterAlarm: deadLetterAlarm(name, told),
    AlarmPermission: alarmPermission(region),
    ...managedPolicies(policyStatements(policies)),
    ...signalAlarms(policies, region, name),
    ...healthyHostAlarms(policies, name, toldOf),
    ...dashboards(policies, { name, region }),
  };
}

/** "5/alarm. This quota cannot be changed", https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const TOPICS_PER_ALARM = 5;

/** The topics of the policies that an alarm of this region can reach: alarms publish only within their region. */
function topicsOf(policies: readonly Policy[], region: string): string[] {
  const topics = policies.flatMap(({ notify }) => (notify ? [notify.topicArn] : []));
  return [...new Set(topics)].filter((arn) => arn.split(':')[3] === region);
}

/** Keys and TTL attribute as `lib/aws/state.ts` writes them. */
function stateTable(name: string): Resource {
  return {
    Type: 'AWS::DynamoDB::Table',
    // With point-in-time recovery on, a deleted table leaves a backup of 35 days:
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    },
  };
}

/** The dead man's alarm: three minutes without a scheduled tick that finished a cycle. */
function heartbeatAlarm(name: string, told: readonly unknown[]): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${name}-heartbeat`,
      AlarmDescription:
        'evenkeel has finished no cycle without trouble for three minutes: nothing may be looked after. See the log of onTick.',
      Namespace: METRIC_NAMESPACE,
      MetricName: HEARTBEAT,
      Dimensions: [{ Name: 'service', Value: name }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 3,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
      AlarmActions: told,
      OKActions: told,
    },
  };
}

/** An alarm on what is counted only when it happens: any of it within five minutes. */
function countAlarm(controller: string, metric: string, properties: Readonly<Record<string, unknown>>): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      ...properties,
      Namespace: METRIC_NAMESPACE,
      MetricName: metric,
      Dimensions: [{ Name: 'service', Value: controller }],
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
    },
  };
}

/**
 * A cycle that a bug ended, or a state that cannot be read, takes its own service's care away and nobody else's: the heart may
 * go on beating.
 */
function brokenCyclesAlarm(name: string, told: readonly unknown[]): Resource {
  return countAlarm(name, BROKEN_CYCLES, {
    AlarmName: `${name}-broken-cycles`,
    AlarmDescription:
      'A bug ended the cycle of a service, or its saved state cannot be read: nobody looks after it. See the errors in the log of onTick.',
    AlarmActions: told,
  });
}

/** What could not be told is tried again once a minute for a day: until then the alarm stays. */
function unsentNoticesAlarm(name: string, told: readonly unknown[]): Resource {
  return countAlarm(name, UNSENT_NOTICES, {
    AlarmName: `${name}-unsent-notices`,
    AlarmDescription:
      'A topic takes no notices of evenkeel: people do not hear what it does. See "notification not sent" in the logs of onTick and onAlarm.',
    AlarmActions: told,
  });
}

function deadLetterAlarm(name: string, told: readonly unknown[]): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${name}-dead-letters`,
      AlarmDescription: 'An event that evenkeel could not handle waits in its dead-letter queue.',
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['DeadLetters', 'QueueName'] } }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      // An idle queue reports nothing: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      TreatMissingData: 'notBreaching',
      AlarmActions: told,
    },
  };
}

/** Lets any alarm of this account and region have `onAlarm` as its action: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
function alarmPermission(region: string): Resource {
  return {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: { 'Fn::GetAtt': ['OnAlarmLambdaFunction', 'Arn'] },
      Action: 'lambda:InvokeFunction',
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: arnOf('cloudwatch', region, 'alarm:*'),
    },
  };
}

/** The regions, other than the controller's, whose services have alarms: each needs the stack of `outpostResources`. */
export function outpostRegions(policies: readonly Policy[], home: string): string[] {
  const regions = policies.filter(({ scaling }) => scaling !== undefined).map(({ region }) => region);
  return [...new Set(regions)].filter((region) => region !== home).sort();
}

/**
 * What a region other than the controller's holds: the alarms on its services' signals, and a rule that hands their
 * changes, and those of other alarms whose names begin so, on to the controller's region.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
 */
export function outpostResources(policies: readonly Policy[], region: string, controller: Place): Resources {
  const name = controllerName(controller.stage);
  const bus = arnOf('events', controller.region, 'event-bus/default');
  return {
    ForwardRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
        Policies: [
          {
            PolicyName: 'forward',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: bus }],
            },
          },
        ],
      },
    },
    ForwardRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: 'Changes of alarms, for evenkeel',
        EventPattern: {
          source: ['aws.cloudwatch'],
          'detail-type': ['CloudWatch Alarm State Change'],
          detail: { alarmName: [{ prefix: `${name}-` }] },
        },
        Targets: [{ Id: 'controller', Arn: bus, RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] } }],
      },
    },
    ...signalAlarms(policies, region, name),
  };
}
