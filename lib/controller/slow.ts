/** Readings that outlive a round, and when each is due again. */
import { SLOW_READING_MS } from '../core/interlocks.ts';
import type { DnsView, Reading, SiteName } from '../core/model.ts';
import type { Subject } from './subject.ts';

/** Slow readings (record, refresh, other scalers) are renewed after this time, so that they never get two minutes old. */
const SLOW_EVERY_MS = SLOW_READING_MS / 2;
/** Route 53 allows 5 requests a second for the whole account: at most this many are made for observing in one round. */
const RECORDS_PER_ROUND = 10;

/** One read of the scalers of several groups in a region, which may outlast the round that began it. */
export interface ScalersRead {
  readonly region: string;
  readonly atMs: number;
  readonly groups: ReadonlySet<string>;
  readonly answer: Promise<Reading<ReadonlyMap<string, readonly string[]>>>;
}

/** Twelve rounds a minute come to the probes of 240 services, more than one controller holds. */
const PROBES_PER_ROUND = 40;

interface Slow {
  refresh?: Reading<boolean>;
  scalers?: Reading<readonly string[]>;
  /** A read of the scalers that is under way, for this service and others. */
  scalersRead?: ScalersRead | undefined;
  dns?: Reading<DnsView>;
  /** The record was found to be other than `dns` says: it is read again. */
  doubtful?: boolean;
  /** When Route 53 was last asked what became of our change. */
  changeAskedMs?: number;
  /** When each site was last probed. */
  probedMs?: Partial<Record<SiteName, number>>;
}

/** By service. Kept by the process, and lost with it. */
export type SlowReadings = Map<string, Slow>;

/** What is kept for a service; what is put into it stays. */
export function keptOf(slow: SlowReadings, service: string): Slow {
  const kept = slow.get(service) ?? {};
  slow.set(service, kept);
  return kept;
}

/** A move met a record that is not what it was taken for. Other refusals say nothing about the record. */
export function doubtRecord(slow: SlowReadings, service: string): void {
  keptOf(slow, service).doubtful = true;
}

/** Whether what was, or began to be, read at that time is to be read again. */
export function isStale({ atMs }: { readonly atMs: number }, nowMs: number): boolean {
  return nowMs - atMs >= SLOW_EVERY_MS;
}

/**
 * When this site was last probed. One that is good and of whose probe nothing is known, as after an edit of its URL, waits for
 * no minute: should the region be lost within it, nobody would know whether to believe the probe.
 */
function probedAt({ policy: { service }, state }: Subject, site: SiteName, slow: SlowReadings): number {
  const { good, probe } = state.failover[site];
  return probe === undefined && good > 0 ? 0 : (slow.get(service)?.probedMs?.[site] ?? 0);
}

/**
 * The sites, as `service/site`, that are probed in this round although nothing seems wrong, who waits longest first: only so it
 * is known whether a probe tells the truth when something is. All at once would time each other out.
 */
export function probesWanted(subjects: readonly Subject[], slow: SlowReadings, nowMs: number): ReadonlySet<string> {
  const sites = subjects.flatMap((subject) => {
    const { service, failover } = subject.policy;
    if (failover === undefined) return [];
    return (['primary', 'secondary'] as const)
      .filter((site) => failover[site].probe !== undefined)
      .map((site) => ({ key: `${service}/${site}`, atMs: probedAt(subject, site, slow) }));
  });
  const due = sites.filter((site) => isStale(site, nowMs)).sort((a, b) => a.atMs - b.atMs);
  return new Set(due.slice(0, PROBES_PER_ROUND).map(({ key }) => key));
}

/** Whether a slow reading is to be renewed. */
export function isOld(reading: Reading<unknown> | undefined, nowMs: number): boolean {
  return reading?.known !== true || isStale(reading, nowMs);
}

/** Keeps the reading unless a later one, or any while this one is missing, is known already. */
export function keepScalers(kept: Slow, reading: Reading<readonly string[]>): void {
  const { scalers } = kept;
  if (scalers?.known !== true || (reading.known && reading.atMs >= scalers.atMs)) kept.scalers = reading;
}

/** Whether the record must be read now: once a minute, after our own change, while a move is unconfirmed or ordered. */
function isRecordDue({ policy, state }: Subject, kept: Slow, nowMs: number): boolean {
  if (policy.failover === undefined) return false;
  const { dns } = kept;
  if (dns === undefined || isOld(dns, nowMs) || kept.doubtful === true) return true;
  const { orders, pending, failover } = state;
  if (orders.move !== undefined || orders.adoptDns === true || dns.atMs < failover.weightsMs) return true;
  return pending.some((p) => p.action.kind === 'moveDns');
}

/** Whether the record may matter to what this cycle decides: something is wrong, was moved, or was ordered by a person. */
function mayMove({ policy, state: { orders, pending, failover } }: Subject): boolean {
  // One bad round is enough, and this may be it.
  if (policy.failover?.trip.rounds === 1) return true;
  const { primary, secondary, phase, change } = failover;
  if (primary.bad + secondary.bad + primary.missing + secondary.missing > 0 || phase !== 'primary' || change !== null)
    return true;
  return pending.length > 0 || Object.values(orders).some((order) => order !== undefined);
}

/** Names of services. */
export interface RecordsWanted {
  /** Whose record is read. */
  readonly records: ReadonlySet<string>;
  /** Whose own change is asked about. */
  readonly changes: ReadonlySet<string>;
}

/**
 * What Route 53 is asked in this round: who waits longest comes first, and before that whoever may have to move.
 * @param onlyMoving an alarm wakes a process that knows no record, and the loop needs what Route 53 answers a second.
 */
export function recordsWanted(
  subjects: readonly Subject[],
  slow: SlowReadings,
  nowMs: number,
  onlyMoving: boolean,
): RecordsWanted {
  const kept = ({ policy }: Subject): Slow => slow.get(policy.service) ?? {};
  const first = (of: readonly Subject[], count: number): Set<string> =>
    new Set(of.slice(0, count).map((s) => s.policy.service));
  const moving = subjects
    .filter(({ state }) => (state.failover.change?.id ?? null) !== null)
    .sort((a, b) => (kept(a).changeAskedMs ?? 0) - (kept(b).changeAskedMs ?? 0));
  const changes = first(moving, RECORDS_PER_ROUND / 2);
  const urgent = ({ state }: Subject): number =>
    state.failover.primary.bad + state.failover.secondary.bad > 0 ? 0 : 1;
  const due = subjects
    .filter((s) => isRecordDue(s, kept(s), nowMs) && (!onlyMoving || mayMove(s)))
    .sort((a, b) => urgent(a) - urgent(b) || (kept(a).dns?.atMs ?? 0) - (kept(b).dns?.atMs ?? 0));
  return { changes, records: first(due, RECORDS_PER_ROUND - changes.size) };
}
