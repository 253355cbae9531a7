/** What closes the gate, and what becomes of the write. */
import { describe, expect, test } from 'vitest';
import { act } from '../../lib/controller/act.ts';
import type { Action } from '../../lib/core/model.ts';
import { fleetOf, policyOf, stateOf, T0 } from '../core/builders.ts';
import {
  EJECT,
  FAILBACK,
  MOVE,
  NEVER_SAVED,
  OUT,
  RAISE,
  REPLACE,
  run,
  setFleet,
  setTargets,
  why,
  world,
} from './gate.ts';
import { portError, WEB } from './lab.ts';

describe('the gate is closed', () => {
  test('by observe mode, and not even the preconditions are read', async () => {
    const one = world();
    expect((await run(one, [OUT], { policy: policyOf({ mode: 'observe' }) })).map(why)).toEqual(['OBSERVE_MODE']);
    expect(one.calls).toEqual([]);
  });

  test('by a hold on this service', async () => {
    const one = world();
    expect((await run(one, [OUT], { state: stateOf({ orders: { hold: { atMs: T0 } } }) })).map(why)).toEqual(['HELD']);
    expect(one.calls).toEqual([]);
  });

  test('by a freeze, read at the gate', async () => {
    const one = world();
    await one.table.setFrozen(true, T0);
    expect((await run(one, [OUT])).map(why)).toEqual(['FROZEN']);
  });

  test.each<[string, number | null, string]>([
    ['the lease that it began under', 1, 'applied'],
    ['a lease that came since', null, 'FENCED: lease epoch 1'],
    ['a successor’s lease', 7, 'FENCED: lease epoch 1'],
  ])('by its fence: %s', async (_, epoch, expected) => {
    const one = world();
    await one.table.takeLease('loop', T0, T0 + 75_000, false);
    expect((await run(one, [OUT], { fence: { epoch, drill: null } })).map(why)).toEqual([expected]);
  });

  test('by whoever wrote the state since, as an order to hold does', async () => {
    const one = world();
    const saved = await one.table.save(NEVER_SAVED);
    await one.table.save({ ...saved, orders: { hold: { atMs: T0 } } });
    expect((await run(one, [OUT], { state: saved })).map(why)).toEqual(['FENCED: the state has version 2, not 1']);
    expect(one.writes()).toEqual([]);
  });

  test('by a lease that is gone', async () => {
    expect((await run(world(), [OUT], { fence: { epoch: 3, drill: null } })).map(why)).toEqual([
      'FENCED: lease epoch none',
    ]);
  });

  test.each(['state.load', 'fleet.describe'])('by what it cannot check (%s)', async (call) => {
    const one = world();
    one.twists.push({ call, error: portError('Throttled', 'slow down') });
    expect((await run(one, [OUT])).map(why)).toEqual(['UNCHECKED: slow down']);
    expect(one.writes()).toEqual([]);
  });

  test('4 s after the decision, before anything is read', async () => {
    const one = world();
    const decided = one.clock.nowMs() - 4001;
    const outcomes = one.until(
      act(one.process().ports, WEB, NEVER_SAVED, [OUT], { epoch: null, drill: null }, decided),
    );
    expect((await outcomes).map(why)).toEqual(['LATE']);
    expect(one.calls).toEqual([]);
  });

  test('4 s after the decision, also when it was frozen while it read the precondition', async () => {
    const one = world();
    const process = one.process();
    one.twists.push({
      call: 'fleet.describe',
      after: () => (process.sleeper.pausedUntilMs = one.clock.nowMs() + 40_000),
    });
    const outcomes = one.until(
      act(process.ports, WEB, NEVER_SAVED, [OUT], { epoch: null, drill: null }, one.clock.nowMs()),
    );
    expect((await outcomes).map(why)).toEqual(['LATE']);
    expect(one.writes()).toEqual([]);
  });
});

