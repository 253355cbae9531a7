/** A live drill of one service as it is deployed. */
import { type LiveDrillResult, runLive } from '../lib/drill/live.ts';
import type { LiveRequest } from '../lib/events/drill-request.ts';
import { type Answer, refused } from './answer.ts';
import { chooseDrill } from './choose-drill.ts';
import type { Invocation, Runtime } from './runtime.ts';

/** Runs it, or refuses it by the request's field. Rejects with a PortError when AWS does not answer before it begins. */
export async function live(
  { ports, policies, region }: Runtime,
  request: LiveRequest,
  invocation: Invocation,
): Promise<LiveDrillResult | Answer> {
  const served = await policies(false);
  const chosen = chooseDrill(request, served.policies);
  if (!chosen.ok) return refused(ports.journal, chosen.problem);
  const { policy } = chosen.value;
  const id = `${policy.service}/${invocation.awsRequestId}`;
  const remainingMs = invocation.getRemainingTimeInMillis();
  const ran = await runLive({ ports, policy, request, id, region, remainingMs });
  return ran.ok ? ran.value : refused(ports.journal, ran.problem);
}
