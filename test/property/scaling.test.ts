/** What is always and what is never so of one scaling decision, whatever state and world it is made on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Policy, Signal } from '../../lib/core/model.ts';
import { coveredBetween } from '../../lib/core/scaling-memory.ts';
import { T0 } from '../core/builders.ts';
import { always } from './arbitraries.ts';
import { anyCase, nearlyIdle, type Scaled } from './scaling-cases.ts';

/** The bounds by their definition: the largest minimum, the smallest maximum. */
function boundsOf({ policy, fleet }: Scaled): [number, number] {
  const capacity = policy.fleet?.capacity ?? { min: 0, max: 0 };
  return [Math.max(capacity.min, fleet?.minSize ?? 0), Math.min(capacity.max, fleet?.maxSize ?? 0)];
}

function isMissing(signal: Signal, { after }: Scaled): boolean {
  const newest = after.scaling.points[signal.name]?.at(-1);
  const periodMs = signal.metric.periodSeconds * 1000;
  return newest === undefined || T0 - newest.startMs - periodMs > Math.max(3 * periodMs, 180_000);
}

/** The largest need of the stabilization window, by its definition; of an empty fleet, `desired`. */
function largestNeed({ policy, after }: Scaled, desired: number): number {
  const { scaling } = policy;
  if (scaling === undefined) return Number.NaN;
  const needs = scaling.signals.flatMap((signal) => {
    const all = after.scaling.points[signal.name] ?? [];
    const newestMs = all.at(-1)?.startMs ?? 0;
    const inside = all.filter(
      (p) => p.startMs > newestMs - scaling.scaleIn.stabilizationSeconds * 1000 || p === all.at(-1),
    );
    return inside.map(({ value, covered: surely, startMs }) => {
      // A period that surely covers nobody may still have covered those that were counted in it.
      const periodMs = signal.metric.periodSeconds * 1000;
      const covered = surely === 0 ? coveredBetween(after.scaling.counts, startMs, startMs + periodMs) : surely;
      if (covered === 0) return desired;
      if (signal.target !== undefined) {
        const ratio = value / signal.target;
        return Math.abs(ratio - 1) <= scaling.tolerance ? desired : ratio * covered;
      }
      const up = (signal.steps ?? []).flatMap((b) => ('above' in b && value > b.above ? [b] : []));
      const down = (signal.steps ?? []).flatMap((b) => ('below' in b && value < b.below ? [b] : []));
      const highest = Math.max(...up.map((b) => b.above));
      const lowest = Math.min(...down.map((b) => b.below));
      const add = up.find((b) => b.above === highest)?.add;
      const remove = down.find((b) => b.below === lowest)?.remove;
      return add === undefined && remove === undefined ? desired : covered + (add ?? -(remove ?? 0));
    });
  });
  return Math.max(...needs);
}

describe('desired capacity', () => {
  it('is always set inside the bounds, or one step toward them, and never where they conflict', () => {
    always(anyCase, (one) => {
      const { action, fleet, policy } = one;
      if (action === null || fleet === null) return;
      const [lower, upper] = boundsOf(one);
      expect(lower).toBeLessThanOrEqual(upper);
      expect(action.from).toBe(fleet.desired);
      expect(action.to).not.toBe(fleet.desired);
      expect(action.to).toBeGreaterThanOrEqual(Math.min(lower, fleet.desired));
      expect(action.to).toBeLessThanOrEqual(Math.max(upper, fleet.desired));
      const { scaleOut, scaleIn } = policy.scaling as NonNullable<Policy['scaling']>;
      expect(action.to - fleet.desired).toBeLessThanOrEqual(scaleOut.maxStep);
      expect(fleet.desired - action.to).toBeLessThanOrEqual(scaleIn.maxStep);
    });
  });

  it('is never set while the group cannot be read, cannot be steered, or a change of it is under way', () => {
    always(anyCase, ({ action, fleet, after }) => {
      if (action === null) return;
      expect(fleet?.refused).toBeUndefined();
      expect(fleet).not.toBeNull();
      const others = after.pending.filter(
        ({ action: a }) => a.id !== action.id && a.kind === 'setCapacity' && a.site === 'primary',
      );
      expect(others).toEqual([]);
    });
  });

  it('is never raised by more than what is missing or needed: at most one for missing signals, once an incident', () => {
    always(anyCase, (one) => {
      if (one.decision.reason !== 'SIGNAL_MISSING_OUT') return;
      expect(one.action?.to).toBe((one.fleet?.desired ?? 0) + 1);
      expect(one.after.scaling.missingStepTaken).toBe(false);
      expect(one.policy.scaling?.signals.some((s) => s.onMissing === 'scaleOut' && isMissing(s, one))).toBe(true);
    });
  });
});

