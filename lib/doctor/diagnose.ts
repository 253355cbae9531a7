/** All checks of a policy against what was read of the account: values in, findings out. */
import type { Policy } from '../core/model.ts';
import { checkFailover } from './failover.ts';
import type { Finding } from './finding.ts';
import { checkGroup, checkScalers } from './groups.ts';
import { checkSignals } from './signals.ts';
import { type ControllerPlace, type ServiceView, sitesOf } from './sites.ts';
import { checkTargetGroup } from './target-groups.ts';
import { checkTopic } from './topic.ts';

/** What will not work, or not as one would think. */
export function diagnose(policy: Policy, view: ServiceView, controller: ControllerPlace): Finding[] {
  const bySite = sitesOf(policy).flatMap((site) => {
    const here = site.site === 'primary' ? view.primary : view.secondary;
    return here === undefined ? [] : [...checkGroup(policy, site, here), ...checkTargetGroup(policy, site, here)];
  });
  return [
    ...bySite,
    ...checkScalers(policy, view),
    ...checkSignals(policy, view),
    ...checkFailover(policy, view, controller.region),
    ...checkTopic(policy, view, controller),
  ];
}
