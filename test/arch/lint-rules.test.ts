// The rules of the house, each broken on purpose in a copy of the tree's layout: a rule that does not bite protects nothing.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const IMPORTS = 'lint/style/noRestrictedImports';
const AMBIENT = 'plugin';
const GLOBALS = 'lint/style/noRestrictedGlobals';
const ENVIRONMENT = 'lint/style/noProcessEnv';

const uses = (from: string): string => `import { one } from '${from}';\n\nexport const two = one;\n`;
const lines = (count: number): string => Array.from({ length: count }, (_, i) => `  total += ${i};`).join('\n');

/** What is wrong, in which room, and the rule that must say so. */
const BROKEN: readonly (readonly [what: string, room: string, text: string, rule: string])[] = [
  ['core imports the controller', 'lib/core', uses('../controller/cycle.ts'), IMPORTS],
  ['core imports the policy reader', 'lib/core', uses('../policy/load.ts'), IMPORTS],
  ['core imports a library', 'lib/core', uses('zod'), IMPORTS],
  ['core imports node', 'lib/core', uses('node:crypto'), IMPORTS],
  ['core passes on what is outside', 'lib/core', "export { one } from '../aws/dns.ts';\n", IMPORTS],
  ['core imports late', 'lib/core', "export const late = () => import('../aws/dns.ts');\n", IMPORTS],
  ['core reads the clock', 'lib/core', 'export const now = () => Date.now();\n', AMBIENT],
  ['core makes a date of now', 'lib/core', 'export const now = () => new Date();\n', AMBIENT],
  ['core rolls dice', 'lib/core', 'export const dice = () => Math.random();\n', AMBIENT],
  ['core renames the clock', 'lib/core', 'const Clock = Date;\n\nexport const now = () => Clock.now();\n', AMBIENT],
  ['core reaches the clock through globalThis', 'lib/core', 'export const g = globalThis;\n', GLOBALS],
  ['sim rolls dice', 'lib/sim', 'export const dice = () => Math.random();\n', AMBIENT],
  ['sim reads the clock', 'lib/sim', 'export const now = () => Date.now();\n', AMBIENT],
  ['sim sets a real timer', 'lib/sim', 'export const wait = (f: () => void) => setTimeout(f, 1);\n', GLOBALS],
  ['sim imports a real timer', 'lib/sim', uses('node:timers/promises'), IMPORTS],
  ['sim imports aws', 'lib/sim', uses('../aws/dns.ts'), IMPORTS],
  ['aws imports sim', 'lib/aws', uses('../sim/world.ts'), IMPORTS],
  ['aws imports the controller', 'lib/aws', uses('../controller/cycle.ts'), IMPORTS],
  ['controller imports aws', 'lib/controller', uses('../aws/dns.ts'), IMPORTS],
  ['controller imports the SDK', 'lib/controller', uses('@aws-sdk/client-sns'), IMPORTS],
  ['policy imports the controller', 'lib/policy', uses('../controller/cycle.ts'), IMPORTS],
  ['events imports the controller', 'lib/events', uses('../controller/cycle.ts'), IMPORTS],
  ['deploy imports aws', 'lib/deploy', uses('../aws/dns.ts'), IMPORTS],
  ['doctor imports aws', 'lib/doctor', uses('../aws/dns.ts'), IMPORTS],
  ['doctor imports the SDK', 'lib/doctor', uses('@aws-sdk/client-iam'), IMPORTS],
  ['aws imports the checks of doctor', 'lib/aws', uses('../doctor/diagnose.ts'), IMPORTS],
  ['drill imports the handlers', 'lib/drill', uses('../../handlers/rehearsal.ts'), IMPORTS],
  ['drill imports aws', 'lib/drill', uses('../aws/dns.ts'), IMPORTS],
  ['drill imports report', 'lib/drill', uses('../report/explain.ts'), IMPORTS],
  ['backtest imports the controller', 'lib/backtest', uses('../controller/cycle.ts'), IMPORTS],
  ['backtest imports node', 'lib/backtest', uses('node:fs'), IMPORTS],
  ['backtest rolls dice', 'lib/backtest', 'export const dice = () => Math.random();\n', AMBIENT],
  ['report imports drill', 'lib/report', uses('../drill/rig.ts'), IMPORTS],
  ['a handler imports report', 'handlers', uses('../lib/report/drill-html.ts'), IMPORTS],
  ['report imports the backtest', 'lib/report', uses('../backtest/engine.ts'), IMPORTS],
  ['report imports sim', 'lib/report', uses('../sim/world.ts'), IMPORTS],
  ['aws reads the environment', 'lib/aws', 'export const region = process.env.AWS_REGION;\n', ENVIRONMENT],
  ['the command line reads the environment', 'lib/cli', 'export const home = process.env.HOME;\n', ENVIRONMENT],
  ['a handler reads the environment', 'handlers', 'export const home = process.env.HOME;\n', ENVIRONMENT],
  ['a default export', 'lib/aws', 'export default 1;\n', 'lint/style/noDefaultExport'],
  [
    'a function of more than 60 lines',
    'lib/aws',
    `export function long(): number {\n  let total = 0;\n${lines(60)}\n  return total;\n}\n`,
    'lint/complexity/noExcessiveLinesPerFunction',
  ],
  [
    'a file of more than 300 lines',
    'lib/aws',
    Array.from({ length: 301 }, (_, i) => `export const n${i} = ${i};\n`).join(''),
    'lint/style/noExcessiveLinesPerFile',
  ],
];

