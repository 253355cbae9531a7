/** Carries out orders by hand: writes them into the state, then runs a cycle so that the person sees what they brought. */
import type { Policy, ServiceState } from '../core/model.ts';
import { type ServiceOrder, withOrder } from '../core/orders.ts';
import { initialState } from '../core/state.ts';
import type { Ports } from '../ports.ts';
import { type Memory, runRound } from './cycle.ts';
import { NOTHING, noState, notWritten, type Problem } from './problem.ts';
import { isPortError } from './reading.ts';
import { type ServiceResult, withoutEffect } from './record.ts';

/** A tick saves in between: a person's order does not lose that race, it tries again. */
const TRIES = 5;

const STANDS = 'the order is written down, and the next round carries it out';

export interface OrderResult {
  readonly services: readonly ServiceResult[];
  readonly problems: readonly Problem[];
}

/** The state of this service, to be written back; or why nothing can be. */
async function stateOf(ports: Ports, service: string): Promise<ServiceState | Problem> {
  try {
    const { states, unreadable } = await ports.state.load([service]);
    const broken = unreadable.get(service);
    if (broken !== undefined) return { code: 'STATE_UNREADABLE', message: broken, service };
    return states.get(service) ?? initialState(service);
  } catch (error) {
    if (!isPortError(error)) throw error;
    return { ...noState(NOTHING, error), service };
  }
}

/** Writes the order into the service's state; why not, or why nobody knows, if it could not. */
async function saveOrder(ports: Ports, policy: Policy, order: ServiceOrder): Promise<Problem | null> {
  const { service } = policy;
  for (let left = TRIES; ; left -= 1) {
    const state = await stateOf(ports, service);
    if ('code' in state) return state;
    const ordered = withOrder(policy, state, order, ports.clock.nowMs());
    if (!ordered.ok) return { code: ordered.code, message: ordered.message, service };
    try {
      await ports.state.save(ordered.state);
      return null;
    } catch (error) {
      if (!isPortError(error)) throw error;
      if (error.kind !== 'Conflict' || left <= 1) return { ...notWritten(error), service };
    }
  }
}

/** What the round after an order says when it did nothing, though the order stands. */
const NO_ROUND = ['NO_STATE', 'LOST_RACE', 'NOT_SAVED', 'ROUND_CUT'];
/** What stands against the order having had its effect, in words, for each action that was not applied. */
function notApplied(services: readonly ServiceResult[]): Problem[] {
  return services.flatMap(({ service, decisions }) =>
    decisions
      .filter((d) => d.action !== null && !d.applied)
      .map((d) => ({ code: 'NOT_APPLIED', message: `${d.message}: ${withoutEffect(d.notApplied).words}`, service })),
  );
}

/**
 * Gives the order to each of these services and runs one cycle over those that took it. Answers their decisions, and a
 * problem for each that refused, that could not be written down, or whose action was not applied. One that stays out of
 * reach keeps no other from its order.
 */
export async function giveOrder(
  ports: Ports,
  memory: Memory,
  policies: readonly Policy[],
  order: ServiceOrder,
): Promise<OrderResult> {
  const refused = await Promise.all(policies.map((policy) => saveOrder(ports, policy, order)));
  const taken = policies.filter((_, index) => refused[index] === null);
  const problems = refused.filter((p) => p !== null);
  if (taken.length === 0) return { services: [], problems };
  const round = await runRound(ports, memory, taken, null, ports.clock.nowMs());
  // A held service is meant to do nothing.
  const unapplied = order.order === 'hold' ? [] : notApplied(round.services);
  const brought = round.problems.map((p) =>
    NO_ROUND.includes(p.code) ? { ...p, message: `${STANDS}; ${p.message}` } : p,
  );
  return { services: round.services, problems: [...problems, ...brought, ...unapplied] };
}
