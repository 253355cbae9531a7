import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { MUTANTS } from './all-mutants.ts';
import { plant } from './mutant.ts';

describe('mutants', () => {
  test('are at least 25, each with a name of its own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
  });

  test.each(MUTANTS)('$name finds its place in the code exactly once', async (mutant) => {
    const text = await readFile(mutant.file, 'utf8');
    expect(plant(mutant, text)).not.toBe(text);
  });

  test('whose place is gone, or there twice, are refused', () => {
    const mutant = { name: 'm', wrong: 'errs', file: 'lib/x.ts', find: 'a + b', replace: '$& - b' };
    expect(plant(mutant, 'return a + b;')).toBe('return $& - b;');
    expect(() => plant(mutant, 'return a * b;')).toThrow(/mutant m: found its place 0 times in lib\/x.ts/);
    expect(() => plant(mutant, 'a + b; a + b')).toThrow(/found its place 2 times/);
  });
});
