/** Live drills, played in a simulated world by the scheduled production controller. */
import { describe, expect, it } from 'vitest';
import type { LiveDrillResult } from '../../lib/drill/live.ts';
import { FAILOVER, type Play, play, REQUEST } from './live-stage.ts';
import { failures, web } from './rehearse.ts';

const SEEDS = [1, 2, 3];
const deregisters = web({ 'onUnhealthy: replace': 'onUnhealthy: deregister' });

/** What went wrong, in the drill's own words and the auditor's. */
const wrong = (played: Play, result: LiveDrillResult): unknown[] => {
  played.stage.finish();
  return [...failures(result), ...played.stage.violations, ...played.broken];
};

describe('server-stops on the real thing', () => {
  it.each(SEEDS)('has the server replaced, within the numbers, and says when (seed %i)', async (seed) => {
    const played = await play(web(), { seed });
    const { world } = played;
    const fromMs = world.clock.nowMs();
    const before = world.place('web', 'primary').instanceIds;
    const result = await played.drill();
    expect(wrong(played, result)).toEqual([]);
    expect(result).toMatchObject({ verdict: 'pass', mode: 'live', ended: { by: 'answer' }, underWay: [] });
    const { detectSeconds, decideSeconds, actSeconds, recoverSeconds } = result.measures;
    expect(detectSeconds).toBeLessThanOrEqual(7);
    expect(decideSeconds).toBeCloseTo((detectSeconds ?? 0) + 5, 0);
    expect(actSeconds).toBeLessThanOrEqual(12);
    expect(recoverSeconds).toBeGreaterThan(90);
    expect(result.measures).toMatchObject({ requests: null, failedRequests: null });
    expect(played.writes(fromMs)).toEqual(['DeregisterTargets', 'SetInstanceHealth']);
    expect(world.place('web', 'primary').instanceIds.filter((id) => !before.includes(id))).toHaveLength(1);
    expect(world.view('web').primary.targets).toMatchObject({ healthy: 2, registered: 2 });
    expect(world.traffic('web').failedRequests).toBe(0);
  });

  it.each(SEEDS)('has the target taken out and back where the policy only deregisters (seed %i)', async (seed) => {
    const played = await play(deregisters, { seed });
    const fromMs = played.world.clock.nowMs();
    const result = await played.drill();
    expect(wrong(played, result)).toEqual([]);
    expect(result).toMatchObject({ verdict: 'pass', underWay: [] });
    expect(played.writes(fromMs)).toEqual(['DeregisterTargets', 'RegisterTargets']);
    expect(result.measures.recoverSeconds).toBeLessThan(120);
  });

  it('leaves the world alone afterwards', async () => {
    const played = await play(web());
    await played.drill();
    const fromMs = played.world.clock.nowMs();
    await played.run(900);
    played.stage.finish();
    expect(played.stage.violations).toEqual([]);
    expect(played.writes(fromMs)).toEqual([]);
    expect(played.told(fromMs)).toEqual([]);
  });

  it('stops a server with all its ports', async () => {
    const played = await play(web(), { options: { ports: [80, 8080] } });
    const result = await played.drill();
    const [{ message } = { message: '' }] = result.timeline;
    const keys = message.match(/i-\w+:\d+/g) ?? [];
    expect(keys.map((key) => key.split(':')[1]).sort()).toEqual(['80', '8080']);
    expect(new Set(keys.map((key) => key.split(':')[0])).size).toBe(1);
    expect(wrong(played, result)).toEqual([]);
  });

  it('is marked wherever people hear of it, and in what is written down', async () => {
    const played = await play(web());
    const fromMs = played.world.clock.nowMs();
    const result = await played.drill();
    const told = played.told(fromMs);
    expect(told.length).toBeGreaterThanOrEqual(2);
    for (const one of told)
      expect(one).toMatch(/^evenkeel web: \w+ \(live drill\) \| \[live drill server-stops until \d\d:\d\d:\d\d UTC\] /);
    const drilled = played.cycles.filter((one) => one.result.drill === result.id);
    expect(drilled.length).toBeGreaterThanOrEqual(2);
    expect(played.cycles.at(-1)?.result.drill).toBeUndefined();
  });

  it('says what stood against it where the policy allows nothing', async () => {
    const played = await play(web({ 'minHealthy: 1': 'minHealthy: 2' }));
    const fromMs = played.world.clock.nowMs();
    const result = await played.drill({ ...REQUEST, expiresInSeconds: 60 });
    expect(result).toMatchObject({ verdict: 'fail', ended: { by: 'expiry' }, measures: { actSeconds: null } });
    expect(failures(result).join('\n')).toContain('MIN_HEALTHY');
    expect(played.writes(fromMs)).toEqual([]);
    expect(played.stage.violations).toEqual([]);
  });
});

describe('targets-fail on the real thing', () => {
  it.each(SEEDS)('moves the record, and the controller moves it back (seed %i)', async (seed) => {
    const played = await play(web(), { seed });
    const { world } = played;
    const fromMs = world.clock.nowMs();
    const servers = world.place('web', 'primary').instanceIds;
    const result = await played.drill(FAILOVER);
    expect(failures(result)).toEqual([]);
    expect(result.verdict).toBe('pass');
    expect(result.measures.actSeconds).toBeLessThanOrEqual(12);
    expect(result.underWay[0]).toBe('web is on the secondary and fails back when the primary has been good for 300 s');
    expect(world.view('web').weights.served).toEqual({ seoul: 0, tokyo: 100 });
    await played.run(900);
    expect(wrong(played, result)).toEqual([]);
    expect(world.view('web').weights.served).toEqual({ seoul: 100, tokyo: 0 });
    expect(world.view('web').secondary?.group?.desired).toBe(1);
    // The record alone is rehearsed: no server that is well is replaced for it.
    expect(world.place('web', 'primary').instanceIds).toEqual(servers);
    expect(played.writes(fromMs).filter((write) => write.startsWith('ChangeResource'))).toHaveLength(2);
    const back = played.told(fromMs).find((one) => one.includes('FAILBACK'));
    expect(back).toContain('(after a live drill)');
  });

  it('says that the way back waits for a person where failback is manual', async () => {
    const played = await play(web({ 'mode: automatic': 'mode: manual' }));
    const result = await played.drill(FAILOVER);
    expect(result.verdict).toBe('pass');
    expect(result.underWay[0]).toBe('web is on the secondary and stays there until you order "failback"');
  });
});
