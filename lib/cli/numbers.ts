/** Numbers as options are given them. */
import { InvalidArgumentError } from 'commander';

/** Seeds have 15 digits at most: so many are whole numbers wherever they are read. */
export const LARGEST_SEED = 999_999_999_999_999;

/** Reads a whole number within bounds, both included. */
export function wholeFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}
