/**
 * The state behind its port, in memory: for the simulator, and for a run by hand without a table. It fulfils the same
 * contract as the DynamoDB table (test/contract), for as long as the process lives. Values are immutable, so they are
 * kept as given and handed out as kept. Every change is made before the method's first await; that makes it atomic.
 */
import { charged, EMPTY_BUDGET, released, withoutReplacement } from '../core/budget.ts';
import { isOn, type LiveDrill } from '../core/live-drill.ts';
import type { Budget, Policy, ServiceState } from '../core/model.ts';
import type { ControllerItems, DecisionRecord, Lease, StatePort } from '../ports.ts';
import { PortError } from '../ports.ts';

type Shared = Pick<StatePort, 'loadController' | 'setFrozen' | 'charge' | 'releaseReplacement' | 'releaseFailback'> &
  Pick<StatePort, 'takeLease' | 'renewLease' | 'endLease' | 'beginDrill' | 'endDrill'>;

const NO_ROUNDS: Lease['rounds'] = new Map();

/** What all services share, and how it stands at this moment. */
function sharedItems(): { readonly now: () => ControllerItems; readonly port: Shared } {
  let lease: Lease | null = null;
  let frozen = false;
  let budget: Budget = EMPTY_BUDGET;
  let drill: LiveDrill | null = null;
  const now = (): ControllerItems => ({ lease, frozen, budget, drill });

  const port: Shared = {
    loadController: async () => now(),

    takeLease: async (owner, nowMs, untilMs, takeOver) => {
      if (!takeOver && lease !== null && lease.untilMs > nowMs) {
        throw new PortError('Conflict', `take the lease: ${lease.owner} holds it`);
      }
      const taken = { epoch: (lease?.epoch ?? 0) + 1, owner, untilMs, rounds: lease?.rounds ?? NO_ROUNDS };
      lease = taken;
      return taken;
    },

    renewLease: async (held, rounds) => {
      if (lease?.epoch !== held.epoch) {
        throw new PortError('Conflict', `write down the rounds in the lease: it is no longer that of ${held.owner}`);
      }
      lease = { ...lease, rounds };
    },

    endLease: async (ended, nowMs) => {
      if (lease?.epoch === ended.epoch) lease = { ...lease, untilMs: nowMs };
    },

    setFrozen: async (value) => {
      frozen = value;
    },

    beginDrill: async (begun, nowMs) => {
      if (drill !== null && isOn(drill, nowMs))
        throw new PortError('Conflict', `begin a live drill: that of ${drill.service} is on`);
      drill = begun;
    },

    endDrill: async (id, nowMs) => {
      if (drill?.id === id) drill = { ...drill, untilMs: Math.min(drill.untilMs, nowMs) };
    },

    charge: async (kind, entry, limit, windowMs) => {
      const next = charged(budget, kind, entry, limit, windowMs);
      budget = next ?? budget;
      return next !== null;
    },

    releaseReplacement: async (id) => {
      budget = withoutReplacement(budget, id);
    },

    releaseFailback: async (service) => {
      budget = released(budget, service);
    },
  };
  return { now, port };
}

const NONE: ReadonlyMap<string, string> = new Map();

/** The port promises no more of the decision log; keeping all of it would only fill the memory. */
const LOG_KEPT_MS = 3_600_000;

/** A state with nothing in it. */
export function memoryState(): StatePort {
  const states = new Map<string, ServiceState>();
  const policies = new Map<string, Policy>();
  /** By service, and there by time and id; the record that came last is last. */
  const logs = new Map<string, Map<string, DecisionRecord>>();
  const { now, port } = sharedItems();

  return {
    ...port,

    load: async (services) => {
      const found = new Map<string, ServiceState>();
      for (const service of services) {
        const state = states.get(service);
        if (state !== undefined) found.set(service, state);
      }
      return { ...now(), states: found, unreadable: NONE };
    },

    save: async (state) => {
      const saved = states.get(state.service)?.version ?? 0;
      if (saved !== state.version) {
        throw new PortError('Conflict', `save ${state.service}: version ${saved} is saved, not ${state.version}`);
      }
      const next = { ...state, version: state.version + 1 };
      states.set(state.service, next);
      return next;
    },

    log: async (records) => {
      for (const record of records) {
        const { service, atMs, id } = record;
        const kept = logs.get(service) ?? new Map<string, DecisionRecord>();
        const key = `${atMs}#${id}`;
        kept.delete(key);
        kept.set(key, record);
        for (const [old, one] of kept) {
          if (atMs - one.atMs <= LOG_KEPT_MS) break;
          kept.delete(old);
        }
        logs.set(service, kept);
      }
    },

    decisions: async (service, fromMs) =>
      [...(logs.get(service)?.values() ?? [])].filter(({ atMs }) => atMs >= fromMs).sort((a, b) => a.atMs - b.atMs),

    loadPolicy: async (file) => policies.get(file) ?? null,

    savePolicy: async (file, policy) => {
      policies.set(file, policy);
    },
  };
}
