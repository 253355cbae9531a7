/**
 * What the controller needs of the world. Each method's contract stands here; the adapters over the AWS SDK
 * (`lib/aws`), the in-memory state (`lib/sim`) and the simulator's clients behind those adapters fulfil it.
 *
 * Errors: every method rejects with a `PortError` for what the world may do, and with anything else only for a bug.
 */
import type { LiveDrill } from './core/live-drill.ts';
import type {
  Budget,
  Datapoint,
  DnsView,
  FleetView,
  Metric,
  MissingReason,
  Policy,
  RecordSet,
  ServiceState,
  TargetGroupView,
} from './core/model.ts';

/** `Unavailable` alone leaves open whether a write had its effect; every other kind says that it had none. */
export type PortErrorKind = 'NotFound' | 'Denied' | 'Throttled' | 'Conflict' | 'Unavailable';

/** An error that the world may cause. Compare `kind`, not the class: two copies of a bundle may meet. */
export class PortError extends Error {
  readonly kind: PortErrorKind;
  constructor(kind: PortErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = kind;
    this.kind = kind;
  }
}

/** The missing-reason that an observation carries for each kind of error. */
export const MISSING_BECAUSE: Readonly<Record<PortErrorKind, MissingReason>> = {
  NotFound: 'not-found',
  Denied: 'denied',
  Throttled: 'throttled',
  Conflict: 'conflict',
  Unavailable: 'unavailable',
};

export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Resolves after `ms` milliseconds, at once when `ms` is not positive. */
  sleep(ms: number): Promise<void>;
}

