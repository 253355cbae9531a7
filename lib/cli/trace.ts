/** `trace`: a stack trace of a packaged function, in the sources. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { SOURCE_MAPS } from '../deploy/names.ts';
import { type BundleMap, inSources } from '../report/stack-trace.ts';
import { type End, type Io, messageOf, packaged } from './io.ts';

const AFTER_HELP = `
The functions are deployed as one minified file each. \`npx serverless package\` and \`deploy\` leave the source map of each
in ${SOURCE_MAPS}; keep that folder of what is deployed, or make it again from the same commit.

Examples:
  $ npx serverless logs -f onTick | evenkeel trace -
  $ evenkeel trace error.txt --maps ../evenkeel-0.1.0/${SOURCE_MAPS}`;

export function addTrace(program: Command, io: Io, end: End): void {
  program
    .command('trace')
    .summary('show where in the sources a deployed function broke')
    .description('Replaces the places in stack traces of deployed functions by those in the sources.')
    .argument('<file>', 'text with stack traces, like a log; - is standard input')
    .option('--maps <folder>', 'folder with the source maps', packaged(SOURCE_MAPS))
    .addHelpText('after', AFTER_HELP)
    .action(async (file: string, options: { maps: string }, command: Command) => {
      const refuse = (message: string): never => command.error(`error: ${message}`);
      const maps = await mapsIn(options.maps).catch((error: unknown) => {
        const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
        if (isAbsent) return refuse(`there is no folder ${options.maps}: \`npx serverless package\` makes it`);
        return refuse(`${options.maps}: ${messageOf(error)}`);
      });
      if (maps.size === 0) refuse(`${options.maps} holds no source map: \`npx serverless package\` makes them`);
      const text = await (file === '-' ? readAll(io.stdin) : readFile(file, 'utf8')).catch((error: unknown) =>
        refuse(`${file} cannot be read: ${messageOf(error)}`),
      );
      const traced = inSources(text, maps);
      io.stdout.write(traced);
      if (traced === text) {
        const known = [...maps.keys()].join(', ');
        io.stderr.write(
          `no place was translated: none in the text is in a function that ${options.maps} maps (${known})\n`,
        );
      }
      end(0);
    });
}

async function mapsIn(folder: string): Promise<Map<string, BundleMap>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.map'));
  const maps = await Promise.all(
    files.map(async (name): Promise<BundleMap> => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
  return new Map(maps.map((map) => [map.file, map]));
}
