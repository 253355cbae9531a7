/** Orders by hand: status, failover, failback, hold, release, freeze, unfreeze, capacity, stop-drill. */
import { parseOrder } from '../lib/events/order.ts';
import { type Answer, orProblem, refused } from './answer.ts';
import { carryOut, unknownService } from './carry-out.ts';
import { type Build, lambda } from './runtime.ts';

export const operate: Build =
  (runtime) =>
  async (event): Promise<Answer> => {
    const parsed = parseOrder(event);
    if (!parsed.ok) return refused(runtime.ports.journal, parsed.problem);
    runtime.ports.journal.count('Orders', 1);
    const { policies, problems } = await runtime.policies(false);
    const named = 'service' in parsed.value ? parsed.value.service : undefined;
    const concerned = policies.filter((p) => named === undefined || p.service === named);
    const trigger = { kind: 'order' as const, services: concerned.map((p) => p.service) };
    if (named !== undefined && concerned.length === 0)
      return { trigger, services: [], problems: [...problems, unknownService(named, policies)] };
    return orProblem('order', async () => {
      const done = await carryOut(runtime, parsed.value, concerned);
      return { ...done, trigger, problems: [...problems, ...done.problems] };
    });
  };

export const handler = lambda(operate);
