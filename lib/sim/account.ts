/** The simulated account as data: what the parts of the simulator read and change. Only they see this. */
import type { AutoScalingGroup, ScalingPolicy, ScheduledUpdateGroupAction } from '@aws-sdk/client-auto-scaling';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Policy, Signal, SiteName, TargetState } from '../core/model.ts';
import type { AlarmState } from '../ports.ts';
import type { SimClock } from './clock.ts';
import type { Condition, Fault } from './faults.ts';
import type { HistoryLog } from './history.ts';
import type { Random } from './random.ts';
import type { Alarm, Composite, Series } from './series.ts';
import type { WorldOptions } from './world.ts';

export const ACCOUNT_ID = '111122223333';
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export type ResolvedOptions = Required<Omit<WorldOptions, 'servers' | 'cpuPercent'>> & {
  readonly servers: number;
  readonly cpuPercent: number;
};

export interface Zone {
  readonly name: string;
  lost: boolean;
  /** A zonal shift leads traffic away from it. */
  shifted: boolean;
}

export interface Region {
  readonly name: string;
  readonly zones: readonly Zone[];
  lost: boolean;
  /** What Elastic Load Balancing still lets its readers ask, as of that time. */
  readonly elbReads: { left: number; atMs: number };
  readonly groups: Map<string, Group>;
  /** By ARN. */
  readonly targetGroups: Map<string, TargetGroup>;
  /** By id, those that are gone no more. */
  readonly servers: Map<string, Server>;
}

export interface Server {
  readonly id: string;
  readonly site: Site;
  readonly zone: Zone;
  /** `null`: registered by hand, in no group. */
  readonly group: Group | null;
  lifecycle: 'Pending' | 'Pending:Wait' | 'InService' | 'Terminating' | 'Terminating:Wait';
  markedUnhealthy: boolean;
  protectedFromScaleIn: boolean;
  /** The group brought it into service and did not register it, for that process was suspended. */
  unadded: boolean;
  readonly launchedMs: number;
  inServiceMs: number;
  condition: Condition;
  /** What a single port does, where it differs. */
  readonly portConditions: Map<number, Condition>;
  /** The machine itself is broken. */
  dead: boolean;
  /** Number of the flapping that may still change the condition: a newer order ends the older one. */
  flapping: number;
  readonly targets: Set<Target>;
  stressPercent: number;
  /** Requests per second that reach it and are answered. */
  served: number;
  cpuPercent: number;
  /** CPU percent × milliseconds since `cpuFromMs`, up to `cpuToMs`. */
  cpuSum: number;
  cpuFromMs: number;
  cpuToMs: number;
}

