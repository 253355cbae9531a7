import { expect, it } from 'vitest';
import { planLines } from '../../lib/report/plan.ts';

it.each([
  [null, 'web (mode enforce)'],
  ['primary', 'web (mode enforce, on the primary)'],
  ['failingOver', 'web (mode enforce, moving to the secondary)'],
  ['secondary', 'web (mode enforce, on the secondary)'],
  ['failingBack', 'web (mode enforce, moving back to the primary)'],
  ['a phase of a later version', 'web (mode enforce, a phase of a later version)'],
])('says in words where a service is: %s', (state, title) => {
  const planned = { service: 'web', mode: 'enforce', state, decisions: [], missing: [] };
  expect(planLines(planned, false, (_, text) => text)[0]).toBe(title);
});
