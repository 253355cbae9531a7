/** Reads the world for all services of a round, batched: nothing is read twice, and one region's trouble stays its own. */
import { drillOn, groupUnder, type LiveDrill } from '../core/live-drill.ts';
import type { FleetView, Observation, Policy, Reading, SiteName, SiteObservation } from '../core/model.ts';
import { placeOf } from '../core/target-reads.ts';
import type { ControllerItems, Ports } from '../ports.ts';
import { type Attempt, notRead, once, pick, reader } from './reading.ts';
import { type ReadScalers, scalerReader } from './scalers.ts';
import { signalReader } from './signals.ts';
import {
  isOld,
  keepScalers,
  keptOf,
  probesWanted,
  type RecordsWanted,
  recordsWanted,
  type SlowReadings,
} from './slow.ts';
import type { Subject } from './subject.ts';

const PROBE_TIMEOUT_MS = 1500;

/** Reads for one service; what several services need is shared. */
export type Observe = (subject: Subject) => Promise<Observed>;

/** What one service looks like, and the live drill that has made it look so; `null`: it looks as it is. */
export interface Observed {
  readonly observation: Observation;
  readonly drill: LiveDrill | null;
}

function fleetsWanted(subjects: readonly Subject[]): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  const add = (region: string, name: string | undefined): void => {
    if (name === undefined) return;
    wanted.set(region, (wanted.get(region) ?? new Set()).add(name));
  };
  for (const { policy } of subjects) {
    add(policy.region, policy.fleet?.autoScalingGroup);
    if (policy.failover !== undefined)
      add(policy.failover.secondary.region, policy.failover.secondary.autoScalingGroup);
  }
  return wanted;
}

/** The observation under this drill. It is about one service: another on the same target group sees it as it is. */
function observedUnder(drill: LiveDrill | null, observation: Observation): Observed {
  const { primary } = observation;
  const targets = primary.targets;
  if (drill === null || targets?.known !== true) return { observation, drill: null };
  const value = groupUnder(drill, targets.value);
  if (value === targets.value) return { observation, drill: null };
  return { drill, observation: { ...observation, primary: { ...primary, targets: { ...targets, value } } } };
}

/** When a round's reads are made. */
interface Timing {
  readonly roundMs: number;
  /** What has not answered by then counts as missing. */
  readonly cutMs: number;
  /** The loop's rounds are many; an alarm and a person wait for no probe that nothing hangs on. Who only looks sees all else. */
  readonly by: 'loop' | 'look' | 'alarm or order';
}

/** Prepares one round's reads for these services. `budget` comes with the state. */
export function observer(
  ports: Ports,
  subjects: readonly Subject[],
  slow: SlowReadings,
  items: ControllerItems,
  { roundMs, cutMs, by }: Timing,
): Observe {
  const startMs = ports.clock.nowMs();
  const attempt = reader(ports.clock, cutMs);
  const fleetNames = fleetsWanted(subjects);
  const dns = recordsWanted(subjects, slow, startMs, by === 'alarm or order');
  const fleets = once((region: string) =>
    attempt(() => ports.fleet.describe(region, [...(fleetNames.get(region) ?? [])])),
  );
  const groups = once((key: string) => {
    const [region = '', targetGroup = ''] = key.split('|');
    return attempt(() => ports.targets.describe(region, targetGroup));
  });
  const signals = signalReader(ports, attempt, subjects, startMs);
  const scalers = scalerReader({ ports, attempt, subjects, slow, startMs, fleets });
  const budget: Observation['budget'] =
    items.budget === null
      ? { known: false, atMs: startMs, why: 'unavailable' }
      : { known: true, atMs: startMs, value: items.budget };
  const probes = by === 'loop' ? probesWanted(subjects, slow, startMs) : new Set<string>();
  const reads: Reads = {
    ports,
    attempt,
    fleets,
    groups,
    signals,
    scalers,
    slow,
    probes,
    ...dns,
    startMs,
    roundMs,
    budget,
  };
  return async (subject) => {
    const observation = await observeOne(reads, subject);
    return observedUnder(drillOn(items.drill, subject.policy, subject.state, startMs), observation);
  };
}

type FleetMap = Reading<ReadonlyMap<string, FleetView>>;

interface Reads extends RecordsWanted {
  readonly ports: Ports;
  readonly attempt: Attempt;
  readonly fleets: (region: string) => Promise<FleetMap>;
  readonly groups: (key: string) => Promise<NonNullable<SiteObservation['targets']>>;
  readonly signals: (subject: Subject) => Promise<Observation['signals']>;
  readonly scalers: ReadScalers;
  readonly slow: SlowReadings;
  /** Of which sites a probe is due, as `service/site`. */
  readonly probes: ReadonlySet<string>;
  readonly startMs: number;
  readonly roundMs: number;
  readonly budget: Observation['budget'];
}

/**
 * A probe is made once a minute of the loop, to know whether it can be believed, and in each round in which the site may have
 * to be judged by it: its last round was missing already, or one missing round is enough.
 */
