/** What holds of every decision, whatever was observed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/core/decide.ts';
import type { Observation, Policy, ServiceState } from '../../lib/core/model.ts';
import { messageOf, reasonOf } from '../../lib/core/reasons.ts';
import { isWorthSaving } from '../../lib/core/state.ts';
import { T0 } from '../core/builders.ts';
import { always, anyObservation, anyPolicy } from './arbitraries.ts';
import { anyState } from './arbitrary-state.ts';

interface Case {
  readonly policy: Policy;
  readonly state: ServiceState;
  readonly obs: Observation;
}

const anyCase: fc.Arbitrary<Case> = anyPolicy().chain((policy) =>
  fc.record({ policy: fc.constant(policy), state: anyState(policy), obs: anyObservation(policy) }),
);

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}

describe('decide, for any policy, state and observation', () => {
  it('never throws, and never changes what it is given', () => {
    always(anyCase, ({ policy, state, obs }) => {
      expect(() => decide(frozen(policy), frozen(state), frozen(obs), T0)).not.toThrow();
    });
  });

  it('concludes the same from the same', () => {
    always(anyCase, ({ policy, state, obs }) => {
      expect(decide(policy, state, structuredClone(obs), T0)).toEqual(decide(policy, structuredClone(state), obs, T0));
    });
  });

  it('reaches a decision for each area, and gives every number that its message names', () => {
    always(anyCase, ({ policy, state, obs }) => {
      const { decisions } = decide(policy, state, obs, T0);
      expect(new Set(decisions.map((d) => d.area))).toEqual(new Set(['scaling', 'health', 'failover']));
      for (const decision of decisions) {
        expect(reasonOf(decision.reason).areas, decision.reason).toContain(decision.area);
        for (const [, name = ''] of reasonOf(decision.reason)
          .says.replaceAll('{{', '')
          .matchAll(/\{(\w+)\}/g)) {
          expect(Object.keys(decision.numbers), `${decision.area} ${decision.reason}`).toContain(name);
        }
        expect(messageOf(decision)).not.toContain('undefined');
      }
    });
  });

  it('gives every action an id of its own and the reason of its decision', () => {
    always(anyCase, ({ policy, state, obs }) => {
      const { actions, decisions } = decide(policy, state, obs, T0);
      expect(new Set(actions.map((a) => a.id)).size).toBe(actions.length);
      for (const { reason, action } of decisions) if (action !== null) expect(action.reason).toBe(reason);
      for (const { action } of state.pending) expect(actions.map((a) => a.id)).not.toContain(action.id);
    });
  });

  it('has nothing to save when the same round is seen again and nothing is decided', () => {
    always(anyCase, ({ policy, state, obs }) => {
      const first = decide(policy, state, obs, T0);
      const again = decide(policy, first.state, obs, T0);
      fc.pre(again.actions.length === 0 && first.state.version > 0);
      const more = decide(policy, again.state, obs, T0);
      expect(isWorthSaving(again.state, more.state)).toBe(false);
    });
  });
});
