/** What is always and what is never so over many rounds, `decide` meeting the consequences of its own decisions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/core/decide.ts';
import type { Action, Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState, isWorthSaving, settle } from '../../lib/core/state.ts';
import { change, MINUTE, outcomesOf, policyOf, SECOND, savedFrom, T0 } from '../core/builders.ts';
import { always } from './arbitraries.ts';
import { look, obey, passRound, type SmallWorld, smallWorld } from './small-world.ts';

const EVERY_MS = 10 * SECOND;

function policyWith(target: number, tolerance: number, maxStep: number, stabilizationSeconds: number): Policy {
  return change(policyOf({ failover: undefined, health: undefined }), {
    fleet: { capacity: { min: 1, max: 20 } },
    scaling: {
      signals: [{ ...policyOf().scaling?.signals[0], target } as never],
      tolerance,
      warmupSeconds: 60,
      scaleOut: { maxStep, cooldownSeconds: 60 },
      scaleIn: { maxStep, stabilizationSeconds },
    },
  });
}

interface Ran {
  readonly actions: readonly { readonly action: Action & { kind: 'setCapacity' }; readonly atMs: number }[];
  readonly state: ServiceState;
  readonly saves: readonly number[];
}

/** Runs so many rounds; `meddle` may change the world before each. */
function run(
  policy: Policy,
  world: SmallWorld,
  count: number,
  meddle: (round: number) => readonly string[] = () => [],
): Ran {
  const actions: { action: Action & { kind: 'setCapacity' }; atMs: number }[] = [];
  const saves: number[] = [];
  let state = initialState('web');
  for (let i = 1; i <= count; i += 1) {
    const atMs = T0 + i * EVERY_MS;
    passRound(world, atMs);
    const result = decide(policy, state, look(world, policy, atMs, meddle(i)), atMs);
    if (isWorthSaving(state, result.state)) saves.push(atMs);
    for (const action of result.actions) {
      if (action.kind === 'setCapacity') actions.push({ action, atMs });
      obey(world, action);
    }
    const saved = savedFrom(state, result.state);
    state = savedFrom(saved, settle(saved, outcomesOf(result, atMs)));
  }
  return { actions, state, saves };
}

const anyRun = fc.record({
  count: fc.integer({ min: 1, max: 12 }),
  load: fc.integer({ min: 0, max: 1200 }),
  target: fc.integer({ min: 20, max: 200 }),
  tolerance: fc.constantFrom(0, 0.05, 0.1),
  maxStep: fc.integer({ min: 1, max: 6 }),
  windowSeconds: fc.constantFrom(60, 180, 300),
});

describe('under a steady load', { timeout: 60_000 }, () => {
  it('capacity always comes to rest where the load is carried, and nothing is decided any more', () => {
    always(anyRun, ({ count, load, target, tolerance, maxStep, windowSeconds }) => {
      const policy = policyWith(target, tolerance, maxStep, windowSeconds);
      const world = smallWorld(count, load);
      run(policy, world, 500);
      const need = Math.max(1, Math.min(20, Math.ceil(load / target)));
      const carried = load / world.desired / target;
      expect(world.desired === need || Math.abs(carried - 1) <= tolerance + 1e-9, `${world.desired}, not ${need}`).toBe(
        true,
      );
      const before = world.desired;
      expect(run(policy, world, 100).actions.filter(({ action }) => action.to !== before)).toEqual([]);
    });
  });

  it('never asks twice for what is on its way: no step beyond what the load needs', () => {
    always(anyRun, ({ count, load, target, tolerance, maxStep, windowSeconds }) => {
      const world = smallWorld(count, load);
      const { actions } = run(policyWith(target, tolerance, maxStep, windowSeconds), world, 400);
      const need = Math.max(1, Math.min(20, Math.ceil(load / target)));
      for (const { action } of actions) {
        if (action.to > action.from) expect(action.to).toBeLessThanOrEqual(need);
        else expect(action.to).toBeGreaterThanOrEqual(need);
      }
    });
  });

  it('never goes out and in by turns', () => {
    always(anyRun, ({ count, load, target, tolerance, maxStep, windowSeconds }) => {
      const { actions } = run(policyWith(target, tolerance, maxStep, windowSeconds), smallWorld(count, load), 400);
      const ways = new Set(actions.map(({ action }) => Math.sign(action.to - action.from)));
      expect(ways.size).toBeLessThanOrEqual(1);
    });
  });

  it('saves the state no oftener than datapoints come, once at rest', () => {
    always(anyRun, ({ count, load, target, tolerance, maxStep, windowSeconds }) => {
      const policy = policyWith(target, tolerance, maxStep, windowSeconds);
      // A need above the bounds is an incident, whose last sight is written down now and then.
      const world = smallWorld(count, Math.min(load, 20 * target));
      const { saves } = run(policy, world, 500);
      const late = saves.filter((ms) => ms > T0 + 400 * EVERY_MS);
      expect(late.length).toBeLessThanOrEqual((100 * EVERY_MS) / MINUTE + 1);
    });
  });
});

describe('under a load that moves, with readings that fail', { timeout: 60_000 }, () => {
  const anyStorm = fc.record({
    start: anyRun,
    loads: fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 8 }),
    dark: fc.array(fc.subarray(['signals', 'fleet', 'refresh', 'scalers']), { minLength: 1, maxLength: 7 }),
  });

  it('scale-outs are always a cooldown apart, and scale-ins a whole window after the change before', () => {
    always(anyStorm, ({ start, loads, dark }) => {
      const { count, load, target, tolerance, maxStep, windowSeconds } = start;
      const world = smallWorld(count, load);
      const { actions } = run(policyWith(target, tolerance, maxStep, windowSeconds), world, 300, (i) => {
        if (i % 37 === 0) world.load = loads[(i / 37) % loads.length] ?? 0;
        return dark[Math.floor(i / 11) % dark.length] ?? [];
      });
      actions.forEach(({ action, atMs }, index) => {
        const before = actions[index - 1];
        if (before === undefined) return;
        const apart = atMs - before.atMs;
        if (action.to < action.from) expect(apart).toBeGreaterThanOrEqual(windowSeconds * SECOND);
        else if (before.action.to > before.action.from) expect(apart).toBeGreaterThanOrEqual(60 * SECOND);
      });
    });
  });
});
