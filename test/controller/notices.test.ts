/** Telling a person: once per incident, again when nobody could be told, and never at the cost of acting. */
import { describe, expect, test } from 'vitest';
import { runRound } from '../../lib/controller/cycle.ts';
import { change, dnsOf, groupIn, SECOND, T0 } from '../core/builders.ts';
import { type Lab, portError, WEB } from './lab.ts';
import { calm, failAll, failOne, rounds } from './running.ts';

const foreign = (one: Lab): unknown => one.out.records.set('www.example.com', dnsOf(30, 70));
const subjects = (one: Lab): string[] => one.out.notices.map((n) => n.subject);

describe('a notification', () => {
  test('is published once per incident, however long it lasts', async () => {
    const { one, process } = await calm();
    foreign(one);
    await rounds(one, process, 60);
    expect(subjects(one)).toEqual(['evenkeel web: FOREIGN_DNS']);
    expect(one.out.notices[0]?.message).toBe(
      'web: the weights are seoul 30, tokyo 70, not seoul 100, tokyo 0: somebody else set them; put all weight on one site, or these back',
    );
  });

  test('that could not be sent is sent again until it was, though it happened once; those that were sent are not', async () => {
    const { one, process } = await calm();
    one.twists.push({
      call: 'notify.publish',
      when: ([, subject]) => subject === 'evenkeel web: RAISE_STANDBY',
      error: portError('Throttled'),
      times: 2,
    });
    failAll(one);
    one.out.groups.set('exercise-standby', groupIn('unhealthy'));
    await rounds(one, process, 28);
    const [late, ...more] = one.out.notices.filter(({ subject }) => subject.endsWith('RAISE_STANDBY'));
    expect(late?.message).toMatch(/^web: raise the standby from 1 to 2, .* \(since 20.*Z, told late\)$/);
    expect(more).toEqual([]);
    expect(subjects(one).filter((s) => s.endsWith('PANIC'))).toHaveLength(1);
    expect((await one.stateOf('web')).incidents['failover:RAISE_STANDBY']?.untold).toBeUndefined();
    expect(one.out.journal.filter((j) => j.level === 'error').map((j) => j.message)).toEqual([
      'notification not sent: Throttled on purpose',
      'notification not sent: Throttled on purpose',
    ]);
    expect(one.out.counts.filter((c) => c.metric === 'UnsentNotices')).toHaveLength(2);
  });

  test('of an incident that lasts reaches a person within a minute of when it can', async () => {
    const { one, process } = await calm();
    one.twists.push({ call: 'notify.publish', error: portError('Unavailable'), times: 3 });
    failOne(one);
    one.out.refreshing.add('exercise-group');
    foreign(one);
    await rounds(one, process, 60);
    expect(subjects(one).filter((s) => s.endsWith('FOREIGN_DNS'))).toHaveLength(1);
  });

  test.each([
    ['before the action was sent', 'targets.deregister'],
    ['before it was sent', 'notify.publish'],
  ])('of a process that dies %s is sent by the next, and once', async (_, call) => {
    const { one, process } = await calm();
    failOne(one);
    await rounds(one, process, 1);
    await one.clock.run(one.clock.nowMs() + 2 * SECOND);
    one.twists.push({ call, before: () => (process.sleeper.killed = true) });
    const dying = runRound(process.ports, process.memory, [WEB], null, one.clock.nowMs());
    dying.catch(() => undefined);
    await one.clock.run(one.clock.nowMs() + 20 * SECOND);
    expect(subjects(one)).toEqual([]);
    await rounds(one, one.process(), 30);
    expect(one.writes().at(-1)).toBe('fleet.replaceInstance');
    const ejects = one.out.notices.filter(({ subject }) => subject.endsWith('EJECT'));
    expect(ejects).toHaveLength(1);
    expect(ejects[0]?.message).toMatch(/^web: eject .*, told late\)$/);
  });

  test('costs no save in the rounds after it was sent', async () => {
    const { one, process } = await calm();
    foreign(one);
    while (subjects(one).length === 0) await rounds(one, process, 1);
    const saves = one.count('state.save');
    expect((await one.stateOf('web')).incidents['failover:FOREIGN_DNS']?.untold).toBeUndefined();
    await rounds(one, process, 4);
    expect(one.count('state.save')).toBe(saves);
  });

  test('of an action that was throttled is followed by another when it is applied, and by no more', async () => {
    const { one, process } = await calm();
    failOne(one);
    one.twists.push({ call: 'targets.deregister', error: portError('Throttled', 'slow down') });
    await rounds(one, process, 8);
    const said = (reason: string): string[] =>
      one.out.notices.filter(({ subject }) => subject.endsWith(reason)).map(({ message }) => message);
    expect(said('EJECT')).toEqual([
      expect.stringMatching(/^web: eject .* \(NOT applied, THROTTLED: slow down; the next round tries again\)$/),
      expect.stringMatching(/^web: eject .* \(applied now\)$/),
    ]);
    expect(said('REPLACE')).toEqual([
      expect.stringMatching(/^web: replace .* \(NOT applied, NOT_FIRST: .*; the next round tries again\)$/),
      expect.stringMatching(/^web: replace .* \(applied now\)$/),
    ]);
    expect((await one.stateOf('web')).incidents['health:EJECT']?.open).toBeUndefined();
  });

  test('of what is done at last comes though the one before it could not be sent, and says so', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'dns.move', error: portError('Throttled', 'slow down'), times: 2 });
    one.twists.push({
      call: 'notify.publish',
      when: ([, subject]) => `${subject}`.endsWith('TRIP'),
      error: portError('Throttled'),
    });
    await rounds(one, process, 20);
    const said = one.out.notices.filter(({ subject }) => subject.endsWith('TRIP')).map(({ message }) => message);
    expect(said).toEqual([expect.stringMatching(/^web: move .* \(applied now\)$/)]);
  });

  test('that nobody answers keeps no action waiting', async () => {
    const { one, process } = await calm();
    failOne(one);
    one.twists.push({ call: 'notify.publish', hangs: true, times: 99 });
    const markMs = one.clock.nowMs();
    await rounds(one, process, 2);
    const write = one.calls.find((c) => c.call === 'targets.deregister');
    expect((write?.atMs ?? 0) - markMs).toBeLessThan(7 * SECOND);
  });

  test('with a bug in it is a broken cycle', async () => {
    const { one, process } = await calm();
    foreign(one);
    one.twists.push({ call: 'notify.publish', error: new TypeError('a bug') });
    const results = await rounds(one, process, 12);
    expect(results.flatMap((r) => r.problems)).toEqual([{ code: 'BROKEN_CYCLE', message: 'a bug', service: 'web' }]);
  });

  test('goes to the log only, where the policy names no topic', async () => {
    const mute = change(WEB, { notify: undefined });
    const { one, process } = await calm(mute);
    foreign(one);
    await rounds(one, process, 12, [mute]);
    expect(subjects(one)).toEqual([]);
    expect(one.out.journal.filter((j) => j.level === 'warn').map((j) => j.fields.notice)).toEqual([
      'evenkeel web: FOREIGN_DNS',
    ]);
  });
});

