/** `validate`: what is wrong with policy files, and how soon the good ones can react. */
import type { Command } from 'commander';
import { count } from '../policy/count.ts';
import { detectionTimes, turnsAmong } from '../policy/detection.ts';
import { type LoadedPolicy, loadPolicies } from '../policy/load.ts';
import type { Problem } from '../policy/problem.ts';
import { readPolicyFiles } from '../policy/read.ts';
import type { Paint } from '../report/paint.ts';
import { type End, type ExitCode, type Io, packaged, painter, problemLine, writeJson, writeLines } from './io.ts';

const AFTER_HELP = `
Each problem is one line:  file:line:column severity CODE message
An error keeps the policy from being served; a warning does not, but would bite one day.

Then, for each good policy, how soon its numbers let a fault be noticed and answered, at worst:
  health        a target fails its checks, and our rounds believe it
  scaling       a load comes: a metric needs whole periods and is published late
  failover      so many targets fail that the whole site is bad
  region lost   the region cannot be read, and the site's probe fails
and where a region has more target groups than are read in one round, how far apart their turns are.

Examples:
  $ evenkeel validate                          the policies of this package
  $ evenkeel validate policies/web.yml         one file
  $ evenkeel validate --json | jq '.[].code'   for programs; the times go to standard error

Exit codes: 0 no errors, 1 at least one error.`;

export function addValidate(program: Command, io: Io, end: End): void {
  program
    .command('validate')
    .summary('check policy files')
    .description('Checks policy files, and prints how soon each of them can react.')
    .argument('[paths...]', 'files or folders (default: the policies of this package)')
    .option('--json', 'print the problems as a JSON array, and nothing else, on standard output')
    .addHelpText('after', AFTER_HELP)
    .action(async (paths: string[], { json = false }: { json?: boolean }) => {
      end(await validate(paths.length > 0 ? paths : [packaged('policies')], json, io));
    });
}

async function validate(paths: readonly string[], json: boolean, io: Io): Promise<ExitCode> {
  const { sources, problems: unread } = await readPolicyFiles(paths);
  const { policies, problems: found } = loadPolicies(sources);
  const problems = [...unread, ...found].sort((a, b) => a.line - b.line || a.column - b.column);
  // By file in the order given, and within a file from top to bottom.
  const files = [...new Set([...sources.map(({ file }) => file), ...unread.map(({ file }) => file)])];
  const inOrder = files.flatMap((file) => problems.filter((problem) => problem.file === file));
  if (json) writeJson(io.stdout, inOrder);
  else {
    const paint = painter(io.stdout);
    for (const problem of inOrder) io.stdout.write(`${problemLine(problem, paint)}\n`);
    if (inOrder.length > 0) io.stdout.write('\n');
  }
  const stream = json ? io.stderr : io.stdout;
  writeLines(stream, [...times(policies, painter(stream)), summary(files.length, policies.length, inOrder)]);
  return inOrder.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function times(policies: readonly LoadedPolicy[], paint: Paint): string[] {
  const turns = turnsAmong(policies.map(({ policy }) => policy));
  return [
    ...policies.flatMap(({ file, policy }) => [
      `${paint('bold', policy.service)} (${file}) reacts at worst after:`,
      ...detectionTimes(policy).map(({ text }) => `  ${text}`),
      '',
    ]),
    ...(turns.length > 0 ? [...turns, ''] : []),
  ];
}

function summary(files: number, served: number, problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const counts = [count(errors, 'error'), count(problems.length - errors, 'warning')];
  return `${served} of ${count(files, 'policy file')} can be served: ${counts.join(', ')}`;
}
