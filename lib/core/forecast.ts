/** What the signals will, or may, ask for by the time that an instance ordered now serves. Whoever asks takes the larger of both. */
import { highestAt, isDaily, knowsDay, logOf, SLOT_MS, slotLog } from './curve.ts';
import { forecastSignals, keepsRoom, loadsUpTo, trustIn } from './forecast-memory.ts';
import type { ForecastMemory, ForecastPolicy, Point, ScalingPolicy, ScalingState, Signal } from './model.ts';
import { isWithin, needOf, wholeInstances } from './need.ts';
import { type Wanted, wantedRoom } from './room.ts';
import { wordsOf } from './room-ways.ts';
import { isFresh } from './scaling-memory.ts';
import { MOST_GROWTH, trendAt } from './trend.ts';

/** A trend that leads to less is the noise of a steady load: to follow it would be to go out and in for ever. */
const LEAST_RISE = 1.1;
/** Fewer servers would be told as 0.0. */
const LEAST_TOLD = 0.05;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
/** 1 January 1970 was a Thursday. Days are those of UTC. */
const EPOCH_DAY = 4;

export interface Forecast {
  readonly signal: string;
  /** The instances that will be needed; for a calm load's room that may be fewer than now. */
  readonly need: number;
  /** For people: "143 % of target in 4 min from the usual Tuesday's shape". */
  readonly says: string;
}

/** One signal as it stands. */
interface View {
  readonly signal: Signal;
  readonly policy: ForecastPolicy;
  readonly memory: ForecastMemory;
  readonly points: readonly Point[];
  readonly newest: Point;
  /** The middle of the newest datapoint's period. */
  readonly fromMs: number;
  readonly nowMs: number;
}

interface Foretold {
  /** On the load of the newest datapoint. */
  readonly ratio: number;
  readonly atMs: number;
  readonly from: string;
}

/** The trend, shrunk to what trends were worth lately. */
function byTrend({ signal, policy, memory, points, newest, nowMs }: View): Foretold | null {
  const load = newest.value * newest.covered;
  const atMs = nowMs + policy.leadSeconds * 1000;
  const loads = loadsUpTo(signal, points, memory, newest);
  const then = policy.trend && load > 0 ? trendAt(loads, atMs) : null;
  if (then === null || then <= load) return null;
  const spanMs = loads.length * signal.metric.periodSeconds * 1000;
  const from = `from the trend of ${Math.round(spanMs / MINUTE_MS)} min`;
  const ratio = (then / load) ** trustIn(memory.trendSkill);
  return ratio < LEAST_RISE ? null : { ratio, atMs, from };
}

/** How far back the curve tells about now: at this time of the week or day, or else yesterday; `null`: neither is known. */
function backMsOf(season: string, nowMs: number): number | null {
  if (season === '') return null;
  if (knowsDay(season, nowMs + DAY_MS / 2)) return 0;
  return isDaily(season) || !knowsDay(season, nowMs) ? null : DAY_MS;
}

/** For people: of which days the curve is the mean that tells about this time. */
function wordsOfShape(season: string, backMs: number, atMs: number): string {
  if (backMs > 0) return 'from the shape of the day before';
  if (isDaily(season)) return 'from the shape of the last days';
  return `from the usual ${DAYS[(Math.floor(atMs / DAY_MS) + EPOCH_DAY) % DAYS.length]}'s shape`;
}

/**
 * Where the curve has the load of now; `null`: unknown. In a hole, such as the slot before the first that was ever learnt, it
 * goes on from the slot before with what the load did since.
 */
function levelNow(
  { season, before, unit }: ForecastMemory,
  backMs: number,
  newest: Point,
  fromMs: number,
): number | null {
  const index = Math.floor(fromMs / SLOT_MS);
  const own = slotLog(season, Math.floor((fromMs - backMs) / SLOT_MS));
  if (own !== null || before === null || before.foretold === null || before.index !== index - 1) return own;
  return before.foretold + logOf((newest.value * newest.covered) / unit) - before.log;
}

