/**
 * The ways to keep room for what a load does before an order serves: each takes a peak of the load, and a margin on it.
 * Which of them pays off depends on the load, so there are several of each kind. What autoscalers do today is among them:
 * one minute is Knative's stable window, six and eleven are the five and ten minutes of the Kubernetes HPA and of Compute
 * Engine and the minute now, and a margin on the peak is what a target leaves.
 */
import { MOST_GROWTH } from './trend.ts';

/** A peak of the load: of a window, of what the load would come to if each rise went on, or of old, fading. */
export interface Peak {
  readonly kind: 'window' | 'rising' | 'fading';
  /** Of a window, so many of the clock, the newest included; of a fading one, it loses half in so long. */
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
  ...[3, 6, 11].map((minutes): Peak => ({ kind: 'rising', minutes })),
  ...[32, 128].map((minutes): Peak => ({ kind: 'fading', minutes })),
];
const MARGINS: readonly Margin[] = [
  ...[0, 0.08, 0.16, 0.24, 0.34, 0.46, 0.6, 0.8].map((share): Margin => ({ of: 'peak', share })),
  ...[0.05, 0.12, 0.2, 0.3, 0.5, 0.8, 1.2].map((share): Margin => ({ of: 'mean', share })),
];
export const WAYS: readonly Way[] = PEAKS.flatMap((peak) => MARGINS.map((margin) => ({ peak, margin })));

/** The slope of a rise is that of so many minutes, or of up to so many where that minute has no datapoint. */
const SLOPE_MINUTES = { least: 5, most: 9 };
/** The minutes that windows and slopes look back on. */
export const RECENT_MINUTES =
  Math.max(...PEAKS.map(({ kind, minutes }) => (kind === 'fading' ? 0 : minutes))) + SLOPE_MINUTES.most;

/** The loads of the last minutes, the newest last; `null` where none is known. */
export type Recent = readonly (number | null)[];

/** What the load of this minute comes to in `aheadMinutes` if it goes on as lately; itself where it is not known to rise. */
function risen(recent: Recent, at: number, aheadMinutes: number): number {
  const load = recent[at] ?? 0;
  for (let back = SLOPE_MINUTES.least; back <= SLOPE_MINUTES.most; back += 1) {
    const before = recent[at - back];
    if (before === undefined || before === null) continue;
    return Math.max(load, Math.min(MOST_GROWTH * load, load + ((load - before) / back) * aheadMinutes));
  }
  return load;
}

/**
 * All peaks after a load, in the order of `PEAKS`: `before` are those of `passedMinutes` ago, and `aheadMinutes` how far a
 * rise is looked ahead.
 */
export function peaksAfter(
  before: readonly number[],
  recent: Recent,
  passedMinutes: number,
  aheadMinutes: number,
): number[] {
  const rising = recent.map((_, at) => risen(recent, at, aheadMinutes));
  const highest = (loads: Recent, minutes: number): number =>
    Math.max(0, ...loads.slice(-minutes).map((load) => load ?? 0));
  return PEAKS.map(({ kind, minutes }, i) => {
    if (kind === 'rising') return highest(rising, minutes);
    if (kind === 'window') return highest(recent, minutes);
    return Math.max(recent.at(-1) as number, (before[i] as number) * 2 ** (-passedMinutes / minutes));
  });
}

/** The servers that each way asks for with these peaks: fractions, in the order of `WAYS`. */
export function asked(peaks: readonly number[], mean: number): number[] {
  const servers: number[] = [];
  for (const peak of peaks)
    for (const { of, share } of MARGINS) servers.push(peak + share * (of === 'peak' ? peak : mean));
  return servers;
}

/** For people: "the highest of 6 min and 24 %". */
export function wordsOf({ peak, margin }: Way): string {
  const { kind, minutes } = peak;
  const highest = `${minutes === 1 ? 'the newest minute' : `the highest of ${minutes} min`}${kind === 'rising' ? ' if it rises on' : ''}`;
  const base = kind === 'fading' ? `a peak that fades by half in ${minutes} min` : highest;
  if (margin.share === 0) return base;
  return `${base} and ${Math.round(100 * margin.share)} %${margin.of === 'mean' ? ' of the mean' : ''}`;
}
