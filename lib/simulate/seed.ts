/** One seed from drawing to report, as plain data that a thread may hand to another. */
import type { Counts } from './coverage.ts';
import { drawScript, type Part, restrict } from './draw.ts';
import { type Finding, type Means, play } from './play.ts';
import { describe } from './schedule.ts';
import { shrink } from './shrink.ts';

export interface SeedSpec {
  readonly seed: number;
  readonly minutes: number;
  /** What of it is played; all of it unless said. */
  readonly part?: Part | undefined;
}

export interface SeedResult {
  readonly seed: number;
  readonly finding: Finding | null;
  readonly hash: string;
  readonly simulatedSeconds: number;
  readonly services: number;
  readonly counts: Counts;
  readonly reasons: Readonly<Record<string, number>>;
  /** The last events; empty when nothing was found. */
  readonly last: readonly string[];
  /** The faults of what was played, in words; empty when nothing was found. */
  readonly schedule: readonly string[];
}

/** Plays a seed, or a part of it. */
export async function playSeed({ seed, minutes, part = {} }: SeedSpec, means: Means): Promise<SeedResult> {
  const script = restrict(drawScript(seed, minutes), part);
  const { finding, hash, last, coverage, simulatedSeconds } = await play(script, means);
  const { counts, reasons } = coverage;
  const found = finding !== null;
  return {
    ...{ seed, finding, hash, simulatedSeconds, counts, reasons, services: script.policies.length },
    last: found ? last : [],
    schedule: found ? script.faults.filter((one) => one.atSeconds <= finding.atSeconds).map(describe) : [],
  };
}

export interface Shrunken extends SeedResult {
  readonly part: Part;
  /** Faults of the whole seed. */
  readonly of: number;
}

/** The least of a seed that violates what the whole of it violates; `null` when it violates nothing. */
export async function shrinkSeed({ seed, minutes, part = {} }: SeedSpec, means: Means): Promise<Shrunken | null> {
  const script = restrict(drawScript(seed, minutes), part);
  const outcome = await play(script, means);
  if (outcome.finding === null) return null;
  const shrunk = await shrink(script, outcome, means);
  const least = { ...part, ...shrunk.part };
  return { ...(await playSeed({ seed, minutes, part: least }, means)), part: least, of: script.faults.length };
}
