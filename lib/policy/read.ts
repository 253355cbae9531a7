/** Policy files from the disk: the only I/O of this room. */
import { isUtf8 } from 'node:buffer';
import { open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PolicyText } from './load.ts';
import type { Problem } from './problem.ts';
import { MAX_BYTES, tooLarge } from './source.ts';

/**
 * Reads the policy files named, and those directly in the folders named: `*.yml` and `*.yaml`, in the order of the
 * arguments and by name within a folder, none twice. What cannot be read is a problem, never an exception. Does not say
 * whether the texts are good policies: that is `loadPolicies`.
 */
export async function readPolicyFiles(
  paths: readonly string[],
): Promise<{ sources: PolicyText[]; problems: Problem[] }> {
  const found = new Map<string, Promise<PolicyText | Problem>>();
  const problems: Problem[] = [];
  for (const path of paths) {
    const files = await filesOf(path);
    if ('code' in files) problems.push(files);
    else for (const file of files.names) if (!found.has(resolve(file))) found.set(resolve(file), readOne(file));
  }
  const sources: PolicyText[] = [];
  for (const one of await Promise.all(found.values())) {
    if ('code' in one) problems.push(one);
    else sources.push(one);
  }
  return { sources, problems };
}

async function filesOf(path: string): Promise<{ names: string[] } | Problem> {
  try {
    if (!(await stat(path)).isDirectory()) {
      return isPolicyName(path)
        ? { names: [path] }
        : problem(path, 'NOT_A_POLICY_FILE', 'expected a name ending in .yml or .yaml');
    }
    const names = (await readdir(path)).filter(isPolicyName).sort();
    const message = 'found no *.yml or *.yaml in this folder; expected at least one policy';
    return names.length > 0 ? { names: names.map((name) => join(path, name)) } : problem(path, 'NO_POLICIES', message);
  } catch (error) {
    return unreadable(path, error);
  }
}

function isPolicyName(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

async function readOne(file: string): Promise<PolicyText | Problem> {
  try {
    // A named pipe would block on opening, so the kind is looked at first.
    if (!(await stat(file)).isFile())
      return problem(file, 'UNREADABLE', 'found something else than a file; expected a policy file');
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > MAX_BYTES) return problem(file, 'TOO_LARGE', tooLarge(size));
      return decode(file, await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    return unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): Problem {
  return problem(file, 'UNREADABLE', `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}

/** Text of UTF-8 bytes, or the place of the first byte that is not UTF-8. */
function decode(file: string, bytes: Buffer): PolicyText | Problem {
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return { file, text };
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const lines = text.slice(0, firstReplaced(text, bytes)).split('\n');
  const message = `found bytes that are not UTF-8${wide ? ' (this looks like UTF-16)' : ''}; expected UTF-8: save the file as such`;
  return {
    ...problem(file, 'NOT_UTF8', message),
    line: lines.length,
    column: (lines.at(-1) ?? '').replace('\uFEFF', '').length + 1,
  };
}

/** Index in `text` of the first replacement character that the bytes themselves do not have. */
function firstReplaced(text: string, bytes: Buffer): number {
  let from = 0;
  let at = 0;
  for (;;) {
    const index = text.indexOf('\uFFFD', from);
    if (index < 0) return from;
    at += Buffer.byteLength(text.slice(from, index));
    if (bytes.toString('latin1', at, at + 3) !== '\u00EF\u00BF\u00BD') return index;
    at += 3;
    from = index + 1;
  }
}

function problem(file: string, code: string, message: string): Problem {
  return { file, line: 1, column: 1, severity: 'error', code, message };
}
