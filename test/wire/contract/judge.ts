/** Holds what became of a case against the list of differences. */
import type { Difference } from '../differences.ts';

/** The cases that a difference breaks, as `nameOf` names them. */
export const broken = ({ breaks }: Difference): readonly string[] =>
  Object.entries(breaks).flatMap(([command, cases]) => cases.map((title) => `${command} › ${title}`));

/**
 * @param failure what the case failed with; `null`: it passed.
 * @returns what is wrong, or `null`: it passed and nothing is listed, or it failed as listed.
 */
export function judge(name: string, failure: Error | null, listed: readonly Difference[]): Error | null {
  if (listed.length === 0) return failure;
  const ids = listed.map(({ id }) => id).join(', ');
  if (failure === null) {
    return new Error(`${name} passes: the difference ${ids} is no more; take it out of test/wire/differences.ts`);
  }
  if (listed.some(({ looksLike }) => looksLike.test(failure.message))) return null;
  const message = `${name} fails otherwise than the difference ${ids} says (${listed.map(({ looksLike }) => looksLike).join(' or ')}): ${failure.message}`;
  return new Error(message, { cause: failure });
}
