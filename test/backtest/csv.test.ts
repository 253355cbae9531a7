import { describe, expect, it } from 'vitest';
import { type Row, readRows } from '../../lib/backtest/csv.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string, size = 7): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of readRows('load.csv', inPieces(text, size))) rows.push(...batch);
  return rows;
}

const problem = (text: string): Promise<string> =>
  read(text).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('a trace as CSV', () => {
  const eight = Date.UTC(2026, 0, 31, 8);

  it.each([1, 3, 1000])('is read in chunks of %i characters', async (size) => {
    const text = 'timestamp,value\n2026-01-31T08:00:00Z,12\n2026-01-31T08:01:00.500Z,1.5e2\n2026-01-31T08:02+00:00,0\n';
    expect(await read(text, size)).toEqual([
      { atMs: eight, value: 12 },
      { atMs: eight + 60_500, value: 150 },
      { atMs: eight + 120_000, value: 0 },
    ]);
  });

  it('may have seconds since 1970, no header, Windows line ends, a byte order mark, and no last line end', async () => {
    expect(await read('\uFEFF1769846400,1\r\n1769846460.25,2')).toEqual([
      { atMs: eight, value: 1 },
      { atMs: eight + 60_250, value: 2 },
    ]);
  });

  it.each([
    ['', 'load.csv: found no rows; expected timestamp,value lines, two at least'],
    ['timestamp,value\n', 'load.csv: found no rows'],
    ['1769846400,1\n', 'load.csv: found one row; expected timestamp,value lines, two at least'],
    ['timestamp,value\n1769846400\n', 'load.csv:2: found 1769846400; expected two fields'],
    ['1769846400,1,2\n', 'load.csv:1: found 1769846400,1,2; expected two fields'],
    ['1769846400,1\n1769846460,NaN\n', 'load.csv:2: found the value NaN; expected a number, 0 or more'],
    ['1769846400,1\n\n1769846460,\n', 'load.csv:3: found the value nothing; expected a number'],
    ['1769846400,-1\n', 'found the value -1; expected a number, 0 or more'],
    ['1769846400,1e999\n', 'found the value 1e999; expected a number'],
    ['noon,1\n', 'load.csv:1: found the time noon; expected ISO 8601 in UTC'],
    ['2026-13-31T08:00:00Z,1\n', 'found the time 2026-13-31T08:00:00Z, which there is not; expected a day and a time'],
    [
      '2028-02-29T23:59Z,1\n2026-02-29T00:00:00Z,1\n',
      'load.csv:2: found the time 2026-02-29T00:00:00Z, which there is not',
    ],
    ['2026-01-31T24:00Z,1\n', 'load.csv:1: found the time 2026-01-31T24:00Z, which there is not'],
    ['2026-01-31T08:00:60Z,1\n', 'load.csv:1: found the time 2026-01-31T08:00:60Z, which there is not'],
    ['2026-01-31 08:00:00,1\n', 'if it is UTC, write 2026-01-31T08:00:00Z'],
    [
      '1769846460,1\n1769846400,1\n',
      'load.csv:2: found the time 1769846400 after 1769846460; expected every time later',
    ],
    ['1769846460,1\n1769846460,1\n', 'load.csv:2: found the time 1769846460 after 1769846460'],
    [
      '100,5\n160,5\n220,6\n1700000000,6\n',
      'load.csv:4: found the time 1700000000, 19675 days after 220; expected at most 455 days from one row to the next',
    ],
    [`1769846460,1\n${'x'.repeat(99)}\n`, `load.csv:2: found ${'x'.repeat(60)}…; expected two fields`],
  ])('says what is wrong with %j', async (text, words) => {
    expect(await problem(text)).toContain(words);
  });
});
