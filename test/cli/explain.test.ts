import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from './capture.ts';

const DECISION = {
  area: 'health',
  reason: 'HEALTHY',
  message: '2 of 2 targets healthy, none failing',
  action: null,
  applied: false,
  numbers: { healthy: 2, expected: 2 },
};

describe('explain', () => {
  let folder = '';
  let file = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-cli-'));
    file = join(folder, 'decision.json');
    await writeFile(file, JSON.stringify(DECISION));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('explains one decision, from a file and from standard input alike', async () => {
    const fromFile = await evenkeel(['explain', file]);
    expect(fromFile).toMatchObject({ code: 0, err: '' });
    expect(fromFile.out).toMatch(/^health: HEALTHY\n2 of 2 targets healthy, none failing\n/);
    expect(await evenkeel(['explain', '-'], JSON.stringify(DECISION))).toEqual(fromFile);
  });

  it.each([
    { given: [DECISION], what: 'a list of decisions', way: ".[0]'" },
    {
      given: { scenario: 'x', decisions: [DECISION] },
      what: "a drill's result",
      way: '[.decisions[] | select(.action)][0]',
    },
    { given: [{ decisions: [DECISION] }], what: "a list of drills' results", way: '.[0].decisions[0]' },
    { given: { services: [{ decisions: [DECISION] }] }, what: "a handler's answer", way: '.services[0].decisions[0]' },
  ])('shows how to take one decision out of $what', async ({ given, what, way }) => {
    const { code, out, err } = await evenkeel(['explain', '-'], JSON.stringify(given));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`found ${what}; take one out of it, for example:\n  jq '`);
    expect(err).toContain(way);
  });

  it.each([
    { given: '', says: 'found nothing; expected one decision as JSON' },
    { given: '{', says: 'cannot be read as JSON: ' },
    { given: 'null', says: 'found null; the filter before it matched nothing' },
    { given: '[]', says: 'expected an object with area, reason, message, action and applied' },
    {
      given: JSON.stringify({ ...DECISION, reason: 'HEALTY' }),
      says: 'reason: expected a reason code; did you mean HEALTHY?',
    },
    { given: JSON.stringify({ ...DECISION, reason: 'toString' }), says: '`evenkeel reasons` lists them' },
    { given: JSON.stringify({ ...DECISION, area: 'weather' }), says: 'area: expected scaling, health or failover' },
    { given: JSON.stringify({ ...DECISION, action: { kind: 'dance' } }), says: 'action: expected null, or an action' },
  ])('refuses what is no decision: $says', async ({ given, says }) => {
    const { code, out, err } = await evenkeel(['explain', '-'], given);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });

  it('names the file that it cannot read', async () => {
    const { code, err } = await evenkeel(['explain', join(folder, 'none.json')]);
    expect(code).toBe(2);
    expect(err).toContain(`${join(folder, 'none.json')}: cannot be read: ENOENT`);
  });
});
