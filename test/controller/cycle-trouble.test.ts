/** Writes without an answer, crashes and frozen processes: what is read back, and what heals. */
import { describe, expect, test } from 'vitest';
import { runRound } from '../../lib/controller/cycle.ts';
import { policyOf, SECOND, T0 } from '../core/builders.ts';
import { type Lab, type Process, portError } from './lab.ts';
import { calm, failAll, failOne, reasonsOf, rounds } from './running.ts';

describe('an outcome that is not known', () => {
  test('is read back and not sent again: it happened', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'dns.move', error: portError('Unavailable', 'timed out'), afterEffect: true });
    const [, second] = await rounds(one, process, 2);
    expect(second?.services[0]?.decisions.find((d) => d.reason === 'TRIP')).toMatchObject({
      applied: false,
      notApplied: 'UNCLEAR: timed out',
    });
    const [third] = await rounds(one, process, 1);
    expect(reasonsOf(third)[0]).toBe('failover MOVING');
    const state = await one.stateOf('web');
    expect(state).toMatchObject({
      pending: [],
      failover: { phase: 'failingOver', change: { id: null }, weights: { seoul: 0, tokyo: 100 } },
    });
    await rounds(one, process, 26);
    expect((await one.stateOf('web')).failover.phase).toBe('secondary');
    expect(one.count('dns.move')).toBe(1);
  });

  test('is read back, and decided anew under a new id after 15 s: it did not happen', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'dns.move', error: portError('Unavailable', 'timed out') });
    await rounds(one, process, 2);
    const first = one.calls.filter((c) => c.call === 'dns.move').at(-1);
    await rounds(one, process, 3);
    expect(one.count('dns.move')).toBe(1);
    await rounds(one, process, 1);
    const moves = one.calls.filter((c) => c.call === 'dns.move');
    expect(moves).toHaveLength(2);
    expect(moves[1]?.args[3]).not.toBe(first?.args[3]);
  });
});

describe('another cycle that saves while this one acts', () => {
  const savesMeanwhile = (one: Lab): void =>
    void one.twists.push({
      call: 'targets.deregister',
      after: () => void one.stateOf('web').then((state) => one.table.save(state)),
    });

  test('closes the gate to the rest, which is decided anew in the next round and not after 15 s', async () => {
    const { one, process } = await calm();
    failOne(one);
    savesMeanwhile(one);
    const [, second] = await rounds(one, process, 2);
    expect(second?.services[0]?.decisions.find((d) => d.reason === 'REPLACE')).toMatchObject({
      applied: false,
      notApplied: expect.stringMatching(/^FENCED: the state has version/),
    });
    const { pending, health } = await one.stateOf('web');
    expect(pending.map((p) => [p.action.kind, p.acceptedMs !== null])).toEqual([['deregisterTarget', true]]);
    expect(health.ejected).toHaveProperty('i-1:80');
    await rounds(one, process, 1);
    expect(one.writes()).toEqual(['targets.deregister', 'fleet.replaceInstance']);
  });

  test('and again when that is entered: what became of the actions is entered into what it made of the state', async () => {
    const { one, process } = await calm();
    failOne(one);
    one.twists.push({
      call: 'state.save',
      when: () => one.writes().includes('fleet.replaceInstance'),
      times: 2,
      error: portError('Conflict', 'somebody was first'),
    });
    await rounds(one, process, 2);
    expect((await one.stateOf('web')).health.ejected).toHaveProperty('i-1:80');
    expect(one.out.journal.filter((j) => j.message.startsWith('what became of the actions'))).toEqual([]);
  });

  test.each<[string, (one: Lab) => void]>([
    [
      'cannot be read',
      (one) =>
        one.twists.push({
          call: 'state.load',
          when: () => one.writes().length > 0,
          times: 9,
          error: portError('Throttled', 'slow down'),
        }),
    ],
    [
      'is written over again and again',
      (one) =>
        one.twists.push({
          call: 'state.save',
          when: () => one.writes().length > 0,
          times: 9,
          error: portError('Conflict', 'somebody was first'),
        }),
    ],
  ])('and whose state %s: what became of the actions is read back later', async (_, disturb) => {
    const { one, process } = await calm();
    failOne(one);
    await rounds(one, process, 1);
    savesMeanwhile(one);
    disturb(one);
    await rounds(one, process, 1);
    expect(one.out.journal.some((j) => j.message.startsWith('what became of the actions was not saved'))).toBe(true);
    one.twists.length = 0;
    await rounds(one, process, 4);
    expect(one.writes()).toEqual(['targets.deregister', 'fleet.replaceInstance']);
  });
});

