/** Orders by hand: status, failover, failback, hold, release, freeze, unfreeze, capacity. */
import { look } from '../lib/controller/look.ts';
import { giveOrder } from '../lib/controller/orders.ts';
import type { Problem } from '../lib/controller/problem.ts';
import type { Policy } from '../lib/core/model.ts';
import { type Order, parseOrder } from '../lib/events/order.ts';
import { nearest } from '../lib/policy/nearest.ts';
import { type Answer, orProblem, refused } from './answer.ts';
import { type Build, lambda, type Runtime } from './runtime.ts';

async function carryOut(
  runtime: Runtime,
  order: Order,
  concerned: readonly Policy[],
): Promise<Pick<Answer, 'services' | 'problems'>> {
  const { ports, memory } = runtime;
  if (order.order === 'status') return look(ports, concerned);
  if (order.order !== 'freeze' && order.order !== 'unfreeze') return giveOrder(ports, memory, concerned, order);
  await ports.state.setFrozen(order.order === 'freeze', ports.clock.nowMs());
  return look(ports, concerned);
}

function unknown(service: string, policies: readonly Policy[]): Problem {
  const names = policies.map((p) => p.service);
  const close = nearest(service, names);
  const hint = close === undefined ? `known are ${names.join(', ')}` : `did you mean "${close}"?`;
  return { code: 'UNKNOWN_SERVICE', message: `service: there is no policy of a service "${service}"; ${hint}` };
}

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
      return { trigger, services: [], problems: [...problems, unknown(named, policies)] };
    return orProblem('order', async () => {
      const done = await carryOut(runtime, parsed.value, concerned);
      return { ...done, trigger, problems: [...problems, ...done.problems] };
    });
  };

export const handler = lambda(operate);
