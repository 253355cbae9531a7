/** Looking without touching: what a cycle would conclude now. */
import { decide } from '../core/decide.ts';
import type { Policy, ServiceState } from '../core/model.ts';
import type { Ports } from '../ports.ts';
import { OBSERVE_MS, type RoundResult } from './cycle.ts';
import { missingParts, observer } from './observe.ts';
import { resultOf, type ServiceResult, viewOf } from './record.ts';
import { NO_ROUNDS, subjectsOf, unreadableStates } from './subject.ts';

/** What `look` saw. */
export interface Looked extends Omit<RoundResult, 'leaseLost'> {
  readonly frozen: boolean;
  readonly services: readonly (ServiceResult & { readonly orders: ServiceState['orders'] })[];
}

/** What a cycle over these services would conclude now, with the orders that stand. Saves nothing, changes nothing. */
export async function look(ports: Ports, policies: readonly Policy[]): Promise<Looked> {
  const nowMs = ports.clock.nowMs();
  const loaded = await ports.state.load(policies.map((p) => p.service));
  const subjects = subjectsOf(policies, loaded, NO_ROUNDS);
  const observe = observer(ports, subjects, new Map(), loaded, nowMs, nowMs + OBSERVE_MS);
  const services = await Promise.all(
    subjects.map(async (subject) => {
      const { policy, state } = subject;
      const observation = await observe(subject);
      const result = decide(policy, state, observation, ports.clock.nowMs());
      const views = result.decisions.map((d) => viewOf(d, []));
      return { ...resultOf(policy, state, views, missingParts(policy, observation)), orders: state.orders };
    }),
  );
  return { frozen: loaded.frozen, services, problems: unreadableStates(loaded) };
}
