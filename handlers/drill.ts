/** By hand: rehearses an outage on a simulated account with the policies as deployed. Touches nothing real. */
import type { Policy } from '../lib/core/model.ts';
import type { DrillResult } from '../lib/drill/result.ts';
import { runDrill } from '../lib/drill/run.ts';
import type { Scenario } from '../lib/drill/scenario.ts';
import { refusalOf, SCENARIOS } from '../lib/drill/scenarios.ts';
import { type DrillRequest, parseDrillRequest } from '../lib/events/drill-request.ts';
import { type EventProblem, type Parsed, refuse } from '../lib/events/problem.ts';
import { nearest } from '../lib/policy/nearest.ts';
import { type Answer, refused } from './answer.ts';
import { rig } from './rehearsal.ts';
import { type Build, lambda } from './runtime.ts';

const DEFAULT_SEED = 1;

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

function choose(request: DrillRequest, policies: readonly Policy[]): Parsed<{ scenario: Scenario; policy: Policy }> {
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

export const drill: Build =
  (runtime) =>
  async (event): Promise<DrillResult | Answer> => {
    const { journal } = runtime.ports;
    const parsed = parseDrillRequest(event);
    if (!parsed.ok) return refused(journal, parsed.problem);
    journal.count('Drills', 1);
    const { policies } = await runtime.policies(false);
    const chosen = choose(parsed.value, policies);
    if (!chosen.ok) return refused(journal, chosen.problem);
    const { scenario, policy } = chosen.value;
    const settle = () => new Promise((done) => setImmediate(done));
    const seed = parsed.value.seed ?? DEFAULT_SEED;
    const result = await runDrill({ scenario, policy, policyName: policy.service, seed, rig, settle });
    if ('refused' in result) throw new Error(result.refused);
    return result;
  };

export const handler = lambda(drill);
