/** `schema`: the JSON Schema of a policy file. */
import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { policyJsonSchema } from '../policy/json-schema.ts';
import { type End, type Io, messageOf, packaged, runnable, writeJson } from './io.ts';

const AFTER_HELP = `
Editors complete and check a policy that begins with
  # yaml-language-server: $schema=./policy.schema.json

Examples:
  $ evenkeel schema             print it
  $ evenkeel schema --check     exit 1 when policies/policy.schema.json is not what the code says, 2 when it is no JSON file
  $ evenkeel schema --write     make it so`;

interface Options {
  /** `true`: the file of this package. */
  readonly check?: string | true;
  readonly write?: string | true;
}

export function addSchema(program: Command, io: Io, end: End): void {
  program
    .command('schema')
    .summary('print the JSON Schema of a policy file')
    .description('Prints the JSON Schema of a policy file, for editors.')
    .option('--check [file]', 'compare it with a file instead (default: policies/policy.schema.json of this package)')
    .option('--write [file]', 'write it to a file instead (default: the same)')
    .addHelpText('after', AFTER_HELP)
    .action(async ({ check, write }: Options, command: Command) => {
      const schema = policyJsonSchema();
      if (write !== undefined) {
        const text = `${JSON.stringify(schema, null, 2)}\n`;
        await writeFile(fileOf(write), text).catch((error: unknown) => command.error(`error: ${messageOf(error)}`));
      } else if (check === undefined) writeJson(io.stdout, schema);
      if (check === undefined) return;
      const file = fileOf(check);
      const found = await jsonOf(file).catch((error: unknown) =>
        command.error(`error: ${file}: cannot be read as JSON: ${messageOf(error)}`),
      );
      // Order of keys and white space mean nothing: an editor may have formatted it.
      if (isDeepStrictEqual(found, schema)) return;
      const renew = runnable('schema', '--write', ...(check === true ? [] : [file]));
      io.stderr.write(`${file} is not what lib/policy/schema.ts says. Renew it: ${renew}\n`);
      end(1);
    });
}

function fileOf(given: string | true): string {
  return given === true ? packaged('policies/policy.schema.json') : given;
}

async function jsonOf(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
