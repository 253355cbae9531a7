import { describe, expect, it } from 'vitest';
import { known, missing } from '../core/builders.ts';
import { findsEach } from './finds-each.ts';
import { found, group, healthy, settings } from './scene.ts';

const OTHERS = 'arn:aws:elasticloadbalancing:ap-northeast-2:444455556666:targetgroup/exercise-target-group/1';

const encrypted = (key: string) => known({ confirmed: 1, pending: 0, key });

it('has nothing to say of a healthy lab', () => {
  expect(found(healthy())).toEqual([]);
});

describe('who is told', () => {
  findsEach([
    [
      'tells a topic that is not there',
      healthy({ topic: missing('not-found') }),
      'error TOPIC_MISSING notify.topicArn',
      ['sns create-topic --region ap-northeast-1 --name on-call'],
    ],
    [
      'makes no topic where its ARN names another account than the one that the target groups are in',
      healthy({
        primary: {
          ...healthy().primary,
          group: known(group({ targetGroupArns: [OTHERS] })),
          targetGroup: known(settings({ arn: OTHERS })),
        },
        topic: missing('not-found'),
      }),
      'error TOPIC_MISSING notify.topicArn',
      ['who are in account 444455556666', 'correct the account', 'have account 111122223333 allow yours'],
    ],
    [
      'tells a topic without a confirmed subscription',
      healthy({ topic: known({ confirmed: 0, pending: 2, key: null }) }),
      'warning NOBODY_LISTENS notify.topicArn',
      ['2 not confirmed yet', 'sns subscribe'],
    ],
    [
      'warns of a key that the functions, and the alarms on them, need to be let in by',
      healthy({ topic: encrypted('arn:aws:kms:ap-northeast-1:111122223333:key/k-1') }),
      'warning TOPIC_ENCRYPTED notify.topicArn',
      [
        'incidents and alarms',
        'kms:GenerateDataKey* and kms:Decrypt allowed to the role the-role of the functions',
        'cloudwatch.amazonaws.com',
      ],
    ],
    [
      'warns of AWS’s own key, which lets in the functions but no alarm',
      healthy({ topic: encrypted('alias/aws/sns') }),
      'warning TOPIC_ENCRYPTED notify.topicArn',
      ['nobody is told of an alarm', 'a key of your own', 'set-topic-attributes --region ap-northeast-1'],
    ],
    [
      'only warns when it may not look at the topic, which the controller need not',
      healthy({ topic: missing('denied') }),
      'warning MISSING_PERMISSION notify.topicArn',
      ['sns:GetTopicAttributes'],
    ],
  ]);
});

describe('an encrypted topic of another region than the controller’s, which no alarm tells', () => {
  it('may have AWS’s own key', () => {
    expect(found(healthy({ topic: encrypted('alias/aws/sns') }), {}, 'eu-west-1')).toEqual([]);
  });

  it('needs the functions let in by any other, and nobody else', () => {
    const [finding, ...more] = found(healthy({ topic: encrypted('alias/on-call') }), {}, 'eu-west-1');
    expect(finding).toMatchObject({
      code: 'TOPIC_ENCRYPTED',
      expected: 'kms:GenerateDataKey* and kms:Decrypt allowed to the role the-role of the functions',
    });
    expect(more).toEqual([]);
  });
});

describe('what cannot be read', () => {
  const denied = missing('denied');
  findsEach([
    [
      'groups',
      { ...healthy(), primary: { ...healthy().primary, group: denied } },
      'error MISSING_PERMISSION fleet.autoScalingGroup',
      ['autoscaling:DescribeAutoScalingGroups'],
    ],
    [
      'target groups',
      { ...healthy(), primary: { ...healthy().primary, targetGroup: denied, targets: undefined } },
      'error MISSING_PERMISSION health.targetGroup',
      ['elasticloadbalancing:DescribeTargetGroups'],
    ],
    [
      'targets',
      { ...healthy(), primary: { ...healthy().primary, targets: denied } },
      'error MISSING_PERMISSION health.targetGroup',
      ['elasticloadbalancing:DescribeTargetHealth'],
    ],
    [
      'refreshes',
      healthy({ refreshes: denied }),
      'error MISSING_PERMISSION fleet.autoScalingGroup',
      ['autoscaling:DescribeInstanceRefreshes'],
    ],
    [
      'scalers',
      healthy({ scalers: denied }),
      'error MISSING_PERMISSION fleet.autoScalingGroup',
      ['autoscaling:DescribePolicies and autoscaling:DescribeScheduledActions'],
    ],
    [
      'metrics',
      healthy({ signals: [denied] }),
      'error MISSING_PERMISSION scaling.signals[0].name',
      ['cloudwatch:GetMetricData'],
    ],
    [
      'records',
      healthy({ record: denied }),
      'error MISSING_PERMISSION failover.record.name',
      ['route53:ListResourceRecordSets'],
    ],
    [
      'unreachable is no answer either',
      healthy({ record: missing('unavailable') }),
      'error NOT_READ failover.record.name',
      ['record www.example.com cannot be read'],
    ],
  ]);

  it('says once that a group is missing, and nothing of what follows from it', () => {
    const view = healthy({ scalers: missing('not-found') });
    const gone = { ...view, primary: { ...view.primary, group: missing('not-found') } };
    expect(found(gone).map((f) => f.code)).toEqual(['GROUP_MISSING']);
  });
});
