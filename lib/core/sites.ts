/** The two sites of a failover pair: how healthy they are, and for how many rounds. */
import type {
  FailoverPolicy,
  FailoverState,
  Observation,
  Pace,
  Policy,
  ProbeTrack,
  ServiceState,
  SiteName,
  SiteObservation,
  SiteTrack,
  TargetView,
} from './model.ts';
import { classify, GAP_INTERVALS, intervalMsOf, isExpected, roundKind } from './targets.ts';

/** Evidence for a move is at most this many intervals old. */
const EVIDENCE_INTERVALS = 2;

/** One reading of a site. */
export interface SiteHealth {
  readonly known: boolean;
  readonly healthy: number;
  /** Servers with a healthy target: what the site can carry. */
  readonly servers: number;
  /** Healthy, failing, and ejected by us while still in service; targets at `initial` or draining do not count. */
  readonly total: number;
  /** Healthy share in percent; 0 when there is none. */
  readonly percent: number;
  /** `null`: not probed. `doubted`: it fails, which says nothing, for it was never seen to pass, or fails when all is well. */
  readonly probe: boolean | 'doubted' | null;
}

/** A probe that fails for so long although the site is good tells nothing of the site. */
const DOUBT_MS = 600_000;

/** For how long this site's probe has failed although all was well, once that is long enough for people to know; `null`: it is not. */
export function doubtedForMs({ probe }: SiteTrack, nowMs: number): number | null {
  if (probe === undefined || probe.proved || probe.failingSinceMs === null) return null;
  const forMs = nowMs - probe.failingSinceMs;
  return forMs < DOUBT_MS ? null : forMs;
}

/** The probe of a site that is good, after this answer; the same object when it brought nothing new. */
function probeAfter(before: ProbeTrack | undefined, answer: SiteHealth['probe'], atMs: number): ProbeTrack | undefined {
  if (answer === null) return before;
  if (answer === true)
    return before?.proved === true && before.failingSinceMs === null ? before : { proved: true, failingSinceMs: null };
  const failingSinceMs = before?.failingSinceMs ?? atMs;
  const proved = before?.proved === true && atMs - failingSinceMs < DOUBT_MS;
  const same = before?.proved === proved && before.failingSinceMs === failingSinceMs;
  return same ? before : { proved, failingSinceMs };
}

/** A run of failures of a probe that is believed does not outlast a round in which the site was not known to be good. */
function afterBreak(probe: ProbeTrack | undefined): ProbeTrack | undefined {
  return probe?.proved === true && probe.failingSinceMs !== null ? { proved: true, failingSinceMs: null } : probe;
}

function ejectedInService(state: ServiceState, site: SiteObservation): number {
  const ejected = Object.values(state.health.ejected).filter(isExpected);
  // The group knows instances, not addresses.
  const byInstance = site.targets?.known === true && site.targets.value.targetType === 'instance';
  if (!byInstance || site.fleet?.known !== true) return ejected.length;
  const { instances } = site.fleet.value;
  return ejected.filter(({ id }) => instances.some((i) => i.id === id && i.lifecycle === 'InService')).length;
}

/** The servers behind the targets that are counted; one that serves on several ports is one. */
function serversBehind(targets: readonly TargetView[], isCounted: (target: TargetView) => boolean): number {
  return new Set(targets.filter(isCounted).map(({ id }) => id)).size;
}

/** What this observation says of one site. */
export function siteHealth(state: ServiceState, obs: Observation, name: SiteName): SiteHealth {
  const site = name === 'primary' ? obs.primary : obs.secondary;
  const answer = site?.probe?.known === true ? site.probe.value : null;
  // A probe that cannot reach a good site, as through a firewall, fails in every outage of an API as well.
  const probe = answer === false && state.failover[name].probe?.proved !== true ? 'doubted' : answer;
  if (site?.targets?.known !== true) return { known: false, healthy: 0, servers: 0, total: 0, percent: 0, probe };
  const { ejected } = state.health;
  // Keys are new texts in each reading, which makes looking them up dear: not where there is nothing to be found.
  const anyOurs = name === 'primary' && Object.keys(ejected).length > 0;
  const { targets } = site.targets.value;
  const isOurs = (target: TargetView): boolean => anyOurs && target.key in ejected;
  let healthy = 0;
  let failing = 0;
  // Nearly always all have the same port, and then each is a server: their ids are not compared in every round.
  let onePort = true;
  for (const target of targets) {
    if (isOurs(target)) continue;
    const kind = classify(target, false);
    if (kind === 'healthy') healthy += 1;
    else if (kind === 'failing') failing += 1;
    onePort &&= target.port === targets[0]?.port;
  }
  const servers = onePort ? healthy : serversBehind(targets, (t) => !isOurs(t) && classify(t, false) === 'healthy');
  const total = healthy + failing + (name === 'primary' ? ejectedInService(state, site) : 0);
  return { known: true, healthy, servers, total, percent: total === 0 ? 0 : (100 * healthy) / total, probe };
}

