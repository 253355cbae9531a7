/** Writes what is shown into the books that the invariants are checked in. */

import { sameWeights } from './dns.ts';
import type { Book, Ejected, SiteBook, Weights } from './invariants-book.ts';
import type { Evidence } from './invariants-evidence.ts';
import { lastOf, put, type Timeline } from './invariants-timeline.ts';
import { isFailing, type TargetTruth } from './invariants-truth.ts';
import type { Policy, ServiceState, SiteName } from './model.ts';
import { intervalMsOf } from './targets.ts';

const fleetOf = ({ region, fleet }: Policy): string => `${region}/${fleet?.autoScalingGroup}`;

const groupOf = ({ region, health }: Policy): string => `${region}/${health?.targetGroup}`;

function recordOf({ failover }: Policy): string {
  if (failover === undefined) return '';
  const { hostedZoneId, record, primary, secondary } = failover;
  return [hostedZoneId, record.name, primary.setIdentifier, secondary.setIdentifier].join('/');
}

/** From now on the service is served by this policy. What was counted of another target group or record counts no more. */
export function serveBy(book: Book, policy: Policy, atMs: number): void {
  if (groupOf(policy) !== groupOf(book.policy)) {
    for (const ejected of book.ejected.values()) ejected.left = true;
    book.ejections.clear();
  }
  if (fleetOf(policy) !== fleetOf(book.policy)) {
    book.regroupedMs = atMs;
    book.parkedFrom = null;
  }
  // Without a fleet nobody sees that who was replaced is gone.
  const gone = [...book.ejected].filter(([, { instanceId }]) => book.replaced.has(instanceId));
  if (policy.fleet === undefined) for (const [key] of gone) book.ejected.delete(key);
  if (recordOf(policy) !== recordOf(book.policy)) {
    book.failbacksMs.length = 0;
    book.relapses = 0;
  }
  book.stuckSinceMs = null;
  book.policy = policy;
  book.isFirst = JSON.stringify(policy) === JSON.stringify(book.first);
  book.intervalMs = intervalMsOf(policy);
  book.shortestMs = Math.min(book.shortestMs, book.intervalMs);
  book.longestMs = Math.max(book.longestMs, book.waitMs + book.intervalMs);
  for (const site of ['primary', 'secondary'] as const) noteGood(book, site, atMs);
}

/** Instances in service at that site, as they are now. */
function inService(site: SiteBook): string[] {
  return [...site.instances].flatMap(([id, lifecycle]) => (lastOf(lifecycle) === 'InService' ? [id] : []));
}

/** Ejections that still count: not those that are back, nor those whose instance is gone, which is replaced. */
export function standing(book: Book): [string, Ejected][] {
  const { instances } = book.sites.primary;
  return [...book.ejected].filter(
    ([, { instanceId, backMs }]) => backMs === null && lastOf(instances.get(instanceId) ?? []) !== null,
  );
}

/** Those of them that the controller answers for: what was told as left out is a person's. */
export function answeredFor(book: Book): [string, Ejected][] {
  return standing(book).filter(([, { left }]) => !left);
}

/**
 * Those that still count, as far as the controller can know of them. Who got no answer to the write, and then old ones that show the target as
 * it was, cannot know that it took effect.
 */
export function knownOut(book: Book): [string, Ejected][] {
  return standing(book).filter(([, { seenOld, actionId }]) => !seenOld || book.applied.has(actionId));
}

function isGood(book: Book, name: SiteName): boolean {
  const site = book.sites[name];
  const truths = [...site.targets.values()].map((timeline) => lastOf(timeline) as TargetTruth);
  const healthy = truths.filter(({ state }) => state === 'healthy').length;
  const failing = truths.filter(isFailing).length;
  const serving = inService(site);
  const ours = name === 'primary' ? answeredFor(book) : [];
  const out = ours.filter(([, one]) => serving.includes(one.instanceId)).length;
  const below = book.policy.failover?.trip.healthyPercentBelow ?? 0;
  return healthy > 0 && 100 * healthy >= below * (healthy + failing + out);
}

function noteGood(book: Book, name: SiteName, atMs: number): void {
  const { good } = book.sites[name];
  const now = isGood(book, name);
  if (lastOf(good) !== now) put(good, atMs, now);
}

/** The timeline of this key, begun when it is new. */
export function line<T>(map: Map<string, Timeline<T>>, key: string): Timeline<T> {
  const known = map.get(key) ?? [];
  map.set(key, known);
  return known;
}

