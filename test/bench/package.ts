/** What the packaged function costs: the time to import it, and the memory of a tick. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { startDynamo } from '../contract/dynamo-server.ts';
import { clientsSentBy, sentByFunction } from '../deploy/sent.ts';
import { labText } from '../wire/lab.ts';
import { copyOfRepository, packageIn, unpacked } from '../wire/packaged.ts';
import { startPeer } from './peer.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const REPEATS = 15;
/** The share of services that a tick must have served to be one. */
const MOST = 0.9;
/** What Lambda sets: only then does a function load all that it needs when it is imported. */
const IN_LAMBDA = {
  AWS_LAMBDA_FUNCTION_NAME: 'evenkeel-bench',
  AWS_REGION: 'ap-northeast-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  POWERTOOLS_METRICS_NAMESPACE: 'Evenkeel',
  POWERTOOLS_SERVICE_NAME: 'evenkeel-bench',
};
/** How Lambda starts Node with 512 MB: five hundredths for each half of the young generation, nine tenths for the old one. */
const LAMBDA_HEAP = ['--max-semi-space-size=25', '--max-old-space-size=460'];
const run = promisify(execFile);

async function node(script: string, cwd: string, env: Readonly<Record<string, string>>, ...flags: string[]) {
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '-e', script], {
    cwd,
    env: { ...IN_LAMBDA, ...env },
    maxBuffer: 256 * 2 ** 20,
  });
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\nRESULT ') + '\nRESULT '.length));
}

const say = (value: string): string => `process.stdout.write('\\nRESULT ' + JSON.stringify(${value}))`;

/** Milliseconds to import a file in a fresh process, until nothing of it waits any more. */
function importing(file: string): Promise<number> {
  const script = `const began = performance.now(); await import(${JSON.stringify(file)}); await new Promise((done) => setImmediate(done)); ${say('performance.now() - began')};`;
  return node(script, dirname(file), { EVENKEEL_TABLE: 'evenkeel-bench' });
}

/** The clients that a tick needs in every round; SNS comes in only when somebody must be told. */
function clientsOfTick(): string[] {
  return [...clientsSentBy('handlers/on-tick.ts')].filter((client) => client !== '@aws-sdk/client-sns').sort();
}

/** A file that is nothing but these exports, bundled as serverless.yml bundles the functions, without its stand-ins. */
async function bundled(folder: string, name: string, contents: string): Promise<string> {
  const { custom } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), {
    customTags: [{ tag: '!GetAtt', resolve: (text: string) => text }],
  });
  const { alias: _, sourcemap: __, ...options } = custom.esbuild;
  const outfile = join(folder, `${name}.mjs`);
  const stdin = { contents, resolveDir: ROOT };
  await build({ ...options, platform: 'node', target: 'node24', stdin, outfile, logLevel: 'error' });
  return outfile;
}

export interface ImportTimes {
  readonly clients: number;
  /** Medians in milliseconds. */
  readonly tickMs: number;
  /** Whole clients, bundled like the tick. */
  readonly bareMs: number;
  /** Whole clients, as npm installs them. */
  readonly installedMs: number;
  /** Only the operations that a tick sends, bundled like the tick. */
  readonly sentMs: number;
}