test('a record that could not be read since it was moved is read in the next round, though the move is known to be done', async () => {
  const { one, process } = await calm();
  failAll(one);
  await rounds(one, process, 2);
  expect(one.count('dns.move')).toBe(1);
  one.twists.push({ call: 'dns.read', error: portError('Throttled') });
  const [moved] = await rounds(one, process, 1);
  expect(reasonsOf(moved)[0]).toBe('failover MOVED');
  const fromMs = one.clock.nowMs();
  await rounds(one, process, 1);
  expect(one.count('dns.read', fromMs)).toBe(1);
});

describe('a crash', () => {
  test.each<[string, string, string[]]>([
    ['after saving, before acting', 'fleet.describe', ['fleet.setCapacity']],
    ['after acting, before that was saved', 'fleet.setCapacity', ['fleet.setCapacity']],
  ])('%s heals within two ticks', async (_, call, writes) => {
    const policy = policyOf({ fleet: { capacity: { max: 4 } }, failover: undefined });
    const { one, process } = await calm(policy);
    one.out.load = 160;
    await one.clock.run(T0 + 3 * 60 * SECOND);
    const saved = (await one.stateOf('web')).version;
    const hasSaved = (): boolean =>
      one.calls.some((c) => c.call === 'state.save' && (c.args[0] as { pending: unknown[] }).pending.length > 0);
    one.twists.push({ call, when: hasSaved, after: () => (process.sleeper.killed = true) });
    const crashMs = one.clock.nowMs();
    const dying = runRound(process.ports, process.memory, [policy], null, crashMs);
    dying.catch(() => undefined);
    await one.clock.run(crashMs + 10 * SECOND);
    const left = await one.stateOf('web');
    expect(left.version).toBe(saved + 1);
    expect(left.pending).toMatchObject([{ acceptedMs: null, action: { kind: 'setCapacity', to: 4 } }]);
    const successor = one.process();
    await rounds(one, successor, 20, [policy]);
    expect(one.out.fleets.get('exercise-group')?.desired).toBe(4);
    expect((await one.stateOf('web')).pending).toEqual([]);
    expect(one.writes()).toEqual(writes);
  });
});

describe('a process that is frozen', () => {
  const asleep = (one: Lab, process: Process, call: string) =>
    one.twists.push({ call, after: () => (process.sleeper.pausedUntilMs = one.clock.nowMs() + 40 * SECOND) });

  test('while it saves is too late to act', async () => {
    const { one, process } = await calm();
    failAll(one);
    asleep(one, process, 'state.save');
    await rounds(one, process, 1);
    await one.clock.run(one.clock.nowMs() + SECOND);
    expect(one.writes()).toEqual([]);
    expect((await one.stateOf('web')).pending).toEqual([]);
  });

  test('while it reads does not decide on the world of then', async () => {
    const { one, process } = await calm();
    failAll(one);
    const version = (await one.stateOf('web')).version;
    asleep(one, process, 'targets.describe');
    const [result] = await rounds(one, process, 1);
    await one.clock.run(one.clock.nowMs() + 10 * SECOND);
    expect(result).toMatchObject({ services: [], problems: [{ code: 'ROUND_CUT', service: 'web' }] });
    expect((await one.stateOf('web')).version).toBe(version);
  });
});
