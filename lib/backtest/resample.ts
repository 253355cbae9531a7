/** Rows of any step to minutes. A gap stays a gap: unknown is not zero. */
import type { Row } from './csv.ts';

export const MINUTE_MS = 60_000;

/** One minute of a trace; `null`: the trace does not say. */
export interface TraceMinute {
  readonly startMs: number;
  readonly value: number | null;
}

/**
 * What stands between two rows that are further apart than a minute. `hold`: the earlier row's value, which is what it
 * says, an average of its whole step; mean and peak stay those of the trace, and the jumps between rows are the hard case
 * for a scaler. `interpolate`: a straight line from one to the next, kinder than most loads are.
 */
export type Resample = 'hold' | 'interpolate';

/** The usual step is the median of the first so many. */
const STEPS_LOOKED_AT = 1000;
/** A row speaks for the time to the next one, unless that is further away than so many steps: then one is missing. */
const GAP_STEPS = 1.5;
/** A minute of which less is known is not known. */
const KNOWN_MS = MINUTE_MS / 2;

function medianStepMs(rows: readonly Row[]): number {
  const steps = rows.slice(1).map(({ atMs }, index) => atMs - (rows[index] as Row).atMs);
  return steps.sort((a, b) => a - b)[Math.floor((steps.length - 1) / 2)] ?? MINUTE_MS;
}

/** Averages what it is given into whole minutes of the clock, one after the other, those in between that it never heard of too. */
function createMinutes(): {
  add(fromMs: number, toMs: number, from: number, to: number): Generator<TraceMinute>;
  end(): Generator<TraceMinute>;
} {
  let startMs: number | null = null;
  let knownMs = 0;
  let sum = 0;
  const close = (closedMs: number): TraceMinute => {
    const minute = { startMs: closedMs, value: knownMs >= KNOWN_MS ? sum / knownMs : null };
    startMs = closedMs + MINUTE_MS;
    knownMs = 0;
    sum = 0;
    return minute;
  };
  return {
    *add(fromMs, toMs, from, to) {
      const slope = (to - from) / (toMs - fromMs);
      for (let atMs = fromMs; atMs < toMs; ) {
        startMs ??= Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
        while (atMs >= startMs + MINUTE_MS) yield close(startMs);
        const untilMs = Math.min(toMs, startMs + MINUTE_MS);
        const middle = from + slope * ((atMs + untilMs) / 2 - fromMs);
        sum += middle * (untilMs - atMs);
        knownMs += untilMs - atMs;
        atMs = untilMs;
      }
    },
    *end() {
      if (startMs !== null) yield close(startMs);
    },
  };
}

export interface Resampler {
  /** The minutes that this row completes, one by one: behind a long gap they are many. */
  push(row: Row): Generator<TraceMinute>;
  /** What is left. @returns the usual step of the rows, in seconds. */
  end(): Generator<TraceMinute, number>;
}

/** Turns rows, oldest first, into minutes without a break. Rows closer than a minute are averaged, whatever `resample` says. */
export function createResampler(resample: Resample): Resampler {
  const minutes = createMinutes();
  let first: Row[] | null = [];
  let stepMs = MINUTE_MS;
  let last: Row | null = null;
  const speak = (row: Row, next: Row | null): Generator<TraceMinute> => {
    const isFollowed = next !== null && next.atMs - row.atMs <= GAP_STEPS * stepMs;
    const toMs = isFollowed ? next.atMs : row.atMs + stepMs;
    const to = isFollowed && resample === 'interpolate' && stepMs > MINUTE_MS ? next.value : row.value;
    return minutes.add(row.atMs, toMs, row.value, to);
  };
  function* take(row: Row): Generator<TraceMinute> {
    if (last !== null) yield* speak(last, row);
    last = row;
  }
  function* begin(rows: readonly Row[]): Generator<TraceMinute> {
    first = null;
    stepMs = medianStepMs(rows);
    for (const row of rows) yield* take(row);
  }
  return {
    *push(row) {
      if (first === null) yield* take(row);
      else if (first.push(row) > STEPS_LOOKED_AT) yield* begin(first);
    },
    *end() {
      if (first !== null) yield* begin(first);
      if (last !== null) yield* speak(last, null);
      yield* minutes.end();
      return stepMs / 1000;
    },
  };
}
