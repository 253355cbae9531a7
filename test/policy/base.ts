import { readFileSync } from 'node:fs';
import type { Policy } from '../../lib/core/model.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { Problem } from '../../lib/policy/problem.ts';

/** The text of one of the real policies. */
export function policyText(name: string): string {
  return readFileSync(new URL(`../../policies/${name}`, import.meta.url), 'utf8');
}

/** Text with changes as `sed` would make them; a change that finds nothing is a mistake of the test. */
export function edited(text: string, ...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((now, [from, to]) => {
    if (!now.includes(from)) throw new Error(`nothing to replace: ${from}`);
    return now.replace(from, to);
  }, text);
}

/** The policy of a text that must be good. */
export function loaded(text: string): Policy {
  const { policy, problems } = loadPolicy('test.yml', text);
  if (!policy) throw new Error(problems.map(shown).join('\n'));
  return policy;
}

/** `line:column severity CODE message`. */
export function shown({ line, column, severity, code, message }: Problem): string {
  return `${line}:${column} ${severity} ${code} ${message}`;
}
