/**
 * What is learnt to forecast a signal: the curve of its day or week, how well forecasts did, and what room it needs. It
 * changes with each datapoint, when the state is saved anyway, and makes it larger: by 0.6 KB for a day's curve, 2.4 KB for
 * a week's, and 2.5 KB for room, which is one, three and three more write units a minute and signal (DynamoDB counts 1 KB
 * each). Learnt is the load: value × instances covered, so that our own scaling does not show in it.
 */
import { emptyCurve, logOf, SLOT_MS, SLOTS_A_DAY, slotLog, withSlot } from './curve.ts';
import type {
  FleetPolicy,
  ForecastMemory,
  ForecastPolicy,
  Point,
  Policy,
  ScalingPolicy,
  ScalingState,
  Signal,
  Skill,
} from './model.ts';
import { type Judge, roomAfter } from './room.ts';
import { isCpuSignal } from './scaling-memory.ts';
import { type Load, TREND_MS, trendAt } from './trend.ts';

/** A slot counts with half of its datapoints. */
const FILLED_SHARE = 0.5;
/** How much a new day moves the curve. The mean is one of logarithms: a peak of thirty times the usual moves it to less than three. */
const NEW_SHARE = 0.3;
/** How fast what proved or disproved a forecast fades: the slots of a day, and 32 forecasts by trend. */
const SEASON_SHARE = 1 / 144;
const TREND_SHARE = 1 / 32;
/** A foretold change of less than 2 % proves nothing. */
const SMALLEST_CHANGE = 0.02;
/**
 * How often it is written down that the primary has no traffic, or nobody to serve it, or another record than ours: often
 * enough for any window, seldom enough to save.
 */
export const AWAY_NOTED_MS = 60_000;
/** CPU at its ceiling hides how much more was asked for. */
const CEILING_PERCENT = 99;
const FULL_PERCENT = 100;
/** A minute's datapoint is usually published within another one. */
const PUBLISHED_MS = 60_000;

const NO_SKILL: Skill = { came: 0, foretold: 0 };
const NO_SLOT: ForecastMemory['slot'] = { index: 0, sum: 0, points: 0, hidden: false };

/** Signals that can be forecast: with a target, and several datapoints in a slot. What a step signal's load is nobody knows. */
export function isForecast(target: number | undefined, periodSeconds: number): boolean {
  return target !== undefined && periodSeconds * 2000 <= SLOT_MS;
}

/** The signals of a policy that are forecast. */
export function forecastSignals({ signals }: Pick<ScalingPolicy, 'signals'>): readonly Signal[] {
  return signals.filter(({ target, metric }) => isForecast(target, metric.periodSeconds));
}

/** Whether the datapoint hides a load that is larger than it shows. */
function isHidden(signal: Signal, point: Point): boolean {
  return isCpuSignal(signal) && point.value >= CEILING_PERCENT;
}

/** The share of a foretold change that came, lately: 0 where there was nothing to compare, or it went the other way. */
export function trustIn({ came, foretold }: Skill): number {
  return Math.max(0, Math.min(1, came / (foretold + SMALLEST_CHANGE ** 2)));
}

function compared({ came, foretold }: Skill, change: number, actual: number, share: number): Skill {
  const next = (old: number, now: number): number => Number(((1 - share) * old + now).toPrecision(4));
  return { came: next(came, change * actual), foretold: next(foretold, change * change) };
}

/** The loads that tell a trend: of whole periods with traffic, not hidden, up to this datapoint. */
export function loadsUpTo(signal: Signal, points: readonly Point[], memory: ForecastMemory, newest: Point): Load[] {
  const periodMs = signal.metric.periodSeconds * 1000;
  return points.flatMap((point) => {
    const { startMs, value, covered } = point;
    const isOld = startMs <= newest.startMs - TREND_MS || startMs > newest.startMs || startMs < memory.awayMs;
    if (isOld || covered === 0 || isHidden(signal, point)) return [];
    return [{ atMs: startMs + periodMs / 2, load: value * covered }];
  });
}

