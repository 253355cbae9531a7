/**
 * Room for what a load does before an order serves. How much of it pays off depends on the load: the peaks of a restless
 * one come again, and a steady one is cheaper to follow. So several ways to keep room are played on each datapoint, each
 * as if it alone had ordered the servers. Each pays for its servers, and for the minutes in which they would have been
 * too busy; the one that was cheapest lately says how much room is kept. This is prediction with expert advice
 * (https://en.wikipedia.org/wiki/Multiplicative_weight_update_method, follow the leader with old costs fading); that a
 * server is ordered now for a demand that is not known is the newsvendor's problem.
 */
import type { Room, RoomSlot } from './model.ts';
import { wholeInstances } from './need.ts';

/** A peak fades by half in so many minutes; 0: only the newest datapoint counts. */
const HALF_MINUTES = [0, 2, 8, 32, 128] as const;
/** How busy a server is at most under the peak that is kept. */
const FULL = [0.52, 0.56, 0.6, 0.64, 0.68, 0.72, 0.76, 0.8, 0.84, 0.88, 0.92, 0.96, 1] as const;
/**
 * Until the load has shown what it is like, we keep room in this way, by its places in the two lists. Each step away from it
 * must first have saved so many minutes of overload.
 */
const FIRST = { half: 3, full: 8 };
const STEP_OVERLOAD_MINUTES = { half: 4, full: 0.25 };
/** How fast costs fade: what was right on Sunday need not be on Thursday. */
const COST_HALF_MS = 3 * 86_400_000;
/** Overload is priced in minutes of the fleet of the last hours, so that a launch soon counts for what it is. */
const MEAN_HALF_MS = 6 * 3_600_000;
const MINUTE_MS = 60_000;
/** After a longer gap nobody knows what would have been ordered meanwhile. */
const LONGEST_GAP_MS = 600_000;
/** What is looked back on is kept in about so many slots, however many datapoints it has. */
const SLOTS = 6;
const EPSILON = 1e-9;

/** What a way is judged by. */
export interface Judge {
  /** The value of the signal at which a server can carry no more. */
  readonly full: number;
  readonly periodMs: number;
  /** From the end of a period until a server that is ordered on its datapoint serves. */
  readonly leadMs: number;
  /** From the end of a period until its datapoint can be read. */
  readonly lagMs: number;
  /** How busy servers should be: a share of what they can be. */
  readonly target: number;
  /** What a minute at 100 % costs, in minutes of the fleet that the mean load needs at its target. */
  readonly overloadCostMinutes: number;
  /** The fleet is never smaller, nor larger. */
  readonly least: number;
  readonly most: number;
}

const rounded = (value: number): number => Number(value.toPrecision(6));

/** What a minute of overload costs, in minutes of one server. */
function priceOf(mean: number, { target, overloadCostMinutes, least }: Judge): number {
  return overloadCostMinutes * Math.max(mean / target, least, EPSILON);
}

function begin(load: number, atMs: number, judge: Judge): Room {
  const price = priceOf(load, judge);
  const costs = HALF_MINUTES.flatMap((_, half) =>
    FULL.map((_full, full) => {
      const halves = STEP_OVERLOAD_MINUTES.half * Math.abs(half - FIRST.half);
      return rounded(price * (halves + STEP_OVERLOAD_MINUTES.full * Math.abs(full - FIRST.full)));
    }),
  );
  return { atMs, mean: rounded(load), peaks: HALF_MINUTES.map(() => rounded(load)), slots: [], costs };
}

/** Whether it knows these ways, and not those of another version. */
function isOurs({ costs, peaks }: Room): boolean {
  return costs.length === HALF_MINUTES.length * FULL.length && peaks.length === HALF_MINUTES.length;
}

/**
 * How bad it is for servers to be so busy: nothing up to the target, and from there more and more, as queues grow, up to 1
 * at their limit. What was nearly too much teaches, too. CPU at its ceiling hides how much more was asked for: whoever would
 * have had no more servers than there were counts as overloaded, of whoever would have had more nobody knows.
 */
function badness(busy: number, target: number): number {
  if (busy > 1 + EPSILON) return 1;
  if (busy <= target + EPSILON) return 0;
  return busy >= 1 - EPSILON ? 1 : ((busy - target) / (1 - target)) ** 2;
}

/**
 * The lowest that each peak was while servers could still be ordered for a period that began at `atMs`, or be given back in
 * it. A decision at a time knows the datapoints whose periods were over `lagMs` before.
 */
