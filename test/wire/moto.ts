/** A moto server of one's own, with boto3 beside it as the independent client that builds accounts and reads them back. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const PEER = fileURLToPath(new URL('moto-peer.py', import.meta.url));

/** boto3 said no, with the code that AWS's answer carries. */
class BotoError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Args = Readonly<Record<string, unknown>>;

export interface Moto {
  readonly url: string;
  /**
   * Calls boto3, e.g. `boto('autoscaling', 'ap-northeast-2', 'describe_auto_scaling_groups', {})`. Times come as text.
   * With `endpoint`, of another server than moto.
   * @throws BotoError when AWS's answer is an error.
   */
  // biome-ignore lint/suspicious/noExplicitAny: boto3 answers whatever the operation's documentation says.
  boto(service: string, region: string, operation: string, args?: Args, endpoint?: string): Promise<any>;
  /** Asks moto's own API, e.g. `admin('reset-auth', '0')` to enforce IAM from now on. */
  admin(path: string, body?: string): Promise<void>;
  stop(): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** What to install when moto is not there, in one line; null: it is there. */
export function motoLack(): string | null {
  if (existsSync(PYTHON)) return null;
  return 'a moto server is needed, which is not installed; npm run wire:install puts it into .venv (needs Python 3 with venv and pip; on Debian: apt-get install python3-venv)';
}

/** @throws Error that says what to install when moto is not there. */
export async function startMoto(): Promise<Moto> {
  const lack = motoLack();
  if (lack !== null) throw new Error(lack);
  const child = spawn(PYTHON, [PEER], { stdio: 'pipe' });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += String(chunk);
  });
  const lines = createInterface({ input: child.stdout });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const url = await new Promise<string>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line).url));
    child.once('exit', () => reject(new Error(`the moto server did not start:\n${complaint}`)));
  });
  lines.on('line', (line) => {
    const { id, answer, error, message } = JSON.parse(line) as Answer;
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(answer);
    else reject?.(new BotoError(error, message ?? error));
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the moto server is gone:\n${complaint}`));
  });
  let calls = 0;
  return {
    url,
    boto(service, region, operation, args = {}, endpoint = url) {
      calls += 1;
      const id = calls;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, endpoint, service, region, operation, arguments: args })}\n`);
      });
    },
    async admin(path, body = '') {
      const response = await fetch(`${url}/moto-api/${path}`, { method: 'POST', body });
      if (!response.ok) throw new Error(`moto answered ${response.status} to ${path}: ${await response.text()}`);
    },
    stop: () => ended(child),
  };
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end();
  const patience = setTimeout(() => child.kill('SIGKILL'), 3000);
  await exit;
  clearTimeout(patience);
}
