/** Which targets to take out, replace or readmit. */
import { deployment, type Interlock, warmingInstances } from './interlocks.ts';
import type {
  Action,
  Decision,
  Ejection,
  HealthPolicy,
  Numbers,
  Observation,
  Policy,
  ServiceState,
  TargetView,
} from './model.ts';
import { pendingOf } from './pending.ts';
import type { ReasonCode } from './reasons.ts';
import type { NextId } from './scaling.ts';
import { FIVE_MINUTES_MS, phaseOf } from './state.ts';
import type { TargetSummary } from './targets.ts';

/** Over all services: at most this many replacements in five minutes (DESIGN section 5). */
export const ACCOUNT_REPLACEMENTS = 3;
/** A replacement that the group has not begun after this time may be asked for again. */
const REPLACE_AGAIN_MS = 60_000;

/** Whether failover can take over from a site that is beyond repair by ejecting: a good standby, and not failed over already. */
export type StandbyUsable = boolean;

interface Scene {
  readonly policy: Policy;
  readonly health: HealthPolicy;
  readonly state: ServiceState;
  readonly obs: Observation;
  readonly summary: TargetSummary;
  readonly standbyUsable: StandbyUsable;
  readonly nowMs: number;
  readonly nextId: NextId;
}

function none(reason: ReasonCode, numbers: Numbers = {}): Decision {
  return { area: 'health', reason, action: null, numbers };
}

function counts(scene: Scene): Numbers {
  const { summary, health } = scene;
  return {
    healthy: summary.healthy,
    failing: summary.failing.length,
    ejected: summary.ejected.length,
    registered: summary.registered,
    expected: summary.expected,
    allowance: allowanceOf(health, summary.expected),
  };
}

/** max(1, floor(maxEjectedPercent × expected)): one target may always go, or a service of two could never heal. */
export function allowanceOf(health: HealthPolicy, expected: number): number {
  return Math.max(1, Math.floor((health.limits.maxEjectedPercent / 100) * expected));
}

/**
 * PANIC: no target is healthy, or at least two fail and failing plus ejected exceed `panicPercent` of what is expected.
 * Counts every target that fails in this very round, so that a wave is met before its first members complete their rounds.
 */
export function isPanic(health: HealthPolicy, summary: TargetSummary): boolean {
  const failing = summary.failing.length;
  if (failing === 0) return false;
  if (summary.healthy === 0) return true;
  return failing >= 2 && failing + summary.ejected.length > (health.limits.panicPercent / 100) * summary.expected;
}

/** Why this target's instance may not be replaced; `undefined`: it may. */
function notReplaceable(scene: Scene, id: string): { reason: ReasonCode; numbers: Numbers } | undefined {
  const { health, state, obs, nowMs, policy } = scene;
  const blocked = (because: string) => ({ reason: 'REPLACE_BLOCKED' as const, numbers: { instance: id, because } });
  const fleet = obs.primary.fleet;
  if (fleet?.known !== true) return { reason: 'FLEET_MISSING', numbers: { why: fleet?.why ?? 'not-read' } };
  if (fleet.value.refused !== undefined) return { reason: 'FLEET_REFUSED', numbers: { because: fleet.value.refused } };
  const suspended = ['Launch', 'Terminate', 'ReplaceUnhealthy'].filter((p) => fleet.value.suspended.includes(p));
  if (suspended.length > 0) return blocked(`${suspended.join(', ')} is suspended on the group`);
  const instance = fleet.value.instances.find((i) => i.id === id);
  if (instance === undefined) return blocked('it is not in the group');
  if (instance.lifecycle !== 'InService') return blocked(`it is ${instance.lifecycle}`);
  if (instance.protectedFromScaleIn) return blocked('it is protected from scale-in');
  const askedMs = state.health.replaced[id];
  if (askedMs !== undefined && (!instance.healthy || nowMs - askedMs < REPLACE_AGAIN_MS)) {
    return { reason: 'PENDING', numbers: { kind: 'replaceInstance' } };
  }
  const warming = warmingInstances(policy, state, nowMs);
  if (warming.includes(id)) return { reason: 'INSTANCES_WARMING', numbers: { warming: warming.length } };
  return budgetLeft(scene, health.limits.replacedPer5Minutes);
}

function budgetLeft(scene: Scene, limit: number): { reason: ReasonCode; numbers: Numbers } | undefined {
  const { state, obs, nowMs } = scene;
  const pending = state.pending.filter((p) => p.action.kind === 'replaceInstance' && p.acceptedMs === null).length;
  const replaced = Object.values(state.health.replaced).filter((ms) => nowMs - ms < FIVE_MINUTES_MS).length + pending;
  if (replaced >= limit) return { reason: 'REPLACE_BUDGET', numbers: { replaced, limit } };
  if (!obs.budget.known) return { reason: 'ACCOUNT_BUDGET', numbers: { used: 'unknown', limit: ACCOUNT_REPLACEMENTS } };
  const used = obs.budget.value.replacements.filter((r) => nowMs - r.atMs < FIVE_MINUTES_MS).length;
  if (used >= ACCOUNT_REPLACEMENTS) return { reason: 'ACCOUNT_BUDGET', numbers: { used, limit: ACCOUNT_REPLACEMENTS } };
  return undefined;
}

