/** Puts decisions into the state table: late rather than never, and each once. */
import { BROKEN_CYCLES, type DecisionRecord, type Ports } from '../ports.ts';
import { goOnWith, type Late } from './late.ts';
import { isPortError } from './reading.ts';

/** So many records wait for a table that does not take them; of more the oldest are dropped. */
const MOST = 1000;

/** Of what the process remembers. */
interface Waiting {
  /** Records that are not in the table yet. */
  readonly unlogged: DecisionRecord[];
  readonly late: Late;
}

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

/**
 * Stores `fresh` and what has waited, until `endMs` at the latest; what the table does not take goes on waiting. What is
 * still on its way then goes on until `overMs`.
 */
export async function storeRecords(
  ports: Ports,
  { unlogged, late }: Waiting,
  fresh: readonly DecisionRecord[],
  endMs: number,
  overMs: number,
): Promise<void> {
  const { clock } = ports;
  const records = [...unlogged.splice(0), ...fresh];
  if (records.length === 0) return;
  const storing = store(ports, unlogged, records);
  const end = clock.sleep(endMs - clock.nowMs()).then(() => false);
  if (!(await Promise.race([storing.then(() => true), end]))) goOnWith(late, clock, storing, overMs);
}
