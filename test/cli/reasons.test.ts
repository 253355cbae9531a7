import { describe, expect, it } from 'vitest';
import { REASONS } from '../../lib/core/reasons.ts';
import { evenkeel } from './capture.ts';

describe('reasons', () => {
  it('says what one code means, in any case', async () => {
    const { code, out } = await evenkeel(['reasons', 'panic']);
    expect(code).toBe(0);
    expect(out).toBe(`PANIC  health, notifies at once\n  ${REASONS.PANIC.meaning}\n`);
  });

  it('says what all codes mean', async () => {
    const { out } = await evenkeel(['reasons']);
    for (const [code, { meaning }] of Object.entries(REASONS)) {
      expect(out).toContain(`${code}  `);
      expect(out).toContain(`\n  ${meaning}\n`);
    }
  });

  it('suggests the code that was meant', async () => {
    const { code, err } = await evenkeel(['reasons', 'STABILISING']);
    expect(code).toBe(2);
    expect(err).toContain('there is no reason code STABILISING; did you mean STABILIZING?');
  });
});
