/** Numbers on the command line. */
import { InvalidArgumentError } from 'commander';

/** Seeds have 15 digits at most: so many are whole numbers wherever they are read. */
export const LARGEST_SEED = 999_999_999_999_999;

/** More digits than a number keeps would silently become another number. */
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;
const TOO_LONG = /^\d+(?:\.\d+)?$/;

function numberFrom(least: number, most: number, isWhole: boolean): (text: string) => number {
  const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  return (text) => {
    const number = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most && (!isWhole || Number.isInteger(number))) return number;
    const isTooLong = !NUMBER.test(text) && TOO_LONG.test(text);
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
