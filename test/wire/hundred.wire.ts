/** A hundred services in one round: no more calls than AWS's batches need, and in time with 20 ms added to each call. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { countsOf, type Hundred, type MeasuredRound, startHundred } from './hundred.ts';
import type { WireCall } from './proxy.ts';

const SERVICES = 100;
const LATENCY_MS = 20;
const ROUND_MS = 4000;
/** So many rounds in which nothing is missing are looked at, out of at most so many. */
const WHOLE_ROUNDS = 3;
const MOST_ROUNDS = 60;

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

/** What a round lacks: readings that are missing, and problems. In time because the rest was given up does not count. */
function lacks({ result }: MeasuredRound): string {
  const all = [...result.services.flatMap((s) => s.missing), ...result.problems.map((p) => p.code)];
  const kinds = [...new Set(all)].map((kind) => `${all.filter((k) => k === kind).length} × ${kind}`);
  return kinds.join(', ');
}

const printed = (round: MeasuredRound, n: number): string =>
  `  round ${n + 1}: ${Math.round(round.tookMs)} ms${lacks(round) === '' ? '' : `, without ${lacks(round)}`}\n`;

it('makes no more calls than the APIs allow, and ends in time with everything read', async () => {
  const rounds: MeasuredRound[] = [];
  const whole: MeasuredRound[] = [];
  let records = 0;
  // The first rounds read the records, ten at a time. Later ones may lack what this machine was too busy to answer.
  while (whole.length < WHOLE_ROUNDS && rounds.length < MOST_ROUNDS) {
    const round = await hundred.round(LATENCY_MS);
    rounds.push(round);
    if (records >= SERVICES && lacks(round) === '') whole.push(round);
    records += countsOf(round.calls).ListResourceRecordSets ?? 0;
  }
  const built = `${SERVICES} services built in ${Math.round(hundred.buildMs / 1000)} s; ${LATENCY_MS} ms added to each call`;
  process.stdout.write(`${built}\n${rounds.map(printed).join('')}`);

  expectWithin(rounds[0]?.calls ?? [], { ...MOST, DescribeTargetGroups: 2 * SERVICES });
  expect(whole).toHaveLength(WHOLE_ROUNDS);
  for (const { calls } of whole) {
    expectWithin(calls, MOST);
    expect(countsOf(calls)).toMatchObject({ DescribeAutoScalingGroups: 2, DescribeTargetHealth: 2 * SERVICES });
  }
  expect(Math.min(...whole.map((r) => r.tookMs))).toBeLessThan(ROUND_MS);
}, 400_000);
