/** What panic leaves to failover, and what it does itself: between `panicPercent` and the share at which failover moves. */
import { describe, expect, it } from 'vitest';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import {
  fleetOf,
  groupOf,
  ids,
  observe,
  type Part,
  policyOf,
  type Round,
  round,
  rounds,
  SECOND,
  stateOf,
  target,
  type World,
} from './builders.ts';

/** Thirty servers, of which seven failing are a panic, while failover leaves at sixteen. */
const policyFor = (failover: Part<Policy['failover']> = {}): Policy =>
  policyOf({
    fleet: { capacity: { min: 16, max: 200 } },
    scaling: undefined,
    health: { limits: { maxEjectedPercent: 10, minHealthy: 10, panicPercent: 20 } },
    failover,
  });

/** So many of thirty fail, without those that are out; the standby is as large. */
function failing(count: number, state: ServiceState): World {
  const here = ids(30).filter((id) => !(`${id}:80` in state.health.ejected));
  return {
    fleet: fleetOf(30),
    targets: groupOf(here.map((id) => target(id, Number(id.slice(2)) <= count ? 'unhealthy' : 'healthy'))),
    standbyFleet: fleetOf(30, { name: 'exercise-standby-group' }),
    standbyTargets: groupOf(ids(30, 's-').map((id) => target(id))),
    signals: [],
  };
}

/** Rounds in which so many fail, after three in which none does. */
const play = (counts: readonly number[], policy = policyFor()): Round[] =>
  rounds(policy, stateOf(), 3 + counts.length, (i, _atMs, state) => failing(counts[i - 3] ?? 0, state)).slice(3);

const does = (ran: readonly Round[]): string[] =>
  ran.map(({ result }) =>
    result.decisions
      .filter(({ area }) => area !== 'scaling')
      .map(({ reason }) => reason)
      .join(' '),
  );

describe('panic on a site that is not bad enough for failover to leave', () => {
  it('replaces one at a time, for nobody else would heal it', () => {
    expect(does(play([9, 9, 9]))).toEqual(['ON_PRIMARY PANIC', 'ON_PRIMARY PANIC_REPLACE REPLACE', 'ON_PRIMARY PANIC']);
  });

  it('does so where failover never leaves for what it reads', () => {
    const never = policyFor({ trip: { healthyPercentBelow: 0 } });
    expect(does(play([30, 30], never)).at(-1)).toContain('PANIC_REPLACE');
  });
});

describe('panic on a site that failover is about to leave', () => {
  it('replaces none, from the first bad round on until the record has moved', () => {
    const slow = policyFor({ trip: { rounds: 3 } });
    expect(does(play([20, 20, 20, 20], slow))).toEqual([
      'WATCHING_SITE PANIC',
      'WATCHING_SITE PANIC',
      'TRIP PANIC',
      'MOVING PANIC',
    ]);
  });

  it('replaces none in the first round of a wave, although some have failed their rounds before', () => {
    const [, second, third] = does(play([6, 9, 20]));
    expect(second).toBe('ON_PRIMARY PANIC_REPLACE REPLACE');
    expect(third).toContain('WATCHING_SITE PANIC');
    expect(does(play([9, 20, 20]))).toEqual(['ON_PRIMARY PANIC', 'WATCHING_SITE PANIC', 'TRIP PANIC']);
  });

  it('replaces none in a cycle between two rounds, which counts none of them', () => {
    const [{ state, atMs }] = play([9]).slice(-1) as [Round];
    const counted: ServiceState = {
      ...state,
      health: {
        ...state.health,
        targets: Object.fromEntries(ids(9).map((id) => [`${id}:80`, { failing: 2, passing: 0 }])),
      },
    };
    const nowMs = atMs + 2 * SECOND;
    const between = (count: number) => round(policyFor(), counted, observe(nowMs, failing(count, counted)), nowMs);
    expect(does([between(9), between(20)])).toEqual(['ON_PRIMARY PANIC_REPLACE REPLACE', 'ON_PRIMARY PANIC']);
  });

  it('replaces none while the record is on its way by an order, however well the site is', () => {
    const [{ state, atMs }] = play([9]).slice(-1) as [Round];
    const ordered: ServiceState = { ...state, orders: { move: { to: 'secondary', atMs } } };
    const two = rounds(policyFor(), ordered, 2, (_, __, now) => failing(9, now), atMs + 5 * SECOND);
    expect(does(two)).toEqual(['ORDERED PANIC', 'MOVING PANIC']);
  });
});
