/** All drills, in the order in which `drill --list` shows them. */
import type { Policy } from '../core/model.ts';
import type { DrillRefusal } from './result.ts';
import type { Scenario } from './scenario.ts';
import { CALM_SCENARIOS } from './scenarios-calm.ts';
import { CONTROLLER_SCENARIOS } from './scenarios-controller.ts';
import { DEPLOYMENT_SCENARIOS } from './scenarios-deployments.ts';
import { DNS_SCENARIOS } from './scenarios-dns.ts';
import { FLEET_SCENARIOS } from './scenarios-fleets.ts';
import { SERVER_SCENARIOS } from './scenarios-servers.ts';
import { SITE_SCENARIOS } from './scenarios-sites.ts';
import { STANDBY_SCENARIOS } from './scenarios-standby.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...SERVER_SCENARIOS.slice(0, 2),
  ...SITE_SCENARIOS,
  ...STANDBY_SCENARIOS,
  ...DNS_SCENARIOS,
  ...SERVER_SCENARIOS.slice(2),
  ...FLEET_SCENARIOS,
  ...DEPLOYMENT_SCENARIOS,
  ...CONTROLLER_SCENARIOS,
  ...CALM_SCENARIOS,
];

/** Why this scenario says nothing about this policy; null: it can be run. */
export function refusalOf(scenario: Scenario, policy: Policy, policyName: string): DrillRefusal | null {
  const missing = scenario.needs.flatMap((need) => {
    if (typeof need === 'string') return policy[need] === undefined ? [`"${need}"`] : [];
    return need.isMet(policy) ? [] : [need.words];
  });
  if (missing.length === 0) return null;
  const refused = `${scenario.name} needs ${missing.join(' and ')}, which ${policyName} does not have`;
  return { scenario: scenario.name, policy: policyName, refused };
}
