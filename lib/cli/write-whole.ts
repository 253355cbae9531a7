/** Files that are there as a whole, or not at all. */
import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from './io.ts';

/** Why this file could not be written, in words: asked before work is done for it. `null`: nothing speaks against it. */
export async function unwritable(path: string): Promise<string | null> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return `${path} is a folder; expected a file`;
  return access(dirname(path), constants.W_OK).then(
    () => null,
    (error) => `${path} cannot be written: ${messageOf(error)}`,
  );
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
    await rm(beside, { force: true });
    if (!abort.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', interrupt);
  }
  if (abort.signal.aborted) process.kill(process.pid, 'SIGINT');
}
