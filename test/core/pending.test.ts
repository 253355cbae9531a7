/** Pending actions are confirmed or given up by what is observed, and by nothing else. */
import { describe, expect, test } from 'vitest';
import type { Action, Pending } from '../../lib/core/model.ts';
import { PENDING_MS, pendingOf, reconcile } from '../../lib/core/pending.ts';
import {
  dnsOf,
  fleetOf,
  groupIn,
  groupOf,
  instance,
  known,
  missing,
  observe,
  recordSet,
  SECOND,
  stateOf,
  T0,
  type World,
} from './builders.ts';

const base = { id: 'web:2:1', region: 'ap-northeast-2', reason: 'EJECT' } as const;
const TARGET = { key: 'i-1:80', id: 'i-1', port: 80 };
const ACTIONS = {
  setCapacity: { ...base, kind: 'setCapacity', site: 'primary', group: 'exercise-group', from: 2, to: 3 },
  raise: { ...base, kind: 'setCapacity', site: 'secondary', group: 'exercise-standby-group', from: 1, to: 2 },
  park: {
    ...base,
    kind: 'parkFleet',
    group: 'exercise-group',
    from: { minSize: 1, desired: 2 },
    to: { minSize: 0, desired: 0 },
  },
  unpark: {
    ...base,
    kind: 'unparkFleet',
    group: 'exercise-group',
    from: { minSize: 0, desired: 0 },
    to: { minSize: 1, desired: 2 },
  },
  deregister: {
    ...base,
    kind: 'deregisterTarget',
    targetGroup: 'exercise-target-group',
    target: TARGET,
    replace: true,
  },
  register: { ...base, kind: 'registerTarget', targetGroup: 'exercise-target-group', target: TARGET },
  replace: { ...base, kind: 'replaceInstance', group: 'exercise-group', instanceId: 'i-1', after: null },
  move: {
    ...base,
    kind: 'moveDns',
    hostedZoneId: 'Z',
    name: 'www.example.com',
    to: 'secondary',
    cause: 'trip',
    sets: dnsOf(100, 0).sets,
    weights: { seoul: 0, tokyo: 100 },
  },
} satisfies Record<string, Action>;
type Name = keyof typeof ACTIONS;

const waiting = (name: Name, more: Partial<Pending> = {}) =>
  stateOf({ pending: [{ action: ACTIONS[name], atMs: T0, acceptedMs: null, ...more }] });
const look = (name: Name, world: World, atMs: number, more: Partial<Pending> = {}) =>
  reconcile(waiting(name, more), observe(atMs, world), atMs);

const SEEN: [Name, string, World][] = [
  ['setCapacity', 'the group wants the new number', { fleet: fleetOf(3) }],
  ['raise', 'the standby’s group wants the new number', { standbyFleet: fleetOf(2) }],
  ['park', 'minimum and desired are 0', { fleet: fleetOf(0, { minSize: 0 }) }],
  ['unpark', 'minimum and desired are back', { fleet: fleetOf(2) }],
  ['deregister', 'the target is gone', { targets: groupOf([]) }],
  ['deregister', 'the target drains', { targets: groupIn('draining') }],
  ['deregister', 'the target drains, failing', { targets: groupIn('unhealthy.draining') }],
  ['register', 'the target is there', { targets: groupIn('initial') }],
  [
    'replace',
    'the group holds the instance for unhealthy',
    { fleet: fleetOf(1, { instances: [instance('i-1', { healthy: false })] }) },
  ],
  [
    'replace',
    'the instance leaves',
    { fleet: fleetOf(1, { instances: [instance('i-1', { lifecycle: 'Terminating' })] }) },
  ],
  ['replace', 'the instance is gone', { fleet: fleetOf(0) }],
  ['move', 'the record has the weights', { dns: dnsOf(0, 100) }],
];
const UNSEEN: [Name, string, World][] = [
  ['setCapacity', 'the group wants what it wanted', { fleet: fleetOf(2) }],
  ['raise', 'the standby’s group does', { standbyFleet: fleetOf(1) }],
  ['park', 'only one of both is 0', { fleet: fleetOf(0) }],
  ['deregister', 'the target is there', { targets: groupIn('unhealthy') }],
  ['register', 'the target still drains', { targets: groupIn('draining') }],
  ['replace', 'the instance is in service and well', { fleet: fleetOf(1) }],
  ['move', 'the record has other weights', { dns: dnsOf(100, 0) }],
  ['move', 'the record is gone', { dns: { sets: [] } }],
  ['move', 'a set of the pair is gone', { dns: { sets: [recordSet('tokyo', 100)] } }],
  ['move', 'a stranger has joined the pair', { dns: { sets: [...dnsOf(0, 100).sets, recordSet('osaka', 1)] } }],
  [
    'move',
    'a simple record has taken its place',
    { dns: { sets: [recordSet('x', 1, { setIdentifier: undefined, weight: undefined })] } },
  ],
];
const DARK: World = { fleet: missing(), targets: missing(), standbyFleet: missing(), dns: missing() };

