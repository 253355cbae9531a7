/** The drill function over a rig: what it rehearses with is handed to it, because a rehearsal has drills as well. */
import type { LiveDrillResult } from '../lib/drill/live.ts';
import type { DrillResult } from '../lib/drill/result.ts';
import type { Rig } from '../lib/drill/rig.ts';
import { runDrill } from '../lib/drill/run.ts';
import { parseDrillRequest, type SimulatedRequest } from '../lib/events/drill-request.ts';
import { type Answer, orProblem, refused } from './answer.ts';
import { chooseDrill } from './choose-drill.ts';
import { live } from './live.ts';
import type { Build, Runtime } from './runtime.ts';

const DEFAULT_SEED = 1;

async function simulated(runtime: Runtime, request: SimulatedRequest, rig: Rig): Promise<DrillResult | Answer> {
  const { policies } = await runtime.policies(false);
  const chosen = chooseDrill(request, policies);
  if (!chosen.ok) return refused(runtime.ports.journal, chosen.problem);
  const { scenario, policy } = chosen.value;
  const settle = () => new Promise((done) => setImmediate(done));
  const seed = request.seed ?? DEFAULT_SEED;
  const result = await runDrill({ scenario, policy, policyName: policy.service, seed, rig, settle });
  if ('refused' in result) throw new Error(result.refused);
  return result;
}

/** Plays live drills on the account of the runtime, and all others on simulated accounts, with `rig`'s functions. */
export const drillBy =
  (rig: Rig): Build =>
  (runtime) =>
  async (event, invocation): Promise<DrillResult | LiveDrillResult | Answer> => {
    const parsed = parseDrillRequest(event);
    if (!parsed.ok) return refused(runtime.ports.journal, parsed.problem);
    const request = parsed.value;
    runtime.ports.journal.count('Drills', 1);
    return request.mode === 'live'
      ? orProblem('drill', () => live(runtime, request, invocation))
      : simulated(runtime, request, rig);
  };