const FINE: readonly (readonly [what: string, file: string, text: string])[] = [
  ['core imports core', 'lib/core/fine.ts', uses('./model.ts')],
  ['the controller imports core', 'lib/controller/core.ts', uses('../core/model.ts')],
  ['the controller imports ports', 'lib/controller/ports.ts', uses('../ports.ts')],
  ['aws reads the clock', 'lib/aws/fine.ts', 'export const now = () => Date.now();\n'],
  ['sim imports the SDK', 'lib/sim/sdk.ts', uses('@aws-sdk/client-sns')],
  ['backtest imports core', 'lib/backtest/fine.ts', uses('../core/model.ts')],
  ['drill imports sim', 'lib/drill/fine.ts', uses('../sim/world.ts')],
  ['the command line imports handlers', 'lib/cli/fine.ts', uses('../../handlers/rehearsal.ts')],
  ['the runtime reads the environment', 'handlers/runtime.ts', 'export const home = process.env.HOME;\n'],
];

describe('the house rules', () => {
  let folder = '';
  let found: ReadonlyMap<string, readonly string[]> = new Map();
  const fileOf = (index: number): string => `${BROKEN[index]?.[1]}/broken-${index}.ts`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-arch-'));
    for (const file of ['biome.json', 'no-ambient.grit', '.gitignore']) await cp(join(ROOT, file), join(folder, file));
    const files = [
      ...BROKEN.map(([, , text], index) => [fileOf(index), text] as const),
      ...FINE.map(([, file, text]) => [file, text] as const),
    ];
    for (const [file, text] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    found = await lint(folder);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(BROKEN.map(([what, , , rule], index) => ({ what, rule, index })))('catch: $what', ({ rule, index }) => {
    expect(found.get(fileOf(index))).toEqual([rule]);
  });

  it.each(FINE.map(([what, file]) => ({ what, file })))('allow: $what', ({ file }) => {
    expect(found.get(file) ?? []).toEqual([]);
  });
});

/** Runs the linter as `npm run check` does; the rules broken, by file. */
async function lint(folder: string): Promise<Map<string, string[]>> {
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const output = await new Promise<string>((resolve) => {
    // It exits with 1 when it finds something, which is what this is for.
    const args = ['lint', '--error-on-warnings', '--reporter=json', '--max-diagnostics=none', '.'];
    execFile(biome, args, { cwd: folder, maxBuffer: 64_000_000 }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { category: string; location: { path: string } }[] };
  const rules = new Map<string, string[]>();
  for (const { category, location } of diagnostics) {
    rules.set(location.path, [...new Set([...(rules.get(location.path) ?? []), category])]);
  }
  return rules;
}
