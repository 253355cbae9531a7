/** Several controllers on one service at once: two loops of ticks, one taking over from the other, and alarms or a person in between. */
import { runRound } from '../../../lib/controller/cycle.ts';
import { giveOrder } from '../../../lib/controller/orders.ts';
import type { ServiceResult } from '../../../lib/controller/record.ts';
import { runTick } from '../../../lib/controller/rounds.ts';
import { memoryState } from '../../../lib/sim/state-memory.ts';
import type { DynamoServer } from '../../contract/dynamo-server.ts';
import { ROUND_MS, type Scene } from './scenes.ts';
import { type ControllerOptions, createStand, type Stand } from './stand.ts';

const FIRST_LOOP = 'loop-1';
/** What was dropped because nobody saw it done is decided anew after 15 s (lib/core/pending.ts), and then done. */
const RACE_MS = 30_000;

const LONGEST_REHEARSAL_MS = 600_000;

/** What the controllers reported, each cycle with who ran it. */
interface Report {
  readonly caller: string;
  readonly result: ServiceResult;
}

export interface Raced {
  readonly stand: Stand;
  /** When the race began: the mark of its first round. */
  readonly markMs: number;
  readonly reports: readonly Report[];
  /** Problems of all cycles by code. */
  readonly problems: Readonly<Record<string, number>>;
}

/** Plays what comes before a race in memory, then puts it into the table as version 1, with the lease in the hands of the first loop. */
export async function prepare(scene: Scene, stand: Stand): Promise<number> {
  const memory = memoryState();
  const { ports, memory: own } = stand.rehearser(memory);
  const services = scene.policies.map((p) => p.service);
  const lease = await memory.takeLease('rehearsal', stand.nowMs(), Number.MAX_SAFE_INTEGER, true);
  let markMs = Math.ceil(stand.nowMs() / ROUND_MS) * ROUND_MS;
  await scene.prepare(stand, async (isReady) => {
    const lastMs = markMs + LONGEST_REHEARSAL_MS;
    do {
      if (markMs > lastMs) throw new Error(`${scene.name}: what the race is for did not come about`);
      await stand.world.run(markMs);
      await stand.until(runRound(ports, own, scene.policies, lease, markMs));
      await memory.renewLease(lease, new Map(own.rounds));
      markMs += ROUND_MS;
      await stand.world.run(markMs - 1000);
    } while (!isReady((await memory.load(services)).states));
  });
  for (const state of (await memory.load(services)).states.values()) await stand.table.save({ ...state, version: 0 });
  const first = await stand.table.takeLease(FIRST_LOOP, stand.nowMs(), stand.nowMs() + 75_000, true);
  await stand.table.renewLease(first, new Map(own.rounds));
  return markMs;
}

export interface RaceSpec {
  readonly dynamo: DynamoServer;
  readonly scene: Scene;
  readonly seed: number;
  /** Loops: two of them, or one of two; alarms or a person for the rest. */
  readonly controllers: number;
  /** What is special about a controller, by its number from 0. */
  readonly options?: (index: number, stand: Stand) => ControllerOptions;
}

export async function race({ dynamo, scene, seed, controllers, options = () => ({}) }: RaceSpec): Promise<Raced> {
  const tableName = await dynamo.createTable();
  const stand = createStand({ dynamo, tableName, seed, policies: scene.policies, options: scene.options ?? {} });
  const markMs = await prepare(scene, stand);
  const reports: Report[] = [];
  const problems: Record<string, number> = {};
  const tell = (
    caller: string,
    answer: { services: readonly ServiceResult[]; problems: readonly { code: string }[] },
  ) => {
    reports.push(...answer.services.map((result) => ({ caller, result })));
    for (const { code } of answer.problems) problems[code] = (problems[code] ?? 0) + 1;
  };
  const drawn = stand.random.fork('starts');
  const at = async (ms: number): Promise<void> => stand.world.clock.sleep(ms - stand.nowMs());

  const loop = async (index: number, fromMs: number): Promise<void> => {
    const owner = `loop-${index + 1}`;
    const { ports, memory } = stand.controller(owner, options(index, stand));
    await at(fromMs);
    tell(owner, await runTick(ports, memory, scene.policies, { owner, rounds: null, untilMs: markMs + RACE_MS }));
  };
  const alarms = async (index: number): Promise<void> => {
    const name = `alarm-${index + 1}`;
    const { ports, memory } = stand.controller(name, options(index, stand));
    for (const round of [0, 1]) {
      await at(markMs + round * ROUND_MS + drawn.int(-400, 900));
      const isOrder = scene.order !== undefined && round === 0 && index === controllers - 1;
      tell(
        name,
        isOrder
          ? await giveOrder(ports, memory, scene.policies, scene.order)
          : await runRound(ports, memory, scene.policies, null, ports.clock.nowMs()),
      );
    }
  };
  const loops = controllers > 2 ? 2 : 1;
  const all = [
    loop(0, markMs - 900),
    ...(loops > 1 ? [loop(1, markMs + drawn.int(-700, 2 * ROUND_MS))] : []),
    ...Array.from({ length: controllers - loops }, (_, n) => alarms(n + loops)),
  ];
  await stand.until(Promise.all(all));
  return { stand, markMs, reports, problems };
}
