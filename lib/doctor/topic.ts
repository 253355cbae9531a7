/** What was read of a policy's topic: values in, findings out. */
import type { Policy } from '../core/model.ts';
import { type Finding, unread } from './finding.ts';
import type { TopicView } from './ports.ts';
import type { ControllerPlace, ServiceView } from './sites.ts';

const PATH = ['notify', 'topicArn'];

function placeOf(topicArn: string): { region: string; account: string; name: string } {
  const [, , , region = '', account = '', name = ''] = topicArn.split(':');
  return { region, account, name };
}

/** The account, by the ARN of a target group that was read in it; `undefined` when none was. */
function accountOf({ primary, secondary }: ServiceView): string | undefined {
  const group = [primary.targetGroup, secondary?.targetGroup].find((one) => one?.known === true);
  return group?.known === true ? group.value.arn.split(':')[4] : undefined;
}

/** Whether people are told: by the controller, which publishes as the functions' role, and by its alarms. */
export function checkTopic({ notify }: Policy, view: ServiceView, controller: ControllerPlace): Finding[] {
  const { topic } = view;
  if (notify === undefined || topic === undefined) return [];
  const { topicArn } = notify;
  if (!topic.known) {
    if (topic.why !== 'not-found') {
      const finding = unread(topic, PATH, { what: `topic ${topicArn}`, actions: ['sns:GetTopicAttributes'] });
      // The controller only publishes.
      return [{ ...finding, severity: 'warning' }];
    }
    const { region, account: named, name } = placeOf(topicArn);
    const own = accountOf(view);
    const isOther = own !== undefined && own !== named;
    return [
      {
        code: 'TOPIC_MISSING',
        severity: 'error',
        path: PATH,
        found: `no topic ${topicArn}${isOther ? ` for you, who are in account ${own}` : ''}: nobody is told of incidents`,
        expected: 'the ARN of one that exists',
        wayOut: isOther
          ? `correct the account in the ARN, or have account ${named} allow yours to publish in the topic's policy`
          : `aws sns create-topic --region ${region} --name ${name}`,
      },
    ];
  }
  return [...checkListeners(topicArn, topic.value), ...checkKey(topicArn, topic.value, controller)];
}

function checkListeners(topicArn: string, { confirmed, pending }: TopicView): Finding[] {
  if (confirmed > 0) return [];
  return [
    {
      code: 'NOBODY_LISTENS',
      severity: 'warning',
      path: PATH,
      found: `no confirmed subscription to ${topicArn}${pending > 0 ? ` (${pending} not confirmed yet)` : ''}: nobody is told of incidents`,
      expected: 'somebody on call',
      wayOut: `aws sns subscribe --region ${placeOf(topicArn).region} --topic-arn ${topicArn} --protocol email --notification-endpoint YOU@EXAMPLE.COM, and follow the link that it mails`,
    },
  ];
}

/** What whoever publishes to an encrypted topic must be allowed: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html */
const KEY_ACTIONS = 'kms:GenerateDataKey* and kms:Decrypt';

/**
 * A key's policy is not looked at: that takes rights of its own. The policy of AWS's own key, which nobody can change,
 * lets in "all principals in the account that are authorized to use SNS", so the functions; but not CloudWatch's alarms:
 * https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns. Alarms tell the topics of the controller's region.
 */
function checkKey(topicArn: string, { key }: TopicView, controller: ControllerPlace): Finding[] {
  if (key === null) return [];
  const { region } = placeOf(topicArn);
  const hasAlarms = region === controller.region;
  const isOfAws = key.endsWith('alias/aws/sns');
  if (isOfAws && !hasAlarms) return [];
  const role = `the role ${controller.role} of the functions`;
  const alarms = 'the service cloudwatch.amazonaws.com (alarms)';
  const users = hasAlarms ? `${role} and ${alarms}` : role;
  const finding = { code: 'TOPIC_ENCRYPTED', severity: 'warning', path: PATH } as const;
  if (isOfAws) {
    return [
      {
        ...finding,
        found: `${topicArn} encrypted with ${key}, which CloudWatch's alarms may not use: nobody is told of an alarm`,
        expected: 'a key of your own, or none',
        wayOut: `aws sns set-topic-attributes --region ${region} --topic-arn ${topicArn} --attribute-name KmsMasterKeyId --attribute-value KEY, with a key whose policy allows ${KEY_ACTIONS} to ${users}`,
      },
    ];
  }
  return [
    {
      ...finding,
      found: `${topicArn} encrypted with ${key}: nobody is told of ${hasAlarms ? 'incidents and alarms' : 'incidents'}, unless that key's policy lets in who publishes`,
      expected: `${KEY_ACTIONS} allowed to ${users}`,
      wayOut: `allow it in the key's policy, where it is not: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html`,
    },
  ];
}
