/** The pure heart: one value in, one value out. No clock, no chance, no I/O, no exceptions for data. */
import { type Fitted, fitToPolicy } from './basis.ts';
import { backToNow } from './clock-ahead.ts';
import {
  activeByWeights,
  adoptDns,
  currentPair,
  followedMs,
  isEmptied,
  leadsElsewhere,
  noteStrayed,
  type Pair,
} from './dns.ts';
import { decideFailover, isInSync, ORDER_MS, overwrittenBy } from './failover.ts';
import { isLeftToFailover } from './failover-help.ts';
import { AWAY_NOTED_MS, trackForecast } from './forecast-memory.ts';
import { decideHealth } from './health.ts';
import { trackIncidents } from './incidents.ts';
import { isAway } from './interlocks.ts';
import type {
  Action,
  Decision,
  FailoverPolicy,
  FailoverState,
  Observation,
  Orders,
  Policy,
  Result,
  ServiceState,
  TargetGroupView,
} from './model.ts';
import { pendingOf, reconcile } from './pending.ts';
import { decideScaling } from './scaling.ts';
import { trackScaling } from './scaling-memory.ts';
import { type Sites, siteHealth, trackSites } from './sites.ts';
import { trackRaise } from './standby.ts';
import { forget } from './state.ts';
import {
  intervalMsOf,
  missTargets,
  roundKind,
  summarize,
  type TargetSummary,
  trackEjections,
  trackTargets,
} from './targets.ts';

/** Orders that ran out are gone; the same object when none did. */
function expireOrders(orders: Orders, nowMs: number): Orders {
  const { capacity, move } = orders;
  const capacityOver = capacity !== undefined && capacity.untilMs !== null && nowMs >= capacity.untilMs;
  const moveOver = move !== undefined && nowMs - move.atMs > ORDER_MS;
  if (!capacityOver && !moveOver) return orders;
  return { ...orders, capacity: capacityOver ? undefined : capacity, move: moveOver ? undefined : move };
}

function trackHealth(policy: Policy, state: ServiceState, obs: Observation, nowMs: number): ServiceState {
  const reading = obs.primary.targets;
  let health = forget(trackEjections(state.health, state, obs), nowMs);
  let { pace } = state;
  const kind = roundKind(pace.healthMs, obs.roundMs, intervalMsOf(policy));
  if (policy.health !== undefined && kind !== 'again') {
    const before = health;
    health =
      reading?.known === true ? trackTargets(policy.health, before, reading.value, kind) : missTargets(before, kind);
    if (reading?.known === true || health !== before) pace = { ...pace, healthMs: obs.roundMs };
  }
  return health === state.health && pace === state.pace ? state : { ...state, health, pace };
}

/** Servers behind the targets that are registered or ejected by us; one that serves on several ports is one. */
function serversOf({ targets }: TargetGroupView, summary: TargetSummary): number {
  const ids = new Set<string>();
  for (const { id, state } of targets) if (state !== 'draining') ids.add(id);
  for (const [, { id }] of summary.ejected) ids.add(id);
  return ids.size;
}

/** The primary's last known desired capacity; without a group that counts instances, the servers that it last had. */
function primaryDesired(
  prev: FailoverState,
  policy: Policy,
  obs: Observation,
  summary: TargetSummary | null,
): number | null {
  const { fleet } = obs.primary;
  if (policy.fleet !== undefined) {
    if (fleet?.known !== true) return prev.primaryDesired;
    if (fleet.value.refused === undefined) return fleet.value.desired;
  }
  const { targets } = obs.primary;
  return summary !== null && targets?.known === true ? serversOf(targets.value, summary) : prev.primaryDesired;
}

/**
 * Adopts the record's weights: at first sight; when `release` asks for it; and when they already are where an order by
 * hand wants them. Orders are fulfilled only by a reading of this cycle, and not across a move of our own.
 */
