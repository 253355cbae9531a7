/** Shows the auditor the targets as a live drill has them seen: whoever judges the controller must look through the same glass. */
import type { Evidence } from '../core/invariants-evidence.ts';
import { drillOn, type LiveDrill, targetUnder } from '../core/live-drill.ts';
import type { Policy } from '../core/model.ts';
import type { Clock } from '../ports.ts';

type Target = Extract<Evidence, { kind: 'target' }>;

export interface Lens {
  /** Passes evidence on, targets under the drill that is on. */
  show(evidence: Evidence): void;
  begun(drill: LiveDrill): void;
  ended(id: string): void;
}

/** @param pass gets the evidence, and that of the drilled targets once more when a drill begins and when it is over. */
export function createLens(policies: readonly Policy[], clock: Clock, pass: (evidence: Evidence) => void): Lens {
  const truths = new Map<string, Target>();
  let drill: LiveDrill | null = null;
  const seen = (target: Target): Target => {
    const policy = policies.find(({ service }) => service === target.service);
    const on = policy === undefined || target.site !== 'primary' ? null : drillOn(drill, policy, target.atMs);
    return on === null ? target : targetUnder(on, target);
  };
  const again = (): void => {
    for (const key of drill?.targets ?? []) {
      const truth = truths.get(`${drill?.service} primary ${key}`);
      if (truth !== undefined) pass(seen({ ...truth, atMs: clock.nowMs() }));
    }
  };
  return {
    show(evidence) {
      if (evidence.kind !== 'target') return pass(evidence);
      truths.set(`${evidence.service} ${evidence.site} ${evidence.key}`, evidence);
      pass(seen(evidence));
    },
    begun(begun) {
      drill = begun;
      again();
      void clock.sleep(begun.untilMs - clock.nowMs()).then(again);
    },
    ended(id) {
      if (drill?.id !== id) return;
      drill = { ...drill, untilMs: Math.min(drill.untilMs, clock.nowMs()) };
      again();
    },
  };
}
