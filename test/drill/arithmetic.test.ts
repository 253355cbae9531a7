import { describe, expect, it } from 'vitest';
import { detectionTimes } from '../../lib/policy/detection.ts';
import { drill, failures, web } from './rehearse.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const oneRound = web({ 'unhealthy: 2, healthy: 2 }': 'unhealthy: 1, healthy: 2 }' });
const tenSeconds = web({ 'intervalSeconds: 5': 'intervalSeconds: 10' });

describe('the figures come from the simulation', () => {
  it('one round less acts one interval sooner', async () => {
    for (const seed of SEEDS) {
      const two = await drill('server-stops', web(), { seed });
      const one = await drill('server-stops', oneRound, { seed });
      expect(one.measures.detectSeconds).toBe(two.measures.detectSeconds);
      // To the tenth: a round that renews its once-a-minute readings takes a little longer than one that does not.
      const sooner = (two.measures.actSeconds ?? 0) - (one.measures.actSeconds ?? 0);
      expect(Math.abs(sooner - 5)).toBeLessThan(0.15);
    }
  });

  it.each([
    ['server-stops', 'health'],
    ['targets-fail', 'failover'],
    ['region-lost', 'regionLost'],
    ['cpu-surge', 'scaling'],
  ])('%s keeps within the arithmetic of an interval of 10 s', async (name, path) => {
    const bound = detectionTimes(tenSeconds).find((one) => one.path === path);
    let latest = 0;
    for (const seed of SEEDS) {
      const result = await drill(name, tenSeconds, { seed });
      expect(failures(result)).toEqual([]);
      latest = Math.max(latest, result.measures.actSeconds ?? Number.NaN);
    }
    expect(latest).toBeLessThanOrEqual(bound?.actSeconds ?? 0);
    // Later than the same drill can be with 5 s, where rounds are what it waits for.
    const before = detectionTimes(web()).find((one) => one.path === path);
    if (path !== 'scaling') expect(latest).toBeGreaterThan(before?.actSeconds ?? 0);
  });

  it('the region is given up after as many missing rounds as the policy says', async () => {
    const hasty = web({ 'missingRounds: 6': 'missingRounds: 3' });
    for (const seed of SEEDS) {
      const six = await drill('region-lost', web(), { seed });
      const three = await drill('region-lost', hasty, { seed });
      expect((six.measures.actSeconds ?? 0) - (three.measures.actSeconds ?? 0)).toBeCloseTo(15, 0);
    }
  });
});
