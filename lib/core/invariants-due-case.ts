/** What is due, and how long it may take. */
import type { Book, SiteBook } from './invariants-book.ts';
import type { Shared } from './invariants-shared.ts';
import { lastOf, type Timeline } from './invariants-timeline.ts';
import type { ServiceState } from './model.ts';

/** What is asked in a cycle. */
export interface Moment {
  readonly book: Book;
  readonly shared: Shared;
  /** As the controller saved it last. */
  readonly state: ServiceState;
  readonly atMs: number;
}

export interface Due {
  /** As long as this stays the same it is the same thing that is due. */
  readonly key: string;
  readonly what: string;
  readonly withinMs: number;
}

/** Calls, and a round that waits for calls without an answer. */
const SPARE_MS = 20_000;

/** How long so many rounds take at most. */
export function roundsTakeMs(longestMs: number, rounds: number): number {
  return rounds * longestMs + SPARE_MS;
}

/** Since when it holds without a break; from the beginning where nothing was ever shown, and never if it does not now. */
export function sinceSteady<T>(timeline: Timeline<T>, holds: (value: T) => boolean): number {
  const last = timeline.findLastIndex(({ value }) => !holds(value));
  if (timeline.length === 0) return Number.NEGATIVE_INFINITY;
  return timeline[last + 1]?.atMs ?? Number.POSITIVE_INFINITY;
}

/** What is wanted of the site's group; 0 where none is known. */
export function desiredOf({ group }: SiteBook): number {
  return lastOf(group)?.desired ?? 0;
}
