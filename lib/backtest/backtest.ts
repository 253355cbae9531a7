/** A trace under evenkeel and all that it is compared with. The trace is read twice: its mean must be known before it is played. */

import type { Row } from './csv.ts';
import { TraceError } from './csv.ts';
import { cpuTargets, createEvenkeel, replayedPolicy, roundSeconds, type Scaled } from './evenkeel.ts';
import type { BacktestResult, Baseline, Settings } from './model.ts';
import { bucketSecondsFor, createBuckets } from './picture.ts';
import { createReplay } from './replay.ts';
import { createResampler, type Resample, type TraceMinute } from './resample.ts';
import { madeRequests, unreplayable } from './signals.ts';
import { verdictOf } from './verdict.ts';

/** How the values of a trace become demand. */
export type Conversion =
  /** Requests per row; an instance serves so many a minute at 100 % CPU. */
  | { readonly kind: 'requests'; readonly perInstance: number }
  /** Average CPU percent of a fleet of so many instances. */
  | { readonly kind: 'cpu'; readonly fleetSize: number }
  /** Anything that grows with load: scaled so that a fleet kept at the target has so many instances on average. */
  | { readonly kind: 'mean'; readonly instances: number };

export interface Trace {
  /** For people: the file, or where else it comes from. */
  readonly name: string;
  /** The rows from the first on, each time that it is called. */
  rows(): AsyncIterable<readonly Row[]>;
}

export interface BacktestOptions {
  readonly policy: Scaled;
  readonly policyFile: string;
  readonly trace: Trace;
  readonly conversion: Conversion;
  readonly resample: Resample;
  readonly settings: Settings;
  readonly baselines: readonly Baseline[];
  /** Rows played, of all that there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Waited for again and again, also inside of a long gap. What it rejects with ends the backtest. */
  readonly pause?: () => Promise<void>;
}

interface Survey {
  readonly rows: number;
  readonly stepSeconds: number;
  readonly fromMs: number;
  readonly minutes: number;
  readonly gapMinutes: number;
  /** Of the minutes that are known, in the unit of the trace. */
  readonly mean: number;
  readonly peak: number;
}

/** Little enough of them is played between two pauses for a person not to wait. */
const MINUTES_BETWEEN_PAUSES = 1440;

type Playing = Pick<BacktestOptions, 'trace' | 'resample' | 'pause'>;

/** Reads the trace once, minute by minute. @returns rows and their usual step. */
async function minutesOf(
  { trace, resample, pause }: Playing,
  onMinute: (minute: TraceMinute) => void,
  onRows: (rows: number) => void,
): Promise<Pick<Survey, 'rows' | 'stepSeconds'>> {
  const resampler = createResampler(resample);
  let [rows, minutes] = [0, 0];
  const take = async <End>(some: Generator<TraceMinute, End>): Promise<End> => {
    for (let next = some.next(); ; next = some.next()) {
      if (next.done) return next.value;
      onMinute(next.value);
      minutes += 1;
      if (minutes % MINUTES_BETWEEN_PAUSES === 0) await pause?.();
    }
  };
  for await (const batch of trace.rows()) {
    for (const row of batch) await take(resampler.push(row));
    rows += batch.length;
    onRows(rows);
    await pause?.();
  }
  return { rows, stepSeconds: await take(resampler.end()) };
}

async function survey(playing: Playing): Promise<Survey> {
  let [minutes, known, sum, peak] = [0, 0, 0, 0];
  let fromMs: number | null = null;
  const { rows, stepSeconds } = await minutesOf(
    playing,
    ({ startMs, value }) => {
      fromMs ??= startMs;
      minutes += 1;
      if (value === null) return;
      known += 1;
      sum += value;
      peak = Math.max(peak, value);
    },
    () => undefined,
  );
  // A minute of which less than half is known is not known (lib/backtest/resample.ts).
  if (known === 0)
    throw new TraceError(`${playing.trace.name}: found not one minute of which it tells half; expected a longer trace`);
  if (peak === 0) throw new TraceError(`${playing.trace.name}: found no value above 0; expected some load`);
  return { rows, stepSeconds, fromMs: fromMs ?? 0, minutes, gapMinutes: minutes - known, mean: sum / known, peak };
}

const short = (n: number): string => n.toLocaleString('en', { maximumSignificantDigits: 4 });