function isProbeDue({ policy, state }: Subject, site: SiteName, { probes }: Reads): boolean {
  if (state.failover[site].missing > 0 || policy.failover?.trip.missingRounds === 1) return true;
  return probes.has(`${policy.service}/${site}`);
}

async function observeSite(reads: Reads, subject: Subject, site: SiteName): Promise<SiteObservation> {
  const { policy } = subject;
  const { region, targetGroup, group: name, probe: url } = placeOf(policy, site);
  const probe = async (): Promise<Reading<boolean>> => {
    if (url === undefined || !isProbeDue(subject, site, reads)) return notRead(reads.startMs);
    const kept = keptOf(reads.slow, policy.service);
    kept.probedMs = { ...kept.probedMs, [site]: reads.startMs };
    return reads.attempt(() => reads.ports.probe.probe(url, PROBE_TIMEOUT_MS));
  };
  const [fleets, targets, probed] = await Promise.all([
    name === undefined ? undefined : reads.fleets(region),
    targetGroup === undefined ? undefined : reads.groups(`${region}|${targetGroup}`),
    url === undefined ? undefined : probe(),
  ]);
  const fleet = fleets === undefined || name === undefined ? undefined : pick(fleets, name);
  return { fleet, targets, probe: probed };
}

/** Renews one slow reading if it is due; a failed renewal leaves the old value, whose age tells the rest. */
function renew<T>(
  known: Reading<T> | undefined,
  due: boolean,
  read: () => Promise<Reading<T>>,
): Reading<T> | Promise<Reading<T>> {
  if (!due && known !== undefined) return known;
  return read().then((fresh) => (fresh.known || known?.known !== true ? fresh : known));
}

async function observeSlow(
  reads: Reads,
  { policy, state }: Subject,
): Promise<Pick<Observation, 'refresh' | 'scalers' | 'dns' | 'dnsChange'>> {
  const { startMs, attempt, ports } = reads;
  const kept = keptOf(reads.slow, policy.service);
  const group = policy.fleet?.autoScalingGroup;
  const { failover } = policy;
  const changeId = state.failover.change?.id ?? null;
  const isAsked = reads.changes.has(policy.service);
  const record =
    failover === undefined
      ? undefined
      : () => attempt(() => ports.dns.read(failover.hostedZoneId, failover.record.name));
  const [refresh, scalers, dns, dnsChange] = await Promise.all([
    group === undefined
      ? undefined
      : renew(kept.refresh, isOld(kept.refresh, startMs), () =>
          attempt(() => ports.fleet.isRefreshing(policy.region, group)),
        ),
    group === undefined || policy.scaling === undefined
      ? undefined
      : renew(kept.scalers, isOld(kept.scalers, startMs), () => reads.scalers(policy.region, group)),
    record === undefined ? undefined : renew(kept.dns ?? notRead(startMs), reads.records.has(policy.service), record),
    changeId === null ? undefined : isAsked ? attempt(() => ports.dns.changeStatus(changeId)) : notRead(startMs),
  ]);
  if (refresh !== undefined) kept.refresh = refresh;
  if (scalers !== undefined) keepScalers(kept, scalers);
  if (dns !== undefined) {
    if (dns !== kept.dns && dns.known) kept.doubtful = false;
    kept.dns = dns;
  }
  if (isAsked) kept.changeAskedMs = startMs;
  return { refresh, scalers, dns, dnsChange };
}

async function observeOne(reads: Reads, subject: Subject): Promise<Observation> {
  const [primary, secondary, signals, slow] = await Promise.all([
    observeSite(reads, subject, 'primary'),
    subject.policy.failover === undefined ? undefined : observeSite(reads, subject, 'secondary'),
    reads.signals(subject),
    observeSlow(reads, subject),
  ]);
  return { roundMs: reads.roundMs, primary, secondary, signals, ...slow, budget: reads.budget };
}

/** The parts of an observation that are missing and were asked for, for the answer to the caller. */
export function missingParts(policy: Policy, obs: Observation): string[] {
  const missing: string[] = [];
  const look = (name: string, reading: Reading<unknown> | undefined): void => {
    if (reading !== undefined && !reading.known && reading.why !== 'not-read') missing.push(`${name}: ${reading.why}`);
  };
  look('primary.fleet', obs.primary.fleet);
  look('primary.targets', obs.primary.targets);
  look('primary.probe', obs.primary.probe);
  look('secondary.fleet', obs.secondary?.fleet);
  look('secondary.targets', obs.secondary?.targets);
  look('secondary.probe', obs.secondary?.probe);
  look('refresh', obs.refresh);
  look('scalers', obs.scalers);
  look('dns', obs.dns);
  look('dnsChange', obs.dnsChange);
  obs.signals.forEach((reading, i) => {
    look(`signal ${policy.scaling?.signals[i]?.name ?? i}`, reading);
  });
  return missing;
}
