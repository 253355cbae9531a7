/** `npx serverless package`, in a copy of what it needs, so that nothing else that packages or invokes at the time is disturbed. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { SOURCE_MAPS } from '../../lib/deploy/names.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NEEDED = ['serverless.yml', 'serverless.outpost.yml', 'package.json', 'handlers', 'lib', 'policies'];
const run = promisify(execFile);

/** A function of serverless.yml, and its bundle's path in the zip. */
export const FUNCTIONS = {
  onTick: 'handlers/on-tick.js',
  onAlarm: 'handlers/on-alarm.js',
  operate: 'handlers/operate.js',
  drill: 'handlers/drill.js',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

/** The environment without credentials, and without what would make a process think that it runs in Lambda or in a test. */
const PLAIN_ENV = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: tmpdir(), NO_COLOR: '1' };

export interface Packaged {
  /** Where `.serverless` stands. */
  readonly folder: string;
  readonly zip: (name: FunctionName) => Buffer;
  readonly map: (name: FunctionName) => string;
  /** Path of the template that would be deployed. */
  readonly template: string;
  remove(): void;
}

/** A copy of this repository that can be packaged. */
export function copyOfRepository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-package-'));
  for (const name of NEEDED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Packages a copy. @throws Error with what the command said when it fails. */
export async function packageIn(folder: string, ...options: readonly string[]): Promise<Packaged> {
  const bin = join(ROOT, 'node_modules/serverless/bin/serverless.js');
  await run(process.execPath, [bin, 'package', ...options], { cwd: folder, env: PLAIN_ENV }).catch((error) => {
    // The framework writes its errors to standard output.
    throw new Error(`serverless package failed: ${error.stdout}${error.stderr}`, { cause: error });
  });
  const template = join(folder, '.serverless/cloudformation-template-update-stack.json');
  return {
    folder,
    zip: (name) => readFileSync(join(folder, `.serverless/${name}.zip`)),
    map: (name) => readFileSync(join(folder, SOURCE_MAPS, `${name}.map`), 'utf8'),
    template,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Packages the alarms of a region that has services but not the controller. */
export const outpostIn = (folder: string, region: string): Promise<Packaged> =>
  packageIn(
    folder,
    '--config',
    'serverless.outpost.yml',
    '--region',
    region,
    '--param',
    'controllerRegion=ap-northeast-1',
  );

/** Unpacks a zip into a folder of its own, empty but for it, and without node_modules in any folder above. */
export function unpacked(zip: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-unpacked-'));
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

const CALL = `
  const [bundle, event] = JSON.parse(process.argv[1]);
  const { handler } = await import(bundle);
  const context = { awsRequestId: 'request-1', functionName: 'evenkeel-test', getRemainingTimeInMillis: () => 60_000 };
  const answer = await handler(event, context);
  process.stdout.write('\\nANSWER ' + JSON.stringify(answer));
`;

/**
 * Calls a function in a fresh Node process in that folder, as Lambda would, and returns its answer. Nothing of the
 * environment is passed on but what is given.
 * @throws Error with everything that the process wrote when it fails.
 */
export async function callIn(
  folder: string,
  name: FunctionName,
  event: unknown,
  env: Readonly<Record<string, string>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: whatever the function answers.
): Promise<any> {
  const argument = JSON.stringify([join(folder, FUNCTIONS[name]), event]);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', CALL, argument], {
    cwd: folder,
    env: { ...PLAIN_ENV, ...env },
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\nANSWER ') + '\nANSWER '.length));
}
