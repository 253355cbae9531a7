/** Which targets to take out, replace or readmit. */
import { believedFailing, countsOf, type HealthScene, hindered, isToBeReplaced, none } from './health-scene.ts';
import { deployment, type Interlock } from './interlocks.ts';
import { isHealthyToAws, isSpared } from './live-drill.ts';
import type {
  Action,
  Decision,
  Ejection,
  HealthPolicy,
  InstanceView,
  Numbers,
  Observation,
  Policy,
  ServiceState,
  TargetView,
} from './model.ts';
import { pendingOf } from './pending.ts';
import type { ReasonCode } from './reasons.ts';
import { fleetIn, instanceOf, isAskedFor, overdueReplacements, replace, replacementOf } from './replacements.ts';
import type { NextId } from './scaling-scene.ts';
import type { TargetSummary } from './targets.ts';

/**
 * So many targets are ejected, and as many readmitted, in one round: no more could be carried out in the 4 s after which an
 * action is late, and those that are pending have to fit into the state.
 */
const MOST_PER_ROUND = 50;

/**
 * PANIC: no target is healthy, or at least two fail and failing plus ejected exceed `panicPercent` of what is expected.
 * Counts every target that fails in this very round, so that a wave is met before its first members complete their rounds.
 */
function isPanic({ health, summary }: HealthScene): boolean {
  const failing = summary.failing.length;
  if (summary.healthy === 0) return true;
  return failing >= 2 && 100 * (failing + summary.ejected.length) > health.limits.panicPercent * summary.expected;
}

/** Why none of those that fail is believed to. */
function nobodyYet({ summary }: HealthScene): ReasonCode {
  return summary.failing.some(isSpared) ? 'LIVE_DRILL' : 'WATCHING';
}

function eject(
  scene: HealthScene,
  target: TargetView,
  reason: 'EJECT' | 'PANIC_REPLACE',
): Decision & { action: Action } {
  const { policy, health, nextId } = scene;
  const action: Action = {
    id: nextId(),
    region: policy.region,
    reason,
    kind: 'deregisterTarget',
    targetGroup: health.targetGroup,
    target: { key: target.key, id: target.id, port: target.port },
    replace: health.onUnhealthy === 'replace',
    ...(isHealthyToAws(target) ? { drilled: true } : {}),
  };
  const numbers = { ...countsOf(scene), target: target.key, rounds: health.rounds.unhealthy };
  return { area: 'health', reason, action, numbers };
}

/** On its way into the group or out of it, or about to be replaced. What a person has put aside (Standby) is none of these: it stays so until they say otherwise. */
function isChanging({ lifecycle, healthy }: InstanceView): boolean {
  if (lifecycle === 'InService') return !healthy;
  return lifecycle.startsWith('Pending') || lifecycle.startsWith('Terminating');
}

/** Panic: left to failover, or else one target at a time, and only when the one before it has come back. */
function panic(scene: HealthScene, interlock: Interlock | undefined, isLeftToFailover: boolean): Decision[] {
  const { health, summary } = scene;
  const numbers = countsOf(scene);
  const say = (...why: ReasonCode[]): Decision => ({
    ...none('PANIC', numbers),
    rejected: [
      { option: 'eject what fails', reason: 'PANIC' },
      ...why.map((reason) => ({ option: 'replace one', reason })),
    ],
  });
  if (isLeftToFailover || health.onUnhealthy !== 'replace') return [say()];
  if (interlock !== undefined) return [say(interlock.reason)];
  // With none healthy, replacing one is the only way to heal; short of that the limit holds as ever.
  if (summary.healthy > 0 && summary.healthy < health.limits.minHealthy) return [say('MIN_HEALTHY')];
  const fleet = fleetIn(scene);
  if (fleet === undefined) return [say('FLEET_MISSING')];
  if (fleet.instances.some(isChanging) || summary.ejected.length > 0) return [say('PENDING')];
  const candidates = believedFailing(scene);
  if (candidates.length === 0) return [say(nobodyYet(scene))];
  const blocked: Decision[] = [];
  // The first that may be replaced: one that may not, as a protected one, must not keep the others from healing.
  for (const target of candidates) {
    const group = replacementOf(scene, target.id);
    if ('name' in group) {
      const out = eject(scene, target, 'PANIC_REPLACE');
      return [out, replace(scene, group, target.id, out.action.id)];
    }
    blocked.push(hindered({ ...numbers, target: target.key }, group, `replace ${target.id}`));
  }
  return [say(), ...blocked];
}

