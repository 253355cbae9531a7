/**
 * Room for what a load does before an order serves. How much of it pays off depends on the load: the peaks of a restless
 * one come again, and a steady one is cheaper to follow. So several ways to keep room (room-ways.ts) are played on each
 * datapoint, each as if it alone had ordered the servers. Each pays for its servers, and for the minutes in which they would
 * have been too busy; the cheaper a way was lately, the more its word counts. This is prediction with expert advice, the
 * exponentially weighted average (Cesa-Bianchi and Lugosi 2006, chapter 2;
 * https://en.wikipedia.org/wiki/Multiplicative_weight_update_method), with old costs fading; that a server is ordered now for
 * a demand that is not known is the newsvendor's problem.
 */
import type { Room, RoomSlot } from './model.ts';
import { wholeInstances } from './need.ts';
import {
  asked,
  beyondRange,
  type Pace,
  PEAKS,
  peaksAfter,
  RECENT_MINUTES,
  REPEATING,
  type Recent,
  risesAfter,
  WAYS,
  type Way,
} from './room-ways.ts';
import { hoursAfter, UNKNOWN_HOURS, usualBetween } from './usual.ts';

/** A way that cost so many minutes of the fleet more than another counts for 1/e of it. */
const DOUBT_FLEET_MINUTES = 50;
/**
 * Room beyond the range is for what is rare, so it is believed in until it cost so many minutes of overload more than it
 * saved lately. Where a load leaves its range every few hours, and each time comes back, that is known within days.
 */
const UNPROVED_OVERLOADS = 12;
/** How fast costs fade: what was right on Sunday need not be on Thursday. */
const COST_HALF_MS = 3 * 86_400_000;
/** The fleet is that of the last hours, so that a launch soon counts for what it is. */
const MEAN_HALF_MS = 6 * 3_600_000;
const MINUTE_MS = 60_000;
/** After a longer gap nobody knows what would have been ordered meanwhile. */
const LONGEST_GAP_MS = 600_000;
/** What is looked back on is kept in about so many slots, however many datapoints it has. */
const SLOTS = 6;
const EPSILON = 1e-9;

