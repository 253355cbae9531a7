/** The controller's side of a drill: one set of production functions per sandbox, over one shared state. */
import type { ServiceResult } from '../controller/record.ts';
import type { ServiceState } from '../core/model.ts';
import type { Journal, StatePort } from '../ports.ts';
import { memoryState } from '../sim/state-memory.ts';
import type { Caller, World } from '../sim/world.ts';
import type { Functions, Shared } from './rig.ts';

/** What is seen of the sandboxes from outside. Times are virtual milliseconds. */
export interface Watch {
  /** A caller took the lease. */
  lease(caller: string, epoch: number): void;
  /** A caller read epoch and freeze. */
  look(caller: string, epoch: number | null, frozen: boolean): void;
  frozen(frozen: boolean): void;
  saved(caller: string, state: ServiceState): void;
  cycle(caller: string, result: ServiceResult): void;
  /** An entry of the log that a person must see. */
  error(message: string): void;
}

/**
 * The table takes `latencyMs` for each call, half of it before and half after the effect, as DynamoDB does: a caller that
 * is killed or paused in between has changed the table and does not know it.
 */
function watchedState(shared: StatePort, sleep: (ms: number) => Promise<void>, latencyMs: number): StatePort {
  const half = latencyMs / 2;
  const through =
    <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      await sleep(half);
      try {
        return await call(...args);
      } finally {
        await sleep(half);
      }
    };
  return {
    load: through(shared.load),
    loadController: through(shared.loadController),
    save: through(shared.save),
    log: through(shared.log),
    takeLease: through(shared.takeLease),
    renewLease: through(shared.renewLease),
    endLease: through(shared.endLease),
    setFrozen: through(shared.setFrozen),
    charge: through(shared.charge),
    releaseReplacement: through(shared.releaseReplacement),
    releaseFailback: through(shared.releaseFailback),
    loadPolicy: through(shared.loadPolicy),
    savePolicy: through(shared.savePolicy),
  };
}

/** The table as one caller uses it, with each change shown to the watch at the moment of its effect. */
function stateOf(caller: string, table: StatePort, watch: Watch): StatePort {
  return {
    ...table,
    load: async (services) => {
      const loaded = await table.load(services);
      watch.look(caller, loaded.lease?.epoch ?? null, loaded.frozen);
      return loaded;
    },
    takeLease: async (...args) => {
      const lease = await table.takeLease(...args);
      watch.lease(caller, lease.epoch);
      return lease;
    },
    save: async (state) => {
      const saved = await table.save(state);
      watch.saved(caller, saved);
      return saved;
    },
    loadController: async () => {
      const items = await table.loadController();
      watch.look(caller, items.lease?.epoch ?? null, items.frozen);
      return items;
    },
    setFrozen: async (frozen, nowMs) => {
      await table.setFrozen(frozen, nowMs);
      watch.frozen(frozen);
    },
  };
}

function journalOf(caller: string, watch: Watch): Journal {
  return {
    write: (level, message, fields) => {
      // The journal is a log: its fields are whatever was logged. A cycle's are a ServiceResult (lib/controller/cycle.ts).
      if (message === 'cycle') watch.cycle(caller, fields as unknown as ServiceResult);
      else if (level === 'error') watch.error(message);
    },
    count: () => undefined,
  };
}

/** Makes the functions of one sandbox. */
export type Make = (caller: Caller, shared: Shared) => Functions;

/** Gives each sandbox its functions when it is first invoked. */
export function createSandboxes(
  world: World,
  make: Make,
  latencyMs: number,
  watch: Watch,
): (sandbox: string) => Functions {
  const table = memoryState();
  const made = new Map<string, Functions>();
  const sandboxNamed = (name: string): Functions => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const caller = world.as(name);
    const state = watchedState(stateOf(name, table, watch), (ms) => caller.clock.sleep(ms), latencyMs);
    const functions = make(caller, { state, journal: journalOf(name, watch) });
    made.set(name, functions);
    return functions;
  };
  world.handlers.onTick = (event, context) => sandboxNamed(context.logStreamName).onTick(event, context);
  world.handlers.onAlarm = (event, context) => sandboxNamed(context.logStreamName).onAlarm(event, context);
  return sandboxNamed;
}
