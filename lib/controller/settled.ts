/** Saving what came after acting, beside other cycles that save. */
import type { ServiceState } from '../core/model.ts';
import { isWorthSaving } from '../core/state.ts';
import type { Ports } from '../ports.ts';
import { isPortError } from './reading.ts';

/** Another cycle may save while this one acts: this often what became of the actions is entered into what is there now. */
const SETTLE_TRIES = 3;

/** The state as saved by whoever was last; `undefined` when it cannot be read. */
async function stateNow({ state, journal }: Ports, service: string): Promise<ServiceState | undefined> {
  try {
    return (await state.load([service])).states.get(service);
  } catch (error) {
    if (!isPortError(error)) throw error;
    journal.write('warn', `the state of ${service} cannot be read again: ${error.message}`, { service });
    return undefined;
  }
}

/**
 * Saves what came after acting: `fold` enters it into a state, this cycle's own or, when another cycle saved meanwhile,
 * what that one made of it. Outcomes are facts about actions by their ids, whatever else the state says by then; without
 * them a refused action would wait for 15 s to be given up. Not being able to save costs no more than that, and what was
 * applied is confirmed by the next observation.
 */
export async function saveSettled(
  ports: Ports,
  saved: ServiceState,
  fold: (state: ServiceState) => ServiceState,
): Promise<ServiceState> {
  let before: ServiceState | undefined = saved;
  for (let left = SETTLE_TRIES; ; left -= 1) {
    const settled = fold(before);
    if (!isWorthSaving(before, settled)) return settled;
    try {
      return await ports.state.save(settled);
    } catch (error) {
      if (!isPortError(error)) throw error;
      before = error.kind === 'Conflict' && left > 1 ? await stateNow(ports, saved.service) : undefined;
      if (before !== undefined) continue;
      ports.journal.write('warn', `what became of the actions was not saved: ${error.message}`, {
        service: saved.service,
      });
      return fold(saved);
    }
  }
}
