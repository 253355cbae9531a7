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

test('of more records than one look may read, it says whose were not read, and how to look at them', async () => {
  const policies = services(12);
  const one = lab(policies);
  const looked = await one.until(look(one.process().ports, policies), 10_000);
  expect(looked.services).toHaveLength(12);
  const left = looked.services.filter(({ decisions }) => decisions.some(({ reason }) => reason === 'DNS_MISSING'));
  expect(left.length).toBeGreaterThan(0);
  expect(looked.problems).toEqual(
    left.map(({ service }) => ({
      code: 'NOT_LOOKED',
      message: `the record of ${service} was not read, for one look reads few; {"order": "status", "service": "${service}"} reads it`,
      service,
    })),
  );
  const alone = policies.filter(({ service }) => service === left[0]?.service);
  expect((await one.until(look(one.process().ports, alone), 10_000)).problems).toEqual([]);
});

test('of more target groups than may be read at once, it goes on as more may be, and says whose were not read', async () => {
  const policies = services(5);
  const one = lab(policies);
  // Two services at once.
  one.out.readsLeft = 0;
  const looked = await one.until(look(one.process().ports, policies), 30_000);
  expect(looked.services.map((s) => s.service)).toEqual(['s0', 's1', 's2', 's3', 's4']);
  expect(looked.problems).toEqual([]);

  const many = services(30);
  const other = lab(many);
  other.out.readsLeft = 0;
  const partly = await other.until(look(other.process().ports, many), 30_000);
  const unread = partly.problems.filter((p) => p.message.startsWith('the target group of'));
  expect(partly.services.length).toBeGreaterThan(10);
  expect(unread).toHaveLength(30 - partly.services.length);
  expect(unread[0]).toMatchObject({ code: 'NOT_LOOKED', service: `s${partly.services.length}` });
});
