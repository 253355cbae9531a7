/** What passes the gate is written, and what no longer holds right before the write is refused. */
import { describe, expect, test } from 'vitest';
import type { Action, DnsView } from '../../lib/core/model.ts';
import { dnsOf, fleetOf, groupOf, ids, instance, recordSet, stateOf, target } from '../core/builders.ts';
import {
  EJECT,
  fleetWith,
  IN,
  MOVE,
  OUT,
  PARK,
  RAISE,
  READMIT,
  RECORD,
  REPLACE,
  RETURN,
  run,
  setFleet,
  setTargets,
  UNPARK,
  why,
  world,
} from './gate.ts';
import { type Lab, portError, SEOUL, TOKYO } from './lab.ts';

describe('an action passes and is written', () => {
  test.each<[string, Action, (one: Lab) => void, string, unknown[]]>([
    ['scale out', OUT, () => undefined, 'fleet.setCapacity', [SEOUL, 'exercise-group', 3]],
    ['scale in', IN, () => undefined, 'fleet.setCapacity', [SEOUL, 'exercise-group', 1]],
    ['raise the standby', RAISE, () => undefined, 'fleet.setCapacity', [TOKYO, 'exercise-standby-group', 2]],
    ['park', PARK, () => undefined, 'fleet.setSize', [SEOUL, 'exercise-group', { minSize: 0, desired: 0 }]],
    ['unpark', UNPARK, () => undefined, 'fleet.setSize', [SEOUL, 'exercise-group', { minSize: 0, desired: 0 }]],
    [
      'eject',
      EJECT,
      (one) => setTargets(one, 'unhealthy', 'healthy'),
      'targets.deregister',
      [SEOUL, 'exercise-target-group', 'i-1', 80],
    ],
    [
      'eject what drains failing',
      EJECT,
      (one) => setTargets(one, 'unhealthy.draining'),
      'targets.deregister',
      [SEOUL, 'exercise-target-group', 'i-1', 80],
    ],
    [
      'readmit',
      READMIT,
      (one) => one.out.groups.set('exercise-target-group', groupOf([])),
      'targets.register',
      [SEOUL, 'exercise-target-group', 'i-1', 80],
    ],
    [
      'readmit what still drains',
      READMIT,
      (one) => setTargets(one, 'draining'),
      'targets.register',
      [SEOUL, 'exercise-target-group', 'i-1', 80],
    ],
    ['replace', REPLACE, () => undefined, 'fleet.replaceInstance', [SEOUL, 'i-1']],
    [
      'move',
      MOVE,
      () => undefined,
      'dns.move',
      ['Z', RECORD.sets, { seoul: 0, tokyo: 100 }, 'evenkeel web:2:1: SCALE_OUT'],
    ],
  ])('%s', async (_, action, prepare, call, args) => {
    const one = world();
    prepare(one);
    const [outcome] = await run(one, [action]);
    expect(outcome).toMatchObject({ actionId: 'web:2:1', result: 'applied' });
    expect(one.writes()).toEqual([call]);
    expect(one.calls.find((c) => c.call === call)?.args).toEqual(args);
  });

  test('and a move tells its change', async () => {
    expect(await run(world(), [MOVE])).toMatchObject([{ result: 'applied', changeId: 'C1-www.example.com' }]);
  });
});

test('an instance that we have replaced, whose end a hook holds, stands against nothing', async () => {
  const one = world();
  setFleet(one, fleetWith({ lifecycle: 'Terminating:Wait' }));
  const state = stateOf({ version: 0, health: { replaced: { 'i-1': one.clock.nowMs() } } });
  expect(await run(one, [IN], { state })).toMatchObject([{ result: 'applied' }]);
});

