/**
 * Head-room for a load that swings: what it has lately been above its level, times what the policy asks for. A target leaves
 * every fleet the same share of spare capacity, a steady one more than it needs and a restless one less.
 */
import type { Swing } from './model.ts';

/** The level follows the load with this half-life: slowly enough for a swing to stand out, fast enough for a day's rise. */
const LEVEL_HALF_MS = 1_200_000;
/** How far it swings is remembered with this half-life. */
const SWING_HALF_MS = 86_400_000;
/** After a longer gap the load begins anew: a leap over it is no swing. */
const LONGEST_GAP_MS = 600_000;
/** Less than a tenth of what one instance should carry counts as that: between nothing and next to nothing there is no swing. */
const LEAST_LOG = Math.log(0.1);
/**
 * However far it swings, there is room for no more than double the level. What goes farther counts as that much: a hole in
 * the traffic, or a crowd, is no usual swing.
 */
const MOST_ROOM = Math.LN2;

const rounded = (value: number): number => Number(value.toPrecision(6));

/** After a datapoint of this load (its logarithm, in units) whose period began at `atMs`. */
export function swung(before: Swing | undefined, loadLog: number, atMs: number): Swing {
  const log = Math.max(LEAST_LOG, loadLog);
  const passedMs = atMs - (before?.atMs ?? 0);
  if (before === undefined || passedMs > LONGEST_GAP_MS) return { level: log, square: before?.square ?? 0, atMs };
  const { level, square } = before;
  const near = Math.max(level - MOST_ROOM, Math.min(level + MOST_ROOM, log));
  const moved = (from: number, to: number, halfMs: number): number =>
    rounded(from + (1 - 2 ** (-passedMs / halfMs)) * (to - from));
  // Only what goes up needs room; doubled, it is the square of a swing that goes both ways.
  const up = Math.max(0, near - level);
  return { level: moved(level, near, LEVEL_HALF_MS), square: moved(square, 2 * up ** 2, SWING_HALF_MS), atMs };
}

/** The logarithm of the load to have room for: `headroom` swings above its level. */
export function roomLog({ level, square }: Swing, headroom: number): number {
  return level + Math.min(MOST_ROOM, headroom * Math.sqrt(square));
}
