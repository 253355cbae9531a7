/** Auto Scaling groups: launching, terminating and replacing instances. */
import type { Account, Group, Server, Site, Zone } from './account.ts';
import type { Condition } from './faults.ts';
import type { InstanceEnd } from './history.ts';
import { deregister, register, remove } from './load-balancer.ts';
import { changed } from './traffic.ts';

/** From the end of draining, or at once when there is nothing to drain, to the instance's end. */
const SHUTDOWN_MS = 10_000;

type Step = 'launch' | 'ready' | InstanceEnd | 'gone';

export const isActive = (server: Server): boolean => !server.lifecycle.startsWith('Terminating');

function announce(
  account: Account,
  group: Group,
  server: Server,
  from: string | null,
  to: string | null,
  why: Step,
): void {
  group.description = null;
  account.history.append({
    kind: 'instance',
    atMs: account.clock.nowMs(),
    service: group.site.service.name,
    site: group.site.name,
    id: server.id,
    group: group.name,
    region: group.site.region.name,
    zone: server.zone.name,
    from,
    to,
    why,
  });
}

/** A machine without a history, not in any target group. */
export function createServer(
  account: Account,
  site: Site,
  group: Group | null,
  spec: { id: string; zone: Zone; lifecycle: Server['lifecycle']; launchedMs: number; condition: Condition },
): Server {
  const nowMs = account.clock.nowMs();
  const server: Server = {
    ...spec,
    site,
    group,
    markedUnhealthy: false,
    protectedFromScaleIn: false,
    unadded: false,
    inServiceMs: spec.launchedMs,
    portConditions: new Map(),
    dead: false,
    flapping: 0,
    targets: new Set(),
    stressPercent: 0,
    served: 0,
    cpuPercent: 0,
    cpuSum: 0,
    cpuFromMs: nowMs,
    cpuToMs: nowMs,
  };
  site.region.servers.set(server.id, server);
  if (group !== null) {
    group.servers.add(server);
    group.description = null;
  }
  return server;
}

/** The group's next instance id: the same for the n-th launch of a group, whatever else happens in the world. */
export function nextInstanceId(account: Account, group: Group): string {
  const stream = account.random.fork(`instance/${group.site.region.name}/${group.name}/${group.launches++}`);
  return `i-0${stream.hex(16)}`;
}

/** Zones that have not failed, or all when every one has, the one with the fewest instances first. */
function zoneForLaunch(group: Group): Zone {
  const zones = group.site.region.zones;
  const alive = zones.filter((zone) => !zone.lost);
  const load = (zone: Zone): number =>
    [...group.servers].filter((server) => server.zone === zone && isActive(server)).length;
  return (alive.length > 0 ? alive : zones).reduce((best, zone) => (load(zone) < load(best) ? zone : best));
}

function launch(account: Account, group: Group): void {
  const broken = group.site.brokenLaunches;
  const condition = broken.count > 0 ? broken.condition : 'ok';
  if (broken.count > 0) broken.count--;
  const launchedMs = account.clock.nowMs();
  const spec = { id: nextInstanceId(account, group), zone: zoneForLaunch(group), launchedMs, condition };
  const server = createServer(account, group.site, group, { ...spec, lifecycle: 'Pending' });
  announce(account, group, server, null, 'Pending', 'launch');
  account.clock.at(launchedMs + group.site.service.options.bootSeconds * 1000, () => boot(account, group, server));
}

function boot(account: Account, group: Group, server: Server): void {
  if (server.lifecycle !== 'Pending') return;
  if (group.launchHookSeconds === 0) {
    enterService(account, group, server);
    return;
  }
  server.lifecycle = 'Pending:Wait';
  announce(account, group, server, 'Pending', 'Pending:Wait', 'launch');
  account.clock.at(account.clock.nowMs() + group.launchHookSeconds * 1000, () => {
    if (server.lifecycle === 'Pending:Wait') enterService(account, group, server);
  });
}

function enterService(account: Account, group: Group, server: Server): void {
  const from = server.lifecycle;
  const nowMs = account.clock.nowMs();
  server.lifecycle = 'InService';
  server.inServiceMs = nowMs;
  server.cpuFromMs = nowMs;
  server.cpuSum = 0;
  server.cpuToMs = nowMs;
  announce(account, group, server, from, 'InService', 'ready');
  // Not made up for when the process is resumed: these are to be registered by hand.
  // https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
  server.unadded = group.suspended.includes('AddToLoadBalancer');
  if (!server.unadded) addTarget(account, group, server);
}

function addTarget(account: Account, group: Group, server: Server): void {
  register(account, group.site.targetGroup, server, group.site.targetGroup.port);
}

