/** `explain`: one decision in words. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { readDecision } from '../report/decision.ts';
import { explainDecision } from '../report/explain.ts';
import { type End, type Io, messageOf, painter, writeLines } from './io.ts';

const AFTER_HELP = `
Prints what a decision was made from (inputs), by which rule, every step from the need to the number with what cut it,
what else was considered and what stood against it, and what became of the action.

A decision is one element of the "decisions" of a drill, of a handler's answer, or of the log.

Examples:
  $ evenkeel drill cpu-surge --json | jq '[.decisions[] | select(.action)][0]' | evenkeel explain -
  $ npx serverless invoke -f operate -d '{"order": "status"}' | jq '.services[0].decisions[0]' | evenkeel explain -`;

export function addExplain(program: Command, io: Io, end: End): void {
  program
    .command('explain')
    .summary('say in words why a decision was made')
    .description('Says in words why a decision was made.')
    .argument('<file>', 'JSON file with one decision; - is standard input')
    .addHelpText('after', AFTER_HELP)
    .action(async (file: string, _options: object, command: Command) => {
      const refuse = (message: string): never => command.error(`error: ${nameOf(file)}: ${message}`);
      const text = await (file === '-' ? readAll(io.stdin) : readFile(file, 'utf8')).catch((error: unknown) =>
        refuse(`cannot be read: ${messageOf(error)}`),
      );
      const value = parse(text, refuse);
      const read = readDecision(value);
      if ('problem' in read) return refuse(`this is not one decision: ${wayOut(value, file) ?? read.problem}`);
      writeLines(io.stdout, explainDecision(read.decision, painter(io.stdout)));
      end(0);
    });
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

function parse(text: string, refuse: (message: string) => never): unknown {
  if (text.trim() === '') return refuse('found nothing; expected one decision as JSON');
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`cannot be read as JSON: ${messageOf(error)}`);
  }
}

/** Where in a larger answer the decisions are, and how to take one out; `undefined` when they are not in it. */
function wayOut(value: unknown, file: string): string | undefined {
  if (value === null) return 'found null; the filter before it matched nothing';
  const places: [found: string, holds: (v: unknown) => boolean, path: string][] = [
    ['a list of decisions', hasDecisionFirst, '.[0]'],
    ["a drill's result", hasDecisions, '[.decisions[] | select(.action)][0]'],
    ["a list of drills' results", (v) => Array.isArray(v) && hasDecisions(v[0]), '.[0].decisions[0]'],
    [
      "a handler's answer",
      (v) => Array.isArray(field(v, 'services')) && hasDecisions((field(v, 'services') as unknown[])[0]),
      '.services[0].decisions[0]',
    ],
  ];
  const place = places.find(([, holds]) => holds(value));
  if (place === undefined) return undefined;
  const [found, , path] = place;
  return `found ${found}; take one out of it, for example:\n  jq '${path}' ${file === '-' ? 'FILE' : file} | evenkeel explain -`;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function hasDecisions(value: unknown): boolean {
  return Array.isArray(field(value, 'decisions'));
}

function hasDecisionFirst(value: unknown): boolean {
  return Array.isArray(value) && 'decision' in readDecision(value[0]);
}
