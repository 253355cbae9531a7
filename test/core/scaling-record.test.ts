import { describe, expect, it } from 'vitest';
import type { DnsView, RecordSet } from '../../lib/core/model.ts';
import { dnsOf, fleetOf, missing, policyOf, recordSet, SECOND, T0 } from './builders.ts';
import { concludes, decideIn, type Scene } from './scaling-scene.ts';

const LOW = [20, 20, 20, 20, 20];

describe('after the record has changed', () => {
  const ttlSeconds = 300;
  const sets = dnsOf(100, 0).sets.map((set) => ({ ...set, ttlSeconds }));
  const back = (secondsAgo: number, dns: DnsView): Scene => ({
    count: 4,
    cpu: LOW,
    policy: { failover: policyOf().failover },
    state: { failover: { weights: { seoul: 100, tokyo: 0 }, weightsMs: T0 - secondsAgo * SECOND } },
    world: { dns },
  });
  const reasonOf = (secondsAgo: number, dns: DnsView) => concludes(back(secondsAgo, dns)).reason;

  it('nothing is scaled in on what came before all clients have followed it: for its time to live (seed 51014)', () => {
    const followed = 60 + ttlSeconds;
    expect(reasonOf(followed + 299, { sets })).toBe('STABILIZING');
    expect(reasonOf(followed + 300, { sets })).toBe('SCALE_IN');
  });

  it('the longest of its sets counts, and an alias for a minute', () => {
    const [one, other] = sets as [RecordSet, RecordSet];
    expect(reasonOf(659, { sets: [{ ...one, ttlSeconds: 5 }, other] })).toBe('STABILIZING');
    const aliases = sets.map(({ ttlSeconds: _, ...alias }) => alias);
    expect(reasonOf(60 + 60 + 299, { sets: aliases })).toBe('STABILIZING');
    expect(reasonOf(60 + 60 + 300, { sets: aliases })).toBe('SCALE_IN');
  });
});

describe('a record that somebody emptied and put back', () => {
  it('is followed for its time to live, as after a change of ours', () => {
    const policy = { failover: policyOf().failover };
    const state = { failover: { weights: { seoul: 100, tokyo: 0 } } };
    const away: Scene = { count: 4, cpu: LOW, policy, state, world: { dns: dnsOf(0, 100) } };
    expect(decideIn(away).state.failover.strayedMs).toBe(T0);
    // Also in a record that may not be moved.
    const odd = { ...away, world: { dns: { sets: [...dnsOf(0, 100).sets, recordSet('x', 5)] } } };
    expect(decideIn(odd).state.failover.strayedMs).toBe(T0);
    expect(decideIn({ ...away, world: {} }).state.failover.strayedMs).toBeUndefined();
    const strayed = (secondsAgo: number): Scene => ({
      ...away,
      state: { failover: { ...state.failover, strayedMs: T0 - secondsAgo * SECOND } },
      world: { dns: dnsOf(100, 0) },
    });
    expect(concludes(strayed(60 + 30 + 299)).reason).toBe('STABILIZING');
    expect(concludes(strayed(60 + 30 + 300)).reason).toBe('SCALE_IN');
  });

  it('is noted once a minute', () => {
    const seen = (strayedMs: number) => ({ weights: { seoul: 100, tokyo: 0 }, strayedMs });
    const again = (secondsAgo: number) =>
      decideIn({
        ...{ count: 4, cpu: LOW, policy: { failover: policyOf().failover }, world: { dns: dnsOf(50, 50) } },
        state: { failover: seen(T0 - secondsAgo * SECOND) },
      }).state.failover.strayedMs;
    expect([again(59), again(60)]).toEqual([T0 - 59 * SECOND, T0]);
  });
});

describe('while failed over', () => {
  const away: Scene = {
    count: 4,
    cpu: LOW,
    policy: { failover: policyOf().failover },
    state: { failover: { phase: 'secondary', weights: { seoul: 0, tokyo: 100 } } },
    world: { dns: missing() },
  };

  it('the primary is not scaled in', () => {
    expect(concludes(away)).toEqual({ reason: 'FAILED_OVER', to: null });
  });

  it('the primary is raised to what the secondary carries, as far as it fits', () => {
    const standby = (desired: number) => ({
      dns: missing(),
      standbyFleet: fleetOf(desired, { name: 'exercise-standby-group' }),
    });
    expect(concludes({ ...away, world: standby(6) })).toEqual({ reason: 'BELOW_MINIMUM', to: 6 });
    expect(concludes({ ...away, count: 9, world: standby(30) })).toEqual({ reason: 'BELOW_MINIMUM', to: 10 });
    expect(concludes({ ...away, world: { dns: missing(), standbyFleet: missing() } }).reason).toBe('FAILED_OVER');
  });

  it('a standby that counts in other units than instances tells nothing of how large the primary is to be', () => {
    const weighted = fleetOf(64, { name: 'exercise-standby-group', refused: 'the group counts weighted capacity' });
    expect(concludes({ ...away, world: { dns: missing(), standbyFleet: weighted } }).reason).toBe('FAILED_OVER');
  });

  it('is not so again once the record is back', () => {
    const back: Scene = { ...away, state: { failover: { phase: 'primary', weights: { seoul: 100, tokyo: 0 } } } };
    expect(concludes({ ...back, world: { standbyFleet: fleetOf(9) } })).toEqual({ reason: 'SCALE_IN', to: 3 });
  });
});
