/** Every kind of write, broken on the wire in every way, for one service of three: what is unclear is read back, not repeated. */
import { describe, expect, it } from 'vitest';
import type { Logged } from '../table.ts';
import { expectInTime, expectServed, FAULTS } from './faults.ts';
import { stage } from './stage.ts';
import { isIts, WRITES } from './writes.ts';

const on = stage();

/** For so many rounds an action that nobody sees happen is waited for: until PENDING_MS, 15 s, are over. */
const ROUNDS_IN_DOUBT = 2;

describe.each(WRITES)('$operation', (write) => {
  const { action, options, prepare, before, after, read } = write;

  it.each(FAULTS)('meets $name', async ({ fault, refused, hadEffect }) => {
    const its = await on.begin(options);
    await prepare(its);
    its.breaks((call) => (isIts(its, write, call) ? fault : null));
    const sent = (): number => on.aws.calls.filter((call) => isIts(its, write, call)).length;
    const done = (): number => on.aws.answered.filter((call) => isIts(its, write, call)).length;
    const found = (): Promise<unknown> => read(on.moto, its);
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, round.result);
    expect([sent(), done()]).toEqual([1, hadEffect ? 1 : 0]);
    if (!hadEffect) expect(await found()).toEqual(before);
    const logged = (await its.log()).at(-1)?.decisions.filter((d: Logged) => d.action?.kind === action);
    expect(logged).toHaveLength(1);
    expect(logged?.[0]).toMatchObject({ applied: false });
    expect(logged?.[0]?.notApplied).toMatch(new RegExp(`^${refused ?? 'UNCLEAR'}: `));

    its.breaks(() => null);
    // What may have happened is waited for, and nothing is sent meanwhile.
    if (refused === null && !hadEffect) {
      for (let n = 0; n < ROUNDS_IN_DOUBT; n += 1) await its.together();
      expect(sent()).toBe(1);
    }
    await its.together();
    await its.together();
    expect(await found()).toEqual(after);
    expect(done()).toBe(1);
    await its.together();
    expect(await found()).toEqual(after);
    expect(done()).toBe(1);
  });
});
