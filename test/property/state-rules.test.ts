/** What holds of a service's state over any sequence of cycles, outcomes and crashes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/core/decide.ts';
import type { Action, Observation, Outcome, Policy, Refusal, ServiceState } from '../../lib/core/model.ts';
import { reconcile } from '../../lib/core/pending.ts';
import { initialState, isWorthSaving, phaseOf, settle } from '../../lib/core/state.ts';
import { T0 } from '../core/builders.ts';
import { always, anyObservation, anyPolicy } from './arbitraries.ts';
import { anyLuck, anyState, outcomesBy } from './arbitrary-state.ts';
import { anyCase } from './failover-cases.ts';

const REFUSALS: readonly Refusal[] = [
  'OBSERVE_MODE',
  'HELD',
  'FROZEN',
  'FENCED',
  'LATE',
  'PRECONDITION',
  'UNCHECKED',
  'CONFLICT',
  'DENIED',
];

/** What becomes of each action of a cycle, or of the whole process between saving and acting. */
type Fate = 'applied' | 'refused' | 'unclear' | 'crash';
const anyFate = fc.constantFrom<Fate[]>('applied', 'applied', 'refused', 'unclear', 'crash');

interface Step {
  readonly obs: Observation;
  readonly fate: Fate;
}
const anyHistory: fc.Arbitrary<{ policy: Policy; steps: readonly Step[] }> = anyPolicy().chain((policy) =>
  fc.record({
    policy: fc.constant(policy),
    steps: fc.array(fc.record({ obs: anyObservation(policy), fate: anyFate }), { minLength: 2, maxLength: 12 }),
  }),
);

function outcomeOf(action: Action, fate: Fate, atMs: number): Outcome {
  const at = { actionId: action.id, atMs };
  if (fate === 'applied') return { ...at, result: 'applied', changeId: `C-${action.id}` };
  if (fate === 'unclear') return { ...at, result: 'unclear', detail: 'timed out' };
  return { ...at, result: 'refused', why: REFUSALS[action.id.length % REFUSALS.length] ?? 'LATE' };
}

/** The observation as if it were made at that time. */
function shifted(obs: Observation, byMs: number): Observation {
  const move = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(move);
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, k.endsWith('Ms') && typeof v === 'number' ? v + byMs : move(v)]),
    );
  };
  return move(obs) as Observation;
}

/** Runs the history as the controller does: decide, save, act, save. Tells every action that was sent, and each state. */
function run(policy: Policy, steps: readonly Step[]): { sent: Action[]; states: ServiceState[] } {
  const sent: Action[] = [];
  const states: ServiceState[] = [];
  let state = initialState('web');
  const save = (before: ServiceState, after: ServiceState): ServiceState =>
    isWorthSaving(before, after) ? { ...after, version: before.version + 1 } : after;
  steps.forEach(({ obs, fate }, index) => {
    const byMs = index * 5000;
    const result = decide(policy, state, shifted(obs, byMs), T0 + byMs);
    state = save(state, result.state);
    if (fate !== 'crash') {
      sent.push(...result.actions);
      state = save(
        state,
        settle(
          state,
          result.actions.map((a) => outcomeOf(a, fate, T0 + byMs + 200)),
        ),
      );
    }
    states.push(state);
  });
  return { sent, states };
}

