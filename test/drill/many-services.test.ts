/** More services than Elastic Load Balancing lets an account look at in one round, over the functions of production. */
import { expect, test } from 'vitest';
import { rig } from '../../handlers/rehearsal.ts';
import { createStage } from '../../lib/drill/stage.ts';
import { labPolicy } from '../bench/world.ts';

const SERVICES = 80;
const MINUTE_MS = 60_000;

function stageOf(count: number) {
  const policies = Array.from({ length: count }, (_, n) => labPolicy(n));
  const lastMs = new Map<string, number>();
  const gapsMs: number[] = [];
  const missing: string[] = [];
  const done: { readonly what: string; readonly atMs: number }[] = [];
  const settle = (): Promise<unknown> => new Promise((next) => setImmediate(next));
  const stage = createStage(
    { policies, seed: 1, rig, settle },
    {
      cycle({ service, missing: parts, decisions }, atMs) {
        const before = lastMs.get(service);
        if (before !== undefined) gapsMs.push(atMs - before);
        lastMs.set(service, atMs);
        missing.push(...parts);
        for (const d of decisions) if (d.applied) done.push({ what: `${d.reason} ${service}`, atMs });
      },
    },
  );
  return { stage, services: policies.map((p) => p.service), lastMs, gapsMs, missing, done };
}

test('each has its turn within half a minute, no read is refused, and a server that stops is ejected as soon as it is seen', async () => {
  const { stage, services, lastMs, gapsMs, missing, done } = stageOf(SERVICES);
  const { world } = stage;
  await world.run(world.startMs + 3 * MINUTE_MS);
  expect([...lastMs.keys()].sort()).toEqual([...services].sort());
  expect(missing).toEqual([]);
  expect(Math.max(...gapsMs)).toBeLessThan(30_000);

  const failedMs = world.clock.nowMs();
  const failing = ['web', 'web-40', `web-${SERVICES - 1}`];
  for (const service of failing)
    world.apply({ kind: 'server', service, site: 'primary', which: 0, condition: 'refuses' });
  await world.run(failedMs + 2 * MINUTE_MS);
  const ejected = done.filter(({ what }) => what.startsWith('EJECT'));
  expect(ejected.map(({ what }) => what).sort()).toEqual(failing.map((service) => `EJECT ${service}`).sort());
  // The load balancer's 12 s, a turn of 15 s, and one round more.
  for (const { atMs } of ejected) expect(atMs - failedMs).toBeLessThan(40_000);
  stage.finish();
  expect(stage.violations).toEqual([]);
}, 120_000);

test('where all sites fail at once, all move', async () => {
  const { stage, services, done } = stageOf(SERVICES);
  const { world } = stage;
  await world.run(world.startMs + 3 * MINUTE_MS);
  const failedMs = world.clock.nowMs();
  for (const service of services)
    for (const which of [0, 1]) world.apply({ kind: 'server', service, site: 'primary', which, condition: 'refuses' });
  await world.run(failedMs + 2 * MINUTE_MS);
  const moved = done.filter(({ what }) => what.startsWith('TRIP'));
  expect(new Set(moved.map(({ what }) => what)).size).toBe(SERVICES);
  stage.finish();
  expect(stage.violations).toEqual([]);
}, 120_000);
