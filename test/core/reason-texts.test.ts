import { describe, expect, it } from 'vitest';
import { messageOf, REASONS, type ReasonCode, reasonOf } from '../../lib/core/reasons.ts';

describe('the texts of reasons', () => {
  it('explain each in whole sentences', () => {
    for (const code of Object.keys(REASONS) as ReasonCode[])
      expect(reasonOf(code).meaning, code).toMatch(/^[A-Z`].*\.$/);
  });

  it('fill braces that stand for themselves, and say unknown for a number that is not known', () => {
    const message = messageOf({ reason: 'FAILBACK_MANUAL', numbers: { goodSeconds: null } });
    expect(message).toBe('the primary is good for unknown s; fail back by hand: {"order": "failback", "service": …}');
    expect(messageOf({ reason: 'PARKED', numbers: {} })).toBe('parked by hand');
  });
});