/** What a way is judged by. */
export interface Judge extends Pick<Pace, 'countsStarting'> {
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

/** So many digits are kept: of what is added up, enough for what ten seconds change of days. */
const DIGITS = { load: 5, cost: 6, mean: 7 } as const;
const rounded = (value: number, of: keyof typeof DIGITS): number => Number(value.toPrecision(DIGITS[of]));

/** The servers that the mean load needs at its target. */
function fleetOf(mean: number, { target, least }: Judge): number {
  return Math.max(mean / target, least, EPSILON);
}

/** No way orders fewer or more. */
function within(servers: number, { least, most }: Judge): number {
  return Math.max(least, Math.min(most, servers));
}

/**
 * What was learnt, with so much of the signal as 100 percent of a server. An edited target changes what is counted as that: the
 * load did not jump. Costs are of servers, too.
 */
function countedBy(room: Room, full: number): Room {
  const times = (room.full ?? full) / full;
  if (times === 1) return room;
  const scaled = (value: number, of: keyof typeof DIGITS): number => rounded(times * value, of);
  const all = (loads: readonly number[]): number[] => loads.map((one) => scaled(one, 'load'));
  const known = (loads: Recent): Recent => loads.map((one) => (one === null ? null : scaled(one, 'load')));
  return {
    ...room,
    ...{
      mean: scaled(room.mean, 'mean'),
      recent: known(room.recent),
      hours: known(room.hours),
      peaks: all(room.peaks),
    },
    slots: room.slots.map(({ fromMs, lowest }) => ({ fromMs, lowest: all(lowest) })),
    ...{ costs: room.costs.map((cost) => scaled(cost, 'cost')), lost: scaled(room.lost, 'cost') },
  };
}

/** Whether it knows these ways, and not those of another version, which has not as many. */
function isOurs({ costs, peaks, rises, recent, hours, lost }: Partial<Room>): boolean {
  if (
    lost === undefined ||
    hours?.length !== UNKNOWN_HOURS.length ||
    costs?.length !== WAYS.length ||
    peaks?.length !== PEAKS.length
  )
    return false;
  return rises?.length === REPEATING.length && recent?.length === RECENT_MINUTES;
}

/**
 * How bad it is for servers to be so busy: nothing up to half-way from their target to their limit, where work waits for less
 * time than it takes (Erlang's C formula, ten servers, 80 %), and from there more and more up to 1. What was nearly too much
 * teaches, too. CPU at its ceiling hides how much more was asked for: whoever would have had no more servers than there were
 * counts as overloaded, of whoever would have had more nobody knows.
 */
function badness(busy: number, target: number): number {
  const calm = (1 + target) / 2;
  if (busy > 1 + EPSILON) return 1;
  if (busy <= calm + EPSILON) return 0;
  return busy >= 1 - EPSILON ? 1 : ((busy - calm) / (1 - calm)) ** 2;
}

/** What would have served: of each way, and of what was wanted, without and with all that there was beyond the range. */
interface Serving {
  readonly asks: readonly number[];
  readonly servers: number;
  readonly all: number;
}

/**
 * What would have served in a period that began at `atMs`: the least that was ordered while an order was in time for it, or a
 * server could be given back in it; `null`: unknown. A decision at a time knows the datapoints whose periods were over `lagMs`
 * before.
 */
function servingIn(slots: readonly RoomSlot[], mean: number, atMs: number, judge: Judge): Serving | null {
  const first = slots.findLastIndex((slot) => slot.fromMs <= atMs - backMsOf(judge));
  const seen = first < 0 ? [] : slots.slice(first).filter((slot) => slot.fromMs < atMs - judge.lagMs);
  const [oldest, ...later] = seen;
  if (oldest === undefined) return null;
  const lowest = oldest.lowest.map((one, i) => Math.min(one, ...later.map((slot) => slot.lowest[i] as number)));
  const [servers, all] = lowest.slice(PEAKS.length) as [number, number];
  return { asks: asked(lowest.slice(0, PEAKS.length), mean), servers, all };
}

/** What the newest period costs with so many servers ordered, and so many that serve: in minutes of one server. */
type CostOf = (ordered: number, serving: number) => number;

function costOf(load: number, fleet: number, judge: Judge): CostOf {
  const minutes = judge.periodMs / MINUTE_MS;
  const price = judge.overloadCostMinutes * fleet;
  const whole = (servers: number): number => wholeInstances(within(servers, judge));
  return (ordered, serving) => {
    const busy = load <= EPSILON ? 0 : load / Math.max(whole(serving), EPSILON);
    return minutes * (whole(ordered) + price * badness(busy, judge.target));
  };
}

/** Costs of before and of the newest period: old ones fade. */
function added(before: number, now: number, { periodMs }: Judge): number {
  return 2 ** (-periodMs / COST_HALF_MS) * before + now;
}

/** The costs of all ways after the newest period, the cheapest at 0. */
function judged(
  before: readonly number[],
  asks: readonly number[],
  serving: readonly number[],
  cost: CostOf,
  judge: Judge,
): readonly number[] {
  const costs = before.map((so, way) => added(so, cost(asks[way] as number, serving[way] as number), judge));
  const cheapest = Math.min(...costs);
  return costs.map((one) => rounded(one - cheapest, 'cost'));
}

/** How far room beyond the range is believed in that lost so much. */
function trusted(lost: number, fleet: number, { overloadCostMinutes }: Judge): number {
  return Math.min(1, Math.exp((UNPROVED_OVERLOADS * overloadCostMinutes - lost / fleet) / DOUBT_FLEET_MINUTES));
}

/** From the beginning of a period until a server that is ordered on its datapoint serves. */
const backMsOf = ({ periodMs, leadMs }: Judge): number => periodMs + leadMs;
const slotMsOf = (judge: Judge): number => Math.max(judge.periodMs, backMsOf(judge) / SLOTS);

/** The slots with these values: in the last one as long as it lasts, no longer than needed to look back from the next datapoint. */
function slotted(slots: readonly RoomSlot[], values: readonly number[], atMs: number, judge: Judge): RoomSlot[] {
  const last = slots.at(-1);
  if (last !== undefined && atMs < last.fromMs + slotMsOf(judge)) {
    const lowest = last.lowest.map((one, i) => Math.min(one, values[i] as number));
    return [...slots.slice(0, -1), { fromMs: last.fromMs, lowest }];
  }
  const needed = slots.findLastIndex(({ fromMs }) => fromMs <= atMs - judge.leadMs);
  return [...slots.slice(Math.max(0, needed)), { fromMs: atMs, lowest: values }];
}

/** The highest load of each of the last minutes, after one of `minutes` later. */
function recentAfter(recent: Recent, load: number, minutes: number): Recent {
  if (minutes <= 0) return [...recent.slice(0, -1), Math.max(load, recent.at(-1) as number)];
  const gap = Array.from({ length: Math.min(minutes, RECENT_MINUTES) - 1 }, () => null);
  return [...recent, ...gap, load].slice(-RECENT_MINUTES);
}

/** What all ways ask for, each counted by what it cost: one that cost `doubt` more than another, for 1/e of it. */
function agreed(servers: readonly number[], costs: readonly number[], doubt: number): number {
  let [sum, all] = [0, 0];
  for (const [way, cost] of costs.entries()) {
    const weight = Math.exp(-cost / doubt);
    sum += weight * (servers[way] as number);
    all += weight;
  }
  return sum / all;
}

function begin(load: number, atMs: number): Omit<Room, 'servers' | 'beyond'> {
  const zeros = (all: readonly unknown[]): number[] => all.map(() => 0);
  const [rises, peaks, costs] = [zeros(REPEATING), zeros(PEAKS), zeros(WAYS)];
  return { atMs, mean: load, lost: 0, recent: [], hours: UNKNOWN_HOURS, rises, peaks, slots: [], costs };
}

function paceOf(judge: Judge): Pace {
  const { periodMs, countsStarting } = judge;
  return { periodMinutes: periodMs / MINUTE_MS, aheadMinutes: backMsOf(judge) / MINUTE_MS, countsStarting };
}

/** What is worth having of what the ways ask for, and `more` for a load that left its range: no more than there may be. */
function worth(asks: readonly number[], costs: readonly number[], more: number, fleet: number, judge: Judge) {
  const doubt = DOUBT_FLEET_MINUTES * fleet;
  const ask = (bounded: (servers: number) => number): number => agreed(asks.map(bounded), costs, doubt);
  const servers = ask((one) => within(one, judge));
  if (more === 0) return { servers: rounded(servers, 'load'), beyond: 0 };
  // The smallest fleet may have room enough: of what it has more than was wanted, nothing comes on top.
  const all = within(ask((one) => Math.min(judge.most, one)) + more, judge);
  return { servers: rounded(servers, 'load'), beyond: rounded(Math.max(0, all - servers), 'load') };
}

/** What is known after a datapoint of this load, in servers at 100 %, whose period began at `atMs`. */
export function roomAfter(before: Room | undefined, load: number, atMs: number, judge: Judge): Room {
  const isKnown = before !== undefined && isOurs(before);
  const known = isKnown ? countedBy(before, judge.full) : begin(load, atMs);
  const passedMs = Math.max(0, atMs - known.atMs);
  const passedMinutes = passedMs / MINUTE_MS;
  const minutes = isKnown ? Math.floor(atMs / MINUTE_MS) - Math.floor(known.atMs / MINUTE_MS) : RECENT_MINUTES;
  const mean = rounded(known.mean + (1 - 2 ** (-passedMs / MEAN_HALF_MS)) * (load - known.mean), 'mean');
  const recent = recentAfter(known.recent, rounded(load, 'load'), minutes);
  const loads = (values: readonly number[]): number[] => values.map((value) => rounded(value, 'load'));
  const pace = paceOf(judge);
  const rises = loads(risesAfter(known.rises, recent, passedMinutes, pace));
  const hours = hoursAfter(known.hours, known.recent, known.atMs, atMs, pace.periodMinutes);
  // What is ordered now has to do until an order of the next slot serves: ways are judged by the lowest of each.
  const usual = usualBetween(hours, atMs, atMs + backMsOf(judge) + slotMsOf(judge));
  const peaks = loads(peaksAfter(known.peaks, recent, passedMinutes, { rises, usual }));
  const slots = passedMs > LONGEST_GAP_MS ? [] : known.slots;
  const asks = asked(peaks, mean);
  const fleet = fleetOf(mean, judge);
  const serving = servingIn(slots, known.mean, atMs, judge);
  const cost = costOf(load, fleet, judge);
  const costs = serving === null ? known.costs : judged(known.costs, asks, serving.asks, cost, judge);
  const { servers, beyond } = worth(asks, costs, beyondRange(recent, pace), fleet, judge);
  const all = servers + beyond;
  const costOfBeyond = serving === null ? null : cost(all, serving.all) - cost(servers, serving.servers);
  const lost = costOfBeyond === null ? known.lost : rounded(added(known.lost, costOfBeyond, judge), 'cost');
  const kept = { servers, beyond: rounded(beyond * trusted(lost, fleet, judge), 'load'), lost };
  const slotsNow = slotted(slots, [...peaks, ...loads([servers, all])], atMs, judge);
  return { full: judge.full, atMs, mean, ...kept, recent, hours, rises, peaks, slots: slotsNow, costs };
}

/** What room is worth having. */
export interface Wanted {
  /** What all ways ask for, each counted by what it cost lately: a fraction of servers. */
  readonly servers: number;
  /** What is kept besides, for a load that went beyond that of the hour before. */
  readonly beyond: number;
  /** The way that was cheapest lately; `null`: all cost the same. */
  readonly cheapest: Way | null;
}

/** What room is wanted; `null`: another version learnt it. */
export function wantedRoom(room: Room): Wanted | null {
  if (!isOurs(room)) return null;
  const { servers, beyond, costs } = room;
  return { servers, beyond, cheapest: costs.some((cost) => cost > 0) ? (WAYS[costs.indexOf(0)] as Way) : null };
}