describe('an action that is not confirmed yet', () => {
  test.each(SEEN)('%s is confirmed when %s', (name, _, world) => {
    expect(look(name, world, T0 + 5 * SECOND).pending).toEqual([]);
  });

  test.each(UNSEEN)('%s waits while %s, and is given up after 15 s', (name, _, world) => {
    expect(look(name, world, T0 + PENDING_MS).pending).toHaveLength(1);
    const given = look(name, world, T0 + PENDING_MS + 1);
    expect(given).toEqual({ ...waiting(name), pending: [] });
  });

  test.each(Object.keys(ACTIONS) as Name[])('%s is neither confirmed nor given up by a missing reading', (name) => {
    const state = waiting(name);
    expect(reconcile(state, observe(T0 + 3_600_000, DARK), T0 + 3_600_000)).toBe(state);
  });

  test.each(SEEN)('%s is not confirmed by a reading from before it was accepted', (name, _, world) => {
    const old = observe(T0 + 4 * SECOND, world);
    expect(reconcile(waiting(name, { acceptedMs: T0 + 4 * SECOND }), old, T0 + 60 * SECOND).pending).toHaveLength(1);
  });

  test('a policy without the part that would show it waits', () => {
    const obs = { ...observe(T0 + 60 * SECOND, {}), secondary: undefined };
    expect(reconcile(waiting('raise'), obs, T0 + 60 * SECOND).pending).toHaveLength(1);
  });
});

describe('what a crash left behind', () => {
  test('takes effect when it is seen to have happened', () => {
    const after = look('deregister', { targets: groupOf([]) }, T0 + 5 * SECOND);
    expect(after.health.ejected['i-1:80']).toEqual({
      id: 'i-1',
      port: 80,
      atMs: T0 + 5 * SECOND,
      times: 1,
      replace: true,
    });
    expect(look('move', { dns: dnsOf(0, 100) }, T0 + 5 * SECOND).failover).toMatchObject({
      phase: 'failingOver',
      weights: { seoul: 0, tokyo: 100 },
      change: { id: null, atMs: T0 + 5 * SECOND },
    });
  });

  test('takes effect once: an accepted action is only confirmed', () => {
    const after = look('deregister', { targets: groupOf([]) }, T0 + 5 * SECOND, { acceptedMs: T0 + 1 });
    expect(after.health.ejected).toEqual({});
  });

  test('does not stop the others from waiting', () => {
    const both = stateOf({
      pending: [
        { action: ACTIONS.setCapacity, atMs: T0, acceptedMs: null },
        { action: { ...ACTIONS.raise, id: 'web:2:2' }, atMs: T0, acceptedMs: null },
      ],
    });
    const after = reconcile(both, observe(T0 + 5 * SECOND, { fleet: fleetOf(3) }), T0 + 5 * SECOND);
    expect(after.pending.map((p) => p.action.id)).toEqual(['web:2:2']);
    expect(after.scaling).toMatchObject({ desired: 3, lastScaleOutMs: T0 + 5 * SECOND });
  });
});

describe('a move of ours', () => {
  const accepted = { acceptedMs: T0 + 1, changeId: 'C1' };
  test('that every name server has is confirmed, though nobody can list the record', () => {
    expect(look('move', { dns: missing(), dnsChange: 'INSYNC' }, T0 + 5 * SECOND, accepted).pending).toEqual([]);
  });

  test('that is on its way is not', () => {
    expect(look('move', { dns: missing(), dnsChange: 'PENDING' }, T0 + 5 * SECOND, accepted).pending).toHaveLength(1);
    expect(look('move', { dns: missing(), dnsChange: missing() }, T0 + 5 * SECOND, accepted).pending).toHaveLength(1);
  });

  test('that nobody accepted yet is not confirmed by the change before it', () => {
    expect(look('move', { dns: known(dnsOf(100, 0)), dnsChange: 'INSYNC' }, T0 + 5 * SECOND).pending).toHaveLength(1);
  });
});

test('a state with nothing pending is left alone', () => {
  const state = stateOf();
  expect(reconcile(state, observe(T0), T0)).toBe(state);
});

test('the pending action of a kind is found', () => {
  expect(pendingOf(waiting('raise'), (a) => a.kind === 'setCapacity')).toBe(ACTIONS.raise);
  expect(pendingOf(waiting('raise'), (a) => a.kind === 'moveDns')).toBeUndefined();
});
