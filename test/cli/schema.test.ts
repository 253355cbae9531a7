import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from './capture.ts';

describe('schema', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('prints what editors use', async () => {
    const { code, out } = await evenkeel(['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(JSON.parse(await readFile('policies/policy.schema.json', 'utf8')));
  });

  it('finds the committed file current', async () => {
    expect(await evenkeel(['schema', '--check'])).toEqual({ code: 0, out: '', err: '' });
  });

  it('fails on a stale file and says how to renew it', async () => {
    const file = join(folder, 'stale.json');
    await writeFile(file, '{"$schema": "https://json-schema.org/draft/2020-12/schema"}');
    const { code, out, err } = await evenkeel(['schema', '--check', file]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      `${file} is not what lib/policy/schema.ts says. Renew it: npm run -s evenkeel -- schema --write ${file}\n`,
    );
  });

  it('says why it cannot compare what is not there, or no JSON', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{');
    for (const [file, says] of [
      [broken, 'Expected property name'],
      [join(folder, 'none.json'), 'ENOENT: no such file'],
      [folder, 'EISDIR'],
    ] as const) {
      const { code, out, err } = await evenkeel(['schema', '--check', file]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`error: ${file}: cannot be read as JSON: `);
      expect(err).toContain(says);
    }
  });

  it('writes a file that is then current', async () => {
    const file = join(folder, 'written.json');
    expect(await evenkeel(['schema', '--write', file])).toEqual({ code: 0, out: '', err: '' });
    expect((await evenkeel(['schema', '--check', file])).code).toBe(0);
  });

  it('takes the place of an older schema, and of nothing else that is there', async () => {
    const file = join(folder, 'old.json');
    await writeFile(file, '{"$schema": "https://json-schema.org/draft/2020-12/schema"}');
    expect(await evenkeel(['schema', '--write', file])).toEqual({ code: 0, out: '', err: '' });
    expect((await evenkeel(['schema', '--check', file])).code).toBe(0);
    for (const [name, text] of [
      ['web.yml', 'service: web\n'],
      ['package.json', '{"name": "mine"}'],
      ['null.json', 'null'],
      ['list.json', '["$schema"]'],
    ] as const) {
      const own = join(folder, name);
      await writeFile(own, text);
      const { code, out, err } = await evenkeel(['schema', '--write', own]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`error: ${own} is no JSON Schema, and would be lost; expected one, or no file`);
      expect(await readFile(own, 'utf8')).toBe(text);
    }
  });

  it('does not advise to write over what it would not write over', async () => {
    const file = join(folder, 'other.json');
    await writeFile(file, '{}');
    const { code, err } = await evenkeel(['schema', '--check', file]);
    expect({ code, err }).toEqual({
      code: 1,
      err: `${file} is no JSON Schema, and not what lib/policy/schema.ts says.\n`,
    });
  });

  it('either compares or writes', async () => {
    const file = join(folder, 'neither.json');
    const { code, err } = await evenkeel(['schema', '--check', '--write', file]);
    expect(code).toBe(2);
    expect(err).toContain('error: found both --check and --write; expected one of them');
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  it('says why a file cannot be written', async () => {
    const { code, err } = await evenkeel(['schema', '--write', join(folder, 'no', 'such', 'folder.json')]);
    expect(code).toBe(2);
    expect(err).toContain('ENOENT');
  });
});
