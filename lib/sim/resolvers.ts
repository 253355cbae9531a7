/** How a service's name is answered, and the resolvers that keep answers for their time to live. */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Account, Resolver, Service, Site } from './account.ts';
import { normalName } from './names.ts';
import { sitesOf } from './places.ts';
import type { Random } from './random.ts';
import { changed } from './traffic.ts';

/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-alias-common.html */
const ALIAS_TTL_SECONDS = 60;

interface Answer {
  /** `null`: the answer leads nowhere. */
  readonly site: Site | null;
  readonly ttlSeconds: number;
  readonly weight: number;
}

/** A load balancer is healthy to Route 53 while a target is; one with an empty target group is not. */
function isHealthy(site: Site): boolean {
  return !site.region.lost && [...site.targetGroup.targets.values()].some((target) => target.state === 'healthy');
}

function destination(account: Account, set: ResourceRecordSet): Site | null {
  const value = set.AliasTarget?.DNSName ?? set.ResourceRecords?.[0]?.Value;
  return value === undefined ? null : (account.addresses.get(normalName(value)) ?? null);
}

/**
 * The answers that the name may get now, by weight. Sets that evaluate their target's health are passed over while it is
 * bad: first those with a weight are considered, then those with zero, and when none is healthy all count as healthy.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
 */
function answersOf(account: Account, service: Service): readonly Answer[] {
  const failover = service.policy.failover;
  if (failover === undefined) return [{ site: service.primary, ttlSeconds: ALIAS_TTL_SECONDS, weight: 1 }];
  const name = normalName(failover.record.name);
  const zone = account.zones.get(failover.hostedZoneId);
  const sets = (zone?.served ?? [])
    .filter((set) => set.Type === failover.record.type && normalName(set.Name ?? '') === name)
    .map((set) => {
      const site = destination(account, set);
      const healthy = set.AliasTarget?.EvaluateTargetHealth !== true || (site !== null && isHealthy(site));
      return { site, ttlSeconds: set.TTL ?? ALIAS_TTL_SECONDS, weight: set.Weight ?? 1, healthy };
    });
  const weighted = sets.filter((set) => set.weight > 0);
  // With every weight zero all are equally likely: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
  const even = (list: typeof sets): Answer[] => list.map((set) => ({ ...set, weight: 1 }));
  const choices = [
    weighted.filter((set) => set.healthy),
    even(sets.filter((set) => set.healthy)),
    weighted,
    even(sets),
  ];
  return choices.find((choice) => choice.length > 0) ?? [];
}

function draw(answers: readonly Answer[], random: Random): Answer | undefined {
  if (answers.length < 2) return answers[0];
  let left = random.next() * answers.reduce((sum, answer) => sum + answer.weight, 0);
  for (const answer of answers) {
    left -= answer.weight;
    if (left < 0) return answer;
  }
  return answers.at(-1);
}

/** Whether another question may get another answer than the one that this resolver keeps. */
function isSettled(resolver: Resolver, answers: readonly Answer[]): boolean {
  return answers.every((answer) => answer.site === resolver.site) && (answers.length > 0 || resolver.site === null);
}

function scheduleRefresh(account: Account, service: Service, resolver: Resolver): void {
  const ttlMs = resolver.ttlSeconds * 1000;
  const nowMs = account.clock.nowMs();
  const sincePhase = (((nowMs - resolver.phaseMs) % ttlMs) + ttlMs) % ttlMs;
  resolver.asking = true;
  account.clock.at(nowMs + ttlMs - sincePhase, () => {
    resolver.asking = false;
    const answers = answersOf(account, service);
    take(resolver, draw(answers, resolver.random), () => announce(account, service));
    if (!isSettled(resolver, answers)) scheduleRefresh(account, service, resolver);
  });
}

function take(resolver: Resolver, answer: Answer | undefined, onChange: () => void): void {
  const site = answer?.site ?? null;
  resolver.ttlSeconds = answer?.ttlSeconds ?? ALIAS_TTL_SECONDS;
  if (site === resolver.site) return;
  resolver.site = site;
  onChange();
}

/** How many resolvers send their clients to each site. */
export function shares(service: Service): { primary: number; secondary: number; none: number } {
  const count = (site: Site | null): number => service.resolvers.filter((resolver) => resolver.site === site).length;
  const [primary, secondary] = sitesOf(service).map(count);
  return { primary: primary ?? 0, secondary: secondary ?? 0, none: count(null) };
}

function announce(account: Account, service: Service): void {
  changed(account, service);
  account.history.append({
    kind: 'clients',
    atMs: account.clock.nowMs(),
    service: service.name,
    ...shares(service),
  });
}

/** To be called when the name may be answered otherwise: resolvers whose time comes ask anew. */
export function reconsider(account: Account, service: Service): void {
  const answers = answersOf(account, service);
  for (const resolver of service.resolvers) {
    if (!resolver.asking && !isSettled(resolver, answers)) scheduleRefresh(account, service, resolver);
  }
}

/** A service's resolvers, each with an answer of its own and its own beat. */
export function createResolvers(account: Account, service: Service): void {
  const answers = answersOf(account, service);
  const count = service.policy.failover === undefined ? 1 : service.options.resolvers;
  service.resolvers = Array.from({ length: count }, (_, index) => {
    const random = account.random.fork(`resolver/${service.name}/${index}`);
    const answer = draw(answers, random);
    const ttlSeconds = answer?.ttlSeconds ?? ALIAS_TTL_SECONDS;
    return {
      phaseMs: random.int(0, ttlSeconds * 1000 - 1),
      random,
      site: answer?.site ?? null,
      ttlSeconds,
      asking: false,
    };
  });
  reconsider(account, service);
}
