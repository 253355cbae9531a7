/** What scaling remembers between cycles: datapoints with the instances they covered, and when the group changed. */
import type { Datapoint, FleetView, Observation, Point, Policy, Reading, ScalingState, Signal } from './model.ts';
import { intervalMsOf, roundKind } from './targets.ts';
import { TREND_MS } from './trend.ts';

/** A datapoint is fresh while its period ended at most this many periods ago, and in any case for three minutes. */
const FRESH_PERIODS = 3;
const FRESH_AT_LEAST_MS = 180_000;
/** Start reading a metric again this long before its next datapoint is expected from the last publishing delay. */
const READ_AHEAD_MS = 10_000;
/** Between rounds that are no further apart than this, what is found new has just been published. */
const FAST_ROUND_MS = 5000;
/** A metric is published at most once a minute, unless its periods are shorter than that. */
const MINUTE_SECONDS = 60;
/** What has not been published this long after a period's end counts as not there. */
const WHOLE_AFTER_MS = FRESH_AT_LEAST_MS;

const END_OF = (signal: Signal, point: Datapoint): number => point.startMs + signal.metric.periodSeconds * 1000;

/** How far back points matter: the stabilization window, a trend's if it is forecast by one, and at least the newest one. */
function windowMs({ scaling }: Policy, signal: Signal): number {
  const stabilizationMs = (scaling?.scaleIn.stabilizationSeconds ?? 0) * 1000;
  const trendMs = scaling?.forecast?.trend === true ? TREND_MS : 0;
  return Math.max(stabilizationMs, trendMs, signal.metric.periodSeconds * 1000);
}

/** How long after its period's end a datapoint still speaks for now. */
export function freshMs(signal: Signal): number {
  return Math.max(FRESH_PERIODS * signal.metric.periodSeconds * 1000, FRESH_AT_LEAST_MS);
}

/** Whether this datapoint is recent enough to decide on. */
export function isFresh(signal: Signal, point: Point, nowMs: number): boolean {
  return nowMs - END_OF(signal, point) <= freshMs(signal);
}

/**
 * Whether a datapoint of this signal is due and absent, so that reading it now may bring something. The publishing
 * delay is learnt from the last datapoint: asking twelve times a minute for what comes once a minute would only cost.
 */
export function isSignalDue(state: ScalingState, signal: Signal, nowMs: number): boolean {
  const last = state.points[signal.name]?.at(-1);
  if (last === undefined) return true;
  const nextEndMs = END_OF(signal, last) + signal.metric.periodSeconds * 1000;
  const lagMs = state.publishLagMs[signal.name] ?? 0;
  return nowMs >= nextEndMs + Math.max(0, lagMs - READ_AHEAD_MS);
}

/**
 * How far back is read at most: "If StartTime … is greater than 3 hours ago", CloudWatch has nothing of periods below a
 * minute, and all signals of a region are read together, from the earliest of their times.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
 */
const READ_BACK_MS = 3 * 3_600_000 - 60_000;

/**
 * From when on datapoints of this signal are worth reading: from the last known one, but no longer back than one can still
 * be fresh, with its window before it. A metric that went dark for days must not be asked for days.
 */
export function readFromMs(policy: Policy, state: ScalingState, signal: Signal, nowMs: number): number {
  const last = state.points[signal.name]?.at(-1);
  const periodMs = signal.metric.periodSeconds * 1000;
  const earliestMs = nowMs - windowMs(policy, signal) - freshMs(signal);
  const fromMs = Math.max(earliestMs, (last?.startMs ?? 0) - 2 * periodMs);
  return Math.max(Math.floor(fromMs / periodMs), Math.ceil((nowMs - READ_BACK_MS) / periodMs)) * periodMs;
}

/**
 * In-service instances on average between these times; before the first count that is known, those of the first. Times
 * what each carried on average, that is the load. Those at the end would make the load of a minute in which some joined
 * look larger than it was, and more would be asked for than it needs.
 */
export function coveredBetween(counts: ScalingState['counts'], startMs: number, endMs: number): number {
  const instanceMs = counts.reduce((sum, { fromMs, count }, index) => {
    const sinceMs = index === 0 ? startMs : Math.max(startMs, fromMs);
    const untilMs = Math.min(endMs, counts[index + 1]?.fromMs ?? endMs);
    return sum + count * Math.max(0, untilMs - sinceMs);
  }, 0);
  return instanceMs / (endMs - startMs);
}

/**
 * The counts, where fewer are fewer from the look before on, as they may have been: a round before, or before the pause in
 * which nobody saw the group. Whoever took a datapoint of that time for one of all of them would see a load that is not
 * there, and ask for the instance back that it has just given away.
 */
function fallenEarly(policy: Policy, counts: ScalingState['counts']): ScalingState['counts'] {
  const intervalMs = intervalMsOf(policy);
  return counts.map(({ fromMs, count, afterMs = fromMs - intervalMs }, index) => {
    const before = counts[index - 1];
    const fell = before !== undefined && count < before.count;
    return { fromMs: fell ? Math.max(before.fromMs, afterMs) : fromMs, count };
  });
}