function lowestPeaks(slots: readonly RoomSlot[], atMs: number, { periodMs, leadMs, lagMs }: Judge): number[] | null {
  const first = slots.findLastIndex((slot) => slot.fromMs <= atMs - periodMs - leadMs);
  if (first < 0) return null;
  const seen = slots.slice(first).filter((slot) => slot.fromMs < atMs - lagMs);
  return HALF_MINUTES.map((_, half) => Math.min(...seen.map(({ lowest }) => lowest[half] as number)));
}

/** The costs of all ways after a period of this load, in minutes of one server, the cheapest at 0. */
function judged(room: Room, load: number, atMs: number, judge: Judge): readonly number[] {
  const lowest = lowestPeaks(room.slots, atMs, judge);
  if (lowest === null) return room.costs;
  const { target, least, most, periodMs } = judge;
  const minutes = periodMs / MINUTE_MS;
  const kept = 2 ** (-periodMs / COST_HALF_MS);
  const price = priceOf(room.mean, judge);
  const servers = (peak: number, full: number): number => Math.max(least, Math.min(most, wholeInstances(peak / full)));
  const costs = HALF_MINUTES.flatMap((_, half) =>
    FULL.map((full, index) => {
      const serving = servers(lowest[half] as number, full);
      const busy = load <= EPSILON ? 0 : load / Math.max(serving, EPSILON);
      const paid = servers(room.peaks[half] as number, full);
      const before = room.costs[half * FULL.length + index] as number;
      return kept * before + minutes * (paid + price * badness(busy, target));
    }),
  );
  const cheapest = Math.min(...costs);
  return costs.map((cost) => rounded(cost - cheapest));
}

/** The slots with these peaks: in the last one as long as it lasts, no longer than needed to look back from the next datapoint. */
function slotted(slots: readonly RoomSlot[], peaks: readonly number[], atMs: number, judge: Judge): RoomSlot[] {
  const backMs = judge.periodMs + judge.leadMs;
  const slotMs = Math.max(judge.periodMs, backMs / SLOTS);
  const last = slots.at(-1);
  if (last !== undefined && atMs < last.fromMs + slotMs) {
    const lowest = last.lowest.map((peak, half) => Math.min(peak, peaks[half] as number));
    return [...slots.slice(0, -1), { fromMs: last.fromMs, lowest }];
  }
  const needed = slots.findLastIndex(({ fromMs }) => fromMs <= atMs + judge.periodMs - backMs);
  return [...slots.slice(Math.max(0, needed)), { fromMs: atMs, lowest: peaks }];
}

/** What is known after a datapoint of this load, in servers at 100 %, whose period began at `atMs`. */
export function roomAfter(before: Room | undefined, load: number, atMs: number, judge: Judge): Room {
  const room = before !== undefined && isOurs(before) ? before : begin(load, atMs, judge);
  const passedMs = Math.max(0, atMs - room.atMs);
  const slots = passedMs > LONGEST_GAP_MS ? [] : room.slots;
  const peaks = room.peaks.map((peak, half) => {
    const halfMs = (HALF_MINUTES[half] as number) * MINUTE_MS;
    return rounded(Math.max(load, halfMs === 0 ? 0 : peak * 2 ** (-passedMs / halfMs)));
  });
  const mean = rounded(room.mean + (1 - 2 ** (-passedMs / MEAN_HALF_MS)) * (load - room.mean));
  const costs = judged({ ...room, slots, peaks, mean }, load, atMs, judge);
  return { atMs, mean, peaks, slots: slotted(slots, peaks, atMs, judge), costs };
}

/** A way to keep room: for a peak that fades by half in so many minutes, with servers at most so busy. */
export interface Way {
  readonly halfMinutes: number;
  readonly full: number;
}

/** The way that was cheapest lately, and the servers that it asks for: a fraction, not rounded. `null`: another version learnt it. */
export function cheapestRoom(room: Room): { readonly way: Way; readonly servers: number } | null {
  if (!isOurs(room)) return null;
  const { costs, peaks } = room;
  const index = costs.indexOf(Math.min(...costs));
  const half = Math.floor(index / FULL.length);
  const full = FULL[index % FULL.length] as number;
  return { way: { halfMinutes: HALF_MINUTES[half] as number, full }, servers: (peaks[half] as number) / full };
}
