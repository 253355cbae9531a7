/** The state of a service: how it begins, and how an action's outcome enters it. */
import type {
  Action,
  FailoverPhase,
  FailoverState,
  HealthState,
  Outcome,
  Pending,
  Refusal,
  ServiceState,
  SiteName,
  SiteTrack,
} from './model.ts';
import { MOST_TARGETS_KEPT, refusedBack } from './targets.ts';

/** A failback followed by a trip within this time is a relapse. */
const RELAPSE_MS = 3_600_000;
/** The wait doubles at most this often (64 times the configured wait). */
const MAX_RELAPSES = 6;
/** Budget windows. */
export const HOUR_MS = 3_600_000;
export const FIVE_MINUTES_MS = 300_000;
/** Memory of replaced instances and of ejections: long enough for any back-off and budget. */
const REMEMBER_MS = HOUR_MS;

const NO_TRACK: SiteTrack = { good: 0, bad: 0, missing: 0, goodSinceMs: null, lastHealthy: null };

/** The state of a service that was never seen: it knows nothing, and so it asks for full windows before it takes anything away. */
export function initialState(service: string): ServiceState {
  return {
    service,
    version: 0,
    scaling: {
      points: {},
      missingStepTaken: false,
      counts: [],
      inServiceSince: {},
      lastChangeMs: 0,
      lastScaleOutMs: 0,
      desired: null,
      publishLagMs: {},
    },
    health: { targets: {}, ejected: {}, history: {}, replaced: {} },
    failover: {
      phase: 'primary',
      primary: NO_TRACK,
      secondary: NO_TRACK,
      primaryDesired: null,
      weights: null,
      weightsMs: 0,
      change: null,
      byHand: false,
      relapses: 0,
      lastFailbackMs: null,
      failbacksMs: [],
      standbyRaised: null,
    },
    orders: {},
    pending: [],
    incidents: {},
    pace: { healthMs: 0, failoverMs: 0, goodMs: { primary: 0, secondary: 0 } },
  };
}

/** A state as another version of us saved it: what that version did not know yet begins as in a new state. */
export function revive(stored: ServiceState): ServiceState {
  const fresh = initialState(stored.service);
  return {
    ...fresh,
    ...stored,
    scaling: { ...fresh.scaling, ...stored.scaling },
    health: { ...fresh.health, ...stored.health },
    failover: { ...fresh.failover, ...stored.failover },
    pace: { ...fresh.pace, ...stored.pace },
  };
}

/** The failover state as users see it: a saved but unconfirmed move counts as under way. */
export function phaseOf(state: ServiceState): FailoverPhase {
  for (const { action } of state.pending) {
    if (action.kind === 'moveDns') return action.to === 'secondary' ? 'failingOver' : 'failingBack';
  }
  return state.failover.phase;
}

