/**
 * The words of evenkeel as types. Everything here is plain, immutable data: what `decide` takes and what it returns.
 * Times are milliseconds since the epoch and end in `Ms`; durations carry their unit in the name.
 */

import type { ReasonCode } from './reasons.ts';

// ---------------------------------------------------------------------------------------------------------- policy

export type Mode = 'enforce' | 'observe';
export type SiteName = 'primary' | 'secondary';
export type Area = 'scaling' | 'health' | 'failover';

/** One band of a step signal: exactly one of `above`+`add` and `below`+`remove`. */
export type Band = { readonly above: number; readonly add: number } | { readonly below: number; readonly remove: number };

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** One metric and what it should be: exactly one of `target` and `steps`. */
export interface Signal {
  readonly name: string;
  readonly metric: Metric;
  readonly target?: number | undefined;
  readonly steps?: readonly Band[] | undefined;
  readonly onMissing: 'hold' | 'scaleOut';
}

export interface Capacity {
  readonly min: number;
  readonly max: number;
}

export interface FleetPolicy {
  readonly autoScalingGroup: string;
  readonly capacity: Capacity;
}

export interface ScalingPolicy {
  readonly signals: readonly Signal[];
  /** Fraction: no change while value/target is within 1 ± tolerance. */
  readonly tolerance: number;
  readonly warmupSeconds: number;
  readonly scaleOut: { readonly maxStep: number; readonly cooldownSeconds: number };
  readonly scaleIn: { readonly maxStep: number; readonly stabilizationSeconds: number };
}

export interface HealthPolicy {
  /** Name or ARN. */
  readonly targetGroup: string;
  readonly check: {
    readonly path: string;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
    readonly matcher: string;
  };
  readonly rounds: { readonly unhealthy: number; readonly healthy: number };
  readonly onUnhealthy: 'replace' | 'deregister';
  readonly limits: {
    readonly maxEjectedPercent: number;
    readonly minHealthy: number;
    readonly panicPercent: number;
    readonly replacedPer5Minutes: number;
  };
  readonly readmit: { readonly afterSeconds: number; readonly maxSeconds: number };
}

export interface SitePolicy {
  readonly setIdentifier: string;
  readonly region: string;
  /** Name or ARN. */
  readonly targetGroup: string;
  readonly probe?: string | undefined;
}

export interface StandbyPolicy extends SitePolicy {
  readonly autoScalingGroup?: string | undefined;
  readonly minReadyPercent: number;
}

export interface FailoverPolicy {
  readonly hostedZoneId: string;
  readonly record: { readonly name: string; readonly type: 'A' | 'AAAA' | 'CNAME' };
  readonly primary: SitePolicy;
  readonly secondary: StandbyPolicy;
  readonly trip: { readonly healthyPercentBelow: number; readonly rounds: number; readonly missingRounds: number };
  readonly failback: { readonly mode: 'automatic' | 'manual'; readonly afterHealthySeconds: number };
  readonly limits: { readonly failbacksPerHour: number };
}

/** A policy as `decide` sees it: checked and with every default filled in. */
export interface Policy {
  readonly service: string;
  readonly mode: Mode;
  readonly region: string;
  readonly fleet?: FleetPolicy | undefined;
  readonly scaling?: ScalingPolicy | undefined;
  readonly health?: HealthPolicy | undefined;
  readonly failover?: FailoverPolicy | undefined;
  readonly notify?: { readonly topicArn: string } | undefined;
}

// ----------------------------------------------------------------------------------------------------- observation

export interface Known<T> {
  readonly known: true;
  /** When the reading was made. */
  readonly atMs: number;
  readonly value: T;
}

/** Why a reading is missing: an error of a port (see ports.ts), the round's deadline, or nobody asked yet. */
export type MissingReason = 'not-found' | 'denied' | 'throttled' | 'conflict' | 'unavailable' | 'deadline' | 'not-read';

export interface Missing {
  readonly known: false;
  readonly atMs: number;
  readonly why: MissingReason;
  readonly detail?: string | undefined;
}

/** A value with its time, or missing with a reason. Unknown is never zero. */
export type Reading<T> = Known<T> | Missing;

export interface InstanceView {
  readonly id: string;
  readonly zone: string;
  /** The Auto Scaling lifecycle state, as AWS spells it: Pending, Pending:Wait, InService, Terminating, Standby … */
  readonly lifecycle: string;
  /** The group's own view (HealthStatus = Healthy). */
  readonly healthy: boolean;
  readonly protectedFromScaleIn: boolean;
}

