/**
 * AWS target tracking. AWS publishes what it does but not the arithmetic; the variants differ in their metric, in their low
 * alarm and in what keeps them from counting new capacity twice.
 */
import type { Baseline, Minute, Scaler, ScalerView, Settings, Wish } from '../model.ts';
import { change, currentMinutes, roundUp, shown } from './reading.ts';

/** What is kept at the target, as a share of what the instances in service can do. */
interface Metric {
  readonly label: string;
  percentOf(minute: Minute): number;
}

const CPU: Metric = { label: 'CPU', percentOf: ({ cpu }) => cpu };

/** What a load balancer counts goes on rising where CPU ends. */
const REQUESTS: Metric = {
  label: 'requests worth a CPU of',
  percentOf: ({ offered, inService }) => (100 * offered) / inService,
};

/** The alarms that AWS makes for a policy. */
interface TrackingAlarms {
  /** Datapoints in a row above the target that scale out. */
  readonly highMinutes: number;
  /** Datapoints in a row below `lowShare` of the target that scale in. */
  readonly lowMinutes: number;
  readonly lowShare: number;
}

/** What keeps a policy from answering the same load twice. */
interface Pacing {
  /** The instances that a utilisation is a share of when scaling out. */
  capacity(view: ScalerView): number;
  mayScaleIn(view: ScalerView): boolean;
  changed(view: ScalerView, to: number): void;
}

/** EC2 Auto Scaling: instances that warm up are no capacity yet, and while there are any nothing is scaled in. */
function byWarmUp({ warmupSeconds }: Settings): Pacing {
  return {
    capacity: (view) => view.inServiceFor(warmupSeconds),
    mayScaleIn: (view) => view.inServiceFor(warmupSeconds) >= view.desired,
    changed: () => undefined,
  };
}

/**
 * Application Auto Scaling: while the scale-out cooldown lasts, what was added counts as an answer to the same load, and
 * only a larger need passes; the scale-in cooldown blocks scaling in and ends with a scale-out.
 */
function byCooldown(outSeconds: number, inSeconds: number): Pacing {
  let out = { atMs: Number.NEGATIVE_INFINITY, from: 0 };
  let inAtMs = Number.NEGATIVE_INFINITY;
  const isCoolingOut = ({ nowMs }: ScalerView): boolean => nowMs - out.atMs < outSeconds * 1000;
  return {
    capacity: (view) => (isCoolingOut(view) ? out.from : view.desired),
    mayScaleIn: (view) => view.inServiceFor(0) >= view.desired && view.nowMs - inAtMs >= inSeconds * 1000,
    changed(view, to) {
      if (to < view.desired) inAtMs = view.nowMs;
      else {
        out = { atMs: view.nowMs, from: isCoolingOut(view) ? out.from : view.desired };
        inAtMs = Number.NEGATIVE_INFINITY;
      }
    },
  };
}

/**
 * One target tracking policy on one metric. The arithmetic is inferred: capacity in proportion to the metric, additions
 * rounded up and removals rounded down. A missing datapoint leaves the alarm without sufficient data, and nothing happens.
 */
function targetTracking(settings: Settings, metric: Metric, alarms: TrackingAlarms, pacing: Pacing): Scaler {
  const { targetPercent } = settings;
  const { label, percentOf } = metric;

  function wanted(view: ScalerView): Wish | null {
    const high = currentMinutes(view, settings, alarms.highMinutes);
    const newest = high?.at(-1);
    if (newest === undefined) return null;
    const percent = percentOf(newest);
    if (high?.every((minute) => percentOf(minute) > targetPercent)) {
      const desired = roundUp((pacing.capacity(view) * percent) / targetPercent);
      const reason = `${label} ${shown(percent)} % above ${shown(targetPercent)} % for ${alarms.highMinutes} minutes`;
      return change(view, settings, Math.max(view.desired, desired), reason);
    }
    const lowPercent = targetPercent * alarms.lowShare;
    const low = currentMinutes(view, settings, alarms.lowMinutes);
    if (!low?.every((minute) => percentOf(minute) < lowPercent) || !pacing.mayScaleIn(view)) return null;
    // Of the instances that the datapoint covered: what was taken away since then is not taken away again.
    const desired = roundUp((percent * newest.inService) / targetPercent);
    const reason = `${label} ${shown(percent)} % below ${shown(lowPercent)} % for ${alarms.lowMinutes} minutes`;
    return change(view, settings, Math.min(view.desired, desired), reason);
  }

  return {
    everySeconds: 60,
    step(view) {
      const wish = wanted(view);
      if (wish !== null) pacing.changed(view, wish.desired);
      return wish;
    },
  };
}

const PUBLISHED =
  'Amazon EC2 Auto Scaling User Guide, as-scaling-target-tracking, and Application Auto Scaling User Guide, target tracking: read at the source for what it does (additions rounded up, removals rounded down; no scale-in while a scale-out is in progress, without sufficient data, or where one instance fewer would exceed the target).';
const ARITHMETIC =
  'The arithmetic is not published: inferred as capacity in proportion to the metric, computed anew with every datapoint.';

/** Target tracking as an EC2 Auto Scaling group does it: high alarm 3 of 3 minutes, low alarm 15 of 15 below 70 % of the target. */
export const targetTrackingEc2: Baseline = {
  name: 'target-tracking-ec2',
  title: 'AWS target tracking (EC2)',
  source: `${PUBLISHED} The alarms, 3 of 3 minutes above the target and 15 of 15 below 0.70 of it, are second-hand, from public notes and screens of groups on CPU. ${ARITHMETIC}`,
  create: (settings) =>
    targetTracking(settings, CPU, { highMinutes: 3, lowMinutes: 15, lowShare: 0.7 }, byWarmUp(settings)),
};

/** The same on the load balancer's request count per target (ALBRequestCountPerTarget): low alarm below 90 % of the target. */
export const targetTrackingRequests: Baseline = {
  name: 'target-tracking-requests',
  title: 'AWS target tracking (EC2), requests per target',
  source: `${PUBLISHED} That a group can track ALBRequestCountPerTarget is read at the source. The alarms, 3 of 3 minutes above the target and 15 of 15 below 0.90 of it, are second-hand, from public notes of ECS services on this metric (1,500 and 1,350 requests); that those of an EC2 group are the same is inferred. ${ARITHMETIC} Adapted: the target is the requests that keep an instance at the CPU target, so that it means the same load to all; a gap of the trace is insufficient data, where AWS takes missing requests for none.`,
  create: (settings) =>
    targetTracking(settings, REQUESTS, { highMinutes: 3, lowMinutes: 15, lowShare: 0.9 }, byWarmUp(settings)),
};

/** Target tracking as Application Auto Scaling does it for ECS services: low alarm below 90 % of the target, cooldowns of 300 s. */
export const targetTrackingEcs: Baseline = {
  name: 'target-tracking-ecs',
  title: 'AWS target tracking (ECS)',
  source: `${PUBLISHED} The cooldowns of 300 s out and in are read at the source (TargetTrackingScalingPolicyConfiguration). The alarms, 3 of 3 minutes above the target and 15 of 15 below 0.90 of it, are second-hand, from public notes and screens. ${ARITHMETIC} Adapted: its tasks are instances here, and boot as slowly.`,
  create: (settings) =>
    targetTracking(settings, CPU, { highMinutes: 3, lowMinutes: 15, lowShare: 0.9 }, byCooldown(300, 300)),
};