/** Ejects believed failures one after the other until something stands against it. */
function ejections(scene: HealthScene, interlock: Interlock | undefined): Decision[] {
  const { health, summary } = scene;
  const candidates = believedFailing(scene);
  const numbers = countsOf(scene);
  const refuse = (left: readonly TargetView[], reason: ReasonCode, more: Numbers): Decision => ({
    ...none(reason, { ...numbers, ...more }),
    rejected: left.map((t) => ({ option: `eject ${t.key}`, reason })),
  });
  const { minHealthy } = health.limits;
  if (candidates.length === 0) return [refuse(summary.failing, nobodyYet(scene), { rounds: health.rounds.unhealthy })];
  if (interlock !== undefined) return [refuse(candidates, interlock.reason, interlock.numbers)];
  if (summary.healthy < minHealthy) return [refuse(candidates, 'MIN_HEALTHY', { minHealthy })];
  const decisions: Decision[] = [];
  const replacements: Decision[] = [];
  let ejected = numbers.ejected;
  for (const [index, target] of candidates.entries()) {
    if (ejected >= numbers.allowance) {
      decisions.push(refuse(candidates.slice(index), 'ALLOWANCE', { ejected }));
      break;
    }
    if (ejected - numbers.ejected === MOST_PER_ROUND) {
      decisions.push(
        refuse(candidates.slice(index), 'PENDING', { kind: `the ${MOST_PER_ROUND} ejections of this round` }),
      );
      break;
    }
    // A second port of an instance that is being replaced goes by itself: the instance is replaced once.
    const group =
      health.onUnhealthy === 'deregister' || isAskedFor(scene, target.id) ? null : replacementOf(scene, target.id);
    if (group !== null && !('name' in group)) {
      decisions.push(hindered({ ...numbers, target: target.key }, group, `eject ${target.key}`));
      continue;
    }
    const out = eject(scene, target, 'EJECT');
    decisions.push(out);
    ejected += 1;
    if (group !== null) replacements.push(replace(scene, group, target.id, out.action.id));
  }
  // Every target is out before the first instance goes.
  return [...decisions, ...replacements];
}

/**
 * When an ejected target may come back. One whose replacement never came about does so too, after the longest back-off, as
 * does one that AWS did not take back.
 */
function dueMs(health: HealthPolicy, ejection: Ejection): number {
  const { afterSeconds, maxSeconds } = health.readmit;
  const isLong = isToBeReplaced(health, ejection) || ejection.refusedMs !== undefined;
  const waitSeconds = isLong ? maxSeconds : afterSeconds * ejection.times;
  return ejection.atMs + Math.min(maxSeconds, waitSeconds) * 1000;
}

/** What must come first before this target may be readmitted: its server in service, where the group says so, and not being replaced. */
function awaited(scene: HealthScene, key: string, ejection: Ejection): string | undefined {
  const { id } = ejection;
  const underWay = pendingOf(scene.state, (a) => 'target' in a && a.target.key === key);
  if (underWay !== undefined) return underWay.kind;
  if (isAskedFor(scene, id)) return `the replacement of ${id}`;
  // The group knows instances, not addresses.
  if (scene.policy.fleet === undefined || scene.summary.targetType !== 'instance') return undefined;
  const instance = instanceOf(scene, id);
  if (instance?.lifecycle === 'InService' && instance.healthy) return undefined;
  return isToBeReplaced(scene.health, ejection) ? `the replacement of ${id}` : `the return of ${id} to service`;
}

