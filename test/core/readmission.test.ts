import { describe, expect, it } from 'vitest';
import type { Ejection, Refusal } from '../../lib/core/model.ts';
import {
  fleetOf,
  groupOf,
  ids,
  instance,
  missing,
  observe,
  type Part,
  round,
  rounds,
  SECOND,
  T0,
  target,
} from './builders.ts';
import { does, ejection, healthOf, policyFor, type Sick, stateFor, worldFor } from './health-worlds.ts';

const DEREGISTER = { health: { onUnhealthy: 'deregister' as const } };

/** Four servers, the first of them ejected so long ago. */
function out(ageSeconds: number, more: Partial<Ejection> = {}, sick: Partial<Sick> = {}): Sick {
  const one = ejection('i-1', { atMs: T0 - ageSeconds * SECOND, replace: false, ...more });
  return {
    count: 4,
    ejected: ['i-1'],
    policy: DEREGISTER,
    ...sick,
    state: { health: { ejected: { 'i-1:80': one } }, ...sick.state },
  };
}

const withFirst = (changes: Part<ReturnType<typeof instance>>): Partial<Sick> => ({
  world: {
    ...worldFor({ count: 4, ejected: ['i-1'] }),
    fleet: fleetOf(4, { instances: ids(4).map((id) => instance(id, id === 'i-1' ? changes : {})) }),
  },
});