/** At or above the threshold, with somebody there to serve. */
function passes({ trip }: FailoverPolicy, now: SiteHealth): boolean {
  return now.healthy > 0 && now.percent >= trip.healthyPercentBelow;
}

function trackSite(policy: FailoverPolicy, before: SiteTrack, now: SiteHealth, atMs: number): SiteTrack {
  const { trip } = policy;
  if (!now.known) {
    const missing = Math.min(before.missing + 1, Math.max(trip.missingRounds, GAP_INTERVALS + 1));
    if (missing === before.missing) return before;
    // A run of bad rounds does not outlast a hole in the evidence.
    return { ...before, missing, bad: missing > GAP_INTERVALS ? 0 : before.bad, probe: afterBreak(before.probe) };
  }
  const good = passes(policy, now);
  const next: SiteTrack = {
    good: good ? Math.min(trip.rounds, before.good + 1) : 0,
    // Not the opposite of good: with a threshold of 0 no share is below it, and an empty site is neither.
    bad: now.percent < trip.healthyPercentBelow ? Math.min(trip.rounds, before.bad + 1) : 0,
    missing: 0,
    goodSinceMs: good ? (before.goodSinceMs ?? atMs) : null,
    lastHealthy: now.servers,
    probe: good ? probeAfter(before.probe, now.probe, atMs) : afterBreak(before.probe),
  };
  return (Object.keys(next) as (keyof SiteTrack)[]).every((k) => next[k] === before[k]) ? before : next;
}

export interface Sites {
  readonly primary: SiteHealth;
  readonly secondary: SiteHealth;
}

/** Moves both sites' counters by one round, if `atMs` is one; the same objects when nothing moved. */
export function trackSites(
  policy: Policy,
  failover: FailoverPolicy,
  prev: FailoverState,
  pace: Pace,
  sites: Sites,
  atMs: number,
): { failover: FailoverState; pace: Pace } {
  const intervalMs = intervalMsOf(policy);
  const kind = roundKind(pace.failoverMs, atMs, intervalMs);
  if (kind === 'again') return { failover: prev, pace };
  const track = (name: SiteName): SiteTrack => {
    const before = prev[name];
    const gone = before.good > 0 && atMs - pace.goodMs[name] > GAP_INTERVALS * intervalMs;
    const kept =
      kind === 'afterGap'
        ? { ...before, good: 0, bad: 0, missing: 0, goodSinceMs: null, probe: afterBreak(before.probe) }
        : before;
    return trackSite(failover, gone ? { ...kept, good: 0, goodSinceMs: null } : kept, sites[name], atMs);
  };
  const primary = track('primary');
  const secondary = track('secondary');
  const goodMs = {
    primary: primary.good > 0 && sites.primary.known ? atMs : pace.goodMs.primary,
    secondary: secondary.good > 0 && sites.secondary.known ? atMs : pace.goodMs.secondary,
  };
  const same = primary === prev.primary && secondary === prev.secondary;
  return { failover: same ? prev : { ...prev, primary, secondary }, pace: { ...pace, failoverMs: atMs, goodMs } };
}

/**
 * At or above the threshold for `rounds` rounds, on evidence at most two intervals old. A cycle between two rounds moves
 * no counter, so what it reads itself must not speak against it.
 */
export function isGood(
  policy: Policy,
  failover: FailoverPolicy,
  state: ServiceState,
  sites: Sites,
  name: SiteName,
  nowMs: number,
): boolean {
  if (sites[name].known && !passes(failover, sites[name])) return false;
  const fresh = Math.abs(nowMs - state.pace.goodMs[name]) <= EVIDENCE_INTERVALS * intervalMsOf(policy);
  return fresh && state.failover[name].good >= failover.trip.rounds;
}

/** Below the threshold for its rounds and in this one; or missing for `missingRounds` rounds and its probe fails now. */
export function isBad(failover: FailoverPolicy, track: SiteTrack, now: SiteHealth): boolean {
  if (now.known) return track.bad >= failover.trip.rounds && !passes(failover, now);
  return track.missing >= failover.trip.missingRounds && now.probe === false;
}

/** None healthy, or missing with a failing probe. */
export function isLost(now: SiteHealth): boolean {
  return now.known ? now.healthy === 0 : now.probe === false;
}
