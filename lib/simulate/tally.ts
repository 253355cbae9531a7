/** Adds up what seeds brought, in the order of the seeds: the same seeds give the same sums, whoever played them. */
import { createHash } from 'node:crypto';
import { REASONS } from '../core/reasons.ts';
import type { Counts } from './coverage.ts';
import type { SeedResult } from './seed.ts';

export interface Tally {
  readonly seeds: number;
  readonly simulatedSeconds: number;
  /** Over the hashes of all seeds. */
  readonly hash: string;
  readonly counts: Counts;
  readonly reasons: Readonly<Record<string, number>>;
  /** Reason codes that no service came to. */
  readonly never: readonly string[];
  readonly found: readonly SeedResult[];
}

export function tallyOf(results: readonly SeedResult[]): Tally {
  const counts: Record<string, Record<string, number>> = {};
  const reasons: Record<string, number> = {};
  const hash = createHash('sha256');
  const add = (row: Record<string, number>, more: Readonly<Record<string, number>>): void => {
    for (const [key, count] of Object.entries(more)) row[key] = (row[key] ?? 0) + count;
  };
  for (const result of results) {
    hash.update(`${result.seed} ${result.hash}\n`);
    add(reasons, result.reasons);
    for (const [kind, row] of Object.entries(result.counts)) {
      counts[kind] ??= {};
      add(counts[kind], row);
    }
  }
  return {
    seeds: results.length,
    simulatedSeconds: results.reduce((sum, one) => sum + one.simulatedSeconds, 0),
    hash: hash.digest('hex'),
    counts,
    reasons,
    never: Object.keys(REASONS).filter((code) => reasons[code] === undefined),
    found: results.filter(({ finding }) => finding !== null),
  };
}
