/** What a round looks at. */
import type { Policy, ServiceState } from '../core/model.ts';
import { initialState, resume } from '../core/state.ts';
import { intervalMsOf } from '../core/targets.ts';
import type { Lease, Loaded } from '../ports.ts';
import type { Problem } from './problem.ts';

/** One service with its state as loaded. */
export interface Subject {
  readonly policy: Policy;
  readonly state: ServiceState;
}

/** Clocks of two functions may differ by this much; a round further ahead was written by a clock that was wrong. */
const SKEW_MS = 5000;

/**
 * The services whose state could be read, each as of its own last round: others may have had rounds since in which it
 * had no part, because it was cut, or because its mark passed while nobody ran any.
 * @param rounds what the holder of the lease knows of them; `null` for who runs none (an alarm, a person): what the
 * lease says is all there is.
 */
export function subjectsOf(
  policies: readonly Policy[],
  loaded: Loaded,
  rounds: Lease['rounds'] | null,
  nowMs: number,
): Subject[] {
  const known = rounds ?? loaded.lease?.rounds;
  return policies
    .filter(({ service }) => !loaded.unreadable.has(service))
    .map((policy) => {
      const state = loaded.states.get(policy.service) ?? initialState(policy.service);
      const lastMs = known?.get(policy.service) ?? 0;
      return { policy, state: resume(state, lastMs <= nowMs + SKEW_MS ? lastMs : 0, intervalMsOf(policy)) };
    });
}

export function unreadableStates(loaded: Loaded): Problem[] {
  return [...loaded.unreadable].map(([service, message]) => ({ code: 'STATE_UNREADABLE', message, service }));
}
