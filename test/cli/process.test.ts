// The command as a process: what only the process itself can show.
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function evenkeel(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = tmpdir()): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { cwd, env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

describe('the process', () => {
  it('finds its policies from any folder', async () => {
    const { code, out } = await evenkeel(['validate']);
    expect(code).toBe(0);
    expect(out).toContain('3 of 3 policy files can be served');
    expect((await evenkeel(['drill', 'metrics-dark', '--json'])).out).toContain('"policy": "policies/web.yml"');
  });

  it('prints no colours into a pipe, unless they are forced, and never with NO_COLOR', async () => {
    const colour = '\u001b[';
    expect((await evenkeel(['reasons', 'PANIC'])).out).not.toContain(colour);
    expect((await evenkeel(['reasons', 'PANIC'], { FORCE_COLOR: '1' })).out).toContain(colour);
    expect((await evenkeel(['reasons', 'PANIC'], { NO_COLOR: '1' })).out).not.toContain(colour);
  });

  it('ends with the exit code of the command', async () => {
    expect((await evenkeel(['drill', 'earthquake'])).code).toBe(2);
    expect((await evenkeel(['validate', 'none.yml'])).code).toBe(1);
  });

  it('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [MAIN, 'drill', '--all', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(0);
    // Only how far it is.
    expect(err.replace(/^\d+ of \d+ drills, about \d+ s left\n/gm, '')).toBe('');
  });

  // Linux has a device that is always full.
  it.runIf(existsSync('/dev/full'))('ends with 2 and one line when its output cannot be written', async () => {
    for (const [args, streams] of [
      [['schema'], { stdout: 'full', stderr: 'pipe' }],
      [['drill', '--list'], { stdout: 'full', stderr: 'pipe' }],
      [['drill', 'earthquake'], { stdout: 'pipe', stderr: 'full' }],
    ] as const) {
      const full = openSync('/dev/full', 'w');
      const of = (stream: 'full' | 'pipe') => (stream === 'full' ? full : stream);
      const child = spawn(process.execPath, [MAIN, ...args], {
        stdio: ['ignore', of(streams.stdout), of(streams.stderr)],
      });
      let err = '';
      child.stderr?.on('data', (chunk) => (err += chunk));
      const code = await new Promise((resolve) => child.on('close', resolve));
      closeSync(full);
      const says = 'error: standard output cannot be written: ENOSPC: no space left on device, write\n';
      expect({ code, err }).toEqual({ code: 2, err: streams.stdout === 'full' ? says : '' });
    }
  });

  it('runs as a program of its own', async () => {
    const { stdout } = await new Promise<{ stdout: string }>((resolve, reject) => {
      const path = `${fileURLToPath(new URL('.', `file://${process.execPath}`))}:/usr/bin:/bin`;
      execFile(MAIN, ['--version'], { env: { PATH: path } }, (error, stdout) =>
        error ? reject(error) : resolve({ stdout }),
      );
    });
    expect(stdout).toBe('0.1.0\n');
  });
});
