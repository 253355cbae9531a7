import { SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import type { FunctionName } from '../../lib/sim/history.ts';
import type { SimulatedContext, World } from '../../lib/sim/world.ts';
import { events, GROUP, pass, SEOUL, START_MS, world } from './worlds.ts';

interface Delivered {
  readonly atSeconds: number;
  readonly event: Record<string, unknown>;
  readonly context: SimulatedContext;
}

/** Notes what one function is given; each invocation takes `seconds`. */
function listen(sim: World, name: FunctionName, seconds = 1): Delivered[] {
  const seen: Delivered[] = [];
  sim.handlers[name] = async (event, context) => {
    seen.push({ atSeconds: (sim.clock.nowMs() - START_MS) / 1000, event: event as Record<string, unknown>, context });
    await sim.as(context.logStreamName).clock.sleep(seconds * 1000);
  };
  return seen;
}

const stress = (sim: World, percent: number): void =>
  sim.apply({ kind: 'stress', service: 'web', site: 'primary', which: 'all', percent });
const phases = (sim: World): string[] => events(sim, 'invocation').map((event) => `${event.sandbox} ${event.phase}`);

describe('ticks', () => {
  test('come every minute, in the shape of a scheduled event', async () => {
    const sim = world();
    const seen = listen(sim, 'onTick');
    await pass(sim, 600);
    expect(seen.length).toBeGreaterThanOrEqual(9);
    const gaps = seen.slice(1).map((one, index) => one.atSeconds - (seen[index]?.atSeconds ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(60, 9);
    expect(seen[0]?.event).toMatchObject({
      version: '0',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '111122223333',
      region: 'ap-northeast-1',
      time: expect.stringMatching(/^2026-01-05T12:0\d:\d\dZ$/),
      detail: {},
    });
    expect(new Set(seen.map((one) => one.event.id)).size).toBe(seen.length);
  });

  test('fall on another second of the minute with another seed, and the world begins at another time', async () => {
    const phase = async (seed: number): Promise<number | undefined> => {
      const sim = world({}, { seed });
      const seen = listen(sim, 'onTick');
      await pass(sim, 70);
      return seen[0]?.atSeconds;
    };
    expect(new Set(await Promise.all([1, 2, 3, 4, 5].map(phase))).size).toBe(5);
  });

  test('are given a Lambda context whose time runs out', async () => {
    const sim = world();
    const remaining: number[] = [];
    sim.handlers.onTick = async (_event, context) => {
      remaining.push(context.getRemainingTimeInMillis());
      await sim.as(context.logStreamName).clock.sleep(10_000);
      remaining.push(context.getRemainingTimeInMillis());
      expect(context.functionName).toBe('evenkeel-onTick');
      expect(context.awsRequestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    };
    await pass(sim, 75);
    expect(remaining.slice(0, 2)).toEqual([90_000, 80_000]);
    expect(phases(sim)).toContain('onTick/0 ended');
  });

  test('without a handler are dropped', async () => {
    const sim = world();
    await pass(sim, 120);
    expect(events(sim, 'invocation')).toEqual([]);
  });
});

describe('invocations', () => {
  test('that overlap run in two sandboxes, and are reused afterwards', async () => {
    const sim = world();
    listen(sim, 'onTick', 75);
    await pass(sim, 400);
    expect(new Set(events(sim, 'invocation').map((event) => event.sandbox))).toEqual(new Set(['onTick/0', 'onTick/1']));
  });

  test('of onTick are at most two at once: a third waits, and is dropped after a minute', async () => {
    const sim = world();
    sim.apply({ kind: 'events', function: 'onTick', how: 'duplicated', seconds: 5, forSeconds: 70 });
    const seen = listen(sim, 'onTick', 85);
    await pass(sim, 400);
    let running = 0;
    for (const event of events(sim, 'invocation')) {
      if (event.phase === 'started') running++;
      if (event.phase === 'ended') running--;
      expect(running).toBeLessThanOrEqual(2);
    }
    expect(seen.length).toBeGreaterThan(3);
    const late = world();
    late.apply({ kind: 'events', function: 'onTick', how: 'duplicated', seconds: 1, forSeconds: 600 });
    listen(late, 'onTick', 89);
    await pass(late, 600);
    expect(phases(late)).toContain(' dropped');
  });

  test('freeze their sandbox with their answer: what is left over goes on in the next one', async () => {
    const sim = world();
    const woken: string[] = [];
    sim.handlers.onTick = async (_event, context) => {
      const { clock } = sim.as(context.logStreamName);
      const startedMs = sim.clock.nowMs();
      void clock.sleep(5000).then(() => woken.push(`${context.logStreamName} ${sim.clock.nowMs() - startedMs}`));
      await clock.sleep(1000);
    };
    await pass(sim, 130);
    expect(woken[0]).toBe('onTick/0 60000');
  });

  test('that fail are recorded and go no further', async () => {
    const sim = world();
    const problem = new Error('broken');
    sim.handlers.onTick = async () => {
      throw problem;
    };
    await pass(sim, 70);
    expect(events(sim, 'invocation').at(1)).toMatchObject({ phase: 'failed', error: problem });
  });

  test('end at the timeout: what they awaited never comes', async () => {
    const sim = world();
    let woke = 0;
    sim.handlers.onTick = async (_event, context) => {
      await sim.as(context.logStreamName).clock.sleep(100_000);
      woke++;
    };
    await pass(sim, 400);
    expect(woke).toBe(0);
    expect(phases(sim)).toContain('onTick/0 timed-out');
    expect(phases(sim)).toContain('onTick/2 started');
  });

  test('that crash leave calls under way to take effect, and do nothing more', async () => {
    const sim = world();
    const steps: string[] = [];
    sim.handlers.onTick = async (_event, context) => {
      const { clients } = sim.as(context.logStreamName);
      steps.push('sent');
      sim.apply({ kind: 'crash', function: 'onTick' });
      await clients
        .autoScaling(SEOUL)
        .send(new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: 1 }));
      steps.push('answered');
    };
    await pass(sim, 65);
    expect(steps).toEqual(['sent']);
    expect(sim.view('web').primary.group?.desired).toBe(1);
    expect(phases(sim)).toEqual(['onTick/0 started', 'onTick/0 crashed']);
    sim.apply({ kind: 'crash', function: 'onAlarm' });
  });

  test('that are paused go on late, as if nothing had been', async () => {
    const sim = world();
    const woken: number[] = [];
    sim.handlers.onTick = async (_event, context) => {
      await sim.as(context.logStreamName).clock.sleep(5000);
      woken.push(sim.clock.nowMs());
    };
    sim.apply({ kind: 'pause', function: 'onTick', seconds: 40 });
    await pass(sim, 60);
    const startedMs = events(sim, 'invocation')[0]?.atMs ?? 0;
    sim.handlers.onTick = async (_event, context) => {
      const { clock } = sim.as(context.logStreamName);
      await clock.sleep(5000);
      woken.push(sim.clock.nowMs());
    };
    sim.schedule(startedMs + 61_000, { kind: 'pause', function: 'onTick', seconds: 40 });
    await pass(sim, 120);
    expect(woken[0]).toBe(startedMs + 5000);
    expect(woken[1]).toBe(startedMs + 101_000);
  });
});

describe('alarm events', () => {
  test('come on a transition, in the shape of EventBridge', async () => {
    const sim = world();
    const seen = listen(sim, 'onAlarm');
    stress(sim, 35);
    await pass(sim, 300);
    expect(seen).toHaveLength(2);
    const high = seen.find((one) => (one.event.detail as { alarmName: string }).alarmName.endsWith('-high'));
    expect(high?.event).toMatchObject({
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      region: SEOUL,
      resources: [`arn:aws:cloudwatch:${SEOUL}:111122223333:alarm:evenkeel-web-cpu-high`],
      detail: {
        alarmName: 'evenkeel-web-cpu-high',
        previousState: { value: 'OK' },
        state: {
          value: 'ALARM',
          timestamp: expect.stringMatching(/\+0000$/),
          reason: expect.stringContaining('was greater than the threshold (80)'),
        },
        configuration: {
          metrics: [
            {
              metricStat: {
                metric: { namespace: 'AWS/EC2', name: 'CPUUtilization', dimensions: { AutoScalingGroupName: GROUP } },
                period: 60,
                stat: 'Average',
              },
              returnData: true,
            },
          ],
        },
      },
    });
    const { state } = (high?.event.detail ?? {}) as { state: { reasonData: string } };
    expect(JSON.parse(state.reasonData)).toMatchObject({ version: '1.0', threshold: 80, recentDatapoints: [95] });
  });

  test('say when there is no data', async () => {
    const sim = world();
    const seen = listen(sim, 'onAlarm');
    sim.apply({ kind: 'metrics', service: 'web', how: 'dark' });
    await pass(sim, 300);
    const states = seen.map((one) => (one.event.detail as { state: { value: string; reasonData: string } }).state);
    expect(states.map((state) => state.value)).toEqual(['INSUFFICIENT_DATA', 'INSUFFICIENT_DATA']);
    expect(JSON.parse(states[0]?.reasonData ?? '')).toMatchObject({ recentDatapoints: [] });
  });
});

describe('events on their way', () => {
  const ticks = async (
    how: 'duplicated' | 'delayed' | 'dropped' | 'reordered',
    seconds: number,
    forSeconds: number,
  ): Promise<Delivered[]> => {
    const sim = world();
    const seen = listen(sim, 'onTick');
    sim.apply({ kind: 'events', function: 'onTick', how, seconds, forSeconds });
    await pass(sim, 300);
    return seen;
  };
  const times = (list: readonly Delivered[]): unknown[] => list.map((one) => one.event.time);

  test('are dropped while the fault lasts', async () => {
    const later = (await ticks('dropped', 0, 0)).filter(
      (one) => Date.parse(String(one.event.time)) >= START_MS + 150_000,
    );
    expect(later.length).toBeGreaterThan(1);
    expect(times(await ticks('dropped', 0, 150))).toEqual(times(later));
  });

  test('are delivered twice, the second as late as the fault says', async () => {
    const twice = await ticks('duplicated', 20, 65);
    const ids = twice.map((one) => one.event.id);
    expect(ids[1]).toBe(ids[0]);
    expect((twice[1]?.atSeconds ?? 0) - (twice[0]?.atSeconds ?? 0)).toBeCloseTo(20, 9);
  });

  test('are late', async () => {
    const [normal, late] = [await ticks('dropped', 0, 0), await ticks('delayed', 30, 65)];
    expect((late[0]?.atSeconds ?? 0) - (normal[0]?.atSeconds ?? 0)).toBeCloseTo(30, 9);
  });

  test('arrive newest first', async () => {
    const reordered = times(await ticks('reordered', 90, 130));
    const [first, second] = times(await ticks('dropped', 0, 0));
    expect(reordered.slice(0, 2)).toEqual([second, first]);
  });
});
