/** Orders by hand, as changes of a service's state: what a person may ask for, and when it is refused. */
import type { FailoverPhase, Policy, ServiceState } from './model.ts';
import { phaseOf } from './state.ts';

/** An order that concerns one service. */
export interface ServiceOrder {
  readonly order: 'failover' | 'failback' | 'hold' | 'release' | 'capacity';
  /** The failover state that the caller believes in. */
  readonly expect?: FailoverPhase | undefined;
  readonly capacity?: number | undefined;
  readonly expiresInSeconds?: number | undefined;
}

export type Ordered =
  | { readonly ok: true; readonly state: ServiceState }
  | { readonly ok: false; readonly code: 'UNEXPECTED_STATE' | 'ORDER_REFUSED'; readonly message: string };

const refuse = (message: string): Ordered => ({ ok: false, code: 'ORDER_REFUSED', message });

function moveOrder(policy: Policy, state: ServiceState, to: 'primary' | 'secondary', nowMs: number): Ordered {
  if (policy.failover === undefined) return refuse(`the policy of ${policy.service} has no failover section`);
  const phase = phaseOf(state);
  if (phase === to) return refuse(`${policy.service} is on the ${to} already`);
  if (phase === 'failingOver' || phase === 'failingBack') {
    return refuse(`${policy.service} is ${phase}: wait for that to end, then order again`);
  }
  return { ok: true, state: { ...state, orders: { ...state.orders, move: { to, atMs: nowMs } } } };
}

function capacityOrder(policy: Policy, state: ServiceState, order: ServiceOrder, nowMs: number): Ordered {
  const capacity = order.capacity ?? 0;
  if (policy.fleet === undefined) return refuse(`the policy of ${policy.service} has no fleet`);
  const { max } = policy.fleet.capacity;
  if (capacity > max) return refuse(`capacity ${capacity} is above the policy's maximum ${max}`);
  const untilMs = order.expiresInSeconds === undefined ? null : nowMs + order.expiresInSeconds * 1000;
  return { ok: true, state: { ...state, orders: { ...state.orders, capacity: { capacity, untilMs } } } };
}

/**
 * The state with the order in it, or why it is refused. `expect` guards against acting on what is no longer so.
 * `release` ends hold and capacity, and accepts the record's weights as they are.
 */
export function withOrder(policy: Policy, state: ServiceState, order: ServiceOrder, nowMs: number): Ordered {
  const phase = phaseOf(state);
  if (order.expect !== undefined && order.expect !== phase) {
    const message = `${policy.service} is in state ${phase}, not ${order.expect}: nothing was done`;
    return { ok: false, code: 'UNEXPECTED_STATE', message };
  }
  switch (order.order) {
    case 'failover':
      return moveOrder(policy, state, 'secondary', nowMs);
    case 'failback':
      return moveOrder(policy, state, 'primary', nowMs);
    case 'hold':
      return { ok: true, state: { ...state, orders: { ...state.orders, hold: { atMs: nowMs } } } };
    case 'release': {
      const { hold: _hold, capacity: _capacity, ...rest } = state.orders;
      return {
        ok: true,
        state: { ...state, orders: policy.failover === undefined ? rest : { ...rest, adoptDns: true } },
      };
    }
    case 'capacity':
      return capacityOrder(policy, state, order, nowMs);
  }
}
