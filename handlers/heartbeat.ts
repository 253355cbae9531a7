/** When the dead man's alarm may rest. */
import type { TickResult } from '../lib/controller/rounds.ts';
import type { Served } from './served.ts';

/**
 * Whether a tick is a sign of life: in one round at least it finished a service's cycle without trouble, or its lease was handed over before a
 * round was due. A tick that finished nothing is none, nor is one without a policy whose files could not be read.
 */
export function isAlive(served: Served, tick: TickResult): boolean {
  if (served.policies.length === 0) return served.problems.length === 0;
  if (tick.services.length === 0) return tick.problems.length === 0;
  return tick.finished.length > 0;
}
