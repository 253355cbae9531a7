/** Cycles of which most do something about a target, and their numbers by the definitions of DESIGN section 5. */
import fc from 'fast-check';
import { decide } from '../../lib/core/decide.ts';
import type {
  Action,
  Decision,
  HealthPolicy,
  Observation,
  Policy,
  ServiceState,
  TargetView,
} from '../../lib/core/model.ts';
import { T0 } from '../core/builders.ts';
import { anyObservation, INSTANCE_IDS, mostly, PORTS, policyWith } from './arbitraries.ts';
import { anyState } from './arbitrary-state.ts';

export interface Treated {
  readonly policy: Policy;
  readonly health: HealthPolicy;
  readonly obs: Observation;
  readonly before: ServiceState;
  readonly after: ServiceState;
  readonly decisions: readonly Decision[];
  readonly out: readonly (Action & { kind: 'deregisterTarget' })[];
  readonly back: readonly (Action & { kind: 'registerTarget' })[];
  readonly replaced: readonly (Action & { kind: 'replaceInstance' })[];
}

function ofKind<K extends Action['kind']>(actions: readonly Action[], kind: K): (Action & { kind: K })[] {
  return actions.filter((a): a is Action & { kind: K } => a.kind === kind);
}

function treated(policy: Policy, before: ServiceState, obs: Observation): Treated {
  const result = decide(policy, before, obs, T0);
  const { actions, state: after } = result;
  return {
    policy,
    health: policy.health as HealthPolicy,
    obs,
    before,
    after,
    decisions: result.decisions.filter((d) => d.area === 'health'),
    out: ofKind(actions, 'deregisterTarget'),
    back: ofKind(actions, 'registerTarget'),
    replaced: ofKind(actions, 'replaceInstance'),
  };
}

const failsNow = (t: TargetView): boolean => t.state.startsWith('unhealthy') && t.reason?.startsWith('Elb.') !== true;

const anyTreated: fc.Arbitrary<Treated> = fc
  .constantFrom({ fleet: true }, { fleet: true, failover: true }, { fleet: true, scaling: true }, {})
  .chain((has) => policyWith({ health: true, ...has }))
  .chain((policy) =>
    fc.tuple(anyState(policy), anyObservation(policy)).map(([state, obs]) => treated(policy, state, obs)),
  );

/**
 * Six servers in service with two ports each, some targets failing and believed, now and then one ejected, protected or
 * replaced lately: most cycles then do something. What was drawn of orders, deployments and blind spots is taken away.
 */
const mostlyActing: fc.Arbitrary<Treated> = policyWith({ fleet: true, health: true }).chain((policy) => {
  const { onUnhealthy, rounds } = policy.health as HealthPolicy;
  const one = fc.record({
    fails: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    believed: mostly(fc.constant(true), fc.constant(false)),
    ejected: mostly(fc.constant(false), fc.constant(false), fc.constant(true)),
  });
  const flags = fc.tuple(...Array.from({ length: 12 }, () => one));
  return fc.tuple(anyState(policy), anyObservation(policy), flags).map(([state, obs, drawn]) => {
    const { fleet, targets } = obs.primary;
    const seen = fleet?.known === true ? fleet.value.instances : [];
    const instances = INSTANCE_IDS.map((id) => {
      const protectedFromScaleIn = seen.find((i) => i.id === id)?.protectedFromScaleIn ?? false;
      return { id, zone: 'a', lifecycle: 'InService', healthy: true, protectedFromScaleIn };
    });
    const members = INSTANCE_IDS.flatMap((id) => PORTS.map((port) => ({ key: `${id}:${port}`, id, port })));
    const all = members.map((m, i) => ({ ...m, ...(drawn[i] ?? { fails: false, believed: false, ejected: false }) }));
    const tracks = all
      .filter((t) => t.fails && t.believed)
      .map((t) => [t.key, { failing: rounds.unhealthy, passing: 0 }]);
    const ejected = all
      .filter((t) => t.ejected)
      .map(({ key, id, port, fails }, i) => {
        const ejection = {
          id,
          port,
          atMs: T0 - 1000 * (1 + 37 * i * i),
          times: 1 + i,
          replace: onUnhealthy === 'replace' && fails,
        };
        return [key, ejection];
      });
    const health = { ...state.health, targets: Object.fromEntries(tracks), ejected: Object.fromEntries(ejected) };
    const calm: ServiceState = {
      ...state,
      health,
      orders: {},
      pending: state.pending.slice(0, 1),
      scaling: { ...state.scaling, inServiceSince: {} },
    };
    const view = { name: 'exercise-group', minSize: 0, maxSize: 20, desired: 6, instances, suspended: [] };
    const listed = all
      .filter((t) => !t.ejected)
      .map(
        ({ key, id, port, fails }): TargetView => ({
          key,
          id,
          port,
          state: fails ? 'unhealthy' : 'healthy',
          zonalShift: false,
        }),
      );
    const targetType = onUnhealthy === 'deregister' && targets?.known === true ? targets.value.targetType : 'instance';
    return treated(policy, calm, {
      ...obs,
      refresh: { known: true, atMs: T0, value: false },
      primary: {
        ...obs.primary,
        fleet: { known: true, atMs: T0, value: view },
        targets: { known: true, atMs: T0, value: { arn: 'x', targetType, targets: listed } },
      },
    });
  });
});

export const anyCase = fc.oneof(anyTreated, mostlyActing);

/** The target group by the definitions of DESIGN section 5. */
export function numbersOf({ policy, obs, after }: Treated) {
  const reading = obs.primary.targets;
  const listed = reading?.known === true ? reading.value.targets : [];
  // Saved before this cycle: what it decided itself is pending since now.
  const waiting = after.pending.filter(({ atMs }) => atMs < T0);
  const leaving = waiting.flatMap(({ action }) => (action.kind === 'deregisterTarget' ? [action.target.key] : []));
  const ours = new Set([...Object.keys(after.health.ejected), ...leaving]);
  const registered = listed.filter((t) => t.state !== 'draining' && !ours.has(t.key));
  const fleet = policy.fleet === undefined ? undefined : obs.primary.fleet;
  const desired = fleet?.known === true ? fleet.value.desired : 0;
  return {
    listed,
    ejected: ours.size,
    healthy: registered.filter((t) => t.state === 'healthy').length,
    failing: registered.filter(failsNow),
    expected: Math.max(desired, registered.length + ours.size),
  };
}

export const isPanic = (one: Treated): boolean => {
  const { healthy, failing, ejected, expected } = numbersOf(one);
  const share = (failing.length + ejected) / Math.max(1, expected);
  return (
    failing.length > 0 &&
    (healthy === 0 || (failing.length >= 2 && share > one.health.limits.panicPercent / 100 + 1e-9))
  );
};
