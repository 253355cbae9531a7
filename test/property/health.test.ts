/** What is always and what is never so of one cycle's health decisions, whatever state and world they are made on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { T0 } from '../core/builders.ts';
import { always } from './arbitraries.ts';
import { anyCase, isPanic, numbersOf, type Treated } from './health-cases.ts';

const FIVE_MINUTES_MS = 300_000;

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
          // A confirmed ejection or readmission takes the counter away; no other look at the same round does anything.
          const isBack = before.pending.some(({ action }) => 'target' in action && action.target.key === key);
          if (is !== undefined || !(isBack || key in after.health.ejected)) expect(is).toEqual(was);
        } else {
          expect((is?.failing ?? 0) - (was?.failing ?? 0)).toBeLessThanOrEqual(1);
          expect((is?.passing ?? 0) - (was?.passing ?? 0)).toBeLessThanOrEqual(1);
        }
      }
    });
  });
});
