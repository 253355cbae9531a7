/** Target groups are read no faster than the account may read them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOOP_PACE, pacedTargets } from '../../lib/controller/paced-targets.ts';
import { PortError } from '../../lib/ports.ts';
import { createClock, type Sleeper } from '../../lib/sim/clock.ts';
import { groupIn } from '../core/builders.ts';
import { SEOUL, TOKYO } from './lab.ts';

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A load balancer that answers at once and writes down when it was asked. */
function desk() {
  const sleeper: Sleeper = { pausedUntilMs: 0, killed: false };
  const clock = createClock(0, settled);
  const own = clock.of(sleeper);
  const sent: { region: string; atMs: number }[] = [];
  const refused: unknown[] = [];
  let backMs = 0;
  const targets = {
    describe: (region: string) => {
      sent.push({ region, atMs: clock.nowMs() });
      return Promise.resolve(groupIn('healthy'));
    },
    deregister: () => Promise.resolve(),
    register: () => Promise.resolve(),
  };
  const port = pacedTargets(targets, { nowMs: () => own.nowMs() - backMs, sleep: own.sleep }, LOOP_PACE);
  const ask = (count: number, region = SEOUL): void => {
    for (let n = 0; n < count; n += 1) port.describe(region, `group ${n}`).catch((error) => refused.push(error));
  };
  const setBack = (ms: number): void => {
    backMs = ms;
  };
  return { clock, port, ask, sent, refused, setBack };
}

describe('reads of target groups', () => {
  test('are sent at once, five seconds’ worth of them, and each region has its own', () => {
    const one = desk();
    expect(one.port.readsLeft(SEOUL)).toBe(40);
    one.ask(40);
    one.ask(40, TOKYO);
    expect(one.sent).toHaveLength(80);
    expect(one.port.readsLeft(SEOUL)).toBe(0);
  });

  test('beyond that wait for an eighth of a second each, and for no longer than 1.5 s', async () => {
    const one = desk();
    one.ask(60);
    await one.clock.run(10_000);
    expect(one.sent.slice(40).map(({ atMs }) => atMs)).toEqual(Array.from({ length: 12 }, (_, n) => 125 * (n + 1)));
    expect(one.refused).toHaveLength(8);
    expect(one.refused[0]).toBeInstanceOf(PortError);
    expect(one.refused[0]).toMatchObject({
      kind: 'Throttled',
      message: `read the targets of group 52: not sent, because the reads before it in ${SEOUL} take longer than 1500 ms`,
    });
  });

  test('go on when the clock was set back', async () => {
    const one = desk();
    one.ask(40);
    one.setBack(3_600_000);
    expect(one.port.readsLeft(SEOUL)).toBe(0);
    await one.clock.run(1000);
    expect(one.port.readsLeft(SEOUL)).toBe(8);
  });

  test('are never more than forty and eight a second, whoever asks when', async () => {
    const bursts = fc.array(fc.record({ waitMs: fc.nat(3000), count: fc.nat(60) }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bursts, async (asked) => {
        const one = desk();
        for (const { waitMs, count } of asked) {
          await one.clock.run(one.clock.nowMs() + waitMs);
          one.ask(count);
        }
        await one.clock.run(one.clock.nowMs() + 2000);
        const times = one.sent.map(({ atMs }) => atMs);
        times.forEach((fromMs, first) => {
          times.slice(first).forEach((toMs, more) => {
            expect(more + 1).toBeLessThanOrEqual(40 + Math.ceil(((toMs - fromMs) * 8) / 1000) + 1);
          });
        });
      }),
      { numRuns: 20 },
    );
  });
});
