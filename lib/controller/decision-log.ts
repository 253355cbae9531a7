/** Puts decisions into the state table: late rather than never, and each once. */
import type { DecisionRecord, Ports } from '../ports.ts';
import { isPortError } from './reading.ts';

/** So many records wait for a table that does not take them; of more the oldest are dropped. */
const MOST = 1000;

/** Lets these wait for the next round: the table did not take them, or their cycle outlasted its round. */
export function keepUnlogged(unlogged: DecisionRecord[], records: readonly DecisionRecord[]): void {
  unlogged.push(...records);
  unlogged.splice(0, unlogged.length - MOST);
}

/** Stores `fresh` and what has waited, until `endMs` at the latest; what the table does not take goes on waiting. */
export async function storeRecords(
  { clock, journal, state }: Ports,
  unlogged: DecisionRecord[],
  fresh: readonly DecisionRecord[],
  endMs: number,
): Promise<void> {
  const records = [...unlogged.splice(0), ...fresh];
  if (records.length === 0) return;
  const stored = state.log(records).catch((error: unknown) => {
    if (!isPortError(error)) throw error;
    keepUnlogged(unlogged, records);
    journal.write('warn', `decisions not stored yet: ${error.message}`, { count: records.length });
  });
  await Promise.race([stored, clock.sleep(endMs - clock.nowMs())]);
}
