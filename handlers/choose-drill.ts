/** Which scenario a drill rehearses, and on whose policy. */
import type { Policy } from '../lib/core/model.ts';
import type { Scenario } from '../lib/drill/scenario.ts';
import { refusalOf, SCENARIOS } from '../lib/drill/scenarios.ts';
import type { DrillRequest } from '../lib/events/drill-request.ts';
import { type EventProblem, type Parsed, refuse } from '../lib/events/problem.ts';
import { nearest } from '../lib/policy/nearest.ts';

function oneOf(names: readonly string[], name: string): string {
  const close = nearest(name, names);
  return close === undefined ? `one of ${names.join(', ')}` : `one of ${names.join(', ')}; did you mean "${close}"?`;
}

/** The policy of which a drill says the most: of those that the scenario suits, the one with the most sections. */
function fullest(scenario: Scenario, policies: readonly Policy[]): Policy | undefined {
  const sections = (p: Policy): number =>
    [p.fleet, p.scaling, p.health, p.failover].filter((s) => s !== undefined).length;
  const suited = policies.filter((p) => refusalOf(scenario, p, p.service) === null);
  return suited.toSorted((a, b) => sections(b) - sections(a))[0];
}

/** The scenario and the policy that a request means, or why there are none, by the request's field. */
export function chooseDrill(
  request: Pick<DrillRequest, 'scenario' | 'service'>,
  policies: readonly Policy[],
): Parsed<{ scenario: Scenario; policy: Policy }> {
  const scenario = SCENARIOS.find((s) => s.name === request.scenario);
  if (scenario === undefined) {
    return refuse(
      'scenario',
      request.scenario,
      oneOf(
        SCENARIOS.map((s) => s.name),
        request.scenario,
      ),
    );
  }
  const { service } = request;
  const policy = service === undefined ? fullest(scenario, policies) : policies.find((p) => p.service === service);
  if (policy === undefined)
    return refuse(
      'service',
      service,
      oneOf(
        policies.map((p) => p.service),
        service ?? '',
      ),
    );
  const unsuited = refusalOf(scenario, policy, policy.service);
  if (unsuited === null) return { ok: true, value: { scenario, policy } };
  const problem: EventProblem = { code: 'BAD_EVENT', field: 'service', message: `service: ${unsuited.refused}` };
  return { ok: false, problem };
}
