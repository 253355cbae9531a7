/** Files that are there as a whole, or not at all. */
import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf, writeLines } from './io.ts';

/** Why this file could not be written, in words: asked before work is done for it. `null`: nothing speaks against it. */
export async function unwritable(path: string): Promise<string | null> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return `${path} is a folder; expected a file`;
  const parent = dirname(path);
  try {
    await access(parent, constants.W_OK);
    return (await stat(parent)).isDirectory() ? null : `${path} cannot be written: ${parent} is not a folder`;
  } catch (error) {
    return `${path} cannot be written: ${messageOf(error)}`;
  }
}

/**
 * Writes a file beside its place and moves it there, so that nobody ever finds half of it. An interruption (Ctrl-C) while
 * it writes leaves what was there before, and ends the process as it would have without us. Rejects with Node's error when
 * it cannot be written; nothing is left over then.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once('SIGINT', interrupt);
  try {
    await writeFile(beside, text, { signal: abort.signal });
    await rename(beside, path);
  } catch (error) {
    // What went wrong first is what is told.
    await rm(beside, { force: true }).catch(() => undefined);
    if (!abort.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', interrupt);
  }
  if (abort.signal.aborted) process.kill(process.pid, 'SIGINT');
}

/** Writes a page and says on `said` where it is; a file that cannot be written is refused. Comes last, so that no result is lost with it. */
export async function writePage(
  path: string,
  text: string,
  said: Writable,
  refuse: (message: string) => never,
): Promise<void> {
  await writeWhole(path, text).catch((error) => refuse(`${path} cannot be written: ${messageOf(error)}`));
  writeLines(said, ['', `page written to ${path}`]);
}
