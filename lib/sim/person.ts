/** What a person does at the console: at once, and without taking notice of the controller. */
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { FailoverPolicy } from '../core/model.ts';
import type { Account, HostedZone, Service } from './account.ts';
import { addUnadded, resize } from './auto-scaling.ts';
import { changeSets } from './dns.ts';
import type { PersonEdit } from './faults.ts';
import { deregister, register } from './load-balancer.ts';
import { normalName } from './names.ts';
import { chosen, serviceNamed, siteNamed } from './places.ts';

type Of<Edit extends PersonEdit['edit']> = Extract<PersonEdit, { edit: Edit }>;

interface Record {
  readonly service: Service;
  readonly failover: FailoverPolicy;
  readonly zone: HostedZone;
  /** The sets of the name as they are. */
  readonly sets: readonly ResourceRecordSet[];
}

function recordOf(account: Account, name: string): Record | null {
  const service = serviceNamed(account, name);
  const { failover } = service.policy;
  const zone = account.zones.get(failover?.hostedZoneId ?? '');
  if (failover === undefined || zone === undefined) return null;
  const wanted = normalName(failover.record.name);
  const sets = zone.recorded.filter((set) => normalName(set.Name ?? '') === wanted);
  return { service, failover, zone, sets };
}

function change(account: Account, zone: HostedZone, changes: readonly Change[]): void {
  if (changes.length > 0) changeSets(account, zone, changes, undefined);
}

const upsert = (set: ResourceRecordSet): Change => ({ Action: 'UPSERT', ResourceRecordSet: set });
const remove = (set: ResourceRecordSet): Change => ({ Action: 'DELETE', ResourceRecordSet: set });

function editWeights(account: Account, edit: Of<'weights'>): void {
  const record = recordOf(account, edit.service);
  if (record === null) return;
  const named = record.sets.filter((set) => edit.weights[set.SetIdentifier ?? ''] !== undefined);
  const changes = named.map((set) => upsert({ ...set, Weight: edit.weights[set.SetIdentifier ?? ''] }));
  change(account, record.zone, changes);
}

/** The sets as they were made, each with the weight that it has now; all on the primary when that is none. */
function restored({ service, failover, sets }: Record): Change[] {
  const original = service.records;
  const isOriginal = (set: ResourceRecordSet): boolean =>
    original.some((one) => one.SetIdentifier === set.SetIdentifier && one.Type === set.Type);
  const weightOf = (set: ResourceRecordSet): number =>
    sets.find((one) => one.SetIdentifier === set.SetIdentifier && one.Type === set.Type)?.Weight ?? 0;
  const emptied = original.every((set) => weightOf(set) === 0);
  const home = failover.primary.setIdentifier;
  const weight = (set: ResourceRecordSet): number => (emptied ? (set.SetIdentifier === home ? 100 : 0) : weightOf(set));
  return [
    ...sets.filter((set) => !isOriginal(set)).map(remove),
    ...original.map((set) => upsert({ ...set, Weight: weight(set) })),
  ];
}

const FOREIGN_IDENTIFIER = 'somebody-elses';

function recordChanges(record: Record, how: Of<'record'>['how']): Change[] {
  const { failover, sets } = record;
  const of = (identifier: string): ResourceRecordSet[] => sets.filter((set) => set.SetIdentifier === identifier);
  switch (how) {
    case 'third-set':
      return of(failover.primary.setIdentifier).map((set) =>
        upsert({ ...set, SetIdentifier: FOREIGN_IDENTIFIER, Weight: 0 }),
      );
    case 'ttl':
      return sets.flatMap((set) => (set.TTL === undefined ? [] : [upsert({ ...set, TTL: set.TTL + 1 })]));
    case 'remove-primary':
      return of(failover.primary.setIdentifier).map(remove);
    case 'remove-secondary':
      return of(failover.secondary.setIdentifier).map(remove);
    case 'restore':
      return restored(record);
  }
}

function editRecord(account: Account, { service, how }: Of<'record'>): void {
  const record = recordOf(account, service);
  if (record !== null) change(account, record.zone, recordChanges(record, how));
}

function editGroup(account: Account, edit: Of<'capacity'> | Of<'bounds'> | Of<'operator'>): void {
  const { group } = siteNamed(account, edit);
  if (group === null) return;
  const { minSize, maxSize, desired } = group;
  if (edit.edit === 'operator') {
    group.operator = edit.on ? 'someone-elses-service.amazonaws.com' : null;
    group.description = null;
  } else if (edit.edit === 'bounds') {
    const inside = Math.min(Math.max(desired, edit.minSize), edit.maxSize);
    resize(account, group, { minSize: edit.minSize, maxSize: edit.maxSize, desired: inside });
  } else {
    // At the console a person moves the bounds along.
    const to = edit.desired;
    resize(account, group, { minSize: Math.min(minSize, to), maxSize: Math.max(maxSize, to), desired: to });
  }
}

function editTargets(account: Account, edit: Of<'register'> | Of<'register-launched'> | Of<'deregister'>): void {
  const site = siteNamed(account, edit);
  const group = site.targetGroup;
  if (edit.edit === 'register-launched') {
    if (site.group !== null) addUnadded(account, site.group);
    return;
  }
  if (edit.edit === 'register') {
    const server = site.region.servers.get(edit.id);
    if (server !== undefined) register(account, group, server, edit.port ?? group.port);
    return;
  }
  for (const server of chosen(account, edit)) {
    const target = group.targets.get(`${server.id}:${edit.port ?? group.port}`);
    if (target !== undefined) deregister(account, target);
  }
}

export function editByHand(account: Account, edit: PersonEdit): void {
  if (edit.edit === 'weights') editWeights(account, edit);
  else if (edit.edit === 'record') editRecord(account, edit);
  else if (edit.edit === 'register' || edit.edit === 'register-launched' || edit.edit === 'deregister')
    editTargets(account, edit);
  else editGroup(account, edit);
}
