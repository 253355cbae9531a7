/** By hand: rehearses an outage on a simulated account with the policies as deployed. Touches nothing real. */
import type { DrillResult } from '../lib/drill/result.ts';
import { runDrill } from '../lib/drill/run.ts';
import { parseDrillRequest } from '../lib/events/drill-request.ts';
import { type Answer, refused } from './answer.ts';
import { chooseDrill } from './choose-drill.ts';
import { rig } from './rehearsal.ts';
import { type Build, lambda } from './runtime.ts';

const DEFAULT_SEED = 1;

export const drill: Build =
  (runtime) =>
  async (event): Promise<DrillResult | Answer> => {
    const { journal } = runtime.ports;
    const parsed = parseDrillRequest(event);
    if (!parsed.ok) return refused(journal, parsed.problem);
    journal.count('Drills', 1);
    const { policies } = await runtime.policies(false);
    const chosen = chooseDrill(parsed.value, policies);
    if (!chosen.ok) return refused(journal, chosen.problem);
    const { scenario, policy } = chosen.value;
    const settle = () => new Promise((done) => setImmediate(done));
    const seed = parsed.value.seed ?? DEFAULT_SEED;
    const result = await runDrill({ scenario, policy, policyName: policy.service, seed, rig, settle });
    if ('refused' in result) throw new Error(result.refused);
    return result;
  };

export const handler = lambda(drill);
