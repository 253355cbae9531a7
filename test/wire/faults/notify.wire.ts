/** Telling people, broken on the wire: they are told in the end, and the round does not wait for it. */
import { describe, expect, it } from 'vitest';
import { expectInTime, expectServed, FAULTS } from './faults.ts';
import { told } from './on-call.ts';
import { stage } from './stage.ts';

const on = stage();

describe('Publish', () => {
  it.each(FAULTS)('meets $name', async ({ fault, hadEffect }) => {
    // Two servers are its most, and it wants a third: somebody should know.
    const its = await on.begin({ desired: 2, busy: true });
    await told(on.moto);
    its.breaks((call) => (call.operation === 'Publish' ? fault : null));
    const round = await its.together();

    expectInTime(round);
    expect(round.result.problems).toEqual([]);
    await expectServed(on.moto, on.others, round.result);
    const mine = 'evenkeel web: AT_MAXIMUM';
    expect((await told(on.moto)).filter((s) => s === mine)).toHaveLength(hadEffect ? 1 : 0);
    expect((await its.log()).at(-1)?.decisions.map((d) => d.reason)).toContain('AT_MAXIMUM');

    its.breaks(() => null);
    // Told at least once: whoever did not hear that it was sent sends it once more, a minute later, and then no more.
    await its.together();
    expect((await told(on.moto)).filter((s) => s === mine)).toHaveLength(0);
    its.skip(60_000);
    await its.together();
    expect((await told(on.moto)).filter((s) => s === mine)).toHaveLength(1);
    await its.together();
    expect((await told(on.moto)).filter((s) => s === mine)).toHaveLength(0);
  });
});
