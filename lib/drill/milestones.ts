/** The moments that a drill measures: shown, decided, accepted, recovered. Virtual milliseconds. */
import type { Write } from '../core/invariants-evidence.ts';
import { asksFor } from '../core/invariants-match.ts';
import type { Action, ServiceState } from '../core/model.ts';
import type { HistoryEvent } from '../sim/history.ts';
import type { World } from '../sim/world.ts';
import { type DrillDecision, secondsSince } from './result.ts';
import type { Applied, Facts, Plan, Scene, Told } from './scenario.ts';

export interface Milestones {
  happened(event: HistoryEvent): void;
  /** Whether this was the first decision to answer the fault. */
  saved(state: ServiceState, atMs: number): boolean;
  /** A write reached AWS, with or without an effect. */
  wrote(write: Write): void;
  /** What came of it by now. */
  facts(decisions: readonly DrillDecision[], alarmsHeard: number, reported: readonly string[]): Facts;
}

type Move = Facts['moves'][number];

function moveOf(scene: Scene, weights: Readonly<Record<string, number>>): Move['to'] {
  const { failover } = scene.policy;
  const primary = (weights[failover?.primary.setIdentifier ?? ''] ?? 0) > 0;
  const secondary = (weights[failover?.secondary.setIdentifier ?? ''] ?? 0) > 0;
  return primary === secondary ? null : primary ? 'primary' : 'secondary';
}

/** Whether the site that the name servers lead to has the healthy servers that it should have. */
function isFull(scene: Scene, world: World, needed: number): boolean {
  const { service, failover } = scene.policy;
  const view = world.view(service);
  if (failover === undefined || moveOf(scene, view.weights.served) !== 'secondary')
    return view.primary.targets.healthy >= needed;
  const ready = Math.max(1, Math.ceil((needed * failover.secondary.minReadyPercent) / 100));
  return (view.secondary?.targets.healthy ?? 0) >= ready;
}

/** When the response was decided where it was never saved: the gate was sure to refuse it (observe mode, a hold). */
function toldSeconds({ response }: Plan, decisions: readonly DrillDecision[], fromSeconds: number): number | null {
  const answers = decisions.filter(({ action }) => action !== null && response?.(action) === true);
  return answers.find(({ atSeconds }) => atSeconds >= fromSeconds)?.atSeconds ?? null;
}

/** Watches the capacity after each event; `answers`: the actions that were accepted by then to answer the fault. */
function createCapacity(scene: Scene, plan: Plan, answers: readonly Action[]) {
  let shortMs: number | null = null;
  let fullMs: number | null = null;
  let healedMs: number | null = null;
  let known = 0;
  return {
    look(atMs: number): void {
      const needed = plan.fullAt(answers);
      // What is asked for on top is not there yet.
      if (needed > known) fullMs = null;
      known = Math.max(known, needed);
      if (!isFull(scene, scene.world, needed)) {
        shortMs ??= atMs;
        healedMs = null;
      } else if (shortMs !== null) {
        healedMs ??= atMs;
        // Capacity that was never short cannot become full again, and nothing is recovered before it was answered.
        if (answers.length > 0) fullMs ??= atMs;
      }
    },
    isShort: () => shortMs !== null,
    /** What nothing answered, or has not yet, may also have healed by itself: full is what has been full since. */
    fullMs: () => (answers.length > 0 ? fullMs : healedMs),
  };
}

/** Notes record changes and notifications as they come. */
function createNotes(scene: Scene) {
  const moves: (Move & { readonly changeId: string })[] = [];
  const told: Told[] = [];
  return {
    moves,
    told,
    happened(event: HistoryEvent): void {
      const { atMs } = event;
      if (event.kind === 'dns-change') {
        const { changeId, weights } = event;
        moves.push({ to: moveOf(scene, weights), atMs, insyncMs: null, changeId });
      } else if (event.kind === 'dns-insync') {
        for (const move of moves) if (move.changeId === event.changeId) move.insyncMs = atMs;
      } else if (event.kind === 'notification') told.push({ atMs, subject: event.subject });
    },
  };
}

/** Begins to watch at the fault. */
export function createMilestones(scene: Scene, plan: Plan): Milestones {
  const { world, policy, faultMs } = scene;
  const before = world.traffic(policy.service);
  const asked = new Map<string, Action>();
  const applied: Applied[] = [];
  const notes = createNotes(scene);
  let writes = 0;
  let detectMs = typeof plan.shown === 'number' ? plan.shown : null;
  let decided: Applied | null = null;
  let actMs: number | null = null;
  const answers: Action[] = [];
  const capacity = createCapacity(scene, plan, answers);
  /** What was decided before the fault could be seen does not answer it. */
  const isAnswer = (action: Action): boolean => detectMs !== null && plan.response?.(action) === true;
  const recoverMs = (lastFailedMs: number | null): number | null => {
    if (!capacity.isShort()) return lastFailedMs;
    const fullMs = capacity.fullMs();
    return fullMs === null ? null : Math.max(fullMs, lastFailedMs ?? 0);
  };
  return {
    happened(event) {
      const { atMs } = event;
      if (detectMs === null && typeof plan.shown === 'function' && plan.shown(event, world.view(policy.service)))
        detectMs = atMs;
      notes.happened(event);
      capacity.look(atMs);
    },
    saved(state, atMs) {
      const known = decided;
      for (const { action } of state.pending) {
        if (asked.has(action.id)) continue;
        asked.set(action.id, action);
        if (decided === null && isAnswer(action)) decided = { atMs, action };
      }
      return decided !== known;
    },
    wrote({ change, effectMs: atMs }) {
      if (atMs === null) return;
      writes += 1;
      const action = [...asked.values()].findLast((one) => asksFor(one, change));
      if (action === undefined) return;
      applied.push({ atMs, action });
      if (decided === null || !isAnswer(action)) return;
      actMs ??= atMs;
      answers.push(action);
    },
    facts(decisions, alarmsHeard, reported) {
      const { moves, told } = notes;
      const totals = world.traffic(policy.service);
      const { lastFailedMs } = totals;
      const seconds = (ms: number | null): number | null => (ms === null ? null : secondsSince(faultMs, ms));
      const measures: Facts['measures'] = {
        detectSeconds: seconds(detectMs),
        decideSeconds: seconds(decided?.atMs ?? null) ?? toldSeconds(plan, decisions, seconds(detectMs) ?? Infinity),
        actSeconds: seconds(actMs),
        recoverSeconds: seconds(recoverMs(lastFailedMs)),
        requests: totals.requests - before.requests,
        failedRequests: totals.failedRequests - before.failedRequests,
      };
      const after = world.view(policy.service);
      const endMs = world.clock.nowMs();
      const fullMs = capacity.fullMs();
      return {
        ...{ scene, plan, measures, detectMs, decided, actMs, applied, writes, decisions },
        ...{ lastFailedMs, fullMs, after, moves, told, endMs, reported, alarmsHeard },
      };
    },
  };
}
