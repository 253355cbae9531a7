/** Which commit this is: a result is worth little without it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function git(...args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('git', [...args], { cwd: ROOT }, (error, stdout) => resolve(error === null ? stdout.trim() : null));
  });
}

export interface Commit {
  /** Forty hexadecimal digits; `null` where there is no git. */
  readonly id: string | null;
  /** For people: shortened, and marked when files differ from it. */
  readonly text: string;
}

export async function currentCommit(): Promise<Commit> {
  const [id, changes] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=no'),
  ]);
  if (id === null) return { id, text: 'unknown' };
  return { id, text: `${id.slice(0, 12)}${changes === '' ? '' : ' (dirty)'}` };
}
