import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { evenkeel } from './capture.ts';

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

function inProcess(...args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'simulate', ...args], (error, out) => {
      resolve({ code: error === null ? 0 : Number(error.code), out });
    });
  });
}

describe('simulate', () => {
  test('plays the seeds, says what never came about, and ends with 0', async () => {
    const { code, out, err } = await evenkeel(['simulate', '--seeds', '11..12', '--minutes', '3', '--jobs', '1']);
    expect(code).toBe(0);
    expect(out).toMatch(/^reason codes that never came about: .*FAILBACK/m);
    expect(out).toMatch(/^seeds 11 to 12, 3 simulated minutes each: 2 of 2 played, 0 violations; hash [0-9a-f]{16}$/m);
    expect(err).toMatch(/^\d+\.\d s, [\d,]+ × real time$/m);
  });

  test('prints the same whatever the number of threads', async () => {
    const args = ['--seeds', '11..14', '--minutes', '2', '--json'];
    const [one, three] = await Promise.all([inProcess(...args, '--jobs', '1'), inProcess(...args, '--jobs', '3')]);
    expect(three).toEqual(one);
    const { seeds, violations, hash } = JSON.parse(one.out);
    expect(seeds).toEqual({ from: 11, to: 14, played: 4 });
    expect(violations).toEqual([]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('plays a part of a seed, and prints all that happens in it', async () => {
    const args = ['simulate', '--seed', '11', '--minutes', '3', '--faults', 'none', '--services', 's0', '--no-traffic'];
    const { code, out } = await evenkeel([...args, '--events']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d{3} s decision \{"service":"s0"/m);
    expect(out).not.toContain(' fault ');
  });

  test('prints how often each code came about under each kind of fault', async () => {
    const args = ['simulate', '--seed', '11', '--minutes', '3', '--faults', 'none', '--coverage'];
    const { out } = await evenkeel(args);
    expect(out).toMatch(/^STEADY\n {2}no fault {2} *\d+$/m);
    expect(out).not.toMatch(/^PANIC$/m);
    expect(out).toMatch(/never came about: .*\bPANIC\b/);
    const { coverage } = JSON.parse((await evenkeel([...args, '--json'])).out);
    expect(coverage['no fault'].STEADY).toBeGreaterThan(0);
  });

  test('draws the CI’s seeds from the commit, or from the base given', async () => {
    const { out } = await evenkeel([
      'simulate',
      '--ci',
      '--base',
      '7',
      '--minutes',
      '1',
      '--jobs',
      '1',
      '--faults',
      'none',
    ]);
    expect(out).toMatch(/^base 7 \(commit ([0-9a-f]{12}( \(dirty\))?|unknown)\)$/m);
    expect(out).toContain('seeds 7 to 306, 1 simulated minutes each: 300 of 300 played, 0 violations');
  }, 120_000);

  test('ends with a summary of what was played when it is interrupted', async () => {
    const child = spawn(process.execPath, [MAIN, 'simulate', '--seeds', '1..5000', '--minutes', '5', '--jobs', '2']);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    setTimeout(() => child.kill('SIGINT'), 4000);
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(1);
    expect(out).toMatch(/interrupted: \d+ of 5000 played, 0 violations/);
  });

  test.each([
    [[], 'which seeds? Expected one of --seeds 1..300, --seed 1 and --ci'],
    [['--seed', '1', '--ci'], 'which seeds?'],
    [['--seeds', '9..1'], 'Expected two whole numbers like 1..300, the smaller one first.'],
    [['--seeds', '9'], 'Expected two whole numbers like 1..300.'],
    [['--seeds', '1..999999999999999'], 'Those are 999999999999999 seeds; expected at most 100000'],
    [['--seeds', '1..100001'], 'Those are 100001 seeds; expected at most 100000'],
    [['--seeds', '1..1000000000000000'], 'Expected a whole number, 0 to 999999999999999, with at most 15 digits.'],
    [['--seed', 'x'], 'Expected a whole number, 0 to 999999999999999.'],
    [['--seed', '1000000000000000'], 'Expected a whole number, 0 to 999999999999999, with at most 15 digits.'],
    [['--seed', '1', '--minutes', '0'], 'Expected a whole number, 1 to 10080.'],
    [['--seed', '1', '--minutes', '999999999999999'], 'Expected a whole number, 1 to 10080.'],
    [['--seed', '1', '--jobs', '257'], 'Expected a whole number, 1 to 256.'],
    [['--seed', '1', '--faults', ''], 'Expected numbers of faults from 1 on, like 3,7; or none.'],
    [['--seed', '1', '--faults', '0'], 'Expected numbers of faults from 1 on, like 3,7; or none.'],
    [['--seed', '1', '--faults', '2,999'], /seed 1 of 60 minutes has no fault 999; it has 1 to \d+$/m],
    [['--seed', '1', '--minutes', '1', '--faults', '1'], 'seed 1 of 1 minutes has no fault 1; it has none'],
    [['--seed', '1', '--services', ''], 'Expected names of services like s0,s2.'],
    [['--seed', '1', '--services', 's0,nope'], 'seed 1 of 60 minutes has no service nope; it has s0'],
    [['--seeds', '1..2', '--services', 's0'], 'found --services without --seed; expected one seed'],
    [['--seeds', '1..2', '--faults', '1'], 'found --faults without --seed; expected one seed'],
    [['--seeds', '1..2', '--events'], 'found --events without --seed; expected one seed'],
    [['--seed', '1', '--events', '--json'], 'found both --events and --json; expected one of them'],
    [['--seed', '1', '--base', '5'], 'found --base without --ci; expected both or none'],
  ] as const)('refuses %j', async (args, words) => {
    const { code, err } = await evenkeel(['simulate', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(words);
  });
});
