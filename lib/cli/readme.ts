/** `readme`: renews the tables of the README that are made from the code. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { BASELINES } from '../backtest/baselines.ts';
import { policyJsonSchema } from '../policy/json-schema.ts';
import { baselinesMarkdown } from '../report/baselines.ts';
import { mutantsMarkdown } from '../report/mutants.ts';
import { policyKeysMarkdown } from '../report/policy-keys.ts';
import { reasonsMarkdown } from '../report/reasons.ts';
import { renewTables } from '../report/tables.ts';
import { type End, type Io, messageOf, packaged } from './io.ts';

const AFTER_HELP = `
For whoever changes a reason code, a policy's keys, the baselines or the mutants. The tables stand between markers; the rest is left alone.

Examples:
  $ evenkeel readme             renew them
  $ evenkeel readme --check     exit 1 when they are not what the code says`;

export function addReadme(program: Command, io: Io, end: End): void {
  program
    .command('readme')
    .summary("renew the README's tables")
    .description('Renews the tables of policy keys, reason codes, baselines and mutants in the README.')
    .argument('[file]', 'a Markdown file (default: the README.md of this package)')
    .option('--check', 'only compare')
    .addHelpText('after', AFTER_HELP)
    .action(async (given: string | undefined, { check = false }: { check?: boolean }, command: Command) => {
      const file = given ?? packaged('README.md');
      const code = await renew(file, check, io).catch((error: unknown) =>
        command.error(`error: ${file}: ${messageOf(error)}`),
      );
      end(code);
    });
}

async function renew(file: string, check: boolean, io: Io): Promise<0 | 1> {
  const before = await readFile(file, 'utf8');
  const after = renewTables(before, {
    keys: policyKeysMarkdown(policyJsonSchema()),
    reasons: reasonsMarkdown(),
    baselines: baselinesMarkdown(BASELINES),
    mutants: mutantsMarkdown(JSON.parse(await readFile(packaged('test/mutants/caught.json'), 'utf8'))),
  });
  if (before === after) return 0;
  if (!check) {
    await writeFile(file, after);
    return 0;
  }
  io.stderr.write(`${file} is not what the code says. Renew it: npm run -s evenkeel -- readme\n`);
  return 1;
}