export interface FleetView {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly instances: readonly InstanceView[];
  /** Names of suspended processes (Launch, Terminate, ReplaceUnhealthy …). */
  readonly suspended: readonly string[];
  /** Why this group cannot be steered at all: weighted capacity, other units than instances, an operator owns it. */
  readonly refused?: string | undefined;
}

export type TargetState =
  | 'initial'
  | 'healthy'
  | 'unhealthy'
  | 'unhealthy.draining'
  | 'unused'
  | 'draining'
  | 'unavailable';

export interface TargetView {
  /** `id:port`, the identity of a target: the same instance may serve two ports. */
  readonly key: string;
  readonly id: string;
  readonly port: number;
  readonly zone?: string | undefined;
  readonly state: TargetState;
  /** AWS reason code, e.g. `Target.FailedHealthChecks`, `Elb.InternalError`. */
  readonly reason?: string | undefined;
  /** A zonal shift is active for this target (AdministrativeOverride). */
  readonly zonalShift: boolean;
}

export interface TargetGroupView {
  readonly arn: string;
  readonly targetType: 'instance' | 'ip' | 'lambda' | 'alb';
  readonly targets: readonly TargetView[];
}

export interface Datapoint {
  /** Start of the period that the value covers. */
  readonly startMs: number;
  readonly value: number;
}

