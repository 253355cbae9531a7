import { expect, test } from 'vitest';
import { dnsOf, groupIn, SECOND, T0 } from '../core/builders.ts';
import { portError } from './lab.ts';
import { calm, failAll, rounds } from './running.ts';

test('a record that a move found changed is read until an answer comes, though nothing is wrong any more', async () => {
  const { one, process } = await calm();
  failAll(one);
  one.out.records.set('www.example.com', dnsOf(50, 50));
  await rounds(one, process, 2);
  expect(one.count('dns.move')).toBe(0);
  one.out.groups.set('exercise-target-group', groupIn('healthy', 'healthy'));
  one.twists.push({ call: 'dns.read', error: portError('Throttled') });
  const results = await rounds(one, process, 4);
  expect(results.map(({ services: [web] }) => web?.decisions[0]?.reason)).toEqual([
    'ON_PRIMARY',
    'FOREIGN_DNS',
    'FOREIGN_DNS',
    'FOREIGN_DNS',
  ]);
  const read = one.calls.filter(({ call }) => call === 'dns.read').map(({ atMs }) => Math.floor((atMs - T0) / SECOND));
  // At 20 s by the gate, which refused the move; at 25 s in vain.
  expect(read).toEqual([0, 20, 25, 30]);
});
