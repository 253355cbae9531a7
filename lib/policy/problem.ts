/** What can be wrong with a policy file, and where. */

export type Severity = 'error' | 'warning';

/** One problem of one file. An error keeps the policy from being served; a warning does not. */
export interface Problem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units, as editors count; a byte order mark does not count. */
  readonly column: number;
  readonly severity: Severity;
  /** UPPER_SNAKE. */
  readonly code: string;
  readonly message: string;
}

/** The way to a value inside a policy: keys and list indices. Empty: the whole policy. */
export type Path = readonly (string | number)[];

/** A problem that knows its field, not yet its line. */
export interface Finding {
  readonly path: Path;
  readonly code: string;
  readonly message: string;
  /** Point at the key rather than at its value. */
  readonly atKey?: true;
}

/** `scaling.signals[0].target`, as a person would write it; `policy` for the whole. */
export function pathText(path: Path): string {
  if (path.length === 0) return 'policy';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`))
    .join('');
}
