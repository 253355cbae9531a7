/** All checks of a policy against what was read of the account: values in, findings out. */
import type { Policy } from '../core/model.ts';
import { checkFailover } from './failover.ts';
import { type Finding, unread } from './finding.ts';
import { checkGroup, checkScalers } from './groups.ts';
import { checkSignals } from './signals.ts';
import { type ServiceView, sitesOf } from './sites.ts';
import { checkTargetGroup } from './target-groups.ts';

/**
 * What will not work, or not as one would think.
 * @param controllerRegion where the controller runs, or will.
 */
export function diagnose(policy: Policy, view: ServiceView, controllerRegion: string): Finding[] {
  const bySite = sitesOf(policy).flatMap((site) => {
    const here = site.site === 'primary' ? view.primary : view.secondary;
    return here === undefined ? [] : [...checkGroup(policy, site, here), ...checkTargetGroup(policy, site, here)];
  });
  return [
    ...bySite,
    ...checkScalers(policy, view),
    ...checkSignals(policy, view),
    ...checkFailover(policy, view, controllerRegion),
    ...checkTopic(policy, view),
  ];
}

/** The account, by the ARN of a target group that was read in it; `undefined` when none was. */
function accountOf({ primary, secondary }: ServiceView): string | undefined {
  const group = [primary.targetGroup, secondary?.targetGroup].find((one) => one?.known === true);
  return group?.known === true ? group.value.arn.split(':')[4] : undefined;
}

function checkTopic({ notify }: Policy, view: ServiceView): Finding[] {
  const { topic } = view;
  if (notify === undefined || topic === undefined) return [];
  const { topicArn } = notify;
  const path = ['notify', 'topicArn'];
  const [region = '', name = ''] = [topicArn.split(':')[3], topicArn.split(':')[5]];
  if (!topic.known) {
    if (topic.why !== 'not-found') {
      const finding = unread(topic, path, { what: `topic ${topicArn}`, actions: ['sns:GetTopicAttributes'] });
      // The controller only publishes.
      return [{ ...finding, severity: 'warning' }];
    }
    const [own, named] = [accountOf(view), topicArn.split(':')[4]];
    const isOther = own !== undefined && own !== named;
    return [
      {
        code: 'TOPIC_MISSING',
        severity: 'error',
        path,
        found: `no topic ${topicArn}${isOther ? ` for you, who are in account ${own}` : ''}: nobody is told of incidents`,
        expected: 'the ARN of one that exists',
        wayOut: isOther
          ? `correct the account in the ARN, or have account ${named} allow yours to publish in the topic's policy`
          : `aws sns create-topic --region ${region} --name ${name}`,
      },
    ];
  }
  const { confirmed, pending } = topic.value;
  if (confirmed > 0) return [];
  return [
    {
      code: 'NOBODY_LISTENS',
      severity: 'warning',
      path,
      found: `no confirmed subscription to ${topicArn}${pending > 0 ? ` (${pending} not confirmed yet)` : ''}: nobody is told of incidents`,
      expected: 'somebody on call',
      wayOut: `aws sns subscribe --region ${region} --topic-arn ${topicArn} --protocol email --notification-endpoint YOU@EXAMPLE.COM, and follow the link that it mails`,
    },
  ];
}
