import { describe, expect, test } from 'vitest';
import type { World } from '../../lib/sim/world.ts';
import { events, pass, SEOUL, START_MS, soon, TOKYO, WEB, world } from './worlds.ts';

const stop = (sim: World, which: 'all' | number): void =>
  sim.apply({ kind: 'server', service: 'web', site: 'primary', which, condition: 'refuses' });

describe('requests', () => {
  test('are counted to the one, and none fail while all is well', async () => {
    const sim = world({ requestsPerSecond: 7 });
    await pass(sim, 600.5);
    expect(sim.traffic('web')).toEqual({ requests: 4204, failedRequests: 0, firstFailedMs: null, lastFailedMs: null });
  });

  test('half of them fail from the stop of one of two servers until the load balancer notices', async () => {
    const sim = world({ requestsPerSecond: 100 });
    await pass(sim, 20);
    const fromMs = sim.clock.nowMs();
    stop(sim, 0);
    await pass(sim, 60);
    const outMs = events(sim, 'target').find((event) => event.to === 'unhealthy')?.atMs ?? 0;
    const totals = sim.traffic('web');
    expect(totals.failedRequests).toBe(Math.round((outMs - fromMs) / 20));
    expect(totals.firstFailedMs).toBeGreaterThanOrEqual(fromMs);
    expect(totals.firstFailedMs).toBeLessThan(fromMs + 20);
    expect(totals.lastFailedMs).toBeLessThan(outMs);
    expect(totals.lastFailedMs).toBeGreaterThanOrEqual(outMs - 20);
    expect(events(sim, 'traffic').map((event) => event.failing)).toEqual([true, false]);
  });

  test('all fail while every target is out, for the load balancer fails open to targets that do not answer', async () => {
    const sim = world({ requestsPerSecond: 10 });
    stop(sim, 'all');
    await pass(sim, 60);
    expect(sim.traffic('web')).toMatchObject({
      requests: 600,
      failedRequests: 600,
      firstFailedMs: START_MS,
      lastFailedMs: START_MS + 59_900,
    });
    expect(sim.view('web').primary).toMatchObject({ targets: { healthy: 0, unhealthy: 2 }, working: 0 });
  });

  test('a server that works again gets requests by the open load balancer before it is found healthy', async () => {
    const sim = world();
    stop(sim, 'all');
    await pass(sim, 30);
    sim.apply({ kind: 'server', service: 'web', site: 'primary', which: 0, condition: 'ok' });
    await pass(sim, 1);
    expect(sim.view('web').primary).toMatchObject({ targets: { healthy: 0 }, working: 1 });
  });

  test('fail when no target is registered', async () => {
    const sim = world({ requestsPerSecond: 10 });
    for (const which of [1, 0])
      sim.apply({ kind: 'person', edit: 'deregister', service: 'web', site: 'primary', which });
    await pass(sim, 60);
    expect(sim.traffic('web').failedRequests).toBe(600);
  });

  test('follow their resolvers to the other site, and so does their load', async () => {
    const sim = world({ requestsPerSecond: 10, cpuPercent: 30 });
    sim.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 0, tokyo: 1 } });
    await pass(sim, 240);
    sim.apply({ kind: 'region', region: SEOUL, lost: true });
    await pass(sim, 60);
    expect(sim.traffic('web').failedRequests).toBe(0);
    sim.apply({ kind: 'region', region: TOKYO, lost: true });
    await pass(sim, 60);
    expect(sim.traffic('web').failedRequests).toBe(600);
    sim.apply({ kind: 'region', region: TOKYO, lost: false });
    await pass(sim, 60);
    expect(sim.traffic('web').failedRequests).toBe(600);
  });

  test('partly moved, only those of the lost site fail', async () => {
    const sim = world({ requestsPerSecond: 10, resolvers: 100 });
    sim.apply({ kind: 'person', edit: 'weights', service: 'web', weights: { seoul: 50, tokyo: 50 } });
    await pass(sim, 100);
    sim.apply({ kind: 'region', region: SEOUL, lost: true });
    await pass(sim, 5);
    const { failedRequests } = sim.traffic('web');
    expect(failedRequests).toBeGreaterThan(10);
    expect(failedRequests).toBeLessThan(40);
  });

  test('keep away from a shifted zone while the other has healthy targets', async () => {
    const sim = world({ requestsPerSecond: 10 });
    sim.apply({ kind: 'zonal-shift', region: SEOUL, zone: `${SEOUL}a`, active: true });
    stop(sim, 0);
    await pass(sim, 60);
    expect(sim.traffic('web').failedRequests).toBe(0);
  });

  test('may change their rate', async () => {
    const sim = world({ requestsPerSecond: 10 });
    await pass(sim, 10);
    sim.apply({ kind: 'traffic', service: 'web', requestsPerSecond: 0 });
    await pass(sim, 10);
    sim.apply({ kind: 'traffic', service: 'web', requestsPerSecond: 20 });
    await pass(sim, 10);
    expect(sim.traffic('web').requests).toBe(300);
  });

  test('of a service without a name go straight to its only site', async () => {
    const sim = world({ requestsPerSecond: 10 }, { policies: [{ ...WEB, failover: undefined, health: undefined }] });
    await pass(sim, 10);
    expect(sim.traffic('web')).toMatchObject({ requests: 100, failedRequests: 0 });
    expect(sim.view('web')).toMatchObject({
      secondary: null,
      clients: { primary: 1, secondary: 0 },
      weights: { recorded: {} },
    });
    expect(() => sim.apply({ kind: 'stress', service: 'web', site: 'secondary', which: 'all', percent: 1 })).toThrow(
      'no secondary site',
    );
  });
});

describe('a probe', () => {
  const SITE = 'https://seoul.example.com/health';
  const probe = (sim: World, url = SITE, timeoutMs = 1500) => sim.as('test').probe.probe(url, timeoutMs);

  test('is true while a target of the site answers', async () => {
    const sim = world();
    stop(sim, 0);
    expect(await soon(sim, probe(sim))).toBe(true);
    stop(sim, 'all');
    expect(await soon(sim, probe(sim))).toBe(false);
    expect(await soon(sim, probe(sim, 'https://tokyo.example.com/health'))).toBe(true);
  });

  test('is false at the timeout when the region is lost, and for an address of nobody', async () => {
    const sim = world();
    sim.apply({ kind: 'region', region: SEOUL, lost: true });
    const fromMs = sim.clock.nowMs();
    const answered = probe(sim).then((answer) => [answer, sim.clock.nowMs() - fromMs]);
    expect(await soon(sim, answered)).toEqual([false, 1500]);
    expect(await soon(sim, probe(sim, 'https://nobody.example.com'))).toBe(false);
    expect(await soon(sim, probe(sim, 'https://tokyo.example.com/health', 1))).toBe(false);
  });
});
