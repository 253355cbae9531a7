/** Route 53's calls are spaced, the urgent ones first; what would come too late is refused and not sent. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pacedDns, READS_TOGETHER } from '../../lib/controller/paced-dns.ts';
import { type DnsPort, PortError } from '../../lib/ports.ts';
import { createClock, type Sleeper } from '../../lib/sim/clock.ts';
import { dnsOf } from '../core/builders.ts';

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));
const SPACING_MS = 250;
type Method = 'move' | 'changeStatus' | 'read';
const RANK = { move: 0, changeStatus: 1, read: 2 } as const;
const PATIENCE_MS = { move: 1500, changeStatus: 1500, read: 2400 } as const;

/** A Route 53 that answers at once and writes down when it was asked for what; calls are told apart by their name. */
function desk() {
  const sleeper: Sleeper = { pausedUntilMs: 0, killed: false };
  const clock = createClock(0, settled);
  const own = clock.of(sleeper);
  const sent: { name: string; atMs: number }[] = [];
  const refused: { name: string; atMs: number; kind: string }[] = [];
  let sleeps = 0;
  const note = <T>(name: string, answer: T): Promise<T> => {
    sent.push({ name, atMs: clock.nowMs() });
    return Promise.resolve(answer);
  };
  const dns: DnsPort = {
    read: (_, name) => note(name, dnsOf(100, 0)),
    move: (zone) => note(zone, { changeId: `change of ${zone}` }),
    changeStatus: (id) => note(id, 'INSYNC'),
  };
  const sleep = (ms: number): Promise<void> => {
    sleeps += 1;
    return own.sleep(ms);
  };
  const port = pacedDns(dns, { nowMs: own.nowMs, sleep });
  const call = (method: Method, name: string): Promise<unknown> => {
    if (method === 'read') return port.read('Z', name);
    return method === 'move' ? port.move(name, [], {}, '') : port.changeStatus(name);
  };
  const ask = (method: Method, name: string): void => {
    call(method, name).catch((error: unknown) => {
      const kind = error instanceof PortError ? error.kind : String(error);
      refused.push({ name, atMs: clock.nowMs(), kind });
    });
  };
  return { clock, sleeper, sent, refused, port, ask, sleeps: () => sleeps };
}

const names = (method: Method, count: number): string[] => Array.from({ length: count }, (_, n) => `${method} ${n}`);