interface Refresh {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Group {
  readonly name: string;
  readonly site: Site;
  readonly createdMs: number;
  minSize: number;
  maxSize: number;
  desired: number;
  readonly servers: Set<Server>;
  suspended: readonly string[];
  readonly policies: ScalingPolicy[];
  readonly schedules: ScheduledUpdateGroupAction[];
  readonly refreshes: Refresh[];
  lastActivityMs: number;
  launchHookSeconds: number;
  terminateHookSeconds: number;
  /** Who alone may change it, where that is so. */
  operator: string | null;
  launches: number;
  /** A look at the group is due. */
  reconciling: boolean;
  description: AutoScalingGroup | null;
}

export interface Target {
  /** `id:port`. */
  readonly key: string;
  readonly id: string;
  readonly port: number;
  readonly targetGroup: TargetGroup;
  readonly server: Server;
  state: TargetState;
  reason: string | undefined;
  passes: number;
  failures: number;
  readonly phaseMs: number;
  /** Checks are due; a target in a steady state is not checked, for nothing would come of it. */
  checking: boolean;
  /** Raised when the target is registered or deregistered: what was due before that no longer counts. */
  generation: number;
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly site: Site;
  readonly type: 'instance' | 'ip';
  readonly port: number;
  readonly check: {
    readonly path: string;
    readonly matcher: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
  };
  readonly targets: Map<string, Target>;
  /** Those that get requests now: kept up by traffic. */
  routable: readonly Target[];
  /** Where round robin stands. */
  turn: number;
  description: TargetHealthDescription[] | null;
}

export interface Site {
  readonly name: SiteName;
  readonly service: Service;
  readonly region: Region;
  readonly group: Group | null;
  readonly targetGroup: TargetGroup;
  readonly probe: string | undefined;
  brokenLaunches: { count: number; condition: Condition };
}

export interface Resolver {
  readonly phaseMs: number;
  readonly random: Random;
  site: Site | null;
  ttlSeconds: number;
  /** A refresh is due; one whose answer cannot change does not ask. */
  asking: boolean;
}

export interface Flow {
  requestsPerSecond: number;
  /** Requests per second that take one server's whole CPU. */
  readonly serverCapacity: number;
  /** The request with number `anchorCount` is sent at `anchorMs`. */
  anchorMs: number;
  anchorCount: number;
  /** Requests whose fate is counted. */
  counted: number;
  failed: number;
  firstFailedMs: number | null;
  lastFailedMs: number | null;
  /** What happens to requests now: none, some or all of them fail. */
  failing: 'none' | 'some' | 'all';
}

export interface AlarmTransition {
  readonly service: Service;
  readonly source: SignalSource;
  readonly alarm: Alarm;
  readonly previous: { readonly state: AlarmState; readonly reason: string; readonly sinceMs: number };
  /** The datapoint that it went by; `null`: there was none. */
  readonly value: number | null;
}

export interface SignalSource {
  readonly signal: Signal;
  readonly series: Series;
  /** The value with which the service is at rest; shown by signals that the simulator does not measure. */
  readonly steady: number;
  readonly alarms: readonly Alarm[];
  dark: boolean;
  /** Of a metric that is not measured: its values since the last full minute. */
  readonly samples: number[];
  lateSeconds: number;
  /** By how much its datapoints' times are off. */
  shiftSeconds: number;
  forced: number | null;
}

export interface Service {
  readonly name: string;
  readonly policy: Policy;
  readonly options: ResolvedOptions;
  primary: Site;
  secondary: Site | null;
  flow: Flow;
  resolvers: Resolver[];
  signals: SignalSource[];
  /** Its record sets as they were made. */
  records: readonly ResourceRecordSet[];
  readonly composites: Composite[];
}

export interface HostedZone {
  readonly id: string;
  /** What the API shows, in Route 53's order. */
  recorded: readonly ResourceRecordSet[];
  /** What the name servers answer by. */
  served: readonly ResourceRecordSet[];
  lastInsyncMs: number;
}

export interface DnsChange {
  readonly id: string;
  /** The name that it is about: the first one that the batch changes. */
  readonly name: string;
  readonly submittedMs: number;
  readonly insyncMs: number;
  readonly comment: string | undefined;
}

type ApiFault = Extract<Fault, { kind: 'api' }>;
type EventFault = Extract<Fault, { kind: 'events' }>;

export interface ActiveApiFault {
  readonly fault: ApiFault;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Calls that it still affects. */
  left: number;
  /** What stale reads show. */
  readonly snapshot: Snapshot;
}

/** Descriptions as they once were, by what they describe. */
export interface Snapshot {
  readonly groups: ReadonlyMap<Group, AutoScalingGroup>;
  readonly targetGroups: ReadonlyMap<TargetGroup, readonly TargetHealthDescription[]>;
  readonly zones: ReadonlyMap<HostedZone, readonly ResourceRecordSet[]>;
}

export interface Account {
  readonly random: Random;
  readonly clock: SimClock;
  readonly history: HistoryLog;
  readonly regions: Map<string, Region>;
  readonly services: Map<string, Service>;
  readonly zones: Map<string, HostedZone>;
  readonly changes: Map<string, DnsChange>;
  /** When Route 53 last let requests through, the oldest first: no more than its quota counts. */
  readonly route53Ms: number[];
  /** What record values, load balancer names and alias targets lead to, by value in small letters without the last dot. */
  readonly addresses: Map<string, Site>;
  readonly series: Map<string, Series>;
  /** The region in which the controller and its table stand. */
  readonly home: string;
  readonly apiFaults: ActiveApiFault[];
  readonly eventFaults: { readonly fault: EventFault; readonly untilMs: number }[];
  /** Delays that AWS takes, drawn once so that runs of one seed stay comparable. */
  readonly delays: {
    readonly groupReactionMs: number;
    readonly deathNoticeMs: number;
    readonly insyncMs: number;
    readonly alarmMs: number;
    readonly deliveryMs: number;
  };
  /** Hands an alarm's transition on to EventBridge. */
  onAlarm: (transition: AlarmTransition) => void;
}
