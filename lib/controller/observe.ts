/** Reads the world for all services of a round, batched: nothing is read twice, and one region's trouble stays its own. */
import { SLOW_READING_MS } from '../core/interlocks.ts';
import type {
  DnsView,
  FleetView,
  Observation,
  Policy,
  Reading,
  SiteName,
  SiteObservation,
  SitePolicy,
} from '../core/model.ts';
import type { ControllerItems, Ports } from '../ports.ts';
import { type Attempt, notRead, once, pick, reader } from './reading.ts';
import { signalReader } from './signals.ts';
import type { Subject } from './subject.ts';

/** Slow readings (record, refresh, other scalers) are renewed after this time, so that they never get two minutes old. */
const SLOW_EVERY_MS = SLOW_READING_MS / 2;
/** Route 53 allows 5 requests a second for the whole account: at most this many records are read in one round. */
const RECORDS_PER_ROUND = 10;
const PROBE_TIMEOUT_MS = 1500;

interface Slow {
  refresh?: Reading<boolean>;
  scalers?: Reading<readonly string[]>;
  dns?: Reading<DnsView>;
}

/** Readings that outlive a round, by service. Kept by the process, and lost with it. */
export type SlowReadings = Map<string, Slow>;

/** Reads for one service; what several services need is shared. */
export type Observe = (subject: Subject) => Promise<Observation>;

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

const isOld = (reading: Reading<unknown> | undefined, nowMs: number): boolean =>
  reading?.known !== true || nowMs - reading.atMs >= SLOW_EVERY_MS;

/** Whether the record must be read now: once a minute, after our own change, and while a move is unconfirmed. */
function isRecordDue({ policy, state }: Subject, slow: SlowReadings, nowMs: number): boolean {
  if (policy.failover === undefined) return false;
  const known = slow.get(policy.service)?.dns;
  if (isOld(known, nowMs) || known === undefined) return true;
  const unconfirmed = state.pending.some((p) => p.action.kind === 'moveDns');
  return (
    unconfirmed ||
    known.atMs <= state.failover.weightsMs ||
    state.orders.move !== undefined ||
    state.orders.adoptDns === true
  );
}

function recordsWanted(subjects: readonly Subject[], slow: SlowReadings, nowMs: number): Set<string> {
  const due = subjects.filter((s) => isRecordDue(s, slow, nowMs));
  const age = (s: Subject): number => slow.get(s.policy.service)?.dns?.atMs ?? 0;
  const urgent = (s: Subject): number => (s.state.failover.primary.bad + s.state.failover.secondary.bad > 0 ? 0 : 1);
  due.sort((a, b) => urgent(a) - urgent(b) || age(a) - age(b));
  return new Set(due.slice(0, RECORDS_PER_ROUND).map((s) => s.policy.service));
}

/**
 * Prepares one round's reads for these services. `budget` comes with the state; `cutMs` is when what has not
 * answered counts as missing.
 */
export function observer(
  ports: Ports,
  subjects: readonly Subject[],
  slow: SlowReadings,
  items: ControllerItems,
  roundMs: number,
  cutMs: number,
): Observe {
  const startMs = ports.clock.nowMs();
  const attempt = reader(ports.clock, cutMs);
  const fleetNames = fleetsWanted(subjects);
  const records = recordsWanted(subjects, slow, startMs);
  const fleets = once((region: string) =>
    attempt(() => ports.fleet.describe(region, [...(fleetNames.get(region) ?? [])])),
  );
  const groups = once((key: string) => {
    const [region = '', targetGroup = ''] = key.split('|');
    return attempt(() => ports.targets.describe(region, targetGroup));
  });
  const signals = signalReader(ports, attempt, subjects, startMs);
  const scalers = once(async (region: string) => {
    const known = await fleets(region);
    const due = subjects.filter(
      (s) => s.policy.region === region && isOld(slow.get(s.policy.service)?.scalers, startMs),
    );
    const names = new Set(due.map((s) => s.policy.fleet?.autoScalingGroup));
    const views = known.known ? [...known.value.values()].filter((f) => names.has(f.name)) : [];
    return attempt(() => ports.fleet.otherScalers(region, views));
  });
  const budget: Reading<ControllerItems['budget']> = { known: true, atMs: startMs, value: items.budget };
  return (subject) =>
    observeOne({ ports, attempt, fleets, groups, signals, scalers, slow, records, startMs, roundMs, budget }, subject);
}

