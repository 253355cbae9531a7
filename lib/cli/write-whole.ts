/** Files that are there as a whole, or not at all. */
import { access, constants, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf, writeLines } from './io.ts';

/** Where links lead in the end, also when there is nothing yet; what is no link is its own place. Rejects where they go round in circles. */
async function placeOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === 'ELOOP') throw error;
    const link = await readlink(path).catch(() => null);
    return link === null ? path : placeOf(isAbsolute(link) ? link : `${dirname(path)}/${link}`);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** What stands there and is no file that another could take the place of; `null`: nothing does. */
async function obstacleAt(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isFile()) return null;
  return found.isDirectory() ? 'a folder' : 'a device, a pipe or a socket';
}

/**
 * Why this file could not be written, or must not be, in words: asked before work is done for it. `null`: nothing speaks
 * against it.
 * @param inputs files that the same command reads: none of them is lost to it.
 */
export async function unwritable(path: string, inputs: readonly string[] = []): Promise<string | null> {
  if (path === '') return 'found an empty name; expected that of a file to write';
  const obstacle = path.endsWith('/') ? 'a folder' : await obstacleAt(path);
  if (obstacle !== null) return `${path} is ${obstacle}; expected a file`;
  try {
    const place = await placeOf(path);
    for (const input of inputs)
      if ((await realpath(input).catch(() => null)) === place)
        return `${path} would take the place of ${input}, which this command reads; expected another file`;
    const parent = dirname(place);
    await access(parent, constants.W_OK);
    return (await stat(parent)).isDirectory() ? null : `${path} cannot be written: ${parent} is not a folder`;
  } catch (error) {
    return `${path} cannot be written: ${messageOf(error)}`;
  }
}

/**
 * Writes a file beside its place and moves it there, so that nobody ever finds half of it. A link stays, and what it leads
 * to is written. An interruption (Ctrl-C) while it writes leaves what was there before, and ends the process as it would
 * have without us. Rejects when it cannot be written; nothing is left over then.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const place = await placeOf(path);
  const obstacle = await obstacleAt(path);
  // A move takes the place of a device or a pipe as gladly as that of a file; a folder it refuses by itself.
  if (obstacle !== null && obstacle !== 'a folder') throw new Error(`it is ${obstacle}`);
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.part`);
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once('SIGINT', interrupt);
  try {
    await writeFile(beside, text, { signal: abort.signal });
    await rename(beside, place);
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
