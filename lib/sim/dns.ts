/** Hosted zones: record sets, change batches and what the name servers answer by. */
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { InvalidChangeBatch } from '@aws-sdk/client-route-53';
import type { Account, DnsChange, HostedZone } from './account.ts';
import { normalName, recordedName } from './names.ts';
import { metadata } from './operations.ts';
import { reconsider } from './resolvers.ts';

/**
 * Route 53 lists sets by the name's labels from the right, then by type and identifier:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
 */
export function orderKey(name: string, type = '', setIdentifier = ''): string {
  const labels = normalName(name).split('.').reverse().join('\u0001');
  return `${labels}\u0000${type}\u0000${setIdentifier}`;
}

const keyOf = (set: ResourceRecordSet): string => orderKey(set.Name ?? '', set.Type, set.SetIdentifier);

export function inOrder(sets: readonly ResourceRecordSet[]): readonly ResourceRecordSet[] {
  const key = new Map(sets.map((set) => [set, keyOf(set)]));
  return [...sets].sort((a, b) => ((key.get(a) ?? '') < (key.get(b) ?? '') ? -1 : 1));
}

/** A set's fields in one order, names normalised, so that equal sets are equal texts. */
function fingerprint(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fingerprint);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.map(([name, field]) => [
    name,
    (name === 'Name' || name === 'DNSName') && typeof field === 'string' ? normalName(field) : fingerprint(field),
  ]);
}

const same = (a: ResourceRecordSet, b: ResourceRecordSet): boolean =>
  JSON.stringify(fingerprint(a)) === JSON.stringify(fingerprint(b));

function label(set: ResourceRecordSet): string {
  const identifier = set.SetIdentifier === undefined ? '' : `, set identifier='${set.SetIdentifier}'`;
  return `[name='${recordedName(set.Name ?? '')}', type='${set.Type}'${identifier}]`;
}

/** Applies one change to `sets`; what is wrong with it in Route 53's words, or `null`. */
function applyChange(sets: Map<string, ResourceRecordSet>, change: Change): string | null {
  const given = change.ResourceRecordSet;
  if (given === undefined) return 'Invalid XML ; a change has no ResourceRecordSet';
  const key = keyOf(given);
  const present = sets.get(key);
  if (change.Action === 'DELETE') {
    if (present === undefined) return `Tried to delete resource record set ${label(given)} but it was not found`;
    if (!same(present, given)) {
      return `Tried to delete resource record set ${label(given)} but the values provided do not match the current values`;
    }
    sets.delete(key);
    return null;
  }
  if (change.Action === 'CREATE' && present !== undefined) {
    return `Tried to create resource record set ${label(given)} but it already exists`;
  }
  sets.set(key, { ...given, Name: recordedName(given.Name ?? '') });
  return null;
}

/** Sets of one name and type have all an identifier, or there is only one and it has none. */
function mixed(sets: Map<string, ResourceRecordSet>): string | null {
  const simple = [...sets.values()].filter((set) => set.SetIdentifier === undefined);
  for (const set of simple) {
    const other = [...sets.values()].find(
      (one) => one !== set && one.Type === set.Type && normalName(one.Name ?? '') === normalName(set.Name ?? ''),
    );
    if (other !== undefined) {
      return `RRSet of type ${set.Type} with DNS name ${set.Name} cannot be created as weighted sets exist with the same name and type`;
    }
  }
  return null;
}

/** Weight by set identifier, of the sets that bear `name` and are weighted. */
export function weightsOf(sets: readonly ResourceRecordSet[], name: string): Record<string, number> {
  const wanted = normalName(name);
  const weights: Record<string, number> = {};
  for (const set of sets) {
    if (set.Weight === undefined || set.SetIdentifier === undefined) continue;
    if (normalName(set.Name ?? '') === wanted) weights[set.SetIdentifier] = set.Weight;
  }
  return weights;
}

function insync(account: Account, zone: HostedZone, change: DnsChange, served: HostedZone['served']): void {
  zone.served = served;
  const atMs = account.clock.nowMs();
  const base = { kind: 'dns-insync' as const, atMs, changeId: change.id, name: change.name };
  account.history.append({ ...base, weights: weightsOf(served, change.name) });
  for (const service of account.services.values()) {
    if (service.policy.failover?.hostedZoneId === zone.id) reconsider(account, service);
  }
}

/**
 * Makes all of the changes or none of them. The API shows them at once. Name servers all answer by them when the change
 * is INSYNC, "designed … within 60 seconds under normal conditions" (https://aws.amazon.com/route53/faqs/); until then the
 * simulator takes the worst case, in which every one of them still gives the old answer.
 * @throws InvalidChangeBatch naming everything that is wrong.
 */
export function changeSets(
  account: Account,
  zone: HostedZone,
  changes: readonly Change[],
  comment: string | undefined,
): DnsChange {
  const sets = new Map(zone.recorded.map((set) => [keyOf(set), set]));
  const wrong = changes.map((change) => applyChange(sets, change)).filter((text) => text !== null);
  const conflict = wrong.length === 0 ? mixed(sets) : null;
  if (conflict !== null) wrong.push(conflict);
  if (wrong.length > 0) {
    throw new InvalidChangeBatch({ message: `[${wrong.join(', ')}]`, $metadata: metadata(400) });
  }
  const nowMs = account.clock.nowMs();
  // Changes take effect in the order in which they were made.
  zone.lastInsyncMs = Math.max(zone.lastInsyncMs, nowMs + account.delays.insyncMs);
  const number = account.changes.size;
  const change: DnsChange = {
    id: `C${account.random.fork(`change/${number}`).hex(13).toUpperCase()}`,
    name: recordedName(changes[0]?.ResourceRecordSet?.Name ?? ''),
    submittedMs: nowMs,
    insyncMs: zone.lastInsyncMs,
    comment,
  };
  account.changes.set(change.id, change);
  const served = inOrder([...sets.values()]);
  zone.recorded = served;
  const base = { kind: 'dns-change' as const, atMs: nowMs, changeId: change.id, name: change.name };
  account.history.append({ ...base, weights: weightsOf(served, change.name) });
  account.clock.at(change.insyncMs, () => insync(account, zone, change, served));
  return change;
}
