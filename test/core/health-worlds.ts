/** A group of old servers in service at `T0`, some of whose targets fail: believed, unless told otherwise. */
import { decide } from '../../lib/core/decide.ts';
import type { Decision, Ejection, Policy, Result, ServiceState } from '../../lib/core/model.ts';
import {
  change,
  fleetOf,
  groupOf,
  ids,
  observe,
  type Part,
  policyOf,
  SECOND,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';

export interface Sick {
  /** Servers, one target each. */
  readonly count: number;
  /** Ids, or `id:port`, of targets that fail. */
  readonly failing?: readonly string[];
  /** Failing rounds before this one. */
  readonly rounds?: number;
  readonly ejected?: readonly string[] | undefined;
  readonly policy?: Part<Policy>;
  readonly state?: Part<ServiceState>;
  readonly world?: World;
}

const key = (idOrKey: string): string => (idOrKey.includes(':') ? idOrKey : `${idOrKey}:80`);

/** No failover and no scaling, unless the policy says so: health alone. */
export function policyFor({ policy = {} }: Sick): Policy {
  return change(policyOf({ failover: undefined, scaling: undefined, fleet: { capacity: { max: 100 } } }), policy);
}

export function ejection(id: string, more: Partial<Ejection> = {}): Ejection {
  return { id, port: 80, atMs: T0 - 10 * SECOND, times: 1, replace: true, ...more };
}

export function stateFor({ count, failing = [], rounds = 1, ejected = [], state = {} }: Sick): ServiceState {
  const calm = stateOf({
    scaling: {
      inServiceSince: Object.fromEntries(ids(count).map((id) => [id, 0])),
      counts: [{ fromMs: 0, count }],
      desired: count,
    },
    health: {
      targets: rounds === 0 ? {} : Object.fromEntries(failing.map((f) => [key(f), { failing: rounds, passing: 0 }])),
      ejected: Object.fromEntries(ejected.map((id) => [key(id), ejection(id)])),
    },
    pace: { healthMs: T0 - 5 * SECOND, failoverMs: T0 - 5 * SECOND },
  });
  return change(calm, state);
}

export function worldFor({ count, failing = [], ejected = [], world = {} }: Sick): World {
  const sick = failing.map(key);
  const out = ejected.map(key);
  const keys = [...ids(count).map(key), ...sick.filter((k) => !k.endsWith(':80'))].filter((k) => !out.includes(k));
  const targets = groupOf(keys.map((k) => target(k, sick.includes(k) ? 'unhealthy' : 'healthy')));
  return { fleet: fleetOf(count), targets, ...world };
}

export function decideSick(sick: Sick, nowMs = T0): Result {
  return decide(policyFor(sick), stateFor(sick), observe(nowMs, worldFor(sick)), nowMs);
}

/** The health decisions. */
export function healthOf(sick: Sick, nowMs = T0): readonly Decision[] {
  return decideSick(sick, nowMs).decisions.filter((d) => d.area === 'health');
}

/** Each health decision as its reason and what its action is about. */
export function does(sick: Sick, nowMs = T0): string[] {
  return healthOf(sick, nowMs).map(({ reason, action }) => {
    if (action === null) return reason;
    if ('target' in action) return `${reason} ${action.target.key}`;
    return action.kind === 'replaceInstance' ? `${reason} ${action.instanceId}` : `${reason} ${action.kind}`;
  });
}