describe('scaling in', () => {
  const isIn = ({ action, fleet }: Scaled): boolean => action !== null && fleet !== null && action.to < fleet.desired;

  it('is drawn often enough for these properties to mean something', () => {
    expect(fc.sample(nearlyIdle, { numRuns: 2000, seed: 1 }).filter(isIn).length).toBeGreaterThan(100);
  });

  it('never happens with a signal missing or stale', () => {
    always(anyCase, (one) => {
      if (isIn(one)) expect(one.policy.scaling?.signals.filter((s) => isMissing(s, one))).toEqual([]);
    });
  });

  it('never goes below the largest need of the window, nor below the upper bound if that is lower', () => {
    always(anyCase, (one) => {
      if (!isIn(one)) return;
      const [lower, upper] = boundsOf(one);
      const need = Math.min(upper, largestNeed(one, one.fleet?.desired ?? 0));
      expect(one.action?.to).toBeGreaterThanOrEqual(Math.max(lower, Math.ceil(need - 1e-6)));
    });
  });

  it('never happens on datapoints from before the last change, or on an incomplete window', () => {
    always(anyCase, (one) => {
      if (!isIn(one)) return;
      for (const { name, metric } of one.policy.scaling?.signals ?? []) {
        const stabilizationMs = (one.policy.scaling?.scaleIn.stabilizationSeconds ?? 0) * 1000;
        const later = (one.after.scaling.points[name] ?? []).filter((p) => p.startMs >= one.after.scaling.lastChangeMs);
        expect(later.length).toBeGreaterThanOrEqual(Math.ceil(stabilizationMs / (metric.periodSeconds * 1000)));
      }
    });
  });

  it('never happens with any interlock', () => {
    always(anyCase, (one) => {
      if (!isIn(one)) return;
      const { obs, after, fleet, policy } = one;
      expect(fleet?.instances.filter((i) => i.lifecycle !== 'InService' && i.lifecycle !== 'Detached')).toEqual([]);
      expect(fleet?.instances.filter((i) => i.lifecycle === 'InService').length).toBeGreaterThanOrEqual(
        fleet?.desired ?? 0,
      );
      const warmupMs = (policy.scaling?.warmupSeconds ?? 0) * 1000;
      expect(Object.values(after.scaling.inServiceSince).filter((ms) => T0 - ms < warmupMs)).toEqual([]);
      expect(after.health.ejected).toEqual({});
      expect(after.health.targets).toEqual({});
      if (policy.health !== undefined) expect(obs.primary.targets?.known).toBe(true);
      const targets = obs.primary.targets?.known === true ? obs.primary.targets.value.targets : [];
      expect(targets.filter((t) => t.state === 'draining' || t.state === 'initial' || t.zonalShift)).toEqual([]);
      expect(targets.filter((t) => t.state.startsWith('unhealthy') && t.reason?.startsWith('Elb.') !== true)).toEqual(
        [],
      );
      expect(obs.refresh).toMatchObject({ known: true, value: false });
      expect(obs.scalers).toMatchObject({ known: true, value: [] });
      expect(T0 - (obs.refresh?.atMs ?? 0)).toBeLessThanOrEqual(120_000);
      expect(T0 - (obs.scalers?.atMs ?? 0)).toBeLessThanOrEqual(120_000);
      expect(after.failover.phase === 'primary' || policy.failover === undefined).toBe(true);
    });
  });
});
