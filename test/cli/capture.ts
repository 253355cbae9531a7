/** Runs a command as the process does, with streams in memory. */
import { env } from 'node:process';
import { Readable, Writable } from 'node:stream';
import { run } from '../../lib/cli/run.ts';

interface Ended {
  readonly code: 0 | 1 | 2;
  readonly out: string;
  readonly err: string;
}

export async function evenkeel(argv: readonly string[], stdin = ''): Promise<Ended> {
  const stdout = sink();
  const stderr = sink();
  const streams = { stdin: Readable.from([stdin]), stdout: stdout.stream, stderr: stderr.stream };
  const code = await run(argv, { ...streams, env });
  return { code, out: stdout.text(), err: stderr.text() };
}

/** A stream that remembers what was written to it. */
export function sink(): { stream: Writable; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}