describe('what AWS denies', () => {
  test('is told once for each kind of action', async () => {
    const { one, process } = await calm();
    one.twists.push({ call: 'fleet.setCapacity', error: portError('Denied', 'no permission'), times: 99 });
    one.twists.push({ call: 'dns.move', error: portError('Denied', 'not yours'), times: 99 });
    failAll(one);
    await rounds(one, process, 8);
    const refused = one.out.notices.filter((n) => n.subject.endsWith('REFUSED')).map((n) => n.message);
    expect(refused).toEqual([
      'web: setCapacity was refused by AWS: DENIED no permission',
      'web: moveDns was refused by AWS: DENIED not yours',
    ]);
    expect(one.count('dns.move')).toBeGreaterThan(3);
    expect((await one.stateOf('web')).pending).toEqual([]);
  });
});

describe('a failback that has ended', () => {
  test('is given back to the account, and if that fails it counts for ten minutes at most', async () => {
    const { one, process } = await calm();
    const state = await one.stateOf('web');
    const back = {
      ...state.failover,
      phase: 'failingBack' as const,
      change: { id: 'C1', atMs: T0 },
      failbacksMs: [T0],
    };
    await one.table.charge('failbacks', { id: 'web:1:1', service: 'web', atMs: T0 }, 2, 600_000);
    await one.table.save({ ...state, failover: back });
    one.twists.push({ call: 'state.releaseFailback', error: portError('Throttled') });
    await rounds(one, process, 1);
    expect((await one.stateOf('web')).failover.phase).toBe('primary');
    expect((await one.table.loadController()).budget?.failbacks).toHaveLength(1);
    expect(one.out.journal.some((j) => j.message.startsWith('the failback was not given back'))).toBe(true);

    await one.table.save({ ...(await one.stateOf('web')), failover: back });
    await rounds(one, process, 1);
    expect((await one.table.loadController()).budget?.failbacks).toEqual([]);
  });
});
