/** What an edit of the policy, or what people know of already, excuses. */
import { expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import { change } from './builders.ts';
import { acts, atRest, broken, deregister, MINUTE, T0, told } from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

it('5: a target that was not shown as failing is ejected against the rule, and by an edited policy nobody can say so', () => {
  const ejects = acts(T0 + 5 * MINUTE, deregister('i-a'));
  expect(broken([...atRest(), ...ejects])).toContain('5-rounds');
  const policy = change(WEB, { fleet: { capacity: { max: 3 } } });
  const edited: Evidence = { atMs: T0 + MINUTE, kind: 'serves', caller: 'onTick/0', service: 'web', policy };
  expect(broken([...atRest(), edited, ...ejects])).not.toContain('5-rounds');
});

it('19: people who know of what is left out are told once', () => {
  expect(broken([...atRest(), told(T0 + MINUTE, 'health:LEFT_OUT')])).toEqual([]);
});
