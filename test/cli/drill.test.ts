import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillRefusal, DrillResult } from '../../lib/drill/result.ts';
import { SCENARIOS } from '../../lib/drill/scenarios.ts';
import { evenkeel } from './capture.ts';

const DRILLS = SCENARIOS.map(({ name }) => name);

describe('drill', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('lists the drills, each with a sentence', async () => {
    const { code, out } = await evenkeel(['drill', '--list']);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(DRILLS);
    for (const line of lines) expect(line).toMatch(/^[a-z-]+ {2,}[A-Z].*\.$/);
    const json: { name: string }[] = JSON.parse((await evenkeel(['drill', '--list', '--json'])).out);
    expect(json.map(({ name }) => name)).toEqual(DRILLS);
  });

  it('prints the timeline, the measures, what the policy promises, and the verdict', async () => {
    const { code, out, err } = await evenkeel(['drill', 'server-stops']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    // As whoever took the course stopped it.
    expect(out).toMatch(/^server-stops: One of two servers stops answering \(the course’s `service nginx stop`\)/);
    expect(out).toMatch(/\n +0\.0 s {2}fault {7}server /);
    expect(out).toMatch(/\n +\d+\.\d s {2}health {6}EJECT +eject i-\w+:80, which failed its 2 rounds/);
    expect(out).toMatch(/\n {2}act {6}\d+\.\d s +the change that it asks for is accepted\n/);
    expect(out).toMatch(/\n {2}\d+ of \d+ requests failed\n/);
    expect(out).toContain('What the numbers of policies/web.yml reach at worst\n  health: load balancer 5+5+2 s');
    expect(out).toMatch(/verdict {5}pass +server-stops on policies\/web\.yml, seed 1: pass\n/);
  });

  it('prints the same as JSON, and nothing else, on standard output', async () => {
    const text = await evenkeel(['drill', 'server-stops']);
    const { code, out, err } = await evenkeel(['drill', 'server-stops', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const result: DrillResult = JSON.parse(out);
    expect(Object.keys(result)).toEqual([
      'scenario',
      'policy',
      'seed',
      'verdict',
      'measures',
      'timeline',
      'decisions',
      'violations',
    ]);
    expect(result).toMatchObject({ scenario: 'server-stops', policy: 'policies/web.yml', seed: 1, verdict: 'pass' });
    for (const { message } of result.timeline) expect(text.out).toContain(message);
  });

  it('writes a page beside what it prints', async () => {
    const file = join(folder, 'drill.html');
    const { code, out, err } = await evenkeel(['drill', 'metrics-dark', '--html', file]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.endsWith(`\n\npage written to ${file}\n`)).toBe(true);
    expect(await readFile(file, 'utf8')).toContain('<h1>Drill metrics-dark on policies/web.yml: pass</h1>');
    const json = await evenkeel(['drill', 'metrics-dark', '--json', '--html', file]);
    expect(JSON.parse(json.out)).toMatchObject({ scenario: 'metrics-dark' });
    expect(json.err).toContain(`page written to ${file}\n`);
  });

  it.each(['', 'web.yml'])(
    'leaves its policy alone where the page would take its place: --policy <folder>/%s',
    async (name) => {
      const one = await mkdtemp(join(folder, 'one-'));
      const file = join(one, 'web.yml');
      const web = await readFile('policies/web.yml', 'utf8');
      await writeFile(file, web);
      const argv = ['drill', 'metrics-dark', '--policy', join(one, name), '--html', file];
      const { code, out, err } = await evenkeel(argv);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(
        `error: ${file} would take the place of ${file}, which this command reads; expected another file`,
      );
      expect(await readFile(file, 'utf8')).toBe(web);
    },
  );

  it('prints its result before a page that cannot be written, which is refused', async () => {
    // A name of 255 characters is one; that of the file beside it is not.
    const file = join(folder, 'x'.repeat(255));
    const { code, out, err } = await evenkeel(['drill', 'metrics-dark', '--json', '--html', file]);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ scenario: 'metrics-dark' });
    expect(err).toContain(`error: ${file} cannot be written: ENAMETOOLONG`);
  });

  it('prints the same bytes for the same seed, and others for another', async () => {
    const first = await evenkeel(['drill', 'server-stops', '--seed', '7', '--json']);
    expect(await evenkeel(['drill', 'server-stops', '--seed', '7', '--json'])).toEqual(first);
    expect((await evenkeel(['drill', 'server-stops', '--seed', '8', '--json'])).out).not.toBe(first.out);
  });

  it('runs every drill, with a table at the end', { timeout: 120_000 }, async () => {
    const { code, out } = await evenkeel(['drill', '--all']);
    expect(code).toBe(0);
    const table = out.slice(out.lastIndexOf('failed requests\n')).trimEnd().split('\n').slice(1);
    expect(table.map((row) => row.trim().split(/\s+/).slice(0, 2))).toEqual(DRILLS.map((name) => ['pass', name]));
  });

  it('answers --all --json with an array, and explains each of its decisions', { timeout: 120_000 }, async () => {
    const { out } = await evenkeel(['drill', '--all', '--json']);
    const results: DrillResult[] = JSON.parse(out);
    expect(results.map(({ scenario }) => scenario)).toEqual(DRILLS);
    const decisions = results.flatMap((one) => one.decisions);
    expect(decisions.length).toBeGreaterThan(20);
    // One of each kind: what a reason says with the same numbers it says every time.
    const kinds = new Map(decisions.map((one) => [`${one.area} ${one.reason} ${Object.keys(one.numbers)}`, one]));
    for (const decision of kinds.values()) {
      const explained = await evenkeel(['explain', '-'], JSON.stringify(decision));
      expect(explained).toMatchObject({ code: 0, err: '' });
      expect(explained.out).toContain(
        `${decision.service}, ${decision.area} at ${decision.atSeconds} s: ${decision.reason}\n`,
      );
      // Every number of a decision has a meaning.
      expect(explained.out).not.toMatch(/^ {2}\w+ {2,}\S+$/m);
    }
  });

  it('fails when a drill fails: nothing is done in mode observe', async () => {
    const file = join(folder, 'watching.yml');
    const web = await readFile('policies/web.yml', 'utf8');
    await writeFile(file, web.replace(/^mode: enforce.*/m, 'mode: observe'));
    const { code, out } = await evenkeel(['drill', 'server-stops', '--policy', file]);
    expect(code).toBe(1);
    expect(out).toMatch(/verdict {5}fail +server-stops on /);
  });

  it('leaves out of --all what the policy gives no ground for, and refuses it alone', async () => {
    const policy = ['--policy', 'policies/api.yml'];
    const all = await evenkeel(['drill', '--all', '--json', ...policy]);
    expect(all.code).toBe(0);
    const results: (DrillResult | DrillRefusal)[] = JSON.parse(all.out);
    const played = [
      'server-stops',
      'flapping-target',
      'two-ports',
      'group-empties',
      'frozen-function',
      'denied-midway',
    ];
    expect(results.slice(0, played.length)).toMatchObject(played.map((scenario) => ({ scenario, verdict: 'pass' })));
    const others = DRILLS.filter((name) => !played.includes(name));
    expect(results.slice(played.length).map(({ scenario }) => scenario)).toEqual(others);
    expect(results[played.length]).toEqual({
      ...{ scenario: 'cpu-surge', policy: 'policies/api.yml' },
      refused: 'cpu-surge needs "fleet" and "scaling", which policies/api.yml does not have',
    });
    expect(all.err).toContain(
      'left out: cpu-surge needs "fleet" and "scaling", which policies/api.yml does not have\n',
    );
    const one = await evenkeel(['drill', 'cpu-surge', ...policy]);
    expect({ code: one.code, out: one.out }).toEqual({ code: 2, out: '' });
    expect(one.err).toContain('error: cpu-surge needs "fleet" and "scaling"');
  });

  it.each([
    { argv: [], says: 'which drill? One of server-stops, cpu-surge, ' },
    { argv: ['server-stop'], says: 'there is no drill server-stop; did you mean server-stops?' },
    { argv: ['earthquake'], says: 'there is no drill earthquake; there are server-stops, ' },
    { argv: ['server-stops', '--all'], says: 'found both server-stops and --all; expected one of them' },
    { argv: ['--list', '--html', 'a.html'], says: 'found both --list and --html; expected one of them' },
    { argv: ['--list', '--all'], says: 'found both --list and --all; expected one of them' },
    { argv: ['--list', 'server-stops'], says: 'found both --list and server-stops; expected one of them' },
    { argv: ['--list', '--policy', 'nope.yml'], says: 'found both --list and --policy; expected one of them' },
    { argv: ['--list', '--seed', '1'], says: 'found both --list and --seed; expected one of them' },
    { argv: ['server-stops', '--html', 'policies'], says: 'policies is a folder; expected a file' },
    { argv: ['server-stops', '--html', 'none/a.html'], says: 'none/a.html cannot be written: ENOENT' },
    { argv: ['server-stops', '--seed', 'one'], says: 'Expected a whole number, 0 to 999999999999999.' },
    {
      argv: ['server-stops', '--seed', '1234567890123456'],
      says: 'Expected a whole number, 0 to 999999999999999, with at most 15 digits.',
    },
    { argv: ['server-stops', '--policy', 'policies'], says: 'found 3 policies in policies; expected one file' },
    { argv: ['server-stops', '--policy', 'none.yml'], says: 'none.yml:1:1 error UNREADABLE cannot be read: ENOENT' },
  ])('cannot be run as given: $argv', async ({ argv, says }) => {
    const { code, out, err } = await evenkeel(['drill', ...argv]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });

  it('shows the problems of a policy that cannot be rehearsed', async () => {
    const file = join(folder, 'broken.yml');
    await writeFile(file, 'service: web\nregion: ap-northeast-2\nhealth: { targetGrup: web }\n');
    const { code, err } = await evenkeel(['drill', 'server-stops', '--policy', file]);
    expect(code).toBe(2);
    expect(err).toContain(`${file}:3:11 error UNKNOWN_KEY health.targetGrup: unknown key; did you mean targetGroup?`);
    expect(err).toContain(`error: ${file} cannot be rehearsed\n`);
  });
});
