import { expect, test } from 'vitest';
import { look } from '../../lib/controller/look.ts';
import { lab, services } from './lab.ts';

test('a bug at one service is its own problem and in the log; the others are answered', async () => {
  const policies = services(3);
  const one = lab(policies);
  one.twists.push({
    call: 'targets.describe',
    when: ([, group]) => group === 's1-targets',
    error: new TypeError('a bug'),
  });
  const looked = await one.until(look(one.process().ports, policies), 10_000);
  expect(looked.services.map((s) => s.service)).toEqual(['s0', 's2']);
  expect(looked.services.every((s) => s.decisions.length > 0)).toBe(true);
  expect(looked.problems).toEqual([{ code: 'BROKEN_CYCLE', message: 'a bug', service: 's1' }]);
  expect(one.out.journal).toMatchObject([
    { level: 'error', message: 'looking at s1 broke: a bug', fields: { service: 's1' } },
  ]);
});