/** The highest that the curve goes until then, against where it was, shrunk to what it was worth lately. */
function bySeason({ policy, memory, newest, fromMs, nowMs }: View, beyondMs: number): Foretold | null {
  const backMs = backMsOf(memory.season, nowMs);
  const trust = trustIn(memory.seasonSkill);
  if (backMs === null || trust === 0) return null;
  const was = levelNow(memory, backMs, newest, fromMs);
  if (was === null) return null;
  const untilMs = nowMs + policy.leadSeconds * 1000 + beyondMs;
  let best: Foretold | null = null;
  // Between the middles of slots the curve is straight, so that half slots and the end show its highest.
  for (let atMs = Math.min(nowMs + MINUTE_MS, untilMs); ; atMs = Math.min(atMs + SLOT_MS / 2, untilMs)) {
    const then = highestAt(memory.season, atMs - backMs);
    const ratio = then === null ? 0 : Math.exp(trust * (then - was));
    if (ratio > Math.max(1, best?.ratio ?? 0)) best = { ratio, atMs, from: wordsOfShape(memory.season, backMs, atMs) };
    if (atMs === untilMs) break;
  }
  return best;
}

/** What this signal will carry; `null` when nothing more than now is foretold. */
function foretell(view: View, beyondMs: number): Foretold | null {
  const [trend, season] = [byTrend(view), bySeason(view, beyondMs)];
  return (season?.ratio ?? 0) > (trend?.ratio ?? 0) ? season : trend;
}

/** The need that is foretold of this signal by trend or season; `null`: no more than now. */
function needAhead(view: View, scaling: ScalingPolicy, desired: number, beyondMs: number): Forecast | null {
  const { signal, newest, nowMs } = view;
  const foretold = foretell(view, beyondMs);
  if (foretold === null) return null;
  const value = newest.value * Math.min(MOST_GROWTH, foretold.ratio);
  const inMinutes = Math.round((foretold.atMs - nowMs) / MINUTE_MS);
  return {
    signal: signal.name,
    need: needOf(scaling, signal, { ...newest, value }, desired),
    says: `${percentOf(signal, value * newest.covered, desired)} in ${inMinutes} min ${foretold.from}`,
  };
}

/** For people: "4.9 servers, the room that paid off lately; cheapest was the highest of 6 min and 24 %". */
function wordsOfRoom({ servers, beyond, cheapest }: Wanted): string {
  const known = cheapest === null ? 'no way to keep it was cheaper than another' : `cheapest was ${wordsOf(cheapest)}`;
  const more = beyond >= LEAST_TOLD ? `, and ${beyond.toFixed(1)} as the load went beyond that of the hour before` : '';
  return `${servers.toFixed(1)} servers, the room that paid off lately${more}; ${known}`;
}

/** The instances that have the room that paid off lately; `null` where none is asked for. */
function needOfRoom({ signal, memory }: View, scaling: ScalingPolicy, desired: number): Forecast | null {
  const wanted = memory.room === undefined || !keepsRoom(scaling, signal) ? null : wantedRoom(memory.room);
  if (wanted === null) return null;
  const servers = wanted.servers + wanted.beyond;
  const need = isWithin(servers / Math.max(1, desired), scaling.tolerance) ? desired : wholeInstances(servers);
  return { signal: signal.name, need, says: wordsOfRoom(wanted) };
}

function percentOf({ target }: Signal, load: number, desired: number): string {
  return `${Math.round((100 * load) / (Math.max(1, desired) * (target as number)))} % of target`;
}

/**
 * The largest need that is foretold for any signal with a target, `null` without one. A signal is forecast only while its
 * newest datapoint is fresh and from a time when the fleet had its traffic. `beyondMs`: how far past the lead to look.
 */
export function foresee(
  scaling: ScalingPolicy,
  state: ScalingState,
  desired: number,
  nowMs: number,
  beyondMs = 0,
): Forecast | null {
  const { forecast: policy } = scaling;
  if (policy === undefined) return null;
  let largest: Forecast | null = null;
  for (const signal of forecastSignals(scaling)) {
    const points = state.points[signal.name] ?? [];
    const newest = points.at(-1);
    const memory = state.forecast?.[signal.name];
    if (newest === undefined || memory === undefined || !isFresh(signal, newest, nowMs)) continue;
    if (newest.startMs < memory.awayMs || newest.covered === 0) continue;
    const fromMs = newest.startMs + (signal.metric.periodSeconds * 1000) / 2;
    const view = { signal, policy, memory, points, newest, fromMs, nowMs };
    for (const one of [needAhead(view, scaling, desired, beyondMs), needOfRoom(view, scaling, desired)])
      if (one !== null && (largest === null || one.need > largest.need)) largest = one;
  }
  return largest;
}
