/** What was true when: values with the time from which they held, oldest first. */

interface Entry<T> {
  readonly atMs: number;
  readonly value: T;
}

export type Timeline<T> = Entry<T>[];

export function put<T>(timeline: Timeline<T>, atMs: number, value: T): void {
  timeline.push({ atMs, value });
}

export function lastOf<T>(timeline: Timeline<T>): T | undefined {
  return timeline.at(-1)?.value;
}

/** What held at that time, changes of that very moment included; `undefined` before the first value. */
export function valueAt<T>(timeline: Timeline<T>, atMs: number): T | undefined {
  return timeline.findLast((entry) => entry.atMs <= atMs)?.value;
}

/** Every value that held at some time from `fromMs` to `toMs`, both included. */
export function during<T>(timeline: Timeline<T>, fromMs: number, toMs: number): T[] {
  const first = timeline.findLastIndex((entry) => entry.atMs <= fromMs);
  return timeline
    .slice(Math.max(0, first))
    .filter((entry) => entry.atMs <= toMs)
    .map((entry) => entry.value);
}

/** For how many milliseconds between these times it held. */
export function heldMs<T>(timeline: Timeline<T>, fromMs: number, toMs: number, holds: (value: T) => boolean): number {
  return timeline.reduce((sum, { atMs, value }, index) => {
    if (!holds(value)) return sum;
    const untilMs = Math.min(toMs, timeline[index + 1]?.atMs ?? toMs);
    return sum + Math.max(0, untilMs - Math.max(fromMs, atMs));
  }, 0);
}

/** It held the whole time, from the beginning on: what is not known yet does not count. */
export function always<T>(timeline: Timeline<T>, fromMs: number, toMs: number, holds: (value: T) => boolean): boolean {
  return timeline.some(({ atMs }) => atMs <= fromMs) && during(timeline, fromMs, toMs).every(holds);
}

export function ever<T>(timeline: Timeline<T>, fromMs: number, toMs: number, holds: (value: T) => boolean): boolean {
  return during(timeline, fromMs, toMs).some(holds);
}

/** The last time span until `untilMs` in which it held, breaks shorter than `blinkMs` overlooked; `null`: it never did. */
export function lastRun<T>(
  timeline: Timeline<T>,
  untilMs: number,
  blinkMs: number,
  holds: (value: T) => boolean,
): { readonly fromMs: number; readonly toMs: number } | null {
  let [fromMs, toMs, endMs] = [Number.NaN, Number.NaN, untilMs];
  for (const { atMs, value } of timeline.filter((entry) => entry.atMs <= untilMs).reverse()) {
    const found = !Number.isNaN(fromMs);
    if (holds(value)) {
      if (!found) toMs = endMs;
      fromMs = atMs;
    } else if (found && endMs - atMs >= blinkMs) break;
    endMs = atMs;
  }
  return Number.isNaN(fromMs) ? null : { fromMs, toMs };
}