/** What the curve has for a slot: that of its own time of the week or day, or else yesterday's. */
function foretoldLog(season: string, index: number): number | null {
  return slotLog(season, index) ?? slotLog(season, index - SLOTS_A_DAY);
}

/** Closes the slot that is over: the curve learns it, and what the curve had foretold is compared with it. */
function closeSlot(memory: ForecastMemory, periodMs: number): ForecastMemory {
  const { slot, season, before } = memory;
  if (slot.points < FILLED_SHARE * (SLOT_MS / periodMs)) return { ...memory, before: null };
  const log = logOf(slot.sum / slot.points);
  const known = slotLog(season, slot.index);
  const mean = known === null ? log : known + NEW_SHARE * (log - known);
  // What is hidden was at least that much: it is not learnt downwards.
  const learnt = slot.hidden && known !== null ? Math.max(known, mean) : mean;
  const foretold = foretoldLog(season, slot.index);
  const isNext = before?.index === slot.index - 1 && !slot.hidden;
  const seasonSkill =
    isNext && before.foretold !== null && foretold !== null
      ? compared(memory.seasonSkill, foretold - before.foretold, log - before.log, SEASON_SHARE)
      : memory.seasonSkill;
  return {
    ...memory,
    season: withSlot(season, slot.index, learnt),
    before: slot.hidden ? null : { index: slot.index, log: Number(log.toPrecision(6)), foretold },
    seasonSkill,
  };
}

/** Settles the forecast by trend that is due, and makes the next. */
function bet(
  memory: ForecastMemory,
  signal: Signal,
  points: readonly Point[],
  point: Point,
  lead: number,
): ForecastMemory {
  const periodMs = signal.metric.periodSeconds * 1000;
  const atMs = point.startMs + periodMs / 2;
  const log = Math.log(point.value * point.covered);
  let { trendSkill, bet: open } = memory;
  if (open !== null && atMs >= open.dueMs) {
    const isInTime = atMs < open.dueMs + periodMs && Number.isFinite(log);
    if (isInTime) trendSkill = compared(trendSkill, open.change, log - open.fromLog, TREND_SHARE);
    open = null;
  }
  if (open === null && Number.isFinite(log) && !isHidden(signal, point)) {
    const dueMs = atMs + lead;
    const then = trendAt(loadsUpTo(signal, points, memory, point), dueMs);
    const change = then === null ? 0 : Math.log(then) - log;
    if (change > SMALLEST_CHANGE) open = { dueMs, fromLog: log, change };
  }
  return { ...memory, trendSkill, bet: open };
}

function learn(
  memory: ForecastMemory,
  signal: Signal,
  forecast: ForecastPolicy,
  points: readonly Point[],
  judge: Judge | null,
): ForecastMemory {
  const periodMs = signal.metric.periodSeconds * 1000;
  let next = memory;
  for (const point of points) {
    const { startMs, value, covered } = point;
    if (startMs <= next.learntMs) continue;
    next = { ...next, learntMs: startMs };
    if (startMs < next.awayMs || covered === 0) continue;
    const index = Math.floor(startMs / SLOT_MS);
    if (index !== next.slot.index) next = { ...closeSlot(next, periodMs), slot: { ...NO_SLOT, index } };
    const { sum, points: count, hidden } = next.slot;
    const load = Math.max(0, value) * covered;
    const slot = { index, sum: sum + load / next.unit, points: count + 1, hidden: hidden || isHidden(signal, point) };
    next = { ...next, slot };
    if (forecast.trend) next = bet(next, signal, points, point, leadFromMiddleMs(forecast, signal));
    const room = judge === null ? undefined : roomAfter(next.room, load / judge.full, startMs, judge);
    if (room !== next.room) next = { ...next, room };
  }
  return next;
}

/**
 * The value of this signal at which a server can carry no more. Only CPU tells: 100 percent, and of other signals what goes
 * together with that, as their target does with CPU's. `null` without a CPU target.
 */
