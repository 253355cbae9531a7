/** Policy text to a policy, or to problems with file, line and column. */
import type { Policy } from '../core/model.ts';
import { type Claim, claimsOf } from './claims.ts';
import { explainIssues } from './explain.ts';
import { lintPolicy } from './lint.ts';
import type { Finding, Problem, Severity } from './problem.ts';
import { policySchema } from './schema.ts';
import { parseSource } from './source.ts';

/** One file, read and decoded. */
export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

/** A policy that is served, and the file that it came from. */
export interface LoadedPolicy {
  readonly file: string;
  readonly policy: Policy;
}

/** What several files hold. */
export interface LoadedPolicies {
  readonly policies: LoadedPolicy[];
  readonly problems: Problem[];
}

/** Where something was first named. */
interface Owner {
  readonly file: string;
  readonly line: number;
}

type Locate = (finding: Finding, severity: Severity) => Problem;

type Checked =
  | { readonly policy: null; readonly problems: Problem[] }
  | { readonly policy: Policy; readonly problems: Problem[]; readonly locate: Locate };

/**
 * Reads one policy: the policy with every default filled in, or null when there is an error among the problems. Problems
 * of a served policy are the linter's warnings. Never throws, whatever the text.
 */
export function loadPolicy(file: string, text: string): { policy: Policy | null; problems: Problem[] } {
  const { policy, problems } = check(file, text);
  return { policy, problems };
}

/**
 * Reads several policies, each on its own: a bad one does not keep the good ones from being served. Where two name the
 * same service, group, target group, record or alarm, the first in the given order is served and the later one is an error.
 */
export function loadPolicies(sources: readonly PolicyText[]): LoadedPolicies {
  const policies: LoadedPolicy[] = [];
  const problems: Problem[] = [];
  const owners = new Map<string, Owner>();
  for (const { file, text } of sources) {
    const checked = check(file, text);
    if (!checked.policy) {
      problems.push(...checked.problems);
      continue;
    }
    const claims = claimsOf(checked.policy);
    const taken = clashesOf(claims, owners).map((finding) => checked.locate(finding, 'error'));
    problems.push(...[...taken, ...checked.problems].sort(byPlace));
    if (taken.length > 0) continue;
    policies.push({ file, policy: checked.policy });
    for (const claim of claims) {
      owners.set(claim.key, { file, line: checked.locate({ ...claim, message: '' }, 'error').line });
    }
  }
  return { policies, problems };
}

/** What of these claims others have already. */
function clashesOf(claims: readonly Claim[], owners: ReadonlyMap<string, Owner>): Finding[] {
  const clashes = claims.flatMap(({ key, what, path, code }) => {
    const owner = owners.get(key);
    if (!owner) return [];
    const message = `${what} is already named at ${owner.file}:${owner.line}; expected one policy for it: change one of the two`;
    return [{ path, code, message }];
  });
  // The alarms of one service named twice are the same alarms: once is enough said.
  const isTwin = clashes.some(({ code }) => code === 'DUPLICATE_SERVICE');
  return clashes.filter(({ code }) => !(isTwin && code === 'DUPLICATE_ALARM'));
}

function check(file: string, text: string): Checked {
  const { source, problems, positionOf } = parseSource(text);
  if (!source) {
    const located = problems.map(({ offset, code, message }) => ({
      file,
      ...positionOf(offset),
      severity: 'error' as const,
      code,
      message,
    }));
    return { policy: null, problems: located };
  }
  const locate: Locate = ({ path, atKey, code, message }, severity) => ({
    file,
    ...positionOf(source.offsetOf(path, atKey)),
    severity,
    code,
    message,
  });
  const result = policySchema.safeParse(source.value);
  if (!result.success) {
    const findings = explainIssues(result.error.issues, source);
    return { policy: null, problems: findings.map((finding) => locate(finding, 'error')) };
  }
  const warnings = lintPolicy(result.data).map((finding) => locate(finding, 'warning'));
  return { policy: result.data, problems: warnings.sort(byPlace), locate };
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}