describe('the account’s budget', () => {
  const replace = (n: number): Action => ({ ...REPLACE, id: `web:${n}:1` });

  test('lets three replacements pass in five minutes', async () => {
    const one = world();
    const heal = { call: 'fleet.replaceInstance', times: 9, after: () => setFleet(one, fleetOf(2)) };
    one.twists.push(heal);
    expect((await run(one, [1, 2, 3, 4].map(replace))).map(why)).toEqual([
      'applied',
      'applied',
      'applied',
      'ACCOUNT_BUDGET',
    ]);
    await one.clock.run(T0 + 301_000);
    expect((await run(one, [replace(5)])).map(why)).toEqual(['applied']);
  });

  test('is charged once for an action, and not for what the gate refuses', async () => {
    const one = world();
    one.out.refreshing.add('exercise-group');
    await run(one, [replace(1)]);
    expect((await one.table.loadController()).budget?.replacements).toEqual([]);
    one.out.refreshing.clear();
    one.twists.push({ call: 'fleet.replaceInstance', error: portError('Unavailable'), times: 2 });
    await run(one, [replace(1), replace(1)]);
    expect((await one.table.loadController()).budget?.replacements).toHaveLength(1);
  });

  // Drill denied-midway: a service that was denied its replacement took the budget of all others with its tries.
  test.each(['Denied', 'Throttled', 'NotFound', 'Conflict'] as const)(
    'is not charged for what AWS refused (%s), however often it is tried',
    async (kind) => {
      const one = world();
      one.twists.push({ call: 'fleet.replaceInstance', error: portError(kind), times: 5 });
      await run(one, [1, 2, 3, 4, 5].map(replace));
      one.twists.push({ call: 'dns.move', error: portError(kind), times: 1 });
      await run(one, [FAILBACK]);
      expect((await one.table.loadController()).budget).toEqual({ replacements: [], failbacks: [] });
    },
  );

  test('is charged for no write that is too late, before the charge or after it', async () => {
    const one = world();
    one.twists.push({ call: 'fleet.describe', lateMs: 4001 });
    expect((await run(one, [replace(1)])).map(why)).toEqual(['LATE']);
    expect(one.count('state.charge')).toBe(0);
    one.twists.push({ call: 'state.charge', lateMs: 4001 });
    expect((await run(one, [replace(2)])).map(why)).toEqual(['LATE']);
    expect(one.writes()).toEqual([]);
    expect((await one.table.loadController()).budget?.replacements).toEqual([]);
  });

  test('is not charged when nobody knows whether it was', async () => {
    const one = world();
    one.twists.push({ call: 'state.charge', times: 2, error: portError('Unavailable', 'gone'), afterEffect: true });
    expect((await run(one, [replace(1), { ...FAILBACK, id: 'web:2:1' }])).map(why)).toEqual([
      'UNCHECKED: gone',
      'UNCHECKED: gone',
    ]);
    expect((await one.table.loadController()).budget).toEqual({ replacements: [], failbacks: [] });
  });

  test('that others used up has nothing to give back', async () => {
    const one = world();
    for (const service of ['api', 'shop'])
      await one.table.charge('failbacks', { id: `${service}:1:1`, service, atMs: T0 }, 2, 600_000);
    expect((await run(one, [FAILBACK])).map(why)).toEqual(['ACCOUNT_BUDGET']);
    expect(one.count('state.releaseFailback')).toBe(0);
  });

  test('stays charged, and the outcome is told all the same, when it cannot be given back', async () => {
    const one = world();
    one.twists.push({ call: 'fleet.replaceInstance', error: portError('Denied'), times: 1 });
    one.twists.push({ call: 'state.releaseReplacement', error: portError('Unavailable'), times: 1 });
    const [outcome] = await run(one, [replace(1)]);
    expect(outcome).toMatchObject({ result: 'refused', why: 'DENIED' });
    expect((await one.table.loadController()).budget?.replacements).toHaveLength(1);
  });

  test('lets two services fail back at once, and one try as often as it must', async () => {
    const one = world();
    await one.table.charge('failbacks', { id: 'a:1:1', service: 'api', atMs: T0 }, 2, 600_000);
    one.twists.push({ call: 'dns.move', error: portError('Throttled'), times: 3 });
    const tries = [1, 2, 3, 4].map((n): Action => ({ ...FAILBACK, id: `web:${n}:1` }));
    expect((await run(one, tries)).map((o) => why(o).split(':')[0])).toEqual([
      'THROTTLED',
      'THROTTLED',
      'THROTTLED',
      'applied',
    ]);
    const { budget } = await one.table.loadController();
    expect(budget?.failbacks.map((f) => f.service)).toEqual(['api', 'web']);
    expect(await one.table.charge('failbacks', { id: 'shop:1:1', service: 'shop', atMs: T0 }, 2, 600_000)).toBe(false);
  });

  test('is none of a trip’s or an order’s business', async () => {
    const one = world();
    await run(one, [MOVE]);
    expect((await one.table.loadController()).budget?.failbacks).toEqual([]);
  });
});

describe('what becomes of the write', () => {
  test.each<[Parameters<typeof portError>[0], string]>([
    ['Denied', 'DENIED: no'],
    ['NotFound', 'NOT_FOUND: no'],
    ['Conflict', 'CONFLICT: no'],
    ['Throttled', 'THROTTLED: no'],
    ['Unavailable', 'unclear'],
  ])('%s: %s', async (kind, expected) => {
    const one = world();
    one.twists.push({ call: 'fleet.setCapacity', error: portError(kind, 'no') });
    expect((await run(one, [OUT])).map(why)).toEqual([expected]);
  });

  test('an error of our own is not swallowed', async () => {
    const one = world();
    one.twists.push({ call: 'fleet.setCapacity', error: new TypeError('a bug') });
    await expect(run(one, [OUT])).rejects.toThrow('a bug');
  });

  test('one that failed does not keep the others from being tried', async () => {
    const one = world();
    one.twists.push({ call: 'fleet.setCapacity', error: portError('Denied') });
    const outcomes = await run(one, [OUT, { ...RAISE, id: 'web:2:2' }]);
    expect(outcomes.map((o) => o.result)).toEqual(['refused', 'applied']);
  });

  test.each(['Throttled', 'Unavailable'] as const)(
    'an instance is not replaced before its target is known to be deregistered: %s',
    async (kind) => {
      const one = world();
      setTargets(one, 'unhealthy', 'healthy');
      one.twists.push({ call: 'targets.deregister', error: portError(kind) });
      const outcomes = await run(one, [EJECT, { ...REPLACE, id: 'web:2:2', after: 'web:2:1' }]);
      expect(why(outcomes[1])).toBe('NOT_FIRST: web:2:1');
      expect(one.writes()).toEqual(['targets.deregister']);
    },
  );

  test('and is replaced right after it', async () => {
    const one = world();
    setTargets(one, 'unhealthy', 'healthy');
    await run(one, [EJECT, { ...REPLACE, id: 'web:2:2', after: 'web:2:1' }]);
    expect(one.writes()).toEqual(['targets.deregister', 'fleet.replaceInstance']);
  });
});
