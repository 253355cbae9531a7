import * as z from 'zod';
import { nearest } from '../policy/nearest.ts';

/** Why an event is refused: the field by its path (`event` for the whole), and what was found and expected there. */
export interface EventProblem {
  /** `NOT_NOW`: the event is as it should be, but what it asks for cannot be done as things stand. */
  readonly code: 'BAD_EVENT' | 'NOT_NOW';
  readonly field: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: EventProblem };

type Path = readonly PropertyKey[];

/** The most of a found value that a message repeats. */
const SHOWN_CHARACTERS = 60;

/** A refusal of `field`, its message in the one form that all of them have. */
export function refuse(field: string, found: unknown, expected: string): { ok: false; problem: EventProblem } {
  return {
    ok: false,
    problem: { code: 'BAD_EVENT', field, message: `${field}: found ${describe(found)}, expected ${expected}` },
  };
}

/** A refusal because of how things stand, in one sentence; `field` is the part of the event that it is about. */
export function refuseNow(field: string, because: string): { ok: false; problem: EventProblem } {
  return { ok: false, problem: { code: 'NOT_NOW', field, message: `${field}: ${because}` } };
}

/**
 * Checks `input` against `schema`, whose `error` texts say what is expected; the first problem is the answer.
 * `prefix` stands before the field's path when `input` was itself found inside an event.
 */
export function check<T>(schema: z.ZodType<T>, input: unknown, prefix = ''): Parsed<T> {
  const result = schema.safeParse(input);
  if (result.success) {
    return { ok: true, value: result.data };
  }
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === 'unrecognized_keys') {
    return unknownKey(schema, [...issue.path, issue.keys[0] as string], prefix);
  }
  return refuse(fieldName(issue.path, prefix), valueAt(input, issue.path), issue.message);
}

function unknownKey(schema: z.ZodType, path: Path, prefix: string): { ok: false; problem: EventProblem } {
  const key = String(path.at(-1));
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const close = nearest(key, known);
  const hint = close === undefined ? `known here: ${known.join(', ')}` : `did you mean "${close}"?`;
  const field = fieldName(path, prefix);
  return { ok: false, problem: { code: 'BAD_EVENT', field, message: `${field}: unknown key; ${hint}` } };
}

function fieldName(path: Path, prefix: string): string {
  const text = path.reduce<string>(
    (before, part) =>
      typeof part === 'number' ? `${before}[${part}]` : before === '' ? String(part) : `${before}.${String(part)}`,
    prefix,
  );
  return text === '' ? 'event' : text;
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value !== null && typeof value === 'object' ? Reflect.get(value, part) : undefined),
    input,
  );
}

function describe(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  }
  if (value !== null && typeof value === 'object') {
    return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  }
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
