import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evenkeel } from './capture.ts';

let maps = '';

beforeAll(() => {
  maps = mkdtempSync(join(tmpdir(), 'evenkeel-maps-'));
  // The first column of the first line is the start of line 3 in the source.
  const map = { version: 3, file: 'handlers/on-tick.js', sources: ['lib/a.ts'], sourcesContent: [''], names: [] };
  writeFileSync(join(maps, 'onTick.map'), JSON.stringify({ ...map, mappings: 'AAEA' }));
});
afterAll(() => rmSync(maps, { recursive: true, force: true }));

const trace = (text: string) => evenkeel(['trace', '-', '--maps', maps], text);

it('leads to the place in the sources, and says no more', async () => {
  const ended = await trace('Error: gone\n    at /var/task/handlers/on-tick.js:1:1\n');
  expect(ended).toEqual({ code: 0, out: 'Error: gone\n    at lib/a.ts:3:1\n', err: '' });
});

it.each(['nothing of ours', 'at /var/task/handlers/drill.js:1:1'])(
  'says when it has translated nothing: %s',
  async (text) => {
    expect(await trace(text)).toEqual({
      code: 0,
      out: text,
      err: `no place was translated: none in the text is in a function that ${maps} maps (handlers/on-tick.js)\n`,
    });
  },
);

it.each([
  ['none/of/these', 'there is no folder none/of/these: `npx serverless package` makes it\n'],
  ['test/cli', 'test/cli holds no source map: `npx serverless package` makes them\n'],
  ['package.json', 'package.json: ENOTDIR: not a directory'],
])('says where source maps come from when there are none: %s', async (folder, says) => {
  const { code, out, err } = await evenkeel(['trace', '-', '--maps', folder], 'Error: gone');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(`error: ${says}`);
});
