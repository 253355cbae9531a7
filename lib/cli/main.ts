#!/usr/bin/env node
/** Binds the commands to the process, and does nothing else. */
import { run } from './run.ts';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader went away (`| head`). What is left to say is lost, but the exit code still tells the verdict.
    if (error.code !== 'EPIPE') throw error;
  });
}

// No process.exit: it would cut off what has not been written yet.
process.exitCode = await run(process.argv.slice(2), process);
