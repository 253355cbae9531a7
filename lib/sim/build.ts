/** Builds the account that the policies describe: everything healthy, at rest, and with a past. */
import type { Policy, SiteName } from '../core/model.ts';
import type { Account, Group, Region, ResolvedOptions, Service, Site, TargetGroup } from './account.ts';
import { ACCOUNT_ID, DAY_MS, MINUTE_MS } from './account.ts';
import { createServer, nextInstanceId } from './auto-scaling.ts';
import { buildRecords } from './build-records.ts';
import { buildSignals, isCpuOf, steadyValue } from './build-signals.ts';
import { createTarget } from './load-balancer.ts';
import { closeMinute } from './metrics.ts';
import { regionOf } from './places.ts';
import { createResolvers } from './resolvers.ts';
import { changed } from './traffic.ts';
import type { WorldOptions, WorldSpec } from './world.ts';

const DEFAULT_CHECK: NonNullable<Policy['health']>['check'] = {
  path: '/health',
  intervalSeconds: 5,
  timeoutSeconds: 2,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  matcher: '200',
};

function resolve(policy: Policy, given: WorldOptions): ResolvedOptions {
  const capacity = policy.fleet?.capacity;
  const servers = given.servers ?? (capacity === undefined ? 4 : Math.min(Math.max(2, capacity.min), capacity.max));
  const cpu = policy.scaling?.signals.find((signal) => isCpuOf(signal, policy));
  return {
    servers,
    standbyServers: given.standbyServers ?? 1,
    bootSeconds: given.bootSeconds ?? 90,
    drainSeconds: given.drainSeconds ?? 30,
    metricDelaySeconds: given.metricDelaySeconds ?? 60,
    requestsPerSecond: given.requestsPerSecond ?? 100,
    cpuPercent: given.cpuPercent ?? (cpu === undefined ? 50 : steadyValue(cpu, servers)),
    resolvers: given.resolvers ?? 50,
    ttlSeconds: given.ttlSeconds ?? 30,
    alias: given.alias ?? false,
    dualStack: given.dualStack ?? false,
    ports: given.ports ?? [80],
    targetType: given.targetType ?? 'instance',
    probesBlocked: given.probesBlocked ?? false,
  };
}

/** A policy may name a target group by name or by ARN; the account knows both. */
function targetGroupNames(account: Account, region: string, given: string): { name: string; arn: string } {
  if (given.startsWith('arn:')) return { name: given.split('/')[1] ?? given, arn: given };
  const id = account.random.fork(`target-group/${region}/${given}`).hex(16);
  return { name: given, arn: `arn:aws:elasticloadbalancing:${region}:${ACCOUNT_ID}:targetgroup/${given}/${id}` };
}

interface SitePlan {
  readonly name: SiteName;
  readonly region: string;
  readonly targetGroup: string;
  readonly group: { readonly name: string; readonly minSize: number; readonly maxSize: number } | null;
  readonly servers: number;
  readonly probe: string | undefined;
}

function planSites(policy: Policy, options: ResolvedOptions): SitePlan[] {
  const { fleet, health, failover } = policy;
  const primary: SitePlan = {
    name: 'primary',
    region: policy.region,
    // A service whose policy names no target group has one all the same, or its traffic would go nowhere.
    targetGroup: health?.targetGroup ?? failover?.primary.targetGroup ?? `${policy.service}-targets`,
    group:
      fleet === undefined
        ? null
        : { name: fleet.autoScalingGroup, minSize: fleet.capacity.min, maxSize: fleet.capacity.max },
    servers: options.servers,
    probe: failover?.primary.probe,
  };
  if (failover === undefined) return [primary];
  const { secondary } = failover;
  const standby = secondary.autoScalingGroup;
  const maxSize = Math.max(fleet?.capacity.max ?? options.servers, options.standbyServers);
  return [
    primary,
    {
      name: 'secondary',
      region: secondary.region,
      targetGroup: secondary.targetGroup,
      group: standby === undefined ? null : { name: standby, minSize: 0, maxSize },
      servers: options.standbyServers,
      probe: secondary.probe,
    },
  ];
}

function buildGroup(site: Site, plan: NonNullable<SitePlan['group']>, desired: number, startMs: number): Group {
  const group: Group = {
    ...plan,
    site,
    createdMs: startMs - 30 * DAY_MS,
    desired,
    servers: new Set(),
    suspended: [],
    policies: [],
    schedules: [],
    refreshes: [],
    lastActivityMs: startMs - DAY_MS,
    launchHookSeconds: 0,
    terminateHookSeconds: 0,
    operator: null,
    launches: 0,
    reconciling: false,
    description: null,
  };
  site.region.groups.set(group.name, group);
  return group;
}

