/** What an edit of the policy does not excuse, and what people know of already. */
import { expect, it } from 'vitest';
import { change } from './builders.ts';
import { acts, atRest, broken, deregister, MINUTE, serves, T0, told } from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

it('5: a target that was not shown as failing is ejected against the rule, by an edited policy as by the first', () => {
  const ejects = acts(T0 + 5 * MINUTE, deregister('i-a'));
  expect(broken([...atRest(), ...ejects])).toContain('5-rounds');
  const edited = serves(T0 + MINUTE, change(WEB, { fleet: { capacity: { max: 3 } } }));
  expect(broken([...atRest(), edited, ...ejects])).toContain('5-rounds');
});

it('19: people who know of what is left out are told once', () => {
  expect(broken([...atRest(), told(T0 + MINUTE, 'health:LEFT_OUT')])).toEqual([]);
});
