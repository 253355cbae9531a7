import { describe, expect, it } from 'vitest';
import { drill, failures, web } from './rehearse.ts';

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);
/** The worst case of DESIGN section 8, in seconds: accepted change, and last failed request or full capacity. */
const WORST: Readonly<Record<string, { act: number | null; recover: number }>> = {
  'server-stops': { act: 24, recover: 180 },
  'cpu-surge': { act: 187, recover: 285 },
  'targets-fail': { act: 24, recover: 114 },
  'region-lost': { act: 37, recover: 127 },
  'flapping-target': { act: 24, recover: 180 },
  'metrics-dark': { act: null, recover: 0 },
  'duplicate-alarms': { act: null, recover: 0 },
};

describe.each(Object.entries(WORST))('%s on policies/web.yml', (name, { act, recover }) => {
  it('passes for seeds 1 to 50, no later than the table says', { timeout: 120_000 }, async () => {
    for (const seed of SEEDS) {
      const result = await drill(name, web(), { seed });
      expect(failures(result), `seed ${seed}`).toEqual([]);
      expect(result.violations).toEqual([]);
      expect(result.verdict).toBe('pass');
      const { detectSeconds, decideSeconds, actSeconds, recoverSeconds } = result.measures;
      if (act === null) {
        expect([detectSeconds, decideSeconds, actSeconds, recoverSeconds]).toEqual([null, null, null, null]);
        expect(result.measures.failedRequests).toBe(0);
      } else {
        expect(actSeconds).toBeLessThanOrEqual(act);
        expect(decideSeconds).toBeLessThanOrEqual(actSeconds as number);
        expect(detectSeconds).toBeLessThanOrEqual(decideSeconds as number);
        expect(recoverSeconds).toBeLessThanOrEqual(recover);
      }
    }
  });
});

it('server-stops loses no more requests than 12 s of every second one', async () => {
  for (const seed of SEEDS.slice(0, 10)) {
    const { measures } = await drill('server-stops', web(), { seed });
    expect(measures.failedRequests).toBeGreaterThan(0);
    expect(measures.failedRequests).toBeLessThanOrEqual(600);
  }
});
