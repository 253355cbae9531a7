/** What the commands need of the process. */
import { relative } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import type { Problem } from '../policy/problem.ts';
import type { Paint } from '../report/paint.ts';

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a command ends: 0 pass, 1 fail. Wrong usage (2) is commander's to say. */
export type ExitCode = 0 | 1;

/** Takes a command's exit code. */
export type End = (code: ExitCode) => void;

/** Colours for a stream: only when it is a terminal that has them, and NO_COLOR is not set. */
export function painter(stream: Writable): Paint {
  return (style, text) => styleText(style, text, { stream });
}

export function writeLines(stream: Writable, lines: readonly string[]): void {
  for (const line of lines) stream.write(`${line}\n`);
}

/** Two blanks of indentation: for people and `diff` as much as for programs. */
export function writeJson(stream: Writable, value: unknown): void {
  stream.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** One problem in its line. */
export function problemLine({ file, line, column, severity, code, message }: Problem, paint: Paint): string {
  return `${file}:${line}:${column} ${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${code} ${message}`;
}

/** The path of a file of this package, as seen from the current folder. */
export function packaged(path: string): string {
  return relative(process.cwd(), fileURLToPath(new URL(`../../${path}`, import.meta.url))) || '.';
}

/** A command as it can be run in this repository, paths relative to its folder. */
export function runnable(...args: readonly string[]): string {
  return ['npm run -s evenkeel --', ...args].join(' ');
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
