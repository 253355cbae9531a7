/** What is kept of a run to draw it, in a size that has a bound whatever the length of the trace. */
import type { Change, Picture } from './model.ts';
import { MINUTE_MS } from './resample.ts';

/** As many as a page has room for. */
const MOST_BUCKETS = 2016;
const MOST_STRETCHES = 500;
const MOST_ACTIONS = 500;

/** Seconds of a bucket: whole minutes, as few as keep so many minutes within the most buckets. */
export function bucketSecondsFor(minutes: number): number {
  return 60 * Math.max(1, Math.ceil(minutes / MOST_BUCKETS));
}

/** Values of minutes in buckets, each made of what it had before and the next one. */
export function createBuckets<T>(bucketSeconds: number, join: (before: T, next: T) => T) {
  const values: T[] = [];
  let minutes = 0;
  return {
    values,
    add(value: T): void {
      const index = Math.floor((minutes * 60) / bucketSeconds);
      minutes += 1;
      values[index] = index in values ? join(values[index] as T, value) : value;
    },
  };
}

/** Stretches of time, neighbours joined once there are too many: first those a minute apart, then two, four … */
function createStretches() {
  let list: { fromMs: number; toMs: number }[] = [];
  let joinMs = 0;
  const add = (fromMs: number, toMs: number): void => {
    const last = list.at(-1);
    if (last !== undefined && fromMs - last.toMs <= joinMs) last.toMs = Math.max(last.toMs, toMs);
    else list.push({ fromMs, toMs });
    if (list.length <= MOST_STRETCHES) return;
    joinMs = Math.max(MINUTE_MS, 2 * joinMs);
    const before = list;
    list = [];
    for (const one of before) add(one.fromMs, one.toMs);
  };
  return { add, list: (): Picture['saturated'] => list };
}

export interface Painter {
  /** A stretch in which nothing changed. */
  stretch(fromMs: number, toMs: number, inService: number, isSaturated: boolean): void;
  minute(): void;
  change(change: Change): void;
  picture(): Picture;
}

export function createPainter(bucketSeconds: number): Painter {
  const capacity = createBuckets<number>(bucketSeconds, Math.min);
  const saturated = createStretches();
  const actions: Change[] = [];
  let changes = 0;
  let least = Infinity;
  return {
    stretch(fromMs, toMs, inService, isSaturated) {
      least = Math.min(least, inService);
      if (isSaturated) saturated.add(fromMs, toMs);
    },
    minute() {
      capacity.add(least);
      least = Infinity;
    },
    change(change) {
      changes += 1;
      if (actions.length < MOST_ACTIONS) actions.push(change);
    },
    picture: () => ({ capacity: capacity.values, saturated: saturated.list(), actions, changes }),
  };
}
