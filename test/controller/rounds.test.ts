/** The loop of a tick: marks, lease, hand-over, and processes that wake late. */
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import { change, groupIn, MINUTE, policyOf, SECOND, T0 } from '../core/builders.ts';
import { lab, services, WEB } from './lab.ts';
import { codes, every, marks, tick } from './running.ts';

describe('a scheduled tick', () => {
  test('runs rounds at the marks for 75 s, and writes each down', async () => {
    const one = lab([WEB], T0 + 1300);
    const { done } = tick(one, 'a');
    await one.until(done);
    expect(marks(one)).toEqual(every(5, 5, 75));
    expect((await one.table.loadController()).lease).toMatchObject({ epoch: 1, owner: 'a' });
    expect(await one.lastRounds()).toEqual({ web: T0 + 75 * SECOND });
  });

  test('gives each service its own pace', async () => {
    const [a, b] = services(2) as [Policy, Policy];
    const slow = change(b, { health: { check: { intervalSeconds: 30 } } });
    const one = lab([a, slow], T0 + 1300);
    await one.until(tick(one, 'a', { policies: [a, slow] }).done);
    expect(marks(one, 's0')).toEqual(every(5, 5, 75));
    expect(marks(one, 's1')).toEqual([30, 60]);
  });

  test('of services with none in common does not let a slow one cost the other its rounds', async () => {
    const [a, b] = services(2) as [Policy, Policy];
    const six = change(b, { health: { check: { intervalSeconds: 6 } } });
    const one = lab([a, six], T0 + 100);
    one.twists.push({ call: 'targets.describe', when: ([, group]) => group === 's1-targets', hangs: true, times: 99 });
    await one.until(tick(one, 'a', { policies: [a, six] }).done);
    expect(marks(one, 's0')).toEqual(every(5, 5, 75));
    expect(marks(one, 's1').slice(0, 4)).toEqual([6, 12, 18, 24]);
  });

  test('leaves out a service that is still busy with its last round', async () => {
    const eager = change(WEB, { health: { check: { intervalSeconds: 1, timeoutSeconds: 1 } } });
    const one = lab([eager], T0 + 100);
    one.twists.push({ call: 'targets.describe', hangs: true, times: 2 });
    await one.until(tick(one, 'a', { policies: [eager] }).done);
    expect(marks(one).slice(0, 4)).toEqual([1, 4, 5, 6]);
  });

  test('ends before its function does', async () => {
    const one = lab();
    await one.until(tick(one, 'a', { forMs: 22_000 }).done);
    expect(Math.max(...marks(one))).toBe(20);
  });

  test('has nothing to do without policies', async () => {
    const one = lab([]);
    expect(await one.until(tick(one, 'a', { policies: [] }).done)).toEqual({
      services: [],
      problems: [],
      finished: [],
    });
    expect(one.calls).toEqual([]);
  });
});

describe('a successor', () => {
  test.each([0, 200, 700, 2600, 4400, 4499, 4500, 4501, 4700, 4965, 4975, 4979, 4990])(
    'that comes %i ms after a mark takes over between two rounds, and none is lost or run twice',
    async (afterMs) => {
      const one = lab([WEB], T0 + 1300);
      const first = tick(one, 'a');
      await one.clock.run(T0 + MINUTE + afterMs);
      const second = tick(one, 'b');
      await one.until(Promise.all([first.done, second.done]));
      expect(marks(one).filter((s) => s <= 125)).toEqual(every(5, 5, 125));
      const { lease } = await one.table.loadController();
      expect(lease).toMatchObject({ epoch: 2, owner: 'b' });
    },
  );

  test('begins at once when the loop before it has ended', async () => {
    const one = lab([WEB], T0 + 1300);
    await one.until(tick(one, 'a').done);
    await one.clock.run(T0 + 100 * SECOND + 300);
    await one.until(tick(one, 'b').done);
    expect(marks(one)).toContain(105);
  });

  test('goes on where the loop before it stopped: counters neither begin anew nor count twice', async () => {
    const one = lab([WEB], T0 + 1300);
    const first = tick(one, 'a');
    await one.clock.run(T0 + MINUTE + 200);
    const before = (await one.stateOf('web')).failover.primary.goodSinceMs;
    const second = tick(one, 'b');
    await one.until(Promise.all([first.done, second.done]));
    expect((await one.stateOf('web')).failover.primary).toMatchObject({ good: 2, goodSinceMs: before });
  });

  test('takes over from a loop that died, without waiting for it', async () => {
    const one = lab([WEB], T0 + 1300);
    const first = tick(one, 'a');
    await one.clock.run(T0 + 21 * SECOND);
    first.process.sleeper.killed = true;
    await one.clock.run(T0 + MINUTE + 200);
    const second = tick(one, 'b');
    await one.until(second.done);
    expect(marks(one)).toEqual([...every(5, 5, 20), ...every(5, 65, 135)]);
  });
});