function readmit(scene: HealthScene, key: string, { id, port, atMs, times }: Ejection): Decision {
  const { policy, health, nextId, nowMs } = scene;
  const base = { id: nextId(), region: policy.region, reason: 'READMIT', targetGroup: health.targetGroup } as const;
  const action: Action = { ...base, kind: 'registerTarget', target: { key, id, port } };
  const waitedSeconds = Math.round((nowMs - atMs) / 1000);
  return { area: 'health', reason: 'READMIT', action, numbers: { target: key, times, waitedSeconds } };
}

/** Readmits what is due, and says what the rest waits for. */
function readmissions(scene: HealthScene): { decisions: Decision[]; waiting: Decision | null } {
  const { health, state, nowMs } = scene;
  const decisions: Decision[] = [];
  let kind: string | undefined = pendingOf(state, (a) => a.kind === 'deregisterTarget')?.kind;
  let nextMs = Infinity;
  for (const [key, ejection] of Object.entries(state.health.ejected)) {
    const first = awaited(scene, key, ejection);
    if (first !== undefined) kind ??= first;
    else if (decisions.length === MOST_PER_ROUND) break;
    else if (nowMs >= dueMs(health, ejection)) decisions.push(readmit(scene, key, ejection));
    else nextMs = Math.min(nextMs, dueMs(health, ejection));
  }
  if (nextMs < Infinity) {
    const waitSeconds = Math.ceil((nextMs - nowMs) / 1000);
    return { decisions, waiting: none('BACKOFF', { ...countsOf(scene), waitSeconds }) };
  }
  return { decisions, waiting: kind === undefined ? null : none('PENDING', { ...countsOf(scene), kind }) };
}

/** An empty target group serves nobody, unless nobody wants a server: a group that is known to want none. */
function isEmpty(scene: HealthScene): boolean {
  if (scene.summary.registered > 0) return false;
  const fleet = fleetIn(scene);
  return fleet === undefined || fleet.desired > 0;
}

/**
 * Decides about the targets: at least one decision, one for each target that something is done about.
 * `state` already carries this round's counters. `isLeftToFailover`: failover answers for a site that is beyond
 * repair by ejecting.
 */
export function decideHealth(
  policy: Policy,
  state: ServiceState,
  obs: Observation,
  summary: TargetSummary | null,
  isLeftToFailover: boolean,
  nowMs: number,
  nextId: NextId,
): Decision[] {
  const { health } = policy;
  if (health === undefined) return [none('NOT_CONFIGURED')];
  if (state.orders.capacity?.capacity === 0) return [none('PARKED')];
  const reading = obs.primary.targets;
  if (summary === null) return [none('TARGETS_MISSING', { why: reading?.known === false ? reading.why : 'not-read' })];
  const { targetType } = summary;
  const { onUnhealthy } = health;
  if (targetType === 'lambda' || targetType === 'alb' || (targetType === 'ip' && onUnhealthy === 'replace'))
    return [none('GROUP_REFUSED', { targetType, onUnhealthy })];
  const scene: HealthScene = { policy, health, state, obs, summary, nowMs, nextId, replacing: new Set() };
  const interlock = summary.healthy === 0 ? undefined : deployment(policy, state, obs, summary, nowMs);
  const decisions = overdueReplacements(scene, interlock);
  if (summary.failing.length > 0)
    decisions.push(...(isPanic(scene) ? panic(scene, interlock, isLeftToFailover) : ejections(scene, interlock)));
  // Last: what this cycle has replaced is not readmitted on its other port.
  const back = readmissions(scene);
  decisions.push(...back.decisions);
  if (decisions.length > 0) return decisions;
  return [back.waiting ?? none(isEmpty(scene) ? 'NO_TARGETS' : 'HEALTHY', countsOf(scene))];
}
