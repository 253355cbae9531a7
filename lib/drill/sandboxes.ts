/** The controller's side of a drill: one set of production functions per sandbox, over one shared state. */
import type { ServiceResult } from '../controller/record.ts';
import type { LiveDrill } from '../core/live-drill.ts';
import type { Policy, ServiceState } from '../core/model.ts';
import type { Journal, StatePort } from '../ports.ts';
import { memoryState } from '../sim/state-memory.ts';
import type { World } from '../sim/world.ts';
import type { Deployed, Functions, Rig } from './rig.ts';

/** What is seen of the sandboxes from outside. Times are virtual milliseconds. */
export interface Watch {
  /** A caller took the lease. */
  lease(caller: string, epoch: number): void;
  /** A caller read epoch and freeze, with the states of these services; `null`: whatever the service. */
  look(caller: string, epoch: number | null, frozen: boolean, about: readonly string[] | null): void;
  frozen(frozen: boolean): void;
  drillBegun(drill: LiveDrill): void;
  drillEnded(id: string): void;
  saved(caller: string, state: ServiceState): void;
  cycle(caller: string, result: ServiceResult): void;
  /** An invocation of this caller serves these policies; shown again only when they are others. */
  serves(caller: string, policies: readonly Policy[]): void;
  /** People are told of something about the service: by notification, or by the log alone where the policy names no topic. */
  noticed(service: string, title: string): void;
  /** An entry of the log that a person must see. */
  error(message: string): void;
}

/** The table as one caller uses it, with each change shown to the watch at the moment of its effect. */
function stateOf(caller: string, table: StatePort, watch: Watch): StatePort {
  return {
    ...table,
    load: async (services) => {
      const loaded = await table.load(services);
      watch.look(caller, loaded.lease?.epoch ?? null, loaded.frozen, services);
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
      watch.look(caller, items.lease?.epoch ?? null, items.frozen, null);
      return items;
    },
    setFrozen: async (frozen, nowMs) => {
      await table.setFrozen(frozen, nowMs);
      watch.frozen(frozen);
    },
    beginDrill: async (drill, nowMs) => {
      await table.beginDrill(drill, nowMs);
      watch.drillBegun(drill);
    },
    endDrill: async (id, nowMs) => {
      await table.endDrill(id, nowMs);
      watch.drillEnded(id);
    },
  };
}

/** What a notice is about, by its subject: `evenkeel web: REPLACE_BLOCKED (live drill)` (lib/controller/notices.ts). */
export function titleOf(subject: string): string {
  return /^evenkeel [^:]*: ([A-Z_]+)/.exec(subject)?.[1] ?? '';
}

function journalOf(caller: string, watch: Watch): Journal {
  return {
    write: (level, message, fields) => {
      // The journal is a log: its fields are whatever was logged. A cycle's are a ServiceResult (lib/controller/cycle.ts).
      if (message === 'cycle') watch.cycle(caller, fields as unknown as ServiceResult);
      else if (level === 'error') watch.error(message);
      else if (typeof fields.notice === 'string') watch.noticed(String(fields.service), titleOf(fields.notice));
    },
    count: () => undefined,
  };
}

/** Gives each sandbox its functions when it is first invoked. */
export function createSandboxes(
  world: World,
  rig: Rig,
  deployed: () => Deployed,
  latencyMs: number,
  watch: Watch,
): (sandbox: string) => Functions {
  const table = memoryState();
  const made = new Map<string, Functions>();
  const sandboxNamed = (name: string): Functions => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const caller = world.as(name);
    const state = caller.table(stateOf(name, table, watch), latencyMs);
    const packaged = deployed();
    let shown: readonly Policy[] | null = null;
    const onServed = (policies: readonly Policy[]): void => {
      if (shown !== policies) watch.serves(name, policies);
      shown = policies;
    };
    // Policies that are given and not read are those of the spec, whatever the functions make of them.
    const shared = { state, journal: journalOf(name, watch), ...(typeof packaged === 'function' ? { onServed } : {}) };
    const functions = rig(caller, shared, packaged);
    made.set(name, functions);
    return functions;
  };
  world.handlers.onTick = (event, context) => sandboxNamed(context.logStreamName).onTick(event, context);
  world.handlers.onAlarm = (event, context) => sandboxNamed(context.logStreamName).onAlarm(event, context);
  return sandboxNamed;
}
