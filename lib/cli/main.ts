#!/usr/bin/env node
/** Binds the commands to the process, and does nothing else. */
import { run } from './run.ts';

/** What was to be written and was not: a verdict that nobody can read is none. */
let isUnwritten = false;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // The reader went away (`| head`). What is left to say is lost, but the exit code still tells the verdict.
    if (code === 'EPIPE') return;
    // Said once. What standard error does not take cannot be told at all.
    if (stream === process.stdout && !isUnwritten)
      process.stderr.write(`error: standard output cannot be written: ${message}\n`);
    isUnwritten = true;
    process.exitCode = 2;
  });
}

// No process.exit: it would cut off what has not been written yet.
const code = await run(process.argv.slice(2), process);
process.exitCode = isUnwritten ? 2 : code;
