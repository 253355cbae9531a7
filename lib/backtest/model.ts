/**
 * The words of a backtest: demand over time, what a scaler may see of it, and what came of its choices.
 * Demand and capacity are counted in instances: a demand of 8 keeps eight instances at 100 % CPU.
 */

/** What the world is like in which all scalers of a backtest run. */
export interface World {
  /** From the request to the instance in service; it is paid for from the request on. */
  readonly bootSeconds: number;
  /** From the end of a minute until its datapoint can be read. */
  readonly metricDelaySeconds: number;
  readonly min: number;
  readonly max: number;
}

/** What every scaler is told of itself. A scaler that has no target value of its own takes this one. */
export interface Settings extends World {
  readonly targetPercent: number;
  /** A younger instance counts neither in a metric nor as capacity, where the scaler's rules know of warm-up. */
  readonly warmupSeconds: number;
}

/**
 * One published minute of the fleet. There is none of a minute in which nobody was in service: nobody's CPU is published, and
 * a load balancer counts only requests for which it found a target
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html, RequestCount).
 */
export interface Minute {
  readonly startMs: number;
  /** Average CPU percent of the instances in service: 0 to 100, for a machine that is asked for more shows no more. */
  readonly cpu: number;
  /** The demand that arrived, served or not: what a load balancer's request count shows. */
  readonly offered: number;
  /** Instances in service, averaged over the minute. */
  readonly inService: number;
}

/** What a scaler may look at when it is asked. */
export interface ScalerView {
  readonly nowMs: number;
  /** Desired capacity, as last set. */
  readonly desired: number;
  /** Instances that have been in service for at least so long; 0: all that are in service. */
  inServiceFor(seconds: number): number;
  /** The newest published minutes, at most so many, oldest first. Minutes that the trace lacks are absent. */
  lastMinutes(most: number): readonly Minute[];
}

/** A change of the desired capacity and, for people, why. */
export interface Wish {
  readonly desired: number;
  readonly reason: string;
}

/** One scaler in one run. It may keep what it remembers in its closure; it has no clock and no chance. */
export interface Scaler {
  /** Seconds between two calls of `step`. */
  readonly everySeconds: number;
  /** What it wants now; `null`: no change. The fleet keeps to the bounds, whatever it wants. */
  step(view: ScalerView): Wish | null;
}

/** A way to scale that people use today. */
export interface Baseline {
  /** As `--against` takes it, in kebab-case. */
  readonly name: string;
  readonly title: string;
  /** Where its rules stand, and how sure we are of them. */
  readonly source: string;
  create(settings: Settings): Scaler;
}

/** The elasticity measures of the SPEC Research Group; which variant each is stands at its formula. */
export interface Elasticity {
  /** Missing and idle capacity in percent of the demand. */
  readonly accuracyUnder: number;
  readonly accuracyOver: number;
  /** Percent of the time with too little and with too much. */
  readonly timeshareUnder: number;
  readonly timeshareOver: number;
  /** Percent of the time in which supply and demand change in different directions. */
  readonly instability: number;
  /** Against the same trace without scaling; `null` where a factor is zero and it is undefined. */
  readonly speedup: number | null;
}

/** What came of one scaler's choices. Minutes that the trace lacks are not judged. */
export interface Measures {
  readonly judgedMinutes: number;
  /** Minutes' worth of time in which more was asked for than the instances in service give. */
  readonly saturatedMinutes: number;
  readonly saturatedPercent: number;
  /** Demand that found no capacity, in percent of all demand. */
  readonly lostPercent: number;
  /** In requests; `null` when the trace does not count requests. */
  readonly lostRequests: number | null;
  /** From the request for an instance to its end. */
  readonly instanceHours: number;
  /** Instance-hours in percent of the clairvoyant optimum's, 100 being the same. */
  readonly ofOptimumPercent: number;
  readonly actionsPerDay: number;
  /** The longest time without a break in which more was asked for than there was. */
  readonly longestOutageSeconds: number;
  readonly elasticity: Elasticity;
}

/** A change of the desired capacity that was made. */
export interface Change {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface SaturatedSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** So much of it. */
  readonly saturatedMs: number;
}

/** What is kept of a run to draw it. Longer traces have longer buckets, so that its size has a bound. */
export interface Picture {
  /** Instances in service: the fewest in each bucket. */
  readonly capacity: readonly number[];
  /** Spans in which it was saturated: throughout, or, where neighbours were joined because there are too many, in part. */
  readonly saturated: readonly SaturatedSpan[];
  /** Spans no further apart than this were joined; 0: only those that touch. */
  readonly joinedWithinSeconds: number;
  /** The first so many changes; `changes` counts all. */
  readonly actions: readonly Change[];
  readonly changes: number;
}

export interface Run {
  /** `evenkeel`, `optimum` (clairvoyant), `none` (constant mean capacity) or a baseline's name. */
  readonly name: string;
  readonly title: string;
  readonly measures: Measures;
  readonly picture: Picture;
}

/** How evenkeel stands among the baselines. Better: no worse in saturated minutes and in instance-hours, and better in one. */
export interface Verdict {
  /** No baseline is better than evenkeel. */
  readonly pass: boolean;
  /** Names of baselines that are better, and of those that evenkeel is better than. */
  readonly better: readonly string[];
  readonly worse: readonly string[];
}

/** One trace under all scalers: what `--json` prints and what a page is drawn from. */
export interface BacktestResult {
  readonly service: string;
  readonly policyFile: string;
  readonly trace: {
    readonly name: string;
    readonly rows: number;
    readonly fromMs: number;
    readonly toMs: number;
    /** Minutes that it lacks. */
    readonly gapMinutes: number;
    /** How its values became demand, in a sentence. */
    readonly conversion: string;
    readonly meanDemand: number;
    readonly peakDemand: number;
  };
  readonly settings: Settings;
  /**
   * From the order of an instance until it serves, as the policy's forecast takes it; `null` without one. It is played as it
   * stands there, however long an instance boots here.
   */
  readonly leadSeconds: number | null;
  /** Demand for the picture: the highest of each bucket, `null` where the trace has a gap. */
  readonly demand: {
    readonly startMs: number;
    readonly bucketSeconds: number;
    readonly values: readonly (number | null)[];
  };
  readonly runs: readonly Run[];
  readonly verdict: Verdict;
}
