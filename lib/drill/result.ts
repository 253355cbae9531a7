/** What a drill answers: the CLI's `--json` and the `drill` function alike. Seconds count from the fault. */
import type { DecisionView } from '../controller/record.ts';

/** Null where it never happens. */
export interface Measures {
  /** When AWS first shows the fault. */
  readonly detectSeconds: number | null;
  /** When the decision that answers it is saved. */
  readonly decideSeconds: number | null;
  /** When the change that it asks for is accepted. */
  readonly actSeconds: number | null;
  /** The later of the last failed request and full capacity; null too when nothing failed and nothing was short. */
  readonly recoverSeconds: number | null;
  /** Since the fault. */
  /** Null where nobody counts them. */
  readonly requests: number | null;
  readonly failedRequests: number | null;
}

export type TimelineArea = 'fault' | 'scaling' | 'health' | 'failover' | 'traffic' | 'controller' | 'verdict';

export interface TimelineEntry {
  readonly atSeconds: number;
  readonly area: TimelineArea;
  /** A word to search for: a reason code in capitals, or what happened. */
  readonly event: string;
  readonly message: string;
}

/** A decision that differs from the one before it in its area; what `evenkeel explain` takes. */
export interface DrillDecision extends DecisionView {
  readonly atSeconds: number;
  readonly service: string;
}

export interface DrillViolation {
  readonly invariant: string;
  readonly atSeconds: number;
  readonly message: string;
}

export interface DrillResult {
  readonly scenario: string;
  readonly policy: string;
  readonly seed: number;
  readonly verdict: 'pass' | 'fail';
  readonly measures: Measures;
  readonly timeline: readonly TimelineEntry[];
  readonly decisions: readonly DrillDecision[];
  readonly violations: readonly DrillViolation[];
}

/** The policy lacks what the scenario is about: nothing was run. */
export interface DrillRefusal {
  readonly scenario: string;
  readonly policy: string;
  /** What is missing, in one sentence. */
  readonly refused: string;
}

/** Seconds from `fromMs`, to the tenth. */
export function secondsSince(fromMs: number, atMs: number): number {
  const tenths = Math.round((atMs - fromMs) / 100);
  return tenths === 0 ? 0 : tenths / 10;
}
