/**
 * The curve of a day or a week of load, as text of a fixed length: two characters for each slot of ten minutes, a level on
 * a logarithmic scale of half a percent. A day takes 288 bytes and a week 2,016, however large the load.
 */

export const SLOT_MS = 600_000;
export const SLOTS_A_DAY = 144;
const DAYS = { none: 0, daily: 1, weekly: 7 } as const;
export type Season = keyof typeof DAYS;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** What the characters stand for, by their codes: a curve is read hundreds of times in a round. */
const VALUES: readonly number[] = Array.from({ length: 128 }, (_, code) => DIGITS.indexOf(String.fromCharCode(code)));
/** Level 0 is a slot of which nothing is known. */
const UNKNOWN = 'AA';
const STEP = 0.005;
/** Level 1: a thousandth of what one instance should carry. What is less counts as that. */
const LOWEST = Math.log(1e-3);
const HIGHEST_LEVEL = DIGITS.length ** 2 - 1;

/** A curve of which nothing is known; empty text without a season. */
export function emptyCurve(season: Season): string {
  return UNKNOWN.repeat(DAYS[season] * SLOTS_A_DAY);
}

/** The logarithm of a load, no lower than the scale goes. */
export function logOf(load: number): number {
  return Math.max(LOWEST, Math.log(load));
}

/** Where this slot, counted from the epoch, stands in the text. */
function placeOf(curve: string, index: number): number {
  const slots = curve.length / 2;
  return 2 * (((index % slots) + slots) % slots);
}

function valueAt(curve: string, place: number): number {
  return VALUES[curve.charCodeAt(place)] ?? -1;
}

/** The logarithm that the curve has for this slot, counted from the epoch; `null`: not known. */
export function slotLog(curve: string, index: number): number | null {
  if (curve === '') return null;
  const place = placeOf(curve, index);
  const level = valueAt(curve, place) * DIGITS.length + valueAt(curve, place + 1);
  return level < 1 ? null : LOWEST + (level - 1) * STEP;
}

/** The curve with another logarithm for this slot. */
export function withSlot(curve: string, index: number, log: number): string {
  if (curve === '') return curve;
  const level = Math.max(1, Math.min(HIGHEST_LEVEL, Math.round((log - LOWEST) / STEP) + 1));
  const text = DIGITS.charAt(Math.floor(level / DIGITS.length)) + DIGITS.charAt(level % DIGITS.length);
  const place = placeOf(curve, index);
  return curve.slice(0, place) + text + curve.slice(place + 2);
}

/** The curve's logarithm at a time, on the line between the middles of two slots; `null` where one of them is not known. */
export function logAt(curve: string, atMs: number): number | null {
  const slots = atMs / SLOT_MS - 0.5;
  const index = Math.floor(slots);
  const [before, after] = [slotLog(curve, index), slotLog(curve, index + 1)];
  if (before === null || after === null) return null;
  return before + (slots - index) * (after - before);
}

/**
 * The highest that the curve may be at a time; `null` where it is not known. A slot does not tell when in its ten minutes a
 * step came: by its own level it came at its beginning, by the line between the middles half of it later.
 */
export function highestAt(curve: string, atMs: number): number | null {
  const own = slotLog(curve, Math.floor(atMs / SLOT_MS));
  return own === null ? null : Math.max(own, logAt(curve, atMs) ?? own);
}

/** A shape is used only if it is known nearly whole: from a few slots a day would be guessed. */
const KNOWN_SHARE = 0.8;

/** Whether the curve knows the day that ends at this time nearly whole. */
export function knowsDay(curve: string, untilMs: number): boolean {
  const until = Math.floor(untilMs / SLOT_MS);
  let known = 0;
  for (let index = until - SLOTS_A_DAY; index < until; index += 1) if (slotLog(curve, index) !== null) known += 1;
  return known >= KNOWN_SHARE * SLOTS_A_DAY;
}

/** Whether the curve is that of a single day, on which it then repeats. */
export function isDaily(curve: string): boolean {
  return curve.length === 2 * SLOTS_A_DAY;
}
