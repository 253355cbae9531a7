import { describe, expect, it } from 'vitest';
import { recordsWanted } from '../../lib/controller/slow.ts';
import { SLOW_READING_MS } from '../../lib/core/interlocks.ts';
import type { Policy } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { fitting, toAskFor } from '../../lib/deploy/limits.ts';
import { controllerResources } from '../../lib/deploy/stack.ts';
import { lab } from './policies.ts';

/** So many services like the lab. */
function many(count: number): Policy[] {
  return Array.from({ length: count }, (_, i) =>
    lab({
      'service: web': `service: web-${i}`,
      'exercise-group': `exercise-group-${i}`,
      'exercise-standby-group': `exercise-standby-group-${i}`,
      'exercise-target-group': `exercise-target-group-${i}`,
      'www.example.com': `www-${i}.example.com`,
    }),
  );
}

const staying = (policies: readonly Policy[]): Policy[] => policies.map(({ failover: _, ...rest }) => rest);

/** Their stack, the controller beside them or not, as far as one can hold it. */
function fitted(policies: readonly Policy[], region = 'ap-northeast-1') {
  return fitting(controllerResources(policies, { stage: 'prod', region }), policies);
}

describe('what a stack can hold', () => {
  it('is 110 services with failover without asking AWS for anything', () => {
    expect(toAskFor(fitted(many(110)))).toBe(null);
  });

  it('is more without, with more policies on the role, which people are told to ask for', () => {
    const resources = fitted([...many(110), ...staying(many(210)).slice(110)]);
    expect(toAskFor(resources)).toMatch(/^The role needs 1\d managed policies; AWS attaches 10 to a role until/);
  });

  it('is refused where the records of so many cannot be read once a minute, with the way out', () => {
    expect(() => fitted(many(111))).toThrow(
      /^These policies are too many for one controller: 111 services need 111 records read once a minute, and it reads 110\. Give some of the services to a second controller: another clone/,
    );
  });

  it('is refused beyond, with the numbers and the way out', () => {
    expect(() => fitted(many(1000))).toThrow(
      /1000 services need 1000 records read once a minute, and it reads 110; \d+ resources, and AWS takes 500; \d+ bytes of template, and AWS takes 1000000; \d+ managed policies on one role, and AWS takes 20\. Give some/,
    );
    expect(() => fitted(staying(many(160)), 'ap-northeast-2')).toThrow(
      /160 services need 5\d\d resources, and AWS takes 500\. /,
    );
  });
});

describe('always', () => {
  it('the records of as many services as fit are read often enough that none forbids scaling in', () => {
    const subjects = many(110).map((policy) => ({ policy, state: initialState(policy.service) }));
    const slow: Parameters<typeof recordsWanted>[1] = new Map();
    const beginMs = 1_767_571_200_000;
    for (let round = 1; round <= 120; round += 1) {
      const nowMs = beginMs + 5000 * round;
      for (const service of recordsWanted(subjects, slow, nowMs, false).records)
        slow.set(service, { dns: { known: true, atMs: nowMs, value: { sets: [] } } });
      if (round < 12) continue;
      const oldestMs = Math.min(...subjects.map(({ policy }) => slow.get(policy.service)?.dns?.atMs ?? 0));
      // A read that fails is made up for before the reading is too old.
      expect(nowMs - oldestMs).toBeLessThanOrEqual(SLOW_READING_MS / 2);
    }
  });
});
