/** From zod's issues to findings that say which field, what was found, and what was expected. */
import type * as z from 'zod';
import type { Source } from './located.ts';
import { nearest } from './nearest.ts';
import { type Finding, type Path, pathText } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** One finding per wrong field, in the order of the file. */
export function explainIssues(issues: readonly Issue[], source: Source): Finding[] {
  const findings = issues.flatMap((issue) => explainIssue(issue, [], source));
  // A key that is misspelled is not missing as well.
  const meant = new Set(findings.flatMap(({ meant }) => meant ?? []));
  // A whole number beyond what a number can count is twice too large for zod; a message names its field, so once says it.
  const told = new Map(findings.map((finding) => [finding.message, finding]));
  return [...told.values()]
    .filter(({ code, path }) => !(code === 'MISSING_KEY' && meant.has(pathText(path))))
    .map(({ meant: _, ...finding }) => finding)
    .sort((a, b) => source.offsetOf(a.path, a.atKey) - source.offsetOf(b.path, b.atKey));
}

/** `meant`: the path of the known key that an unknown one most likely stands for. */
type Explained = Finding & { readonly meant?: string };

function explainIssue(issue: Issue, above: Path, source: Source): Explained[] {
  const path: Path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, issue.message));
  if (issue.code === 'invalid_union') {
    const chosen = branchOf(issue.errors, path, source);
    if (chosen) return chosen.flatMap((inner) => explainIssue(inner, path, source));
  }
  if (issue.code === 'custom') {
    return [{ path, code: String(issue.params?.code), message: `${pathText(path)}: ${issue.message}` }];
  }
  if (issue.code === 'invalid_key') {
    const message = `${pathText(path.slice(0, -1))}: found the key ${inWords(path.at(-1))}; expected 1 to 255 characters, no blank first or last`;
    return [{ path, atKey: true, code: 'BAD_KEY', message }];
  }
  const expected = `expected ${issue.message}`;
  if (!source.has(path)) {
    return [{ path, code: 'MISSING_KEY', message: `${pathText(path)}: missing; ${expected}` }];
  }
  const found = valueAt(source.value, path);
  const message = `${pathText(path)}: found ${inWords(found)}; ${expected}${hint(found, issue)}`;
  return [{ path, code: codeOf(issue), message }];
}

/** The variant of a union that has just the keys of the value: only their values are wrong. */
function branchOf(branches: readonly (readonly Issue[])[], path: Path, source: Source): readonly Issue[] | undefined {
  const isAboutValue = (issue: Issue) =>
    issue.code !== 'unrecognized_keys' && issue.path.length > 0 && source.has([...path, ...(issue.path as Path)]);
  return branches.find((issues) => issues.every(isAboutValue));
}

function codeOf(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
    case 'too_big':
      return 'OUT_OF_RANGE';
    case 'invalid_format':
      return 'BAD_FORMAT';
    case 'invalid_value':
      return 'NOT_AN_OPTION';
    default:
      return 'WRONG_TYPE';
  }
}

function unknownKey(path: Path, key: string, known: string): Explained {
  const guess = nearest(key, known.split(', '));
  const way =
    key === '<<'
      ? 'merge keys are not read: write the keys out, or give the whole map as an alias'
      : `${guess ? `did you mean ${guess}? ` : ''}expected one of ${known}`;
  const message = `${pathText([...path, key])}: unknown key; ${way}`;
  const finding: Finding = { path: [...path, key], atKey: true, code: 'UNKNOWN_KEY', message };
  return guess ? { ...finding, meant: pathText([...path, guess]) } : finding;
}

function hint(found: unknown, issue: Issue): string {
  if (issue.code !== 'invalid_type') return '';
  if (found === null) return '. Fill it in, or leave the key out if it has a default';
  if (typeof found !== 'string') return '';
  if (/^-?[0-9.]+$/.test(found)) return '. Write it without quotes';
  return /^[0-9.]+ *[a-z%]+$/i.test(found) ? ". Write the number alone: the unit is in the key's name" : '';
}

/** A value as a message shows it. */
function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return `a map (${Object.keys(value).slice(0, 8).join(', ')})`;
  if (Number.isNaN(value)) return '.nan';
  if (value === Number.POSITIVE_INFINITY) return '.inf';
  return value === Number.NEGATIVE_INFINITY ? '-.inf' : String(value);
}

function valueAt(value: unknown, path: Path): unknown {
  let current: unknown = value;
  for (const part of path) {
    current =
      typeof current === 'object' && current !== null ? (current as Record<string | number, unknown>)[part] : undefined;
  }
  return current;
}