export interface RecordSet {
  readonly type: string;
  readonly setIdentifier?: string | undefined;
  /** Present only for weighted sets. */
  readonly weight?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  /** Simple, weighted, or any other routing policy, which we refuse to touch. */
  readonly routing: 'simple' | 'weighted' | 'other';
  /** The set exactly as Route 53 gave it, to be echoed back. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What the record's name carries: only the sets that answer addresses (A, AAAA, CNAME) of exactly this name. */
export interface DnsView {
  readonly sets: readonly RecordSet[];
}

export interface SiteObservation {
  /** `undefined`: the policy names no group for this site. */
  readonly fleet: Reading<FleetView> | undefined;
  /** `undefined`: the policy names no target group for this site. */
  readonly targets: Reading<TargetGroupView> | undefined;
  /** `undefined`: the policy names no probe; missing with `not-read` while nobody needed it. */
  readonly probe: Reading<boolean> | undefined;
}

/** Everything read in a cycle. */
export interface Observation {
  /** When the round began (its mark), or the cycle, if an alarm or a person began it. Counters are paced by it. */
  readonly roundMs: number;
  readonly primary: SiteObservation;
  readonly secondary: SiteObservation | undefined;
  /** One entry per signal of the policy, in its order; the newest points last. */
  readonly signals: readonly Reading<readonly Datapoint[]>[];
  /** Whether an instance refresh runs on the fleet. */
  readonly refresh: Reading<boolean> | undefined;
  /** Names of other scalers that are active on the fleet: policies, schedules, predictive scaling. */
  readonly scalers: Reading<readonly string[]> | undefined;
  readonly dns: Reading<DnsView> | undefined;
  /** Status of our own last record change, while it is awaited. */
  readonly dnsChange: Reading<'PENDING' | 'INSYNC'> | undefined;
  /** Account-wide budgets, as the state table has them. */
  readonly budget: Reading<Budget>;
}

/** Account-wide budget use, shared by all services. */
export interface Budget {
  /** Replacements of the last five minutes, one entry per action id. */
  readonly replacements: readonly { readonly id: string; readonly atMs: number }[];
  /** Automatic failbacks under way. */
  readonly failbacks: readonly { readonly id: string; readonly service: string; readonly atMs: number }[];
}

// ---------------------------------------------------------------------------------------------------------- action

interface ActionBase {
  /** Unique per attempt; never sent twice. */
  readonly id: string;
  readonly region: string;
  /** Why it was decided. */
  readonly reason: ReasonCode;
}

/** One change, as data. Each kind names the precondition that the gate re-reads right before the write. */
export type Action =
  | (ActionBase & {
      /** Precondition: desired is still `from`, and for a decrease (`to < from`): no deployment has begun. */
      readonly kind: 'setCapacity';
      readonly site: SiteName;
      readonly group: string;
      readonly from: number;
      readonly to: number;
    })
  | (ActionBase & {
      /** An order by hand: desired and the group's own MinSize become 0, or are restored. Precondition: both still `from`. */
      readonly kind: 'parkFleet' | 'unparkFleet';
      readonly group: string;
      readonly from: { readonly minSize: number; readonly desired: number };
      readonly to: { readonly minSize: number; readonly desired: number };
    })
  | (ActionBase & {
      /** Precondition: the target is still registered and still unhealthy. */
      readonly kind: 'deregisterTarget';
      readonly targetGroup: string;
      readonly target: { readonly key: string; readonly id: string; readonly port: number };
      /** Its instance is to be replaced once this is applied. */
      readonly replace: boolean;
    })
  | (ActionBase & {
      /** Precondition: the target is not registered. */
      readonly kind: 'registerTarget';
      readonly targetGroup: string;
      readonly target: { readonly key: string; readonly id: string; readonly port: number };
    })
  | (ActionBase & {
      /** Precondition: the instance is still InService in the group, healthy to it, unprotected; no deployment; budget. */
      readonly kind: 'replaceInstance';
      readonly group: string;
      readonly instanceId: string;
      /** The action that must have been applied first: the target is deregistered before its instance goes. */
      readonly after: string | null;
    })
  | (ActionBase & {
      /** Precondition: the record sets are exactly `sets`; the batch itself is a compare-and-swap. */
      readonly kind: 'moveDns';
      readonly hostedZoneId: string;
      readonly name: string;
      readonly to: SiteName;
      readonly cause: 'trip' | 'failback' | 'order';
      readonly sets: readonly RecordSet[];
      /** New weight by set identifier; never all zero. */
      readonly weights: Readonly<Record<string, number>>;
    });

export type ActionKind = Action['kind'];

/** Why the gate, or AWS, did not apply an action. */
export type Refusal =
  | 'OBSERVE_MODE'
  | 'HELD'
  | 'FROZEN'
  | 'FENCED'
  | 'LATE'
  | 'PRECONDITION'
  | 'ACCOUNT_BUDGET'
  | 'NOT_FIRST'
  | 'DENIED'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'THROTTLED';

/** What became of an action: `unclear` means that the write may or may not have happened, and is read back. */
export type Outcome =
  | { readonly actionId: string; readonly result: 'applied'; readonly atMs: number; readonly changeId?: string | undefined }
  | { readonly actionId: string; readonly result: 'refused'; readonly atMs: number; readonly why: Refusal; readonly detail?: string | undefined }
  | { readonly actionId: string; readonly result: 'unclear'; readonly atMs: number; readonly detail: string };

// ----------------------------------------------------------------------------------------------------------- state

/** An action that was saved and is not yet confirmed by an observation. */
export interface Pending {
  readonly action: Action;
  /** When it was saved. */
  readonly atMs: number;
  /** When it was accepted; `null` while that is not known. */
  readonly acceptedMs: number | null;
  readonly changeId?: string | undefined;
}

/** One datapoint with the number of instances that it covered. */
export interface Point extends Datapoint {
  readonly covered: number;
}

export interface ScalingState {
  /** Per signal name: the points of the stabilization window, oldest first. */
  readonly points: Readonly<Record<string, readonly Point[]>>;
  /** The one step for missing signals has been taken in this incident, which ends when every signal is back. */
  readonly missingStepTaken: boolean;
  /** In-service count over time, oldest first, to know what a datapoint covered. */
  readonly counts: readonly { readonly fromMs: number; readonly count: number }[];
  /** When each in-service instance was first seen in service. */
  readonly inServiceSince: Readonly<Record<string, number>>;
  /** Last change of the fleet's desired capacity, ours or another's. */
  readonly lastChangeMs: number;
  readonly lastScaleOutMs: number;
  /** Last known desired capacity, `null` before the first reading. */
  readonly desired: number | null;
  /** Milliseconds between the end of a period and the first sight of its datapoint, as last seen; per signal name. */
  readonly publishLagMs: Readonly<Record<string, number>>;
}

export interface TargetTrack {
  /** Consecutive failing rounds. */
  readonly failing: number;
  /** Consecutive passing rounds, counted up to what the policy asks for. */
  readonly passing: number;
}

export interface Ejection {
  readonly id: string;
  readonly port: number;
  readonly atMs: number;
  /** How many times this target has been ejected in a row; the back-off grows with it. */
  readonly times: number;
  /** The instance is to be replaced. */
  readonly replace: boolean;
}

export interface HealthState {
  /** By target key. A target with no counter is absent. */
  readonly targets: Readonly<Record<string, TargetTrack>>;
  /** By target key: what we ejected and have not readmitted. */
  readonly ejected: Readonly<Record<string, Ejection>>;
  /** By target key: ejections of the past, for the back-off. */
  readonly history: Readonly<Record<string, { readonly times: number; readonly lastMs: number }>>;
  /** By instance id: when we asked for its replacement. */
  readonly replaced: Readonly<Record<string, number>>;
}

export interface SiteTrack {
  readonly good: number;
  readonly bad: number;
  readonly missing: number;
  /** Since when every round was good; `null` when the last was not. */
  readonly goodSinceMs: number | null;
  /** Healthy targets in the last round that could be read; `null` before the first. */
  readonly lastHealthy: number | null;
}

export type FailoverPhase = 'primary' | 'failingOver' | 'secondary' | 'failingBack';

export interface FailoverState {
  readonly phase: FailoverPhase;
  readonly primary: SiteTrack;
  readonly secondary: SiteTrack;
  /** The primary's last known desired capacity; `null` before the first reading. */
  readonly primaryDesired: number | null;
  /** Weight by set identifier that we set or adopted; `null` before the first reading. */
  readonly weights: Readonly<Record<string, number>> | null;
  /** When `weights` became what they are. */
  readonly weightsMs: number;
  /** The accepted change that is not INSYNC yet. */
  readonly change: { readonly id: string | null; readonly atMs: number } | null;
  /** The last move was an order by hand: no automatic failback. */
  readonly byHand: boolean;
  readonly relapses: number;
  readonly lastFailbackMs: number | null;
  /** Times of automatic failbacks within the last hour. */
  readonly failbacksMs: readonly number[];
  /** The standby group's desired capacity before we raised it, and what we raised it to. */
  readonly standbyRaised: { readonly from: number; readonly to: number } | null;
}

/** Orders by hand that stand until released or expired. */
export interface Orders {
  readonly hold?: { readonly atMs: number } | undefined;
  /** A floor under the capacity; 0 parks the service. `untilMs` null: until release. */
  readonly capacity?: { readonly capacity: number; readonly untilMs: number | null } | undefined;
  /** A move that was ordered and is not under way yet. */
  readonly move?: { readonly to: SiteName; readonly atMs: number } | undefined;
  /** Adopt the record weights as they are now. */
  readonly adoptDns?: true | undefined;
  /** What the group had before it was parked. */
  readonly parked?: { readonly minSize: number; readonly desired: number } | undefined;
}

/** Something worth waking a person for, from its first cycle to the last one in which it was seen. */
export interface Incident {
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** Round times. They move in every round and alone do not make a state worth saving. */
export interface Pace {
  readonly healthMs: number;
  readonly failoverMs: number;
  /** When the evidence for a site was last good. */
  readonly goodMs: { readonly primary: number; readonly secondary: number };
}

export interface ServiceState {
  readonly service: string;
  /** 0: never saved. */
  readonly version: number;
  readonly scaling: ScalingState;
  readonly health: HealthState;
  readonly failover: FailoverState;
  readonly orders: Orders;
  readonly pending: readonly Pending[];
  /** By `area:reason`. */
  readonly incidents: Readonly<Record<string, Incident>>;
  readonly pace: Pace;
}

// -------------------------------------------------------------------------------------------------------- decision

/** One step of the scaling pipeline with what it made of the need. */
export interface DecisionStep {
  readonly step: 'recommend' | 'combine' | 'stabilize' | 'limit' | 'clamp';
  readonly value: number | null;
  readonly note: string;
}

export type Numbers = Readonly<Record<string, number | string | boolean | null>>;

export interface Decision {
  readonly area: Area;
  readonly reason: ReasonCode;
  readonly action: Action | null;
  /** The numbers behind it; the message is made from them. */
  readonly numbers: Numbers;
  readonly steps?: readonly DecisionStep[] | undefined;
  /** What else was considered, and what stood against it. */
  readonly rejected?: readonly { readonly option: string; readonly reason: ReasonCode }[] | undefined;
}

/** One notification: sent once per incident. */
export interface Notice {
  readonly area: Area;
  readonly reason: ReasonCode;
  readonly message: string;
}

export interface Result {
  readonly decisions: readonly Decision[];
  readonly actions: readonly Action[];
  readonly state: ServiceState;
  readonly notices: readonly Notice[];
}