type FleetMap = Reading<ReadonlyMap<string, FleetView>>;

interface Reads {
  readonly ports: Ports;
  readonly attempt: Attempt;
  readonly fleets: (region: string) => Promise<FleetMap>;
  readonly groups: (key: string) => Promise<NonNullable<SiteObservation['targets']>>;
  readonly signals: (subject: Subject) => Promise<Observation['signals']>;
  readonly scalers: (region: string) => Promise<Reading<ReadonlyMap<string, readonly string[]>>>;
  readonly slow: SlowReadings;
  readonly records: ReadonlySet<string>;
  readonly startMs: number;
  readonly roundMs: number;
  readonly budget: Observation['budget'];
}

/** A probe is worth its request only when the site may have to be judged by it: its last round was missing already, or one missing round is enough. */
function isProbeDue({ policy, state }: Subject, site: SiteName): boolean {
  return state.failover[site].missing > 0 || policy.failover?.trip.missingRounds === 1;
}

async function observeSite(reads: Reads, subject: Subject, site: SiteName): Promise<SiteObservation> {
  const { policy } = subject;
  const own: SitePolicy | undefined = policy.failover?.[site];
  const region = own?.region ?? policy.region;
  const targetGroup = own?.targetGroup ?? policy.health?.targetGroup;
  const name = site === 'primary' ? policy.fleet?.autoScalingGroup : policy.failover?.secondary.autoScalingGroup;
  const url = own?.probe;
  const probe = (): Promise<Reading<boolean>> =>
    url !== undefined && isProbeDue(subject, site)
      ? reads.attempt(() => reads.ports.probe.probe(url, PROBE_TIMEOUT_MS))
      : Promise.resolve(notRead(reads.startMs));
  const [fleets, targets, probed] = await Promise.all([
    name === undefined ? undefined : reads.fleets(region),
    targetGroup === undefined ? undefined : reads.groups(`${region}|${targetGroup}`),
    url === undefined ? undefined : probe(),
  ]);
  const fleet = fleets === undefined || name === undefined ? undefined : pick(fleets, name);
  return { fleet, targets, probe: probed };
}

/** Renews one slow reading if it is due; a failed renewal leaves the old value, whose age tells the rest. */
async function renew<T>(
  known: Reading<T> | undefined,
  due: boolean,
  read: () => Promise<Reading<T>>,
): Promise<Reading<T>> {
  if (!due && known !== undefined) return known;
  const fresh = await read();
  return fresh.known || known?.known !== true ? fresh : known;
}

async function observeSlow(
  reads: Reads,
  { policy, state }: Subject,
): Promise<Pick<Observation, 'refresh' | 'scalers' | 'dns' | 'dnsChange'>> {
  const { slow, startMs, attempt, ports } = reads;
  const kept: Slow = slow.get(policy.service) ?? {};
  slow.set(policy.service, kept);
  const group = policy.fleet?.autoScalingGroup;
  const { failover } = policy;
  const changeId = state.failover.change?.id ?? null;
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
      : renew(kept.scalers, isOld(kept.scalers, startMs), async () => pick(await reads.scalers(policy.region), group)),
    record === undefined ? undefined : renew(kept.dns ?? notRead(startMs), reads.records.has(policy.service), record),
    changeId === null ? undefined : attempt(() => ports.dns.changeStatus(changeId)),
  ]);
  if (refresh !== undefined) kept.refresh = refresh;
  if (scalers !== undefined) kept.scalers = scalers;
  if (dns !== undefined) kept.dns = dns;
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
  const parts: [string, Reading<unknown> | undefined][] = [
    ['primary.fleet', obs.primary.fleet],
    ['primary.targets', obs.primary.targets],
    ['primary.probe', obs.primary.probe],
    ['secondary.fleet', obs.secondary?.fleet],
    ['secondary.targets', obs.secondary?.targets],
    ['secondary.probe', obs.secondary?.probe],
    ['refresh', obs.refresh],
    ['scalers', obs.scalers],
    ['dns', obs.dns],
    ['dnsChange', obs.dnsChange],
    ...obs.signals.map((r, i): [string, Reading<unknown>] => [`signal ${policy.scaling?.signals[i]?.name ?? i}`, r]),
  ];
  return parts.flatMap(([name, r]) =>
    r === undefined || r.known || r.why === 'not-read' ? [] : [`${name}: ${r.why}`],
  );
}
