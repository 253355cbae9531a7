/** What a round looks at. */
import type { Policy, ServiceState } from '../core/model.ts';
import { initialState, resume } from '../core/state.ts';
import { intervalMsOf } from '../core/targets.ts';
import type { Loaded } from '../ports.ts';
import type { Problem } from './problem.ts';

/** One service with its state as loaded. */
export interface Subject {
  readonly policy: Policy;
  readonly state: ServiceState;
}

/** Clocks of two functions may differ by this much; a round further ahead was written by a clock that was wrong. */
const SKEW_MS = 5000;

/** For who runs no rounds (an alarm, a person): what the lease says of the last one is all there is. */
export const NO_ROUNDS: ReadonlyMap<string, number> = new Map();

/**
 * The services whose state could be read, as of the last round. `rounds` is the last round that each finished under the
 * lease now held: a service whose cycle was cut or broke did not take part in those that the lease counts.
 */
export function subjectsOf(
  policies: readonly Policy[],
  loaded: Loaded,
  rounds: ReadonlyMap<string, number>,
  nowMs: number,
): Subject[] {
  const writtenMs = loaded.lease?.roundMs ?? 0;
  const lastMs = writtenMs <= nowMs + SKEW_MS ? writtenMs : 0;
  return policies
    .filter(({ service }) => !loaded.unreadable.has(service))
    .map((policy) => {
      const state = loaded.states.get(policy.service) ?? initialState(policy.service);
      const own = Math.min(lastMs, rounds.get(policy.service) ?? lastMs);
      return { policy, state: resume(state, own, intervalMsOf(policy)) };
    });
}

export function unreadableStates(loaded: Loaded): Problem[] {
  return [...loaded.unreadable].map(([service, message]) => ({ code: 'STATE_UNREADABLE', message, service }));
}
