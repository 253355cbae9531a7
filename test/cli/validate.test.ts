import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from './capture.ts';

const GOOD = 'service: shop\nregion: eu-west-1\nhealth: { targetGroup: shop }\n';
const BROKEN =
  'service: shop\nregion: eu-west-1\nhealth:\n  targetGroup: shop\n  check: { intervalSeconds: fast }\nmood: good\n';

describe('validate', () => {
  let folder = '';
  let broken = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
    broken = join(folder, 'broken.yml');
    await writeFile(broken, BROKEN);
    await writeFile(join(folder, 'good.yml'), GOOD);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('passes the policies of this package, and prints how soon each can react', async () => {
    const { code, out, err } = await evenkeel(['validate']);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out).toContain('web (policies/web.yml) reacts at worst after:\n');
    expect(out).toContain(
      '\n  health: load balancer 5+5+2 s, own rounds +10 s, act +2 s = 24 s; 1 round would save 5 s\n',
    );
    expect(out).toContain('3 of 3 policy files can be served: 0 errors, 0 warnings\n');
  });

  it('prints each problem as file:line:column severity CODE message, and fails on an error', async () => {
    const { code, out } = await evenkeel(['validate', broken]);
    expect(code).toBe(1);
    const [first, second, ...rest] = out.split('\n');
    expect(first).toMatch(`${broken}:5:29 error WRONG_TYPE health.check.intervalSeconds: found "fast"; expected `);
    expect(second).toMatch(`${broken}:6:1 error UNKNOWN_KEY mood: unknown key; `);
    expect(rest).toEqual(['', '0 of 1 policy file can be served: 2 errors, 0 warnings', '']);
  });

  it('with --json prints the problems alone on standard output, and the times on standard error', async () => {
    const { code, out, err } = await evenkeel(['validate', '--json', folder]);
    expect(code).toBe(1);
    const problems: Record<string, unknown>[] = JSON.parse(out);
    expect(problems.slice(0, 2)).toMatchObject([
      { file: broken, line: 5, column: 29, severity: 'error', code: 'WRONG_TYPE' },
      { file: broken, line: 6, column: 1, severity: 'error', code: 'UNKNOWN_KEY' },
    ]);
    for (const problem of problems) {
      expect(Object.keys(problem).sort()).toEqual(['code', 'column', 'file', 'line', 'message', 'severity']);
    }
    expect(err).toContain(`shop (${join(folder, 'good.yml')}) reacts at worst after:`);
    expect(err).toContain('1 of 2 policy files can be served: 2 errors, ');
  });

  it('passes a policy that only has warnings', async () => {
    const { code, out } = await evenkeel(['validate', join(folder, 'good.yml')]);
    expect(out).toMatch(/good\.yml:1:1 warning NO_NOTIFY /);
    expect(code).toBe(0);
  });

  it('has an empty array for nothing to complain about', async () => {
    expect(await evenkeel(['validate', 'policies/web.yml', '--json'])).toMatchObject({ code: 0, out: '[]\n' });
  });

  it('says how far apart turns are where a region has more target groups than a round reads', async () => {
    const many = join(folder, 'many');
    await mkdir(many);
    const write = (n: number) =>
      writeFile(join(many, `shop-${n}.yml`), GOOD.replaceAll('shop', `shop-${String(n).padStart(2, '0')}`));
    await Promise.all(Array.from({ length: 40 }, (_, n) => write(n)));
    const { out } = await evenkeel(['validate', many]);
    expect(out).toMatch(/\neu-west-1: 40 target groups are .* its turn about every 10 s, .*\n\n40 of 40 policy files/);
  });

  it('fails on a file that is not there', async () => {
    const { code, out } = await evenkeel(['validate', join(folder, 'missing.yml')]);
    expect(code).toBe(1);
    expect(out).toMatch(/missing\.yml:1:1 error UNREADABLE cannot be read: ENOENT/);
  });
});
