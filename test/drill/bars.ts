/** Each drill within its bars, over seeds 1 to 50 on policies/web.yml. */
import { describe, expect, it } from 'vitest';
import { drill, failures, web } from './rehearse.ts';

export const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

/** The worst case in seconds: accepted change, and last failed request or full capacity. `act` null: nothing is to be done. */
export type Bars = Readonly<Record<string, { readonly act: number | null; readonly recover: number }>>;

export function keepsWithin(bars: Bars): void {
  describe.each(Object.entries(bars))('%s on policies/web.yml', (name, { act, recover }) => {
    it('passes for seeds 1 to 50, no later than the table says', { timeout: 240_000 }, async () => {
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
}
