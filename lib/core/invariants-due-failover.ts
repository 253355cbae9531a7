/** What is due of failover: to go back, and to give the standby its former size again. */
import type { SiteBook } from './invariants-book.ts';
import { type Due, desiredOf, type Moment, roundsTakeMs, sinceSteady } from './invariants-due-case.ts';
import { gives, isAwayBy, standing } from './invariants-ledger.ts';
import { troubledUntilMs } from './invariants-shared.ts';
import { lastOf } from './invariants-timeline.ts';
import type { FailoverPolicy } from './model.ts';

/** What others of the account are failing back may use its budget up for so long, and one's own for an hour. */
const ACCOUNT_MS = 600_000;
const HOUR_MS = 3_600_000;
/** The gate, and the answer of Route 53. */
const SPARE_MS = 60_000;

const allInService = ({ instances }: SiteBook): boolean =>
  [...instances.values()].every((timeline) => [null, 'InService', undefined].includes(lastOf(timeline)));

/** Since when the primary is good and is seen to be: who could not read it, or did not run, counts from then on. */
function goodSinceMs({ book, shared }: Moment): number {
  const { good, reach } = book.sites.primary;
  return Math.max(
    sinceSteady(good, (isGood) => isGood),
    sinceSteady(reach, ({ readable, answering }) => readable && answering),
    troubledUntilMs(shared),
  );
}

function healthyServers({ targets }: SiteBook): number {
  const keys = [...targets].filter(([, truth]) => lastOf(truth)?.state === 'healthy').map(([key]) => key);
  return new Set(keys.map((key) => key.slice(0, key.lastIndexOf(':')))).size;
}

/** How long the primary must be good, with the relapses as the book and the state count them. */
function waitMs({ book, state }: Moment, { failback }: FailoverPolicy): number {
  const relapses = Math.max(book.relapses, state.failover.relapses);
  return failback.afterHealthySeconds * 1000 * 2 ** relapses;
}

/** The primary has been good for the wait, is as large as the standby, and it was the controller that left it. */
export function failbackDue(moment: Moment): Due[] {
  const { book, shared, state, atMs } = moment;
  const { policy, sites, longestMs } = book;
  const { failover } = policy;
  if (failover?.failback.mode !== 'automatic') return [];
  const away = [book.recorded, book.served].every((weights) => isAwayBy(policy, lastOf(weights)));
  const { phase, byHand } = state.failover;
  if (!away || phase !== 'secondary' || byHand || book.awayBy !== 'trip') return [];
  const used = book.failbacksMs.filter((ms) => atMs - ms < HOUR_MS + ACCOUNT_MS).length;
  const others = shared.failbacksMs.some((ms) => atMs - ms < ACCOUNT_MS);
  if (others || used >= failover.limits.failbacksPerHour) return [];
  const { primary, secondary } = sites;
  const wanted = Math.max(healthyServers(secondary), desiredOf(secondary));
  if (healthyServers(primary) < wanted || !allInService(primary) || standing(book).length > 0) return [];
  if (sinceSteady(book.deployment, (active) => !active) + 2 * SPARE_MS > atMs) return [];
  const goodMs = goodSinceMs(moment);
  if (goodMs + waitMs(moment, failover) > atMs) return [];
  const withinMs = roundsTakeMs(longestMs, failover.trip.rounds + 3) + 2 * SPARE_MS;
  return [{ key: 'failback', what: 'the primary has been good for the wait and is not gone back to', withinMs }];
}

/** The standby that was raised for a trouble that is long over gets its former size. */
export function restoreDue(moment: Moment): Due[] {
  const { book, state, atMs } = moment;
  const { policy, sites, longestMs } = book;
  const { failover } = policy;
  const raised = state.failover.standbyRaised;
  const group = lastOf(sites.secondary.group);
  if (failover?.secondary.autoScalingGroup === undefined || raised === null || group === undefined) return [];
  const former = Math.max(raised.from, group.minSize);
  if (state.failover.phase !== 'primary' || group.desired !== raised.to || former >= group.desired) return [];
  if (!allInService(sites.secondary)) return [];
  const homeMs = Math.max(
    sinceSteady(book.recorded, (weights) => gives(weights, failover.primary.setIdentifier)),
    state.failover.weightsMs,
  );
  const goodMs = goodSinceMs(moment);
  if (Math.max(homeMs, goodMs) + waitMs(moment, failover) > atMs) return [];
  const withinMs = roundsTakeMs(longestMs, failover.trip.rounds + 3) + 2 * SPARE_MS;
  return [
    { key: `restore ${raised.to}`, what: `the standby is kept at ${raised.to}, it was ${raised.from}`, withinMs },
  ];
}
