import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../lib/sim/faults.ts';
import type { World } from '../../lib/sim/world.ts';
import { createWorld } from '../../lib/sim/world.ts';
import { pass, SEOUL, settle, WEB } from './worlds.ts';

const place = { service: 'web', site: 'primary' } as const;

const FAULTS: readonly Fault[] = [
  { kind: 'server', ...place, which: 0, condition: 'refuses' },
  { kind: 'server', ...place, which: 'all', condition: 'hangs' },
  { kind: 'server', ...place, which: 'all', condition: 'ok' },
  { kind: 'flapping', ...place, which: 0, condition: 'errors', downSeconds: 12, upSeconds: 18, forSeconds: 90 },
  { kind: 'instance-dies', ...place, which: 1 },
  { kind: 'stress', ...place, which: 'all', percent: 50 },
  { kind: 'zone', region: SEOUL, zone: `${SEOUL}a`, lost: true },
  { kind: 'region', region: SEOUL, lost: true },
  { kind: 'region', region: SEOUL, lost: false },
  { kind: 'metrics', service: 'web', how: 'dark' },
  { kind: 'api', how: 'throttled', forSeconds: 20 },
  { kind: 'events', function: 'onTick', how: 'duplicated', seconds: 3, forSeconds: 100 },
  { kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 20, tokyo: 80 } },
  { kind: 'person', edit: 'capacity', ...place, desired: 1 },
];

/** A world that is looked at every five seconds, with faults at their times. */
async function live(seed: number, plan: readonly { atSeconds: number; fault: Fault }[]): Promise<World> {
  const sim = createWorld({ policies: [WEB], seed, settle });
  for (const { atSeconds, fault } of plan) sim.schedule(sim.startMs + atSeconds * 1000, fault);
  sim.handlers.onTick = async (_event, context) => {
    const { clock, clients } = sim.as(context.logStreamName);
    const command = new DescribeTargetHealthCommand({ TargetGroupArn: sim.place('web', 'primary').targetGroupArn });
    for (let round = 0; round < 10; round++) {
      await clients
        .loadBalancing(SEOUL)
        .send(command)
        .catch(() => undefined);
      await clock.sleep(5000);
    }
  };
  await pass(sim, 400);
  return sim;
}

const plans = fc.array(fc.record({ atSeconds: fc.integer({ min: 0, max: 300 }), fault: fc.constantFrom(...FAULTS) }), {
  maxLength: 6,
});

describe('a world', () => {
  test('has the same history, byte for byte, for the same seed and faults', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), plans, async (seed, plan) => {
        const [one, other] = [await live(seed, plan), await live(seed, plan)];
        expect(JSON.stringify(other.history.events)).toBe(JSON.stringify(one.history.events));
        expect(other.traffic('web')).toEqual(one.traffic('web'));
      }),
      { numRuns: 30 },
    );
  });

  test('always writes its history in the order of time, and never loses a request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), plans, async (seed, plan) => {
        const sim = await live(seed, plan);
        const times = sim.history.events.map((event) => event.atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        const { requests, failedRequests, firstFailedMs, lastFailedMs } = sim.traffic('web');
        expect(requests).toBe(40_000);
        expect(failedRequests).toBeLessThanOrEqual(requests);
        expect(failedRequests > 0).toBe(firstFailedMs !== null);
        expect(lastFailedMs ?? 0).toBeGreaterThanOrEqual(firstFailedMs ?? 0);
        const { clients, primary } = sim.view('web');
        expect(clients.primary + clients.secondary + clients.none).toBe(50);
        expect(primary.group).toMatchObject({ minSize: 1, maxSize: 2 });
      }),
      { numRuns: 30 },
    );
  });

  test('begins at another moment with another seed', () => {
    const starts = [1, 2, 3].map((seed) => createWorld({ policies: [WEB], seed, settle }).startMs);
    expect(new Set(starts.map((startMs) => startMs % 60_000)).size).toBe(3);
  });

  test('lasts for days without growing its metrics', async () => {
    const sim = createWorld({ policies: [WEB], seed: 1, settle });
    await pass(sim, 6 * 86_400);
    expect(sim.traffic('web')).toMatchObject({ requests: 6 * 86_400 * 100, failedRequests: 0 });
  });

  test('tells its history to whoever listens, until they stop', async () => {
    const sim = createWorld({ policies: [WEB], seed: 1, settle });
    const heard: string[] = [];
    const stop = sim.history.listen((event) => heard.push(event.kind));
    sim.apply({ kind: 'metrics', service: 'web', how: 'normal' });
    stop();
    sim.apply({ kind: 'metrics', service: 'web', how: 'normal' });
    expect(heard).toEqual(['fault']);
  });
});
