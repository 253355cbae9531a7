/** What a world looks like at this moment. */
import type { Account, Service, Site } from './account.ts';
import { faultFor } from './api-faults.ts';
import { latencyOf, type Meter, REQUEST_TIMEOUT_MS, slowMsOf } from './clients.ts';
import { weightsOf } from './dns.ts';
import { shares } from './resolvers.ts';
import { workingTargets } from './traffic.ts';

interface SiteView {
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

function viewSite(site: Site): SiteView {
  const { group, targetGroup } = site;
  const lifecycles = [...(group?.servers ?? [])].map((server) => server.lifecycle);
  const states = [...targetGroup.targets.values()].map((target) => target.state);
  const count = <T>(list: readonly T[], ...wanted: T[]): number => list.filter((one) => wanted.includes(one)).length;
  return {
    group: group && {
      minSize: group.minSize,
      maxSize: group.maxSize,
      desired: group.desired,
      pending: count(lifecycles, 'Pending', 'Pending:Wait'),
      inService: count(lifecycles, 'InService'),
      terminating: count(lifecycles, 'Terminating', 'Terminating:Wait'),
    },
    targets: {
      registered: states.length,
      healthy: count(states, 'healthy'),
      unhealthy: count(states, 'unhealthy'),
      initial: count(states, 'initial'),
      draining: count(states, 'draining'),
    },
    working: workingTargets(site),
  };
}

export function viewService(account: Account, service: Service): ServiceView {
  const failover = service.policy.failover;
  const zone = account.zones.get(failover?.hostedZoneId ?? '');
  const name = failover?.record.name ?? '';
  return {
    primary: viewSite(service.primary),
    secondary: service.secondary && viewSite(service.secondary),
    clients: shares(service),
    weights: { recorded: weightsOf(zone?.recorded ?? [], name), served: weightsOf(zone?.served ?? [], name) },
  };
}

const TARGETS_READ = { api: 'elbv2', name: 'DescribeTargetHealth', writes: false } as const;

/** Whether no fault of the API keeps back the states of the region's targets. Old answers and late ones are answers. */
export function isReadable(account: Account, meter: Meter, region: string): boolean {
  const fault = faultFor(account, { ...TARGETS_READ, region })?.fault;
  if (fault?.how !== 'slow') return fault === undefined || fault.how === 'stale';
  return latencyOf(account, meter, TARGETS_READ.name, TARGETS_READ.writes) + slowMsOf(fault) <= REQUEST_TIMEOUT_MS;
}