function buildTargetGroup(account: Account, site: Site, plan: SitePlan): TargetGroup {
  const check = site.service.policy.health?.check ?? DEFAULT_CHECK;
  const group: TargetGroup = {
    ...targetGroupNames(account, plan.region, plan.targetGroup),
    site,
    type: site.service.options.targetType,
    port: site.service.options.ports[0] ?? 80,
    check: {
      path: check.path,
      matcher: check.matcher,
      intervalMs: check.intervalSeconds * 1000,
      timeoutMs: check.timeoutSeconds * 1000,
      healthyThreshold: check.healthyThreshold,
      unhealthyThreshold: check.unhealthyThreshold,
    },
    targets: new Map(),
    routable: [],
    turn: 0,
    description: null,
  };
  site.region.targetGroups.set(group.arn, group);
  return group;
}

/** Servers that have been there for a day, registered on every port and healthy. */
function populate(account: Account, site: Site, count: number): void {
  const { options, name } = site.service;
  const startMs = account.clock.nowMs();
  for (let index = 0; index < count; index++) {
    const stream = account.random.fork(`server/${name}/${site.name}/${index}`);
    const byHand =
      options.targetType === 'ip'
        ? `10.${site.name === 'primary' ? 0 : 1}.${index >> 8}.${index & 255}`
        : `i-0${stream.hex(16)}`;
    const zone = site.region.zones[index % site.region.zones.length] as Region['zones'][number];
    const id = site.group === null ? byHand : nextInstanceId(account, site.group);
    const launchedMs = startMs - DAY_MS + index * MINUTE_MS;
    const spec = { id, zone, lifecycle: 'InService' as const, launchedMs, condition: 'ok' as const };
    const server = createServer(account, site, site.group, spec);
    for (const port of options.ports) {
      const target = createTarget(account, site.targetGroup, server, port);
      Object.assign(target, { state: 'healthy', reason: undefined, passes: site.targetGroup.check.healthyThreshold });
    }
  }
}

function buildSite(account: Account, service: Service, plan: SitePlan): Site {
  const region = regionOf(account, plan.region);
  const brokenLaunches = { count: 0, condition: 'ok' as const };
  const shell = { name: plan.name, service, region, probe: plan.probe, brokenLaunches };
  const site = shell as unknown as { -readonly [Key in keyof Site]: Site[Key] };
  site.group = plan.group === null ? null : buildGroup(site, plan.group, plan.servers, account.clock.nowMs());
  site.targetGroup = buildTargetGroup(account, site, plan);
  populate(account, site, plan.servers);
  return site;
}

function buildService(account: Account, policy: Policy, options: ResolvedOptions): Service {
  const rate = options.requestsPerSecond;
  const load = (rate / Math.max(1, options.servers)) * (100 / options.cpuPercent);
  const startMs = account.clock.nowMs();
  const shell: Omit<Service, 'primary' | 'secondary'> = {
    name: policy.service,
    policy,
    options,
    flow: {
      requestsPerSecond: rate,
      serverCapacity: load > 0 && Number.isFinite(load) ? load : 1,
      anchorMs: startMs,
      anchorCount: 0,
      counted: 0,
      failed: 0,
      firstFailedMs: null,
      lastFailedMs: null,
      failing: 'none',
    },
    resolvers: [],
    signals: [],
    records: [],
    composites: [],
  };
  const service = shell as Service;
  const [primary, secondary] = planSites(policy, options).map((plan) => buildSite(account, service, plan));
  service.primary = primary as Site;
  service.secondary = secondary ?? null;
  account.services.set(service.name, service);
  return service;
}

/** Fills an empty account, and starts its metrics. */
export function buildAccount(account: Account, spec: WorldSpec): void {
  for (const policy of spec.policies) {
    const options = resolve(policy, { ...spec.options, ...spec.perService?.[policy.service] });
    const service = buildService(account, policy, options);
    buildRecords(account, service);
    createResolvers(account, service);
    buildSignals(account, service);
    changed(account, service);
  }
  const nowMs = account.clock.nowMs();
  account.clock.at(nowMs - (nowMs % MINUTE_MS) + MINUTE_MS, () => closeMinute(account));
}
