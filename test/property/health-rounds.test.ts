/** What is always and what is never so of health over many rounds, under faults, lost answers and a controller that dies between write and save. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/core/decide.ts';
import type { Action, HealthPolicy, Observation, Outcome, Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState, settle } from '../../lib/core/state.ts';
import { change, policyOf, SECOND, savedFrom, T0 } from '../core/builders.ts';
import { always } from './arbitraries.ts';
import { look, obey, passRound, type SmallWorld, smallWorld } from './small-world.ts';

const EVERY_MS = 5 * SECOND;

/** What becomes of an action: did it happen, and does the controller come to know of it? */
type Fate = 'applied' | 'refused' | 'unclear, happened' | 'unclear, not' | 'happened, then died' | 'died before';

interface Storm {
  readonly count: number;
  readonly health: HealthPolicy;
  /** Which server falls sick or gets well in which round. */
  readonly faults: readonly { readonly round: number; readonly server: number; readonly sick: boolean }[];
  readonly dark: readonly (readonly string[])[];
  readonly fates: readonly Fate[];
}

const anyStorm: fc.Arbitrary<Storm> = fc
  .record({
    count: fc.integer({ min: 1, max: 8 }),
    onUnhealthy: fc.constantFrom<HealthPolicy['onUnhealthy'][]>('replace', 'deregister'),
    unhealthy: fc.integer({ min: 1, max: 3 }),
    healthy: fc.integer({ min: 1, max: 3 }),
    maxEjectedPercent: fc.integer({ min: 0, max: 100 }),
    panicPercent: fc.integer({ min: 0, max: 100 }),
    minHealthy: fc.integer({ min: 0, max: 2 }),
    replacedPer5Minutes: fc.integer({ min: 1, max: 3 }),
    faults: fc.array(
      fc.record({ round: fc.integer({ min: 3, max: 60 }), server: fc.integer({ min: 0, max: 8 }), sick: fc.boolean() }),
      { maxLength: 12 },
    ),
    dark: fc.array(fc.subarray(['fleet', 'targets', 'refresh']), { minLength: 1, maxLength: 5 }),
    fates: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<Fate>('applied') },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Fate[]>(
            'refused',
            'unclear, happened',
            'unclear, not',
            'happened, then died',
            'died before',
          ),
        },
      ),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ count, faults, dark, fates, onUnhealthy, unhealthy, healthy, ...limits }) => ({
    count,
    faults,
    dark,
    fates,
    health: change(policyOf().health as HealthPolicy, {
      onUnhealthy,
      rounds: { unhealthy, healthy },
      limits,
      readmit: { afterSeconds: 10, maxSeconds: 40 },
    }),
  }));

interface Round {
  readonly atMs: number;
  readonly obs: Observation;
  readonly before: ServiceState;
  readonly actions: readonly Action[];
  /** Those that happened. */
  readonly done: readonly Action[];
}

const happened = (fate: Fate): boolean => fate === 'applied' || fate.includes('happened');

function outcomeOf(action: Action, fate: Fate, atMs: number): Outcome {
  if (fate === 'applied') return { actionId: action.id, result: 'applied', atMs };
  if (fate === 'refused') return { actionId: action.id, result: 'refused', atMs, why: 'THROTTLED' };
  return { actionId: action.id, result: 'unclear', atMs, detail: 'no answer' };
}

function policyFor(storm: Storm): Policy {
  return change(policyOf({ failover: undefined, scaling: undefined, fleet: { capacity: { min: 1, max: 20 } } }), {
    health: storm.health,
  });
}

/** Storms for 80 rounds, then lets so many quiet rounds pass in which every server there is gets well. */
function run(storm: Storm, quiet = 0): { rounds: Round[]; world: SmallWorld; state: ServiceState } {
  const policy = policyFor(storm);
  const world = smallWorld(storm.count, 0);
  const ran: Round[] = [];
  let state = initialState('web');
  let sent = 0;
  for (let i = 1; i <= 80 + quiet; i += 1) {
    const atMs = T0 + i * EVERY_MS;
    const calm = i > 80;
    if (calm) for (const s of world.servers) s.sick = false;
    for (const { round, server, sick } of storm.faults) {
      const struck = world.servers[server % Math.max(1, world.servers.length)];
      if (round === i && struck !== undefined) struck.sick = sick;
    }
    passRound(world, atMs);
    const obs = look(world, policy, atMs, calm ? [] : storm.dark[Math.floor(i / 9) % storm.dark.length]);
    const result = decide(policy, state, obs, atMs);
    const before = state;
    const saved = savedFrom(state, result.state);
    const outcomes: Outcome[] = [];
    const done: Action[] = [];
    let died = false;
    for (const action of result.actions) {
      const first = action.kind === 'replaceInstance' ? action.after : null;
      if (first !== null && !outcomes.some((o) => o.actionId === first && o.result === 'applied')) {
        outcomes.push({ actionId: action.id, result: 'refused', atMs, why: 'NOT_FIRST' });
        continue;
      }
      const fate = calm ? 'applied' : (storm.fates[sent % storm.fates.length] ?? 'applied');
      sent += 1;
      if (happened(fate)) {
        obey(world, action);
        done.push(action);
      }
      died ||= fate.includes('died');
      if (died) break;
      outcomes.push(outcomeOf(action, fate, atMs));
    }
    // Who dies before the second save leaves the state as it was saved before acting.
    state = died ? saved : savedFrom(saved, settle(saved, outcomes));
    ran.push({ atMs, obs, before, actions: result.actions, done });
  }
  return { rounds: ran, world, state };
}