function replaceDecision(scene: Scene, id: string, after: string | null): Decision {
  const { policy, nextId } = scene;
  const group = policy.fleet?.autoScalingGroup ?? '';
  const action: Action = {
    id: nextId(),
    region: policy.region,
    reason: 'REPLACE',
    kind: 'replaceInstance',
    group,
    instanceId: id,
    after,
  };
  return { area: 'health', reason: 'REPLACE', action, numbers: { instance: id } };
}

/** An instance with several ports loses all that fail, and is replaced once: `alone` ejects without replacing. */
function eject(scene: Scene, target: TargetView, reason: 'EJECT' | 'PANIC_REPLACE', alone = false): Decision[] {
  const { policy, health, nextId } = scene;
  const replace = health.onUnhealthy === 'replace';
  const action: Action = {
    id: nextId(),
    region: policy.region,
    reason,
    kind: 'deregisterTarget',
    targetGroup: health.targetGroup,
    target: { key: target.key, id: target.id, port: target.port },
    replace,
  };
  const numbers = { ...counts(scene), target: target.key, rounds: health.rounds.unhealthy };
  const decision: Decision = { area: 'health', reason, action, numbers };
  return replace && !alone ? [decision, replaceDecision(scene, target.id, action.id)] : [decision];
}

/** Replacements that were decided with an ejection and did not come about. */
function overdueReplacements(scene: Scene): Decision[] {
  const { state, obs } = scene;
  const found: Decision[] = [];
  for (const [key, ejection] of Object.entries(state.health.ejected)) {
    if (!ejection.replace) continue;
    if (pendingOf(state, (a) => a.kind === 'replaceInstance' && a.instanceId === ejection.id) !== undefined) continue;
    const fleet = obs.primary.fleet;
    const instance = fleet?.known === true ? fleet.value.instances.find((i) => i.id === ejection.id) : undefined;
    // Gone, leaving, or already marked: the group is at work.
    if (instance === undefined || !instance.healthy || instance.lifecycle.startsWith('Terminating')) continue;
    const blocked = notReplaceable(scene, ejection.id);
    if (blocked === undefined) return [replaceDecision(scene, ejection.id, null)];
    found.push({ ...none(blocked.reason, { ...counts(scene), target: key, ...blocked.numbers }) });
  }
  return found;
}

function backoffMs(health: HealthPolicy, ejection: Ejection): number {
  return Math.min(health.readmit.maxSeconds, health.readmit.afterSeconds * ejection.times) * 1000;
}

/** Whether the target's server is still there to be readmitted: known in service where a fleet is named. */
function isBackable(scene: Scene, ejection: Ejection): boolean {
  if (scene.policy.fleet === undefined) return true;
  const fleet = scene.obs.primary.fleet;
  return (
    fleet?.known === true &&
    fleet.value.instances.some((i) => i.id === ejection.id && i.lifecycle === 'InService' && i.healthy)
  );
}

/** Readmits what is due. An ejection whose replacement never came about is readmitted too, after the longest back-off. */
function readmissions(scene: Scene): { decisions: Decision[]; waitMs: number } {
  const { policy, health, state, nowMs, nextId } = scene;
  const decisions: Decision[] = [];
  let waitMs = Infinity;
  for (const [key, ejection] of Object.entries(state.health.ejected)) {
    if (pendingOf(state, (a) => 'target' in a && a.target.key === key) !== undefined) continue;
    const dueMs = ejection.atMs + (ejection.replace ? health.readmit.maxSeconds * 1000 : backoffMs(health, ejection));
    waitMs = Math.min(waitMs, Math.max(0, dueMs - nowMs));
    if (nowMs < dueMs || !isBackable(scene, ejection)) continue;
    const action: Action = {
      id: nextId(),
      region: policy.region,
      reason: 'READMIT',
      kind: 'registerTarget',
      targetGroup: health.targetGroup,
      target: { key, id: ejection.id, port: ejection.port },
    };
    const waitedSeconds = Math.round((nowMs - ejection.atMs) / 1000);
    decisions.push({
      area: 'health',
      reason: 'READMIT',
      action,
      numbers: { target: key, times: ejection.times, waitedSeconds },
    });
  }
  return { decisions, waitMs };
}

/** The targets that have failed all their rounds and fail in this one too. */
function believed(scene: Scene): readonly TargetView[] {
  const { summary, state, health } = scene;
  return summary.failing.filter((t) => (state.health.targets[t.key]?.failing ?? 0) >= health.rounds.unhealthy);
}