describe('the precondition is read again, and what no longer holds is refused', () => {
  const sick = (one: Lab): unknown => setFleet(one, fleetWith({ healthy: false }));
  test.each<[string, Action, (one: Lab) => unknown, string]>([
    ['somebody changed the capacity', OUT, (one) => setFleet(one, fleetOf(4)), 'desired capacity is 4, not 2'],
    ['the group is gone', OUT, (one) => one.out.fleets.clear(), 'group exercise-group is gone'],
    [
      'a refresh has begun before a scale-in',
      IN,
      (one) => one.out.refreshing.add('exercise-group'),
      'an instance refresh has begun',
    ],
    [
      'an instance waits in a hook before a scale-in',
      IN,
      (one) => setFleet(one, fleetWith({ lifecycle: 'Terminating:Wait' })),
      'an instance is Terminating:Wait',
    ],
    [
      'a refresh runs on the standby that is to shrink',
      RETURN,
      (one) => one.out.refreshing.add('exercise-standby-group'),
      'an instance refresh has begun',
    ],
    [
      'the group to park has changed',
      PARK,
      (one) => setFleet(one, fleetOf(2, { minSize: 2 })),
      'minimum is 2 and desired 2',
    ],
    ['the group to park is gone', PARK, (one) => one.out.fleets.clear(), 'group exercise-group is gone'],
    ['the target has recovered', EJECT, (one) => setTargets(one, 'healthy'), 'i-1:80 is healthy'],
    ['the target drains', EJECT, (one) => setTargets(one, 'draining'), 'i-1:80 is not registered'],
    [
      'the target is gone',
      EJECT,
      (one) => one.out.groups.set('exercise-target-group', groupOf([target('i-1:8080')])),
      'i-1:80 is not registered',
    ],
    ['somebody registered it', READMIT, (one) => setTargets(one, 'initial'), 'i-1:80 is registered'],
    [
      'the instance has left',
      REPLACE,
      (one) => setFleet(one, fleetOf(1, { instances: ids(1, 'i-x').map((id) => instance(id)) })),
      'i-1 is not in exercise-group',
    ],
    [
      'the instance leaves',
      REPLACE,
      (one) => setFleet(one, fleetWith({ lifecycle: 'Terminating' })),
      'i-1 is Terminating',
    ],
    ['the group knows already', REPLACE, sick, 'i-1 is InService'],
    [
      'the instance is protected',
      REPLACE,
      (one) => setFleet(one, fleetWith({ protectedFromScaleIn: true })),
      'i-1 is protected',
    ],
    [
      'a refresh has begun before an ejection that leaves a healthy site',
      { ...EJECT, reason: 'EJECT' },
      (one) => {
        setTargets(one, 'unhealthy', 'healthy');
        one.out.refreshing.add('exercise-group');
      },
      'an instance refresh has begun',
    ],
    [
      'the group is gone before an ejection',
      { ...EJECT, reason: 'EJECT' },
      (one) => {
        setTargets(one, 'unhealthy', 'healthy');
        one.out.fleets.delete('exercise-group');
      },
      'group exercise-group is gone',
    ],
    [
      'a refresh has begun before a replacement',
      REPLACE,
      (one) => one.out.refreshing.add('exercise-group'),
      'an instance refresh has begun',
    ],
  ])('%s', async (_, action, prepare, detail) => {
    const one = world();
    prepare(one);
    expect((await run(one, [action])).map(why)).toEqual([`PRECONDITION: ${detail}`]);
    expect(one.writes()).toEqual([]);
  });

  test('a refresh does not stop a scale-out', async () => {
    const one = world();
    one.out.refreshing.add('exercise-group');
    expect((await run(one, [OUT])).map(why)).toEqual(['applied']);
  });
});

describe('a move is checked twice: by the gate, and by the batch itself', () => {
  const sydney = recordSet('sydney', 0);
  const changed: [string, DnsView][] = [
    ['changed', dnsOf(50, 50)],
    ['added a set to', { sets: [...RECORD.sets, sydney] }],
    ['removed a set from', { sets: RECORD.sets.slice(1) }],
  ];

  test.each(changed)('a record that somebody has %s since stays as they made it', async (_, theirs) => {
    const one = world();
    one.out.records.set('www.example.com', theirs);
    expect((await run(one, [MOVE])).map(why)).toEqual(['PRECONDITION: the record sets have changed']);
    expect(one.calls.map((c) => c.call)).toEqual(['state.load', 'dns.read']);
    expect(one.out.records.get('www.example.com')).toBe(theirs);
  });

  test('the same record sets in another order are the same', async () => {
    const one = world();
    one.out.records.set('www.example.com', { sets: [...RECORD.sets].reverse() });
    one.twists.push({ call: 'dns.move', before: () => one.out.records.set('www.example.com', RECORD) });
    expect((await run(one, [MOVE])).map(why)).toEqual(['applied']);
  });

  test.each(['Throttled', 'Unavailable', 'Denied'] as const)(
    'a record that cannot be read (%s) is left to the batch, which refuses what has changed',
    async (kind) => {
      const one = world();
      one.twists.push({ call: 'dns.read', error: portError(kind), times: 2 });
      expect((await run(one, [MOVE])).map(why)).toEqual(['applied']);
      const theirs = dnsOf(50, 50);
      one.out.records.set('www.example.com', theirs);
      expect((await run(one, [MOVE])).map(why)).toEqual(['CONFLICT: a record set is no longer what it was']);
      expect(one.out.records.get('www.example.com')).toBe(theirs);
    },
  );

  test('a bug in reading is a bug', async () => {
    const one = world();
    one.twists.push({ call: 'dns.read', error: new TypeError('no such thing') });
    await expect(run(one, [MOVE])).rejects.toThrow('no such thing');
  });
});
