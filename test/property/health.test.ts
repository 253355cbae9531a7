/** What is always and what is never so of one cycle's health decisions, whatever state and world they are made on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
import { always, anyObservation, policyWith } from './arbitraries.ts';
import { anyState } from './arbitrary-state.ts';

const FIVE_MINUTES_MS = 300_000;

interface Treated {
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

/** The same, without orders, deployments and blind spots, and with one target in three as drawn: most cycles then do something. */
const mostlyActing: fc.Arbitrary<Treated> = anyTreated.map(({ policy, before, obs }) => {
  const { fleet, targets } = obs.primary;
  const instances = fleet?.known === true ? fleet.value.instances : [];
  const inService = instances.map((i) => ({ ...i, lifecycle: 'InService', healthy: true }));
  const drawn = targets?.known === true ? targets.value.targets : [];
  const group = drawn.map((t, i) => ({ ...t, state: i % 3 === 0 ? t.state : ('healthy' as const) }));
  const rounds = policy.health?.rounds.unhealthy ?? 2;
  const tracks = group.filter(failsNow).map((t, i) => [t.key, { failing: Math.max(1, rounds - (i % 2)), passing: 0 }]);
  const health = { ...before.health, targets: Object.fromEntries(tracks) };
  const calm = { ...before, health, orders: {}, pending: before.pending.slice(0, 1) };
  const type = policy.health?.onUnhealthy === 'replace' ? 'instance' : 'ip';
  return treated(policy, calm, {
    ...obs,
    refresh: { known: true, atMs: T0, value: false },
    primary: {
      ...obs.primary,
      fleet:
        fleet?.known === true
          ? { ...fleet, atMs: T0, value: { ...fleet.value, instances: inService, suspended: [], refused: undefined } }
          : fleet,
      targets: {
        known: true,
        atMs: T0,
        value: { arn: 'x', targetType: type, targets: group.map((t) => ({ ...t, zonalShift: false })) },
      },
    },
  });
});

const anyCase = fc.oneof(anyTreated, mostlyActing);

