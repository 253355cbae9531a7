/** What the functions can send to AWS, read from the code: the commands and paginators in the adapters that they import. */
import { readFileSync } from 'node:fs';
import { type SentCommand, sentBy } from '../sent-commands.ts';

const ROOT = new URL('../../', import.meta.url);
/** The functions of serverless.yml. */
export const FUNCTION_FILES = ['on-tick', 'on-alarm', 'operate', 'drill'].map((name) => `handlers/${name}.ts`);

/** Only this room talks to AWS; the simulator names the same commands to answer them. */
const ADAPTERS = /^lib\/aws\//;

/** The files of the repository that this one imports while it runs, at any remove, itself included. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  const here = new URL(file, ROOT);
  const text = readFileSync(here, 'utf8');
  for (const [, path] of text.matchAll(
    /^(?:import|export)(?! type\b)[^;]*?from '(\.[^']+)';|import\('(\.[^']+)'\)/gm,
  )) {
    if (path !== undefined) reachedFrom(new URL(path, here).href.slice(ROOT.href.length), reached);
  }
  return reached;
}

/** Every command that the function of this file (like `handlers/on-tick.ts`) can send. */
export function sentByFunction(file: string): SentCommand[] {
  return [...reachedFrom(file)]
    .filter((one) => ADAPTERS.test(one))
    .flatMap((one) => sentBy(readFileSync(new URL(one, ROOT), 'utf8'), one));
}

/** The SDK packages of those commands. */
export function clientsSentBy(file: string): ReadonlySet<string> {
  return new Set(sentByFunction(file).map(({ client }) => `@aws-sdk/client-${client}`));
}
