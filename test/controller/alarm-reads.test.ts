/** What the cycle of an alarm asks Route 53, whose few answers a second the loop needs. */
import { expect, test } from 'vitest';
import { runRound } from '../../lib/controller/cycle.ts';
import type { Policy } from '../../lib/core/model.ts';
import { groupIn, policyOf } from '../core/builders.ts';
import { lab, WEB } from './lab.ts';
import { rounds } from './running.ts';

/** The records read by an alarm's cycle in a process of its own, after rounds of the loop in another. */
async function readByAlarm(policy: Policy, isFailing: boolean): Promise<number> {
  const one = lab([policy]);
  await rounds(one, one.process(), 2, [policy]);
  if (isFailing) one.out.groups.set('exercise-target-group', groupIn('unhealthy', 'unhealthy'));
  await rounds(one, one.process(), 1, [policy]);
  const { ports, memory } = one.process();
  const fromMs = one.clock.nowMs();
  await one.until(runRound(ports, memory, [policy], null, fromMs), 10_000);
  return one.count('dns.read', fromMs);
}

test('no record while nothing is wrong, though the process knows none', async () => {
  expect(await readByAlarm(WEB, false)).toBe(0);
});

test('the record, where a site that fails may have to be left', async () => {
  expect(await readByAlarm(WEB, true)).toBeGreaterThan(0);
});

test('the record, where one bad round is enough and this may be it', async () => {
  expect(await readByAlarm(policyOf({ failover: { trip: { rounds: 1 } } }), false)).toBe(1);
});