/**
 * What a datapoint of this period covered: those of `coveredBetween`, of its last minute without those that left before it
 * ended. Nobody says whether the average of a minute knows of an instance that did not see its end. If it does, a load that
 * rises in the very minute after a scale-in is seen a minute later; if it does not, whoever counted them would see a load that
 * is not there (seed 52192).
 */
function coveredUntil(counts: ScalingState['counts'], startMs: number, endMs: number): number {
  const lastMs = Math.max(startMs, endMs - MINUTE_SECONDS * 1000);
  let fewest = Infinity;
  const stayed = counts
    .filter(({ fromMs }, index) => index === 0 || fromMs < endMs)
    .toReversed()
    .map(({ fromMs, count }) => {
      fewest = Math.min(fewest, count);
      return { fromMs, count: fewest };
    })
    .toReversed();
  const last = coveredBetween(stayed, lastMs, endMs);
  if (lastMs === startMs) return last;
  const before = coveredBetween(counts, startMs, lastMs);
  return (before * (lastMs - startMs) + last * (endMs - lastMs)) / (endMs - startMs);
}

/** Whether it is the CPU of EC2 instances, which ends at 100 percent. */
export function isCpuSignal({ metric }: Signal): boolean {
  return metric.namespace === 'AWS/EC2' && metric.name === 'CPUUtilization';
}

/**
 * Whether a datapoint of this metric grows with each minute that is published of its period. CloudWatch shows the statistic
 * of the minutes that are there: a Sum without the last ones is a load that has gone, while the average, the extreme or the
 * percentile of most minutes is a fair one. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export function growsByMinutes({ metric: { statistic, periodSeconds } }: Signal): boolean {
  return (statistic === 'Sum' || statistic === 'SampleCount') && periodSeconds > MINUTE_SECONDS;
}

/** Whether all minutes of this datapoint's period are there: they come in order, so the next period's first one tells. */
function isWhole(signal: Signal, point: Datapoint, newestReadMs: number, nowMs: number): boolean {
  return !growsByMinutes(signal) || newestReadMs > point.startMs || nowMs >= END_OF(signal, point) + WHOLE_AFTER_MS;
}

/**
 * The datapoints read that are of use: finite, of a period that is over and published whole (the Sum of one that is not
 * still grows), and not older than the window, or each reading would bring back what was dropped.
 */
function usable(
  policy: Policy,
  signal: Signal,
  before: readonly Point[],
  read: readonly Datapoint[],
  nowMs: number,
): readonly Datapoint[] {
  const newestReadMs = Math.max(...read.map(({ startMs }) => startMs));
  const over = read.filter(
    (p) => Number.isFinite(p.value) && END_OF(signal, p) <= nowMs && isWhole(signal, p, newestReadMs, nowMs),
  );
  const newestMs = over.reduce((newest, { startMs }) => Math.max(newest, startMs), before.at(-1)?.startMs ?? 0);
  return over.filter((p) => p.startMs > newestMs - windowMs(policy, signal));
}

function mergePoints(
  policy: Policy,
  signal: Signal,
  before: readonly Point[],
  read: readonly Datapoint[],
  counts: ScalingState['counts'],
  nowMs: number,
): readonly Point[] {
  const isNew = ({ startMs, value }: Datapoint) => before.findLast((p) => p.startMs === startMs)?.value !== value;
  const found = usable(policy, signal, before, read, nowMs);
  // In most rounds there is nothing new: the rest need not be worked out then.
  if (!found.some(isNew)) return before;
  const known = new Map(before.map((p) => [p.startMs, p]));
  const seen = fallenEarly(policy, counts);
  for (const { startMs, value } of found) {
    if (known.get(startMs)?.value === value) continue;
    const covered = coveredUntil(seen, startMs, END_OF(signal, { startMs, value }));
    known.set(startMs, { startMs, value, covered });
  }
  const points = [...known.values()].sort((a, b) => a.startMs - b.startMs);
  const oldestMs = Math.max(...known.keys()) - windowMs(policy, signal);
  return points.filter((p) => p.startMs > oldestMs);
}

