import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPolicies } from '../../lib/policy/load.ts';
import { readPolicyFiles } from '../../lib/policy/read.ts';

/** `line:column CODE message` of what cannot be read. */
async function errorsOf(path: string): Promise<string[]> {
  const { problems } = await readPolicyFiles([path]);
  return problems.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
}

describe('one bad policy beside good ones', () => {
  let folder: string;
  const good = (service: string) =>
    `service: ${service}\nregion: ap-northeast-2\nhealth: { targetGroup: ${service}-targets }\n`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policies-'));
    await writeFile(join(folder, 'a.yml'), good('a'));
    await writeFile(join(folder, 'b.yml'), 'service: [\n');
    await writeFile(join(folder, 'c.yaml'), good('c'));
    await writeFile(join(folder, 'd.yml'), '#'.repeat(10_000_000));
    await writeFile(join(folder, 'notes.txt'), 'not a policy');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('the good ones are served, in the order of their names', async () => {
    const { sources, problems } = await readPolicyFiles([folder]);
    const loaded = loadPolicies(sources);
    expect(loaded.policies.map(({ file, policy }) => [file, policy.service])).toEqual([
      [join(folder, 'a.yml'), 'a'],
      [join(folder, 'c.yaml'), 'c'],
    ]);
    expect([...problems, ...loaded.problems].filter(({ severity }) => severity === 'error')).toEqual([
      {
        file: join(folder, 'd.yml'),
        line: 1,
        column: 1,
        severity: 'error',
        code: 'TOO_LARGE',
        message: 'found 10000000 bytes; expected a policy of at most 64000',
      },
      {
        file: join(folder, 'b.yml'),
        line: 2,
        column: 1,
        severity: 'error',
        code: 'INVALID_YAML',
        message: 'found no closing ] for one opened further up; expected it before this line',
      },
    ]);
  });

  test('what is named twice on the command line is read once', async () => {
    const { sources } = await readPolicyFiles([
      join(folder, 'c.yaml'),
      folder,
      `${folder}/../${folder.split('/').at(-1)}/a.yml`,
    ]);
    expect(sources.map(({ file }) => file.split('/').at(-1))).toEqual(['c.yaml', 'a.yml', 'b.yml']);
  });

  test('what cannot be read is a problem, not an exception', async () => {
    expect(await errorsOf(join(folder, 'none.yml'))).toEqual([
      expect.stringMatching(/^1:1 UNREADABLE cannot be read: ENOENT/),
    ]);
    expect(await errorsOf(join(folder, 'notes.txt'))).toEqual([
      '1:1 NOT_A_POLICY_FILE expected a name ending in .yml or .yaml',
    ]);
    expect(await errorsOf('/dev')).toEqual([
      '1:1 NO_POLICIES found no *.yml or *.yaml in this folder; expected at least one policy',
    ]);
  });

  test('a folder that has the name of a policy is a problem too', async () => {
    await mkdir(join(folder, 'e.yml'));
    expect((await errorsOf(folder)).filter((error) => error.includes('UNREADABLE'))).toEqual([
      '1:1 UNREADABLE found something else than a file; expected a policy file',
    ]);
  });
});
