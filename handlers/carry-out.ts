/** What an order by hand does, once it is known whom it concerns. */
import { look } from '../lib/controller/look.ts';
import { giveOrder } from '../lib/controller/orders.ts';
import { causeOf, notWritten, type Problem } from '../lib/controller/problem.ts';
import { isPortError } from '../lib/controller/reading.ts';
import { isOn } from '../lib/core/live-drill.ts';
import type { Policy } from '../lib/core/model.ts';
import type { Order } from '../lib/events/order.ts';
import { nearest } from '../lib/policy/nearest.ts';
import type { Ports } from '../lib/ports.ts';
import type { Answer } from './answer.ts';
import type { Runtime } from './runtime.ts';

const NO_DRILL: Problem = { code: 'NO_DRILL', message: 'no live drill is on: there is nothing to stop' };

/** The id of the live drill that is on; `null`: none is. */
async function liveDrillId({ state, clock }: Ports): Promise<string | null> {
  const { drill } = await state.loadController();
  return drill !== null && isOn(drill, clock.nowMs()) ? drill.id : null;
}

type Done = Pick<Answer, 'services' | 'problems'>;

/**
 * Writes, then looks, so that the person sees what it brought. Never rejects for what the world did: what may have been done
 * is not told as undone.
 */
async function writeAndLook(ports: Ports, concerned: readonly Policy[], write: () => Promise<void>): Promise<Done> {
  let open: Problem | null = null;
  try {
    await write();
  } catch (error) {
    if (!isPortError(error)) throw error;
    open = notWritten(error);
    if (error.kind !== 'Unavailable') return { services: [], problems: [open] };
  }
  try {
    const looked = await look(ports, concerned);
    return open === null ? looked : { ...looked, problems: [open, ...looked.problems] };
  } catch (error) {
    if (!isPortError(error)) throw error;
    const message = `it was done, but what it brought cannot be read: ${causeOf(error)}; {"order": "status"} tells`;
    return { services: [], problems: [open ?? { code: 'NOT_SEEN', message }] };
  }
}

/** Carries out the order for these services. Rejects with a PortError only when nothing was done. */
export async function carryOut(runtime: Runtime, order: Order, concerned: readonly Policy[]): Promise<Done> {
  const { ports, memory } = runtime;
  const { state, clock } = ports;
  if (order.order === 'status') return look(ports, concerned);
  if (order.order === 'stop-drill') {
    const id = await liveDrillId(ports);
    if (id !== null) return writeAndLook(ports, concerned, () => state.endDrill(id, clock.nowMs()));
    const looked = await look(ports, concerned);
    return { ...looked, problems: [NO_DRILL, ...looked.problems] };
  }
  if (order.order !== 'freeze' && order.order !== 'unfreeze') return giveOrder(ports, memory, concerned, order);
  return writeAndLook(ports, concerned, () => state.setFrozen(order.order === 'freeze', clock.nowMs()));
}

/** The problem of an order for a service that no policy names, with the nearest name that one does. */
export function unknownService(service: string, policies: readonly Policy[]): Problem {
  const names = policies.map((p) => p.service);
  const close = nearest(service, names);
  const hint = close === undefined ? `known are ${names.join(', ')}` : `did you mean "${close}"?`;
  return { code: 'UNKNOWN_SERVICE', message: `service: there is no policy of a service "${service}"; ${hint}` };
}
