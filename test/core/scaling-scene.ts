/** A fleet of 1 to 10 that has stood still for an hour, seen at `T0`, with the CPU of the last minutes. */
import { decide } from '../../lib/core/decide.ts';
import type { Decision, Policy, Result, ScalingState, ServiceState } from '../../lib/core/model.ts';
import {
  change,
  fleetOf,
  groupOf,
  ids,
  MINUTE,
  missing,
  observe,
  type Part,
  policyOf,
  SECOND,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';

const HOUR = 60 * MINUTE;

/** One datapoint a minute with what it covered, the newest just over. */
export function points(covered: number, ...values: number[]): ScalingState['points'][string] {
  return values.map((value, i) => ({ startMs: T0 - (values.length - i) * MINUTE, value, covered }));
}

export interface Scene {
  /** In service, and desired. */
  readonly count: number;
  /** CPU of the last minutes; none: no datapoint. */
  readonly cpu: readonly number[];
  readonly policy?: Part<Policy>;
  readonly state?: Part<ServiceState>;
  readonly world?: World;
}

export function policyIn({ policy = {} }: Pick<Scene, 'policy'>): Policy {
  return change(policyOf({ fleet: { capacity: { min: 1, max: 10 } }, failover: undefined }), policy);
}

export function stateIn({ count, cpu, state = {} }: Scene): ServiceState {
  const calm = stateOf({
    scaling: {
      points: { cpu: points(count, ...cpu) },
      counts: [{ fromMs: T0 - HOUR, count }],
      inServiceSince: Object.fromEntries(ids(count).map((id) => [id, 0])),
      desired: count,
      lastChangeMs: T0 - HOUR,
    },
    pace: { healthMs: T0 - 5 * SECOND, failoverMs: T0 - 5 * SECOND },
  });
  return change(calm, state);
}

export function decideIn(scene: Scene, nowMs = T0): Result {
  const targets = groupOf(ids(scene.count).map((id) => target(id)));
  const quiet: World = { fleet: fleetOf(scene.count), targets, signals: [missing('not-read')] };
  return decide(policyIn(scene), stateIn(scene), observe(nowMs, { ...quiet, ...scene.world }), nowMs);
}

/** The scaling decision. */
export function scalingIn(scene: Scene, nowMs = T0): Decision {
  const decision = decideIn(scene, nowMs).decisions.find((d) => d.area === 'scaling');
  if (decision === undefined) throw new Error('no scaling decision');
  return decision;
}

/** Its reason and the capacity that it sets, `null` for none. */
export function concludes(scene: Scene, nowMs = T0): { reason: string; to: number | null } {
  const { reason, action } = scalingIn(scene, nowMs);
  return { reason, to: action?.kind === 'setCapacity' ? action.to : null };
}
