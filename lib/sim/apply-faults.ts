/** What each fault does to the account. */
import type { Account, Server, Snapshot } from './account.ts';
import { isActive, lookAt, noticeLater } from './auto-scaling.ts';
import { describeGroup } from './auto-scaling-api.ts';
import type { Functions } from './events.ts';
import type { Condition, Fault } from './faults.ts';
import { recheck } from './load-balancer.ts';
import { describeTargets } from './load-balancer-api.ts';
import { forceAlarm } from './metrics.ts';
import { editByHand } from './person.ts';
import { chosen, regionOf, serviceNamed, siteNamed, sitesOf } from './places.ts';
import { reconsider } from './resolvers.ts';
import { changed, setRate } from './traffic.ts';

type Of<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;
type Appliers = { readonly [Kind in Fault['kind']]: (account: Account, fault: Of<Kind>, functions: Functions) => void };

/** Lets requests, health checks and the group notice what has become of servers. */
function affect(account: Account, servers: Iterable<Server>): void {
  const list = [...servers];
  for (const service of new Set(list.map((server) => server.site.service))) changed(account, service);
  for (const server of list) recheck(account, server);
}

function setCondition(account: Account, server: Server, condition: Condition, port?: number): void {
  if (port !== undefined) {
    server.portConditions.set(port, condition);
  } else {
    server.condition = condition;
    server.portConditions.clear();
    // Nobody replaces a machine that is in no group: it is mended.
    if (condition === 'ok' && server.group === null) server.dead = false;
  }
  affect(account, [server]);
}

function flap(account: Account, server: Server, fault: Of<'flapping'>): void {
  const order = ++server.flapping;
  const { clock } = account;
  const endMs = clock.nowMs() + fault.forSeconds * 1000;
  const turn = (condition: Condition): void => {
    if (server.flapping !== order) return;
    const over = clock.nowMs() >= endMs;
    setCondition(account, server, over ? 'ok' : condition);
    if (over) return;
    const seconds = condition === 'ok' ? fault.upSeconds : fault.downSeconds;
    const nextMs = Math.min(endMs, clock.nowMs() + seconds * 1000);
    clock.at(nextMs, () => turn(condition === 'ok' ? fault.condition : 'ok'));
  };
  turn(fault.condition);
}

function loseRegion(account: Account, fault: Of<'region'>, functions: Functions): void {
  const region = regionOf(account, fault.region);
  region.lost = fault.lost;
  if (fault.lost && region.name === account.home) functions.lose();
  for (const service of account.services.values()) {
    if (!sitesOf(service).some((site) => site.region === region)) continue;
    changed(account, service);
    reconsider(account, service);
  }
  for (const server of region.servers.values()) recheck(account, server);
  if (!fault.lost) for (const group of region.groups.values()) lookAt(account, group);
}

function loseZone(account: Account, fault: Of<'zone'>): void {
  const zone = zoneNamed(account, fault);
  zone.lost = fault.lost;
  const inZone = [...regionOf(account, fault.region).servers.values()].filter((server) => server.zone === zone);
  affect(account, inZone);
  if (fault.lost) for (const server of inZone) noticeLater(account, server);
}

function zoneNamed(account: Account, { region, zone }: { region: string; zone: string }) {
  const found = regionOf(account, region).zones.find((one) => one.name === zone);
  if (found === undefined) throw new Error(`this world has no zone ${zone} in ${region}`);
  return found;
}

function shiftZone(account: Account, fault: Of<'zonal-shift'>): void {
  zoneNamed(account, fault).shifted = fault.active;
  for (const group of regionOf(account, fault.region).targetGroups.values()) {
    group.description = null;
    changed(account, group.site.service);
  }
}

/** The signal's source, and those of others that are statistics of the same metric; all of the service's without a name. */
function sourcesOf(account: Account, { service, signal }: Of<'metrics'> | Of<'signal'>) {
  const { signals } = serviceNamed(account, service);
  const named = signals.filter((source) => (signal ?? source.signal.name) === source.signal.name);
  return signals.filter(({ series }) => named.some((one) => one.series === series));
}

function spoilMetrics(account: Account, fault: Of<'metrics'>): void {
  for (const source of sourcesOf(account, fault)) {
    source.dark = fault.how === 'dark';
    source.lateSeconds = fault.how === 'late' ? (fault.seconds ?? 60) : 0;
    source.shiftSeconds = fault.how === 'shifted' ? (fault.seconds ?? 60) : 0;
  }
}

function snapshotOf(account: Account): Snapshot {
  const regions = [...account.regions.values()];
  const groups = regions.flatMap((region) => [...region.groups.values()]);
  const targetGroups = regions.flatMap((region) => [...region.targetGroups.values()]);
  return {
    groups: new Map(groups.map((group) => [group, describeGroup(group)])),
    targetGroups: new Map(targetGroups.map((group) => [group, describeTargets(group)])),
    zones: new Map([...account.zones.values()].map((zone) => [zone, zone.recorded])),
  };
}

function spoilApi(account: Account, fault: Of<'api'>): void {
  const fromMs = account.clock.nowMs();
  const untilMs = fromMs + fault.forSeconds * 1000;
  const active = {
    fault,
    fromMs,
    untilMs,
    left: fault.times ?? Number.POSITIVE_INFINITY,
    snapshot: snapshotOf(account),
  };
  account.apiFaults.push(active);
  account.clock.at(untilMs, () => account.apiFaults.splice(account.apiFaults.indexOf(active), 1));
}