/** The target group by the definitions of DESIGN section 5. */
function numbersOf({ policy, obs, after }: Treated) {
  const reading = obs.primary.targets;
  const listed = reading?.known === true ? reading.value.targets : [];
  const ours = new Set([
    ...Object.keys(after.health.ejected),
    ...after.pending.flatMap(({ action, atMs }) =>
      action.kind === 'deregisterTarget' && atMs < T0 ? [action.target.key] : [],
    ),
  ]);
  const waiting = after.pending.filter(({ atMs }) => atMs < T0);
  for (const { action } of waiting) if (action.kind === 'deregisterTarget') ours.add(action.target.key);
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

const isPanic = (one: Treated): boolean => {
  const { healthy, failing, ejected, expected } = numbersOf(one);
  const share = (failing.length + ejected) / Math.max(1, expected);
  return (
    failing.length > 0 &&
    (healthy === 0 || (failing.length >= 2 && share > one.health.limits.panicPercent / 100 + 1e-9))
  );
};

describe('these cases', () => {
  it('eject, replace, readmit and panic often enough for the properties to mean something', () => {
    const cases = fc.sample(anyCase, { numRuns: 2000, seed: 1 });
    const share = (what: (one: Treated) => boolean): number => cases.filter(what).length;
    expect(share((c) => c.out.length > 0)).toBeGreaterThan(200);
    expect(share((c) => c.out.length > 1)).toBeGreaterThan(20);
    expect(share((c) => c.replaced.length > 0)).toBeGreaterThan(30);
    expect(share((c) => c.back.length > 0)).toBeGreaterThan(50);
    expect(share(isPanic)).toBeGreaterThan(100);
  });
});

describe('an ejection', () => {
  it('never takes more out than the allowance, those out already included', () => {
    always(anyCase, (one) => {
      if (one.out.length === 0) return;
      const { ejected, expected } = numbersOf(one);
      const allowance = Math.max(1, Math.floor((one.health.limits.maxEjectedPercent * expected) / 100));
      expect(ejected + one.out.length).toBeLessThanOrEqual(allowance);
    });
  });

  it('never takes out what does not fail now, has not failed all its rounds, or is not registered', () => {
    always(anyCase, (one) => {
      const { failing } = numbersOf(one);
      for (const { target } of one.out) {
        expect(failing.find((t) => t.key === target.key)).toMatchObject({ id: target.id, port: target.port });
        expect(one.after.health.targets[target.key]?.failing).toBeGreaterThanOrEqual(one.health.rounds.unhealthy);
      }
      expect(new Set(one.out.map((a) => a.target.key)).size).toBe(one.out.length);
    });
  });

  it('never happens on missing targets, during a deployment or in doubt of one, unless nobody is healthy', () => {
    always(anyCase, (one) => {
      if (one.out.length === 0) return;
      const { listed, healthy } = numbersOf(one);
      expect(one.obs.primary.targets?.known).toBe(true);
      if (healthy === 0) return;
      expect(listed.filter((t) => t.zonalShift)).toEqual([]);
      if (one.policy.fleet === undefined) return;
      expect(one.obs.refresh).toMatchObject({ known: true, value: false });
      expect(one.obs.primary.fleet?.known).toBe(true);
    });
  });

  it('never happens with fewer healthy than minHealthy, but for the one that heals a panic', () => {
    always(anyCase, (one) => {
      if (one.out.length === 0 || isPanic(one)) return;
      expect(numbersOf(one).healthy).toBeGreaterThanOrEqual(one.health.limits.minHealthy);
    });
  });

  it('never happens in bulk in a panic: one at most, to be replaced, while none is out', () => {
    always(anyCase, (one) => {
      if (!isPanic(one)) return;
      expect(one.out.length).toBeLessThanOrEqual(1);
      if (one.out.length === 0) return;
      expect(one.health.onUnhealthy).toBe('replace');
      expect(numbersOf(one).ejected).toBe(0);
      expect(one.replaced.map((a) => a.instanceId)).toEqual(one.out.map((a) => a.target.id));
    });
  });

  it('never happens while parked, nor in a target group that is refused', () => {
    always(anyCase, (one) => {
      if (one.out.length + one.back.length + one.replaced.length === 0) return;
      const type = one.obs.primary.targets?.known === true ? one.obs.primary.targets.value.targetType : 'none';
      expect(one.after.orders.capacity?.capacity).not.toBe(0);
      expect(one.health.onUnhealthy === 'replace' ? ['instance'] : ['instance', 'ip']).toContain(type);
    });
  });
});

describe('a replacement', () => {
  it('is never asked for while one of the same instance is under way, nor twice in a cycle', () => {
    always(anyCase, (one) => {
      const ids = one.replaced.map((a) => a.instanceId);
      expect(new Set(ids).size).toBe(ids.length);
      const fleet = one.obs.primary.fleet;
      for (const id of ids) {
        const waiting = one.after.pending.filter(
          ({ action, atMs }) => atMs < T0 && action.kind === 'replaceInstance' && action.instanceId === id,
        );
        expect(waiting).toEqual([]);
        expect(T0 - (one.after.health.replaced[id] ?? 0)).toBeGreaterThanOrEqual(60_000);
        expect(fleet?.known === true && fleet.value.instances.find((i) => i.id === id)).toMatchObject({
          lifecycle: 'InService',
          healthy: true,
          protectedFromScaleIn: false,
        });
      }
    });
  });

  it('never goes past the budget of the service or of the account, those of this cycle included', () => {
    always(anyCase, (one) => {
      if (one.replaced.length === 0) return;
      const lately = Object.values(one.after.health.replaced).filter((ms) => T0 - ms < FIVE_MINUTES_MS).length;
      expect(lately + one.replaced.length).toBeLessThanOrEqual(one.health.limits.replacedPer5Minutes);
      const { budget } = one.obs;
      expect(budget.known).toBe(true);
      const used = budget.known ? budget.value.replacements.filter((r) => T0 - r.atMs < FIVE_MINUTES_MS).length : 3;
      expect(used + one.replaced.length).toBeLessThanOrEqual(3);
    });
  });

  it('is always of an instance whose target is out, or goes out first', () => {
    always(anyCase, (one) => {
      for (const { instanceId, after } of one.replaced) {
        const first = one.out.find((a) => a.id === after);
        const ejected = Object.values(one.after.health.ejected).some((e) => e.id === instanceId && e.replace);
        expect(after === null ? ejected : first?.target.id === instanceId).toBe(true);
      }
    });
  });
});

describe('a readmission', () => {
  it('is only of what we ejected, with the same id and port, after its back-off, with its server in service', () => {
    always(anyCase, (one) => {
      for (const { target } of one.back) {
        const ejection = one.before.health.ejected[target.key];
        expect(ejection).toMatchObject({ id: target.id, port: target.port });
        if (ejection === undefined) continue;
        const { afterSeconds, maxSeconds } = one.health.readmit;
        const wait = ejection.replace ? maxSeconds : Math.min(maxSeconds, afterSeconds * ejection.times);
        expect(T0 - ejection.atMs).toBeGreaterThanOrEqual(wait * 1000);
        const { fleet, targets } = one.obs.primary;
        if (one.policy.fleet === undefined || (targets?.known === true && targets.value.targetType === 'ip')) continue;
        expect(fleet?.known === true && fleet.value.instances.find((i) => i.id === target.id)).toMatchObject({
          lifecycle: 'InService',
          healthy: true,
        });
        expect(one.replaced.map((a) => a.instanceId)).not.toContain(target.id);
      }
    });
  });
});

describe('counters', () => {
  it('never move in less than 0.8 of an interval, and never by more than one', () => {
    always(anyCase, ({ before, after, obs, health }) => {
      const passedMs = obs.roundMs - before.pace.healthMs;
      const keys = new Set([...Object.keys(before.health.targets), ...Object.keys(after.health.targets)]);
      for (const key of keys) {
        const [was, is] = [before.health.targets[key], after.health.targets[key]];
        if (passedMs < 0.8 * health.check.intervalSeconds * 1000) {
          // A confirmed ejection takes its counter away; no other look at the same round does anything.
          if (is !== undefined || !(key in after.health.ejected)) expect(is).toEqual(was);
        } else {
          expect((is?.failing ?? 0) - (was?.failing ?? 0)).toBeLessThanOrEqual(1);
          expect((is?.passing ?? 0) - (was?.passing ?? 0)).toBeLessThanOrEqual(1);
        }
      }
    });
  });
});
