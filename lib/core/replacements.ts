/** Having the group replace an instance: when that may be asked for, and what still has to be. */
import { isCharged } from './budget.ts';
import { countsOf, type HealthScene, hindered, isToBeReplaced, type Obstacle } from './health-scene.ts';
import { LASTING_MS } from './incidents.ts';
import { type Interlock, warmingInstances } from './interlocks.ts';
import type { Action, Decision, FleetView, InstanceView } from './model.ts';
import { pendingOf } from './pending.ts';
import { FIVE_MINUTES_MS } from './state.ts';

/** Over all services: at most this many replacements in five minutes (DESIGN section 5). */
export const ACCOUNT_REPLACEMENTS = 3;
/** A replacement that the group has not begun after this time may be asked for again. */
const REPLACE_AGAIN_MS = 60_000;

/** Without all of them the group would not replace an unhealthy instance, or not finish it. https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html */
const TO_REPLACE = ['Launch', 'Terminate', 'ReplaceUnhealthy'];
/**
 * Without this one too the successor would serve nobody: the group launches it but does not register it with its target
 * group, not even once the process is resumed.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-how-suspending-processes-affects-other-processes.html
 */
export const TO_HEAL = [...TO_REPLACE, 'AddToLoadBalancer'];

/** The group as it is now; `undefined` when it cannot be read. */
export function fleetIn({ obs }: HealthScene): FleetView | undefined {
  return obs.primary.fleet?.known === true ? obs.primary.fleet.value : undefined;
}

/** The instance as the group shows it now; `undefined` when the group cannot be read or does not have it. */
export function instanceOf(scene: HealthScene, id: string): InstanceView | undefined {
  return fleetIn(scene)?.instances.find((i) => i.id === id);
}

const isTerminating = ({ lifecycle }: InstanceView): boolean => lifecycle.startsWith('Terminating');

/** On its way out of the group, or marked for it: asking for its replacement again would only cost. */
function isLeaving(instance: InstanceView): boolean {
  return !instance.healthy || isTerminating(instance);
}

/** Whether we have asked for this instance's replacement, in this cycle or lately, and the group may still be about to begin. */
export function isAskedFor(scene: HealthScene, id: string): boolean {
  const { state, nowMs, replacing } = scene;
  const askedMs = state.health.replaced[id];
  return (
    replacing.has(id) ||
    pendingOf(state, (a) => a.kind === 'replaceInstance' && a.instanceId === id) !== undefined ||
    (askedMs !== undefined && nowMs - askedMs < REPLACE_AGAIN_MS)
  );
}

/** Which of these processes do not run; `undefined`: all do. */
function suspension({ suspended }: FleetView, processes: readonly string[]): string | undefined {
  const stopped = processes.filter((p) => suspended.includes(p));
  return stopped.length === 0 ? undefined : `${stopped.join(', ')} is suspended on the group`;
}

const blocked = (id: string, because: string): Obstacle => ({
  reason: 'REPLACE_BLOCKED',
  numbers: { instance: id, because },
});

const pending = (id: string): Obstacle => ({ reason: 'PENDING', numbers: { kind: `the replacement of ${id}` } });

/** The group that may be asked to replace this instance now, or what stands against it. */
export function replacementOf(scene: HealthScene, id: string): FleetView | Obstacle {
  const { state, nowMs, policy } = scene;
  const fleet = fleetIn(scene);
  // A group that is named and cannot be read counts as a deployment; here there is none to read.
  if (fleet === undefined) return { reason: 'FLEET_MISSING', numbers: { why: 'not-read' } };
  if (fleet.refused !== undefined) return { reason: 'FLEET_REFUSED', numbers: { because: fleet.refused } };
  const suspended = suspension(fleet, TO_HEAL);
  if (suspended !== undefined) return blocked(id, suspended);
  const instance = instanceOf(scene, id);
  if (instance === undefined) return blocked(id, 'it is not in the group');
  // Before protection: what leaves already needs nobody to be woken.
  if (isLeaving(instance) || isAskedFor(scene, id)) return pending(id);
  if (instance.lifecycle !== 'InService') return blocked(id, `it is ${instance.lifecycle}`);
  if (instance.protectedFromScaleIn) return blocked(id, 'it is protected from scale-in');
  // A server that boots fails its checks at first; replacing it would start the boot anew, and so on for ever.
  const warming = warmingInstances(policy, state, nowMs);
  if (warming.includes(id)) return { reason: 'INSTANCES_WARMING', numbers: { warming: warming.length } };
  return budgetUsed(scene) ?? fleet;
}