/** Panic without failover's help: one target at a time, and only when the one before it has come back. */
function panic(scene: Scene, interlock: Interlock | undefined): Decision[] {
  const { state, obs, health, standbyUsable } = scene;
  const numbers = counts(scene);
  const say = (reason: ReasonCode): Decision => ({
    ...none('PANIC', numbers),
    rejected: [
      { option: 'eject what fails', reason: 'PANIC' },
      ...(reason === 'PANIC' ? [] : [{ option: 'replace one', reason }]),
    ],
  });
  if (health.onUnhealthy !== 'replace') return [say('PANIC')];
  if (standbyUsable && phaseOf(state) !== 'secondary') return [say('PANIC')];
  if (interlock !== undefined) return [say(interlock.reason)];
  const fleet = obs.primary.fleet;
  const busy = fleet?.known !== true || fleet.value.instances.some((i) => i.lifecycle !== 'InService' || !i.healthy);
  if (busy || scene.summary.ejected.length > 0) return [say('PENDING')];
  const [target] = believed(scene);
  if (target === undefined) return [say('WATCHING')];
  const blocked = notReplaceable(scene, target.id);
  if (blocked === undefined) return eject(scene, target, 'PANIC_REPLACE');
  return [say('PANIC'), none(blocked.reason, { ...numbers, target: target.key, ...blocked.numbers })];
}

/** Ejects believed failures one after the other until something stands against it. */
function ejections(scene: Scene, interlock: Interlock | undefined): Decision[] {
  const { health, summary } = scene;
  const candidates = believed(scene);
  const numbers = counts(scene);
  if (candidates.length === 0) return [none('WATCHING', { ...numbers, rounds: health.rounds.unhealthy })];
  const refuse = (reason: ReasonCode, more: Numbers = {}): Decision => ({
    ...none(reason, { ...numbers, ...more }),
    rejected: candidates.map((t) => ({ option: `eject ${t.key}`, reason })),
  });
  if (interlock !== undefined) return [refuse(interlock.reason, interlock.numbers)];
  if (summary.healthy < health.limits.minHealthy)
    return [refuse('MIN_HEALTHY', { minHealthy: health.limits.minHealthy })];
  const allowance = allowanceOf(health, summary.expected);
  const decisions: Decision[] = [];
  let out = summary.ejected.length;
  const replacing = new Set<string>();
  for (const target of candidates) {
    if (out >= allowance) return decisions.length > 0 ? decisions : [refuse('ALLOWANCE', { allowance, ejected: out })];
    const alone = replacing.has(target.id);
    if (health.onUnhealthy === 'replace' && !alone) {
      const blocked =
        notReplaceable(scene, target.id) ?? budgetLeft(scene, health.limits.replacedPer5Minutes - replacing.size);
      if (blocked !== undefined) {
        decisions.push(none(blocked.reason, { ...numbers, target: target.key, ...blocked.numbers }));
        continue;
      }
      replacing.add(target.id);
    }
    decisions.push(...eject(scene, target, 'EJECT', alone));
    out += 1;
  }
  return decisions;
}

function refusedGroup(scene: Scene): Decision | null {
  const { obs, health } = scene;
  const targetType = obs.primary.targets?.known === true ? obs.primary.targets.value.targetType : 'instance';
  const refused =
    targetType === 'lambda' || targetType === 'alb' || (targetType === 'ip' && health.onUnhealthy === 'replace');
  return refused ? none('GROUP_REFUSED', { targetType, onUnhealthy: health.onUnhealthy }) : null;
}

/**
 * Decides about the targets: at least one decision, one for each target that something is done about.
 * `state` already carries this round's counters.
 */
export function decideHealth(
  policy: Policy,
  state: ServiceState,
  obs: Observation,
  summary: TargetSummary | null,
  standbyUsable: StandbyUsable,
  nowMs: number,
  nextId: NextId,
): Decision[] {
  const { health } = policy;
  if (health === undefined) return [none('NOT_CONFIGURED')];
  if (state.orders.capacity?.capacity === 0) return [none('PARKED')];
  const reading = obs.primary.targets;
  if (summary === null) return [none('TARGETS_MISSING', { why: reading?.known === false ? reading.why : 'not-read' })];
  const scene: Scene = { policy, health, state, obs, summary, standbyUsable, nowMs, nextId };
  const refused = refusedGroup(scene);
  if (refused !== null) return [refused];
  const interlock = summary.healthy === 0 ? undefined : deployment(policy, obs, summary, nowMs);
  const back = readmissions(scene);
  const decisions = [...back.decisions, ...(interlock === undefined ? overdueReplacements(scene) : [])];
  if (summary.failing.length > 0) {
    decisions.push(...(isPanic(health, summary) ? panic(scene, interlock) : ejections(scene, interlock)));
  }
  if (decisions.length > 0) return decisions;
  if (summary.ejected.length > 0) {
    return [
      none('BACKOFF', {
        ...counts(scene),
        waitSeconds: back.waitMs === Infinity ? null : Math.ceil(back.waitMs / 1000),
      }),
    ];
  }
  return [none(summary.registered === 0 && summary.expected > 0 ? 'NO_TARGETS' : 'HEALTHY', counts(scene))];
}