/** What one unit of the trace is in instances, and how it came about, in a sentence. */
function conversionOf(
  conversion: Conversion,
  { stepSeconds, mean }: Survey,
  { targetPercent }: Settings,
): { factor: number; sentence: string } {
  switch (conversion.kind) {
    case 'requests': {
      const factor = 60 / stepSeconds / conversion.perInstance;
      const each = stepSeconds === 60 ? '' : ` (a row counts those of ${short(stepSeconds)} s)`;
      return {
        factor,
        sentence: `requests${each}, of which one instance serves ${short(conversion.perInstance)} a minute at 100 % CPU`,
      };
    }
    case 'cpu':
      return {
        factor: conversion.fleetSize / 100,
        sentence: `CPU percent of ${conversion.fleetSize} instances; what was asked for beyond 100 % it cannot show`,
      };
    case 'mean':
      return {
        factor: (conversion.instances * targetPercent) / 100 / mean,
        sentence: `scaled so that a fleet kept at ${short(targetPercent)} % CPU has ${short(conversion.instances)} instances on average (an instance at 100 % carries ${short(mean / ((conversion.instances * targetPercent) / 100))})`,
      };
  }
}

function resampled(stepSeconds: number, resample: Resample): string {
  if (stepSeconds === 60) return '';
  if (stepSeconds < 60) return `; rows ${short(stepSeconds)} s apart, averaged into minutes`;
  return `; rows ${short(stepSeconds)} s apart, ${resample === 'hold' ? 'held' : 'joined by straight lines'} in between`;
}

/** What is taken for the request counts that the trace does not tell, after the sentence of the conversion. */
function supposed({ scaling }: Scaled, { kind }: Conversion, settings: Settings): string {
  if (kind === 'requests') return '';
  const made = scaling.signals.map((signal) => madeRequests(signal, settings)).filter((words) => words !== null);
  return made.map((words) => `; ${words}`).join('');
}

/** The CPU targets that evenkeel keeps where these are not the one of all others; empty where they are. */
function ownTargets(replayed: Scaled, { targetPercent }: Settings): string {
  const targets = cpuTargets(replayed);
  if (targets.every(({ target }) => target === targetPercent)) return '';
  const kept = targets.map(({ name, target }) => `${name} at ${short(target)} %`);
  return ` (${kept.join(', ')}; the others at ${short(targetPercent)} %)`;
}

/** What keeps this policy from being replayed on such a trace, in words; empty: nothing. */
export function objections({ scaling }: Scaled, conversion: Conversion): string[] {
  const problems = scaling.signals.map((signal) => unreplayable(signal, conversion.kind === 'requests'));
  return problems.filter((problem) => problem !== null);
}

/**
 * Plays the trace. The same arguments give the same result, to the last bit.
 * @throws TraceError when the trace cannot be read, has no load at all, or tells of no minute at least half.
 */
export async function backtest(options: BacktestOptions): Promise<BacktestResult> {
  const { policy, policyFile, trace, conversion, resample, settings, baselines, onProgress } = options;
  const found = await survey(options);
  const { factor, sentence } = conversionOf(conversion, found, settings);
  const bucketSeconds = bucketSecondsFor(found.minutes);
  const requestsPerInstance = conversion.kind === 'requests' ? conversion.perInstance : null;
  const replayed = replayedPolicy(policy, settings);
  const replay = createReplay({
    ...{ settings, bucketSeconds, requestsPerInstance, baselines },
    constant: Math.max(1, Math.round(found.mean * factor)),
    evenkeel: {
      title: `evenkeel by ${policyFile}${ownTargets(replayed, settings)}`,
      driver: createEvenkeel(replayed, roundSeconds(policy), settings, requestsPerInstance),
    },
  });
  const demand = createBuckets<number | null>(bucketSeconds, (before, next) =>
    before === null || next === null ? (before ?? next) : Math.max(before, next),
  );
  const play = ({ startMs, value }: TraceMinute): void => {
    const minute = { startMs, value: value === null ? null : value * factor };
    replay.push(minute);
    demand.add(minute.value);
  };
  await minutesOf(options, play, (rows) => onProgress?.(rows, found.rows));
  const { rows, fromMs, minutes, gapMinutes, mean, peak, stepSeconds } = found;
  const runs = replay.end();
  return {
    ...{ service: policy.service, policyFile },
    trace: {
      ...{ name: trace.name, rows, fromMs, toMs: fromMs + minutes * 60_000, gapMinutes },
      conversion: sentence + resampled(stepSeconds, resample) + supposed(policy, conversion, settings),
      ...{ meanDemand: mean * factor, peakDemand: peak * factor },
    },
    ...{ settings, leadSeconds: policy.scaling.forecast?.leadSeconds ?? null },
    demand: { startMs: fromMs, bucketSeconds, values: demand.values },
    ...{ runs, verdict: verdictOf(runs) },
  };
}
