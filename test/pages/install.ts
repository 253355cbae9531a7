/** `npm run pages:install`: a Chromium for `npm run test:pages`, by the system's own package manager, when there is none. */
import { spawnSync } from 'node:child_process';
import { findBrowser, MISSING } from './browser.ts';

function apt(...args: readonly string[]): boolean {
  const command = ['apt-get', ...args];
  const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['sudo', '--non-interactive', ...command];
  return spawnSync(program, rest, { stdio: 'inherit' }).status === 0;
}

if ((await findBrowser()) === null) {
  const isInstalled =
    apt('update', '--quiet') && apt('install', '--yes', '--quiet', '--no-install-recommends', 'chromium');
  if (!isInstalled || (await findBrowser()) === null) {
    process.stderr.write(`${MISSING}\n`);
    process.exitCode = 1;
  }
}
