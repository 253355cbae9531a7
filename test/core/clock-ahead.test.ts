/** A clock that was ahead once, for one cycle: what it wrote must not blind us until its time has come. */
import { describe, expect, it } from 'vitest';
import { backToNow } from '../../lib/core/clock-ahead.ts';
import type { Action, ServiceState } from '../../lib/core/model.ts';
import {
  actionsOf,
  change,
  datapoints,
  fleetOf,
  groupOf,
  ids,
  MINUTE,
  observe,
  policyOf,
  round,
  rounds,
  SECOND,
  stateOf,
  T0,
  target,
} from './builders.ts';
import { does, ejection, type Sick } from './health-worlds.ts';

const SIX_HOURS = 360 * MINUTE;
const LIMIT = 5 * MINUTE;

const ACTION: Action = {
  id: 'web:2:1',
  region: 'ap-northeast-2',
  reason: 'REPLACE',
  kind: 'replaceInstance',
  group: 'exercise-group',
  instanceId: 'i-1',
  after: null,
};

/** A state all of whose times are `atMs`. */
function written(atMs: number): ServiceState {
  return stateOf({
    scaling: {
      lastChangeMs: atMs,
      lastScaleOutMs: atMs,
      counts: [{ fromMs: atMs, count: 2 }],
      inServiceSince: { 'i-1': atMs },
    },
    health: {
      ejected: { 'i-2:80': ejection('i-2', { atMs, refusedMs: atMs }) },
      history: { 'i-2:80': { times: 1, lastMs: atMs } },
      replaced: { 'i-2': atMs },
    },
    failover: {
      weightsMs: atMs,
      strayedMs: atMs,
      lastFailbackMs: atMs,
      change: { id: null, atMs },
      failbacksMs: [atMs],
    },
    pending: [{ action: ACTION, atMs, acceptedMs: atMs }],
    incidents: {
      'health:PANIC': { sinceMs: atMs, lastMs: atMs },
      'health:EJECT': { sinceMs: atMs, lastMs: atMs, untold: { title: 'EJECT', message: 'x', triedMs: atMs } },
    },
  });
}

describe('times that lie far ahead', () => {
  it('are taken to be now, wherever they stand in a state', () => {
    expect(backToNow(written(T0 + SIX_HOURS), T0)).toEqual(written(T0));
  });

  it('are left as they are when they are no further ahead than clocks differ', () => {
    const near = written(T0 + LIMIT);
    expect(backToNow(near, T0)).toBe(near);
    expect(backToNow(stateOf(), T0)).toEqual(stateOf());
    const calm = change(written(T0), { pending: [{ action: ACTION, atMs: T0, acceptedMs: null }] });
    expect(backToNow(calm, T0)).toBe(calm);
  });

  it('leave what was not ahead as it was', () => {
    const state = change(written(T0 - MINUTE), { scaling: { lastScaleOutMs: T0 + SIX_HOURS } });
    const after = backToNow(state, T0);
    expect(after).toEqual(change(written(T0 - MINUTE), { scaling: { lastScaleOutMs: T0 } }));
    expect([after.health, after.failover, after.pending, after.incidents]).toEqual([
      state.health,
      state.failover,
      state.pending,
      state.incidents,
    ]);
    expect(after.health).toBe(state.health);
    expect(after.pending).toBe(state.pending);
  });
});

describe('after one cycle by a clock six hours ahead', () => {
  it('the service scales out again as soon as it may', () => {
    const policy = policyOf({ failover: undefined, fleet: { capacity: { min: 1, max: 20 } } });
    const at = (count: number, cpu: number, atMs: number) => ({
      fleet: fleetOf(count),
      targets: groupOf(ids(count).map((id) => target(id))),
      signals: [datapoints(atMs, cpu)],
    });
    const before = rounds(policy, stateOf(), 5, (_, atMs) => at(2, 80, atMs)).at(-1);
    const aheadMs = T0 + SIX_HOURS;
    const ahead = round(policy, before?.state ?? stateOf(), observe(aheadMs, at(2, 160, aheadMs)), aheadMs);
    expect(actionsOf(ahead.result, 'setCapacity').map(({ to }) => to)).toEqual([4]);
    // Its datapoint is six hours ahead, too; those that come now are older.
    const state = change(ahead.state, { scaling: { points: { cpu: [] } } });
    const after = rounds(policy, state, 24, (_, atMs) => at(4, 160, atMs), T0 + 30 * SECOND);
    const asked = after.flatMap(({ result, atMs }) =>
      actionsOf(result, 'setCapacity').map(({ to }) => [to, (atMs - T0) / SECOND]),
    );
    expect(asked[0]).toEqual([6, 90]);
  });

  it('replacements that it charged to all services stand in nobody’s way', () => {
    const sick: Sick = { count: 6, failing: ['i-1'] };
    const budget = (atMs: number) => ({ replacements: ids(3).map((id) => ({ id, atMs })), failbacks: [] });
    const world = (atMs: number) => ({
      fleet: fleetOf(6),
      targets: groupOf(ids(6).map((id) => target(id, id === 'i-1' ? 'unhealthy' : 'healthy'))),
      budget: budget(atMs),
    });
    expect(does({ ...sick, world: world(T0 + SIX_HOURS) })).toEqual(['EJECT i-1:80', 'REPLACE i-1']);
    expect(does({ ...sick, world: world(T0 + MINUTE) })).toEqual(['ACCOUNT_BUDGET']);
  });
});
