/** Virtual time: a heap of what is to come, and the driver that lets it come. */
import type { Clock } from '../ports.ts';

/** Whoever waits: while paused or frozen it does not wake, once killed it never does. */
export interface Sleeper {
  pausedUntilMs: number;
  killed: boolean;
  /** What would have woken it since it was frozen; it does when it is thawed. */
  frozen?: (() => void)[] | undefined;
  /** How far its clock is off. */
  skew?: Skew | undefined;
}

interface Skew {
  readonly sinceMs: number;
  readonly stepMs: number;
  readonly driftPpm: number;
}

interface Entry {
  readonly atMs: number;
  /** Order of insertion, so that what falls on one instant keeps its order. */
  readonly order: number;
  readonly run: () => void;
  /** Set for wake-ups, after which promises go on; `null` for what happens in the world by itself. */
  readonly sleeper: Sleeper | null;
}

export interface SimClock {
  nowMs(): number;
  /** Something happens in the world at that time, or now when it has passed. */
  at(atMs: number, run: () => void): void;
  /** `sleeper` wakes at that time: `run` resolves what it awaits. */
  wake(atMs: number, sleeper: Sleeper, run: () => void): void;
  /** Wakes a frozen sleeper for all that it missed, in its order. */
  thaw(sleeper: Sleeper): void;
  /** The clock as this sleeper has it. */
  of(sleeper: Sleeper): Clock;
  /** Lets time pass until `untilMs`, all that is due at that instant included. */
  run(untilMs: number): Promise<void>;
}

/** Whole milliseconds, as every clock here shows. */
function offMs({ sinceMs, stepMs, driftPpm }: Skew, nowMs: number): number {
  return stepMs + Math.round(((nowMs - sinceMs) * driftPpm) / 1_000_000);
}

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up] as Entry;
    if (!before(entry, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): Entry {
  const first = heap[0] as Entry;
  const last = heap.pop() as Entry;
  const size = heap.length;
  if (size === 0) return first;
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    if (down >= size) break;
    if (down + 1 < size && before(heap[down + 1] as Entry, heap[down] as Entry)) down++;
    if (!before(heap[down] as Entry, last)) break;
    heap[at] = heap[down] as Entry;
    at = down;
  }
  heap[at] = last;
  return first;
}

/**
 * A clock that stands at `startMs`. `settle` resolves when every promise that can go on has gone on; it is awaited once
 * after the wake-ups of an instant, again while they bring about more in that instant.
 */
export function createClock(startMs: number, settle: () => Promise<unknown>): SimClock {
  const heap: Entry[] = [];
  let now = startMs;
  let order = 0;
  const add = (atMs: number, run: () => void, sleeper: Sleeper | null): void => {
    push(heap, { atMs: atMs > now ? atMs : now, order: order++, run, sleeper });
  };
  /** Runs one entry; true when a promise goes on because of it. */
  const step = (): boolean => {
    const entry = pop(heap);
    now = entry.atMs;
    const sleeper = entry.sleeper;
    if (sleeper === null) {
      entry.run();
      return false;
    }
    if (sleeper.killed) return false;
    if (sleeper.frozen !== undefined) {
      sleeper.frozen.push(entry.run);
      return false;
    }
    if (sleeper.pausedUntilMs > now) {
      add(sleeper.pausedUntilMs, entry.run, sleeper);
      return false;
    }
    entry.run();
    return true;
  };
  return {
    nowMs: () => now,
    at: (atMs, run) => add(atMs, run, null),
    wake: (atMs, sleeper, run) => add(atMs, run, sleeper),
    thaw(sleeper) {
      const { frozen = [] } = sleeper;
      sleeper.frozen = undefined;
      for (const run of frozen) add(now, run, sleeper);
    },
    of: (sleeper) => ({
      nowMs: () => (sleeper.skew === undefined ? now : now + offMs(sleeper.skew, now)),
      sleep: (ms) => (ms > 0 ? new Promise((resolve) => add(now + ms, resolve, sleeper)) : Promise.resolve()),
    }),
    async run(untilMs) {
      // The caller may have left promises that can go on.
      let woke = true;
      for (;;) {
        const next = heap[0];
        const due = next !== undefined && next.atMs <= untilMs;
        if (woke && !(due && next.atMs <= now)) {
          await settle();
          woke = false;
        } else if (due) {
          if (step()) woke = true;
        } else break;
      }
      now = Math.max(now, untilMs);
    },
  };
}
