/** What failover always and never does, whatever policy, state and world. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/core/decide.ts';
import { activeByWeights } from '../../lib/core/dns.ts';
import type { Action, Observation, Policy, Result, ServiceState, SiteName } from '../../lib/core/model.ts';
import { T0 } from '../core/builders.ts';
import { always } from './arbitraries.ts';
import { anyCase, anyRecovery, type Case } from './failover-cases.ts';

type Move = Action & { kind: 'moveDns' };
function movesOf(result: Result): Move[] {
  return result.actions.filter((a): a is Move => a.kind === 'moveDns');
}

/** Counts how often a property had something to say: one that never meets its case proves nothing. */
function moving(check: (one: Case & { move: Move; result: Result }) => void): void {
  let met = 0;
  always(anyCase, ({ policy, state, obs }) => {
    const result = decide(policy, state, obs, T0);
    for (const move of movesOf(result)) {
      met += 1;
      check({ policy, state, obs, result, move });
    }
  });
  expect(met).toBeGreaterThan(20);
}

const siteOf = (obs: Observation, name: SiteName) => (name === 'primary' ? obs.primary : obs.secondary);

describe('a move', () => {
  test('never makes every weight zero, and puts all of it on one site', () => {
    moving(({ policy, move }) => {
      expect(policy.failover === undefined ? null : activeByWeights(policy.failover, move.weights)).toBe(move.to);
      expect(Object.values(move.weights).some((weight) => weight > 0)).toBe(true);
    });
  });

  test('deletes exactly what was observed, and leaves no record set of the name out', () => {
    moving(({ obs, move }) => {
      expect(obs.dns).toMatchObject({ known: true, value: { sets: move.sets } });
      expect(new Set(move.sets.map((s) => s.setIdentifier))).toEqual(new Set(Object.keys(move.weights)));
    });
  });

  test('never writes over weights that are not ours, but for an order by hand', () => {
    moving(({ obs, result, move }) => {
      if (move.cause === 'order') return;
      const ours = result.state.failover.weights;
      for (const set of move.sets) expect(set.weight).toBe(ours?.[set.setIdentifier ?? '']);
      expect(obs.dns?.known).toBe(true);
    });
  });

  test('rests on a site that was good for its rounds, at most two intervals ago, and is not bad in this reading', () => {
    moving(({ policy, obs, result, move }) => {
      if (move.cause === 'order') return;
      const { failover } = policy;
      const track = result.state.failover[move.to];
      const intervalMs = (policy.health?.check.intervalSeconds ?? 5) * 1000;
      expect(track.good).toBeGreaterThanOrEqual(failover?.trip.rounds ?? Infinity);
      expect(T0 - result.state.pace.goodMs[move.to]).toBeLessThanOrEqual(2 * intervalMs);
      const targets = siteOf(obs, move.to)?.targets;
      if (targets?.known === true) expect(targets.value.targets.some((t) => t.state === 'healthy')).toBe(true);
    });
  });

  test('never follows from what is missing: a trip has seen its site bad, or has a probe that failed and used to pass', () => {
    moving(({ obs, result, move, policy }) => {
      if (move.cause !== 'trip') return;
      const from: SiteName = move.to === 'primary' ? 'secondary' : 'primary';
      const site = siteOf(obs, from);
      const track = result.state.failover[from];
      if (site?.targets?.known === true)
        expect(track.bad).toBeGreaterThanOrEqual(policy.failover?.trip.rounds ?? Infinity);
      else {
        expect(site?.probe).toMatchObject({ known: true, value: false });
        expect(track.probe?.proved).toBe(true);
      }
    });
  });

  test('is the only one: none is decided while another is under way', () => {
    always(anyCase, ({ policy, state, obs }) => {
      const result = decide(policy, state, obs, T0);
      const underWay = result.state.pending.filter((p) => p.action.kind === 'moveDns');
      expect(movesOf(result).length).toBeLessThanOrEqual(1);
      if (movesOf(result).length > 0) expect(underWay.map((p) => p.action)).toEqual(movesOf(result));
    });
  });
});

/** Servers of the site with a healthy target. */
function servers(obs: Observation, name: SiteName): number {
  const targets = siteOf(obs, name)?.targets;
  if (targets?.known !== true) return 0;
  return new Set(targets.value.targets.filter(({ state }) => state === 'healthy').map(({ id }) => id)).size;
}

/** The largest that the primary may be. */
function mostAtHome({ fleet }: Policy, { primary }: Observation): number {
  return Math.min(
    fleet?.capacity.max ?? Infinity,
    primary.fleet?.known === true ? primary.fleet.value.maxSize : Infinity,
  );
}

/** As large as it is made for what the secondary carries; where nothing makes it larger, as large as it was with the traffic. */
function madeAtHome({ scaling }: Policy, { failover }: ServiceState, { secondary }: Observation): number {
  const group = secondary?.fleet;
  const isCounted = group !== undefined && (!group.known || group.value.refused === undefined);
  if (scaling === undefined || !isCounted) return failover.primaryServed ?? Infinity;
  return group.known ? group.value.desired : Infinity;
}

describe('a failback', () => {
  test('never comes before the waited time, doubled by every relapse, nor without the capacity, nor over its budget', () => {
    let met = 0;
    always(anyRecovery, ({ policy, state, obs }) => {
      for (const move of movesOf(decide(policy, state, obs, T0))) {
        if (move.cause !== 'failback') continue;
        met += 1;
        const { failover } = policy;
        const { goodSinceMs } = state.failover.primary;
        const waitMs = (failover?.failback.afterHealthySeconds ?? Infinity) * 1000 * 2 ** state.failover.relapses;
        expect(T0 - (goodSinceMs ?? T0)).toBeGreaterThanOrEqual(waitMs);
        expect(servers(obs, 'primary')).toBeGreaterThanOrEqual(
          Math.min(servers(obs, 'secondary'), mostAtHome(policy, obs), madeAtHome(policy, state, obs)),
        );
        const hour = state.failover.failbacksMs.filter((ms) => T0 - ms < 3_600_000).length;
        expect(hour).toBeLessThan(failover?.limits.failbacksPerHour ?? 0);
        expect(failover?.failback.mode).toBe('automatic');
      }
    });
    expect(met).toBeGreaterThan(10);
  });
});

describe('what is missing', () => {
  test('alone never moves, raises or returns anything: nothing known, nothing done', () => {
    always(anyCase, ({ policy, state, obs }) => {
      const gone = { known: false, atMs: T0, why: 'unavailable' } as const;
      const dark = { fleet: gone, targets: gone, probe: gone };
      const blind: Observation = { ...obs, primary: dark, secondary: dark, signals: [], refresh: gone, scalers: gone };
      const { actions } = decide(policy, { ...state, orders: {} }, blind, T0);
      // What was ejected may come back without a look at its group, if the policy names none.
      expect(actions.filter((a) => a.kind !== 'registerTarget')).toEqual([]);
    });
  });
});