/** What this cycle has decided so far counts as used, in the service's budget and in the account's. */
function budgetUsed({ health, state, obs, nowMs, replacing }: HealthScene): Obstacle | undefined {
  const limit = health.limits.replacedPer5Minutes;
  const unsettled = state.pending.filter((p) => p.action.kind === 'replaceInstance' && p.acceptedMs === null).length;
  const lately = Object.values(state.health.replaced).filter((ms) => nowMs - ms < FIVE_MINUTES_MS).length;
  const replaced = lately + unsettled + replacing.size;
  if (replaced >= limit) return { reason: 'REPLACE_BUDGET', numbers: { replaced, limit } };
  if (!obs.budget.known) return { reason: 'ACCOUNT_BUDGET', numbers: { used: 'unknown', limit: ACCOUNT_REPLACEMENTS } };
  const charged = obs.budget.value.replacements.filter((r) => isCharged(r.atMs, nowMs, FIVE_MINUTES_MS)).length;
  const used = charged + unsettled + replacing.size;
  if (used >= ACCOUNT_REPLACEMENTS) return { reason: 'ACCOUNT_BUDGET', numbers: { used, limit: ACCOUNT_REPLACEMENTS } };
  return undefined;
}

/** The decision to have the instance replaced, once `after` (the action that takes its target out) has been applied. */
export function replace(scene: HealthScene, group: FleetView, id: string, after: string | null): Decision {
  const { policy, nextId, replacing } = scene;
  replacing.add(id);
  const base = { id: nextId(), region: policy.region, reason: 'REPLACE' } as const;
  const action: Action = { ...base, kind: 'replaceInstance', group: group.name, instanceId: id, after };
  return { area: 'health', reason: 'REPLACE', action, numbers: { instance: id } };
}

/** Why the group, which calls the instance unhealthy, has not begun to replace it long after that was decided; `undefined`: it has, or still may. */
function stalled(
  { state, nowMs }: HealthScene,
  group: FleetView,
  instance: InstanceView,
  ejectedMs: number,
): Obstacle | undefined {
  const sinceMs = state.health.replaced[instance.id] ?? ejectedMs;
  if (isTerminating(instance) || nowMs - sinceMs < LASTING_MS) return undefined;
  const where = instance.lifecycle === 'InService' ? undefined : `it is ${instance.lifecycle}`;
  return blocked(
    instance.id,
    suspension(group, TO_REPLACE) ?? where ?? 'the group calls it unhealthy, and does not replace it',
  );
}

/** Replacements that were decided with an ejection and did not come about: at most one in a cycle, or what stands against each. */
export function overdueReplacements(scene: HealthScene, interlock: Interlock | undefined): Decision[] {
  const fleet = fleetIn(scene);
  if (fleet === undefined) return [];
  const found: Decision[] = [];
  for (const [target, ejection] of Object.entries(scene.state.health.ejected)) {
    const { id, atMs } = ejection;
    const instance = isToBeReplaced(scene.health, ejection) ? instanceOf(scene, id) : undefined;
    if (instance === undefined || isAskedFor(scene, id)) continue;
    const group = isLeaving(instance) ? stalled(scene, fleet, instance, atMs) : (interlock ?? replacementOf(scene, id));
    if (group === undefined) continue;
    if ('name' in group) return [replace(scene, group, id, null)];
    found.push(hindered({ ...countsOf(scene), target }, group, `replace ${id}`));
  }
  return found;
}