/** Registers by hand what the group launched and did not add to its target group. */
export function addUnadded(account: Account, group: Group): void {
  for (const server of group.servers) {
    if (!server.unadded || server.lifecycle !== 'InService') continue;
    server.unadded = false;
    addTarget(account, group, server);
  }
}

function end(account: Account, group: Group, server: Server): void {
  const from = server.lifecycle;
  for (const target of [...server.targets]) remove(account, target);
  group.servers.delete(server);
  group.site.region.servers.delete(server.id);
  announce(account, group, server, from, null, 'gone');
  changed(account, group.site.service);
  lookAt(account, group);
}

/** Takes an instance out of its target group, lets it drain, waits for a hook if there is one, and ends it. */
function terminate(account: Account, group: Group, server: Server, why: InstanceEnd): void {
  const from = server.lifecycle;
  const drainMs = server.targets.size > 0 ? group.site.service.options.drainSeconds * 1000 : 0;
  server.lifecycle = 'Terminating';
  group.lastActivityMs = account.clock.nowMs();
  announce(account, group, server, from, 'Terminating', why);
  for (const target of server.targets) deregister(account, target);
  account.clock.at(account.clock.nowMs() + drainMs + SHUTDOWN_MS, () => {
    if (group.terminateHookSeconds === 0) {
      end(account, group, server);
      return;
    }
    server.lifecycle = 'Terminating:Wait';
    announce(account, group, server, 'Terminating', 'Terminating:Wait', why);
    account.clock.at(account.clock.nowMs() + group.terminateHookSeconds * 1000, () => end(account, group, server));
  });
}

/**
 * The default termination policy as far as the simulator has what it asks for: the zone with the most instances, the
 * oldest of them; instances protected from scale-in never.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
 */
function scaleInChoice(group: Group): Server | undefined {
  const active = [...group.servers].filter(isActive);
  const inZone = (zone: Zone): number => active.filter((server) => server.zone === zone).length;
  const unprotected = active.filter((server) => !server.protectedFromScaleIn);
  const candidates = unprotected.filter((server) => server.lifecycle === 'InService');
  const order = (a: Server, b: Server): number =>
    inZone(b.zone) - inZone(a.zone) || a.launchedMs - b.launchedMs || (a.id < b.id ? -1 : 1);
  return (candidates.length > 0 ? candidates : unprotected).sort(order)[0];
}

function countActive(group: Group): number {
  let count = 0;
  for (const server of group.servers) if (isActive(server)) count++;
  return count;
}

/**
 * Brings the group towards its desired capacity. An unhealthy instance is terminated first, and its replacement launched
 * while it terminates: https://docs.aws.amazon.com/autoscaling/ec2/userguide/replace-unhealthy-instance.html
 */
function reconcile(account: Account, group: Group): void {
  group.reconciling = false;
  if (group.site.region.lost) return;
  const runs = (process: string): boolean => !group.suspended.includes(process);
  if (runs('Terminate') && runs('ReplaceUnhealthy')) {
    for (const server of group.servers) {
      if (!server.markedUnhealthy || !isActive(server)) continue;
      terminate(account, group, server, server.dead || server.zone.lost ? 'died' : 'unhealthy');
    }
  }
  while (runs('Launch') && countActive(group) < group.desired) launch(account, group);
  while (runs('Terminate') && countActive(group) > group.desired) {
    const server = scaleInChoice(group);
    if (server === undefined) break;
    terminate(account, group, server, 'scale-in');
  }
}

/** Lets the group notice a change, which takes it a moment. */
export function lookAt(account: Account, group: Group): void {
  if (group.reconciling) return;
  group.reconciling = true;
  account.clock.at(account.clock.nowMs() + account.delays.groupReactionMs, () => reconcile(account, group));
}

/** Sets the group's numbers. */
export function resize(
  account: Account,
  group: Group,
  to: { minSize: number; maxSize: number; desired: number },
): void {
  const from = group.desired;
  if (from === to.desired && group.minSize === to.minSize && group.maxSize === to.maxSize) return;
  Object.assign(group, to);
  group.description = null;
  group.lastActivityMs = account.clock.nowMs();
  account.history.append({
    kind: 'group',
    atMs: account.clock.nowMs(),
    service: group.site.service.name,
    site: group.site.name,
    group: group.name,
    region: group.site.region.name,
    minSize: to.minSize,
    maxSize: to.maxSize,
    from,
    to: to.desired,
  });
  lookAt(account, group);
}

/** The group's own check (EC2 status) notices a machine that is still broken after a while, and asks for its replacement. */
export function noticeLater(account: Account, server: Server): void {
  const group = server.group;
  if (group === null) return;
  account.clock.at(account.clock.nowMs() + account.delays.deathNoticeMs, () => {
    if (!(server.dead || server.zone.lost) || !isActive(server)) return;
    server.markedUnhealthy = true;
    group.description = null;
    lookAt(account, group);
  });
}
