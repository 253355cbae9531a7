/** Shows the auditor the targets as a live drill has them seen: whoever judges the controller must look through the same glass. */
import type { Evidence } from '../core/invariants-evidence.ts';
import { drillOn, type LiveDrill, targetsUnder } from '../core/live-drill.ts';
import type { Policy, ServiceState } from '../core/model.ts';
import type { Clock } from '../ports.ts';

type Target = Extract<Evidence, { kind: 'target' }>;

const nameOf = ({ service, key }: Target): string => `${service} ${key}`;

export interface Lens {
  /** Passes evidence on, targets under the drill that is on. */
  show(evidence: Evidence): void;
  begun(drill: LiveDrill): void;
  ended(id: string): void;
}

/** @param pass gets the evidence, and that of targets once more when a drill that begins, is answered or ends makes them look different. */
export function createLens(policies: readonly Policy[], clock: Clock, pass: (evidence: Evidence) => void): Lens {
  const truths = new Map<string, Target>();
  const shown = new Map<string, Target>();
  const states = new Map<string, ServiceState>();
  const served = new Map(policies.map((policy) => [policy.service, policy]));
  let drill: LiveDrill | null = null;
  const same = (a: Target | undefined, b: Target): boolean => a?.state === b.state && a.reason === b.reason;
  /** Shows what is not as it was shown last. */
  const look = (): void => {
    const atMs = clock.nowMs();
    const policy = served.get(drill?.service ?? '');
    const state = states.get(drill?.service ?? '');
    const on = policy === undefined || state === undefined ? null : drillOn(drill, policy, state, atMs);
    const own = [...truths.values()].filter(({ service }) => service === policy?.service);
    for (const target of on === null ? own : targetsUnder(on, own)) {
      if (same(shown.get(nameOf(target)), target)) continue;
      shown.set(nameOf(target), target);
      pass({ ...target, atMs });
    }
  };
  return {
    show(evidence) {
      if (evidence.kind === 'saved') {
        pass(evidence);
        states.set(evidence.service, evidence.state);
        return look();
      }
      if (evidence.kind === 'serves') {
        served.set(evidence.service, evidence.policy);
        pass(evidence);
        return look();
      }
      if (evidence.kind !== 'target' || evidence.site !== 'primary') return pass(evidence);
      truths.set(nameOf(evidence), evidence);
      if (evidence.service === drill?.service) return look();
      shown.set(nameOf(evidence), evidence);
      pass(evidence);
    },
    begun(begun) {
      drill = begun;
      look();
      void clock.sleep(begun.untilMs - clock.nowMs()).then(look);
    },
    ended(id) {
      if (drill?.id !== id) return;
      drill = { ...drill, untilMs: Math.min(drill.untilMs, clock.nowMs()) };
      look();
    },
  };
}
