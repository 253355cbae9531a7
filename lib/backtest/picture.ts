/** What is kept of a run to draw it, in a size that has a bound whatever the length of the trace. */
import type { Change, Picture, SaturatedSpan } from './model.ts';
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
  let list: SaturatedSpan[] = [];
  let joinMs = 0;
  const add = (span: SaturatedSpan): void => {
    const last = list.at(-1);
    if (last !== undefined && span.fromMs - last.toMs <= joinMs)
      list[list.length - 1] = { ...last, toMs: span.toMs, saturatedMs: last.saturatedMs + span.saturatedMs };
    else list.push(span);
    if (list.length <= MOST_STRETCHES) return;
    joinMs = Math.max(MINUTE_MS, 2 * joinMs);
    const before = list;
    list = [];
    for (const one of before) add(one);
  };
  return {
    add,
    kept: () => ({ saturated: list, joinedWithinSeconds: joinMs / 1000 }),
  };
}

export interface Painter {
  /** A stretch in which nothing changed. */
  stretch(fromMs: number, toMs: number, inService: number, isSaturated: boolean): void;
  minute(): void;
  change(change: Change): void;
  picture(): Picture;
}

/**
 * Keeps a run's picture while it goes on: capacity in buckets of so many seconds (`bucketSecondsFor`), the saturated spans,
 * and the first changes. `minute` ends each minute after its stretches.
 */
export function createPainter(bucketSeconds: number): Painter {
  const capacity = createBuckets<number>(bucketSeconds, Math.min);
  const saturated = createStretches();
  const actions: Change[] = [];
  let changes = 0;
  let least = Infinity;
  return {
    stretch(fromMs, toMs, inService, isSaturated) {
      least = Math.min(least, inService);
      if (isSaturated) saturated.add({ fromMs, toMs, saturatedMs: toMs - fromMs });
    },
    minute() {
      capacity.add(least);
      least = Infinity;
    },
    change(change) {
      changes += 1;
      if (actions.length < MOST_ACTIONS) actions.push(change);
    },
    picture: () => ({ capacity: capacity.values, ...saturated.kept(), actions, changes }),
  };
}
