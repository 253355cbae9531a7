/** What is true of a target, for the invariants. */
import type { TargetState } from './model.ts';

export interface TargetTruth {
  /** `null`: not registered. */
  readonly state: TargetState | null;
  readonly reason: string | undefined;
}

/** The load balancer's own troubles (`Elb.*`) say nothing about a target. */
export function isFailing({ state, reason }: TargetTruth): boolean {
  return (state === 'unhealthy' || state === 'unhealthy.draining') && reason?.startsWith('Elb.') !== true;
}

/** Neither registered nor gone counts: draining is on its way out. */
export function isRegistered({ state }: TargetTruth): boolean {
  return state !== null && state !== 'draining' && state !== 'unhealthy.draining';
}
