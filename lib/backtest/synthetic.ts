/** Loads made from a seed, one for each shape that hurts: for benchmarks that must not depend on anybody's recordings. */

import type { Trace } from './backtest.ts';
import type { Row } from './csv.ts';
import { MINUTE_MS } from './resample.ts';

const DAY_MINUTES = 1440;
/** A Monday. */
const START_MS = Date.UTC(2026, 0, 5);
/** What a row is worth on an ordinary day, in requests a minute. */
const LEVEL = 10_000;

/** Uniform in [0, 1), the same for the same seed: mulberry32, by Tommy Ettinger, in the public domain. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A day that is quiet at night, and a weekend that is quieter: between about 0.3 and 1. */
function dayAndWeek(minute: number): number {
  const ofDay = (minute % DAY_MINUTES) / DAY_MINUTES;
  const isWeekend = Math.floor(minute / DAY_MINUTES) % 7 >= 5;
  return (0.65 - 0.35 * Math.cos(2 * Math.PI * (ofDay - 0.125))) * (isWeekend ? 0.6 : 1);
}

interface Shape {
  readonly name: string;
  readonly days: number;
  /** The load of a minute; `null`: there is no row. */
  readonly load: (minute: number) => number | null;
}

/** Ten minutes to three times as much, an hour and a half to half of that again: once a day, at another time each. */
function crowd(minute: number, beginsAt: number): number {
  const since = (minute % DAY_MINUTES) - beginsAt;
  if (since < 0) return 0;
  return since < 10 ? 0.3 * since : 3 * 2 ** (-(since - 10) / 90);
}

function shapes(random: () => number): readonly Shape[] {
  const crowds = Array.from({ length: 7 }, () => 300 + Math.floor(random() * 900));
  const spikes = new Set(Array.from({ length: 60 }, () => Math.floor(random() * 7 * DAY_MINUTES)));
  const gaps = Array.from({ length: 12 }, () => Math.floor(random() * 7 * DAY_MINUTES));
  const isMissing = (minute: number): boolean => gaps.some((from) => minute >= from && minute < from + 25);
  const steps = Array.from({ length: 7 * 4 }, () => 0.3 + 1.4 * random());
  return [
    { name: 'day-and-week', days: 14, load: dayAndWeek },
    { name: 'flash-crowd', days: 7, load: (m) => dayAndWeek(m) + crowd(m, crowds[Math.floor(m / DAY_MINUTES)] ?? 0) },
    { name: 'steps', days: 7, load: (m) => steps[Math.floor(m / 360)] ?? 1 },
    { name: 'spikes', days: 7, load: (m) => dayAndWeek(m) * (spikes.has(m) || spikes.has(m - 1) ? 4 : 1) },
    { name: 'gaps', days: 7, load: (m) => (isMissing(m) ? null : dayAndWeek(m)) },
  ];
}

/** The made loads, one row a minute, with 5 % of noise. The same seed gives the same rows. */
export function syntheticTraces(seed: number): Trace[] {
  const random = chance(seed);
  return shapes(random).map(({ name, days, load }) => {
    const rows: Row[] = [];
    for (let minute = 0; minute < days * DAY_MINUTES; minute += 1) {
      const value = load(minute);
      const noise = 1 + 0.05 * (2 * random() - 1);
      if (value !== null) rows.push({ atMs: START_MS + minute * MINUTE_MS, value: Math.round(LEVEL * value * noise) });
    }
    return {
      name,
      async *rows() {
        yield rows;
      },
    };
  });
}
