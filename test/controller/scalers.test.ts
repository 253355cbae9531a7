/** Reading what else scales the groups of a region that has more to tell than a round waits for. */
import { describe, expect, test } from 'vitest';
import { SECOND, T0 } from '../core/builders.ts';
import { type Lab, lab, type Process, portError, services } from './lab.ts';
import { rounds } from './running.ts';

const READ = 'fleet.otherScalers';

/** When the scalers were asked for, and of which groups. */
const asked = (one: Lab): [number, string[]][] =>
  one.calls
    .filter(({ call }) => call === READ)
    .map(({ atMs, args }) => [Math.floor((atMs - T0) / SECOND), (args[1] as { name: string }[]).map((f) => f.name)]);

/** What was missing in each of these rounds. */
async function missing(one: Lab, process: Process, count: number) {
  return (await rounds(one, process, count)).map((r) => r.services[0]?.missing);
}

const known = (process: Process) => process.memory.slow.get('web')?.scalers;

describe('a read of other scalers that takes longer than a round waits', () => {
  test('serves the round after it, as old as it is: nothing is asked twice', async () => {
    const one = lab();
    const process = one.process();
    one.twists.push({ call: READ, lateMs: 3000 });
    expect(await missing(one, process, 2)).toEqual([['scalers: deadline'], []]);
    const atMs = T0 + 42; // State and groups were read before it.
    expect(known(process)).toEqual({ known: true, atMs, value: [] });
    await rounds(one, process, 12);
    // The first round that is a minute after it was begun.
    expect(asked(one).map(([second]) => second)).toEqual([0, 65]);
  });

  test('is waited for by as many rounds as it takes', async () => {
    const one = lab();
    const process = one.process();
    one.twists.push({ call: READ, lateMs: 11_000 });
    expect(await missing(one, process, 4)).toEqual([['scalers: deadline'], ['scalers: deadline'], [], []]);
    expect(one.count(READ)).toBe(1);
  });

  test('is not waited for once its answer would be due again', async () => {
    const one = lab();
    const process = one.process();
    one.twists.push({ call: READ, hangs: true });
    await rounds(one, process, 14);
    expect(asked(one).map(([second]) => second)).toEqual([0, 60]);
    expect(known(process)).toMatchObject({ known: true });
  });

  test('never takes the place of one that began after it', async () => {
    const one = lab();
    const process = one.process();
    one.twists.push({ call: READ, lateMs: 63_000 });
    await rounds(one, process, 6);
    one.out.scalers.set('exercise-group', ['policy cpu-70']);
    await rounds(one, process, 9);
    expect(asked(one).map(([second]) => second)).toEqual([0, 60]);
    expect(known(process)).toMatchObject({ known: true, value: ['policy cpu-70'] });
  });

  test('is asked for again when it failed, and what was known stays', async () => {
    const one = lab();
    const process = one.process();
    await rounds(one, process, 13);
    one.twists.push({ call: READ, lateMs: 3000, error: portError('Throttled'), afterEffect: true });
    expect(await missing(one, process, 2)).toEqual([[], []]);
    expect(asked(one).map(([second]) => second)).toEqual([0, 65, 70]);
  });

  test('that meets a bug is a broken cycle for whoever waits, and is asked for again', async () => {
    const one = lab();
    const process = one.process();
    one.twists.push({ call: READ, lateMs: 6000, error: new TypeError('a bug'), afterEffect: true });
    const results = await rounds(one, process, 3);
    expect(results.map((r) => r.problems.map((p) => p.code))).toEqual([[], ['BROKEN_CYCLE'], []]);
    expect(one.count(READ)).toBe(2);
  });

  test('answers for no group that it was not for: who is due meanwhile has the next', async () => {
    const [first, second] = services(2);
    if (first === undefined || second === undefined) throw new Error('there are two');
    const one = lab([first, second]);
    const process = one.process();
    one.twists.push({ call: READ, lateMs: 8000 });
    await rounds(one, process, 1, [first]);
    const [during] = await rounds(one, process, 1, [first, second]);
    expect(during?.services.map((s) => s.missing)).toEqual([['scalers: deadline'], []]);
    expect(process.memory.slow.get('s1')?.scalers).toMatchObject({ known: false, why: 'not-read' });
    await rounds(one, process, 1, [first, second]);
    expect(asked(one)).toEqual([
      [0, ['s0-group']],
      [10, ['s1-group']],
    ]);
  });
});
