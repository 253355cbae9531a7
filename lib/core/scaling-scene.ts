/** What one scaling decision is made on, and the range that it must stay in. */
import type { FleetPolicy, FleetView, Observation, Policy, ScalingPolicy, ServiceState } from './model.ts';
import { phaseOf } from './state.ts';
import type { TargetSummary } from './targets.ts';

/** Gives each action of a cycle its id. */
export type NextId = () => string;

/** The range that desired capacity must stay in. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
  /** The order by hand is what sets the lower bound. */
  readonly ordered: boolean;
}

/** What the standby's group is asked for; `null` where nobody can tell, or where it counts in other units than instances. */
export function standbyDesired(obs: Observation): number | null {
  const standby = obs.secondary?.fleet;
  return standby?.known === true && standby.value.refused === undefined ? standby.value.desired : null;
}

/**
 * [max of the minima, min of the maxima] of policy and group. An order by hand raises the lower bound, and so does, while
 * failed over, what the secondary carries, so that the primary is large enough to come back to; both only as far as they
 * fit: an order for more than the group may have must not stop all scaling as conflicting bounds do.
 */
export function boundsOf(fleet: FleetPolicy, view: FleetView, state: ServiceState, obs: Observation): Bounds {
  const upper = Math.min(fleet.capacity.max, view.maxSize);
  const own = Math.max(fleet.capacity.min, view.minSize);
  const ordered = Math.min(state.orders.capacity?.capacity ?? 0, upper);
  const carried = phaseOf(state) === 'primary' ? 0 : Math.min(standbyDesired(obs) ?? 0, upper);
  const lower = Math.max(own, ordered, carried);
  return { lower, upper, ordered: ordered === lower && ordered > own };
}

export interface Scene {
  readonly policy: Policy;
  readonly fleet: FleetPolicy;
  readonly scaling: ScalingPolicy;
  readonly state: ServiceState;
  readonly obs: Observation;
  readonly view: FleetView;
  readonly bounds: Bounds;
  readonly summary: TargetSummary | null;
  readonly nowMs: number;
  readonly nextId: NextId;
}
