/** What is counted of a run while it goes on, and the measures that come of it. Minutes that the trace lacks are not judged. */
import type { Elasticity, Measures } from './model.ts';
import { MINUTE_MS } from './resample.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A demand of exactly n instances needs n of them, also where 0.1 + 0.2 is not 0.3. */
const EPSILON = 1e-9;

/** Instances that a demand needs at least: the fewest that are not asked for more than they have. */
export function neededFor(demand: number): number {
  return Math.max(0, Math.ceil(demand - EPSILON));
}

/** Sums over the time that is judged; times in milliseconds, amounts in instance-milliseconds. */
export interface Counted {
  readonly judgedMs: number;
  readonly saturatedMs: number;
  readonly longestOutageMs: number;
  readonly demand: number;
  readonly lost: number;
  readonly paid: number;
  readonly changes: number;
  /** Sums of (d - s)+ / d and (s - d)+ / d over time. */
  readonly under: number;
  readonly over: number;
  readonly underMs: number;
  readonly overMs: number;
  /** Pairs of neighbouring minutes that are judged, and those in which supply and demand moved differently. */
  readonly pairs: number;
  readonly unstable: number;
}

export interface Meter {
  segment(ms: number, demand: number | null, inService: number, paid: number): void;
  /** The minute is over, with so many in service at its end. */
  minute(demand: number | null, inService: number): void;
  change(): void;
  counted(): Counted;
}

/** A meter at zero. Times are milliseconds, demand and capacity instances; a demand of `null` is not judged, and breaks an outage. */
export function createMeter(): Meter {
  const sum = { judgedMs: 0, saturatedMs: 0, longestOutageMs: 0, demand: 0, lost: 0, paid: 0, changes: 0 };
  const elastic = { under: 0, over: 0, underMs: 0, overMs: 0, pairs: 0, unstable: 0 };
  let outageMs = 0;
  let last: { readonly needed: number; readonly supply: number } | null = null;
  return {
    segment(ms, demand, inService, paid) {
      if (demand === null) {
        outageMs = 0;
        return;
      }
      const needed = neededFor(demand);
      sum.judgedMs += ms;
      sum.demand += demand * ms;
      sum.paid += paid * ms;
      outageMs = needed > inService ? outageMs + ms : 0;
      const missing = Math.max(0, needed - inService);
      const idle = Math.max(0, inService - needed);
      if (missing > 0) {
        sum.saturatedMs += ms;
        sum.lost += (demand - inService) * ms;
        sum.longestOutageMs = Math.max(sum.longestOutageMs, outageMs);
        elastic.underMs += ms;
        elastic.under += (missing / needed) * ms;
      } else if (idle > 0) {
        elastic.overMs += ms;
        elastic.over += (idle / Math.max(1, needed)) * ms;
      }
    },
    minute(demand, supply) {
      const now = demand === null ? null : { needed: neededFor(demand), supply };
      if (now !== null && last !== null) {
        elastic.pairs += 1;
        if (Math.sign(now.supply - last.supply) !== Math.sign(now.needed - last.needed)) elastic.unstable += 1;
      }
      last = now;
    },
    change() {
      sum.changes += 1;
    },
    counted: () => ({ ...sum, ...elastic }),
  };
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);

type Factors = Omit<Elasticity, 'speedup'>;

/**
 * The measures of Bauer, Herbst, Spinner, Ali-Eldin and Kounev, "Chameleon: a hybrid, proactive auto-scaling mechanism"
 * (IEEE TPDS 2019), with d the instances needed (at 100 % CPU, rounded up), s those in service and T the judged time:
 *
 *   accuracyUnder  = 100/T · Σ (d - s)+ / d · Δt        accuracyOver  = 100/T · Σ (s - d)+ / d · Δt
 *   timeshareUnder = 100/T · Σ [d > s] · Δt             timeshareOver = 100/T · Σ [s > d] · Δt
 *   instability    = 100/(T - 1) · Σ min(|sgn Δs - sgn Δd|, 1), minute by minute
 *
 * Demand is the denominator of both accuracies, 1 where nothing is needed. ICPE'17 (Ilyushkin et al.) has measures of the
 * same name that are others: its normalised accuracyOver divides by the supply, and its instability counts only one
 * direction at a time.
 */
function factorsOf({ judgedMs, under, over, underMs, overMs, pairs, unstable }: Counted): Factors {
  return {
    accuracyUnder: percent(under, judgedMs),
    accuracyOver: percent(over, judgedMs),
    timeshareUnder: percent(underMs, judgedMs),
    timeshareOver: percent(overMs, judgedMs),
    instability: percent(unstable, pairs),
  };
}

/**
 * The elastic speedup: the geometric mean of what scaling makes of the four shares, above 1 when it helps (same source).
 * `none` is the same trace with constant capacity. Undefined, and `null`, where a share is zero on either side.
 */
function speedupOf(own: Factors, none: Factors): number | null {
  const ratios = (['accuracyUnder', 'accuracyOver', 'timeshareUnder', 'timeshareOver'] as const).map(
    (name) => none[name] / own[name],
  );
  const isDefined = ratios.every((ratio) => Number.isFinite(ratio) && ratio > 0);
  return isDefined ? ratios.reduce((product, ratio) => product * ratio, 1) ** (1 / ratios.length) : null;
}

/**
 * The measures of a run beside those of the clairvoyant optimum and of constant capacity.
 * @param requestsPerInstance what an instance serves in a minute at 100 % CPU; `null` when the trace counts no requests.
 */
export function measuresOf(
  own: Counted,
  optimum: Counted,
  none: Counted,
  requestsPerInstance: number | null,
): Measures {
  const factors = factorsOf(own);
  return {
    judgedMinutes: own.judgedMs / MINUTE_MS,
    saturatedMinutes: own.saturatedMs / MINUTE_MS,
    saturatedPercent: percent(own.saturatedMs, own.judgedMs),
    lostPercent: percent(own.lost, own.demand),
    lostRequests: requestsPerInstance === null ? null : (own.lost / MINUTE_MS) * requestsPerInstance,
    instanceHours: own.paid / HOUR_MS,
    ofOptimumPercent: percent(own.paid, optimum.paid),
    actionsPerDay: own.judgedMs === 0 ? 0 : own.changes / (own.judgedMs / DAY_MS),
    longestOutageSeconds: own.longestOutageMs / 1000,
    elasticity: { ...factors, speedup: speedupOf(factors, factorsOf(none)) },
  };
}
