import { describe, expect, test } from 'vitest';
import { compactJournal } from '../../handlers/journal.ts';

function kept() {
  const written: unknown[] = [];
  const counted: unknown[] = [];
  let atMs = 0;
  const journal = compactJournal(
    {
      write: (_level, message, fields) => void written.push([message, fields]),
      count: (...args) => void counted.push(args),
    },
    () => atMs,
  );
  /** Counts the level once in a round, rounds so far apart; returns the seconds at which it was passed on. */
  const rounds = (count: number, intervalSeconds: number): number[] =>
    Array.from({ length: count }, (_, n) => n * intervalSeconds).filter((second) => {
      atMs = second * 1000;
      const before = counted.length;
      journal.count('HealthyTargets', 2, 'web');
      return counted.length > before;
    });
  /** Writes the same cycle in each round, rounds so far apart; returns the seconds at which it was written in full. */
  const cycles = (count: number, intervalSeconds: number): number[] =>
    Array.from({ length: count }, (_, n) => n * intervalSeconds).filter((second) => {
      atMs = second * 1000;
      journal.write('info', 'cycle', cycle('HEALTHY'));
      return !('reasons' in (written.at(-1) as [string, object])[1]);
    });
  return { journal, written, counted, rounds, cycles };
}

const cycle = (reason: string, action: object | null = null) => ({
  service: 'web',
  decisions: [{ area: 'health', reason, action }],
});

describe('the journal of the cycles', () => {
  test('says a cycle in full when it says something new, and in short while it does not', () => {
    const { journal, written } = kept();
    for (const reason of ['HEALTHY', 'HEALTHY', 'WATCHING']) journal.write('info', 'cycle', cycle(reason));
    expect(written).toEqual([
      ['cycle', cycle('HEALTHY')],
      ['cycle', { service: 'web', reasons: 'health:HEALTHY' }],
      ['cycle', cycle('WATCHING')],
    ]);
  });

  test('says an action in full every time', () => {
    const { journal, written } = kept();
    for (let i = 0; i < 2; i += 1) journal.write('info', 'cycle', cycle('EJECT', { kind: 'deregisterTarget' }));
    expect(written).toEqual([
      ['cycle', cycle('EJECT', { kind: 'deregisterTarget' })],
      ['cycle', cycle('EJECT', { kind: 'deregisterTarget' })],
    ]);
  });

  test('says the same in full again once a minute, however far its rounds are apart', () => {
    expect(kept().cycles(25, 5)).toEqual([0, 60, 120]);
    expect(kept().cycles(9, 15)).toEqual([0, 60, 120]);
    expect(kept().cycles(5, 30)).toEqual([0, 60, 120]);
    expect(kept().cycles(3, 300)).toEqual([0, 300, 600]);
  });

  test('passes on what is no cycle', () => {
    const { journal, written } = kept();
    journal.write('warn', 'else', { a: 1 });
    journal.write('info', 'cycle', { strange: true });
    expect(written).toEqual([
      ['else', { a: 1 }],
      ['cycle', { strange: true }],
    ]);
  });

  test('counts the level of healthy targets when it changes, and all that happens always', () => {
    const { journal, counted } = kept();
    for (const value of [2, 2, 2, 1]) journal.count('HealthyTargets', value, 'web');
    for (const value of [1, 1]) journal.count('Actions', value, 'web');
    for (const value of [1, 1]) journal.count('Alarms', value);
    expect(counted).toEqual([
      ['HealthyTargets', 2, 'web'],
      ['HealthyTargets', 1, 'web'],
      ['Actions', 1, 'web'],
      ['Actions', 1, 'web'],
      ['Alarms', 1, undefined],
      ['Alarms', 1, undefined],
    ]);
  });

  test('counts a level that stays in each minute of rounds, however far these are apart', () => {
    expect(kept().rounds(13, 5)).toEqual([0, 20, 40, 60]);
    expect(kept().rounds(5, 15)).toEqual([0, 30, 60]);
    expect(kept().rounds(5, 30)).toEqual([0, 30, 60, 90, 120]);
    expect(kept().rounds(3, 300)).toEqual([0, 300, 600]);
  });
});
