import { describe, expect, it } from 'vitest';
import { fitting, toAskFor } from '../../lib/deploy/limits.ts';
import { controllerResources } from '../../lib/deploy/stack.ts';
import { lab } from './policies.ts';

/** The stack of so many services like the lab, the controller beside them or not. */
function stackOf(count: number, region = 'ap-northeast-1') {
  const policies = Array.from({ length: count }, (_, i) =>
    lab({
      'service: web': `service: web-${i}`,
      'exercise-group': `exercise-group-${i}`,
      'exercise-standby-group': `exercise-standby-group-${i}`,
      'exercise-target-group': `exercise-target-group-${i}`,
      'www.example.com': `www-${i}.example.com`,
    }),
  );
  return controllerResources(policies, { stage: 'prod', region });
}

describe('what a stack can hold', () => {
  it('is a hundred services without asking AWS for anything', () => {
    const resources = stackOf(100);
    expect(fitting(resources, 100)).toBe(resources);
    expect(toAskFor(resources)).toBe(null);
  });

  it('is two hundred, with more policies on the role, which people are told to ask for', () => {
    const resources = stackOf(200);
    expect(fitting(resources, 200)).toBe(resources);
    expect(toAskFor(resources)).toMatch(/^The role needs 1\d managed policies; AWS attaches 10 to a role until/);
  });

  it('is refused beyond, with the numbers and the way out', () => {
    expect(() => fitting(stackOf(1000), 1000)).toThrow(
      /1000 services need \d+ resources, and AWS takes 500; \d+ bytes of template, and AWS takes 1000000; \d+ managed policies on one role, and AWS takes 20\. Give some of the services to a second controller: another clone/,
    );
    expect(() => fitting(stackOf(160, 'ap-northeast-2'), 160)).toThrow(
      /160 services need 5\d\d resources, and AWS takes 500\. /,
    );
  });
});
