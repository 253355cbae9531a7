/** A trace as text: `timestamp,value` lines, read as they come, so that its length does not matter. */

/** One line of a trace. */
export interface Row {
  readonly atMs: number;
  readonly value: number;
}

/** What is wrong with a trace, in words for whoever has made it: file, line, what was found and what was expected. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/** A longer gap is a wrong time. CloudWatch, where most traces come from, keeps nothing for longer (see `KEPT` in lib/cli/backtest-trace.ts). */
export const MOST_DAYS = 455;
const DAY_MS = 86_400_000;

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|\+00:?00)$/;
const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;
const EPOCH = /^\d{1,11}(?:\.\d{1,9})?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Thousands set apart, as a spreadsheet writes them. `1,5` is no such number, and may mean one and a half. */
const SEPARATED = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

/** As a number or a time begins. */
const DATA = /^[\d+.-]/;
/** A byte order mark of UTF-16 that was read as UTF-8, or a first character of two bytes. */
const UTF_16 = /^(?:\uFFFD\uFFFD|[^\0]\0|\0[^\0])/;

/** Long enough for any line of a trace: what is longer is another kind of file. */
const LONGEST_SHOWN = 60;
/** A file without line ends would be read into memory, and looked through again with every piece of it. */
const LONGEST_LINE = 1000;
const TWO_FIELDS = 'two fields, timestamp,value, with one comma between them';

/** The highest value that a trace may have, and what is expected of one that has a higher one. */
export interface Highest {
  readonly value: number;
  readonly expected: string;
}

/** What is less is nothing, for the same reason as for `ANY_LOAD`. */
const LEAST = 1e-100;
/** Far beyond any load. What is worked out of larger numbers is no number any more. */
export const ANY_LOAD: Highest = { value: 1e15, expected: 'a number, 0 to 1e15' };
/** CloudWatch rounds, and now and then tells a little more than 100. */
export const CPU_PERCENT: Highest = {
  value: 101,
  expected: 'CPU percent, 0 to 100 (up to 101 passes for rounding); are these requests? Then --requests-per-instance',
};

/** A piece of the file in a message. What a terminal would obey is spelled out: nobody knows where a trace comes from. */
function shown(text: string): string {
  if (text === '') return 'nothing';
  const some = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return some.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function timeOf(text: string, fail: (found: string, expected: string) => never): number {
  const isIso = ISO.test(text);
  const atMs = EPOCH.test(text) ? Number(text) * 1000 : isIso ? Date.parse(text) : Number.NaN;
  // Date.parse makes March 1 of February 29, and midnight of 24:00.
  const isReal = !isIso || (Number.isFinite(atMs) && new Date(atMs).toISOString().slice(0, 16) === text.slice(0, 16));
  if (!isReal)
    return fail(`the time ${text}, which there is not`, 'a day and a time that exist, from 00:00 to 23:59:59');
  if (Number.isFinite(atMs)) return atMs;
  const hint = WITHOUT_ZONE.test(text)
    ? ` (this one names no zone: if it is UTC, write ${text.replace(' ', 'T')}Z)`
    : '';
  return fail(`the time ${shown(text)}`, `ISO 8601 in UTC, like 2026-01-31T08:00:00Z, or seconds since 1970${hint}`);
}

function amountOf(text: string, highest: Highest, fail: (found: string, expected: string) => never): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (SEPARATED.test(text))
    return fail(`the value ${text}`, `a number without separators, like ${text.replaceAll(',', '')}`);
  if (!(value >= 0))
    return fail(`the value ${shown(text)}`, 'a number, 0 or more; a value that is not known is a line left out');
  if (value < LEAST) return 0;
  return value <= highest.value ? value : fail(`the value ${shown(text)}`, highest.expected);
}

/** The fields of a line: a comma between double quotes parts none. A quote without its other half is a character like any. */
function fieldsOf(text: string): readonly string[] {
  const quotes = text.split('"').length - 1;
  return text.split(quotes === 0 || quotes % 2 === 1 ? ',' : /,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

/** The text of a field, which may stand in double quotes. */
function unquoted(field: string): string {
  const text = field.trim();
  return /^"[^"]*"$/.test(text) ? text.slice(1, -1).trim() : text;
}

/** Neither field begins as what it would hold in a row does; the first may be empty, as pandas writes it. */
function isHeader(time: string, amount: string): boolean {
  return !DATA.test(time) && !DATA.test(amount) && amount !== '';
}

/** Reads one line after the other; `null` for the header and for empty ones. */
function lineReader(file: string, highest: Highest): { read(line: string): Row | null; rows(): number } {
  let number = 0;
  let rows = 0;
  let isFirst = true;
  let last: { readonly atMs: number; readonly text: string } | null = null;
  const fail = (found: string, expected: string): never => {
    throw new TraceError(`${file}:${number}: found ${found}; expected ${expected}`);
  };
  const read = (line: string): Row | null => {
    number += 1;
    if (line.length > LONGEST_LINE) return fail(`a line of more than ${LONGEST_LINE} characters`, TWO_FIELDS);
    if (number === 1 && UTF_16.test(line))
      return fail('bytes that are not UTF-8 (this looks like UTF-16)', 'UTF-8: save the file as such');
    const text = (number === 1 ? line.replace('\uFEFF', '') : line).trim();
    if (text === '') return null;
    const [first, second, ...more] = fieldsOf(text);
    if (first === undefined || second === undefined || more.length > 0) return fail(shown(text), TWO_FIELDS);
    const time = unquoted(first);
    const amount = unquoted(second);
    const mayBeHeader = isFirst;
    isFirst = false;
    if (mayBeHeader && isHeader(time, amount)) return null;
    const atMs = timeOf(time, fail);
    const value = amountOf(amount, highest, fail);
    if (last !== null && atMs <= last.atMs)
      return fail(
        `the time ${time} after ${last.text}`,
        'every time later than the one before: sort the file, and keep one line a time',
      );
    if (last !== null && atMs - last.atMs > MOST_DAYS * DAY_MS)
      return fail(
        `the time ${time}, ${Math.floor((atMs - last.atMs) / DAY_MS)} days after ${last.text}`,
        `at most ${MOST_DAYS} days from one row to the next: correct the time, or cut the file there`,
      );
    last = { atMs, text: time };
    rows += 1;
    return { atMs, value };
  };
  return { read, rows: () => rows };
}

/**
 * The rows of a trace, batch by batch as its text comes in.
 * @param file its name, for errors.
 * @throws TraceError for the first line that cannot be read, is not later than the one before or is so by more than
 * `MOST_DAYS`, or has no number from 0 to `highest`; and for a trace of fewer than two rows.
 */
export async function* readRows(
  file: string,
  chunks: AsyncIterable<string>,
  highest = ANY_LOAD,
): AsyncGenerator<readonly Row[]> {
  const { read, rows } = lineReader(file, highest);
  const batchOf = (lines: readonly string[]): Row[] => lines.map(read).filter((row) => row !== null);
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield batchOf(lines);
    // Refused as the line that it is going to be.
    if (rest.length > LONGEST_LINE) read(rest);
  }
  yield batchOf(rest === '' ? [] : [rest]);
  if (rows() < 2) {
    const found = rows() === 0 ? 'no rows' : 'one row';
    throw new TraceError(
      `${file}: found ${found}; expected timestamp,value lines, two at least: their distance is the step`,
    );
  }
}
