/** `schema`: the JSON Schema of a policy file. */
import { access, readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { policyJsonSchema } from '../policy/json-schema.ts';
import { type End, type Io, messageOf, packaged, runnable, writeJson } from './io.ts';
import { unwritable, writeWhole } from './write-whole.ts';

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
      const refuse = (message: string): never => command.error(`error: ${message}`);
      if (check !== undefined && write !== undefined) refuse('found both --check and --write; expected one of them');
      const schema = policyJsonSchema();
      if (write !== undefined) return renew(fileOf(write), `${JSON.stringify(schema, null, 2)}\n`, refuse);
      if (check === undefined) return writeJson(io.stdout, schema);
      const file = fileOf(check);
      const found = await jsonOf(file).catch((error: unknown) =>
        refuse(`${file}: cannot be read as JSON: ${messageOf(error)}`),
      );
      // Order of keys and white space mean nothing: an editor may have formatted it.
      if (isDeepStrictEqual(found, schema)) return;
      const renewal = runnable('schema', '--write', ...(check === true ? [] : [file]));
      io.stderr.write(
        isSchema(found)
          ? `${file} is not what lib/policy/schema.ts says. Renew it: ${renewal}\n`
          : `${file} is no JSON Schema, and not what lib/policy/schema.ts says.\n`,
      );
      end(1);
    });
}

function fileOf(given: string | true): string {
  return given === true ? packaged('policies/policy.schema.json') : given;
}

/** Writes the schema where there is nothing yet, or an older one. What else stands there is somebody's own, and is refused. */
async function renew(file: string, text: string, refuse: (message: string) => never): Promise<void> {
  const hindrance = await unwritable(file);
  if (hindrance !== null) refuse(hindrance);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere && !isSchema(await jsonOf(file).catch(() => null)))
    refuse(`${file} is no JSON Schema, and would be lost; expected one, or no file`);
  await writeWhole(file, text).catch((error: unknown) => refuse(`${file} cannot be written: ${messageOf(error)}`));
}

function isSchema(found: unknown): boolean {
  return typeof found === 'object' && found !== null && '$schema' in found;
}

async function jsonOf(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
