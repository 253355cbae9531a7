/** A bug that is planted in the controller to see whether the simulation's checkers find it. */

export interface Mutant {
  /** Unique, kebab-case. */
  readonly name: string;
  /** What goes wrong, in words that end a sentence that begins with "The controller". */
  readonly wrong: string;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/**
 * The file's text with the bug in it.
 * @throws Error when the place is not there exactly once: the code has changed, and the mutant has to follow it.
 */
export function plant({ name, file, find, replace }: Mutant, text: string): string {
  const count = text.split(find).length - 1;
  if (count !== 1)
    throw new Error(`mutant ${name}: found its place ${count} times in ${file}; expected it once: ${find}`);
  // Not as a pattern: what replaces it may hold `$`.
  return text.replace(find, () => replace);
}