describe('an ejected target', () => {
  it('waits for its back-off, and says how long', () => {
    expect(healthOf(out(29))[0]).toMatchObject({
      reason: 'BACKOFF',
      action: null,
      numbers: { ejected: 1, waitSeconds: 1 },
    });
  });

  it('is readmitted after it, with the same id and port', () => {
    const [decision] = healthOf(out(30, { port: 80 }));
    expect(decision).toMatchObject({
      reason: 'READMIT',
      action: {
        kind: 'registerTarget',
        targetGroup: 'exercise-target-group',
        target: { key: 'i-1:80', id: 'i-1', port: 80 },
      },
      numbers: { target: 'i-1:80', times: 1, waitedSeconds: 30 },
    });
  });

  it.each([
    { times: 2, seconds: 60 },
    { times: 3, seconds: 90 },
    { times: 10, seconds: 300 },
    { times: 99, seconds: 300 },
  ])('waits $seconds s after its ejection number $times', ({ times, seconds }) => {
    expect(does(out(seconds - 1, { times }))).toEqual(['BACKOFF']);
    expect(does(out(seconds, { times }))).toEqual(['READMIT i-1:80']);
  });

  it('is readmitted while others fail, and during a deployment', () => {
    expect(does(out(30, {}, { failing: ['i-2'] }))).toEqual(['EJECT i-2:80', 'READMIT i-1:80']);
    expect(does(out(30, {}, { world: { ...worldFor({ count: 4, ejected: ['i-1'] }), refresh: true } }))).toEqual([
      'READMIT i-1:80',
    ]);
  });

  it('tells the shortest wait of several', () => {
    const two = out(10, {}, { ejected: ['i-1', 'i-2'], state: {} });
    const ejected = {
      'i-1:80': ejection('i-1', { replace: false }),
      'i-2:80': ejection('i-2', { replace: false, atMs: T0 - 25 * SECOND }),
    };
    expect(healthOf({ ...two, state: { health: { ejected } } })[0]?.numbers.waitSeconds).toBe(5);
  });

  it.each([
    { what: 'it is not in service', sick: withFirst({ lifecycle: 'Standby' }) },
    { what: 'the group gave it up', sick: withFirst({ healthy: false }) },
    {
      what: 'the group cannot be read',
      sick: { world: { ...worldFor({ count: 4, ejected: ['i-1'] }), fleet: missing() } },
    },
  ])('is not readmitted while $what', ({ sick }) => {
    const [decision] = healthOf(out(30, {}, sick));
    expect(decision).toMatchObject({
      reason: 'PENDING',
      action: null,
      numbers: { kind: 'the return of i-1 to service' },
    });
  });

  it('is readmitted without a fleet, for nobody can say whether its server is there', () => {
    const world = { ...worldFor({ count: 4, ejected: ['i-1'] }), fleet: undefined };
    expect(does(out(30, {}, { policy: { ...DEREGISTER, fleet: undefined }, world }))).toEqual(['READMIT i-1:80']);
  });

  it('is not readmitted twice while that is under way', () => {
    const action = {
      id: 'web:1:1',
      region: 'ap-northeast-2',
      reason: 'READMIT' as const,
      kind: 'registerTarget' as const,
      targetGroup: 'exercise-target-group',
      target: { key: 'i-1:80', id: 'i-1', port: 80 },
    };
    const { health } = stateFor(out(30));
    const busy = out(30, {}, { state: { health, pending: [{ action, atMs: T0 - SECOND, acceptedMs: null }] } });
    expect(healthOf(busy)[0]).toMatchObject({ reason: 'PENDING', numbers: { kind: 'registerTarget' } });
  });

  it('that AWS does not take back, for it may be stopped, is tried again after the longest back-off, and given up after a day', () => {
    const gone = { policy: { ...DEREGISTER, fleet: undefined }, world: worldFor({ count: 4, ejected: ['i-1'] }) };
    const since = (ageSeconds: number, refusedSeconds?: number): Sick =>
      out(ageSeconds, refusedSeconds === undefined ? {} : { refusedMs: T0 - refusedSeconds * SECOND }, {
        ...gone,
        world: { ...gone.world, fleet: undefined },
      });
    const ejectedAfter = (one: Sick, refusal: Refusal) =>
      round(policyFor(one), stateFor(one), observe(T0, worldFor(one)), T0, refusal).state.health.ejected;
    expect(ejectedAfter(since(30), 'NOT_FOUND')).toMatchObject({ 'i-1:80': { atMs: T0, refusedMs: T0 } });
    expect(does(since(299, 900))).toEqual(['BACKOFF']);
    expect(does(since(300, 900))).toEqual(['READMIT i-1:80']);
    expect(ejectedAfter(since(300, 900), 'NOT_FOUND')).toMatchObject({
      'i-1:80': { atMs: T0, refusedMs: T0 - 900 * SECOND },
    });
    expect(ejectedAfter(since(300, 86_401), 'NOT_FOUND')).toEqual({});
  });

  it('that AWS does not take back takes no other’s place: the next that fails is ejected', () => {
    const one = { count: 2, failing: ['i-2'], rounds: 2, policy: { ...DEREGISTER, fleet: undefined } };
    const world = { ...worldFor(one), fleet: undefined };
    const out9 = (refusedMs?: number) => ({ 'i-9:80': ejection('i-9', { atMs: T0, replace: false, refusedMs }) });
    const with9 = (refusedMs?: number): Sick => ({
      ...one,
      world,
      state: { health: { ...stateFor(one).health, ejected: out9(refusedMs) } },
    });
    expect(does(with9())).toContain('ALLOWANCE');
    expect(does(with9(T0))).toContain('EJECT i-2:80');
  });

  it('is tried again after any other refusal, and forgotten by nobody', () => {
    const one = out(30, {}, { policy: DEREGISTER });
    const { state } = round(policyFor(one), stateFor(one), observe(T0, worldFor(one)), T0, 'THROTTLED');
    expect(Object.keys(state.health.ejected)).toEqual(['i-1:80']);
  });

  it('of somebody else is left alone', () => {
    expect(does({ count: 4, policy: DEREGISTER, world: worldFor({ count: 4, ejected: ['i-1'] }) })).toEqual([
      'HEALTHY',
    ]);
  });
});

describe('a target whose instance was to be replaced', () => {
  const REPLACE = { policy: { health: { onUnhealthy: 'replace' as const } } };
  const waits = (ageSeconds: number, budget: number, more: Partial<Sick> = {}) =>
    out(
      ageSeconds,
      { replace: true },
      { policy: { health: { onUnhealthy: 'replace', limits: { replacedPer5Minutes: budget } } }, ...more },
    );

  it('comes back after the longest back-off when nothing came of that', () => {
    expect(does(waits(299, 0))).toEqual(['REPLACE_BUDGET']);
    expect(does(waits(300, 0))).toEqual(['REPLACE_BUDGET', 'READMIT i-1:80']);
  });

  it('is not readmitted in the cycle that replaces it after all, nor while that is under way', () => {
    expect(does(waits(300, 3))).toEqual(['REPLACE i-1']);
    const { health } = stateFor(waits(300, 3));
    const asked = { ...health, replaced: { 'i-1': T0 - 59 * SECOND } };
    expect(does(waits(300, 3, { state: { health: asked } }))).toEqual(['PENDING']);
    expect(does(out(300, { replace: true }, { ...REPLACE, ...withFirst({ lifecycle: 'Terminating' }) }))).toEqual([
      'PENDING',
    ]);
  });

  it('is not readmitted while its instance is replaced for what fails on another port', () => {
    const both = waits(300, 0, { failing: ['i-1:8080'] });
    expect(does(both)).toEqual(['REPLACE_BUDGET', 'REPLACE_BUDGET', 'READMIT i-1:80']);
    const other = out(30, {}, { failing: ['i-1:8080'], policy: { health: { onUnhealthy: 'replace' } } });
    expect(does(other)).toEqual(['EJECT i-1:8080', 'REPLACE i-1']);
  });

  it('is neither asked for nor waited for once the policy only deregisters', () => {
    expect(does(out(29, { replace: true }))).toEqual(['BACKOFF']);
    expect(does(out(30, { replace: true }))).toEqual(['READMIT i-1:80']);
  });
});

