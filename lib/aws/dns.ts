/** Record sets over the Route 53 API. */
import type { Change, ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
} from '@aws-sdk/client-route-53';
import type { RecordSet } from '../core/model.ts';
import type { DnsPort } from '../ports.ts';
import { calling, present } from './errors.ts';

/** The types whose answers are addresses, or lead to them. */
const ADDRESS_TYPES = new Set(['A', 'AAAA', 'CNAME']);

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeBatch.html */
const LONGEST_COMMENT = 256;

/**
 * One spelling for a name. Route 53 answers in small letters, with a dot at the end and with `\052` for an asterisk and
 * the like for all but letters, digits, hyphen and underscore:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
 */
function normalName(name: string): string {
  return name
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\.$/, '')
    .toLowerCase();
}

function routingOf(set: ResourceRecordSet): RecordSet['routing'] {
  // A traffic policy's records cannot be changed by themselves:
  // https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (TrafficPolicyInstanceId)
  if (set.TrafficPolicyInstanceId !== undefined) return 'other';
  if (set.SetIdentifier === undefined) return 'simple';
  return set.Weight === undefined ? 'other' : 'weighted';
}

function recordSet(set: ResourceRecordSet): RecordSet {
  return {
    type: present(set.Type, 'Type'),
    setIdentifier: set.SetIdentifier,
    weight: set.Weight,
    ttlSeconds: set.TTL,
    routing: routingOf(set),
    raw: { ...set },
  };
}

/** Reads on from `name` for as long as the sets bear it: the list is sorted by name, and it has no SDK paginator. */
async function readSets(client: Route53Client, hostedZoneId: string, name: string): Promise<RecordSet[]> {
  const wanted = normalName(name);
  const sets: RecordSet[] = [];
  let start: {
    StartRecordName?: string | undefined;
    StartRecordType?: ResourceRecordSet['Type'];
    StartRecordIdentifier?: string | undefined;
  } = { StartRecordName: name };
  for (;;) {
    const page = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: hostedZoneId, ...start }));
    for (const set of present(page.ResourceRecordSets, 'ResourceRecordSets')) {
      if (normalName(set.Name ?? '') === wanted && ADDRESS_TYPES.has(set.Type ?? '')) sets.push(recordSet(set));
    }
    if (page.IsTruncated !== true || normalName(page.NextRecordName ?? '') !== wanted) return sets;
    start = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
}

/**
 * What must never be sent, whoever asks: a weight for a set that has none, and a type of which every weight is zero,
 * for then "traffic is routed to all resources with equal probability", the failed site's included:
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
 * @throws Error for either: the caller has a bug.
 */
function checkWeights(sets: readonly RecordSet[], weights: Readonly<Record<string, number>>): void {
  const total = new Map<string, number>();
  for (const set of sets) {
    if (set.routing !== 'weighted') throw new Error(`refused to move a record set with ${set.routing} routing`);
    total.set(set.type, (total.get(set.type) ?? 0) + newWeight(set, weights));
  }
  if (total.size === 0) throw new Error('refused to move a name that has no record sets');
  for (const [type, sum] of total) {
    if (sum === 0) throw new Error(`refused to set the weight of every ${type} record set to zero`);
  }
  const identifiers = new Set(sets.map((set) => set.setIdentifier));
  const stranger = Object.keys(weights).find((identifier) => !identifiers.has(identifier));
  if (stranger !== undefined) throw new Error(`refused to weight ${stranger}: no record set has this identifier`);
}

function newWeight(set: RecordSet, weights: Readonly<Record<string, number>>): number {
  return weights[set.setIdentifier ?? ''] ?? set.weight ?? 0;
}

/**
 * All deletions first, so that no creation meets its own predecessor. A set that keeps its weight is deleted and created
 * too: so the batch fails unless every set of the name is still as it was observed.
 */
function changesOf(sets: readonly RecordSet[], weights: Readonly<Record<string, number>>): Change[] {
  const raws = sets.map((set) => ({ set, raw: set.raw as unknown as ResourceRecordSet }));
  return [
    ...raws.map(({ raw }): Change => ({ Action: 'DELETE', ResourceRecordSet: raw })),
    ...raws.map(
      ({ set, raw }): Change => ({
        Action: 'CREATE',
        ResourceRecordSet: { ...raw, Weight: newWeight(set, weights) },
      }),
    ),
  ];
}

/** @param client the Route 53 client; the service is one for all regions. */
export function awsDns(client: () => Route53Client): DnsPort {
  return {
    read: (hostedZoneId, name) =>
      calling(`read the record sets of ${name}`, async () => ({ sets: await readSets(client(), hostedZoneId, name) })),

    move: (hostedZoneId, sets, weights, comment) =>
      calling(`change record sets in ${hostedZoneId}`, async () => {
        checkWeights(sets, weights);
        const batch = { Comment: comment.slice(0, LONGEST_COMMENT), Changes: changesOf(sets, weights) };
        const input = { HostedZoneId: hostedZoneId, ChangeBatch: batch };
        const answer = await client().send(new ChangeResourceRecordSetsCommand(input));
        const id = present(present(answer.ChangeInfo, 'ChangeInfo').Id, 'ChangeInfo.Id');
        return { changeId: id.replace(/^\/change\//, '') };
      }),

    changeStatus: (changeId) =>
      calling(`read the state of DNS change ${changeId}`, async () => {
        const answer = await client().send(new GetChangeCommand({ Id: changeId }));
        return present(present(answer.ChangeInfo, 'ChangeInfo').Status, 'ChangeInfo.Status');
      }),
  };
}
