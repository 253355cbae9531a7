import { describe, expect, test } from 'vitest';
import type { Sleeper } from '../../lib/sim/clock.ts';
import { createClock } from '../../lib/sim/clock.ts';
import { createRandom } from '../../lib/sim/random.ts';
import { settle } from './worlds.ts';

const awake = (): Sleeper => ({ pausedUntilMs: 0, killed: false });

describe('the virtual clock', () => {
  test('runs what is due in the order of time, then of insertion', async () => {
    const clock = createClock(1000, settle);
    const seen: string[] = [];
    const random = createRandom(7);
    for (let index = 0; index < 500; index++) {
      const atMs = 1000 + random.int(0, 50);
      clock.at(atMs, () => seen.push(`${String(atMs).padStart(5, '0')} ${String(index).padStart(3, '0')}`));
    }
    await clock.run(2000);
    expect(seen).toHaveLength(500);
    expect(seen).toEqual(seen.toSorted());
    expect(clock.nowMs()).toBe(2000);
  });

  test('lets promises go on before the next instant, however many steps they take', async () => {
    const clock = createClock(0, settle);
    const mine = clock.of(awake());
    const seen: string[] = [];
    const work = async (): Promise<void> => {
      await mine.sleep(10);
      for (let step = 0; step < 20; step++) await Promise.resolve();
      seen.push(`first at ${mine.nowMs()}`);
      await mine.sleep(0);
      await mine.sleep(1);
      seen.push(`second at ${mine.nowMs()}`);
    };
    const done = work();
    clock.at(11, () => seen.push('world at 11'));
    await clock.run(20);
    await done;
    expect(seen).toEqual(['first at 10', 'world at 11', 'second at 11']);
  });

  test('goes on within an instant while that instant brings about more', async () => {
    const clock = createClock(0, settle);
    const mine = clock.of(awake());
    let woken = 0;
    const chain = async (): Promise<void> => {
      await mine.sleep(5);
      clock.at(5, () => woken++);
    };
    const done = chain();
    await clock.run(5);
    await done;
    expect(woken).toBe(1);
  });

  test('does not run what is due later, and takes the past for now', async () => {
    const clock = createClock(100, settle);
    const seen: number[] = [];
    clock.at(300, () => seen.push(clock.nowMs()));
    clock.at(-50, () => seen.push(clock.nowMs()));
    await clock.run(200);
    expect(seen).toEqual([100]);
    await clock.run(300);
    expect(seen).toEqual([100, 300]);
  });

  test('a paused sleeper wakes when the pause ends, a killed one never', async () => {
    const clock = createClock(0, settle);
    const [paused, killed] = [awake(), awake()];
    const seen: string[] = [];
    void clock
      .of(paused)
      .sleep(10)
      .then(() => seen.push(`paused woke at ${clock.nowMs()}`));
    void clock
      .of(killed)
      .sleep(10)
      .then(() => seen.push('killed woke'));
    paused.pausedUntilMs = 40;
    killed.killed = true;
    await clock.run(100);
    expect(seen).toEqual(['paused woke at 40']);
  });

  test('a frozen sleeper wakes for all that it missed when it is thawed, in its order', async () => {
    const clock = createClock(0, settle);
    const frozen = awake();
    const seen: string[] = [];
    const nap = (ms: number) =>
      void clock
        .of(frozen)
        .sleep(ms)
        .then(() => seen.push(`${ms} at ${clock.nowMs()}`));
    for (const ms of [20, 10, 90]) nap(ms);
    frozen.frozen = [];
    await clock.run(50);
    expect(seen).toEqual([]);
    clock.thaw(frozen);
    await clock.run(100);
    expect(seen).toEqual(['10 at 50', '20 at 50', '90 at 90']);
    clock.thaw(awake());
  });
});

describe('seeded chance', () => {
  test('is the same for the same seed and name, and independent between names', () => {
    const draw = (seed: number, name: string): number[] => {
      const stream = createRandom(seed).fork(name);
      return Array.from({ length: 5 }, () => stream.int(0, 1_000_000));
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  test('a stream does not move when its parent is drawn from', () => {
    const [one, other] = [createRandom(3), createRandom(3)];
    one.next();
    expect(one.fork('x').next()).toBe(other.fork('x').next());
  });

  test('fills its range evenly, both ends included', () => {
    const stream = createRandom(5);
    const draws = Array.from({ length: 4000 }, () => stream.int(0, 3));
    for (const end of [0, 1, 2, 3]) expect(draws.filter((draw) => draw === end).length).toBeGreaterThan(900);
    expect(stream.hex(20)).toMatch(/^[0-9a-f]{20}$/);
  });
});
