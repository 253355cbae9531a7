/**
 * Requests: client → resolver's answer → site → load balancer → target. They are not events: between two changes of the
 * world nothing about them changes, so they are counted when it does, exact to the request.
 */
import type { Account, Flow, Server, Service, Site, Target, TargetGroup } from './account.ts';
import { conditionOf, sitesOf } from './places.ts';
import type { TrafficTotals } from './world.ts';

const answers = (target: Target): boolean => conditionOf(target.server, target.port) === 'ok';

/**
 * The targets that get requests: the healthy ones or, when there is none, all unhealthy ones ("the load balancer fails
 * open"). A target at `initial` or draining gets none.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 */
function routable(group: TargetGroup): readonly Target[] {
  if (group.site.region.lost) return [];
  const targets = [...group.targets.values()];
  let chosen = targets.filter((target) => target.state === 'healthy');
  if (chosen.length === 0) chosen = targets.filter((target) => target.state === 'unhealthy');
  const unshifted = chosen.filter((target) => !target.server.zone.shifted);
  return unshifted.length > 0 ? unshifted : chosen;
}

/** Targets that get requests and answer them. */
export function workingTargets(site: Site): number {
  return site.targetGroup.routable.filter(answers).length;
}

/** Number of requests sent before `nowMs`. */
function sentBefore(flow: Flow, nowMs: number): number {
  return flow.anchorCount + Math.ceil(((nowMs - flow.anchorMs) * flow.requestsPerSecond) / 1000);
}

function sentAtMs(flow: Flow, request: number): number {
  return flow.anchorMs + ((request - flow.anchorCount) * 1000) / flow.requestsPerSecond;
}

function noteFailed(flow: Flow, first: number, last: number, count: number): void {
  flow.failed += count;
  flow.firstFailedMs ??= sentAtMs(flow, first);
  flow.lastFailedMs = sentAtMs(flow, last);
}

function fails(service: Service, request: number): boolean {
  const site = service.resolvers[request % service.resolvers.length]?.site;
  if (site === null || site === undefined) return true;
  const group = site.targetGroup;
  const target = group.routable[group.turn++ % group.routable.length];
  return target === undefined || !answers(target);
}

/** Counts the requests sent since the last count, under the conditions that held until now. */
function count(service: Service, nowMs: number): void {
  const flow = service.flow;
  const until = sentBefore(flow, nowMs);
  const from = flow.counted;
  if (until <= from) return;
  flow.counted = until;
  if (flow.failing === 'all') noteFailed(flow, from, until - 1, until - from);
  if (flow.failing !== 'some') return;
  for (let request = from; request < until; request++) {
    if (fails(service, request)) noteFailed(flow, request, request, 1);
  }
}

/** Adds up a server's CPU until now. */
export function accountCpu(server: Server, nowMs: number): void {
  server.cpuSum += server.cpuPercent * (nowMs - server.cpuToMs);
  server.cpuToMs = nowMs;
}

function loadServers(site: Site, requestsPerSecond: number, capacity: number, nowMs: number): void {
  const servers = new Set([...site.targetGroup.targets.values()].map((target) => target.server));
  for (const server of site.group?.servers ?? []) servers.add(server);
  for (const server of servers) server.served = 0;
  const targets = site.targetGroup.routable;
  for (const target of targets) {
    if (answers(target)) target.server.served += requestsPerSecond / targets.length;
  }
  for (const server of servers) {
    accountCpu(server, nowMs);
    server.cpuPercent = Math.min(100, server.stressPercent + (100 * server.served) / capacity);
  }
}

/** To be called after every change that requests could notice: counts those before it, and routes those after it anew. */
export function changed(account: Account, service: Service): void {
  const nowMs = account.clock.nowMs();
  count(service, nowMs);
  const flow = service.flow;
  let working = 0;
  let broken = service.resolvers.some((resolver) => resolver.site === null);
  for (const site of sitesOf(service)) {
    site.targetGroup.routable = routable(site.targetGroup);
    const share = service.resolvers.filter((resolver) => resolver.site === site).length / service.resolvers.length;
    loadServers(site, flow.requestsPerSecond * share, flow.serverCapacity, nowMs);
    if (share === 0) continue;
    const good = workingTargets(site);
    working += good;
    if (good === 0 || good < site.targetGroup.routable.length) broken = true;
  }
  const was = flow.failing;
  flow.failing = !broken ? 'none' : working === 0 ? 'all' : 'some';
  if ((was === 'none') !== (flow.failing === 'none')) {
    account.history.append({ kind: 'traffic', atMs: nowMs, service: service.name, failing: flow.failing !== 'none' });
  }
}

/** Sends at another rate from now on. */
export function setRate(account: Account, service: Service, requestsPerSecond: number): void {
  const nowMs = account.clock.nowMs();
  count(service, nowMs);
  const flow = service.flow;
  flow.anchorCount = flow.counted;
  flow.anchorMs = nowMs;
  flow.requestsPerSecond = requestsPerSecond;
  changed(account, service);
}

export function totals(account: Account, service: Service): TrafficTotals {
  count(service, account.clock.nowMs());
  const { counted, failed, firstFailedMs, lastFailedMs } = service.flow;
  return { requests: counted, failedRequests: failed, firstFailedMs, lastFailedMs };
}
