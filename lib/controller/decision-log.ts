/** Puts decisions into the state table: late rather than never, and each once. */
import { BROKEN_CYCLES, type DecisionRecord, type Ports } from '../ports.ts';
import { isPortError } from './reading.ts';

/** So many records wait for a table that does not take them; of more the oldest are dropped. */
const MOST = 1000;

/** Lets these wait for the next round: the table did not take them, or their cycle outlasted its round. */
export function keepUnlogged(unlogged: DecisionRecord[], records: readonly DecisionRecord[]): void {
  unlogged.push(...records);
  unlogged.splice(0, unlogged.length - MOST);
}

/** Stores the records. Those that the table does not take now wait; one that cannot be stored at all is its own service's loss, and told. */
async function store(ports: Ports, unlogged: DecisionRecord[], records: readonly DecisionRecord[]): Promise<void> {
  const { journal, state } = ports;
  const [first] = records;
  try {
    await state.log(records);
  } catch (error) {
    if (isPortError(error)) {
      keepUnlogged(unlogged, records);
      journal.write('warn', `decisions not stored yet: ${error.message}`, { count: records.length });
    } else if (records.length > 1) {
      await Promise.all(records.map((one) => store(ports, unlogged, [one])));
    } else {
      journal.write('error', `a decision of ${first?.service} cannot be stored`, { service: first?.service, error });
      journal.count(BROKEN_CYCLES, 1);
    }
  }
}

/** Stores `fresh` and what has waited, until `endMs` at the latest; what the table does not take goes on waiting. */
export async function storeRecords(
  ports: Ports,
  unlogged: DecisionRecord[],
  fresh: readonly DecisionRecord[],
  endMs: number,
): Promise<void> {
  const records = [...unlogged.splice(0), ...fresh];
  if (records.length === 0) return;
  await Promise.race([store(ports, unlogged, records), ports.clock.sleep(endMs - ports.clock.nowMs())]);
}
