/** Faults that strike the controller's calls, processes and clocks. */
import { SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { initialState } from '../../lib/core/state.ts';
import { PortError } from '../../lib/ports.ts';
import type { Fault } from '../../lib/sim/faults.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';
import type { Caller, Handler, World } from '../../lib/sim/world.ts';
import { failure, GROUP, pass, SEOUL, soon, TOKYO, world } from './worlds.ts';

const table = (caller: Caller) => caller.table(memoryState(), 10);
const api = (more: Partial<Extract<Fault, { kind: 'api' }>>): Fault => ({
  kind: 'api',
  how: 'slow',
  forSeconds: 60,
  ...more,
});

/** The functions' phases so far, with the seconds at which they were reached. */
function phases(sim: World): string[] {
  return sim.history.events.flatMap((event) =>
    event.kind === 'invocation' ? [`${event.sandbox} ${event.phase}`] : [],
  );
}

/** `onTick` that makes one call to the table each second, for `seconds`. */
function calling(sim: World, seconds: number): void {
  const state = memoryState();
  const onTick: Handler = async (_event, { logStreamName }) => {
    const caller = sim.as(logStreamName);
    for (let left = seconds; left > 0; left--) {
      await caller.table(state, 10).loadController();
      await caller.clock.sleep(1000);
    }
  };
  sim.handlers.onTick = onTick;
}

describe('a slow API', () => {
  const set = (capacity: number) =>
    new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: capacity });

  test('answers late', async () => {
    const sim = world();
    const before = sim.clock.nowMs();
    let tookMs = 0;
    sim.apply(api({ api: 'auto-scaling', slowMs: 700 }));
    const call = sim.as('me').clients.autoScaling(SEOUL).send(set(1));
    void call.then(() => {
      tookMs = sim.clock.nowMs() - before;
    });
    await soon(sim, call);
    expect(tookMs).toBeGreaterThan(700);
  });

  test('has its effect after the client gave up, when it takes longer than that waits', async () => {
    const sim = world();
    sim.apply(api({ api: 'auto-scaling', slowMs: 5000 }));
    const error = await failure(sim, sim.as('me').clients.autoScaling(SEOUL).send(set(1)));
    expect(error.name).toBe('TimeoutError');
    expect(sim.view('web').primary.group?.desired).toBe(2);
    await pass(sim, 2);
    expect(sim.view('web').primary.group?.desired).toBe(1);
    expect(sim.history.events.find(({ kind }) => kind === 'write')).toMatchObject({ result: 'TimeoutError' });
  });
});

describe('what can be read of the targets', () => {
  test('is what a call answers in time, whatever is wrong with it (seed 52947)', () => {
    const readable = (how: Partial<Extract<Fault, { kind: 'api' }>>): boolean => {
      const sim = world();
      sim.apply(api({ api: 'elbv2', ...how }));
      return sim.isReadable(SEOUL);
    };
    // A call takes 20 to 120 ms when nothing is wrong, and 1,500 ms are waited for.
    expect([readable({ slowMs: 1000 }), readable({ slowMs: 1380 })]).toEqual([true, true]);
    expect([readable({ slowMs: 1490 }), readable({ slowMs: 5000 })]).toEqual([false, false]);
    expect([readable({ how: 'stale' }), readable({ how: 'silence' })]).toEqual([true, false]);
    expect(readable({ api: 'auto-scaling', slowMs: 5000 })).toBe(true);
  });
});

describe('the state table', () => {
  const kindOf = (error: unknown) => (error instanceof PortError ? error.kind : error);

  test.each([
    ['throttled', 'Throttled'],
    ['server-error', 'Unavailable'],
    ['denied', 'Denied'],
    ['silence', 'Unavailable'],
  ] as const)('%s: rejects with %s and has no effect', async (how, kind) => {
    const sim = world();
    const state = memoryState();
    sim.apply(api({ api: 'dynamodb', how, operation: 'setFrozen' }));
    const call = sim.as('me').table(state, 10).setFrozen(true, 0);
    expect(kindOf(await failure(sim, call))).toBe(kind);
    expect((await state.loadController()).frozen).toBe(false);
  });

  test.each([{ how: 'timeout-after-effect' }, { how: 'slow', slowMs: 4000 }] as const)(
    '$how: has its effect and says nothing of it',
    async (more) => {
      const sim = world();
      const state = memoryState();
      sim.apply(api({ api: 'dynamodb', ...more }));
      expect(kindOf(await failure(sim, sim.as('me').table(state, 10).setFrozen(true, 0)))).toBe('Unavailable');
      expect((await state.loadController()).frozen).toBe(true);
    },
  );

  test('never gives old answers, and has no fault that names another operation or region', async () => {
    const sim = world();
    sim.apply(api({ api: 'dynamodb', how: 'stale' }));
    sim.apply(api({ api: 'dynamodb', how: 'denied', operation: 'save' }));
    sim.apply(api({ api: 'dynamodb', how: 'denied', region: SEOUL }));
    expect(sim.home).toBe(TOKYO);
    expect(await soon(sim, table(sim.as('me')).loadController())).toMatchObject({ frozen: false });
  });
});

