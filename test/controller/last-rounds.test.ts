/** The last round of each service, as one holder of the lease tells it to the next. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import { change, MINUTE, SECOND, T0 } from '../core/builders.ts';
import { type Lab, lab, services } from './lab.ts';
import { tick } from './running.ts';

const paced = (...seconds: number[]): Policy[] =>
  seconds.map((intervalSeconds, index) =>
    change(services(seconds.length)[index] as Policy, { health: { check: { intervalSeconds, timeoutSeconds: 1 } } }),
  );

/** Ticks at every full minute from the first of these to the last, by the number of minutes from the start. */
async function ticks(one: Lab, policies: readonly Policy[], first: number, last: number): Promise<void> {
  let done: Promise<unknown> = Promise.resolve();
  for (let minute = first; minute <= last; minute += 1) {
    await one.clock.run(T0 + minute * MINUTE + 200);
    done = Promise.all([done, tick(one, `tick-${minute}`, { policies }).done]);
  }
  await one.until(done);
}

const primaryOf = async (one: Lab, service: string) => (await one.stateOf(service)).failover.primary;

describe('what the lease says of the last rounds', () => {
  test('a slow service that had no round in a time without any begins to count anew, whoever was served first', async () => {
    const policies = paced(5, 26);
    const one = lab(policies);
    await ticks(one, policies, 0, 2);
    const { goodSinceMs } = await primaryOf(one, 's1');
    expect(goodSinceMs).toBeLessThan(T0 + MINUTE);
    await ticks(one, policies, 9, 9);
    expect((await one.lastRounds()).s1).toBeGreaterThan(T0 + 9 * MINUTE);
    expect((await primaryOf(one, 's1')).goodSinceMs).toBeGreaterThan(T0 + 9 * MINUTE);
  });

  test('a slow service loses nothing when one holder follows the other, not even one slower than a holder lives', async () => {
    const policies = paced(5, 26, 300);
    const one = lab(policies);
    await ticks(one, policies, 0, 16);
    for (const service of ['s0', 's1']) expect((await primaryOf(one, service)).goodSinceMs).toBeLessThan(T0 + MINUTE);
    expect(await primaryOf(one, 's2')).toMatchObject({ good: 2, goodSinceMs: T0 + 5 * MINUTE });
  });

  test('a service whose cycles broke while the others were served had none of those rounds for the next holder either', async () => {
    const policies = paced(5, 5);
    const one = lab(policies);
    const isBroken = (): boolean => one.clock.nowMs() > T0 + 42 * SECOND && one.clock.nowMs() < T0 + 72 * SECOND;
    one.twists.push({
      call: 'targets.describe',
      when: ([, group]) => group === 's1-targets' && isBroken(),
      error: new TypeError('a bug'),
      times: 99,
    });
    await ticks(one, policies, 0, 1);
    expect((await primaryOf(one, 's0')).goodSinceMs).toBeLessThan(T0 + 10 * SECOND);
    expect((await primaryOf(one, 's1')).goodSinceMs).toBe(T0 + 75 * SECOND);
  });

  test('never is a round that the service did not have, and of those that it had always the last', async () => {
    const intervals = fc.array(fc.integer({ min: 5, max: 70 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(intervals, fc.integer({ min: 2, max: 5 }), async (seconds, resumeMinute) => {
        const policies = paced(...seconds);
        const one = lab(policies);
        for (const minute of [0, 1, resumeMinute]) await ticks(one, policies, minute, minute);
        const had = policies.map(({ service }) => {
          const asked = one.calls.filter((c) => c.call === 'targets.describe' && c.args[1] === `${service}-targets`);
          return [service, asked.at(-1)?.atMs ?? 0] as const;
        });
        const told = await one.lastRounds();
        for (const [service, askedMs] of had) {
          expect(askedMs - (told[service] ?? 0)).toBeGreaterThanOrEqual(0);
          expect(askedMs - (told[service] ?? 0)).toBeLessThan(SECOND);
        }
      }),
      { numRuns: 15 },
    );
  });
});
