/** More of something than a round carries out, a state holds or a person reads. */
import { describe, expect, test } from 'vitest';
import { type DecisionView, recordOf, resultOf, viewOf } from '../../lib/controller/record.ts';
import { decide } from '../../lib/core/decide.ts';
import type { Ejection, HealthState } from '../../lib/core/model.ts';
import { forget, initialState } from '../../lib/core/state.ts';
import { MOST_TARGETS_KEPT, trackTargets } from '../../lib/core/targets.ts';
import {
  actionsOf,
  change,
  groupOf,
  ids,
  observe,
  policyOf,
  reasons,
  SECOND,
  stateOf,
  T0,
  target,
} from './builders.ts';

const DEREGISTER = policyOf({
  fleet: undefined,
  scaling: undefined,
  failover: undefined,
  health: {
    onUnhealthy: 'deregister',
    limits: { maxEjectedPercent: 100, panicPercent: 100, minHealthy: 0 },
    readmit: { afterSeconds: 10, maxSeconds: 10 },
  },
});
const FLEETLESS = { fleet: undefined, signals: [], refresh: undefined, scalers: undefined };
const ROUNDS = { unhealthy: 2, healthy: 2 };
const HEALTH = change(initialState('web').health, {});
const crowd = (count: number, from = 0) => ids(count + from).slice(from);
const failing = (names: readonly string[]) => groupOf(names.map((id) => target(id, 'unhealthy')));
const track = (prev: HealthState, names: readonly string[]): HealthState =>
  trackTargets(
    { ...(DEREGISTER.health as NonNullable<typeof DEREGISTER.health>), rounds: ROUNDS },
    prev,
    failing(names),
    'next',
  );

/** A state in which each of these has failed one round, five seconds ago. */
const onceFailed = (names: readonly string[]) =>
  stateOf({
    health: { targets: Object.fromEntries(names.map((id) => [`${id}:80`, { failing: 1, passing: 0 }])) },
    pace: { healthMs: T0 - 5 * SECOND },
  });

describe('counters', () => {
  test('are kept of no more targets than fit, and always of the same', () => {
    const all = crowd(MOST_TARGETS_KEPT + 100);
    const once = track(HEALTH, all);
    expect(Object.keys(once.targets)).toHaveLength(MOST_TARGETS_KEPT);
    const twice = track(once, all.toReversed());
    expect(Object.keys(twice.targets).sort()).toEqual(Object.keys(once.targets).sort());
    expect(twice.targets['i-1:80']).toEqual({ failing: 2, passing: 0 });
    // Nothing moves any more: nothing is saved.
    expect(track(twice, all)).toBe(twice);
  });
});

describe('a round', () => {
  const round = (state = stateOf(), world = {}) =>
    decide(DEREGISTER, state, observe(T0, { ...FLEETLESS, ...world }), T0);

  test('ejects 50 targets and says what the others wait for', () => {
    const names = crowd(70);
    const state = onceFailed(names);
    const targets = groupOf([target('i-healthy'), ...failing(names).targets]);
    const result = round(state, { targets });
    expect(actionsOf(result, 'deregisterTarget')).toHaveLength(50);
    expect(result.decisions.find((d) => d.reason === 'PENDING')).toMatchObject({
      numbers: { kind: 'the 50 ejections of this round' },
      rejected: expect.objectContaining({ length: 20 }),
    });
  });

  test('readmits 50 targets, and the others in the next', () => {
    const ejected = Object.fromEntries(
      crowd(70).map((id): [string, Ejection] => [
        `${id}:80`,
        { id, port: 80, atMs: T0 - 60 * SECOND, times: 1, replace: false },
      ]),
    );
    const result = round(stateOf({ health: { ejected } }), { targets: groupOf([target('i-healthy')]) });
    expect(actionsOf(result, 'registerTarget')).toHaveLength(50);
    expect(new Set(reasons(result, 'health'))).toEqual(new Set(['READMIT']));
  });
});

test('of the ejections of the past the newest are remembered', () => {
  const history = Object.fromEntries(
    crowd(MOST_TARGETS_KEPT + 5).map((id, n) => [`${id}:80`, { times: 1, lastMs: T0 - (n * SECOND) / 10 }]),
  );
  const kept = forget({ ...HEALTH, history }, T0).history;
  expect(Object.keys(kept)).toHaveLength(MOST_TARGETS_KEPT);
  expect(kept).toHaveProperty(['i-1:80']);
  expect(kept).not.toHaveProperty([`i-${MOST_TARGETS_KEPT + 1}:80`]);
});

test('of the targets that an edited policy leaves out twenty are named', () => {
  const ejected = Object.fromEntries(
    crowd(23).map((id): [string, Ejection] => [`${id}:80`, { id, port: 80, atMs: T0, times: 1, replace: false }]),
  );
  const before = decide(DEREGISTER, stateOf({ health: { ejected } }), observe(T0, FLEETLESS), T0).state;
  const edited = change(DEREGISTER, { health: { targetGroup: 'another' } });
  const { decisions } = decide(edited, before, observe(T0, FLEETLESS), T0);
  expect(decisions.find((d) => d.reason === 'LEFT_OUT')?.numbers.targets).toMatch(/^i-1:80, .*i-20:80, and 3 more$/);
});

describe('a stored record', () => {
  const names = crowd(100);
  const state = onceFailed(names);
  const targets = groupOf([target('i-healthy'), ...failing(names).targets]);

  test('of many decisions has those that act and counts the others, and so the options that one rejected', () => {
    const observation = observe(T0, { ...FLEETLESS, targets });
    const { decisions } = decide(DEREGISTER, state, observation, T0);
    const stored = (views: readonly DecisionView[]) =>
      recordOf(new Map(), resultOf(DEREGISTER, state, views, { observation, drill: null }, T0), 7, T0);
    const watching = decisions.filter((d) => d.reason === 'PENDING');
    const views = [...Array.from({ length: 30 }, () => watching).flat(), ...decisions].map((d) => viewOf(d, []));
    const record = stored(views);
    const body = record?.body as { decisions: { action: unknown; rejected?: unknown[]; moreRejected?: number }[] };
    expect(body.decisions).toHaveLength(60);
    expect(body.decisions.filter((d) => d.action !== null)).toHaveLength(50);
    expect(record?.body.leftOut).toMatchObject({ 'health:PENDING': expect.any(Number) });
    const short = stored(watching.map((d) => viewOf(d, [])));
    expect(short?.body).toMatchObject({ decisions: [{ moreRejected: 30, rejected: { length: 20 } }] });
    expect(short?.body).not.toHaveProperty('leftOut');
  });
});
