/** What each action rests on, re-read right before it is sent: only the gate asks. */
import { deploymentSigns } from '../core/interlocks.ts';
import { groupUnder, type LiveDrill } from '../core/live-drill.ts';
import type { Action, FleetView, Policy, RecordSet, Refusal, ServiceState } from '../core/model.ts';
import type { Ports } from '../ports.ts';
import { isPortError } from './reading.ts';

export interface Refused {
  readonly why: Refusal;
  readonly detail?: string | undefined;
}

/** The world is not as the action presumes. */
export const unlike = (detail: string): Refused => ({ why: 'PRECONDITION', detail });

async function fleetOf(ports: Ports, region: string, group: string): Promise<FleetView | undefined> {
  return (await ports.fleet.describe(region, [group])).get(group);
}

/** Why a deployment forbids this now, read afresh: what was read once a minute may have changed since. */
async function deploymentNow(
  ports: Ports,
  state: ServiceState,
  region: string,
  fleet: FleetView,
): Promise<Refused | null> {
  const sign = deploymentSigns(fleet, state);
  if (sign !== undefined) return unlike(`an instance is ${sign}`);
  return (await ports.fleet.isRefreshing(region, fleet.name)) ? unlike('an instance refresh has begun') : null;
}

/** An ejection that leaves a healthy site behind waits for a deployment that has just begun. */
async function ejectionHolds(
  ports: Ports,
  policy: Policy,
  state: ServiceState,
  action: Action & { kind: 'deregisterTarget' },
  drill: Promise<LiveDrill | null>,
): Promise<Refused | null> {
  const group = action.reason === 'EJECT' ? policy.fleet?.autoScalingGroup : undefined;
  if (group === undefined) return targetHolds(ports, action, drill);
  const [target, fleet] = await Promise.all([targetHolds(ports, action, drill), fleetOf(ports, action.region, group)]);
  if (target !== null) return target;
  return fleet === undefined ? unlike(`group ${group} is gone`) : deploymentNow(ports, state, action.region, fleet);
}

async function capacityHolds(
  ports: Ports,
  state: ServiceState,
  action: Action & { kind: 'setCapacity' },
): Promise<Refused | null> {
  const fleet = await fleetOf(ports, action.region, action.group);
  if (fleet === undefined) return unlike(`group ${action.group} is gone`);
  if (fleet.desired !== action.from) return unlike(`desired capacity is ${fleet.desired}, not ${action.from}`);
  return action.to < action.from ? deploymentNow(ports, state, action.region, fleet) : null;
}

async function sizeHolds(
  ports: Ports,
  action: Action & { kind: 'parkFleet' | 'unparkFleet' },
): Promise<Refused | null> {
  const fleet = await fleetOf(ports, action.region, action.group);
  if (fleet === undefined) return unlike(`group ${action.group} is gone`);
  const same = fleet.desired === action.from.desired && fleet.minSize === action.from.minSize;
  return same ? null : unlike(`minimum is ${fleet.minSize} and desired ${fleet.desired}`);
}

async function targetHolds(
  ports: Ports,
  action: Action & { kind: 'deregisterTarget' | 'registerTarget' },
  drill: Promise<LiveDrill | null>,
): Promise<Refused | null> {
  const group = await ports.targets.describe(action.region, action.targetGroup);
  const { targets } = groupUnder(await drill, group);
  const target = targets.find((t) => t.key === action.target.key);
  const registered = target !== undefined && target.state !== 'draining';
  if (action.kind === 'registerTarget') return registered ? unlike(`${action.target.key} is registered`) : null;
  if (!registered) return unlike(`${action.target.key} is not registered`);
  const failing = target.state === 'unhealthy' || target.state === 'unhealthy.draining';
  return failing ? null : unlike(`${action.target.key} is ${target.state}`);
}

async function instanceHolds(
  ports: Ports,
  state: ServiceState,
  action: Action & { kind: 'replaceInstance' },
): Promise<Refused | null> {
  const fleet = await fleetOf(ports, action.region, action.group);
  const instance = fleet?.instances.find((i) => i.id === action.instanceId);
  if (fleet === undefined || instance === undefined) return unlike(`${action.instanceId} is not in ${action.group}`);
  if (instance.lifecycle !== 'InService' || !instance.healthy)
    return unlike(`${action.instanceId} is ${instance.lifecycle}`);
  if (instance.protectedFromScaleIn) return unlike(`${action.instanceId} is protected`);
  return action.after === null ? deploymentNow(ports, state, action.region, fleet) : null;
}

/** The same sets in any order, every field equal. */
function sameSets(a: readonly RecordSet[], b: readonly RecordSet[]): boolean {
  const print = (sets: readonly RecordSet[]): string =>
    sets
      .map(({ raw }) => JSON.stringify(raw))
      .sort()
      .join('\n');
  return print(a) === print(b);
}

/**
 * The batch deletes exactly the sets that were observed, every field echoed, and Route 53 refuses it whole when one of
 * them is no longer so (CONFLICT): only a set that somebody has added since escapes it. That is worth a request, but not
 * worth staying on a site that is lost: where Route 53 has no room for one more read, or answers none, the batch is check
 * enough.
 */
async function recordHolds({ dns }: Ports, action: Action & { kind: 'moveDns' }): Promise<Refused | null> {
  try {
    const { sets } = await dns.read(action.hostedZoneId, action.name);
    return sameSets(sets, action.sets) ? null : unlike('the record sets have changed');
  } catch (error) {
    if (!isPortError(error)) throw error;
    return null;
  }
}

/** Re-reads what the action rests on. Rejects with a PortError when that cannot be read. */
export async function precondition(
  ports: Ports,
  policy: Policy,
  state: ServiceState,
  action: Action,
  drill: Promise<LiveDrill | null>,
): Promise<Refused | null> {
  switch (action.kind) {
    case 'setCapacity':
      return capacityHolds(ports, state, action);
    case 'parkFleet':
    case 'unparkFleet':
      return sizeHolds(ports, action);
    case 'deregisterTarget':
      return ejectionHolds(ports, policy, state, action, drill);
    case 'registerTarget':
      return targetHolds(ports, action, drill);
    case 'replaceInstance':
      return instanceHolds(ports, state, action);
    case 'moveDns':
      return recordHolds(ports, action);
  }
}
