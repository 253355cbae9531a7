/** The table of planted bugs and what found them. */
import { markdownTable } from './tables.ts';

/** A planted bug that a checker has found. */
export interface CaughtMutant {
  readonly name: string;
  /** What goes wrong, after "the controller". */
  readonly wrong: string;
  /** The checker that found it, as in `INVARIANTS`. */
  readonly invariant: string;
  /** The seed that does. */
  readonly seed: number;
}

export function mutantsMarkdown(caught: readonly CaughtMutant[]): string {
  const rows = caught.map(({ name, wrong, invariant, seed }) => [
    `\`${name}\``,
    wrong,
    `\`${invariant}\``,
    String(seed),
  ]);
  return markdownTable(['mutant', 'the controller …', 'caught by', 'seed'], rows);
}