describe('a strike at a call', () => {
  test('ends the invocation with its n-th call, which still arrives', async () => {
    const sim = world();
    calling(sim, 30);
    await pass(sim, 60);
    sim.apply({ kind: 'crash', function: 'onTick', atCall: 3 });
    await pass(sim, 120);
    expect(phases(sim)).toContain('onTick/0 crashed');
    expect(phases(sim).filter((one) => one === 'onTick/1 started')).toHaveLength(1);
  });

  test('freezes it there, and says when', async () => {
    const sim = world();
    calling(sim, 5);
    sim.apply({ kind: 'pause', function: 'onTick', seconds: 20, atCall: 2 });
    await pass(sim, 100);
    const [started, paused, ended] = sim.history.events.filter(({ kind }) => kind === 'invocation');
    expect(phases(sim).slice(0, 3)).toEqual(['onTick/0 started', 'onTick/0 paused', 'onTick/0 ended']);
    expect((paused?.atMs ?? 0) - (started?.atMs ?? 0)).toBeLessThan(1500);
    expect((ended?.atMs ?? 0) - (paused?.atMs ?? 0)).toBeGreaterThan(20_000);
  });
});

describe('a strike at a change', () => {
  /** Saves, looks and sets the fleet to 1, every ten seconds. */
  function changing(sim: World): void {
    sim.handlers.onTick = async (_event, context) => {
      const caller = sim.as(context.logStreamName);
      const { load, save } = caller.table(memoryState(), 4);
      for (let round = 0; round < 5; round++) {
        await load(['web']);
        await save({ ...initialState('web'), version: round });
        await load(['web']);
        const input = { AutoScalingGroupName: GROUP, DesiredCapacity: 1 };
        await caller.clients.autoScaling(SEOUL).send(new SetDesiredCapacityCommand(input));
        await caller.clock.sleep(10_000);
      }
    };
  }
  const desired = (sim: World) => sim.view('web').primary.group?.desired;
  const crash = { kind: 'crash', function: 'onTick', atCall: 1, forSeconds: 600 } as const;

  test('comes right after the write was sent, or right before, as is asked', async () => {
    for (const [unsent, wanted] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const sim = world();
      changing(sim);
      sim.apply({ ...crash, of: 'write', unsent });
      await pass(sim, 61);
      expect(phases(sim).slice(0, 2)).toEqual(['onTick/0 started', 'onTick/0 crashed']);
      expect(desired(sim)).toBe(wanted);
    }
  });

  test('comes at the look that follows a save, and not at the one that begins a round', async () => {
    const sim = world();
    changing(sim);
    sim.apply({ kind: 'pause', function: 'onTick', seconds: 20, atCall: 1, of: 'look', forSeconds: 600 });
    await pass(sim, 100);
    const [started, paused] = sim.history.events.filter(({ kind }) => kind === 'invocation');
    expect((paused?.atMs ?? 0) - (started?.atMs ?? 0)).toBe(8);
    const [write] = sim.history.events.filter(({ kind }) => kind === 'write');
    expect((write?.atMs ?? 0) - (paused?.atMs ?? 0)).toBeGreaterThan(20_000);
  });

  test('waits for the n-th one, whichever invocation sends it, but not for ever', async () => {
    const sim = world();
    changing(sim);
    sim.apply({ ...crash, of: 'save', atCall: 7 });
    await pass(sim, 300);
    expect(phases(sim).slice(0, 4)).toEqual([
      'onTick/0 started',
      'onTick/0 ended',
      'onTick/0 started',
      'onTick/0 crashed',
    ]);
    const late = world();
    changing(late);
    late.apply({ ...crash, of: 'save', atCall: 7, forSeconds: 60 });
    await pass(late, 300);
    expect(phases(late)).not.toContain('onTick/0 crashed');
  });
});

describe('a wrong clock', () => {
  test('is off by its step and drifts, in the youngest sandbox alone, until all are right', async () => {
    const sim = world();
    const offMs = (): number => sim.as('onTick/0').clock.nowMs() - sim.clock.nowMs();
    calling(sim, 1);
    await pass(sim, 70);
    sim.apply({ kind: 'clock', function: 'onTick', stepMs: -300, driftPpm: 100 });
    expect(offMs()).toBe(-300);
    await pass(sim, 1000);
    expect(offMs()).toBe(-200);
    expect(sim.as('me').clock.nowMs()).toBe(sim.clock.nowMs());
    sim.apply({ kind: 'clock', function: 'onTick', stepMs: 0, driftPpm: 0 });
    expect(offMs()).toBe(0);
  });
});

describe('a deployment', () => {
  test('lets what runs end, and gives every new invocation a new sandbox', async () => {
    const sim = world();
    calling(sim, 30);
    await pass(sim, 65);
    sim.apply({ kind: 'deploy' });
    await pass(sim, 60);
    expect(phases(sim).slice(0, 3)).toEqual(['onTick/0 started', 'onTick/0 ended', 'onTick/1 started']);
  });
});

describe('the loss of the region in which the controller stands', () => {
  test('ends what runs and brings no event until it is back', async () => {
    const sim = world({}, { home: 'eu-west-1' });
    calling(sim, 50);
    await pass(sim, 70);
    sim.apply({ kind: 'region', region: 'eu-west-1', lost: true });
    await pass(sim, 300);
    expect(phases(sim)).toEqual(['onTick/0 started', 'onTick/0 crashed']);
    sim.apply({ kind: 'region', region: 'eu-west-1', lost: false });
    await pass(sim, 70);
    expect(phases(sim)).toContain('onTick/1 started');
  });
});
