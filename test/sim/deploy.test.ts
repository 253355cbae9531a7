import { describe, expect, test } from 'vitest';
import type { World } from '../../lib/sim/world.ts';
import { events, pass, world } from './worlds.ts';

/** Each invocation of `onTick` takes this long; answers when each ended, by sandbox. */
function working(sim: World, seconds: number): [sandbox: string, endedMs: number][] {
  const ended: [string, number][] = [];
  sim.handlers.onTick = async (_event, { logStreamName }) => {
    await sim.as(logStreamName).clock.sleep(seconds * 1000);
    ended.push([logStreamName, sim.clock.nowMs()]);
  };
  return ended;
}

const sandboxes = (sim: World): string[] =>
  events(sim, 'invocation').flatMap(({ phase, sandbox }) => (phase === 'started' ? [sandbox] : []));

describe('a deployment of the functions', () => {
  test('leaves an idle sandbox behind: the next event finds a new one', async () => {
    const sim = world();
    working(sim, 1);
    await pass(sim, 150);
    expect(new Set(sandboxes(sim))).toEqual(new Set(['onTick/0']));
    sim.apply({ kind: 'deploy' });
    await pass(sim, 120);
    expect(sandboxes(sim).slice(-2)).toEqual(['onTick/1', 'onTick/1']);
  });

  test('lets what runs go on to its end, and does not use its sandbox again', async () => {
    const sim = world();
    const ended = working(sim, 75);
    await pass(sim, 125);
    const before = new Set(sandboxes(sim));
    const running = sandboxes(sim).at(-1) ?? '';
    sim.apply({ kind: 'deploy' });
    await pass(sim, 300);
    expect(ended.map(([sandbox]) => sandbox)).toContain(running);
    expect(
      sandboxes(sim)
        .slice(before.size)
        .filter((sandbox) => before.has(sandbox)),
    ).toEqual([]);
    // As before, two overlap.
    expect(new Set(sandboxes(sim)).size).toBe(before.size + 2);
  });
});

test('a pause freezes the sandbox that it names, though another began later', async () => {
  const sim = world();
  const ended = working(sim, 75);
  await pass(sim, 130);
  const [first, second] = events(sim, 'invocation').filter(({ phase }) => phase === 'started');
  expect([first?.sandbox, second?.sandbox]).toEqual(['onTick/0', 'onTick/1']);
  const again = world();
  const endedAgain = working(again, 75);
  const overlapMs = (second?.atMs ?? 0) + 1000;
  again.schedule(overlapMs, { kind: 'pause', function: 'onTick', sandbox: 'onTick/0', seconds: 20 });
  await pass(again, 260);
  await pass(sim, 130);
  const end = (list: typeof ended, sandbox: string) => list.find(([name]) => name === sandbox)?.[1] ?? 0;
  expect(end(endedAgain, 'onTick/0')).toBe(overlapMs + 20_000);
  expect(end(endedAgain, 'onTick/1')).toBe(end(ended, 'onTick/1'));
});
