/**
 * What a load usually comes to in each hour of the day (UTC): what nine in ten of its minutes stay below, as the
 * histogram-based autoscaler has it (Urgaonkar et al. 2008; lib/backtest/baselines/hist.ts). Instead of a histogram an hour
 * keeps one number, which a higher load moves up by as much more than a lower one moves it down as it is to be rarer
 * (Ma, Muthukrishnan and Sandler 2013, "Frugal streaming for estimating quantiles", https://arxiv.org/abs/1407.1121; here in
 * shares of the number, as loads have any size).
 */
const HOURS = 24;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const BELOW = 0.9;
/** An hour that is a tenth of what it was is believed after half a week, one that is ten times as much within the hour. */
const STEP_A_MINUTE = 0.1;

/** In servers at 100 %; `null` for an hour of which nothing is known. */
export type Hours = readonly (number | null)[];

export const UNKNOWN_HOURS: Hours = Array.from({ length: HOURS }, () => null);

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS);

/** The hours after a load in a period of so many minutes that began at `atMs`. */
export function hoursAfter(hours: Hours, load: number, atMs: number, periodMinutes: number): Hours {
  const hour = hourOf(atMs) % HOURS;
  const step = STEP_A_MINUTE * periodMinutes;
  // Of an hour at nothing no share can be taken: it begins anew, as one of which nothing is known.
  const moved = (before: number): number => {
    if (load > before) return Math.min(load, before * Math.exp(step * BELOW));
    return Math.max(load, before * Math.exp(-step * (1 - BELOW)));
  };
  return hours.map((before, i) => (i !== hour ? before : moved(before || load)));
}

/** The highest of the hours from `atMs` until so many minutes later; 0 where none of them is known. */
export function usualUntil(hours: Hours, atMs: number, aheadMinutes: number): number {
  const first = hourOf(atMs);
  const last = Math.min(first + HOURS - 1, hourOf(atMs + aheadMinutes * MINUTE_MS));
  const ahead = Array.from({ length: last - first + 1 }, (_, i) => hours[(first + i) % HOURS] ?? 0);
  return Math.max(...ahead);
}
