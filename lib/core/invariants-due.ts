/** (20) What is due: whatever the controller has to do, by what is true, and nothing stands against comes about in its time. */

import { DEFAULT_WARMUP_SECONDS } from './interlocks.ts';
import type { Book } from './invariants-book.ts';
import { BACK_MS, seconds, unless } from './invariants-case.ts';
import { type Due, desiredOf, type Moment, roundsTakeMs, sinceSteady } from './invariants-due-case.ts';
import { failbackDue, restoreDue } from './invariants-due-failover.ts';
import { scaleInDue, scaleOutDue } from './invariants-due-scaling.ts';
import { answeredFor } from './invariants-ledger.ts';
import { type Shared, troubledUntilMs } from './invariants-shared.ts';
import { lastOf, lastRun, type Timeline } from './invariants-timeline.ts';
import { isFailing, isRegistered, type TargetTruth } from './invariants-truth.ts';
import { isSpared } from './live-drill.ts';
import type { HealthPolicy, ServiceState } from './model.ts';

/** Whether the controller sees everything, may do everything, and has had time to come back from whatever troubled it. */
function hasFreeHand(book: Book, state: ServiceState, shared: Shared, atMs: number): boolean {
  const { policy, sites } = book;
  if (policy.mode !== 'enforce' || !book.isFirst) return false;
  if (shared.frozen || book.hindered || book.foreign || book.offMs > 0) return false;
  const { hold, capacity, parked } = state.orders;
  if (hold !== undefined || capacity?.capacity === 0 || parked !== undefined) return false;
  if (Math.max(troubledUntilMs(shared), book.steadySinceMs) + BACK_MS > atMs) return false;
  return [...Object.values(sites)].every(
    ({ reach }) => sinceSteady(reach, ({ readable }) => readable) + BACK_MS <= atMs,
  );
}

/** What nobody asks for any more is not kept as an order, whoever holds the service or keeps it from acting. */
function orderDue({ state, longestMs, offMs }: Book, shared: Shared, atMs: number): Due[] {
  const untilMs = state?.orders.capacity?.untilMs ?? null;
  if (untilMs === null || atMs < untilMs || offMs > 0 || troubledUntilMs(shared) + BACK_MS > atMs) return [];
  return [
    {
      key: `order ${untilMs}`,
      what: 'an order of capacity has run out and still stands',
      withinMs: roundsTakeMs(longestMs, 2),
    },
  ];
}

/** Replacements of the last minutes may use a budget up. */
const BUDGET_MS = 360_000;
/** Whether nothing stands against replacing this instance. */
function isReplaceable({ book, shared, atMs }: Moment, id: string, instance: Timeline<string | null>): boolean {
  const { policy, replaced, regroupedMs } = book;
  const since = sinceSteady(instance, (state) => state === 'InService');
  const warmMs = 1000 * (policy.scaling?.warmupSeconds ?? DEFAULT_WARMUP_SECONDS) + BACK_MS;
  const lately = [...replaced.values(), ...shared.replacementsMs].some((ms) => atMs - ms < BUDGET_MS);
  return !lately && Math.max(since, regroupedMs) + warmMs <= atMs && !replaced.has(id);
}

/** Whether one target more may be out. */
function mayEject(book: Book, health: HealthPolicy): boolean {
  const { targets } = book.sites.primary;
  const truths = [...targets.values()].map((timeline) => lastOf(timeline) as TargetTruth);
  const out = answeredFor(book).length;
  const healthy = truths.filter(({ state }) => state === 'healthy').length;
  const failing = truths.filter(isFailing).length;
  const expected = Math.max(desiredOf(book.sites.primary), truths.filter(isRegistered).length + out);
  const { minHealthy, panicPercent, maxEjectedPercent } = health.limits;
  const inPanic = failing >= 2 && 100 * (failing + out) > panicPercent * expected;
  const allowed = Math.max(1, Math.floor((maxEjectedPercent * expected) / 100));
  return healthy >= Math.max(1, minHealthy) && !inPanic && out < allowed;
}

/** Lifecycle states that are no sign of a deployment. */
const IS_CALM: readonly (string | null | undefined)[] = [null, 'InService', 'Pending', 'Terminating'];

/** A target that goes on failing is taken out. */
function ejectionDue(moment: Moment): Due[] {
  const { book, atMs } = moment;
  const { policy, sites, longestMs, deployment } = book;
  const { health } = policy;
  // What a group of addresses is refused for is said, and only it knows of what kind it is.
  if (health === undefined || 'health:GROUP_REFUSED' in moment.state.incidents || !mayEject(book, health)) return [];
  const calm = [...sites.primary.instances.values()].every((timeline) => IS_CALM.includes(lastOf(timeline)));
  if (!calm || sinceSteady(deployment, (active) => !active) + BACK_MS > atMs) return [];
  return [...sites.primary.targets].flatMap(([key, truth]) => {
    const now = lastOf(truth);
    if (now === undefined || !isFailing(now) || isSpared(now)) return [];
    const id = key.slice(0, key.lastIndexOf(':'));
    // Of addresses nothing is replaced, and of what is in no group or on its way out something else is to come.
    const instance = sites.primary.instances.get(id) ?? [];
    if (lastOf(instance) !== 'InService') return [];
    const isReplaced = health.onUnhealthy === 'replace';
    if (isReplaced && (health.limits.replacedPer5Minutes === 0 || !isReplaceable(moment, id, instance))) return [];
    const run = lastRun(truth, atMs, 0, isFailing);
    const withinMs = roundsTakeMs(longestMs, health.rounds.unhealthy + 2);
    return [{ key: `eject ${key} ${run?.fromMs}`, what: `${key} fails and is not taken out`, withinMs }];
  });
}

const DUTIES: readonly ((moment: Moment) => Due[])[] = [ejectionDue, scaleOutDue, scaleInDue, failbackDue, restoreDue];

/** It is looked at this often: what is due is so for longer. */
const LOOK_MS = 10_000;

/** (20) To be asked in every cycle. */
export function neglected(book: Book, shared: Shared, atMs: number): string[] {
  if (atMs - book.dueAskedMs < LOOK_MS) return [];
  book.dueAskedMs = atMs;
  const { state } = book;
  const moment = state !== null && hasFreeHand(book, state, shared, atMs) ? { book, shared, state, atMs } : null;
  const due = [...orderDue(book, shared, atMs), ...(moment === null ? [] : DUTIES.flatMap((dueOf) => dueOf(moment)))];
  const found = due.map((one) => ({ ...one, sinceMs: book.dueSinceMs.get(one.key) ?? atMs }));
  book.dueSinceMs = new Map(found.map(({ key, sinceMs }) => [key, sinceMs]));
  return found.flatMap(({ what, withinMs, sinceMs }) =>
    unless(atMs - sinceMs <= withinMs, `${what}, for ${seconds(atMs - sinceMs)} with nothing against it`),
  );
}
