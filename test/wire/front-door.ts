/** The front door: `npx serverless invoke local`, in a copy of the repository so that nothing else that bundles is in its way. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer } from '../../handlers/answer.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** All that serverless.yml and its plugins read. */
const COPIED = ['serverless.yml', 'package.json', 'tsconfig.json', 'handlers', 'lib', 'policies', 'events'];

export interface FrontDoor {
  /** Policies that the functions are to read: the folder for EVENKEEL_POLICIES. */
  readonly policies: string;
  /**
   * Invokes a function with the event of this file in events/, or with this event. Inherits this process's environment.
   * @throws Error with all that was printed when the command fails or answers no JSON.
   */
  invoke<T = Answer>(name: 'onTick' | 'onAlarm' | 'drill' | 'operate', event: string | object): Promise<T>;
  remove(): void;
}

/** @param policies file name to text. */
export function openFrontDoor(policies: Readonly<Record<string, string>>): FrontDoor {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-front-door-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const served = mkdtempSync(join(tmpdir(), 'evenkeel-policies-'));
  for (const [name, text] of Object.entries(policies)) writeFileSync(join(served, name), text);

  const run = (args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn('npx', ['serverless', 'invoke', 'local', ...args], { cwd: folder });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => {
        out += String(chunk);
      });
      child.stderr.on('data', (chunk) => {
        err += String(chunk);
      });
      child.on('error', reject);
      child.on('close', (code) =>
        code === 0
          ? resolve(out)
          : reject(new Error(`invoke local ${args.join(' ')} ended with ${code}:\n${out}${err}`)),
      );
    });

  return {
    policies: served,
    async invoke<T>(name: string, event: string | object): Promise<T> {
      const path = typeof event === 'string' ? `events/${event}.json` : 'event.json';
      if (typeof event !== 'string') writeFileSync(join(folder, path), JSON.stringify(event));
      const out = await run(['--function', name, '--path', path]);
      // Metrics and log lines come first, each on one line; the answer is printed last, over several.
      const answer = /^\{\n[\s\S]*^\}$/m.exec(out)?.[0];
      if (answer === undefined) throw new Error(`${name} answered nothing that can be read:\n${out}`);
      return JSON.parse(answer) as T;
    },
    remove() {
      rmSync(folder, { recursive: true, force: true });
      rmSync(served, { recursive: true, force: true });
    },
  };
}