describe('calls to Route 53', () => {
  test('go out at once and without a timer when nothing was sent just before', async () => {
    const one = desk();
    for (let n = 0; n < 5; n += 1) {
      one.ask('read', `read ${n}`);
      expect(one.sent).toHaveLength(n + 1);
      await one.clock.run((n + 1) * SPACING_MS);
    }
    expect(one.sleeps()).toBe(0);
  });

  test('are all sent when as many reads are asked for as go together, look after look', async () => {
    const one = desk();
    for (let look = 0; look < 3; look += 1) {
      for (const name of names('read', READS_TOGETHER)) one.ask('read', `${look} ${name}`);
      while (one.sent.length < (look + 1) * READS_TOGETHER && one.refused.length === 0)
        await one.clock.run(one.clock.nowMs() + 1);
    }
    expect(one.refused).toEqual([]);
    expect(one.sent).toHaveLength(3 * READS_TOGETHER);
    // One more would be refused.
    for (const name of names('read', READS_TOGETHER + 1)) one.ask('read', name);
    await one.clock.run(one.clock.nowMs() + 3000);
    expect(one.refused).toHaveLength(1);
  });

  test('bring back what the port answers, and its errors', async () => {
    const one = desk();
    const status = one.port.changeStatus('C1');
    const moved = one.port.move('Z1', [], {}, '');
    await one.clock.run(1000);
    expect(await status).toBe('INSYNC');
    expect(await moved).toEqual({ changeId: 'change of Z1' });
    const conflict = new PortError('Conflict', 'somebody was here');
    const broken = pacedDns(
      {
        read: () => Promise.reject(conflict),
        move: () => Promise.reject(conflict),
        changeStatus: () => Promise.reject(conflict),
      },
      one.clock.of(one.sleeper),
    );
    await expect(broken.changeStatus('C1')).rejects.toBe(conflict);
    const second = expect(broken.read('Z', 'www')).rejects.toBe(conflict);
    await one.clock.run(2000);
    await second;
  });

  test('leave one by one: moves first, then the status of changes, then reads, each in the order asked', async () => {
    const one = desk();
    for (const method of ['read', 'changeStatus', 'move'] as const)
      for (const name of names(method, 2)) one.ask(method, name);
    await one.clock.run(5000);
    expect(one.sent).toEqual(
      ['read 0', 'move 0', 'move 1', 'changeStatus 0', 'changeStatus 1', 'read 1'].map((name, n) => ({
        name,
        atMs: n * SPACING_MS,
      })),
    );
    expect(one.refused).toEqual([]);
  });

  test.each([
    ['move', 7],
    ['changeStatus', 7],
    ['read', 10],
  ] as const)(
    '%s: of twenty asked at once %i are sent, and the others refused in the same moment',
    async (method, fit) => {
      const one = desk();
      for (const name of names(method, 20)) one.ask(method, name);
      await settled();
      expect(one.refused).toEqual(
        names(method, 20)
          .slice(fit)
          .map((name) => ({ name, atMs: 0, kind: 'Throttled' })),
      );
      await one.clock.run(10_000);
      expect(one.sent.map((s) => s.name)).toEqual(names(method, fit));
    },
  );

  test('a read is refused as soon as moves push it beyond its patience', async () => {
    const one = desk();
    for (const name of names('read', 10)) one.ask('read', name);
    await one.clock.run(1000);
    for (const name of names('move', 2)) one.ask('move', name);
    await settled();
    expect(one.refused).toEqual(['read 9', 'read 8'].map((name) => ({ name, atMs: 1000, kind: 'Throttled' })));
  });

  test('a process that was frozen sends nothing of what it had waiting before', async () => {
    const one = desk();
    for (const name of names('move', 4)) one.ask('move', name);
    one.sleeper.pausedUntilMs = 40_000;
    await one.clock.run(60_000);
    expect(one.sent.map((s) => s.name)).toEqual(['move 0']);
    expect(one.refused.map((r) => r.name)).toEqual(['move 1', 'move 2', 'move 3']);
    one.ask('move', 'afterwards');
    expect(one.sent.at(-1)).toEqual({ name: 'afterwards', atMs: 60_000 });
  });

  test('a clock that is set back holds nobody up for longer than one slot', async () => {
    let nowMs = 3_600_000;
    const sent: number[] = [];
    const read = (): Promise<ReturnType<typeof dnsOf>> => {
      sent.push(nowMs);
      return Promise.resolve(dnsOf(100, 0));
    };
    const never = (): Promise<never> => Promise.reject(new Error('not asked for'));
    const sleep = (ms: number): Promise<void> => {
      nowMs += ms;
      return Promise.resolve();
    };
    const port = pacedDns({ read, move: never, changeStatus: never }, { nowMs: () => nowMs, sleep });
    await port.read('Z', 'a');
    nowMs = 0;
    await port.read('Z', 'b');
    expect(sent).toEqual([3_600_000, SPACING_MS]);
  });

  const anyCall = fc.record({
    method: fc.constantFrom<Method[]>('move', 'changeStatus', 'read'),
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })),
  });

  test('never come closer than a slot, never late, never after one that matters less, and none is forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { maxLength: 40 }), async (calls) => {
        const one = desk();
        const asked = new Map<string, { method: Method; atMs: number; order: number }>();
        for (const [order, { method, afterMs }] of calls.entries()) {
          await one.clock.run(one.clock.nowMs() + afterMs);
          const name = `${method} ${order}`;
          asked.set(name, { method, atMs: one.clock.nowMs(), order });
          one.ask(method, name);
        }
        await one.clock.run(one.clock.nowMs() + 10_000);
        const sent = one.sent.map(({ name, atMs }) => {
          const call = asked.get(name);
          if (call === undefined) throw new Error(`${name} was not asked for`);
          return { ...call, name, sentMs: atMs };
        });
        sent.slice(1).forEach((call, n) => {
          expect(call.sentMs - (sent[n]?.sentMs ?? 0)).toBeGreaterThanOrEqual(SPACING_MS);
        });
        for (const [n, call] of sent.entries()) {
          expect(call.sentMs - call.atMs).toBeLessThanOrEqual(PATIENCE_MS[call.method]);
          const overtaken = sent.slice(n + 1).filter((later) => later.atMs < call.sentMs);
          for (const later of overtaken)
            expect(RANK[call.method] - RANK[later.method] || call.order - later.order).toBeLessThan(0);
        }
        const told = [...sent, ...one.refused].map(({ name }) => name);
        expect(told.sort()).toEqual([...asked.keys()].sort());
        expect(one.refused.every(({ kind }) => kind === 'Throttled')).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 30_000);
});
