/** What is legal but would bite the person on call: each finding says what was found, why it bites, and what to do. */
import type { Policy } from '../core/model.ts';
import { lintFailover } from './lint-failover.ts';
import { lintHealth } from './lint-health.ts';
import { lintRegions } from './lint-regions.ts';
import { lintScaling } from './lint-scaling.ts';
import type { Finding } from './problem.ts';

/** The warnings of one valid policy; their order means nothing. */
export function lintPolicy(policy: Policy): Finding[] {
  const { scaling, health, failover, notify } = policy;
  return [
    ...lintRegions(policy),
    ...(scaling ? lintScaling(scaling, policy.fleet) : []),
    ...(health ? lintHealth(health, policy.fleet) : []),
    ...(failover ? lintFailover(failover, policy) : []),
    ...(notify ? [] : [NO_NOTIFY]),
  ];
}

const NO_NOTIFY: Finding = {
  path: [],
  code: 'NO_NOTIFY',
  message:
    'notify: missing; incidents (panic, both sites bad, a change refused by AWS) reach nobody. Add notify.topicArn',
};
