/** Plays seeds against a mutant until a checker finds it. */
import { Worker } from 'node:worker_threads';
import { ask } from '../../lib/cli/simulate-pool.ts';
import type { Finding } from '../../lib/simulate/play.ts';
import type { SeedResult } from '../../lib/simulate/seed.ts';
import type { Workshop } from './bundle.ts';
import type { Mutant } from './mutant.ts';

/** A seed that takes longer hangs: the slowest takes a few seconds. */
const SEED_LIMIT_MS = 300_000;

export interface Hunt {
  /** In the order in which they are played. */
  readonly seeds: readonly number[];
  readonly minutes: number;
}

export interface Hunted {
  readonly mutant: Mutant;
  /** What the first seed found that violates something because of the bug; `null`: none of them does. */
  readonly caught: (Finding & { readonly seed: number }) | null;
  readonly seconds: number;
}

/** What a seed finds on the bundle's thread. */
type Player = (seed: number) => Promise<Finding | null>;

interface Thread {
  readonly play: Player;
  readonly end: () => Promise<unknown>;
}

function openThread(bundle: string, minutes: number): Thread {
  const worker = new Worker(bundle);
  return {
    async play(seed) {
      const limit = Promise.withResolvers<never>();
      const hangs = new Error(`seed ${seed} hangs`);
      const timer = setTimeout(() => limit.reject(hangs), SEED_LIMIT_MS);
      try {
        const result = await Promise.race([ask(worker, { spec: { seed, minutes }, shrink: false }), limit.promise]);
        return (result as SeedResult).finding;
      } finally {
        clearTimeout(timer);
      }
    },
    end: () => worker.terminate(),
  };
}

/** The code as it is, on a thread that begins with the first seed asked for. Each seed is played once. */
export function unmutated(workshop: Workshop, minutes: number): Thread {
  const findings = new Map<number, Promise<Finding | null>>();
  let thread: Promise<Thread> | undefined;
  // One after the other: a thread does one job at a time.
  let last: Promise<unknown> = Promise.resolve();
  return {
    play(seed) {
      thread ??= workshop.make(null).then((bundle) => openThread(bundle, minutes));
      const opened = thread;
      const finding = findings.get(seed) ?? last.then(async () => (await opened).play(seed));
      findings.set(seed, finding);
      last = finding.catch(() => undefined);
      return finding;
    },
    end: async () => (await thread)?.end(),
  };
}

/**
 * Plays the seeds in turn. One that violates something without the bug as well proves nothing and is passed over.
 * Rejects when the bug cannot be planted, or a seed throws or hangs: that is no checker that bites.
 */
export async function hunt(
  workshop: Workshop,
  mutant: Mutant,
  { seeds, minutes }: Hunt,
  asItIs: Player,
  onSeed: (seed: number) => void,
): Promise<Hunted> {
  const beganMs = performance.now();
  const secondsNow = (): number => Math.round((performance.now() - beganMs) / 100) / 10;
  const thread = openThread(await workshop.make(mutant), minutes);
  try {
    for (const seed of seeds) {
      onSeed(seed);
      const finding = await thread.play(seed);
      if (finding === null || (await asItIs(seed)) !== null) continue;
      return { mutant, caught: { ...finding, seed }, seconds: secondsNow() };
    }
    return { mutant, caught: null, seconds: secondsNow() };
  } catch (error) {
    throw new Error(`mutant ${mutant.name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    await thread.end();
  }
}
