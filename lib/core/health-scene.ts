/** What the health rules look at. */
import { isSpared } from './live-drill.ts';
import type {
  Decision,
  Ejection,
  HealthPolicy,
  Numbers,
  Observation,
  Policy,
  ServiceState,
  TargetView,
} from './model.ts';
import type { ReasonCode } from './reasons.ts';
import type { NextId } from './scaling-scene.ts';
import { MOST_TARGETS_KEPT, type TargetSummary } from './targets.ts';

export interface HealthScene {
  readonly policy: Policy;
  readonly health: HealthPolicy;
  readonly state: ServiceState;
  readonly obs: Observation;
  readonly summary: TargetSummary;
  readonly nowMs: number;
  readonly nextId: NextId;
  /** Instances whose replacement this very cycle has decided: they count against the budgets, and only once. */
  readonly replacing: Set<string>;
}

/** What stands against something, and the numbers behind that. */
export interface Obstacle {
  readonly reason: ReasonCode;
  readonly numbers: Numbers;
}

export function none(reason: ReasonCode, numbers: Numbers = {}): Decision {
  return { area: 'health', reason, action: null, numbers };
}

/** The decision not to do what this obstacle stands against. */
export function hindered(numbers: Numbers, obstacle: Obstacle, option: string): Decision {
  const { reason } = obstacle;
  return { ...none(reason, { ...numbers, ...obstacle.numbers }), rejected: [{ option, reason }] };
}

/** max(1, floor(maxEjectedPercent × expected)): one target may always go, or a service of two could never heal; and never more than are kept. */
function allowanceOf(health: HealthPolicy, expected: number): number {
  // Multiplied first: 0.29 × 100 is 28.999… in binary.
  const share = Math.floor((health.limits.maxEjectedPercent * expected) / 100);
  return Math.min(MOST_TARGETS_KEPT, Math.max(1, share));
}

export interface Counts {
  readonly healthy: number;
  readonly failing: number;
  readonly ejected: number;
  readonly registered: number;
  readonly expected: number;
  readonly allowance: number;
}

/** The target group in numbers, as every health decision carries them. */
export function countsOf({ summary, health }: Pick<HealthScene, 'summary' | 'health'>): Counts & Numbers {
  return {
    healthy: summary.healthy,
    failing: summary.failing.length,
    ejected: summary.ejected.length,
    registered: summary.registered,
    expected: summary.expected,
    allowance: allowanceOf(health, summary.expected),
  };
}

/** Whether the instance behind this ejection is to be replaced: so it was decided, and the policy has not changed its mind since. */
export function isToBeReplaced(health: HealthPolicy, ejection: Ejection): boolean {
  return ejection.replace && health.onUnhealthy === 'replace';
}

/**
 * The targets that have failed all their rounds and fail in this one too, but for those that only the record is to answer.
 * Who has been in doubt longest comes first: budgets and the allowance go to them, or newer failures would starve them.
 */
export function believedFailing({ summary, state, health }: HealthScene): readonly TargetView[] {
  // A reading from before a readmission that is not confirmed yet still shows the target as it was.
  const readmitting = (key: string): boolean =>
    state.pending.some(({ action }) => action.kind === 'registerTarget' && action.target.key === key);
  const failing = new Map(summary.failing.map((t) => [t.key, t]));
  return Object.entries(state.health.targets).flatMap(([key, track]) => {
    const one = failing.get(key);
    if (one === undefined || track.failing < health.rounds.unhealthy || readmitting(key) || isSpared(one)) return [];
    return [one];
  });
}
