/** The Route 53 operations. */
import type {
  ChangeResourceRecordSetsCommandInput,
  GetChangeCommandInput,
  ListResourceRecordSetsCommandInput,
} from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  NoSuchChange,
  NoSuchHostedZone,
} from '@aws-sdk/client-route-53';
import type { Account, DnsChange, HostedZone } from './account.ts';
import { changeSets, orderKey } from './dns.ts';
import type { Call, Operation } from './operations.ts';
import { metadata, operationsOf, serviceError } from './operations.ts';

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html */
const LARGEST_PAGE = 300;

/**
 * "All requests: Five requests per second per AWS account. If you submit more than five requests per second, Route 53
 * returns an HTTP 400 error (Bad request)" with the code `Throttling` and the message "Rate exceeded":
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests
 */
const REQUESTS_PER_SECOND = 5;

/** Whether Route 53 refuses the request that reaches it now: five were let through within the second before it. */
export function exceedsRate({ route53Ms, clock }: Account): boolean {
  const nowMs = clock.nowMs();
  while (route53Ms[0] !== undefined && nowMs - route53Ms[0] >= 1000) route53Ms.shift();
  if (route53Ms.length >= REQUESTS_PER_SECOND) return true;
  route53Ms.push(nowMs);
  return false;
}

/** The SDK takes ids with and without their path, and sends them without. */
const bare = (id: string | undefined): string => (id ?? '').replace(/^\/(hostedzone|change)\//, '');

function zoneOf(call: Call, id: string | undefined): HostedZone {
  const zone = call.account.zones.get(bare(id));
  if (zone !== undefined) return zone;
  throw new NoSuchHostedZone({ message: `No hosted zone found with ID: ${bare(id)}`, $metadata: metadata(404) });
}

/**
 * "This action returns the most current version of the records. This includes records that are PENDING":
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
 */
function listSets(call: Call, input: ListResourceRecordSetsCommandInput) {
  const zone = zoneOf(call, input.HostedZoneId);
  if (input.StartRecordType !== undefined && input.StartRecordName === undefined) {
    throw serviceError('route53', 'InvalidInput', 'StartRecordType is specified but StartRecordName is not');
  }
  const sets = call.snapshot?.zones.get(zone) ?? zone.recorded;
  const start =
    input.StartRecordName === undefined
      ? ''
      : orderKey(input.StartRecordName, input.StartRecordType, input.StartRecordIdentifier);
  const from = sets.findIndex((set) => orderKey(set.Name ?? '', set.Type, set.SetIdentifier) >= start);
  const size = Math.min(input.MaxItems ?? LARGEST_PAGE, LARGEST_PAGE);
  const rest = from < 0 ? [] : sets.slice(from);
  const next = rest[size];
  return {
    // What is recorded is replaced, never changed: only the set itself is the caller's own.
    ResourceRecordSets: rest.slice(0, size).map((set) => ({ ...set })),
    IsTruncated: next !== undefined,
    MaxItems: size,
    ...(next === undefined
      ? {}
      : { NextRecordName: next.Name, NextRecordType: next.Type, NextRecordIdentifier: next.SetIdentifier }),
  };
}

function changeInfo(change: DnsChange, atMs: number) {
  return {
    ChangeInfo: {
      Id: `/change/${change.id}`,
      Status: atMs < change.insyncMs ? ('PENDING' as const) : ('INSYNC' as const),
      SubmittedAt: new Date(change.submittedMs),
      Comment: change.comment,
    },
  };
}

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (Weight) */
const LARGEST_WEIGHT = 255;
const isNoWeight = (weight: number): boolean => weight < 0 || weight > LARGEST_WEIGHT;

function change(call: Call, input: ChangeResourceRecordSetsCommandInput) {
  const zone = zoneOf(call, input.HostedZoneId);
  const batch = input.ChangeBatch;
  const weight = batch?.Changes?.map(({ ResourceRecordSet: set }) => set?.Weight ?? 0).find(isNoWeight);
  if (weight !== undefined) {
    throw serviceError('route53', 'InvalidInput', `Weight ${weight} is not between 0 and ${LARGEST_WEIGHT}`);
  }
  return changeInfo(changeSets(call.account, zone, batch?.Changes ?? [], batch?.Comment), call.readMs);
}

function getChange(call: Call, input: GetChangeCommandInput) {
  const found = call.account.changes.get(bare(input.Id));
  if (found !== undefined) return changeInfo(found, call.readMs);
  throw new NoSuchChange({ message: `A change with ID ${bare(input.Id)} doesn't exist.`, $metadata: metadata(404) });
}

const { read, write } = operationsOf('route53');

export const dnsOperations: readonly Operation[] = [
  read('ListResourceRecordSets', ListResourceRecordSetsCommand, listSets),
  read('GetChange', GetChangeCommand, getChange),
  write('ChangeResourceRecordSets', ChangeResourceRecordSetsCommand, change),
];
