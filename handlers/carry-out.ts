/** What an order by hand does, once it is known whom it concerns. */
import { look } from '../lib/controller/look.ts';
import { giveOrder } from '../lib/controller/orders.ts';
import type { Problem } from '../lib/controller/problem.ts';
import { isOn } from '../lib/core/live-drill.ts';
import type { Policy } from '../lib/core/model.ts';
import type { Order } from '../lib/events/order.ts';
import { nearest } from '../lib/policy/nearest.ts';
import type { Ports } from '../lib/ports.ts';
import type { Answer } from './answer.ts';
import type { Runtime } from './runtime.ts';

const NO_DRILL: Problem = { code: 'NO_DRILL', message: 'no live drill is on: there is nothing to stop' };

/** Ends the live drill that is on; false when none is. Its function sees that within a second or two, and answers. */
async function stopDrill({ state, clock }: Ports): Promise<boolean> {
  const { drill } = await state.loadController();
  if (drill === null || !isOn(drill, clock.nowMs())) return false;
  await state.endDrill(drill.id, clock.nowMs());
  return true;
}

/** Carries out the order for these services. Rejects with a PortError when the state is out of reach. */
export async function carryOut(
  runtime: Runtime,
  order: Order,
  concerned: readonly Policy[],
): Promise<Pick<Answer, 'services' | 'problems'>> {
  const { ports, memory } = runtime;
  if (order.order === 'status') return look(ports, concerned);
  if (order.order === 'stop-drill') {
    const stopped = await stopDrill(ports);
    const looked = await look(ports, concerned);
    return stopped ? looked : { ...looked, problems: [NO_DRILL, ...looked.problems] };
  }
  if (order.order !== 'freeze' && order.order !== 'unfreeze') return giveOrder(ports, memory, concerned, order);
  await ports.state.setFrozen(order.order === 'freeze', ports.clock.nowMs());
  return look(ports, concerned);
}

/** The problem of an order for a service that no policy names, with the nearest name that one does. */
export function unknownService(service: string, policies: readonly Policy[]): Problem {
  const names = policies.map((p) => p.service);
  const close = nearest(service, names);
  const hint = close === undefined ? `known are ${names.join(', ')}` : `did you mean "${close}"?`;
  return { code: 'UNKNOWN_SERVICE', message: `service: there is no policy of a service "${service}"; ${hint}` };
}
