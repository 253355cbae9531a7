import { expect, it } from 'vitest';
import { keepsWithin, SEEDS } from './bars.ts';
import { drill, web } from './rehearse.ts';

/** The table of DESIGN section 8, and those that it names beside it without numbers. */
keepsWithin({
  'server-stops': { act: 24, recover: 180 },
  'cpu-surge': { act: 187, recover: 285 },
  'targets-fail': { act: 24, recover: 114 },
  'region-lost': { act: 37, recover: 127 },
  'flapping-target': { act: 24, recover: 180 },
  'metrics-dark': { act: null, recover: 0 },
  'duplicate-alarms': { act: null, recover: 0 },
});

it('server-stops loses no more requests than 12 s of every second one', async () => {
  for (const seed of SEEDS.slice(0, 10)) {
    const { measures } = await drill('server-stops', web(), { seed });
    expect(measures.failedRequests).toBeGreaterThan(0);
    expect(measures.failedRequests).toBeLessThanOrEqual(600);
  }
});
