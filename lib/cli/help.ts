/** `help`: as commander's own, which answers the name of no command with the help of all, and not a word why. */
import type { Command } from 'commander';
import { nearest } from '../policy/nearest.ts';

export function addHelp(program: Command): void {
  program
    .command('help')
    .summary('print the help of a command')
    .description('Prints the help of a command.')
    .argument('[command]')
    .action((name: string | undefined, _options: object, command: Command) => {
      if (name === undefined) return program.help();
      const { commands } = program;
      const named = commands.find((one) => one.name() === name);
      if (named !== undefined) return named.help();
      const guess = nearest(
        name,
        commands.map((one) => one.name()),
      );
      return command.error(
        `error: unknown command '${name}'${guess === undefined ? '' : `\n(Did you mean ${guess}?)`}`,
      );
    });
}