describe('over many rounds', { timeout: 60_000 }, () => {
  it('storms eject, replace, readmit and lose answers often enough for these properties to mean something', () => {
    const storms = fc
      .sample(anyStorm, { numRuns: 200, seed: 1 })
      .map((storm) => run(storm).rounds.flatMap((r) => r.actions));
    const share = (kind: Action['kind'], atLeast: number): number =>
      storms.filter((actions) => actions.filter((a) => a.kind === kind).length >= atLeast).length;
    expect(share('deregisterTarget', 1)).toBeGreaterThan(60);
    expect(share('deregisterTarget', 3)).toBeGreaterThan(20);
    expect(share('replaceInstance', 2)).toBeGreaterThan(10);
    expect(share('registerTarget', 1)).toBeGreaterThan(20);
  });

  it('a target is ejected only after it failed all its rounds, one after the other, in readings of our own', () => {
    always(anyStorm, (storm) => {
      const { rounds } = run(storm);
      const failures = new Map<string, number>();
      let lastMs = 0;
      for (const { obs, actions, atMs } of rounds) {
        const reading = obs.primary.targets;
        if (reading?.known === true) {
          if (atMs - lastMs >= 3 * EVERY_MS) failures.clear();
          lastMs = atMs;
          for (const t of reading.value.targets) {
            if (t.state === 'unhealthy') failures.set(t.key, (failures.get(t.key) ?? 0) + 1);
            else if (t.state === 'healthy') failures.delete(t.key);
          }
        }
        for (const a of actions) {
          if (a.kind === 'deregisterTarget') {
            expect(failures.get(a.target.key) ?? 0).toBeGreaterThanOrEqual(storm.health.rounds.unhealthy);
          }
        }
      }
    });
  });

  it('never more are out than the allowance, counted in the world and not in the state', () => {
    always(anyStorm, (storm) => {
      const out = new Set<string>();
      for (const { obs, actions, done } of run(storm).rounds) {
        const { fleet, targets } = obs.primary;
        if (fleet?.known === true) {
          for (const key of out) if (!fleet.value.instances.some((i) => `${i.id}:80` === key)) out.delete(key);
        }
        const asked = actions.filter((a) => a.kind === 'deregisterTarget');
        if (asked.length > 0 && targets?.known === true) {
          const registered = targets.value.targets.filter((t) => t.state !== 'draining' && !out.has(t.key)).length;
          const desired = fleet?.known === true ? fleet.value.desired : 0;
          const expected = Math.max(desired, registered + out.size);
          const allowance = Math.max(1, Math.floor((storm.health.limits.maxEjectedPercent * expected) / 100));
          expect(out.size + asked.length).toBeLessThanOrEqual(allowance);
        }
        for (const a of done) {
          if (a.kind === 'deregisterTarget') out.add(a.target.key);
          if (a.kind === 'registerTarget') out.delete(a.target.key);
        }
      }
    });
  });

  it('no instance is replaced twice, whatever answers get lost', () => {
    always(anyStorm, (storm) => {
      const replaced = run(storm)
        .rounds.flatMap(({ done }) => done)
        .filter((a) => a.kind === 'replaceInstance');
      const ids = replaced.map((a) => (a.kind === 'replaceInstance' ? a.instanceId : ''));
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('only what we took out is registered, and never while it is registered already', () => {
    always(anyStorm, (storm) => {
      const out = new Set<string>();
      for (const { done, actions } of run(storm).rounds) {
        for (const a of actions) if (a.kind === 'registerTarget') expect(out).toContain(a.target.key);
        for (const a of done) {
          if (a.kind === 'deregisterTarget') out.add(a.target.key);
          if (a.kind === 'registerTarget') out.delete(a.target.key);
        }
      }
    });
  });

  it('no action id is used twice', () => {
    always(anyStorm, (storm) => {
      const ids = run(storm).rounds.flatMap(({ actions }) => actions.map((a) => a.id));
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('once all is well, every target comes back or is replaced, and then nothing is decided any more', () => {
    always(anyStorm, (storm) => {
      const { rounds, world, state } = run(storm, 40);
      expect(state.health.ejected).toEqual({});
      expect(state.pending).toEqual([]);
      expect(world.servers.filter((s) => s.target === 'healthy').length).toBe(storm.count);
      expect(rounds.slice(-5).flatMap((r) => r.actions)).toEqual([]);
    });
  });
});
