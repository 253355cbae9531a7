/** From the calls of a simulated account to the words of the model: which service a write concerns and what it asks for. */
import type { Change as RecordChange } from '@aws-sdk/client-route-53';
import type { Change, SetEdit } from '../core/invariants-evidence.ts';
import type { Policy, SiteName } from '../core/model.ts';
import type { WriteEvent } from '../sim/history.ts';
import { normalName } from '../sim/names.ts';
import type { World } from '../sim/world.ts';

/** A write's service, and each thing that it asks for: one call may name several targets. */
export interface Asked {
  readonly service: string;
  readonly changes: readonly Change[];
}

interface Place {
  readonly service: string;
  readonly site: SiteName;
}

/** What the operations that change something carry; one field or another is there, as the operation has it. */
interface Input {
  readonly AutoScalingGroupName?: string;
  readonly DesiredCapacity?: number;
  readonly MinSize?: number;
  readonly TargetGroupArn?: string;
  readonly Targets?: readonly { readonly Id?: string; readonly Port?: number }[];
  readonly InstanceId?: string;
  readonly HostedZoneId?: string;
  readonly ChangeBatch?: { readonly Changes?: readonly RecordChange[] };
}

function editOf({ ResourceRecordSet: set }: RecordChange): SetEdit {
  const { Name, SetIdentifier, Weight, ...rest } = { ...set };
  return {
    name: normalName(Name ?? ''),
    setIdentifier: SetIdentifier ?? '',
    weight: Weight,
    rest: JSON.stringify(rest),
  };
}

function dnsChange(changes: readonly RecordChange[]): Change {
  const of = (action: RecordChange['Action']) => changes.filter((change) => change.Action === action);
  const deleted = of('DELETE').map(editOf);
  const created = of('CREATE').map(editOf);
  return { kind: 'dns', deleted, created, others: changes.length - deleted.length - created.length };
}

/** Knows every place of these services by the names that AWS has for it. */
export function createReader(world: World, policies: readonly Policy[]): (write: WriteEvent) => Asked {
  const places = new Map<string, Place>();
  const zones = new Map<string, string>();
  const placeOf = new Map<string, Place>();
  for (const { service, failover } of policies) {
    for (const site of failover === undefined ? (['primary'] as const) : (['primary', 'secondary'] as const)) {
      const { region, group, targetGroupArn, instanceIds } = world.place(service, site);
      for (const id of instanceIds) placeOf.set(id, { service, site });
      places.set(targetGroupArn, { service, site });
      if (group !== null) places.set(`${region}/${group}`, { service, site });
    }
    if (failover !== undefined) zones.set(`${failover.hostedZoneId}/${normalName(failover.record.name)}`, service);
  }
  world.history.listen((event) => {
    if (event.kind === 'instance') placeOf.set(event.id, { service: event.service, site: event.site });
  });

  const ofGroup = (place: Place | undefined, operation: string, input: Input): Asked | undefined => {
    if (place === undefined) return undefined;
    const { service, site } = place;
    const to = input.DesiredCapacity ?? Number.NaN;
    if (operation === 'SetDesiredCapacity') return { service, changes: [{ kind: 'capacity', site, to }] };
    if (operation !== 'UpdateAutoScalingGroup') return undefined;
    return { service, changes: [{ kind: 'size', site, minSize: input.MinSize ?? Number.NaN, to }] };
  };
  const ofTargets = (operation: string, input: Input): Asked | undefined => {
    const place = places.get(input.TargetGroupArn ?? '');
    if (place === undefined) return undefined;
    const kind = operation === 'RegisterTargets' ? 'register' : 'deregister';
    const keys = (input.Targets ?? []).map(({ Id, Port }) => `${Id}:${Port}`);
    return { service: place.service, changes: keys.map((key) => ({ kind, site: place.site, key })) };
  };
  const ofInstance = (instanceId: string): Asked | undefined => {
    const place = placeOf.get(instanceId);
    return place && { service: place.service, changes: [{ kind: 'replace', instanceId }] };
  };
  const ofRecords = (input: Input): Asked | undefined => {
    const changes = input.ChangeBatch?.Changes ?? [];
    const name = normalName(changes[0]?.ResourceRecordSet?.Name ?? '');
    const service = zones.get(`${(input.HostedZoneId ?? '').replace('/hostedzone/', '')}/${name}`);
    return service === undefined ? undefined : { service, changes: [dnsChange(changes)] };
  };

  return ({ operation, region, input: raw }) => {
    const input = raw as Input;
    const asked =
      ofGroup(places.get(`${region}/${input.AutoScalingGroupName}`), operation, input) ??
      (operation.endsWith('Targets') ? ofTargets(operation, input) : undefined) ??
      (operation === 'SetInstanceHealth' ? ofInstance(input.InstanceId ?? '') : undefined) ??
      (operation === 'ChangeResourceRecordSets' ? ofRecords(input) : undefined);
    return asked ?? { service: '', changes: [{ kind: 'unknown', what: `${operation} ${JSON.stringify(input)}` }] };
  };
}