function noteTarget(book: Book, evidence: Extract<Evidence, { kind: 'target' }>): void {
  const { atMs, site, key, state } = evidence;
  put(line(book.sites[site].targets, key), atMs, evidence);
  const ejected = site === 'primary' ? book.ejected.get(key) : undefined;
  if (state === 'initial' && ejected !== undefined) ejected.backMs ??= atMs;
  noteGood(book, site, atMs);
}

function noteSaved(book: Book, atMs: number, state: ServiceState): void {
  for (const { action } of state.pending) {
    if (book.saved.has(action.id)) continue;
    book.saved.set(action.id, { action, savedMs: atMs, held: state.orders.hold !== undefined, sent: false });
  }
  // What a person orders starts the fleet on a new course.
  const ordered = JSON.stringify(book.state?.orders ?? {}) !== JSON.stringify(state.orders);
  if (ordered) book.steadySinceMs = Math.max(book.steadySinceMs, atMs);
  book.state = state;
  const { weights } = state.failover;
  const recorded = lastOf(book.recorded);
  // What somebody set is the controller's own once it has taken it over.
  if (weights !== null && recorded !== undefined && sameWeights(weights, recorded)) book.foreign = false;
}

/** Titles of notices that say of a target that it stays out, and is a person's to see to: that it was ejected says no such thing. */
const SAYS_LEFT_OUT = ['LEFT_OUT', 'REFUSED', 'REPLACE_BLOCKED'];

/** Whether these weights lead any clients to the site of that set. */
export function gives(weights: Weights, setIdentifier: string): boolean {
  return Object.entries(weights).some(([id, weight]) => id === setIdentifier && weight > 0);
}

/** Whether these weights lead all clients to the secondary. */
export function isAwayBy({ failover }: Policy, weights: Weights | undefined): boolean {
  if (failover === undefined || weights === undefined) return false;
  return !gives(weights, failover.primary.setIdentifier) && gives(weights, failover.secondary.setIdentifier);
}

/** A move of the controller's own is shown as a write right after this, and noted as what it was. Weights that it had set are no person's. */
function noteAway(book: Book, weights: Weights): void {
  const was = lastOf(book.recorded);
  const ours = book.state?.failover.weights ?? null;
  if (ours !== null && sameWeights(weights, ours)) return;
  if (isAwayBy(book.policy, weights) && !isAwayBy(book.policy, was)) book.awayBy = 'person';
}

/** Writes one piece of evidence about a service into its book. What a write brings about comes as evidence of its own. */
export function note(book: Book, evidence: Extract<Evidence, { service: string }>): void {
  const { atMs } = evidence;
  book.beganMs = Math.min(book.beganMs, atMs);
  switch (evidence.kind) {
    case 'group':
      put(book.sites[evidence.site].group, atMs, evidence);
      break;
    case 'instance':
      put(line(book.sites[evidence.site].instances, evidence.id), atMs, evidence.lifecycle);
      noteGood(book, evidence.site, atMs);
      break;
    case 'target':
      noteTarget(book, evidence);
      break;
    case 'reach':
      put(book.sites[evidence.site].reach, atMs, evidence);
      // Of a site without any target no other evidence comes.
      noteGood(book, evidence.site, atMs);
      break;
    case 'datapoint': {
      const points = book.points.get(evidence.signal) ?? [];
      points.push(evidence);
      book.points.set(evidence.signal, points);
      break;
    }
    case 'recorded':
      noteAway(book, evidence.weights);
      put(book.recorded, atMs, evidence.weights);
      break;
    case 'served':
      put(book.served, atMs, evidence.weights);
      break;
    case 'hindered':
      book.hindered = evidence.active;
      break;
    case 'deployment':
    case 'scaler':
    case 'suspended':
      put(book[evidence.kind], atMs, evidence.active);
      break;
    case 'saved':
      noteSaved(book, atMs, evidence.state);
      // Once an incident: who is left out while people know of others is not told once more.
      if ('health:LEFT_OUT' in evidence.state.incidents) book.lastLeftOutMs = atMs;
      break;
    case 'cycle':
      for (const id of evidence.applied) book.applied.add(id);
      book.lastCycleMs = atMs;
      break;
    case 'notification':
      if (SAYS_LEFT_OUT.includes(evidence.title)) book.lastLeftOutMs = atMs;
      break;
    case 'write':
      noteGood(book, 'primary', atMs);
      break;
  }
}
