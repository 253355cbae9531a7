import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Policy } from '../../lib/core/model.ts';
import { claimsOf } from '../../lib/policy/claims.ts';
import { detectionTimes } from '../../lib/policy/detection.ts';
import { loadPolicies, loadPolicy } from '../../lib/policy/load.ts';
import type { Problem } from '../../lib/policy/problem.ts';
import { readPolicyFiles } from '../../lib/policy/read.ts';
import { anyPolicy } from './arbitrary.ts';
import { policyText } from './base.ts';

const RUNS = { numRuns: 1000 };

/** A policy as YAML; keys that are undefined are left out. */
const print = (policy: Policy) => stringify(policy, { aliasDuplicateObjects: false });

/** Text that is nearly YAML: it reaches further into the reader than letters alone. */
const nearlyYaml = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\n  ',
        ': ',
        ' ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '# ',
        '"',
        "'",
        '&a ',
        '*a',
        '!t ',
        '? ',
        '|\n',
        '>',
        '%',
        '---\n',
        '...\n',
        '\t',
        '\r\n',
        '\uFEFF',
        '<<',
        '~',
        '.nan',
      ),
      fc.constantFrom(
        'service',
        'web',
        'region',
        'fleet',
        'scaling',
        'signals',
        'health',
        'failover',
        'steps',
        '5',
        '200',
      ),
      fc.string({ maxLength: 4, unit: 'binary' }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** web.yml with one place cut out and something else put in. */
const damaged = fc.tuple(fc.nat(3500), fc.nat(6), nearlyYaml).map(([at, length, insert]) => {
  const text = policyText('web.yml');
  return text.slice(0, at) + insert.slice(0, 12) + text.slice(at + length);
});

function expectInside(problems: readonly Problem[], text: string): void {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const { line, column } of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
  }
}

describe('whatever the text', { timeout: 30_000 }, () => {
  test.each([
    ['any characters', fc.string({ unit: 'binary', maxLength: 200 })],
    ['nearly YAML', nearlyYaml],
    ['a damaged policy', damaged],
  ])('%s: no exception, every problem inside the text, and refused exactly when there is an error', (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const { policy, problems } = loadPolicy('x.yml', text);
        expectInside(problems, text);
        expect(problems.some(({ severity }) => severity === 'error')).toBe(policy === null);
        expect(
          problems.every(
            ({ file, code, message }) => file === 'x.yml' && /^[A-Z][A-Z0-9_]+$/.test(code) && message !== '',
          ),
        ).toBe(true);
      }),
      RUNS,
    );
  });

  describe('in a file', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bytes-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    test('any bytes are text or a problem inside them', async () => {
      const file = join(folder, 'x.yml');
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ maxLength: 60 }),
          fc.constantFrom('', 'é\n', '\uFEFF# \uFFFD'),
          async (bytes, start) => {
            const content = Buffer.concat([Buffer.from(start), bytes]);
            await writeFile(file, content);
            const { sources, problems } = await readPolicyFiles([file]);
            expect(sources.length + problems.length).toBe(1);
            expectInside(problems, content.toString('utf8'));
            for (const { text } of sources) expect(Buffer.from(text)).toEqual(content);
          },
        ),
        RUNS,
      );
    });
  });
});

describe('whatever the policy', { timeout: 30_000 }, () => {
  test('printed as YAML or JSON it loads back as it was, with any line ends', () => {
    fc.assert(
      fc.property(anyPolicy, fc.constantFrom('', '\uFEFF'), fc.boolean(), fc.boolean(), (policy, mark, crlf, json) => {
        const printed = json ? JSON.stringify(policy, null, 2) : print(policy);
        const text = mark + (crlf ? printed.replaceAll('\n', '\r\n') : printed);
        const result = loadPolicy('x.yml', text);
        expect(result.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(result.policy).toEqual(policy);
      }),
      RUNS,
    );
  });

  test('a key that nobody knows is refused in its own line', () => {
    fc.assert(
      fc.property(anyPolicy, fc.nat(), (policy, choice) => {
        const lines = JSON.stringify(policy, null, 2).split('\n');
        const maps = lines.flatMap((line, index) =>
          line.endsWith('{') && !line.includes('"dimensions"') ? [index + 1] : [],
        );
        const at = maps[choice % maps.length] ?? 1;
        lines.splice(at, 0, '"xyzzy": 1,');
        const { problems } = loadPolicy('x.yml', lines.join('\n'));
        expect(problems.map(({ line, column, code }) => [line, column, code])).toEqual([[at + 1, 1, 'UNKNOWN_KEY']]);
      }),
      RUNS,
    );
  });

  test('its detection times add up and stand in their texts', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        for (const { detectSeconds, decideSeconds, actSeconds, text } of detectionTimes(policy)) {
          if (detectSeconds === null || decideSeconds === null || actSeconds === null) {
            expect([detectSeconds, decideSeconds, actSeconds]).toEqual([null, null, null]);
            continue;
          }
          const interval = policy.health?.check.intervalSeconds ?? 5;
          expect(decideSeconds - detectSeconds).toBeGreaterThanOrEqual(interval);
          expect((decideSeconds - detectSeconds) % interval).toBe(0);
          expect(actSeconds - decideSeconds).toBe(2);
          expect(text).toContain(`= ${actSeconds} s`);
        }
      }),
      RUNS,
    );
  });
});

describe('whatever the policies', { timeout: 30_000 }, () => {
  test('no two that are served name the same thing, and who is refused names something that is taken', () => {
    fc.assert(
      fc.property(fc.array(anyPolicy, { minLength: 2, maxLength: 5 }), (policies) => {
        const sources = policies.map((policy, index) => ({ file: `${index}.yml`, text: print(policy) }));
        const { policies: served, problems } = loadPolicies(sources);
        const keys = served.flatMap(({ policy }) => claimsOf(policy).map(({ key }) => key));
        expect(new Set(keys).size).toBe(keys.length);
        const refused = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
        expect(served.length + refused.size).toBe(policies.length);
        for (const [index, policy] of policies.entries()) {
          const isRefused = refused.has(`${index}.yml`);
          const before = served
            .filter(({ file }) => Number.parseInt(file, 10) < index)
            .flatMap((one) => claimsOf(one.policy));
          expect(claimsOf(policy).some(({ key }) => before.some((other) => other.key === key))).toBe(isRefused);
        }
      }),
      { numRuns: 300 },
    );
  });
});
