/** One line for each case: what is in the account, and what is said of it. */
import { expect, it } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import type { ServiceView } from '../../lib/doctor/sites.ts';
import { pathText } from '../../lib/policy/problem.ts';
import type { Part } from '../core/builders.ts';
import { found } from './scene.ts';

/** What is in the account, `severity CODE key` of the one finding, and words of its text. */
export type Case = readonly [
  title: string,
  view: ServiceView,
  finding: string,
  words: readonly string[],
  policy?: Part<Policy>,
];

/** Checks each case: there is exactly this finding, and its text has these words. */
export function findsEach(cases: readonly Case[]): void {
  for (const [title, view, finding, words, policy] of cases) {
    it(title, () => {
      const findings = found(view, policy);
      expect(findings.map((f) => `${f.severity} ${f.code} ${pathText(f.path)}`)).toEqual([finding]);
      const text = findings.map((f) => `${f.found} | ${f.expected} | ${f.wayOut}`).join();
      for (const word of words) expect(text).toContain(word);
    });
  }
}