/** `record` without the key; the same object when it was not there. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
}

type HealthAction = Action & { kind: 'deregisterTarget' | 'registerTarget' | 'replaceInstance' };

function commitHealth(health: HealthState, action: HealthAction, atMs: number): HealthState {
  switch (action.kind) {
    case 'deregisterTarget': {
      const { key, id, port } = action.target;
      const past = health.history[key];
      const times = past !== undefined && atMs - past.lastMs <= REMEMBER_MS ? past.times + 1 : 1;
      const { replace, drilled } = action;
      const ejection = { id, port, atMs, times, replace, ...(drilled === true ? { drilled } : {}) };
      return {
        ...health,
        targets: without(health.targets, key),
        ejected: { ...health.ejected, [key]: ejection },
        history: { ...health.history, [key]: { times, lastMs: atMs } },
      };
    }
    case 'registerTarget': {
      // It begins anew: what old answers have shown of it while it was out counts no more.
      const { key } = action.target;
      return { ...health, targets: without(health.targets, key), ejected: without(health.ejected, key) };
    }
    case 'replaceInstance':
      return { ...health, replaced: { ...health.replaced, [action.instanceId]: atMs } };
  }
}

function commitMove(
  failover: FailoverState,
  action: Action & { kind: 'moveDns' },
  atMs: number,
  changeId: string | undefined,
): FailoverState {
  const back = action.to === 'primary';
  const relapsed =
    !back &&
    action.cause === 'trip' &&
    failover.lastFailbackMs !== null &&
    atMs - failover.lastFailbackMs <= RELAPSE_MS;
  const automaticFailback = back && action.cause === 'failback';
  return {
    ...failover,
    phase: back ? 'failingBack' : 'failingOver',
    weights: action.weights,
    weightsMs: atMs,
    change: { id: changeId ?? null, atMs },
    byHand: action.cause === 'order' && !back,
    relapses: back ? failover.relapses : relapsed ? Math.min(MAX_RELAPSES, failover.relapses + 1) : 0,
    lastFailbackMs: automaticFailback ? atMs : failover.lastFailbackMs,
    failbacksMs: automaticFailback
      ? [...failover.failbacksMs.filter((ms) => atMs - ms < HOUR_MS), atMs]
      : failover.failbacksMs,
  };
}

function commitCapacity(state: ServiceState, action: Action & { kind: 'setCapacity' }, atMs: number): ServiceState {
  const { from, to } = action;
  if (action.site === 'secondary') {
    const before = state.failover.standbyRaised;
    // Raised again from where we left it, it still goes back to where it came from; what somebody else made of it stays.
    const standbyRaised = to > from ? { from: before?.to === from ? before.from : from, to } : null;
    return { ...state, failover: { ...state.failover, standbyRaised } };
  }
  return {
    ...state,
    scaling: {
      ...state.scaling,
      desired: to,
      lastChangeMs: atMs,
      lastScaleOutMs: to > from && action.reason !== 'FORECAST_OUT' ? atMs : state.scaling.lastScaleOutMs,
      missingStepTaken: state.scaling.missingStepTaken || action.reason === 'SIGNAL_MISSING_OUT',
    },
  };
}

/** What is true once the action has been applied at `atMs`. */
export function commit(state: ServiceState, action: Action, atMs: number, changeId?: string): ServiceState {
  switch (action.kind) {
    case 'setCapacity':
      return commitCapacity(state, action, atMs);
    case 'parkFleet':
      // Parked again after somebody started it meanwhile, it still gets back the size from before the first time.
      return { ...state, orders: { ...state.orders, parked: state.orders.parked ?? action.from } };
    case 'unparkFleet':
      return { ...state, orders: { ...state.orders, parked: undefined } };
    case 'moveDns':
      return {
        ...state,
        failover: commitMove(state.failover, action, atMs, changeId),
        orders: { ...state.orders, move: undefined },
      };
    default:
      return { ...state, health: commitHealth(state.health, action, atMs) };
  }
}

/** Refusals that say nothing against the action: the next round may well apply it. */
export const TRANSIENT: readonly Refusal[] = ['THROTTLED', 'FENCED', 'LATE', 'UNCHECKED'];

function settleOne(state: ServiceState, pending: Pending, outcome: Outcome): ServiceState {
  if (outcome.result === 'unclear') return state;
  const rest = state.pending.filter((p) => p !== pending);
  if (outcome.result === 'applied') {
    const accepted: Pending = { ...pending, acceptedMs: outcome.atMs, changeId: outcome.changeId };
    const next = commit(state, pending.action, outcome.atMs, outcome.changeId);
    return { ...next, pending: [...rest, accepted] };
  }
  const { action } = pending;
  if (action.kind === 'registerTarget' && outcome.why === 'NOT_FOUND')
    return { ...state, pending: rest, health: refusedBack(state.health, action.target.key, outcome.atMs) };
  // A refused order by hand is answered to the person who gave it, and not tried again behind their back; but what only
  // came at a bad moment is tried again for as long as the order stands.
  const orders =
    action.kind === 'moveDns' && state.orders.move !== undefined && !TRANSIENT.includes(outcome.why)
      ? { ...state.orders, move: undefined }
      : state.orders;
  return { ...state, pending: rest, orders };
}

