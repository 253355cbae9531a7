/** The books that the invariants are checked in: what was true when, and what the controller saved and sent. */
import type { Timeline } from './invariants-timeline.ts';
import type { TargetTruth } from './invariants-truth.ts';
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

export type Weights = Readonly<Record<string, number>>;

/** What is known of one service. */
export interface Book {
  /** By which whoever acts now serves. */
  policy: Policy;
  intervalMs: number;
  /** What was named first is really there: a later policy may come to name a target group or a record that is not. */
  readonly first: Policy;
  /** It is served by a policy that says what the first one says. */
  isFirst: boolean;
  /** The shortest and the longest interval that it was served with. */
  shortestMs: number;
  longestMs: number;
  /** So long it may wait for its turn. */
  readonly waitMs: number;
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
  /** Who led the clients to the secondary where they are, or were last; `null`: nobody yet. */
  awayBy: 'trip' | 'order' | 'person' | null;
  /** What the fleet wanted when the controller parked it; `null`: it is not parked. */
  parkedFrom: number | null;
  /** Something that no other evidence shows may stand against what is due. */
  hindered: boolean;
  /** Since when each thing that the controller is to do is due, and when that was last looked at. */
  dueSinceMs: ReadonlyMap<string, number>;
  dueAskedMs: number;
  /** The first evidence of this service. */
  beganMs: number;
  /** When a policy last named another fleet than the one before: instances that are there then are old to the controller. */
  regroupedMs: number;
  lastCycleMs: number | null;
  /** When people were last told that a target stays out. */
  lastLeftOutMs: number | null;
  /** Since when the active site is lost while the other is good and nothing stands against a move; `null`: it is not so. */
  stuckSinceMs: number | null;
}

const siteBook = (): SiteBook => ({ group: [], instances: new Map(), targets: new Map(), reach: [], good: [] });

export function createBook(policy: Policy, waitMs: number): Book {
  return {
    policy,
    intervalMs: intervalMsOf(policy),
    first: policy,
    isFirst: true,
    shortestMs: intervalMsOf(policy),
    waitMs,
    longestMs: waitMs + intervalMsOf(policy),
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
    awayBy: null,
    parkedFrom: null,
    hindered: false,
    dueSinceMs: new Map(),
    dueAskedMs: Number.NEGATIVE_INFINITY,
    beganMs: Number.POSITIVE_INFINITY,
    regroupedMs: Number.NEGATIVE_INFINITY,
    lastCycleMs: null,
    lastLeftOutMs: null,
    stuckSinceMs: null,
  };
}
