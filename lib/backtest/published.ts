/** The minutes of a fleet as a metric shows them: each some time after its end, and not for ever. */
import type { Minute } from './model.ts';
import { MINUTE_MS } from './resample.ts';

/** Two weeks, as predictive scaling looks back: https://docs.aws.amazon.com/autoscaling/ec2/userguide/predictive-scaling-policy-overview.html */
const MINUTES_KEPT = 14 * 24 * 60;

export interface Published {
  /** The newest minutes published at `nowMs`, at most so many, oldest first. Time does not go back from call to call. */
  last(most: number, nowMs: number): readonly Minute[];
  push(minute: Minute): void;
}

/** Minutes that can be read `metricDelaySeconds` after their end, for at least two weeks. They are pushed oldest first. */
export function createPublished(metricDelaySeconds: number): Published {
  let minutes: Minute[] = [];
  let count = 0;
  const lastMs = MINUTE_MS + metricDelaySeconds * 1000;
  return {
    last(most, nowMs) {
      for (let next = minutes[count]; next !== undefined && next.startMs + lastMs <= nowMs; next = minutes[count])
        count += 1;
      return minutes.slice(Math.max(0, count - most), count);
    },
    push(minute) {
      minutes.push(minute);
      if (minutes.length < 2 * MINUTES_KEPT) return;
      // What has not been published yet stays; nobody has to have asked for what goes.
      minutes = minutes.slice(MINUTES_KEPT);
      count = Math.max(0, count - MINUTES_KEPT);
    },
  };
}