describe('over any history of cycles', () => {
  test('no action id is sent twice', () => {
    let met = 0;
    always(anyHistory, ({ policy, steps }) => {
      const { sent } = run(policy, steps);
      met += sent.length;
      expect(new Set(sent.map((a) => a.id)).size).toBe(sent.length);
    });
    expect(met).toBeGreaterThan(500);
  });

  test('what is pending of one thing is pending once, so that nothing is done twice at a time', () => {
    always(anyHistory, ({ policy, steps }) => {
      for (const { pending } of run(policy, steps).states) {
        const things = pending.map(({ action: a }) =>
          a.kind === 'setCapacity'
            ? a.site
            : a.kind === 'replaceInstance'
              ? a.instanceId
              : 'target' in a
                ? a.target.key
                : a.kind,
        );
        expect(new Set(things).size).toBe(things.length);
      }
    });
  });

  test('the weights that the state holds for ours are never all zero', () => {
    always(anyHistory, ({ policy, steps }) => {
      for (const { failover } of run(policy, steps).states) {
        if (failover.weights !== null) expect(Object.values(failover.weights).some((w) => w > 0)).toBe(true);
        if (failover.phase === 'failingOver' || failover.phase === 'failingBack')
          expect(failover.change).not.toBeNull();
      }
    });
  });

  test('versions only grow, one save at a time', () => {
    always(anyHistory, ({ policy, steps }) => {
      let before = 0;
      for (const { version } of run(policy, steps).states) {
        expect(version).toBeGreaterThanOrEqual(before);
        expect(version).toBeLessThanOrEqual(before + 2);
        before = version;
      }
    });
  });
});

describe('settling', () => {
  const anyDecided = anyCase.map(({ policy, state, obs }) => ({ state, result: decide(policy, state, obs, T0) }));

  test('refused leaves no trace: but for the order by hand that was refused, all is as if nothing had been decided', () => {
    always(fc.tuple(anyDecided, fc.constantFrom(...REFUSALS)), ([{ result }, why]) => {
      const outcomes = result.actions.map((a): Outcome => ({ actionId: a.id, result: 'refused', atMs: T0, why }));
      const settled = settle(result.state, outcomes);
      const ids = new Set(result.actions.map((a) => a.id));
      const pending = result.state.pending.filter((p) => !ids.has(p.action.id));
      const transient = ['THROTTLED', 'FENCED', 'LATE', 'UNCHECKED'].includes(why);
      const orders =
        !transient && result.actions.some((a) => a.kind === 'moveDns')
          ? { ...result.state.orders, move: undefined }
          : result.state.orders;
      expect(settled).toEqual({ ...result.state, pending, orders });
    });
  });

  test('any outcomes leave every applied action pending and confirmed, every refused one gone, the rest as they were', () => {
    always(fc.tuple(anyDecided, anyLuck), ([{ result }, luck]) => {
      const outcomes = outcomesBy(luck, result, T0);
      const settled = settle(result.state, outcomes);
      for (const { action, acceptedMs } of result.state.pending) {
        const outcome = outcomes.find((o) => o.actionId === action.id);
        const left = settled.pending.find((p) => p.action.id === action.id);
        if (outcome?.result === 'refused') expect(left).toBeUndefined();
        else expect(left?.acceptedMs).toBe(outcome?.result === 'applied' ? outcome.atMs : acceptedMs);
      }
    });
  });

  test('settling twice is settling once', () => {
    always(anyDecided, ({ result }) => {
      const outcomes = result.actions.map((a) => outcomeOf(a, 'refused', T0));
      const once = settle(result.state, outcomes);
      expect(settle(once, outcomes)).toBe(once);
    });
  });
});

describe('reconciling', () => {
  test('never drops what it cannot see', () => {
    const anyBlind = anyPolicy().chain((policy) => fc.tuple(anyState(policy), anyObservation(policy)));
    always(anyBlind, ([state, obs]) => {
      const gone = { known: false, atMs: T0, why: 'throttled' } as const;
      const dark = { fleet: gone, targets: gone, probe: gone };
      const blind = { ...obs, primary: dark, secondary: dark, dns: gone, dnsChange: gone };
      expect(reconcile(state, blind, T0 + 3_600_000)).toBe(state);
    });
  });

  test('never invents: what is pending afterwards was pending before, and the phase moves only for a move that was', () => {
    const anySeen = anyPolicy().chain((policy) => fc.tuple(anyState(policy), anyObservation(policy)));
    always(anySeen, ([state, obs]) => {
      const after = reconcile(state, obs, T0);
      for (const pending of after.pending) expect(state.pending).toContain(pending);
      const moves = state.pending.some((p) => p.action.kind === 'moveDns');
      if (!moves) expect(phaseOf(after)).toBe(phaseOf(state));
    });
  });
});