describe('a clock that is set back', () => {
  test.each([12, 3600])('by %i s costs one round at most, and the tick ends when it would have', async (seconds) => {
    const one = lab([WEB], T0 + 1300);
    const { process, done } = tick(one, 'a', { forMs: 40_000 });
    await one.clock.run(T0 + 22 * SECOND);
    process.sleeper.skew = { sinceMs: one.clock.nowMs(), stepMs: -seconds * SECOND, driftPpm: 0 };
    await one.until(done);
    const at = marks(one);
    expect(at.filter((s) => s < 25)).toEqual(every(5, 5, 20));
    const gaps = at.slice(1).map((s, index) => s - (at[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10);
    expect(at.at(-1)).toBeGreaterThanOrEqual(35);
    expect(one.clock.nowMs() - T0).toBeLessThan(50 * SECOND);
  });
});

describe('a process that is frozen', () => {
  test('leaves out the rounds it slept through, and goes on with the next', async () => {
    const one = lab([WEB], T0 + 1300);
    const { process, done } = tick(one, 'a');
    await one.clock.run(T0 + 22 * SECOND);
    process.sleeper.pausedUntilMs = T0 + 52 * SECOND;
    await one.until(done);
    expect(marks(one)).toEqual([...every(5, 5, 20), ...every(5, 55, 75)]);
  });

  test('a moment after the mark still runs its round', async () => {
    const one = lab([WEB], T0 + 1300);
    const { process, done } = tick(one, 'a');
    await one.clock.run(T0 + 22 * SECOND);
    process.sleeper.pausedUntilMs = T0 + 25_900;
    await one.until(done);
    expect(marks(one)).toEqual(every(5, 5, 75));
  });

  test('1 s after the mark leaves that round out', async () => {
    const one = lab([WEB], T0 + 1300);
    const { process, done } = tick(one, 'a');
    await one.clock.run(T0 + 22 * SECOND);
    process.sleeper.pausedUntilMs = T0 + 26_001;
    await one.until(done);
    expect(marks(one)).toEqual([...every(5, 5, 20), ...every(5, 30, 75)]);
  });

  test('does nothing once a successor has its lease', async () => {
    const one = lab([WEB], T0 + 1300);
    const first = tick(one, 'a');
    await one.clock.run(T0 + 57 * SECOND);
    first.process.sleeper.pausedUntilMs = T0 + 99 * SECOND;
    await one.clock.run(T0 + MINUTE + 200);
    const second = tick(one, 'b');
    one.out.groups.set('exercise-target-group', groupIn('unhealthy', 'unhealthy'));
    await one.until(Promise.all([first.done, second.done]));
    expect(one.writes().slice(0, 2)).toEqual(['fleet.setCapacity', 'dns.move']);
    expect(one.count('dns.move')).toBe(1);
    expect([...new Set(marks(one).filter((s) => s >= 65))]).toEqual(every(5, 65, 135));
  });
});

describe('a tick by hand', () => {
  test('runs its rounds, answers the last one and every action of all, and ends its lease', async () => {
    const policy = policyOf({ failover: undefined });
    const one = lab([policy], T0 + 1300);
    one.out.groups.set('exercise-target-group', groupIn('unhealthy', 'healthy'));
    const result = await one.until(tick(one, 'hand', { rounds: 4, policies: [policy] }).done);
    // At 10 s the gate reads the targets once more.
    expect(marks(one)).toEqual([5, 10, 10, 15, 20]);
    const [web] = result.services;
    const actions = web?.decisions.flatMap((d) => (d.action === null ? [] : [[d.action.kind, d.applied]]));
    expect(actions).toEqual([
      ['deregisterTarget', true],
      ['replaceInstance', true],
    ]);
    expect(web?.decisions.slice(-2).map((d) => d.reason)).toEqual(['EJECT', 'REPLACE']);
    expect((await one.table.loadController()).lease?.untilMs).toBeLessThan(one.clock.nowMs() + 1);
  });

  test('never takes a live lease', async () => {
    const one = lab([WEB], T0 + 1300);
    const loop = tick(one, 'a');
    await one.clock.run(T0 + 12 * SECOND);
    const result = await one.until(tick(one, 'hand', { rounds: 2 }).done, SECOND);
    expect(codes(result)).toEqual(['LEASE_HELD']);
    await one.until(loop.done);
    expect((await one.table.loadController()).lease).toMatchObject({ owner: 'a', epoch: 1 });
  });

  test('gives way to the schedule, and says how many rounds were left', async () => {
    const one = lab([WEB], T0 + 1300);
    const hand = tick(one, 'hand', { rounds: 12 });
    await one.clock.run(T0 + 12 * SECOND);
    const loop = tick(one, 'a');
    const result = await one.until(hand.done);
    expect(result.problems).toEqual([
      { code: 'LEASE_LOST', message: "the schedule's own loop took over, 9 rounds were left" },
    ]);
    await one.until(loop.done);
    expect(marks(one)).toEqual(every(5, 5, 85));
  });

  test('says what did not fit into its time', async () => {
    const one = lab([WEB], T0 + 1300);
    const result = await one.until(tick(one, 'hand', { rounds: 9, forMs: 11_000 }).done);
    expect(result.problems).toEqual([{ code: 'TIME_UP', message: '7 rounds did not fit into the time' }]);
  });
});
