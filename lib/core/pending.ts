/** Pending actions: confirmed, or given up, by what is observed and by nothing else. */
import type { Action, DnsView, FleetView, Observation, Pending, Reading, ServiceState } from './model.ts';
import { commit } from './state.ts';
import { isRegistered } from './targets.ts';

/** How long an action may stay unseen in fresh readings before it counts as never applied: three rounds of 5 s. */
export const PENDING_MS = 15_000;

/** A reading tells something of an action only when it was made after the action was saved. */
function later<T>(reading: Reading<T> | undefined, pending: Pending): T | undefined {
  return reading?.known === true && reading.atMs > (pending.acceptedMs ?? pending.atMs) ? reading.value : undefined;
}

function isInService(fleet: FleetView, instanceId: string): boolean {
  return fleet.instances.some((i) => i.id === instanceId && i.healthy && i.lifecycle === 'InService');
}

/** Whether the name's record sets are those of these identifiers, with exactly these weights. */
function hasWeights(dns: DnsView, weights: Readonly<Record<string, number>>): boolean {
  return (
    Object.keys(weights).every((id) => dns.sets.some((s) => s.setIdentifier === id)) &&
    dns.sets.every((s) => s.setIdentifier !== undefined && s.weight === weights[s.setIdentifier])
  );
}

/** What the observation says: seen, not seen, or nothing (`undefined`) because the reading is missing or too old. */
function isSeen(pending: Pending, obs: Observation): boolean | undefined {
  const { action } = pending;
  const read = <T, R>(reading: Reading<T> | undefined, look: (value: T) => R): R | undefined => {
    const value = later(reading, pending);
    return value === undefined ? undefined : look(value);
  };
  switch (action.kind) {
    case 'setCapacity':
      return read((action.site === 'primary' ? obs.primary : obs.secondary)?.fleet, (f) => f.desired === action.to);
    case 'parkFleet':
    case 'unparkFleet':
      return read(obs.primary.fleet, (f) => f.desired === action.to.desired && f.minSize === action.to.minSize);
    case 'deregisterTarget':
      return read(obs.primary.targets, (g) => !isRegistered(g, action.target.key));
    case 'registerTarget':
      return read(obs.primary.targets, (g) => isRegistered(g, action.target.key));
    case 'replaceInstance':
      return read(obs.primary.fleet, (f) => !isInService(f, action.instanceId));
    case 'moveDns':
      // Our own change at every name server is as good as seeing it in the record.
      if (pending.changeId !== undefined && obs.dnsChange?.known === true && obs.dnsChange.value === 'INSYNC')
        return true;
      return read(obs.dns, (dns) => hasWeights(dns, action.weights));
  }
}

/**
 * Drops pending actions that the observation confirms (taking effect now if their outcome was never recorded: a crash
 * after the write), and those that fresh readings do not show after `PENDING_MS`: they never happened, or somebody
 * undid them, and may be decided anew under a new id. A missing reading proves nothing, so it drops nothing.
 */
export function reconcile(state: ServiceState, obs: Observation, nowMs: number): ServiceState {
  if (state.pending.length === 0) return state;
  let next = state;
  const kept: Pending[] = [];
  for (const pending of state.pending) {
    const seen = isSeen(pending, obs);
    if (seen === true) {
      if (pending.acceptedMs === null) next = commit(next, pending.action, nowMs);
    } else if (seen === undefined || nowMs - pending.atMs <= PENDING_MS) {
      kept.push(pending);
    }
  }
  return kept.length === state.pending.length ? state : { ...next, pending: kept };
}

/** The pending action of this kind (and site, for capacities), if there is one. */
export function pendingOf(state: ServiceState, matches: (action: Action) => boolean): Action | undefined {
  return state.pending.find((p) => matches(p.action))?.action;
}
