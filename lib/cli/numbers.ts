/** Numbers on the command line. */
import { InvalidArgumentError } from 'commander';

/** Seeds have 15 digits at most: so many are whole numbers wherever they are read. */
export const LARGEST_SEED = 999_999_999_999_999;

/** More digits than a number keeps would silently become another number. A power of ten may follow, as in a trace: 1e9. */
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?(?:e[+-]?\d{1,2})?$/i;
const TOO_LONG = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
/** The first of 16 digits. */
const BEYOND = 1e15;

function numberFrom(least: number, most: number, isWhole: boolean): (text: string) => number {
  const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  return (text) => {
    const isKept = NUMBER.test(text) && Number(text) < BEYOND;
    const number = isKept ? Number(text) : Number.NaN;
    if (number >= least && number <= most && (!isWhole || Number.isInteger(number))) return number;
    const isTooLong = !isKept && TOO_LONG.test(text);
    const digits = isTooLong ? `, with at most 15 digits${isWhole ? '' : ' and 9 decimals'}` : '';
    throw new InvalidArgumentError(`Expected a ${isWhole ? 'whole ' : ''}number, ${range}${digits}.`);
  };
}

/** Reads a whole number within these bounds, or refuses it in words. */
export function whole(least: number, most = Infinity): (text: string) => number {
  return numberFrom(least, most, true);
}

/** Reads a number above 0, with decimals or without, or refuses it in words. */
export function some(most = Infinity): (text: string) => number {
  return numberFrom(0.001, most, false);
}
