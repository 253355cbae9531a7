/** What `doctor` finds. */
import type { Missing } from '../core/model.ts';
import type { Path } from '../policy/problem.ts';

/** An error: this part of the policy will not work. A warning: it works, but not as one would think. */
export type Severity = 'error' | 'warning' | 'info';

export interface Finding {
  /** UPPER_SNAKE. */
  readonly code: string;
  readonly severity: Severity;
  /** The key of the policy that it is about; empty for the whole. */
  readonly path: Path;
  readonly found: string;
  readonly expected: string;
  /** What to do about it, often a command. */
  readonly wayOut: string;
}

/** What a read needs: what it reads in words, and the IAM actions of its calls. */
export interface Need {
  readonly what: string;
  readonly actions: readonly string[];
}

/** A part that could not be read. Unknown is not well: it is said, and nothing is concluded from it. */
export function unread(missing: Missing, path: Path, { what, actions }: Need): Finding {
  const detail = missing.detail ?? missing.why;
  if (missing.why !== 'denied') {
    return {
      code: 'NOT_READ',
      severity: 'error',
      path,
      found: `that ${what} cannot be read: ${detail}`,
      expected: 'an answer of AWS',
      wayOut: 'run it again; if it stays so, the words of AWS say why',
    };
  }
  // AWS names the first that it denied; the read needs them all.
  const needed = actions.join(' and ');
  return {
    code: 'MISSING_PERMISSION',
    severity: 'error',
    path,
    found: `that your credentials may not read ${what}: ${detail}`,
    expected: `${needed} allowed`,
    wayOut: `allow ${needed} to your own user or role, and run it again`,
  };
}
