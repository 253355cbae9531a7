/** What every function answers. */
import { causeOf, NOTHING, noState, type Problem } from '../lib/controller/problem.ts';
import { isPortError } from '../lib/controller/reading.ts';
import type { ServiceResult } from '../lib/controller/record.ts';
import type { EventProblem } from '../lib/events/problem.ts';
import type { Journal } from '../lib/ports.ts';

export interface Answer {
  readonly trigger: {
    readonly kind: 'alarm' | 'tick' | 'order' | 'drill' | 'refused';
    readonly services: readonly string[];
  };
  readonly services: readonly ServiceResult[];
  readonly problems: readonly (Problem | EventProblem)[];
}

/** The answer to an event that cannot be read: refused by name and field, and counted, because nobody may be reading the answer. */
export function refused(journal: Journal, problem: EventProblem): Answer {
  journal.count('RefusedEvents', 1);
  journal.write('error', `event refused: ${problem.message}`, { field: problem.field });
  return { trigger: { kind: 'refused', services: [] }, services: [], problems: [problem] };
}

/**
 * Runs something by hand; an AWS that does not answer becomes a problem of the answer instead of a stack trace. What `run`
 * rejects with must have had no effect.
 */
export async function orProblem<Other = Answer>(
  kind: Answer['trigger']['kind'],
  run: () => Promise<Answer | Other>,
): Promise<Answer | Other> {
  try {
    return await run();
  } catch (error) {
    if (!isPortError(error)) throw error;
    // An order touches nothing but the state here; a drill also asks for alarms.
    const problem =
      kind === 'order'
        ? noState(NOTHING, error)
        : { code: error.kind.toUpperCase(), message: `${NOTHING}: ${causeOf(error)}` };
    return { trigger: { kind, services: [] }, services: [], problems: [problem] };
  }
}
