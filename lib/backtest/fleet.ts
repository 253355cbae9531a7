/**
 * The fleet of one scaler. An instance that is asked for boots for `bootSeconds` and is paid for from the request on; one
 * that is not wanted any more is gone at once. The newest goes first: one that still boots before one that serves, as in a
 * Kubernetes ReplicaSet. AWS chooses between equal instances by their age within the hour
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html); which of them goes
 * changes nothing but how many are warm.
 */
import type { ScalerView, World } from './model.ts';
import { createPublished } from './published.ts';
import { MINUTE_MS } from './resample.ts';

/** An instance of the model: its number, counted from the first, and when it is in service. */
interface Member {
  readonly number: number;
  readonly readyMs: number;
}

/** Hears of each stretch of time in which nothing changed: until when, how long, and what there was. */
export type Segment = (untilMs: number, ms: number, demand: number | null, inService: number, paid: number) => void;

export interface Fleet extends ScalerView {
  /** All instances, booting ones last. The same array until something changes. */
  members(): readonly Member[];
  /** Lets time pass. */
  advance(untilMs: number): void;
  /** Instances that are ready at this very moment serve from now on. */
  arrive(): void;
  /** Within the bounds. @returns whether that changed anything. */
  setDesired(wanted: number): boolean;
  begin(demand: number | null): void;
  /** Publishes the minute that is over. */
  end(): void;
  inService(): number;
}

/** Begins at `startMs` with `initial` instances that have been in service for long. */
export function createFleet(world: World, initial: number, startMs: number, segment: Segment): Fleet {
  const inBounds = (n: number): number => Math.max(world.min, Math.min(world.max, n));
  let all: readonly Member[] = Array.from({ length: inBounds(initial) }, (_, number) => ({
    number,
    readyMs: -Infinity,
  }));
  let count = all.length;
  let made = all.length;
  let nowMs = startMs;
  let demand: number | null = null;
  const published = createPublished(world.metricDelaySeconds);
  let [beganMs, busyMs, servingMs, instanceMs] = [startMs, 0, 0, 0];

  const pass = (untilMs: number): void => {
    const ms = untilMs - nowMs;
    nowMs = untilMs;
    if (ms <= 0) return;
    segment(untilMs, ms, demand, count, all.length);
    instanceMs += count * ms;
    if (count === 0 || demand === null) return;
    servingMs += ms;
    busyMs += Math.min(1, demand / count) * ms;
  };
  return {
    get nowMs() {
      return nowMs;
    },
    get desired() {
      return all.length;
    },
    members: () => all,
    inService: () => count,
    inServiceFor(seconds) {
      const sinceMs = nowMs - seconds * 1000;
      let n = count;
      while (n > 0 && (all[n - 1] as Member).readyMs > sinceMs) n -= 1;
      return n;
    },
    lastMinutes: (most) => published.last(most, nowMs),
    advance(untilMs) {
      for (let next = all[count]; next !== undefined && next.readyMs < untilMs; next = all[count]) {
        pass(next.readyMs);
        count += 1;
      }
      pass(untilMs);
    },
    arrive() {
      for (let next = all[count]; next !== undefined && next.readyMs <= nowMs; next = all[count]) count += 1;
    },
    setDesired(wanted) {
      const to = inBounds(wanted);
      const more = to - all.length;
      if (more === 0) return false;
      const readyMs = nowMs + world.bootSeconds * 1000;
      all =
        more < 0
          ? all.slice(0, to)
          : [...all, ...Array.from({ length: more }, (_, i) => ({ number: made + i, readyMs }))];
      made += Math.max(0, more);
      count = Math.min(count, to);
      return true;
    },
    begin(next) {
      demand = next;
      [beganMs, busyMs, servingMs, instanceMs] = [nowMs, 0, 0, 0];
    },
    end() {
      // Nobody in service, or a trace that does not say: there is no datapoint.
      if (demand === null || servingMs === 0) return;
      const inService = instanceMs / MINUTE_MS;
      published.push({ startMs: beganMs, cpu: (100 * busyMs) / servingMs, offered: demand, inService });
    },
  };
}
