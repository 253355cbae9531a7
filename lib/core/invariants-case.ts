/** What a checker looks at, and how it complains. */

import type { Book, SavedAction } from './invariants-book.ts';
import type { ReadApi, Write } from './invariants-evidence.ts';
import type { Shared } from './invariants-shared.ts';
import { lastRun, type Timeline } from './invariants-timeline.ts';

/** A write of the controller with the action behind it; `null`: it saved none that asks for this. */
export interface Case {
  readonly book: Book;
  readonly shared: Shared;
  readonly write: Write;
  readonly saved: SavedAction | null;
}

/** A write that took effect, and one whose action was saved. */
export interface Effect extends Case {
  readonly saved: SavedAction;
  readonly effectMs: number;
}

/** Whether what was saved may rest on old answers of this API: whoever reads those cannot know better. */
export function readOld({ shared, saved }: Effect, api: ReadApi): boolean {
  return shared.oldMs[api] > saved.savedMs - SEEN_MS;
}

/**
 * The gate's second look: for this service alone. What the caller reads meanwhile for others, or for its next round, while the
 * write waits for its turn at Route 53, is not what the write waits for.
 */
export function gateLook({ looks }: Shared, { caller, service }: Write, { savedMs }: SavedAction) {
  const isOfGate = (about: readonly string[] | null): boolean => about?.length === 1 && about[0] === service;
  return looks.get(caller)?.findLast(({ atMs, value }) => atMs >= savedMs && isOfGate(value.about));
}

/** What a cycle saves may rest on readings this old: a round is over four seconds after it began (DESIGN section 6). */
export const SEEN_MS = 4000;
/** An action may be sent for this long after it was saved (DESIGN section 6). */
export const NOT_AFTER_MS = 4000;
/** Rounds are back this long after whatever troubled the controller is over: the next tick, and its takeover. */
export const BACK_MS = 150_000;
/** A counter moves at most once in this share of an interval (DESIGN section 5). */
const ROUND_SHARE = 0.8;

/** What is read in a round is read this long after its mark, at the latest (lib/controller/cycle.ts). */
const READ_LATE_MS = 2500;

/**
 * The time that this many rounds take at least, from what is seen in the first to what is seen in the last. Rounds keep
 * their pace; what is read in them comes late where calls are slow or a function was paused.
 */
export function roundsMs({ book, shared, saved }: Effect, rounds: number): number {
  const { functions, readings } = shared.troubleMs;
  const isLate = Math.max(functions, readings) > saved.savedMs - rounds * book.longestMs - SEEN_MS;
  return (rounds - 1) * ROUND_SHARE * book.shortestMs - (isLate ? READ_LATE_MS : 0) - 2 * book.offMs;
}

/** One complaint unless it holds. */
export function unless(holds: boolean, message: string): string[] {
  return holds ? [] : [message];
}

/** Seconds for a message. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/**
 * Since when `is` held of this line for whoever read old answers about targets: a spell that begins in their time, or within
 * `gapMs` after it, was shown as going on from before, if it held when they began.
 */
export function shownSince<T>(
  of: Timeline<T>,
  shared: Shared,
  sinceMs: number,
  gapMs: number,
  is: (value: T) => boolean,
): number {
  const old = shared.oldAnswers.find(({ atMs, untilMs }) => atMs < sinceMs && sinceMs <= untilMs + gapMs);
  const shown = old && lastRun(of, old.atMs, gapMs, is);
  if (old === undefined || !shown || shown.toMs !== old.atMs) return sinceMs;
  return shownSince(of, shared, shown.fromMs, gapMs, is);
}
