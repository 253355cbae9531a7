/** How many API calls a steady minute costs, against the least that the APIs allow. */
import { READS_PER_ROUND } from '../../lib/core/target-reads.ts';
import { labPolicy, startBench } from './world.ts';

const MINUTE_MS = 60_000;
const ROUNDS_PER_MINUTE = 12;
const MINUTES = 10;

export interface CallRow {
  readonly operation: string;
  readonly perMinute: number;
  /** `null`: depends on when datapoints appear. */
  readonly leastPerMinute: number | null;
}

/**
 * The least for `n` services of the lab's shape (two regions, one target group each): groups 100 a call and region, one
 * target group a call, in each round as many as may be read; once a minute what changes slowly, in pages of 50 policies.
 */
function least(n: number): Readonly<Record<string, number | null>> {
  const regions = 2;
  return {
    DescribeAutoScalingGroups: ROUNDS_PER_MINUTE * regions * Math.ceil(n / 100),
    DescribeTargetHealth: ROUNDS_PER_MINUTE * regions * Math.min(n, READS_PER_ROUND),
    DescribeInstanceRefreshes: n,
    DescribePolicies: 1,
    DescribeScheduledActions: 1,
    ListResourceRecordSets: n,
    GetMetricData: null,
    'state load': ROUNDS_PER_MINUTE,
    'state renewLease': ROUNDS_PER_MINUTE,
    'state save': n,
    'state log': 1,
  };
}

/** Calls per steady minute, averaged over ten, for `n` services. */
export async function callsPerMinute(n: number): Promise<CallRow[]> {
  const policies = Array.from({ length: n }, (_, i) => labPolicy(i));
  const { world, stateCalls } = startBench(policies, {});
  await world.run(world.startMs + 5 * MINUTE_MS);
  const before = { ...world.calls() };
  const stateBefore = new Map(stateCalls);
  await world.run(world.clock.nowMs() + MINUTES * MINUTE_MS);
  const counts = new Map<string, number>();
  for (const [name, count] of Object.entries(world.calls())) counts.set(name, count - (before[name] ?? 0));
  for (const [name, count] of stateCalls) counts.set(`state ${name}`, count - (stateBefore.get(name) ?? 0));
  const minimum = least(n);
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([operation, count]) => ({
      operation,
      perMinute: count / MINUTES,
      leastPerMinute: minimum[operation] ?? null,
    }))
    .sort((a, b) => b.perMinute - a.perMinute);
}
