/** What is due of scaling: to grow to what is asked for, and to shrink to it. */

import type { Book } from './invariants-book.ts';
import { type Due, desiredOf, type Moment, roundsTakeMs, sinceSteady } from './invariants-due-case.ts';
import { gives, isAwayBy, standing } from './invariants-ledger.ts';
import { covered, FRESH_AT_LEAST_MS, FRESH_PERIODS } from './invariants-scaling.ts';
import { lastOf } from './invariants-timeline.ts';
import type { FleetPolicy, ScalingPolicy, Signal } from './model.ts';
import { needOf } from './need.ts';

/** Datapoints are asked for once they are due, and come late. */
const METRIC_MS = 240_000;
/** Clients have followed the record after this time (lib/core/dns.ts). */
const FOLLOWED_MS = 360_000;
/** What is read once a minute is as old as this at most. */
const SLOW_MS = 180_000;

interface Fleet {
  readonly fleet: FleetPolicy;
  readonly desired: number;
  /** What the fleet must have, the standby's size included while that carries the traffic. */
  readonly lower: number;
  readonly upper: number;
}

function fleetOf({ book: { policy, sites, recorded }, state }: Moment): Fleet | null {
  const { fleet, failover } = policy;
  const group = lastOf(sites.primary.group);
  if (fleet === undefined || group === undefined) return null;
  const upper = Math.min(fleet.capacity.max, group.maxSize);
  const own = Math.max(fleet.capacity.min, group.minSize);
  const ordered = state.orders.capacity?.capacity ?? 0;
  const isAway = isAwayBy(policy, lastOf(recorded)) && state.failover.phase === 'secondary';
  const isCarried = isAway && failover?.secondary.autoScalingGroup !== undefined;
  const carried = isCarried ? desiredOf(sites.secondary) : 0;
  if (own > upper) return null;
  return { fleet, desired: group.desired, upper, lower: Math.max(own, Math.min(upper, Math.max(ordered, carried))) };
}

/** The newest datapoint whose period is over, if it is fresh. */
function newestOf({ points }: Book, { name, metric }: Signal, atMs: number) {
  const periodMs = metric.periodSeconds * 1000;
  const over = (points.get(name) ?? []).slice(-RECENT).filter(({ startMs }) => startMs + periodMs <= atMs);
  const newestMs = Math.max(...over.map(({ startMs }) => startMs));
  const isFresh = atMs - newestMs - periodMs <= Math.max(FRESH_PERIODS * periodMs, FRESH_AT_LEAST_MS);
  return isFresh ? over.findLast(({ startMs }) => startMs === newestMs) : undefined;
}
const RECENT = 20;

/** More is asked for, or must be there, than is wanted of the group. */
export function scaleOutDue(moment: Moment): Due[] {
  const { book, shared, atMs } = moment;
  const { policy, longestMs, sites } = book;
  const { scaling } = policy;
  const known = fleetOf(moment);
  if (known === null || scaling === undefined || known.desired >= known.upper) return [];
  const { desired, lower, upper } = known;
  if (lower > desired) {
    const what = `the fleet is kept at ${desired} although it must have ${lower}`;
    return [{ key: `at least from ${desired}`, what, withinMs: roundsTakeMs(longestMs, 6) + SLOW_MS }];
  }
  return scaling.signals.flatMap((signal) => {
    const periodMs = signal.metric.periodSeconds * 1000;
    const point = newestOf(book, signal, atMs);
    if (point === undefined) return [];
    const counted = covered({ book, shared, site: sites.primary }, point.startMs, periodMs);
    const need = Math.min(upper, needOf(scaling, signal, { ...point, covered: counted }, desired));
    if (need <= desired) return [];
    const withinMs = scaling.scaleOut.cooldownSeconds * 1000 + 2 * periodMs + METRIC_MS + roundsTakeMs(longestMs, 3);
    const what = `the fleet is kept at ${desired} although ${signal.name} asks for ${need}`;
    return [{ key: `${signal.name} from ${desired}`, what, withinMs }];
  });
}

/** Whether nothing at home is on its way in or out, in doubt, or somebody else's to scale. */
function isAtRest({ book, state, atMs }: Moment, desired: number): boolean {
  const { policy, sites } = book;
  const instances = [...sites.primary.instances].filter(([, lifecycle]) => lastOf(lifecycle) !== null);
  if (instances.length !== desired || instances.some(([, lifecycle]) => lastOf(lifecycle) !== 'InService'))
    return false;
  const targets = [...sites.primary.targets].filter(([, truth]) => lastOf(truth)?.state !== null);
  const isNamed = (policy.health ?? policy.failover) !== undefined;
  // On several ports a server has several targets: that there are enough of them does not say that each has one.
  const serving = new Set(targets.map(([key]) => key.slice(0, key.lastIndexOf(':'))));
  const allServe = instances.every(([id]) => serving.has(id));
  if (isNamed && (!allServe || targets.some(([, truth]) => lastOf(truth)?.state !== 'healthy'))) return false;
  if (standing(book).length > 0 || Object.keys(state.health.targets).length > 0) return false;
  const free = [book.deployment, book.scaler].map((line) => sinceSteady(line, (active) => !active));
  if (Math.max(...free) + SLOW_MS > atMs) return false;
  if (policy.failover === undefined) return true;
  const { primary } = policy.failover;
  const followedMs = Math.max(lastChangeMs(book), state.failover.weightsMs);
  return (
    state.failover.phase === 'primary' &&
    book.served.slice(-1).some(({ value }) => gives(value, primary.setIdentifier)) &&
    followedMs + FOLLOWED_MS <= atMs
  );
}

/** When the record last changed; never, if it is as it was at the beginning. */
const lastChangeMs = ({ served }: Book): number => served.slice(1).at(-1)?.atMs ?? 0;

/** Whether this signal asks for fewer than `desired`, all of which it covers. */
function asksForFewer(
  book: Book,
  scaling: ScalingPolicy,
  signal: Signal,
  desired: number,
  upper: number,
  atMs: number,
): boolean {
  const point = newestOf(book, signal, atMs);
  return (
    point !== undefined && Math.min(upper, needOf(scaling, signal, { ...point, covered: desired }, desired)) < desired
  );
}

/** All signals ask for fewer than there are, and nothing stands against it. What a forecast says is not looked into. */
export function scaleInDue(moment: Moment): Due[] {
  const { book, atMs } = moment;
  const { policy, longestMs } = book;
  const { scaling } = policy;
  const known = fleetOf(moment);
  if (known === null || scaling === undefined || scaling.forecast !== undefined || scaling.signals.length === 0)
    return [];
  const { desired, lower, upper } = known;
  if (desired <= lower || !isAtRest(moment, desired)) return [];
  if (!scaling.signals.every((signal) => asksForFewer(book, scaling, signal, desired, upper, atMs))) return [];
  const periodMs = 1000 * Math.max(...scaling.signals.map(({ metric }) => metric.periodSeconds));
  const { stabilizationSeconds } = scaling.scaleIn;
  const windowMs = Math.max(1000 * stabilizationSeconds, periodMs) + 3 * periodMs;
  const withinMs = windowMs + 1000 * scaling.warmupSeconds + METRIC_MS + roundsTakeMs(longestMs, 3);
  return [
    {
      key: `fewer than ${desired}`,
      what: `the fleet is kept at ${desired} although all signals ask for fewer`,
      withinMs,
    },
  ];
}
