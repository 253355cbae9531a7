/** A simulated AWS account with users' services in it, on a virtual clock. Built from policies; the same seed gives the same history. */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { Policy, SiteName } from '../core/model.ts';
import type { Clock, ProbePort } from '../ports.ts';
import type { Fault } from './faults.ts';
import type { History } from './history.ts';

/** What a world is like; every number has a default. */
export interface WorldOptions {
  /** Healthy servers a service starts with. Default: max(2, the policy's minimum), at most its maximum; 4 without a fleet. */
  readonly servers?: number;
  /** Healthy servers of the standby. Default 1. */
  readonly standbyServers?: number;
  /** From launch to InService, the application ready. Default 90. */
  readonly bootSeconds?: number;
  /** How long a deregistered target drains. Default 30. */
  readonly drainSeconds?: number;
  /** From the end of a minute to its datapoint. Default 60. */
  readonly metricDelaySeconds?: number;
  /** Requests per second and service. Default 100. */
  readonly requestsPerSecond?: number;
  /** CPU of each starting server under that traffic. Default: the middle of what the policy's CPU signal asks for with `servers`. */
  readonly cpuPercent?: number;
  /** DNS resolvers that the clients of a service ask. Default 50. */
  readonly resolvers?: number;
  /** Time to live of the plain records. Default 30. */
  readonly ttlSeconds?: number;
  /** Record sets are aliases with EvaluateTargetHealth instead of plain ones. Default false. */
  readonly alias?: boolean;
  /** AAAA record sets stand beside the A sets. Default false. */
  readonly dualStack?: boolean;
  /** Ports that each starting server is registered with; a group registers its own launches on the first. Default [80]. */
  readonly ports?: readonly number[];
  /** Default `instance`. */
  readonly targetType?: 'instance' | 'ip';
}

export interface WorldSpec {
  readonly policies: readonly Policy[];
  readonly seed: number;
  /** Default: a moment drawn from the seed, early in 2026, so that minutes and seconds fall differently. */
  readonly startMs?: number;
  /** Resolves when every promise that can go on has gone on, e.g. `() => new Promise((done) => setImmediate(done))`. */
  readonly settle: () => Promise<unknown>;
  readonly options?: WorldOptions;
  /** Options of single services, over `options`. */
  readonly perService?: Readonly<Record<string, WorldOptions>>;
}

/**
 * The SDK clients, shaped as the adapters want them. `send` takes one attempt: no retries, and a call that is never
 * answered times out after 1.5 s.
 */
export interface SimulatedClients {
  readonly autoScaling: (region: string) => AutoScalingClient;
  readonly loadBalancing: (region: string) => ElasticLoadBalancingV2Client;
  readonly cloudWatch: (region: string) => CloudWatchClient;
  readonly sns: (region: string) => SNSClient;
  readonly route53: () => Route53Client;
}

/** The world as one caller has it: its writes carry its name, and while it is paused it does not wake. */
export interface Caller {
  readonly clock: Clock;
  readonly clients: SimulatedClients;
  readonly probe: ProbePort;
}

/** The part of Lambda's context object that handlers may use. */
export interface SimulatedContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  /** Names the sandbox, which keeps its state between invocations: `onTick/0`. Give it to `world.as`. */
  readonly logStreamName: string;
  readonly callbackWaitsForEmptyEventLoop: boolean;
  getRemainingTimeInMillis(): number;
}

export type Handler = (event: unknown, context: SimulatedContext) => Promise<unknown>;

/** The functions that events are delivered to; an empty slot drops them. */
export interface Handlers {
  onTick?: Handler;
  onAlarm?: Handler;
}

export interface SiteView {
  /** Null without a group. */
  readonly group: {
    readonly minSize: number;
    readonly maxSize: number;
    readonly desired: number;
    readonly pending: number;
    readonly inService: number;
    readonly terminating: number;
  } | null;
  readonly targets: {
    readonly registered: number;
    readonly healthy: number;
    readonly unhealthy: number;
    readonly initial: number;
    readonly draining: number;
  };
  /** Targets that get requests and answer them. */
  readonly working: number;
}

export interface ServiceView {
  readonly primary: SiteView;
  /** Null without failover. */
  readonly secondary: SiteView | null;
  /** How many resolvers send their clients where, now. */
  readonly clients: { readonly primary: number; readonly secondary: number; readonly none: number };
  /** By set identifier: what ListResourceRecordSets shows, and what the name servers answer by until INSYNC. */
  readonly weights: {
    readonly recorded: Readonly<Record<string, number>>;
    readonly served: Readonly<Record<string, number>>;
  };
}

/** Exact to the request, up to the present virtual time. */
export interface TrafficTotals {
  readonly requests: number;
  readonly failedRequests: number;
  /** When the first and the last failed request were sent; `null` when none failed. */
  readonly firstFailedMs: number | null;
  readonly lastFailedMs: number | null;
}

export interface World {
  readonly startMs: number;
  readonly clock: Clock;
  readonly history: History;
  readonly handlers: Handlers;
  /** The clients, clock and probe of one caller. The same name gives the same caller. */
  as(caller: string): Caller;
  /** Applies a fault now. A name that no policy has is a bug and throws. */
  apply(fault: Fault): void;
  /** Applies a fault when that time has come. */
  schedule(atMs: number, fault: Fault): void;
  /** Lets virtual time pass until `untilMs`, everything due at that instant included. Not to be called while it runs. */
  run(untilMs: number): Promise<void>;
  view(service: string): ServiceView;
  traffic(service: string): TrafficTotals;
  /** Where a site's servers, target group and group are: names, for messages and faults by id. */
  place(
    service: string,
    site: SiteName,
  ): {
    readonly region: string;
    readonly targetGroupArn: string | null;
    readonly group: string | null;
    readonly instanceIds: readonly string[];
  };
  /** Calls so far by operation, e.g. `DescribeTargetHealth`. */
  calls(): Readonly<Record<string, number>>;
}

/** Builds the world that the policies describe, everything healthy, at rest. */
export declare function createWorld(spec: WorldSpec): World;
