import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reason } from '../../lib/core/reason.ts';
import { REASONS } from '../../lib/core/reasons.ts';
import { evenkeel } from './capture.ts';

describe("the README's tables", () => {
  let folder = '';
  let readme = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
    readme = await readFile('README.md', 'utf8');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are current; when they are not: npm run -s evenkeel -- readme', async () => {
    expect(await evenkeel(['readme', '--check'])).toEqual({ code: 0, out: '', err: '' });
  });

  it('explain every reason code and say whether it notifies', () => {
    for (const [code, { meaning, notify }] of Object.entries<Reason>(REASONS)) {
      const notifies = { none: '', 'at once': 'at once', lasting: 'after 10 min' }[notify ?? 'none'];
      const line = readme.split('\n').find((one) => one.startsWith(`| \`${code}\` | `));
      expect(line?.endsWith(` | ${meaning.replaceAll('<', '&lt;')} | ${notifies} |`), code).toBe(true);
    }
  });

  it('give every key its default and meaning', () => {
    expect(readme).toContain('| `region` | text | **required** | Region of the fleet and of its target group. |');
    expect(readme).toContain(
      '| `scaling.scaleOut.maxStep` | 1 to 1000 | `4` | At most this many instances more at once. |',
    );
    expect(readme).toContain('| `scaling.signals[].steps[].below` | number | **required** |');
  });

  it('stand beside a sample of explain that is what its command prints', async () => {
    const { decisions } = JSON.parse((await evenkeel(['drill', 'server-stops', '--json'])).out);
    const first = decisions.find((d: { area: string; rejected?: unknown }) => d.area === 'scaling' && d.rejected);
    const { out } = await evenkeel(['explain', '-'], JSON.stringify(first));
    expect(readme).toContain(
      `| jq '[.decisions[] | select(.area == "scaling" and .rejected)][0]' | npm run -s evenkeel -- explain -`,
    );
    expect(/^```text\nweb, scaling at [^`]*/m.exec(readme)?.[0]).toBe(`\`\`\`text\n${out}`);
  });

  it('are found stale, and renewed between their markers while the rest is left alone', async () => {
    const file = join(folder, 'README.md');
    await writeFile(file, readme.replace(/\| `STEADY`.*\n/, '| stale |\n'));
    expect(await evenkeel(['readme', '--check', file])).toEqual({
      code: 1,
      out: '',
      err: `${file} is not what the code says. Renew it: npm run -s evenkeel -- readme\n`,
    });
    expect(await evenkeel(['readme', file])).toEqual({ code: 0, out: '', err: '' });
    expect(await readFile(file, 'utf8')).toBe(readme);
  });

  it('need their markers', async () => {
    const file = join(folder, 'bare.md');
    await writeFile(file, '# nothing\n');
    const { code, err } = await evenkeel(['readme', file]);
    expect(code).toBe(2);
    expect(err).toContain('found no place for a table; expected <!-- keys: ');
  });
});
