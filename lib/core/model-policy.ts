/** Policy files as data: checked and with every default filled in. Times are milliseconds since the epoch and end in `Ms`. */

type Mode = 'enforce' | 'observe';
export type SiteName = 'primary' | 'secondary';
export type Area = 'scaling' | 'health' | 'failover';

/** One band of a step signal: exactly one of `above`+`add` and `below`+`remove`. */
export type Band =
  | { readonly above: number; readonly add: number }
  | { readonly below: number; readonly remove: number };

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

interface Capacity {
  readonly min: number;
  readonly max: number;
}

export interface FleetPolicy {
  readonly autoScalingGroup: string;
  readonly capacity: Capacity;
}

/** Scaling ahead of need; absent: off. */
export interface ForecastPolicy {
  /** From the order of an instance until it serves. */
  readonly leadSeconds: number;
  readonly trend: boolean;
  readonly season: 'none' | 'daily' | 'weekly';
  /** What a minute at 100 percent CPU costs, in minutes of the fleet that its mean load needs; 0: no room is kept but what the target leaves. */
  readonly overloadCostMinutes: number;
}

export interface ScalingPolicy {
  readonly signals: readonly Signal[];
  /** Fraction: no change while value/target is within 1 ± tolerance. */
  readonly tolerance: number;
  readonly warmupSeconds: number;
  readonly scaleOut: { readonly maxStep: number; readonly cooldownSeconds: number };
  readonly scaleIn: { readonly maxStep: number; readonly stabilizationSeconds: number };
  readonly forecast?: ForecastPolicy | undefined;
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

interface StandbyPolicy extends SitePolicy {
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