function fullValue({ signals }: Pick<ScalingPolicy, 'signals'>, signal: Signal): number | null {
  const cpu = isCpuSignal(signal) ? signal : signals.find((one) => isCpuSignal(one) && one.target !== undefined);
  return cpu?.target === undefined ? null : (FULL_PERCENT * (signal.target as number)) / cpu.target;
}

/** Whether room is kept for this signal's load: it is asked for, and known what a server can carry. */
export function keepsRoom(scaling: ScalingPolicy, signal: Signal): boolean {
  return (scaling.forecast?.overloadCostMinutes ?? 0) > 0 && fullValue(scaling, signal) !== null;
}

/** What room for this signal's load is judged by, in a fleet of so many servers; `null`: none is kept. */
export function judgeOf(
  scaling: ScalingPolicy,
  { overloadCostMinutes, leadSeconds }: ForecastPolicy,
  signal: Signal,
  capacity: FleetPolicy['capacity'],
): Judge | null {
  const full = fullValue(scaling, signal);
  if (overloadCostMinutes === 0 || full === null) return null;
  return {
    ...{ full, overloadCostMinutes, least: capacity.min, most: capacity.max },
    target: (signal.target as number) / full,
    periodMs: signal.metric.periodSeconds * 1000,
    lagMs: PUBLISHED_MS,
    leadMs: PUBLISHED_MS + leadSeconds * 1000,
    countsStarting: isCpuSignal(signal),
  };
}

/** From the middle of a datapoint's period until an instance that is ordered on it serves. */
function leadFromMiddleMs({ leadSeconds }: ForecastPolicy, { metric }: Signal): number {
  return (leadSeconds + metric.periodSeconds / 2) * 1000 + PUBLISHED_MS;
}

/** What is learnt of a season, before anything is. Nothing else depends on which one it is. */
function newSeason(signal: Signal, season: string) {
  return { unit: signal.target as number, season, slot: NO_SLOT, before: null, seasonSkill: NO_SKILL };
}

function begin(signal: Signal, season: string): ForecastMemory {
  return { ...newSeason(signal, season), learntMs: 0, awayMs: 0, trendSkill: NO_SKILL, bet: null };
}

/** What is known of a signal under a policy with this season, of which `empty` is the curve. */
function fitted(known: ForecastMemory | undefined, signal: Signal, empty: string): ForecastMemory {
  if (known === undefined) return begin(signal, empty);
  return known.season.length === empty.length ? known : { ...known, ...newSeason(signal, empty) };
}

/**
 * The memory after this cycle; the same object when it brought nothing new. `awayMs`: until when the fleet had no traffic, or
 * nobody to serve it, or will not have all of it yet.
 */
export function trackForecast(policy: Policy, prev: ScalingState, awayMs: number, nowMs: number): ScalingState {
  const { scaling } = policy;
  if (scaling?.forecast === undefined || policy.fleet === undefined) {
    if (prev.forecast === undefined) return prev;
    const { forecast: _, ...rest } = prev;
    return rest;
  }
  const { forecast } = scaling;
  const empty = emptyCurve(forecast.season);
  let memories = prev.forecast ?? {};
  for (const signal of forecastSignals(scaling)) {
    const known = memories[signal.name];
    const before = fitted(known, signal, empty);
    const isDue =
      awayMs > nowMs ? awayMs !== before.awayMs : awayMs === nowMs && nowMs - before.awayMs >= AWAY_NOTED_MS;
    const noted = isDue ? { ...before, awayMs, bet: null } : before;
    const judge = judgeOf(scaling, forecast, signal, policy.fleet.capacity);
    const after = learn(noted, signal, forecast, prev.points[signal.name] ?? [], judge);
    if (after !== known) memories = { ...memories, [signal.name]: after };
  }
  return memories === prev.forecast ? prev : { ...prev, forecast: memories };
}
