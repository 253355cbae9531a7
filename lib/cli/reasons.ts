/** `reasons`: what the reason codes mean. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { nearest } from '../policy/nearest.ts';
import { reasonCodes, reasonsMarkdown, reasonsText, renewReasons } from '../report/reasons.ts';
import { type Io, messageOf, packaged, painter, writeLines } from './io.ts';

const AFTER_HELP = `
Every decision carries one reason code. Those that notify tell the policy's topic, once per incident.

Examples:
  $ evenkeel reasons STABILIZING PANIC   what these two mean
  $ evenkeel reasons                     all of them
  $ evenkeel reasons --markdown          the README's table
  $ evenkeel reasons --write             renew it there`;

interface Options {
  readonly markdown?: true;
  /** `true`: the README of this package. */
  readonly write?: string | true;
}

export function addReasons(program: Command, io: Io): void {
  program
    .command('reasons')
    .summary('say what reason codes mean')
    .description('Says what reason codes mean.')
    .argument('[codes...]', 'codes (default: all)')
    .option('--markdown', 'print all as the Markdown table that stands in the README')
    .option('--write [file]', 'renew that table in a file (default: the README.md of this package)')
    .addHelpText('after', AFTER_HELP)
    .action(async (codes: string[], { markdown, write }: Options, command: Command) => {
      if (write !== undefined) {
        const file = write === true ? packaged('README.md') : write;
        return renew(file).catch((error: unknown) => command.error(`error: ${file}: ${messageOf(error)}`));
      }
      if (markdown) return writeLines(io.stdout, [reasonsMarkdown()]);
      const known = reasonCodes();
      const asked = codes.map((given) => {
        const code = known.find((one) => one === given.toUpperCase());
        const guess = nearest(given, known);
        return (
          code ?? command.error(`error: there is no reason code ${given}${guess ? `; did you mean ${guess}?` : ''}`)
        );
      });
      writeLines(io.stdout, reasonsText(asked.length > 0 ? asked : known, painter(io.stdout)));
    });
}

async function renew(file: string): Promise<void> {
  await writeFile(file, renewReasons(await readFile(file, 'utf8')));
}
