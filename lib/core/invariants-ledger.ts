/** The books that the invariants are checked in: what was true when, and what the controller saved and sent. */

import { sameWeights } from './dns.ts';
import type { Evidence } from './invariants-evidence.ts';
import { lastOf, put, type Timeline } from './invariants-timeline.ts';
import { isFailing, type TargetTruth } from './invariants-truth.ts';
import type { Action, Policy, ServiceState, SiteName } from './model.ts';
import { intervalMsOf } from './targets.ts';

interface GroupTruth {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
}

export interface SiteBook {
  readonly group: Timeline<GroupTruth>;
  /** Lifecycle state by instance id; `null`: gone. */
  readonly instances: Map<string, Timeline<string | null>>;
  readonly targets: Map<string, Timeline<TargetTruth>>;
  readonly reach: Timeline<{ readonly readable: boolean; readonly answering: boolean }>;
  /** Whether the site's share of healthy targets is at or above the policy's threshold. */
  readonly good: Timeline<boolean>;
}

/** An action that the controller saved, to be matched with the write that it becomes. */
export interface SavedAction {
  readonly action: Action;
  readonly savedMs: number;
  /** `hold` stood when it was saved. */
  readonly held: boolean;
  sent: boolean;
}

/** A target that a write of the controller took out and that has not come back. */
export interface Ejected {
  readonly instanceId: string;
  readonly atMs: number;
  readonly times: number;
  /** The policy that it was ejected by has instances replaced. */
  readonly replace: boolean;
  /** The action behind it. */
  readonly actionId: string;
  /** Old answers have been read after it, which show the target as it was. */
  seenOld: boolean;
  /** A policy has served since that named another target group: it was told as left out, and is a person's from then on. */
  left: boolean;
  /** When it was registered again, by whomever. */
  backMs: number | null;
}

type Weights = Readonly<Record<string, number>>;

/** What is known of one service. */
export interface Book {
  /** By which whoever acts now serves. */
  policy: Policy;
  intervalMs: number;
  /** What was named first is really there: a later policy may come to name a target group or a record that is not. */
  readonly first: Policy;
  /** The shortest and the longest interval that it was served with. */
  shortestMs: number;
  longestMs: number;
  /** So many rounds it may wait for its turn. */
  readonly turns: number;
  /** By how much clocks of the controller have been wrong at most: its times are no better than that. */
  offMs: number;
  readonly sites: Readonly<Record<SiteName, SiteBook>>;
  /** Published datapoints by signal, oldest first. */
  readonly points: Map<string, { readonly startMs: number; readonly value: number; readonly atMs: number }[]>;
  readonly recorded: Timeline<Weights>;
  readonly served: Timeline<Weights>;
  readonly deployment: Timeline<boolean>;
  readonly scaler: Timeline<boolean>;
  readonly suspended: Timeline<boolean>;
  readonly saved: Map<string, SavedAction>;
  state: ServiceState | null;
  readonly ejected: Map<string, Ejected>;
  readonly ejections: Map<string, { readonly times: number; readonly lastMs: number }>;
  /** When each instance was replaced. */
  readonly replaced: Map<string, number>;
  readonly failbacksMs: number[];
  relapses: number;
  /** Capacity changes of the fleet since the last trouble, each up (1) or down (-1). */
  directions: number[];
  /** When the controller last scaled the fleet out. */
  scaledOutMs: number;
  /** When the last trouble or order that concerns it ended: from then on its load is steady. */
  steadySinceMs: number;
  /** Ids of actions that cycles reported as accepted. */
  readonly applied: Set<string>;
  /** A person changed the weights, and the controller has not moved them since. */
  foreign: boolean;
  /** The first evidence of this service. */
  beganMs: number;
  /** When a policy last named another fleet than the one before: instances that are there then are old to the controller. */
  regroupedMs: number;
  lastCycleMs: number | null;
  lastNoticeMs: number | null;
  /** Since when the active site is lost while the other is good and nothing stands against a move; `null`: it is not so. */
  stuckSinceMs: number | null;
}

const siteBook = (): SiteBook => ({ group: [], instances: new Map(), targets: new Map(), reach: [], good: [] });

export function createBook(policy: Policy, turns: number): Book {
  return {
    policy,
    intervalMs: intervalMsOf(policy),
    first: policy,
    shortestMs: intervalMsOf(policy),
    turns,
    longestMs: turns * intervalMsOf(policy),
    offMs: 0,
    sites: { primary: siteBook(), secondary: siteBook() },
    points: new Map(),
    recorded: [],
    served: [],
    deployment: [],
    scaler: [],
    suspended: [],
    saved: new Map(),
    state: null,
    ejected: new Map(),
    ejections: new Map(),
    replaced: new Map(),
    failbacksMs: [],
    relapses: 0,
    directions: [],
    scaledOutMs: Number.NEGATIVE_INFINITY,
    steadySinceMs: Number.NEGATIVE_INFINITY,
    applied: new Set(),
    foreign: false,
    beganMs: Number.POSITIVE_INFINITY,
    regroupedMs: Number.NEGATIVE_INFINITY,
    lastCycleMs: null,
    lastNoticeMs: null,
    stuckSinceMs: null,
  };
}

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
  if (fleetOf(policy) !== fleetOf(book.policy)) book.regroupedMs = atMs;
  // Without a fleet nobody sees that who was replaced is gone.
  const gone = [...book.ejected].filter(([, { instanceId }]) => book.replaced.has(instanceId));
  if (policy.fleet === undefined) for (const [key] of gone) book.ejected.delete(key);
  if (recordOf(policy) !== recordOf(book.policy)) {
    book.failbacksMs.length = 0;
    book.relapses = 0;
  }
  book.stuckSinceMs = null;
  book.policy = policy;
  book.intervalMs = intervalMsOf(policy);
  book.shortestMs = Math.min(book.shortestMs, book.intervalMs);
  book.longestMs = Math.max(book.longestMs, book.turns * book.intervalMs);
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
    case 'served':
      put(book[evidence.kind], atMs, evidence.weights);
      break;
    case 'deployment':
    case 'scaler':
    case 'suspended':
      put(book[evidence.kind], atMs, evidence.active);
      break;
    case 'saved':
      noteSaved(book, atMs, evidence.state);
      break;
    case 'cycle':
      for (const id of evidence.applied) book.applied.add(id);
      book.lastCycleMs = atMs;
      break;
    case 'notification':
      book.lastNoticeMs = atMs;
      break;
    case 'write':
      noteGood(book, 'primary', atMs);
      break;
  }
}
