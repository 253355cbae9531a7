import { describe, expect, test } from 'vitest';
import { drill } from '../../handlers/drill.ts';
import type { Invocation } from '../../handlers/runtime.ts';
import type { DrillResult } from '../../lib/drill/result.ts';
import { labPolicy } from '../bench/world.ts';
import { rehearse } from './runtime.ts';

const INVOCATION: Invocation = { awsRequestId: 'by-hand', getRemainingTimeInMillis: () => 120_000 };
const lab = labPolicy();
const small = { ...labPolicy(1), service: 'small', failover: undefined };

const ask = (event: unknown) => drill(rehearse([small, lab]).runtime)(event, INVOCATION);

describe('drill', () => {
  test('rehearses the scenario on the service that it names, and touches nothing of the account it runs in', async () => {
    const { runtime, world } = rehearse([small, lab]);
    const result = (await drill(runtime)(
      { scenario: 'server-stops', service: 'small', seed: 7 },
      INVOCATION,
    )) as DrillResult;
    expect(result).toMatchObject({
      scenario: 'server-stops',
      policy: 'small',
      seed: 7,
      verdict: 'pass',
      violations: [],
    });
    expect(result.measures.actSeconds).toBeLessThanOrEqual(24);
    expect(world.calls()).toEqual({});
  });

  test('without a service, takes the policy with the most sections', async () => {
    expect(await ask({ scenario: 'server-stops' })).toMatchObject({ policy: 'web', seed: 1 });
  });

  test.each([
    [{}, 'scenario', 'scenario: found nothing'],
    [{ scenario: 'server-stop' }, 'scenario', 'did you mean "server-stops"?'],
    [{ scenario: 'server-stops', service: 'smal' }, 'service', 'did you mean "small"?'],
    [{ scenario: 'targets-fail', service: 'small' }, 'service', 'needs "failover"'],
  ])('%j is refused by field', async (event, field, message) => {
    expect(await ask(event)).toMatchObject({
      trigger: { kind: 'refused' },
      problems: [{ code: 'BAD_EVENT', field, message: expect.stringContaining(message) }],
    });
  });
});
