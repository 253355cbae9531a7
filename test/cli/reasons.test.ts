import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REASONS } from '../../lib/core/reasons.ts';
import { evenkeel } from './capture.ts';

describe('reasons', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('says what one code means, in any case', async () => {
    const { code, out } = await evenkeel(['reasons', 'panic']);
    expect(code).toBe(0);
    expect(out).toBe(`PANIC  health, notifies\n  ${REASONS.PANIC.meaning}\n`);
  });

  it('says what all codes mean', async () => {
    const { out } = await evenkeel(['reasons']);
    for (const [code, { meaning }] of Object.entries(REASONS)) {
      expect(out).toContain(`${code}  `);
      expect(out).toContain(`\n  ${meaning}\n`);
    }
  });

  it('suggests the code that was meant', async () => {
    const { code, err } = await evenkeel(['reasons', 'STABILISING']);
    expect(code).toBe(2);
    expect(err).toContain('there is no reason code STABILISING; did you mean STABILIZING?');
  });

  it('keeps the table of the README current', async () => {
    const { out } = await evenkeel(['reasons', '--markdown']);
    const readme = await readFile('README.md', 'utf8');
    expect(readme, 'renew it: npm run -s evenkeel -- reasons --write').toContain(`\n${out}<!-- /reasons -->`);
  });

  it('renews the table between its markers and leaves the rest alone', async () => {
    const file = join(folder, 'README.md');
    const readme = await readFile('README.md', 'utf8');
    await writeFile(file, readme.replace(/\| `STEADY`.*\n/, '| stale |\n'));
    expect(await evenkeel(['reasons', '--write', file])).toEqual({ code: 0, out: '', err: '' });
    expect(await readFile(file, 'utf8')).toBe(readme);
  });

  it('asks for markers where there are none', async () => {
    const file = join(folder, 'bare.md');
    await writeFile(file, '# nothing\n');
    const { code, err } = await evenkeel(['reasons', '--write', file]);
    expect(code).toBe(2);
    expect(err).toContain('found no place for the table; expected <!-- reasons');
  });
});
