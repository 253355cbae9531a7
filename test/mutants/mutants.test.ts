import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../lib/core/invariants.ts';
import type { CaughtMutant } from '../../lib/report/mutants.ts';
import { sink } from '../cli/capture.ts';
import { MUTANTS } from './all-mutants.ts';
import { openWorkshop } from './bundle.ts';
import { mutantsCommand } from './cli.ts';
import { plant } from './mutant.ts';

async function command(...argv: readonly string[]) {
  const [out, err] = [sink(), sink()];
  const code = await mutantsCommand(argv, { stdin: process.stdin, env: {}, stdout: out.stream, stderr: err.stream });
  return { code, out: out.text(), err: err.text() };
}

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

describe('what is kept of the mutants', () => {
  test('is about these mutants, each caught within 500 seeds by a checker that there is', async () => {
    const kept: readonly CaughtMutant[] = JSON.parse(await readFile('test/mutants/caught.json', 'utf8'));
    const texts = (all: readonly { name: string; wrong: string }[]) =>
      all.map(({ name, wrong }) => `${name}: ${wrong}`);
    expect(texts(kept)).toEqual(texts(MUTANTS));
    for (const { invariant, seed } of kept) {
      expect(Object.keys({ ...INVARIANTS, '0-unbroken': '' })).toContain(invariant);
      expect(seed).toBeGreaterThanOrEqual(1);
      expect(seed).toBeLessThanOrEqual(500);
    }
  });
});

describe('simulate:mutants', () => {
  test('catches a mutant, and says by which checker and seed', async () => {
    const { code, out } = await command('--only', 'rounds-off-by-one', '--jobs', '1');
    expect(out).toMatch(
      /^caught rounds-off-by-one by 5-rounds at seed \d+ in [\d.]+ s \(.* was ejected after failing for /,
    );
    expect(out).toMatch(/^1 of 1 mutants caught$/m);
    expect(code).toBe(0);
  });

  test('ends with 1 when a mutant survives, and names it', async () => {
    const args = ['--only', 'freeze-not-read', '--minutes', '1', '--seeds', '1..2'];
    const { code, out } = await command(...args, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out).mutants).toMatchObject([{ name: 'freeze-not-read', caught: null }]);
    expect((await command(...args)).out).toMatch(/^survived: freeze-not-read$/m);
  });

  test('lists the mutants, and refuses those that there are not', async () => {
    expect((await command('--list')).out.split('\n')).toHaveLength(MUTANTS.length + 1);
    const { code, err } = await command('--only', 'nothing');
    expect(code).toBe(2);
    expect(err).toContain('There is no mutant nothing; --list names all.');
    expect((await command('--only', 'freeze-not-read', '--write')).code).toBe(2);
  });

  test('refuses a bug in a file that no simulation runs', async () => {
    const workshop = await openWorkshop();
    try {
      const mutant = { name: 'nowhere', wrong: 'errs', file: 'lib/cli/doctor.ts', find: 'a', replace: 'b' };
      await expect(workshop.make(mutant)).rejects.toThrow('no simulation runs lib/cli/doctor.ts');
    } finally {
      await workshop.remove();
    }
  });
});
