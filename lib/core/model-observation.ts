/** Everything read in a cycle: each part a value with its time, or missing with a reason. Times are milliseconds since the epoch and end in `Ms`. */

interface Known<T> {
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
  /** Those that count toward `desired`, come, go or are in standby; not what AWS retains for a person to end. */
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