/** Import times of the packaged `on-tick` and of the bare SDK clients that it needs, measured in turn in fresh processes. */
export async function importTimes(): Promise<ImportTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  const packaged = await packageIn(copyOfRepository());
  const tick = unpacked(packaged.zip('onTick'));
  try {
    const clients = clientsOfTick();
    const whole = clients.map((client, i) => `export * as c${i} from '${client}';`).join('\n');
    const installed = join(packaged.folder, 'installed.mjs');
    writeFileSync(installed, whole);
    const narrow = clients.map((client) => {
      const sent = sentByFunction('handlers/on-tick.ts').filter((one) => client === `@aws-sdk/client-${one.client}`);
      const commands = [...new Set(sent.map(({ command }) => `${command}Command`))];
      return `export { ${[`${classOf(client)}Client`, ...commands].join(', ')} } from '${client}';`;
    });
    const files = {
      tickMs: join(tick, 'handlers/on-tick.js'),
      bareMs: await bundled(folder, 'bare', whole),
      installedMs: installed,
      sentMs: await bundled(folder, 'sent', narrow.join('\n')),
    };
    const times = new Map(Object.keys(files).map((name) => [name, [] as number[]]));
    for (let i = 0; i < REPEATS; i += 1) {
      for (const [name, file] of Object.entries(files)) times.get(name)?.push(await importing(file));
    }
    const median = (name: string): number =>
      (times.get(name) ?? []).sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0;
    return {
      clients: clients.length,
      tickMs: median('tickMs'),
      bareMs: median('bareMs'),
      installedMs: median('installedMs'),
      sentMs: median('sentMs'),
    };
  } finally {
    packaged.remove();
    for (const one of [folder, tick]) rmSync(one, { recursive: true, force: true });
  }
}

/** `@aws-sdk/client-route-53` is `Route53`. */
function classOf(client: string): string {
  const special: Readonly<Record<string, string>> = { cloudwatch: 'CloudWatch', dynamodb: 'DynamoDB' };
  const name = client.replace('@aws-sdk/client-', '');
  return special[name] ?? name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export interface TickMemory {
  readonly services: number;
  /** Served in the last round. */
  readonly served: number;
  readonly rounds: number;
  readonly calls: number;
  /** The most that the process ever had in memory, of any kind. */
  readonly peakBytes: number;
}

/**
 * The memory of one tick of the packaged `on-tick`, in a process of its own with the heap that 512 MB of Lambda leave, over
 * a loopback AWS at rest and a DynamoDB look-alike.
 * @throws Error when the tick left many services out: then something else was measured.
 */
export async function tickMemory(services: number, rounds: number): Promise<TickMemory> {
  const packaged = await packageIn(copyOfRepository());
  const folder = unpacked(packaged.zip('onTick'));
  packaged.remove();
  const [peer, dynamo] = [await startPeer(), await startDynamo()];
  try {
    rmSync(join(folder, 'policies'), { recursive: true });
    mkdirSync(join(folder, 'policies'));
    for (let i = 1; i <= services; i += 1) {
      writeFileSync(join(folder, `policies/web-${i}.yml`), labText('Z0123456789ABCDEFGHIJ', i));
    }
    const script = `
      const { handler } = await import(${JSON.stringify(join(folder, 'handlers/on-tick.js'))});
      const context = { awsRequestId: 'request-1', functionName: 'bench', getRemainingTimeInMillis: () => 90_000 };
      // The first round compiles everything and opens every connection; some of it may be cut, and the next makes up for it.
      await handler({ rounds: 1 }, context);
      const { services, problems } = await handler({ rounds: ${rounds} }, context);
      // What is read at a pace over several rounds, like records, may be missing yet.
      const served = services.filter((s) => s.missing.every((part) => !part.startsWith('primary'))).length;
      ${say('{ served, problems, peakBytes: process.resourceUsage().maxRSS * 1024 }')};`;
    const endpoint = await dynamo.client.config.endpoint?.();
    if (endpoint === undefined) throw new Error('the table has no address');
    const env = {
      EVENKEEL_TABLE: await dynamo.createTable(),
      AWS_ENDPOINT_URL: peer.url,
      AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint.hostname}:${endpoint.port}`,
    };
    const { served, problems, peakBytes } = await node(script, folder, env, ...LAMBDA_HEAP);
    // On a machine that does something else besides, some calls come too late for their round.
    if (served < services * MOST) {
      throw new Error(`the tick served ${served} of ${services} services: ${JSON.stringify(problems).slice(0, 500)}`);
    }
    return { services, served, rounds, calls: peer.calls(), peakBytes };
  } finally {
    await Promise.all([peer.stop(), dynamo.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
