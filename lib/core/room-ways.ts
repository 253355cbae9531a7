/**
 * The ways to keep room for what a load does before an order serves: each takes a peak of the load, and a margin on it.
 * Which of them pays off depends on the load, so there are several of each kind. What autoscalers do today is among them:
 * one minute is Knative's stable window, six and eleven are the five and ten minutes of the Kubernetes HPA and of Compute
 * Engine and the minute now, what an hour usually comes to is near to what Hist goes by, and a margin on the peak is what a target
 * leaves.
 */
import { MOST_GROWTH } from './trend.ts';

/**
 * A peak of the load: of a window; of old, fading; what the newest minute comes to if the largest rise lately is repeated; or
 * what the hours of the day until an order serves usually come to (usual.ts).
 */
export interface Peak {
  readonly kind: 'window' | 'fading' | 'repeating' | 'usual';
  /** Of a window, and of what is usual, so many of the clock; of others, the peak or the rise loses half in so long. */
  readonly minutes: number;
}

/** What is kept beyond the peak: a share of the peak, as loads do that grow as a whole, or of the mean, as those with bursts. */
interface Margin {
  readonly of: 'peak' | 'mean';
  readonly share: number;
}

export interface Way {
  readonly peak: Peak;
  readonly margin: Margin;
}

export const PEAKS: readonly Peak[] = [
  ...[1, 6, 11].map((minutes): Peak => ({ kind: 'window', minutes })),
  ...[32, 128].map((minutes): Peak => ({ kind: 'fading', minutes })),
  ...[10, 30, 60].map((minutes): Peak => ({ kind: 'repeating', minutes })),
  { kind: 'usual', minutes: 60 },
];
export const REPEATING = PEAKS.filter(({ kind }) => kind === 'repeating');
const MARGINS: readonly Margin[] = [
  ...[0, 0.08, 0.16, 0.24, 0.34, 0.46, 0.6, 0.8].map((share): Margin => ({ of: 'peak', share })),
  ...[0.05, 0.12, 0.2, 0.3, 0.5, 0.8, 1.2].map((share): Margin => ({ of: 'mean', share })),
];
export const WAYS: readonly Way[] = PEAKS.flatMap((peak) => MARGINS.map((margin) => ({ peak, margin })));

/** A load that is higher than in so long before is out of its range. */
const RANGE_MINUTES = 60;
/** That is remembered for as long as the longest window, or as an order takes to serve where that is longer. */
const BEYOND_MINUTES = {
  least: Math.max(...PEAKS.map(({ kind, minutes }) => (kind === 'window' ? minutes : 0))),
  most: 40,
};
/** Of a shorter past nobody can say what its range is, or what it usually comes to. */
const FEWEST_MINUTES = 20;
/** No more of the range, where servers that start add to the load: else they would order each other. */
const MOST_BEYOND_OF_STARTING = 0.5;
/** The minutes that are looked back on. */
export const RECENT_MINUTES = RANGE_MINUTES + BEYOND_MINUTES.least;

/** The highest load of each of the last minutes, the newest last; `null` where none is known. */
export type Recent = readonly (number | null)[];

/** How a load comes to be known, and met. */
export interface Pace {
  readonly periodMinutes: number;
  /** From the beginning of a period until a server that is ordered on its datapoint serves. */
  readonly aheadMinutes: number;
  /** Whether servers that start show in the load: they do in CPU, not in requests. */
  readonly countsStarting: boolean;
}

const highest = (loads: Recent): number => Math.max(0, ...loads.map((load) => load ?? 0));
const knownOf = (loads: Recent): number[] => loads.filter((load) => load !== null);

/** The known ones, each for `periodMinutes` where these are more than one; `null`: of too short a past to say anything of it. */
export function enoughOf(loads: Recent, periodMinutes: number): number[] | null {
  const known = knownOf(loads);
  return known.length * Math.max(1, periodMinutes) < FEWEST_MINUTES ? null : known;
}

