/** `reasons`: what the reason codes mean. */
import type { Command } from 'commander';
import { nearest } from '../policy/nearest.ts';
import { reasonCodes, reasonsText } from '../report/reasons.ts';
import { type Io, painter, writeLines } from './io.ts';

const AFTER_HELP = `
Every decision carries one reason code. Those that notify tell the policy's topic, once per incident.

Examples:
  $ evenkeel reasons STABILIZING PANIC   what these two mean
  $ evenkeel reasons                     all of them`;

export function addReasons(program: Command, io: Io): void {
  program
    .command('reasons')
    .summary('say what reason codes mean')
    .description('Says what reason codes mean.')
    .argument('[codes...]', 'codes (default: all)')
    .addHelpText('after', AFTER_HELP)
    .action((codes: string[], _options: object, command: Command) => {
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
