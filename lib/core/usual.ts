/**
 * What a load usually comes to in each hour of the day (UTC): the 90th percentile of its minutes, by which the
 * histogram-based autoscaler goes (Urgaonkar et al. 2008; lib/backtest/baselines/hist.ts). Hist keeps hundreds of samples of
 * each hour. Here an hour has one number: at first what it came to, and each time that it is over again a part of the way to that,
 * so that one bad day is not usual yet. Days of the week are not told apart, and CPU at its ceiling is taken for what it shows.
 */
import { enoughOf, type Recent } from './room-ways.ts';

const HOURS = 24;
const HOUR_MINUTES = 60;
const MINUTE_MS = 60_000;
const HOUR_MS = HOUR_MINUTES * MINUTE_MS;
const PERCENTILE = 0.9;
/** How far the newest day counts. */
const NEWEST_SHARE = 0.3;
/** With fewer, small steps would be rounded away for ever. */
const DIGITS = 4;

/** In servers at 100 %; `null` for an hour that was never seen to its end. */
export type Hours = readonly (number | null)[];

export const UNKNOWN_HOURS: Hours = Array.from({ length: HOURS }, () => null);

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);

/**
 * The hours at `nowMs`: those of before, but for the one of `lastMs`, the newest minute of `recent`, where that is over.
 * Each known minute speaks for `periodMinutes`, where these are more than one.
 */
export function hoursAfter(hours: Hours, recent: Recent, lastMs: number, nowMs: number, periodMinutes: number): Hours {
  if (hourOf(nowMs) <= hourOf(lastMs)) return hours;
  const minutes = 1 + (Math.floor(lastMs / MINUTE_MS) % HOUR_MINUTES);
  const loads = enoughOf(recent.slice(-minutes), periodMinutes);
  if (loads === null) return hours;
  const came = loads.toSorted((a, b) => a - b)[Math.floor(loads.length * PERCENTILE)] as number;
  const hour = hourOf(lastMs) % HOURS;
  return hours.map((before, i) => {
    if (i !== hour) return before;
    return Number((before === null ? came : before + NEWEST_SHARE * (came - before)).toPrecision(DIGITS));
  });
}

/** The highest of the hours from a time until before another; 0 where none of them is known. */
export function usualBetween(hours: Hours, fromMs: number, untilMs: number): number {
  let highest = 0;
  for (let ms = fromMs; ms < untilMs; ms = (hourOf(ms) + 1) * HOUR_MS)
    highest = Math.max(highest, hours[hourOf(ms) % HOURS] ?? 0);
  return highest;
}