function followRecord(
  policy: FailoverPolicy,
  state: ServiceState,
  obs: Observation,
  pair: Pair,
): Pick<ServiceState, 'failover' | 'orders'> {
  const { failover, orders } = state;
  const fresh = pair.ok && pair.atMs >= obs.roundMs && pendingOf(state, (a) => a.kind === 'moveDns') === undefined;
  if (!fresh || (orders.adoptDns === undefined && orders.move === undefined)) {
    return { failover: adoptDns(policy, failover, pair, false), orders };
  }
  const { adoptDns: _, ...others } = orders;
  if (orders.move === undefined || activeByWeights(policy, pair.weights) !== orders.move.to) {
    if (orders.adoptDns === undefined) return { failover, orders };
    return { failover: adoptDns(policy, failover, pair, true), orders: others };
  }
  const { move: __, ...rest } = others;
  return { failover: adoptDns(policy, failover, pair, true), orders: rest };
}

/** Nobody serves at home. */
function isIdle(summary: TargetSummary | null): boolean {
  return summary !== null && summary.healthy === 0 && summary.expected > 0;
}

/** With nobody healthy at home the fleet idles: what it carries meanwhile says nothing of what it will carry once it serves again. */
function noteIdle(state: ServiceState, summary: TargetSummary | null, nowMs: number): ServiceState {
  const { scaling } = state;
  if (!isIdle(summary)) return state;
  if (nowMs - scaling.lastChangeMs < AWAY_NOTED_MS) return state;
  return { ...state, scaling: { ...scaling, lastChangeMs: nowMs } };
}

interface Tracked {
  readonly state: ServiceState;
  readonly sites: Sites;
  readonly pair: Pair;
  /** A move of ours became INSYNC with this observation. */
  readonly moved: Decision | null;
}

function trackFailover(
  policy: Policy,
  failover: FailoverPolicy,
  state: ServiceState,
  obs: Observation,
  summary: TargetSummary | null,
  nowMs: number,
): Tracked {
  const pair = currentPair(failover, state.failover, obs, nowMs);
  const sites = { primary: siteHealth(state, obs, 'primary'), secondary: siteHealth(state, obs, 'secondary') };
  const tracked = trackSites(policy, failover, state.failover, state.pace, sites, obs.roundMs);
  let next = tracked.failover;
  const desired = primaryDesired(next, policy, obs, summary);
  if (desired !== next.primaryDesired) next = { ...next, primaryDesired: desired };
  const adopted = followRecord(failover, { ...state, failover: next }, obs, pair);
  next = noteStrayed(failover, adopted.failover, pair, obs, nowMs);
  let moved: Decision | null = null;
  let { scaling } = state;
  const undone = overwrittenBy(next, pair, nowMs);
  const elsewhere = leadsElsewhere(failover, next, pair);
  const under = next.phase === 'failingOver' || next.phase === 'failingBack';
  if (under && isInSync(state, obs, pair, nowMs)) {
    const to = next.phase === 'failingOver' ? 'secondary' : 'primary';
    moved = { area: 'failover', reason: 'MOVED', action: null, numbers: { to } };
    next = { ...next, phase: to, change: null };
    // What the fleet carried while the traffic was elsewhere says nothing of what it will carry now.
    scaling = { ...scaling, lastChangeMs: nowMs };
  } else if (under && undone !== null) {
    next = { ...next, phase: activeByWeights(failover, undone) ?? 'primary', change: null };
  } else if (!under && elsewhere !== null) {
    next = { ...next, phase: elsewhere };
  } else if (isEmptied(failover, obs.dns) && nowMs - scaling.lastChangeMs >= AWAY_NOTED_MS) {
    scaling = { ...scaling, lastChangeMs: nowMs };
  }
  // Not while it fails: whoever replaces or takes out what fails leaves fewer.
  if (next.phase === 'primary' && next.primary.good > 0 && next.primaryServed !== desired)
    next = { ...next, primaryServed: desired };
  next = trackRaise(next, state, obs);
  return {
    state: { ...state, scaling, failover: next, pace: tracked.pace, orders: adopted.orders },
    sites,
    pair,
    moved,
  };
}

function failoverDecisions(
  policy: Policy,
  tracked: Tracked | null,
  obs: Observation,
  summary: TargetSummary | null,
  nowMs: number,
  nextId: () => string,
): Decision[] {
  if (policy.failover === undefined || tracked === null) {
    return [{ area: 'failover', reason: 'NOT_CONFIGURED', action: null, numbers: {} }];
  }
  if (tracked.moved !== null) return [tracked.moved];
  const { state, sites, pair } = tracked;
  return decideFailover({ policy, failover: policy.failover, state, obs, sites, pair, summary, nowMs, nextId });
}

