/** A simulated AWS account with users' services in it, on a virtual clock. Built from policies; the same seed gives the same history. */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { Policy, SiteName, TargetState } from '../core/model.ts';
import type { Clock, ProbePort, StatePort } from '../ports.ts';
import type { Account } from './account.ts';
import { applyFault } from './apply-faults.ts';
import { buildAccount } from './build.ts';
import type { CallerHandle, Meter } from './clients.ts';
import { createCaller } from './clients.ts';
import { createClock } from './clock.ts';
import { createFunctions } from './events.ts';
import type { Fault } from './faults.ts';
import type { History } from './history.ts';
import { createHistory } from './history.ts';
import { serversOf, serviceNamed, siteNamed } from './places.ts';
import { createRandom } from './random.ts';
import { totals, workingTargets } from './traffic.ts';
import { isReadable, type ServiceView, viewService } from './views.ts';

export type { ServiceView } from './views.ts';

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
  /** A firewall keeps whoever probes the sites out. Default false. */
  readonly probesBlocked?: boolean;
}

export interface WorldSpec {
  readonly policies: readonly Policy[];
  readonly seed: number;
  /** Default: a moment drawn from the seed, early in 2026, so that minutes and seconds fall differently. */
  readonly startMs?: number;
  /** Resolves when every promise that can go on has gone on, e.g. `() => new Promise((done) => setImmediate(done))`. */
  readonly settle: () => Promise<unknown>;
  readonly options?: WorldOptions;
  /** The region in which the controller stands. Default: the first service's standby's, as the design asks (section 5), or its own. */
  readonly home?: string;
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
  /** Where the functions stand: the standby's region, or the service's own without one. */
  readonly region: string;
  readonly clock: Clock;
  readonly clients: SimulatedClients;
  readonly probe: ProbePort;
  /** The state behind the table of this account, each call taking `latencyMs`. */
  table(state: StatePort, latencyMs: number): StatePort;
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
  /** The region in which the controller stands. */
  readonly home: string;
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
  /** A site's names, for messages and for faults by id; instances in service, the oldest first. */
  place(
    service: string,
    site: SiteName,
  ): {
    readonly region: string;
    readonly targetGroupArn: string;
    readonly group: string | null;
    readonly instanceIds: readonly string[];
  };
  /** Whether a target of the site gets requests and answers them, lost regions aside. */
  isAnswering(service: string, site: SiteName): boolean;
  /** Whether a probe can tell that a site of the service does not answer. */
  isProbed(service: string): boolean;
  /** What is registered at the site, by `id:port`. */
  targets(service: string, site: SiteName): ReadonlyMap<string, { readonly state: TargetState }>;
  /** Whether no fault of the API keeps back the states of the region's targets now; a lost region is silent besides. */
  isReadable(region: string): boolean;
  /** Calls so far by operation, e.g. `DescribeTargetHealth`. */
  calls(): Readonly<Record<string, number>>;
}

function createAccount(spec: WorldSpec): Account {
  const random = createRandom(spec.seed);
  const startMs = spec.startMs ?? Date.UTC(2026, 0, 1) + random.fork('start').int(0, 30 * 86_400_000);
  const delay = (name: string, min: number, max: number): number => random.fork(`delay/${name}`).int(min, max);
  return {
    random,
    clock: createClock(startMs, spec.settle),
    history: createHistory(),
    regions: new Map(),
    services: new Map(),
    zones: new Map(),
    changes: new Map(),
    route53Ms: [],
    addresses: new Map(),
    series: new Map(),
    home: spec.home ?? spec.policies[0]?.failover?.secondary.region ?? spec.policies[0]?.region ?? 'us-east-1',
    apiFaults: [],
    eventFaults: [],
    delays: {
      groupReactionMs: delay('group', 200, 1000),
      deathNoticeMs: delay('death', 60_000, 120_000),
      insyncMs: delay('insync', 20_000, 60_000),
      alarmMs: delay('alarm', 500, 5000),
      deliveryMs: delay('delivery', 50, 1500),
    },
    onAlarm: () => undefined,
  };
}

/** Builds the world that the policies describe: everything healthy and at rest, with an hour of metrics behind it. */
export function createWorld(spec: WorldSpec): World {
  const account = createAccount(spec);
  const { clock, history } = account;
  const startMs = clock.nowMs();
  buildAccount(account, spec);
  const meter: Meter = { counts: new Map(), latencyMs: new Map() };
  const callers = new Map<string, CallerHandle>();
  const callerNamed = (name: string): CallerHandle => {
    const known = callers.get(name) ?? createCaller(account, meter, name, account.home);
    callers.set(name, known);
    return known;
  };
  const handlers: Handlers = {};
  const functions = createFunctions(account, handlers, callerNamed);
  account.onAlarm = functions.alarm;
  functions.start();
  const apply = (fault: Fault): void => applyFault(account, fault, functions);
  return {
    startMs,
    home: account.home,
    clock: callerNamed('world').clock,
    history,
    handlers,
    as: callerNamed,
    apply,
    schedule: (atMs, fault) => clock.at(atMs, () => apply(fault)),
    run: clock.run,
    view: (service) => viewService(account, serviceNamed(account, service)),
    traffic: (service) => totals(account, serviceNamed(account, service)),
    place(service, name) {
      const site = siteNamed(account, { service, site: name });
      const instanceIds = serversOf(site).map((server) => server.id);
      const group = site.group?.name ?? null;
      return { region: site.region.name, targetGroupArn: site.targetGroup.arn, group, instanceIds };
    },
    isProbed: (service) => account.services.get(service)?.options.probesBlocked !== true,
    isAnswering: (service, site) => workingTargets(siteNamed(account, { service, site })) > 0,
    targets: (service, site) => siteNamed(account, { service, site }).targetGroup.targets,
    isReadable: (region) => isReadable(account, meter, region),
    calls: () => Object.fromEntries(meter.counts),
  };
}