export interface FleetPort {
  /**
   * Groups by name, as many as asked for in one region; a name that does not exist is absent from the map.
   * Reads 100 names a call. Consistency: may be some seconds old.
   */
  describe(region: string, names: readonly string[]): Promise<ReadonlyMap<string, FleetView>>;
  /** Whether an instance refresh of the group is under way (pending, in progress, cancelling, rolling back or baking). */
  isRefreshing(region: string, name: string): Promise<boolean>;
  /**
   * Names of other scalers active on each group: enabled scaling policies (predictive only when it scales) and schedules
   * that still have a start ahead, each unless its process is suspended on the group. A group with none maps to [].
   */
  otherScalers(region: string, fleets: readonly FleetView[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Sets desired capacity, without HonorCooldown. Idempotent: the number is absolute. `Conflict`: outside the group's bounds or an activity forbids it. */
  setCapacity(region: string, name: string, capacity: number): Promise<void>;
  /** Sets MinSize and desired capacity together: parking and its undoing. Idempotent. */
  setSize(region: string, name: string, size: { minSize: number; desired: number }): Promise<void>;
  /** Marks one instance unhealthy, so that the group replaces it, whatever its grace period. Idempotent while it lives. `NotFound`: no such instance in any group. */
  replaceInstance(region: string, instanceId: string): Promise<void>;
}

export interface TargetPort {
  /**
   * The target group's type, ARN and registered targets with their states, those draining included. `targetGroup` is a
   * name or an ARN; the ARN of a name is looked up once and kept. One call per group and round.
   * `Throttled` also where it was not sent, for the account may not read so many at once.
   */
  describe(region: string, targetGroup: string): Promise<TargetGroupView>;
  /** How many groups of this region may be read at once now. */
  readsLeft(region: string): number;
  /** Deregisters exactly this id and port. Idempotent: an unknown target succeeds. */
  deregister(region: string, targetGroup: string, target: { id: string; port: number }): Promise<void>;
  /** Registers this id and port; it starts at `initial`. Idempotent. */
  register(region: string, targetGroup: string, target: { id: string; port: number }): Promise<void>;
}

export interface SignalQuery {
  /** Unique within one read. */
  readonly id: string;
  readonly metric: Metric;
}

export interface MetricPort {
  /**
   * Datapoints with a start in [fromMs, toMs), oldest first, by query id; a query without data maps to [], one of which
   * nothing could be read is absent. 500 queries a call, all pages read.
   */
  read(
    region: string,
    queries: readonly SignalQuery[],
    fromMs: number,
    toMs: number,
  ): Promise<ReadonlyMap<string, readonly Datapoint[]>>;
}

export interface DnsPort {
  /** The sets of exactly this name that answer addresses (A, AAAA, CNAME), each with its raw form. */
  read(hostedZoneId: string, name: string): Promise<DnsView>;
  /**
   * One atomic batch: deletes exactly `sets` (every field echoed) and creates the same with the new weights. Returns the
   * change's id. `Conflict`: a set is no longer what it was; nothing was written. Not idempotent.
   */
  move(
    hostedZoneId: string,
    sets: readonly RecordSet[],
    weights: Readonly<Record<string, number>>,
    comment: string,
  ): Promise<{ changeId: string }>;
  changeStatus(changeId: string): Promise<'PENDING' | 'INSYNC'>;
}

export interface ProbePort {
  /** GETs the URL once: true for a 2xx answer within the timeout, false for anything else. Never rejects. */
  probe(url: string, timeoutMs: number): Promise<boolean>;
}

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmPort {
  /** The state of these alarms, metric and composite ones, in one region; a name that does not exist is absent. 100 names a call. */
  states(region: string, names: readonly string[]): Promise<ReadonlyMap<string, AlarmState>>;
}

export interface NotifyPort {
  /** Publishes one notification. At least once. */
  publish(topicArn: string, subject: string, message: string): Promise<void>;
}

export interface Lease {
  readonly epoch: number;
  readonly owner: string;
  readonly untilMs: number;
  /** By service, the mark of the last round that any holder finished for it. Who is absent had none that is known of. */
  readonly rounds: ReadonlyMap<string, number>;
}

/** The account-wide items of the state table. */
export interface ControllerItems {
  /** `null` before the first tick. */
  readonly lease: Lease | null;
  readonly frozen: boolean;
  /** `null`: it cannot be understood, and until it is nothing can be charged. */
  readonly budget: Budget | null;
  /** The last live drill, on or over: its own times tell. `null` when there was none, it is long over, or it is not readable. */
  readonly drill: LiveDrill | null;
}

/** What to do about a budget that cannot be understood. */
export const UNREADABLE_BUDGET =
  'the account’s budget cannot be understood, so nothing is replaced and nothing fails back by itself: restore the item controller / budget from a backup, or delete it';

export interface Loaded extends ControllerItems {
  /** A service without a saved state is absent. */
  readonly states: ReadonlyMap<string, ServiceState>;
  /** Services whose saved state cannot be understood, with the reason: they need a person, and nobody else waits for them. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** A decision as it is stored: see `lib/controller/record.ts`. */
export interface DecisionRecord {
  readonly service: string;
  readonly atMs: number;
  /** Unique within the service and time. */
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface StatePort {
  /** Strongly consistent; services and the controller's items in as few calls as the table allows (100 keys each). */
  load(services: readonly string[]): Promise<Loaded>;
  /** Only lease, freeze, budget and live drill, strongly consistent. */
  loadController(): Promise<ControllerItems>;
  /**
   * Saves `state` as version `state.version + 1` and returns it so numbered, on condition that the saved version is
   * still `state.version` (0: that none is saved). `Conflict`: another writer was first; nothing was written.
   */
  save(state: ServiceState): Promise<ServiceState>;
  /** Appends to the decision log, expiring after 30 days. Batched; idempotent by (service, atMs, id). */
  log(records: readonly DecisionRecord[]): Promise<void>;
  /** The service's decision log from `fromMs` on, oldest first, all pages. Only what is at most an hour old is sure to be there. */
  decisions(service: string, fromMs: number): Promise<readonly DecisionRecord[]>;
  /**
   * Takes the lease for `owner` until `untilMs`, raising its epoch by one. With `takeOver` false, only when there is no
   * lease or it ran out at `nowMs`. `Conflict`: it is live, or another took it in between.
   */
  takeLease(owner: string, nowMs: number, untilMs: number, takeOver: boolean): Promise<Lease>;
  /** Writes down the last rounds, in place of those there. `Conflict`: the lease is no longer this one; another holder goes on. */
  renewLease(lease: Lease, rounds: Lease['rounds']): Promise<void>;
  /** Ends the lease early if `lease.epoch` is still the current one; otherwise does nothing. The epoch stays. */
  endLease(lease: Lease, nowMs: number): Promise<void>;
  setFrozen(frozen: boolean, nowMs: number): Promise<void>;
  /** Begins this live drill, in place of the last one. `Conflict`: that one is still on at `nowMs`; nothing was written. */
  beginDrill(drill: LiveDrill, nowMs: number): Promise<void>;
  /** Ends the drill of this id at `nowMs`, unless it has ended before; does nothing when the drill is another. Idempotent. */
  endDrill(id: string, nowMs: number): Promise<void>;
  /**
   * Charges the account-wide budget for this action id, atomically, and returns whether it was granted: at most
   * `limit` entries younger than `windowMs`. The same id is charged once and granted again.
   */
  charge(
    kind: 'replacements' | 'failbacks',
    entry: { id: string; service: string; atMs: number },
    limit: number,
    windowMs: number,
  ): Promise<boolean>;
  /** Gives back a replacement that was not sent or that AWS refused, by its action id; what was never charged is nothing to give back. */
  releaseReplacement(id: string): Promise<void>;
  /** Gives back a failback that has ended, that was not sent, or that AWS refused. */
  releaseFailback(service: string): Promise<void>;
  /** The last good policy read from this file, `null` when there was none. */
  loadPolicy(file: string): Promise<Policy | null>;
  savePolicy(file: string, policy: Policy): Promise<void>;
}

/** The metric of a service's healthy targets at home, counted with `policy` in every round in which they could be read. */
export const HEALTHY_TARGETS = 'HealthyTargets';

/** The metric of a service's changes that AWS accepted, counted with `policy` in the cycle that made them. */
export const ACTIONS = 'Actions';

/** The metric of cycles that a bug ended. */
export const BROKEN_CYCLES = 'BrokenCycles';

/** The metric of notices that reached no topic. */
export const UNSENT_NOTICES = 'UnsentNotices';

/** Where each cycle's result goes: the log in production, the timeline in a drill. */
export interface Journal {
  /** One entry of the log. `level` error is for what a person must see. */
  write(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void;
  /** A value for the metrics of the controller itself; with `policy`, of the service of that name. */
  count(metric: string, value: number, policy?: string): void;
}

/** All of it. */
export interface Ports {
  readonly clock: Clock;
  readonly fleet: FleetPort;
  readonly targets: TargetPort;
  readonly metrics: MetricPort;
  readonly dns: DnsPort;
  readonly probe: ProbePort;
  readonly alarms: AlarmPort;
  readonly notify: NotifyPort;
  readonly state: StatePort;
  readonly journal: Journal;
}
