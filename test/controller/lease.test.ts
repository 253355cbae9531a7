/** Taking the lease, and what is written into it. */
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import { change, MINUTE, T0 } from '../core/builders.ts';
import { lab, portError, services, WEB } from './lab.ts';
import { codes, every, marks, tick } from './running.ts';

describe('the lease', () => {
  test('that cannot be taken at first is taken before the next mark', async () => {
    const one = lab();
    one.twists.push({ call: 'state.takeLease', error: portError('Throttled', 'slow down') });
    const result = await one.until(tick(one, 'a').done);
    expect(result.problems).toEqual([]);
    expect(marks(one).length).toBeGreaterThan(12);
  });

  test('whose taking has no answer, but had its effect, is ours', async () => {
    const one = lab();
    one.twists.push({ call: 'state.takeLease', error: portError('Unavailable', 'timed out'), afterEffect: true });
    const result = await one.until(tick(one, 'a').done);
    expect(result.problems).toEqual([]);
    expect((await one.table.loadController()).lease).toMatchObject({ owner: 'a', epoch: 1 });
  });

  test('that cannot be taken: nothing is done, and a person is told at once', async () => {
    const one = lab();
    one.twists.push({ call: 'state.takeLease', times: 99, error: portError('Unavailable', 'no table') });
    const problems = [{ code: 'NO_STATE', message: 'the lease cannot be taken: no table' }];
    expect(await one.until(tick(one, 'a').done)).toEqual({ services: [], problems, finished: [] });
    expect(marks(one)).toEqual([]);
  });

  test.each(['Denied', 'NotFound'] as const)(
    'that is %s is not tried again, and stands in the log: the heartbeat’s alarm sends its readers there',
    async (kind) => {
      const one = lab();
      one.twists.push({ call: 'state.loadController', error: portError(kind, 'no table'), times: 99 });
      const { problems } = await one.until(tick(one, 'a').done);
      expect(problems).toEqual([{ code: 'NO_STATE', message: 'the lease cannot be taken: no table' }]);
      expect(one.count('state.loadController')).toBe(1);
      expect(one.out.journal).toEqual([
        { level: 'error', message: 'the lease cannot be taken: no table', fields: { code: 'NO_STATE' } },
      ]);
    },
  );

  test('that was taken between asking and taking is not taken by hand', async () => {
    const one = lab();
    one.twists.push({
      call: 'state.takeLease',
      before: () => void one.table.takeLease('other', T0, T0 + MINUTE, false),
    });
    expect(codes(await one.until(tick(one, 'hand', { rounds: 1 }).done))).toEqual(['LEASE_HELD']);
  });

  test('that cannot be renewed for once is kept', async () => {
    const one = lab([WEB], T0 + 1300);
    one.twists.push({ call: 'state.renewLease', error: portError('Throttled', 'slow down') });
    await one.until(tick(one, 'a').done);
    expect(marks(one)).toEqual(every(5, 5, 75));
    expect(one.out.journal.some((j) => j.message === 'the lease was not renewed: slow down')).toBe(true);
  });

  test('is told of no round in which nothing was served', async () => {
    const one = lab([WEB], T0 + 1300);
    one.twists.push({ call: 'state.load', error: portError('Throttled'), times: 99 });
    const result = await one.until(tick(one, 'a').done);
    expect(new Set(codes(result))).toEqual(new Set(['NO_STATE']));
    expect(one.count('state.renewLease')).toBe(0);
    expect((await one.table.loadController()).lease?.rounds).toEqual(new Map());
  });

  test('is renewed by one round after the other: older marks that arrive last would take the newer back', async () => {
    const [a, b] = services(2) as [Policy, Policy];
    const six = change(b, { health: { check: { intervalSeconds: 6 } } });
    const one = lab([a, six], T0 + 100);
    one.twists.push({ call: 'state.renewLease', lateMs: 3000, times: 99 });
    await one.until(tick(one, 'a', { policies: [a, six] }).done);
    const atMs = one.calls.filter((c) => c.call === 'state.renewLease').map((c) => c.atMs);
    expect(atMs.length).toBeGreaterThan(10);
    expect(Math.min(...atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0)))).toBeGreaterThan(3000);
  });

  test('says nothing of rounds of before that the one before it did not know of', async () => {
    const one = lab([WEB], T0 + 1300);
    const process = one.process();
    process.memory.rounds.set('of another day', T0 - 86_400_000);
    await one.until(tick(one, 'a', { process }).done);
    expect(Object.keys(await one.lastRounds())).toEqual(['web']);
  });

  test.each(['state.takeLease', 'state.load', 'state.renewLease'])(
    'a bug in %s is not taken for the world',
    async (call) => {
      const one = lab();
      one.twists.push({ call, error: new TypeError('a bug') });
      await expect(one.until(tick(one, 'a').done)).rejects.toThrow('a bug');
    },
  );
});
