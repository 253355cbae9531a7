/** A hundred services in one round: no more calls than AWS's batches need, and in time with 20 ms added to each call. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { countsOf, type Hundred, type MeasuredRound, startHundred } from './hundred.ts';
import type { WireCall } from './proxy.ts';

const SERVICES = 100;
const LATENCY_MS = 20;
const ROUND_MS = 4000;
const FIRST_ROUNDS = 16;
const STEADY_ROUNDS = 6;

let hundred: Hundred;
beforeAll(async () => {
  hundred = await startHundred((name, value) => vi.stubEnv(name, value), SERVICES);
}, 300_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await hundred.stop();
});

/** Bounds of section 6 of DESIGN, for `SERVICES` services in two regions with a target group in each. */
const MOST = {
  // 100 keys a call: the states, lease, freeze and budget.
  BatchGetItem: 2,
  // 100 names a call and region.
  DescribeAutoScalingGroups: 2,
  // One target group a call.
  DescribeTargetHealth: 2 * SERVICES,
  // 500 queries a call, and only the home region has signals.
  GetMetricData: 1,
  // Once a minute, at most ten a round and no faster than Route 53 may be asked.
  ListResourceRecordSets: 10,
  // Once a minute: the first for each group, the others for all of the region, 50 policies or 100 schedules a page.
  DescribeInstanceRefreshes: SERVICES,
  DescribePolicies: 1,
  DescribeScheduledActions: 1,
  // Saved when something changed, logged 25 at a time.
  PutItem: SERVICES,
  BatchWriteItem: 4,
  // The round is written into the lease.
  UpdateItem: 1,
};

function expectWithin(calls: readonly WireCall[], most: Readonly<Record<string, number>>): void {
  for (const [operation, count] of Object.entries(countsOf(calls)))
    expect(count, operation).toBeLessThanOrEqual(most[operation] ?? 0);
  // Whatever is asked, with the very same words, is asked once in a round.
  const reads = calls.filter((c) => !['PutItem', 'BatchWriteItem'].includes(c.operation));
  const words = reads.map(
    (c) => `${c.region} ${c.operation} ${c.path} ${c.body.replace(/"(Start|End)Time":[^,}]+/g, '')}`,
  );
  expect(words.filter((said, n) => words.indexOf(said) !== n)).toEqual([]);
}

/** All was read and everybody served: what is in time because the rest was given up does not count. */
const isWhole = ({ result }: MeasuredRound): boolean =>
  result.problems.length === 0 &&
  result.services.length === SERVICES &&
  result.services.every((s) => s.missing.length === 0);

it('makes no more calls than the APIs allow, and ends in time, from the first round to the steady one', async () => {
  const first = await hundred.round(LATENCY_MS);
  expectWithin(first.calls, { ...MOST, DescribeTargetGroups: 2 * SERVICES });
  // Ten records a round until each has been read, and no target group by its name any more once it has been found.
  const early = [first];
  while (early.length < FIRST_ROUNDS) early.push(await hundred.round(LATENCY_MS));
  const rounds: MeasuredRound[] = [];
  // A machine that is busy with other things costs a round its time or its completeness, and not the next one's.
  while (rounds.length < STEADY_ROUNDS) rounds.push(await hundred.round(LATENCY_MS));
  const told = (of: readonly MeasuredRound[]) =>
    of.map((r) => `${Math.round(r.tookMs)} ms${isWhole(r) ? '' : ' (not whole)'}`).join(', ');
  process.stdout.write(
    `${SERVICES} services built in ${Math.round(hundred.buildMs / 1000)} s; ${LATENCY_MS} ms added to each call\n  first rounds ${told(early)}\n  steady rounds ${told(rounds)}\n`,
  );
  for (const { calls } of rounds) expectWithin(calls, MOST);
  const whole = rounds.filter(isWhole).map((r) => r.tookMs);
  expect(Math.min(...whole)).toBeLessThan(ROUND_MS);
}, 300_000);
