/** The policies that a command works on. */
import { type LoadedPolicy, loadPolicies } from '../policy/load.ts';
import { type Place, placesIn } from '../policy/place.ts';
import { readPolicyFiles } from '../policy/read.ts';
import { type Io, packaged, painter, problemLine, runnable, writeLines } from './io.ts';

export interface GoodPolicies {
  /** Those that would be served, each with the places of its keys. */
  readonly good: readonly (LoadedPolicy & { readonly place: Place })[];
  /** Some file has an error, and so is not among them. */
  readonly broken: boolean;
}

/**
 * Reads the policies of these files and folders, by default those of this package. Prints the errors of the others on
 * standard error: one broken file keeps nobody from looking at the rest.
 */
export async function goodPolicies(paths: readonly string[], io: Io): Promise<GoodPolicies> {
  const { sources, problems: unread } = await readPolicyFiles(paths.length > 0 ? paths : [packaged('policies')]);
  const { policies, problems } = loadPolicies(sources);
  const errors = [...unread, ...problems].filter(({ severity }) => severity === 'error');
  const paint = painter(io.stderr);
  writeLines(
    io.stderr,
    errors.map((problem) => problemLine(problem, paint)),
  );
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  const good = policies.map((one) => ({ ...one, place: placesIn(texts.get(one.file) ?? '') }));
  return { good, broken: errors.length > 0 };
}

/** What is to be said where none of them is good. */
export function noneServed(paths: readonly string[]): string {
  return `found no policy that could be served; ${runnable('validate', ...paths)} says why`;
}

/**
 * The one policy of this file, or of the only one in this folder. Refuses, after printing what is wrong, a file that cannot be served or a folder of several.
 * @param used what it is wanted for, as a participle: "rehearsed".
 */
export async function onePolicy(
  path: string,
  used: string,
  io: Io,
  refuse: (message: string) => never,
): Promise<LoadedPolicy> {
  const { good, broken } = await goodPolicies([path], io);
  const [first, ...more] = good;
  if (broken || first === undefined) return refuse(`${path} cannot be ${used}`);
  if (more.length > 0) return refuse(`found ${good.length} policies in ${path}; expected one file`);
  return first;
}
