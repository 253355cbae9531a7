import { describe, expect, it } from 'vitest';
import { CPU_PERCENT, type Row, readRows } from '../../lib/backtest/csv.ts';

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

  it.each(['timestamp,value', 'time,requests', 'timestamp, value', '"Timestamp","RequestCount"', ',Requests (sum)'])(
    'may begin with %j as its header, below empty lines too',
    async (header) => {
      expect(await read(`\n${header}\n1769846400,1\n1769846460,2\n`)).toHaveLength(2);
    },
  );

  it('may have its fields in double quotes', async () => {
    expect(await read('"1769846400" , "5"\n"2026-01-31T08:01Z",6\n')).toEqual([
      { atMs: eight, value: 5 },
      { atMs: eight + 60_000, value: 6 },
    ]);
  });

  it('counts what is next to nothing as nothing, so that it can be reckoned with', async () => {
    expect((await read('1769846400,5e-324\n1769846460,1e15\n')).map(({ value }) => value)).toEqual([0, 1e15]);
  });

  it('is looked through as far as a line can go, not on and on for its end', async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<string> {
      for (; ; pieces += 1) yield '\0'.repeat(100);
    }
    const all = async (): Promise<void> => {
      for await (const _ of readRows('zero.csv', endless()));
    };
    await expect(all()).rejects.toThrow('zero.csv:1: found a line of more than 1000 characters; expected two fields');
    expect(pieces).toBeLessThan(20);
  });

  it('of CPU percent is refused where it goes beyond 100 by more than rounding', async () => {
    const cpu = async (value: number): Promise<Row[]> => {
      const rows: Row[] = [];
      const text = `1769846400,1\n1769846460,${value}\n`;
      for await (const batch of readRows('cpu.csv', inPieces(text, 7), CPU_PERCENT)) rows.push(...batch);
      return rows;
    };
    expect(await cpu(100.4)).toHaveLength(2);
    await expect(cpu(101.1)).rejects.toThrow(
      /^cpu\.csv:2: found the value 101\.1; expected CPU percent, 0 to 100 .*; are these requests\?/,
    );
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
    ['1769846400,1\n1769846460,1e308\n', 'load.csv:2: found the value 1e308; expected a number, 0 to 1e15'],
    ['time,requests\ntime,requests\n', 'load.csv:2: found the time time; expected ISO 8601 in UTC'],
    ['1769846400,many\n', 'load.csv:1: found the value many; expected a number'],
    ['2026-01-31T08:00,many\n', 'load.csv:1: found the time 2026-01-31T08:00; expected ISO 8601 in UTC'],
    ['time,\n', 'load.csv:1: found the time time; expected ISO 8601 in UTC'],
    ['\uFFFD\uFFFD1\0,\0', 'load.csv:1: found bytes that are not UTF-8 (this looks like UTF-16); expected UTF-8'],
    ['1\0,\x005\0', 'load.csv:1: found bytes that are not UTF-8 (this looks like UTF-16)'],
    ['\x001\0,', 'load.csv:1: found bytes that are not UTF-8 (this looks like UTF-16)'],
    [`1769846460,1\n1769846520,${'1'.repeat(1000)}\n`, 'load.csv:2: found a line of more than 1000 characters'],
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
    ['1769846400,"1,000"\n', 'load.csv:1: found the value 1,000; expected a number without separators, like 1000'],
    [
      '"1769846400","1,234,567.5"\n',
      'found the value 1,234,567.5; expected a number without separators, like 1234567.5',
    ],
    ['1769846400,"1,5"\n', 'load.csv:1: found the value 1,5; expected a number, 0 or more'],
    ['"1769846400,5"\n', 'load.csv:1: found "1769846400,5"; expected two fields'],
    ['1769846400,"1,000",2\n', 'load.csv:1: found 1769846400,"1,000",2; expected two fields'],
    ['1769846400,"5\n', 'load.csv:1: found the value "5; expected a number'],
    // What a terminal would obey is shown, not sent to it.
    ['1769846400,\u001b[31m7\u009b\n', 'load.csv:1: found the value \\u001b[31m7\\u009b; expected a number'],
    ['time,value\n1769846400\t1\n', 'load.csv:2: found 1769846400\\u00091; expected two fields'],
    ['1769846400,1\n\u001b[2Jnoon,1\n', 'load.csv:2: found the time \\u001b[2Jnoon; expected ISO 8601'],
    [`1769846460,1\n${'x'.repeat(99)}\n`, `load.csv:2: found ${'x'.repeat(60)}…; expected two fields`],
  ])('says what is wrong with %j', async (text, words) => {
    expect(await problem(text)).toContain(words);
  });
});
