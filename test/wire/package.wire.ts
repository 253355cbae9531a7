import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOURCE_MAPS } from '../../lib/deploy/names.ts';
import { evenkeel } from '../cli/capture.ts';
import { clientsSentBy } from '../deploy/sent.ts';
import {
  callIn,
  copyOfRepository,
  FUNCTIONS,
  type FunctionName,
  outpostIn,
  type Packaged,
  packageIn,
  unpacked,
} from './packaged.ts';

/** The bar of the project for each zip, in bytes. */
const LARGEST = 350_000;
const NAMES = Object.keys(FUNCTIONS) as FunctionName[];
/** What Lambda sets: without it the tracer is not loaded. */
const IN_LAMBDA = {
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: 'evenkeel-test',
  AWS_REGION: 'ap-northeast-1',
  EVENKEEL_TABLE: 'evenkeel-test',
  POWERTOOLS_METRICS_NAMESPACE: 'Evenkeel',
  POWERTOOLS_SERVICE_NAME: 'evenkeel-test',
};

let packaged: Packaged;
const folders = new Map<FunctionName, string>();
const folderOf = (name: FunctionName): string => folders.get(name) as string;

beforeAll(async () => {
  const folder = copyOfRepository();
  // Policies may end either way.
  renameSync(join(folder, 'policies/api.yml'), join(folder, 'policies/api.yaml'));
  packaged = await packageIn(folder);
  for (const name of NAMES) folders.set(name, unpacked(packaged.zip(name)));
}, 120_000);

afterAll(() => {
  packaged.remove();
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
});

/** Packages of node_modules whose code is in a bundle, by its source map. */
function packagesIn(name: FunctionName): string[] {
  const { sources }: { sources: string[] } = JSON.parse(packaged.map(name));
  const found = sources.flatMap((s) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(s)?.[1] ?? []);
  return [...new Set(found)].sort();
}

describe.each(NAMES)('%s.zip', (name) => {
  it(`is at most ${LARGEST} bytes`, () => {
    expect(packaged.zip(name).length).toBeLessThanOrEqual(LARGEST);
  });

  it('holds the bundle, the mark of its kind, and every policy; nothing else', () => {
    expect(Object.keys(unzipSync(packaged.zip(name))).sort()).toEqual([
      FUNCTIONS[name],
      'handlers/package.json',
      'policies/api.yaml',
      'policies/fleet.yml',
      'policies/web.yml',
    ]);
  });

  it('loads and answers in an empty folder, as outside of Lambda so inside', async () => {
    expect(existsSync(join(folderOf(name), 'node_modules'))).toBe(false);
    for (const env of [{}, IN_LAMBDA]) {
      expect(await callIn(folderOf(name), name, { nothing: true }, env)).toMatchObject({
        trigger: { kind: 'refused' },
        problems: [{ code: 'BAD_EVENT' }],
      });
    }
  });

  it('holds the SDK clients whose commands it sends, and no other', () => {
    const clients = packagesIn(name).filter((p) => p.startsWith('@aws-sdk/client-'));
    expect(clients).toEqual([...clientsSentBy(FUNCTIONS[name].replace(/\.js$/, '.ts'))].sort());
  });

  it('holds no way to credentials but the one that Lambda has', () => {
    expect(packagesIn(name).filter((p) => /credential|nested-clients|token-providers/.test(p))).toEqual([
      '@aws-sdk/credential-provider-env',
    ]);
  });

  it('holds no dev dependency', () => {
    const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const packages = packagesIn(name);
    expect(packages.length).toBeGreaterThan(20);
    for (const one of packages) expect(lock.packages[`node_modules/${one}`]?.dev ?? false, one).toBe(false);
  });
});

describe('what does not rehearse', () => {
  it.each(NAMES.filter((name) => name !== 'drill'))('%s.zip holds no simulator and no drill', (name) => {
    const { sources }: { sources: string[] } = JSON.parse(packaged.map(name));
    // The state in memory is what a run by hand without a table falls back to.
    expect(sources.filter((s) => /^lib\/(sim|drill|cli|report)\//.test(s))).toEqual(['lib/sim/state-memory.ts']);
  });
});

it('rehearses from drill.zip, on the policies inside', async () => {
  const answer = await callIn(folderOf('drill'), 'drill', { scenario: 'server-stops', service: 'web' });
  expect(answer).toMatchObject({ scenario: 'server-stops', verdict: 'pass' });
});

it('serves the policies inside: an order for one that is not there is told which are', async () => {
  expect(await callIn(folderOf('operate'), 'operate', { order: 'status', service: 'shop' })).toMatchObject({
    problems: [{ code: 'UNKNOWN_SERVICE', message: expect.stringContaining('known are api, fleet, web') }],
  });
});

it('sends its segments to the X-Ray daemon that Lambda names', async () => {
  const daemon = createSocket('udp4');
  const segments: string[] = [];
  daemon.on('message', (message) => segments.push(String(message)));
  daemon.bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  const { port } = daemon.address() as AddressInfo;
  try {
    await callIn(
      folderOf('onTick'),
      'onTick',
      { rounds: 0 },
      {
        ...IN_LAMBDA,
        AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${port}`,
        LAMBDA_TASK_ROOT: folderOf('onTick'),
        _HANDLER: 'handlers/on-tick.handler',
        _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
      },
    );
    await expect.poll(() => segments.join('')).toContain('"name":"## handlers/on-tick.handler"');
  } finally {
    daemon.close();
  }
});

it('a stack trace of a zip leads to the line in the sources, also once an outpost was packaged after it', async () => {
  // Last in this file: the framework clears its own folder, and so the zips, before each packaging of whichever stack.
  await outpostIn(packaged.folder, 'ap-northeast-2');
  // In Lambda a function without its table does not start: the error comes from deep inside the bundle.
  const failure: Error = await callIn(folderOf('onTick'), 'onTick', {}, { ...IN_LAMBDA, EVENKEEL_TABLE: '' }).then(
    () => expect.fail('it started'),
    (error: Error) => error,
  );
  expect(failure.message).toMatch(/on-tick\.js:\d+:\d+/);
  const { code, out } = await evenkeel(['trace', '-', '--maps', join(packaged.folder, SOURCE_MAPS)], failure.message);
  expect(code).toBe(0);
  const [, line] = /\(handlers\/runtime\.ts:(\d+):\d+\)/.exec(out) ?? [];
  const text = readFileSync('handlers/runtime.ts', 'utf8').split('\n');
  expect(text[Number(line) - 1]).toContain('throw new Error(');
  expect(out).not.toMatch(/on-tick\.js:\d+:\d+/);
});