function spoilEvents(account: Account, fault: Of<'events'>): void {
  const active = { fault, untilMs: account.clock.nowMs() + fault.forSeconds * 1000 };
  account.eventFaults.push(active);
  account.clock.at(active.untilMs, () => account.eventFaults.splice(account.eventFaults.indexOf(active), 1));
}

function startRefresh(account: Account, fault: Of<'refresh'>): void {
  const group = siteNamed(account, fault).group;
  const startMs = account.clock.nowMs();
  const id = account.random.fork(`refresh/${startMs}`).hex(32);
  group?.refreshes.push({ id, startMs, endMs: startMs + fault.seconds * 1000 });
}

/** Sets up another scaler on the site's group, or removes it. */
function setScaler(account: Account, fault: Of<'scaler'>): void {
  const group = siteNamed(account, fault).group;
  if (group === null) return;
  const name = `someone-elses-${fault.scaler}`;
  const keep = <T extends { PolicyName?: string | undefined; ScheduledActionName?: string | undefined }>(list: T[]) =>
    list.splice(0, list.length, ...list.filter((one) => one.PolicyName !== name && one.ScheduledActionName !== name));
  keep(group.policies);
  keep(group.schedules);
  if (!fault.present) return;
  const base = { AutoScalingGroupName: group.name };
  if (fault.scaler === 'schedule') {
    const StartTime = new Date(account.clock.nowMs() + 3_600_000);
    group.schedules.push({ ...base, ScheduledActionName: name, StartTime, DesiredCapacity: group.desired });
  } else if (fault.scaler === 'policy') {
    group.policies.push({ ...base, PolicyName: name, PolicyType: 'TargetTrackingScaling', Enabled: true });
  } else {
    const PredictiveScalingConfiguration = { Mode: 'ForecastAndScale' as const, MetricSpecifications: [] };
    group.policies.push({ ...base, PolicyName: name, PolicyType: 'PredictiveScaling', PredictiveScalingConfiguration });
  }
}

const APPLY: Appliers = {
  server(account, fault) {
    for (const server of chosen(account, fault)) {
      server.flapping++;
      setCondition(account, server, fault.condition, fault.port);
    }
  },
  flapping(account, fault) {
    for (const server of chosen(account, fault)) flap(account, server, fault);
  },
  'instance-dies'(account, fault) {
    const servers = chosen(account, fault).filter(isActive);
    for (const server of servers) server.dead = true;
    affect(account, servers);
    for (const server of servers) noticeLater(account, server);
  },
  'launches-broken'(account, fault) {
    siteNamed(account, fault).brokenLaunches = { count: fault.count, condition: fault.condition };
  },
  stress(account, fault) {
    const servers = chosen(account, fault);
    for (const server of servers) server.stressPercent = fault.percent;
    affect(account, servers);
  },
  traffic: (account, fault) => setRate(account, serviceNamed(account, fault.service), fault.requestsPerSecond),
  zone: loseZone,
  region: loseRegion,
  'zonal-shift': shiftZone,
  metrics: spoilMetrics,
  signal(account, fault) {
    for (const source of sourcesOf(account, fault)) source.forced = fault.value;
  },
  alarm: (account, fault) => forceAlarm(account, serviceNamed(account, fault.service), fault.alarm, fault.state),
  composite: (account, { service, alarm: name, over }) =>
    void serviceNamed(account, service).composites.push({ name, over }),
  api: spoilApi,
  events: spoilEvents,
  pause: (_account, fault, functions) => functions.pause(fault),
  crash: (_account, fault, functions) => functions.crash(fault),
  clock: (_account, fault, functions) => functions.setClock(fault.function, fault.stepMs, fault.driftPpm),
  deploy: (_account, _fault, functions) => functions.deploy(),
  refresh: startRefresh,
  'launch-hook'(account, fault) {
    const group = siteNamed(account, fault).group;
    if (group !== null) group.launchHookSeconds = fault.seconds;
  },
  'terminate-hook'(account, fault) {
    const group = siteNamed(account, fault).group;
    if (group !== null) group.terminateHookSeconds = fault.seconds;
  },
  suspend(account, fault) {
    const group = siteNamed(account, fault).group;
    if (group === null) return;
    group.suspended = fault.processes;
    group.description = null;
    lookAt(account, group);
  },
  protection(account, fault) {
    for (const server of chosen(account, fault)) {
      server.protectedFromScaleIn = fault.on;
      if (server.group !== null) server.group.description = null;
    }
  },
  scaler: setScaler,
  person: editByHand,
};

/**
 * Applies a fault now and notes it in the history.
 * @throws Error when it names a service, site or zone that this world does not have.
 */
export function applyFault(account: Account, fault: Fault, functions: Functions): void {
  const note = (): void => account.history.append({ kind: 'fault', atMs: account.clock.nowMs(), fault });
  // Of what becomes of calls nothing else tells: who hears of it finds it so.
  if (fault.kind !== 'api') note();
  const apply = APPLY[fault.kind] as (account: Account, fault: Fault, functions: Functions) => void;
  apply(account, fault, functions);
  if (fault.kind === 'api') note();
}
