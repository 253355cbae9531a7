/** Invariants of the record: what a change may touch, what a move rests on, and that a move that is due comes about. */

import { sameWeights } from './dns.ts';
import type { Book, SiteBook } from './invariants-book.ts';
import { BACK_MS, type Effect, roundsMs, SEEN_MS, seconds, shownSince, unless } from './invariants-case.ts';
import type { SetEdit } from './invariants-evidence.ts';
import { type Shared, troubledUntilMs } from './invariants-shared.ts';
import { always, during, ever, lastOf, lastRun, valueAt } from './invariants-timeline.ts';
import type { FailoverPolicy, SiteName } from './model.ts';

interface Move extends Effect {
  readonly failover: FailoverPolicy;
  readonly deleted: readonly SetEdit[];
  readonly created: readonly SetEdit[];
  readonly others: number;
  readonly to: SiteName;
  readonly cause: 'trip' | 'failback' | 'order';
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

function weightOf(sets: readonly SetEdit[], setIdentifier: string): number {
  return Math.max(0, ...sets.filter((set) => set.setIdentifier === setIdentifier).map((set) => set.weight ?? 0));
}

/** The change of the record behind the write. */
function moveOf(effect: Effect): Move | null {
  const { change } = effect.write;
  const { failover } = effect.book.policy;
  const { action } = effect.saved;
  if (change.kind !== 'dns' || failover === undefined || action.kind !== 'moveDns') return null;
  const to = weightOf(change.created, failover.primary.setIdentifier) > 0 ? 'primary' : 'secondary';
  return { ...effect, ...change, failover, to, cause: action.cause };
}

/**
 * Whether the weights that a move found were those that the controller had saved as its own; an order may take any. A set
 * that somebody added counts when it was there to be read right before the write: the batch does not meet it.
 */
function isOurs({ book, shared, saved, cause, effectMs }: Move): boolean {
  const ours = book.state?.failover.weights ?? null;
  const was = valueAt(book.recorded, effectMs - 1);
  if (cause === 'order' || ours === null || was === undefined) return true;
  const read = shared.troubleMs.readings < saved.savedMs ? { ...valueAt(book.recorded, saved.savedMs) } : {};
  const met = Object.entries(was).filter(([id]) => id in ours || id in read);
  return sameWeights(Object.fromEntries(met), ours);
}

/** (10) Weights are never all zero, and what others set stays untouched: their record sets, and their weights. */
export function weights(effect: Effect): string[] {
  const move = moveOf(effect);
  if (move === null) return [];
  const { failover, deleted, created, others } = move;
  const own = [failover.primary.setIdentifier, failover.secondary.setIdentifier];
  const edits = [...deleted, ...created];
  const foreign = edits.filter(
    (set) => plain(set.name) !== plain(failover.record.name) || !own.includes(set.setIdentifier),
  );
  const fields = (sets: readonly SetEdit[]): string =>
    sets
      .map((set) => `${set.setIdentifier} ${set.rest}`)
      .sort()
      .join();
  const after = lastOf(effect.book.recorded) ?? {};
  return [
    ...unless(
      foreign.length === 0,
      `record sets were touched that are not ours: ${foreign.map((set) => set.name).join(', ')}`,
    ),
    ...unless(others === 0, 'a record was changed other than by deleting what was observed and creating it anew'),
    ...unless(isOurs(move), 'the record was moved although somebody else had set its weights'),
    ...unless(fields(deleted) === fields(created), 'a record set was changed in more than its weight, or not put back'),
    ...unless(
      created.some((set) => (set.weight ?? 0) > 0) && Object.values(after).some((one) => one > 0),
      'every weight is zero',
    ),
  ];
}

/** (13) A batch that conflicts with what is recorded writes nothing, and one that wrote had deleted just what was recorded. */
export function compareAndSwap(effect: Effect): string[] {
  const move = moveOf(effect);
  if (move === null) return [];
  const was = valueAt(effect.book.recorded, effect.effectMs - 1);
  const unlike = move.deleted.filter((set) => was?.[set.setIdentifier] !== set.weight);
  return unless(unlike.length === 0, `a batch took effect that deleted weights which were not recorded`);
}

const idOf = (key: string): string => key.slice(0, key.lastIndexOf(':'));

/** Servers with a target that was healthy, at some moment of that time or throughout. */
function serversOf(site: SiteBook, when: typeof ever, fromMs: number, toMs: number): number {
  const keys = [...site.targets].filter(([, truth]) => when(truth, fromMs, toMs, ({ state }) => state === 'healthy'));
  return new Set(keys.map(([key]) => idOf(key))).size;
}

/** Whether at some moment of that time nobody was healthy there, or it could not be read. */
function mayLookLost({ targets, reach }: SiteBook, fromMs: number, toMs: number): boolean {
  if (ever(reach, fromMs, toMs, ({ readable }) => !readable)) return true;
  const truths = [...targets.values()];
  const moments = truths.flatMap((truth) => truth.map(({ atMs }) => atMs)).filter((ms) => fromMs < ms && ms <= toMs);
  return [fromMs, ...moments].some((ms) => truths.every((truth) => valueAt(truth, ms)?.state !== 'healthy'));
}

/** What of a small standby was left for it: only a site that is lost is left for one that is not ready. */
function unready({ book, saved, to, failover }: Move, oldMs: number): string[] {
  const { primary, secondary } = book.sites;
  const { savedMs } = saved;
  // Without a fleet nobody says what is wanted; and after an edit what the controller knew of the one before may count.
  if (
    to === 'primary' ||
    !book.isFirst ||
    book.policy.fleet === undefined ||
    mayLookLost(primary, savedMs - oldMs, savedMs)
  )
    return [];
  const wanted = Math.min(...during(primary.group, savedMs - oldMs, savedMs).map(({ desired }) => desired));
  const needed = (wanted * failover.secondary.minReadyPercent) / 100;
  const servers = serversOf(secondary, ever, savedMs - oldMs, savedMs);
  return unless(servers >= needed, `left the primary, which was not lost, for ${servers} servers of ${needed} needed`);
}

/** (11) A move to a site implies that it was good for its rounds, on evidence at most two intervals old; not by order. */
export function evidence(effect: Effect): string[] {
  const move = moveOf(effect);
  if (move === null || move.cause === 'order') return [];
  const { book, saved, to, failover } = move;
  const { good, reach } = book.sites[to];
  const oldMs = 2 * book.longestMs + SEEN_MS + 2 * book.offMs;
  const run = lastRun(good, saved.savedMs, book.intervalMs, (is) => is);
  const lastedMs = run === null ? 0 : run.toMs - run.fromMs;
  const fresh = run !== null && saved.savedMs - run.toMs <= oldMs;
  return [
    ...unless(fresh, `moved to the ${to}, which was not good within two intervals`),
    ...unless(
      lastedMs >= roundsMs(effect, failover.trip.rounds),
      `moved to the ${to} after it was good for ${seconds(lastedMs)}`,
    ),
    ...unless(
      ever(reach, saved.savedMs - oldMs, saved.savedMs, ({ readable }) => readable),
      `moved to the ${to}, which could not be read within two intervals`,
    ),
    ...unready(move, oldMs),
  ];
}

/** Of a site whose targets are looked for in another group nothing can be read at all. */
function isMisnamed(book: Book, failover: FailoverPolicy, name: SiteName): boolean {
  return name === 'primary' && failover.primary.targetGroup !== book.first.failover?.primary.targetGroup;
}

/** (12) Missing alone moves nothing: the site that is left was seen to fail, or could not be read and did not answer. */
export function cause(effect: Effect): string[] {
  const move = moveOf(effect);
  if (move === null || move.cause !== 'trip') return [];
  const { book, saved, failover } = move;
  const left: SiteName = move.to === 'primary' ? 'secondary' : 'primary';
  const { good, reach } = book.sites[left];
  const { savedMs } = saved;
  const fromMs = savedMs - SEEN_MS;
  const bad = lastRun(good, savedMs, book.intervalMs, (is) => !is);
  const silent = lastRun(reach, savedMs, book.intervalMs, ({ readable }) => !readable);
  const seenBad =
    bad !== null &&
    bad.toMs >= fromMs &&
    bad.toMs - bad.fromMs >= roundsMs(effect, failover.trip.rounds) &&
    ever(reach, fromMs, savedMs, ({ readable }) => readable);
  const unread =
    isMisnamed(book, failover, left) ||
    (silent !== null &&
      silent.toMs >= fromMs &&
      silent.toMs - silent.fromMs >= roundsMs(effect, failover.trip.missingRounds));
  // Whether anything answers at an address that only a later policy names is not watched.
  const elsewhere = book.first.failover?.[left].probe === undefined;
  const lost = unread && (elsewhere || ever(reach, fromMs, savedMs, ({ answering }) => !answering));
  return unless(seenBad || lost, `left the ${left}, which neither failed its rounds nor was silent for long enough`);
}

const HOUR_MS = 3_600_000;
const MAX_RELAPSES = 6;

/** A hole of so many intervals in what could be read ends a run of good rounds. */
const GAP_INTERVALS = 3;

/**
 * Since when the primary looks good that is so since `sinceMs`: earlier, if it turned good while answers were old that
 * showed it good, though not from before a hole in what could be read.
 */
function looksGoodSince(book: Book, shared: Shared, sinceMs: number): number {
  const { good, reach } = book.sites.primary;
  const read = lastRun(reach, sinceMs, GAP_INTERVALS * book.intervalMs, ({ readable }) => readable);
  if (read === null) return sinceMs;
  const shownMs = shownSince(good, shared, sinceMs, book.intervalMs, (is) => is);
  return Math.min(sinceMs, Math.max(shownMs, read.fromMs));
}

/** The fewest servers that the primary must have to carry what the secondary carries (lib/core/failback.ts). */
function leastWanted({ book, saved, failover }: Move): number {
  const { policy, sites } = book;
  const seen: readonly [number, number] = [saved.savedMs - SEEN_MS, saved.savedMs];
  // Where nothing of ours makes it as large as the standby's group it is to be what it was: that is not known here.
  const grows = policy.scaling !== undefined && failover.secondary.autoScalingGroup !== undefined;
  if (policy.fleet === undefined || !grows) return 0;
  const standby = during(sites.secondary.group, ...seen).map(({ desired }) => desired);
  const most = during(sites.primary.group, ...seen).map(({ maxSize }) => maxSize);
  return Math.min(serversOf(sites.secondary, always, ...seen), policy.fleet.capacity.max, ...standby, ...most);
}

/**
 * (14) A failback implies that the primary was good for the whole wait, doubled by every relapse, and has the servers; that
 * no person had led the clients away; and the budget.
 */
export function waited(effect: Effect): string[] {
  const move = moveOf(effect);
  if (move === null || move.cause !== 'failback') return [];
  const { book, shared, saved, failover, effectMs } = move;
  const { mode, afterHealthySeconds } = failover.failback;
  const waitMs = afterHealthySeconds * 1000 * 2 ** book.relapses - 2 * book.offMs;
  const run = lastRun(book.sites.primary.good, saved.savedMs, book.intervalMs, (is) => is);
  const goodMs = run === null ? 0 : run.toMs - looksGoodSince(book, shared, run.fromMs);
  const used = book.failbacksMs.filter((atMs) => effectMs - atMs < HOUR_MS).length;
  const servers = serversOf(book.sites.primary, ever, saved.savedMs - SEEN_MS, saved.savedMs);
  const wanted = leastWanted(move);
  return [
    ...unless(mode === 'automatic', 'failed back although failback is manual'),
    ...unless(goodMs >= waitMs, `failed back after ${seconds(goodMs)}, the wait is ${seconds(waitMs)}`),
    ...unless(servers >= wanted, `failed back to ${servers} servers, the secondary needs ${wanted}`),
    ...unless(book.awayBy !== 'order' && book.awayBy !== 'person', 'failed back although a person had moved away'),
    ...unless(used < failover.limits.failbacksPerHour, `failed back ${used + 1} times within an hour`),
  ];
}

/** Writes a move into the book. */
export function noteMove(effect: Effect): void {
  const move = moveOf(effect);
  if (move === null) return;
  const { book, shared, to, cause: why, effectMs } = move;
  book.foreign = false;
  if (why === 'failback') {
    book.failbacksMs.push(effectMs);
    shared.failbacksMs.push(effectMs);
  }
  if (to === 'primary') return;
  book.awayBy = why === 'order' ? 'order' : 'trip';
  const lastMs = book.failbacksMs.at(-1);
  const relapsed = why === 'trip' && lastMs !== undefined && effectMs - lastMs <= HOUR_MS;
  book.relapses = relapsed ? Math.min(MAX_RELAPSES, book.relapses + 1) : 0;
}

/** From a saved decision to the accepted change, and from there to INSYNC (DESIGN section 8). */
const ACT_MS = 2000;
const INSYNC_MS = 60_000;
const BELIEVED_MS = 120_000;

/** The record sets that a policy names, as one text. */
function namedSets(failover: FailoverPolicy | undefined): string {
  const ids = [failover?.primary.setIdentifier, failover?.secondary.setIdentifier];
  return JSON.stringify([failover?.hostedZoneId, failover?.record, ids]);
}

/** Whether the site that the name servers lead to is lost while the other is good, and nothing stands against leaving it. */
function isStuck(book: Book, shared: Shared, failover: FailoverPolicy, atMs: number): boolean {
  const served = lastOf(book.served) ?? {};
  const active: SiteName = (served[failover.primary.setIdentifier] ?? 0) > 0 ? 'primary' : 'secondary';
  const to: SiteName = active === 'primary' ? 'secondary' : 'primary';
  const other = book.sites[to];
  const here = book.sites[active];
  // A record that is not there cannot be moved, whatever becomes of the sites.
  const noRecord = namedSets(failover) !== namedSets(book.first.failover);
  const stopped = book.policy.mode === 'observe' || shared.frozen || book.foreign || noRecord;
  const orders = book.state?.orders;
  if (stopped || troubledUntilMs(shared) + BACK_MS > atMs || orders?.hold !== undefined) return false;
  // A change whose id got lost is believed once the record has shown it for two minutes: until then nothing else is moved.
  const change = book.state?.failover.change;
  if (change?.id === null && atMs - change.atMs <= BELIEVED_MS) return false;
  const seen = lastOf(other.reach)?.readable === true && !isMisnamed(book, failover, to);
  if (orders?.capacity?.capacity === 0 || lastOf(other.good) !== true || !seen) return false;
  const reach = lastOf(here.reach);
  if (reach?.readable === false || isMisnamed(book, failover, active))
    return reach?.answering === false && failover[active].probe !== undefined;
  const none = [...here.targets.values()].every((truth) => lastOf(truth)?.state !== 'healthy');
  return none && failover.trip.healthyPercentBelow > 0 && lastOf(here.good) === false;
}

/** (16) Active lost and other good ends INSYNC within its bound. To be asked in every cycle. */
export function unstuck(book: Book, shared: Shared, atMs: number): string[] {
  const { failover } = book.policy;
  if (failover === undefined || !isStuck(book, shared, failover, atMs)) {
    book.stuckSinceMs = null;
    return [];
  }
  book.stuckSinceMs ??= atMs;
  const rounds = Math.max(failover.trip.rounds, failover.trip.missingRounds) + 3;
  const boundMs = rounds * book.longestMs + ACT_MS + INSYNC_MS;
  const stuckMs = atMs - book.stuckSinceMs;
  return unless(
    stuckMs <= boundMs,
    `the active site is lost and the other good for ${seconds(stuckMs)}, and clients were not moved`,
  );
}
