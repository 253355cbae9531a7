/** Lambda freezes a process with its answer: whoever answers has ended what it began. */
import { describe, expect, test } from 'vitest';
import { runRound } from '../../lib/controller/cycle.ts';
import { giveOrder } from '../../lib/controller/orders.ts';
import { SECOND, T0 } from '../core/builders.ts';
import { type Lab, lab, type Process, SEOUL, WEB } from './lab.ts';
import { calm, failAll, reasonsOf, rounds, tick } from './running.ts';

/** Reads that take their whole time, and a table and a record that are slow: the write comes after the round's own end. */
function slow(one: Lab, lateMs = 250): void {
  one.twists.push({ call: 'fleet.describe', hangs: true, when: ([region]) => region === SEOUL });
  for (const call of ['state.load', 'state.save', 'dns.move']) one.twists.push({ call, times: 6, lateMs });
  const reading = one.clock.nowMs() + 2600;
  one.twists.push({ call: 'dns.read', lateMs: 900, when: () => one.clock.nowMs() > reading });
}

/** The answer, and how long it took; nothing goes on in a process that has answered. */
async function frozenWithAnswer<T>(one: Lab, { sleeper }: Process, run: () => Promise<T>) {
  const beganMs = one.clock.nowMs();
  const answer = await one.until(
    run().then((value) => {
      sleeper.pausedUntilMs = one.clock.nowMs() + 3600 * SECOND;
      return value;
    }),
  );
  return { answer, tookMs: one.clock.nowMs() - beganMs };
}

/** Everything at home fails, and one round has seen it: the next one moves. */
async function aboutToMove(): Promise<{ one: Lab; loop: Process; other: Process }> {
  const { one, process: loop } = await calm();
  failAll(one);
  await rounds(one, loop, 1);
  await one.clock.run(Math.ceil(one.clock.nowMs() / 5000) * 5000 - 500);
  return { one, loop, other: one.process() };
}

const told = (one: Lab): string[] => one.out.notices.map((n) => n.subject.replace('evenkeel web: ', ''));

describe('who answers', () => {
  test('an alarm has made the move that it saved, settled it and told of it', async () => {
    const { one, loop, other } = await aboutToMove();
    slow(one);
    const { answer, tookMs } = await frozenWithAnswer(one, other, () =>
      runRound(other.ports, other.memory, [WEB], null, one.clock.nowMs()),
    );
    expect(tookMs).toBeGreaterThan(3600);
    expect(answer.problems).toEqual([]);
    expect(answer.services[0]?.decisions).toContainEqual(expect.objectContaining({ reason: 'TRIP', applied: true }));
    expect(told(one)).toContain('TRIP');
    const { pending, failover } = await one.stateOf('web');
    expect(pending).toMatchObject([{ acceptedMs: expect.any(Number) }]);
    expect(failover.phase).toBe('failingOver');
    expect(one.out.stored.at(-1)).toMatchObject({ body: answer.services[0] });
    one.twists.length = 0;
    expect(reasonsOf((await rounds(one, loop, 1))[0])[0]).toBe('failover MOVED');
    expect(one.count('dns.move')).toBe(1);
  });

  test('an order has carried it out, and does not say that the next round will', async () => {
    const { one, process } = await calm();
    slow(one);
    const order = { order: 'failover' } as const;
    const { answer } = await frozenWithAnswer(one, process, () =>
      giveOrder(process.ports, process.memory, [WEB], order),
    );
    expect(answer.problems).toEqual([]);
    expect(one.count('dns.move')).toBe(1);
    expect((await one.stateOf('web')).pending).toMatchObject([{ acceptedMs: expect.any(Number) }]);
  });

  test('a tick has ended what outlasted its rounds, and stored what was decided', async () => {
    const one = lab([WEB], T0 - 300);
    failAll(one);
    const { process, done } = tick(one, 'by hand', { rounds: 2 });
    await one.clock.run(T0 + 4990);
    slow(one);
    const { answer } = await frozenWithAnswer(one, process, () => done);
    expect(answer.problems).toMatchObject([{ code: 'ROUND_CUT' }]);
    expect(one.count('dns.move')).toBe(1);
    expect(told(one)).toContain('TRIP');
    expect((await one.stateOf('web')).pending).toMatchObject([{ acceptedMs: expect.any(Number) }]);
    expect(JSON.stringify(one.out.stored.at(-1)?.body)).toContain('TRIP');
  });

  test('a tick has waited for decisions on their way to the table, though no round did', async () => {
    const one = lab([WEB], T0 - 300);
    one.twists.push({ call: 'state.log', lateMs: 900 });
    const { process, done } = tick(one, 'by hand', { rounds: 1 });
    one.twists.push({ call: 'targets.describe', lateMs: 2200, times: 9 });
    one.twists.push({ call: 'state.save', lateMs: 1200 });
    await frozenWithAnswer(one, process, () => done);
    expect(one.clock.nowMs() - T0).toBeGreaterThan(4300);
    expect(process.memory.late.size).toBe(0);
  });
});