/**
 * How far the load of the last minutes went beyond all of the hour before; 0 where it did not, or too little of that hour is
 * known. Within its range a load does what it always does. Of one that leaves it nobody knows where it stops, so as much
 * again may come.
 */
export function beyondRange(recent: Recent, { periodMinutes, aheadMinutes, countsStarting }: Pace): number {
  const minutes = Math.max(BEYOND_MINUTES.least, Math.min(BEYOND_MINUTES.most, Math.ceil(aheadMinutes)));
  const range = recent.slice(0, -minutes);
  if (enoughOf(range, periodMinutes) === null) return 0;
  const before = highest(range);
  const beyond = Math.max(0, highest(recent.slice(-minutes)) - before);
  return countsStarting ? Math.min(beyond, MOST_BEYOND_OF_STARTING * before) : beyond;
}

/** What the load rose from: the lowest lately, but not a single one, which may be half a datapoint. */
function lowestBefore(loads: readonly number[]): number {
  const pairs = loads.slice(1).map((load, i) => Math.max(load, loads[i] as number));
  return Math.min(...(pairs.length === 0 ? loads : pairs));
}

/**
 * The largest rises, as logarithms, in the order of `REPEATING`: `before` are those of `passedMinutes` ago, and a rise is one
 * within the time that an order takes to serve, as far as that is looked back on.
 */
export function risesAfter(
  before: readonly number[],
  recent: Recent,
  passedMinutes: number,
  { aheadMinutes }: Pace,
): number[] {
  const load = recent.at(-1) as number;
  const low = lowestBefore(knownOf(recent.slice(-1 - Math.ceil(aheadMinutes), -1)));
  const growth = load <= low ? 1 : Math.min(MOST_GROWTH, load / low);
  return REPEATING.map(({ minutes }, i) =>
    Math.max(Math.log(growth), (before[i] as number) * 2 ** (-passedMinutes / minutes)),
  );
}

/** The largest rises, and what is usual until an order serves: both as they are now. */
export interface Expected {
  readonly rises: readonly number[];
  readonly usual: number;
}

/** All peaks after a load, in the order of `PEAKS`: `before` are those of `passedMinutes` ago. */
export function peaksAfter(
  before: readonly number[],
  recent: Recent,
  passedMinutes: number,
  { rises, usual }: Expected,
): number[] {
  const load = recent.at(-1) as number;
  return PEAKS.map((peak, i) => {
    const { kind, minutes } = peak;
    if (kind === 'window') return highest(recent.slice(-minutes));
    if (kind === 'fading') return Math.max(load, (before[i] as number) * 2 ** (-passedMinutes / minutes));
    if (kind === 'usual') return Math.max(load, usual);
    return load * Math.exp(rises[REPEATING.indexOf(peak)] as number);
  });
}

/** The servers that each way asks for with these peaks: fractions, in the order of `WAYS`. */
export function asked(peaks: readonly number[], mean: number): number[] {
  const servers: number[] = [];
  for (const peak of peaks)
    for (const { of, share } of MARGINS) servers.push(peak + share * (of === 'peak' ? peak : mean));
  return servers;
}

function wordsOfPeak({ kind, minutes }: Peak): string {
  if (kind === 'fading') return `a peak that fades by half in ${minutes} min`;
  if (kind === 'repeating') return `the newest minute if it rises again as lately (half of that after ${minutes} min)`;
  if (kind === 'usual') return 'what the hours until an order serves usually come to';
  return minutes === 1 ? 'the newest minute' : `the highest of ${minutes} min`;
}

/** For people: "the highest of 6 min and 24 %". */
export function wordsOf({ peak, margin }: Way): string {
  if (margin.share === 0) return wordsOfPeak(peak);
  return `${wordsOfPeak(peak)} and ${Math.round(100 * margin.share)} %${margin.of === 'mean' ? ' of the mean' : ''}`;
}
