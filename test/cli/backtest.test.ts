import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASELINES } from '../../lib/backtest/baselines.ts';
import type { BacktestResult } from '../../lib/backtest/model.ts';
import { verdictOf } from '../../lib/backtest/verdict.ts';
import { evenkeel } from './capture.ts';

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const WEB = fileURLToPath(new URL('../../policies/web.yml', import.meta.url));
const API = fileURLToPath(new URL('../../policies/api.yml', import.meta.url));
const FLEET = fileURLToPath(new URL('../../policies/fleet.yml', import.meta.url));

/** Requests a minute over some hours: up and down, with ten minutes missing. */
function csv(minutes: number): string {
  const rows = Array.from({ length: minutes }, (_, minute) => {
    const time = new Date(Date.UTC(2026, 0, 5, 0, minute)).toISOString();
    return `${time},${Math.round(3000 + 2000 * Math.sin(minute / 30))}`;
  });
  return ['timestamp,value', ...rows.slice(0, 50), ...rows.slice(60), ''].join('\n');
}

describe('backtest', () => {
  let folder = '';
  let trace = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-backtest-'));
    trace = join(folder, 'load.csv');
    await writeFile(trace, csv(300));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const backtest = (...args: readonly string[]) =>
    evenkeel(['backtest', '--policy', WEB, '--trace', trace, '--max', '20', ...args]);
  const resultOf = async (...args: readonly string[]): Promise<BacktestResult> =>
    JSON.parse((await backtest(...args, '--json')).out);

  it('plays the trace under evenkeel, the optimum, none and all baselines, and says what it all means', async () => {
    const { code, out, err } = await backtest('--requests-per-instance', '600');
    expect(err).toBe('');
    expect(code).toBe(/^pass/m.test(out) ? 0 : 1);
    expect(out).toMatch(
      /^web on .*load\.csv: 290 rows, 2026-01-05T00:00Z to 2026-01-05T05:00Z, 10 minutes are not judged, for/,
    );
    expect(out).toContain('requests, of which one instance serves 600 a minute at 100 % CPU');
    expect(out).toContain('an instance boots 120 s, a metric comes 60 s after its minute, 1 to 20 instances');
    for (const name of ['evenkeel', 'optimum', 'none', ...BASELINES.map((one) => one.name)])
      expect(out).toMatch(new RegExp(`^${name} +\\d+\\.\\d{3} % `, 'm'));
    expect(out).toMatch(/^(pass|fail) {2}.*evenkeel/m);
  });

  it('prints the result as JSON, and nothing else, on standard output', async () => {
    const args = ['--requests-per-instance', '600', '--against', 'hpa,kpa', '--json'];
    const { code, out, err } = await backtest(...args);
    const result: BacktestResult = JSON.parse(out);
    expect(err).toBe('');
    expect(result.runs.map(({ name }) => name)).toEqual(['evenkeel', 'optimum', 'none', 'hpa', 'kpa']);
    expect(result.trace).toMatchObject({ rows: 290, gapMinutes: 10, fromMs: Date.UTC(2026, 0, 5) });
    expect(result.demand.values).toHaveLength(300);
    expect(result.demand.values.filter((value) => value === null)).toHaveLength(10);
    expect(result.runs[1]?.measures).toMatchObject({ saturatedMinutes: 0, judgedMinutes: 290, ofOptimumPercent: 100 });
    expect(result.verdict).toEqual(verdictOf(result.runs));
    expect(result.verdict.pass).toBe(code === 0);
    expect((await backtest(...args)).out).toBe(out);
  });

  it('writes a page beside what it prints, and says where', async () => {
    const file = join(folder, 'page.html');
    const args = ['--requests-per-instance', '600', '--against', 'hpa', '--html', file];
    expect((await backtest(...args)).out.endsWith(`\n\npage written to ${file}\n`)).toBe(true);
    expect(await readFile(file, 'utf8')).toContain('<h1>Backtest of web on ');
    const { out, err } = await backtest(...args, '--json');
    expect(JSON.parse(out)).toMatchObject({ service: 'web' });
    expect(err).toBe(`\npage written to ${file}\n`);
  });

  it('leaves its trace and its policy alone where the page would take their place', async () => {
    const policy = join(folder, 'own.yml');
    const link = join(folder, 'link.html');
    await writeFile(policy, await readFile(WEB, 'utf8'));
    await symlink('load.csv', link);
    const before = await Promise.all([trace, policy].map((file) => readFile(file, 'utf8')));
    for (const [html, read] of [
      [trace, trace],
      [link, trace],
      [policy, policy],
    ] as const) {
      const { code, out, err } = await backtest('--fleet-mean', '10', '--policy', policy, '--html', html);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(
        `error: ${html} would take the place of ${read}, which this command reads; expected another file`,
      );
    }
    expect(await Promise.all([trace, policy].map((file) => readFile(file, 'utf8')))).toEqual(before);
  });

  it('prints its result before a page that cannot be written, which is refused', async () => {
    // A name of 255 characters is one; that of the file beside it is not.
    const file = join(folder, 'x'.repeat(255));
    const { code, out, err } = await backtest('--fleet-mean', '10', '--against', 'hpa', '--html', file, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ service: 'web' });
    expect(err).toContain(`error: ${file} cannot be written: ENAMETOOLONG`);
  });

  it('scales a trace so that a fleet at the target has the mean asked for', async () => {
    const { trace: at80, settings } = await resultOf('--fleet-mean', '10');
    expect(settings).toMatchObject({ targetPercent: 80, min: 1, max: 20, warmupSeconds: 120, bootSeconds: 120 });
    expect(at80.meanDemand).toBeCloseTo(8, 9);
    expect((await resultOf('--fleet-mean', '1e1')).trace).toEqual(at80);
    const { trace: at50 } = await resultOf('--fleet-mean', '10', '--target', '50');
    expect(at50.meanDemand).toBeCloseTo(5, 9);
  });

  it('says when the bounds leave no room for the peak, and which would', async () => {
    const args = ['--requests-per-instance', '600', '--against', 'hpa'];
    const { out } = await backtest(...args, '--max', '5');
    expect(out).toContain('the peak asks for more than the 5 instances that are allowed');
    const roomy = /--max (\d+) gives room/.exec(out)?.[1] as string;
    expect(roomy).toBe('11');
    const { settings, trace } = await resultOf(...args, '--max', roomy);
    expect(trace.peakDemand / settings.max).toBeLessThanOrEqual(0.8);
    expect((await backtest(...args, '--max', roomy)).out).not.toContain('the peak asks for more');
  });

  it('names no bound for a way out that --max does not take', async () => {
    const { out } = await backtest('--requests-per-instance', '0.1', '--against', 'hpa');
    expect(out).toContain('room for it at the target takes 62,500, and --max goes to 10,000');
    expect(out).not.toMatch(/--max \d+ gives room/);
  });

  it("says when the lead of the policy's forecast is not how long an instance boots here, and plays it as it is", async () => {
    const fleet = (...args: readonly string[]) =>
      backtest('--policy', FLEET, '--fleet-mean', '10', '--against', 'hpa', ...args);
    const { out } = await fleet();
    expect(out).toContain(
      "lead:   the policy's forecast looks 240 s ahead (leadSeconds), and an instance serves 120 s after its order here, so it looks 120 s too far\n",
    );
    expect((await fleet('--boot-seconds', '300')).out).toContain('so it does not look far enough by 60 s\n');
    expect((await fleet('--boot-seconds', '240')).out).not.toContain('lead:');
    expect(JSON.parse((await fleet('--json')).out)).toMatchObject({ leadSeconds: 240, settings: { bootSeconds: 120 } });
    // Without a forecast nothing is looked ahead for.
    expect((await backtest('--fleet-mean', '10', '--against', 'hpa')).out).not.toContain('lead:');
    expect((await resultOf('--fleet-mean', '10', '--against', 'hpa')).leadSeconds).toBeNull();
  });

  it('says of how many minutes the trace tells too little: also the last, where it does not start on a full one', async () => {
    const file = join(folder, 'begun.csv');
    await writeFile(file, [10, 70, 130].map((second) => `${1769846400 + second},5\n`).join(''));
    const { out } = await backtest('--fleet-mean', '10', '--against', 'hpa', '--trace', file);
    expect(out).toContain(', 1 minute is not judged, for the trace tells less than half of it\n');
  });

  it('takes CPU percent of a fleet of known size, and other worlds', async () => {
    await writeFile(join(folder, 'cpu.csv'), '1769846400,50\n1769846700,100\n1769847000,25\n');
    const args = ['--boot-seconds', '30', '--metric-delay-seconds', '0', '--warmup-seconds', '0', '--min', '2'];
    const cpu = ['backtest', '--policy', WEB, '--trace', join(folder, 'cpu.csv'), '--fleet-size', '2', ...args];
    const held: BacktestResult = JSON.parse((await evenkeel([...cpu, '--json'])).out);
    expect(held.trace).toMatchObject({ meanDemand: (1 + 2 + 0.5) / 3, peakDemand: 2 });
    expect(held.trace.conversion).toContain('CPU percent of 2 instances');
    expect(held.trace.conversion).toContain('rows 300 s apart, held in between');
    expect(held.settings).toMatchObject({ bootSeconds: 30, metricDelaySeconds: 0, warmupSeconds: 0, min: 2, max: 2 });
    const joined: BacktestResult = JSON.parse((await evenkeel([...cpu, '--resample', 'interpolate', '--json'])).out);
    expect(joined.demand.values[1]).toBeCloseTo(1.3, 9);
  });

  it('plays a policy that sees requests on a trace that counts none, and says what it took for them', async () => {
    const args = ['--fleet-mean', '30', '--against', 'hpa', '--json'];
    const { code, err, out } = await evenkeel(['backtest', '--policy', FLEET, '--trace', trace, ...args]);
    expect({ err, played: code < 2 }).toEqual({ err: '', played: true });
    const result: BacktestResult = JSON.parse(out);
    expect(result.trace.conversion).toContain('requests taken to reach its target of 6000 together with 80 % CPU');
  });

  it('plays a policy that sees requests', async () => {
    const args = ['--requests-per-instance', '7500', '--against', 'hpa'];
    const { code, err, out } = await evenkeel(['backtest', '--policy', FLEET, '--trace', trace, '--min', '1', ...args]);
    expect(err).toBe('');
    expect(code).toBeLessThan(2);
    expect(out).toContain('target 80 %, warm-up 180 s');
  });

  it('says which load it needs', async () => {
    const { code, err } = await evenkeel(['backtest', '--policy', WEB, '--fleet-mean', '10']);
    expect(code).toBe(2);
    expect(err).toContain('which load? Expected one of --trace and --cloudwatch');
  });

  it('keeps the targets of several CPU signals, and refuses one for all of them', async () => {
    const file = join(folder, 'two.yml');
    const peak = `    - name: peak
      metric: { namespace: AWS/EC2, name: CPUUtilization, statistic: Maximum, dimensions: { AutoScalingGroupName: exercise-group } }
      target: 95
`;
    await writeFile(file, (await readFile(WEB, 'utf8')).replace('  signals:\n', `  signals:\n${peak}`));
    const args = ['--policy', file, '--fleet-mean', '10', '--against', 'hpa'];
    const { settings, runs } = await resultOf(...args);
    expect(settings.targetPercent).toBe(95);
    expect(runs[0]?.title).toBe(`evenkeel by ${file} (peak at 95 %, cpu at 80 %; the others at 95 %)`);
    const { code, out, err } = await backtest(...args, '--target', '70');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('has 2 CPU targets, peak 95 % and cpu 80 %; expected no --target');
  });

  it.each([
    [['--fleet-mean', '10', '--fleet-size', '2'], 'found --fleet-size and --fleet-mean; expected one of them'],
    [[], 'how does the trace become load? Expected one of --requests-per-instance, --fleet-size, --fleet-mean'],
    [['--fleet-mean', '0'], 'Expected a number, 0.001 or more.'],
    [['--fleet-mean', '10', '--boot-seconds', '1.5'], 'Expected a whole number, 0 to 86400.'],
    [['--fleet-mean', '10', '--against', 'hpaa'], 'there is no baseline hpaa; did you mean hpa?'],
    [
      ['--fleet-mean', '10', '--against', 'guesswork-by-committee'],
      'there is no baseline guesswork-by-committee; there are',
    ],
    [['--fleet-mean', '10', '--min', '21'], 'found at least 21 and at most 20 instances'],
    [['--fleet-mean', '1234567890123456'], 'Expected a number, 0.001 or more, with at most 15 digits and 9 decimals.'],
    [['--fleet-mean', '1e15'], 'Expected a number, 0.001 or more, with at most 15 digits and 9 decimals.'],
    [['--fleet-mean', '1e'], 'Expected a number, 0.001 or more.'],
    [['--fleet-size', '1234567890123456'], 'Expected a whole number, 1 or more, with at most 15 digits.'],
    [['--fleet-mean', '10', '--cloudwatch', '14'], 'found both --trace and --cloudwatch; expected one of them'],
    [['--fleet-mean', '10', '--policy', API], 'has no fleet; expected fleet and scaling'],
    [['--fleet-mean', '10', '--min', '0'], 'found at least 0 instances; expected --min 1 or more'],
    [['--fleet-mean', '10', '--policy', 'none.yml'], 'none.yml cannot be replayed'],
    [['--fleet-mean', '10', '--html', ''], 'found an empty name; expected that of a file to write'],
    [['--fleet-mean', '10', '--trace', '-'], 'standard input cannot be read twice'],
    [
      ['--fleet-mean', '10', '--trace', '/dev/null'],
      '/dev/null: cannot be read: a pipe or a device cannot be read twice',
    ],
    [['--fleet-mean', '10', '--trace', 'lib'], 'lib: cannot be read: EISDIR'],
    [['--fleet-size', '2'], 'load.csv:2: found the value 3000; expected CPU percent, 0 to 100'],
    [['--fleet-mean', '10', '--trace', 'none.csv'], 'none.csv: cannot be read: ENOENT'],
  ])('refuses %j', async (args, words) => {
    const { code, out, err } = await backtest(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
  });

  it.each([
    [WEB, ['--requests-per-instance', '600'], 'the history is CPU percent; expected --fleet-size or --fleet-mean'],
  ])('refuses what CloudWatch has of %s with %j', async (file, args, words) => {
    const { code, out, err } = await evenkeel(['backtest', '--policy', file, '--cloudwatch', '14', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
  });

  it('says file and line of what is wrong with a trace, and refuses one without any load', async () => {
    const broken = join(folder, 'broken.csv');
    await writeFile(broken, 'timestamp,value\n2026-01-05T00:00:00Z,1\n2026-01-05T00:01:00Z,many\n');
    const { code, err } = await backtest('--fleet-mean', '10', '--trace', broken);
    expect(code).toBe(2);
    expect(err).toContain(`${broken}:3: found the value many; expected a number, 0 or more`);
    await writeFile(broken, '1769846400,0\n1769846460,0\n');
    expect((await backtest('--fleet-mean', '10', '--trace', broken)).err).toContain('found no value above 0');
    await writeFile(broken, '1769846400,7\n1769846410,7\n');
    expect((await backtest('--fleet-mean', '10', '--trace', broken)).err).toContain(
      'found not one minute of which it tells half',
    );
  });

  it('prints nothing of a trace that it was not let to finish', async () => {
    const long = join(folder, 'long.csv');
    await writeFile(long, csv(200_000));
    const args = ['backtest', '--policy', WEB, '--trace', long, '--fleet-mean', '10', '--max', '50', '--json'];
    const child = spawn(process.execPath, [MAIN, ...args]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    const first = new Promise((resolve) => child.stderr.once('data', resolve));
    await first;
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^\d+ of 199990 rows, about \d+ s left\n/);
    expect(err).toContain('interrupted: a part of a trace says nothing, so nothing is printed');
  });
});
