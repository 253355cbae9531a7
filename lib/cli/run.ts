/** The command line: reads arguments, runs one command, answers an exit code. */
import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { addBacktest } from './backtest.ts';
import { addDoctor } from './doctor.ts';
import { addDrill } from './drill.ts';
import { addExplain } from './explain.ts';
import { addHelp } from './help.ts';
import { type ExitCode, type Io, messageOf, painter, runnable } from './io.ts';
import { addPlan } from './plan.ts';
import { addReadme } from './readme.ts';
import { addReasons } from './reasons.ts';
import { addSchema } from './schema.ts';
import { addSimulate } from './simulate.ts';
import { addTrace } from './trace.ts';
import { addValidate } from './validate.ts';

const AFTER_HELP = `
Begin here:
  $ evenkeel drill server-stops       watch one of two servers die and be replaced
  $ evenkeel validate                 check the policies, and see how soon each can react
  $ evenkeel help drill               every command explains itself

In this repository a command is run as  ${runnable('<command>')}
Exit codes: 0 pass, 1 fail, 2 the command cannot be run as given.`;

/** Runs one command. Writes to `io` only; never throws and never ends the process. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode | 2> {
  let code: ExitCode = 0;
  const program = programFor(io, await version());
  const end = (given: ExitCode): void => {
    code = given;
  };
  const commands = [addValidate, addDoctor, addPlan, addDrill, addSimulate, addBacktest];
  for (const add of [...commands, addExplain, addReasons, addTrace, addSchema, addReadme, addHelp])
    add(program, io, end);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${painter(io.stderr)('red', 'error:')} this should not happen: ${messageOf(error)}\n`);
    if (program.opts<{ debug?: true }>().debug && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    else io.stderr.write(`${runnable('--debug', ...argv)} shows where it came from.\n`);
    return 1;
  }
}

function programFor(io: Io, version: string): Command {
  const columns = (stream: object): number =>
    'columns' in stream && typeof stream.columns === 'number' ? stream.columns : 100;
  const [out, err] = [painter(io.stdout), painter(io.stderr)];
  return new Command('evenkeel')
    .description('Keeps EC2 services level and afloat: checks policies, rehearses outages, explains decisions.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .option('--debug', 'on an unexpected error, print where it came from')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, err('red', 'error:'))),
      getOutHelpWidth: () => columns(io.stdout),
      getErrHelpWidth: () => columns(io.stderr),
      // The painters have looked at the streams already.
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({ styleTitle: (title) => out('bold', title) })
    .addHelpText('after', AFTER_HELP)
    .showHelpAfterError('(add --help to see how it is used)')
    .exitOverride();
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return String(JSON.parse(text).version);
}