/**
 * Folds what became of the actions into the state that was saved before them: applied ones take effect and stay pending
 * until observed, refused ones are forgotten as if never decided, unclear ones wait to be read back.
 */
export function settle(state: ServiceState, outcomes: readonly Outcome[]): ServiceState {
  return outcomes.reduce((current, outcome) => {
    const pending = current.pending.find((p) => p.action.id === outcome.actionId);
    return pending === undefined ? current : settleOne(current, pending, outcome);
  }, state);
}

/**
 * Settles refusals that were known before anything was saved: as if nothing had been decided, down to the identity of
 * what is pending, so that a gate that stays shut does not cost a save in every round.
 */
export function unsaved(before: ServiceState, decided: ServiceState, refused: readonly Outcome[]): ServiceState {
  const settled = settle(decided, refused);
  const same =
    settled.pending.length === before.pending.length && settled.pending.every((p, i) => p === before.pending[i]);
  return same ? { ...settled, pending: before.pending } : settled;
}

/** The newest of the ejections of the past: without the others their targets start anew with the shortest back-off. */
function newest(history: HealthState['history']): HealthState['history'] {
  const entries = Object.entries(history);
  if (entries.length <= MOST_TARGETS_KEPT) return history;
  return Object.fromEntries(entries.sort(([, a], [, b]) => b.lastMs - a.lastMs).slice(0, MOST_TARGETS_KEPT));
}

/** Drops what is too old, or too much, to matter; the same object when nothing is. */
export function forget(health: HealthState, nowMs: number): HealthState {
  let { history, replaced } = health;
  for (const [key, { lastMs }] of Object.entries(history)) {
    if (nowMs - lastMs > REMEMBER_MS && !(key in health.ejected)) history = without(history, key);
  }
  for (const [id, atMs] of Object.entries(replaced)) {
    if (nowMs - atMs > REMEMBER_MS) replaced = without(replaced, id);
  }
  history = newest(history);
  return history === health.history && replaced === health.replaced ? health : { ...health, history, replaced };
}

/**
 * The state as it stood after the last round that anybody ran. A steady round is not saved, so the saved round times may
 * be older than the last round; that nothing was saved since is the proof that nothing had changed until then.
 */
export function resume(state: ServiceState, lastRoundMs: number, intervalMs: number): ServiceState {
  const { pace, failover, scaling } = state;
  const markMs = Math.floor(lastRoundMs / intervalMs) * intervalMs;
  if (markMs <= pace.failoverMs && markMs <= pace.healthMs) return state;
  const good = (name: SiteName): number =>
    failover[name].good > 0 && failover[name].missing === 0 ? Math.max(pace.goodMs[name], markMs) : pace.goodMs[name];
  const isFleetSeen = pace.fleetMs !== undefined && scaling.fleetUnseen === undefined;
  return {
    ...state,
    pace: {
      ...pace,
      ...(isFleetSeen ? { fleetMs: Math.max(pace.fleetMs, markMs) } : {}),
      healthMs: pace.healthMs === 0 ? 0 : Math.max(pace.healthMs, markMs),
      failoverMs: pace.failoverMs === 0 ? 0 : Math.max(pace.failoverMs, markMs),
      goodMs: { primary: good('primary'), secondary: good('secondary') },
    },
  };
}

/** Whether a cycle brought anything that must outlive it. Round times alone do not: they move in every round. */
export function isWorthSaving(before: ServiceState, after: ServiceState): boolean {
  return (
    before.version === 0 ||
    before.scaling !== after.scaling ||
    before.health !== after.health ||
    before.failover !== after.failover ||
    before.orders !== after.orders ||
    before.pending !== after.pending ||
    before.incidents !== after.incidents
  );
}