describe('a flapping target', () => {
  it('is ejected at most once in each back-off, and waits longer each time', () => {
    const sick: Sick = { count: 4, policy: DEREGISTER };
    const ran = rounds(policyFor(sick), stateFor(sick), 120, (i, _, state) => {
      const first = 'i-1:80' in state.health.ejected ? [] : [target('i-1', i % 8 < 5 ? 'unhealthy' : 'healthy')];
      return {
        fleet: fleetOf(4),
        targets: groupOf([
          ...first,
          ...ids(4)
            .slice(1)
            .map((id) => target(id)),
        ]),
      };
    });
    const at = (kind: string) =>
      ran.filter((r) => r.result.actions.some((a) => a.kind === kind)).map((r) => (r.atMs - T0) / SECOND);
    const ejected = at('deregisterTarget');
    const back = at('registerTarget');
    expect(back.map((s, i) => s - (ejected[i] ?? 0))).toEqual([30, 60, 90, 120, 150]);
    expect(ejected).toHaveLength(6);
    expect(ran.every((r) => r.result.actions.every((a) => a.kind !== 'replaceInstance'))).toBe(true);
  });

  it('is forgiven after an hour of peace', () => {
    const past = { health: { history: { 'i-1:80': { times: 5, lastMs: T0 - 3600 * SECOND - 1 } } } };
    const sick: Sick = { count: 4, failing: ['i-1'], policy: DEREGISTER, state: past };
    const [once] = rounds(policyFor(sick), stateFor(sick), 1, () => worldFor(sick));
    expect(once?.state.health.ejected['i-1:80']?.times).toBe(1);
    const recent = { health: { history: { 'i-1:80': { times: 5, lastMs: T0 - 3600 * SECOND } } } };
    const [again] = rounds(policyFor(sick), stateFor({ ...sick, state: recent }), 1, () => worldFor(sick));
    expect(again?.state.health.ejected['i-1:80']?.times).toBe(6);
  });
});

describe('a readmission that is not confirmed yet', () => {
  it('is not undone on a reading from before it, in which the target still fails', () => {
    const sick: Sick = { count: 4, failing: ['i-1'], rounds: 1, policy: DEREGISTER };
    expect(healthOf(sick)[0]?.reason).toBe('EJECT');
    const base = {
      id: 'web:1:1',
      region: 'ap-northeast-2',
      reason: 'READMIT',
      targetGroup: 'exercise-target-group',
    } as const;
    const action = { ...base, kind: 'registerTarget', target: { key: 'i-1:80', id: 'i-1', port: 80 } } as const;
    const pending = [{ action, atMs: T0 - SECOND, acceptedMs: T0 + SECOND }];
    expect(healthOf({ ...sick, state: { pending } }).some((d) => d.action !== null)).toBe(false);
  });
});

describe('a target whose instance was replaced', () => {
  it('is forgotten when the policy loses its fleet, for nobody sees that it is gone (seed 40971)', () => {
    const sick = out(400);
    const { fleet: _, ...policy } = policyFor(sick);
    const world = { ...worldFor(sick), fleet: undefined };
    const kept = stateFor(sick);
    const replaced = { ...kept, health: { ...kept.health, replaced: { 'i-1': T0 - 390 * SECOND } } };
    const reasonsOf = (state: typeof kept) =>
      rounds(policy, state, 1, () => world)[0]?.result.decisions.map((d) => d.reason);
    expect(reasonsOf(kept)).toContain('READMIT');
    expect(reasonsOf(replaced)).not.toContain('READMIT');
    expect(rounds(policy, replaced, 1, () => world)[0]?.state.health.ejected).toEqual({});
  });
});
