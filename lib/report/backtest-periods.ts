/** A chart in so few numbers that a person can listen to them. */

interface Demand {
  readonly startMs: number;
  readonly bucketSeconds: number;
  readonly values: readonly (number | null)[];
}

export interface Period {
  readonly startMs: number;
  /** Null where the trace has nothing. */
  readonly highestDemand: number | null;
  readonly leastCapacity: number | null;
  readonly mostCapacity: number | null;
}

const MOST_PERIODS = 48;
/** Lengths that people count in, in seconds: from a minute to a year. */
const LENGTHS_SECONDS = [60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 31_536_000];

const reduced = (values: readonly number[], pick: (...all: number[]) => number): number | null =>
  values.length === 0 ? null : pick(...values);

/** Demand and capacity by periods of equal length, at most 48 of them unless the trace is longer than 48 years. */
export function periodsOf({ startMs, bucketSeconds, values }: Demand, capacity: readonly number[]): Period[] {
  const allSeconds = values.length * bucketSeconds;
  const lengthSeconds = LENGTHS_SECONDS.find((one) => one * MOST_PERIODS >= allSeconds) ?? allSeconds / MOST_PERIODS;
  const size = Math.max(1, Math.ceil(lengthSeconds / bucketSeconds));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) => {
    const part = <Value>(all: readonly Value[]): Value[] => all.slice(index * size, (index + 1) * size);
    const known = part(values).filter((value) => value !== null);
    return {
      startMs: startMs + index * size * bucketSeconds * 1000,
      highestDemand: reduced(known, Math.max),
      leastCapacity: reduced(part(capacity), Math.min),
      mostCapacity: reduced(part(capacity), Math.max),
    };
  });
}
