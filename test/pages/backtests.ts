/** Results of backtests, made up from a seed: what a page must show, whatever the engine finds. */
import type { BacktestResult, Change, Measures, Run, SaturatedSpan } from '../../lib/backtest/model.ts';
import { createRandom } from '../../lib/sim/random.ts';

const START_MS = Date.UTC(2026, 2, 1);
const DAY_SECONDS = 86_400;

type Chance = ReturnType<typeof createRandom>;

export interface Shape {
  readonly seed?: number;
  readonly buckets?: number;
  readonly bucketSeconds?: number;
  readonly runs?: readonly string[];
  readonly reason?: string;
  readonly service?: string;
  /** Changes beyond those that are kept. */
  readonly furtherChanges?: number;
  readonly joinedWithinSeconds?: number;
}

function demandOf(random: Chance, buckets: number, bucketSeconds: number): (number | null)[] {
  const gapAt = Math.floor(buckets * 0.6);
  return Array.from({ length: buckets }, (_, i) => {
    if (i >= gapAt && i < gapAt + buckets / 50) return null;
    const phase = (2 * Math.PI * i * bucketSeconds) / DAY_SECONDS;
    const surge = random.int(0, 99) === 0 ? 6 : 0;
    return 8 - 5 * Math.cos(phase) + random.int(0, 1000) / 1000 + surge;
  });
}

function measuresOf(random: Chance, saturatedMinutes: number, perDay: number): Measures {
  const upTo = (most: number): number => (random.int(0, 1_000_000) / 1_000_000) * most;
  return {
    judgedMinutes: 43_200,
    saturatedMinutes,
    saturatedPercent: saturatedMinutes / 432,
    lostPercent: upTo(2),
    lostRequests: random.int(0, 1) === 0 ? null : random.int(0, 100_000),
    instanceHours: upTo(9000),
    ofOptimumPercent: 100 + upTo(80),
    actionsPerDay: perDay,
    longestOutageSeconds: random.int(0, 900),
    elasticity: {
      accuracyUnder: upTo(5),
      accuracyOver: upTo(60),
      timeshareUnder: upTo(5),
      timeshareOver: upTo(95),
      instability: upTo(50),
      speedup: random.int(0, 1) === 0 ? null : upTo(3),
    },
  };
}

function runOf(name: string, random: Chance, demand: BacktestResult['demand'], shape: Shape): Run {
  const { startMs, bucketSeconds, values } = demand;
  const { joinedWithinSeconds = 0 } = shape;
  // Of joined spans only a part is saturated.
  const share = joinedWithinSeconds === 0 ? 1000 : 400;
  const capacity: number[] = [];
  const actions: Change[] = [];
  const saturated: SaturatedSpan[] = [];
  let now = 6;
  for (const [i, value] of values.entries()) {
    const atMs = startMs + i * bucketSeconds * 1000;
    const wanted = value === null ? now : Math.ceil(value / 0.7) + random.int(0, 1);
    if (random.int(0, 3) === 0 && wanted !== now) {
      const reason = shape.reason ?? `need ${wanted} ${wanted > now ? 'above' : 'below'} ${now}: cpu asks for it`;
      actions.push({ atMs, from: now, to: wanted, reason });
      now = wanted;
    }
    capacity.push(now);
    if (value !== null && value > now)
      saturated.push({ fromMs: atMs, toMs: atMs + bucketSeconds * 1000, saturatedMs: bucketSeconds * share });
  }
  const minutes = saturated.reduce((sum, { saturatedMs }) => sum + saturatedMs / 60_000, 0);
  const changes = actions.length + (shape.furtherChanges ?? 0);
  const days = (values.length * bucketSeconds) / DAY_SECONDS;
  return {
    name,
    title: name === 'evenkeel' ? 'evenkeel' : `The way of ${name}`,
    measures: measuresOf(random, minutes, changes / days),
    picture: { capacity, saturated, joinedWithinSeconds, actions, changes },
  };
}

/** The same shape gives the same result. */
export function madeBacktest(shape: Shape = {}): BacktestResult {
  const { seed = 1, buckets = 1440, bucketSeconds = 300, service = 'web' } = shape;
  const values = demandOf(createRandom(seed, 'demand'), buckets, bucketSeconds);
  const known = values.filter((value) => value !== null);
  const demand = { startMs: START_MS, bucketSeconds, values };
  const names = shape.runs ?? ['evenkeel', 'optimum', 'target-tracking', 'none'];
  return {
    service,
    policyFile: 'policies/web.yml',
    trace: {
      name: 'made-up.csv',
      rows: buckets * (bucketSeconds / 60),
      fromMs: START_MS,
      toMs: START_MS + buckets * bucketSeconds * 1000,
      gapMinutes: (buckets - known.length) * (bucketSeconds / 60),
      conversion: 'One instance serves 120 requests a second.',
      meanDemand: known.reduce((sum, one) => sum + one, 0) / known.length,
      peakDemand: Math.max(...known),
    },
    settings: { bootSeconds: 90, metricDelaySeconds: 60, min: 1, max: 40, targetPercent: 70, warmupSeconds: 120 },
    leadSeconds: 180,
    demand,
    verdict: { pass: false, better: ['target-tracking'], worse: [] },
    runs: names.map((name) => runOf(name, createRandom(seed, name), demand, shape)),
  };
}
