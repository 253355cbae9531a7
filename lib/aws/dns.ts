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
      if (normalName(present(set.Name, 'Name')) === wanted && ADDRESS_TYPES.has(present(set.Type, 'Type')))
        sets.push(recordSet(set));
    }
    if (page.IsTruncated !== true || normalName(present(page.NextRecordName, 'NextRecordName')) !== wanted) return sets;
    start = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
}

interface Move {
  readonly type: string;
  readonly identifier: string;
  readonly weight: number;
  /** As Route 53 gave it. */
  readonly before: ResourceRecordSet;
}

/**
 * Every set with the weight that it is to have: its new one, or the one it has.
 * What must never be sent is refused, whoever asks: a set that has no weight; a weight for a set that is not there; and
 * a type of which every weight is zero, for then "traffic is routed to all resources with equal probability", the failed
 * site's included: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
 * @throws Error for each of them: the caller has a bug.
 */
function movesOf(sets: readonly RecordSet[], weights: Readonly<Record<string, number>>): Move[] {
  const moves = sets.map(({ type, routing, setIdentifier: identifier, weight, raw }): Move => {
    if (routing !== 'weighted' || identifier === undefined || weight === undefined) {
      throw new Error(`refused to move a record set with ${routing} routing; expected only weighted ones`);
    }
    return { type, identifier, weight: weights[identifier] ?? weight, before: raw as unknown as ResourceRecordSet };
  });
  if (moves.length === 0) throw new Error('refused to move a name that has no record sets');
  for (const { type } of moves) {
    const all = moves.filter((move) => move.type === type);
    if (all.every((move) => move.weight === 0)) {
      throw new Error(`refused to set the weight of every ${type} record set to zero`);
    }
  }
  const stranger = Object.keys(weights).find((name) => moves.every(({ identifier }) => identifier !== name));
  if (stranger !== undefined) throw new Error(`refused to weight ${stranger}: no record set has this identifier`);
  return moves;
}

/**
 * All deletions first, so that no creation meets its own predecessor. A set that keeps its weight is deleted and created
 * too: so the batch fails unless every set of the name is still as it was observed.
 */
function changesOf(moves: readonly Move[]): Change[] {
  return [
    ...moves.map(({ before }): Change => ({ Action: 'DELETE', ResourceRecordSet: before })),
    ...moves.map(
      ({ before, weight }): Change => ({ Action: 'CREATE', ResourceRecordSet: { ...before, Weight: weight } }),
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
        const batch = { Comment: comment.slice(0, LONGEST_COMMENT), Changes: changesOf(movesOf(sets, weights)) };
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