/** A message names no more targets than a person reads. */
const MOST_NAMED = 20;

/** An edit of the policy left targets out that we had ejected: nobody else knows of them. */
function leftOut({ left }: Fitted): Decision[] {
  if (left === null) return [];
  const named = left.ejected.slice(0, MOST_NAMED).map(({ id, port }) => `${id}:${port}`);
  const more = left.ejected.length - named.length;
  const targets = [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  return [{ area: 'health', reason: 'LEFT_OUT', action: null, numbers: { group: left.targetGroup, targets } }];
}

/** An edit of the policy left the standby raised: it would stay so, for nothing else knows of it. */
function leftRaised({ raised }: Fitted): Decision[] {
  return raised === null ? [] : [{ area: 'failover', reason: 'LEFT_RAISED', action: null, numbers: { ...raised } }];
}

/** `awayMs`: until when the fleet did not, or will not yet, carry all that it is to carry. */
function withForecast(policy: Policy, state: ServiceState, awayMs: number, nowMs: number): ServiceState {
  const scaling = trackForecast(policy, state.scaling, awayMs, nowMs);
  return scaling === state.scaling ? state : { ...state, scaling };
}

/** Saved actions of this cycle join those that are awaited. */
function withPending(state: ServiceState, actions: readonly Action[], nowMs: number): ServiceState {
  if (actions.length === 0) return state;
  const added = actions.map((action) => ({ action, atMs: nowMs, acceptedMs: null }));
  return { ...state, pending: [...state.pending, ...added] };
}

/**
 * One cycle's conclusion: a decision for each area, the actions in the order in which they must be applied, the state to
 * save before them, and what a person should be told. Parts of the returned state that did not change keep their
 * identity, so that a steady round can be seen to need no save (`isWorthSaving`).
 */
export function decide(policy: Policy, before: ServiceState, obs: Observation, nowMs: number): Result {
  const fitted = fitToPolicy(policy, before);
  const reconciled = reconcile(backToNow(fitted.state, nowMs), obs, nowMs);
  const scaling = trackScaling(policy, reconciled.scaling, obs, nowMs, reconciled.pace.fleetMs);
  const { fleet } = obs.primary;
  const pace = fleet?.known === true ? { ...reconciled.pace, fleetMs: fleet.atMs } : reconciled.pace;
  const orders = expireOrders(reconciled.orders, nowMs);
  let state = trackHealth(policy, { ...reconciled, scaling, orders, pace }, obs, nowMs);
  const summary = summarize(policy, state, obs);
  if (policy.scaling !== undefined) state = noteIdle(state, summary, nowMs);
  const { failover } = policy;
  const tracked = failover === undefined ? null : trackFailover(policy, failover, state, obs, summary, nowMs);
  if (tracked !== null) state = tracked.state;
  const isHome = !isIdle(summary) && !isAway(policy, state, obs);
  const followed = failover === undefined ? 0 : followedMs(state.failover, obs.dns);
  state = withForecast(policy, state, Math.max(isHome ? 0 : nowMs, followed), nowMs);

  let count = 0;
  const nextId = (): string => {
    count += 1;
    return `${before.service}:${before.version + 1}:${count}`;
  };
  const moves = failoverDecisions(policy, tracked, obs, summary, nowMs, nextId);
  const isLeft =
    failover !== undefined &&
    tracked !== null &&
    isLeftToFailover(policy, failover, state, tracked.sites, moves, nowMs);
  const decisions = [
    ...moves,
    ...leftRaised(fitted),
    ...decideHealth(policy, state, obs, summary, isLeft, nowMs, nextId),
    ...leftOut(fitted),
    decideScaling(policy, state, obs, summary, nowMs, nextId),
  ];
  const actions = decisions.flatMap((d) => (d.action === null ? [] : [d.action]));
  const { incidents, notices } = trackIncidents(state.incidents, decisions, intervalMsOf(policy), nowMs);
  return { decisions, actions, notices, state: { ...withPending(state, actions, nowMs), incidents } };
}