function trackSignals(policy: Policy, prev: ScalingState, obs: Observation, nowMs: number): ScalingState {
  let { points, publishLagMs, missingStepTaken } = prev;
  const signals = policy.scaling?.signals ?? [];
  signals.forEach((signal, index) => {
    const reading: Reading<readonly Datapoint[]> | undefined = obs.signals[index];
    // What a datapoint covered is not known before the group was seen: it is read again then.
    if (reading?.known !== true || prev.counts.length === 0) return;
    const before = points[signal.name] ?? [];
    const after = mergePoints(policy, signal, before, reading.value, prev.counts, nowMs);
    if (after === before) return;
    points = { ...points, [signal.name]: after };
    const newest = after.at(-1) as Point;
    const lastKnown = before.at(-1);
    if (lastKnown === undefined || newest.startMs <= lastKnown.startMs) return;
    // It may have been there since the round before: who took the time between slow rounds for the delay of the metric would
    // not look for the datapoint that an alarm is about.
    const lagMs = reading.atMs - END_OF(signal, newest) - Math.max(0, intervalMsOf(policy) - FAST_ROUND_MS);
    // Nor does a delay that is known get longer by a pause of our own: it grows by no more than is read ahead, so that the
    // next datapoint is looked for when it may come. Who looks too early only asks more often for a few of them.
    const mostMs = (publishLagMs[signal.name] ?? lagMs) + READ_AHEAD_MS;
    publishLagMs = { ...publishLagMs, [signal.name]: Math.max(0, Math.min(lagMs, mostMs)) };
  });
  const isBack = (signal: Signal): boolean => {
    const newest = points[signal.name]?.at(-1);
    return newest !== undefined && isFresh(signal, newest, nowMs);
  };
  if (missingStepTaken && signals.every(isBack)) missingStepTaken = false;
  if (points === prev.points && missingStepTaken === prev.missingStepTaken) return prev;
  return { ...prev, points, publishLagMs, missingStepTaken };
}

const NO_MEMBERS: ScalingState['inServiceSince'] = {};

/** A larger group is refused (lib/aws/fleet.ts): its members would not fit into the state, and nothing is decided on them. */
export const MOST_INSTANCES_KEPT = 10_000;

function trackMembers(
  prev: ScalingState,
  inService: FleetView['instances'],
  atMs: number,
): ScalingState['inServiceSince'] {
  if (inService.length > MOST_INSTANCES_KEPT) return NO_MEMBERS;
  const unchanged =
    inService.length === Object.keys(prev.inServiceSince).length && inService.every((i) => i.id in prev.inServiceSince);
  if (unchanged) return prev.inServiceSince;
  // Instances found at the very first sight have been there for an unknown time: they count as old, because the window
  // of datapoints, which starts now, already keeps scale-in waiting.
  const sinceMs = prev.desired === null ? 0 : atMs;
  return Object.fromEntries(inService.map((i) => [i.id, prev.inServiceSince[i.id] ?? sinceMs]));
}

/** The counts with what was seen now. A pause before it is kept where it matters: of fewer, and if it was longer than a round. */
function withCount(
  policy: Policy,
  counts: ScalingState['counts'],
  count: number,
  atMs: number,
  seenMs: number,
): ScalingState['counts'] {
  const last = counts.at(-1);
  if (last?.count === count) return counts;
  const fell = last !== undefined && count < last.count && seenMs < atMs - intervalMsOf(policy);
  return [...counts, { fromMs: atMs, count, ...(fell ? { afterMs: seenMs } : {}) }];
}

function trackFleet(policy: Policy, prev: ScalingState, fleet: FleetView, atMs: number, seenMs: number): ScalingState {
  const inService = fleet.instances.filter((i) => i.lifecycle === 'InService');
  const inServiceSince = trackMembers(prev, inService, atMs);
  const counts = withCount(policy, prev.counts, inService.length, atMs, seenMs);
  const desiredChanged = prev.desired !== fleet.desired;
  if (!desiredChanged && counts === prev.counts && inServiceSince === prev.inServiceSince) return prev;
  const longestMs = Math.max(0, ...(policy.scaling?.signals ?? []).map((s) => windowMs(policy, s)));
  const keepFromMs = atMs - longestMs - FRESH_AT_LEAST_MS;
  const firstKept = counts.findLastIndex((c) => c.fromMs <= keepFromMs);
  return {
    ...prev,
    inServiceSince,
    counts: firstKept > 0 ? counts.slice(firstKept) : counts,
    desired: fleet.desired,
    lastChangeMs: desiredChanged ? atMs : prev.lastChangeMs,
  };
}

/** That nobody sees the group any more is written down once it has lasted for a gap: whoever takes over must not take our rounds for looks at it. */
function unseen(policy: Policy, prev: ScalingState, seenMs: number | undefined, nowMs: number): ScalingState {
  if (prev.fleetUnseen === true || seenMs === undefined) return prev;
  return roundKind(seenMs, nowMs, intervalMsOf(policy)) === 'afterGap' ? { ...prev, fleetUnseen: true } : prev;
}

/**
 * The memory after this observation; the same object when it brought nothing new.
 * @param seenMs when the group was last seen before; `undefined` when nobody knows.
 */
export function trackScaling(
  policy: Policy,
  prev: ScalingState,
  obs: Observation,
  nowMs: number,
  seenMs?: number,
): ScalingState {
  const { fleet } = obs.primary;
  if (fleet === undefined) return trackSignals(policy, prev, obs, nowMs);
  if (!fleet.known) {
    const blind = unseen(policy, prev, seenMs, nowMs);
    // What a datapoint covers is not known now: it is read again once the group is seen.
    return blind.fleetUnseen === true ? blind : trackSignals(policy, blind, obs, nowMs);
  }
  const back = prev.fleetUnseen === true ? { ...prev, fleetUnseen: undefined } : prev;
  const tracked = trackFleet(policy, back, fleet.value, fleet.atMs, seenMs ?? fleet.atMs);
  return trackSignals(policy, tracked, obs, nowMs);
}
