/** Route 53's quota: five requests a second for the whole account. */
import { GetChangeCommand, ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { expect, test } from 'vitest';
import { pass, world, ZONE_ID } from './worlds.ts';

test('the sixth request within a second is throttled, whoever sends it, and a second later there is room again', async () => {
  const sim = world();
  const answers: string[] = [];
  const send = (caller: string, name: string): void => {
    const command = new ListResourceRecordSetsCommand({ HostedZoneId: ZONE_ID, StartRecordName: name });
    sim
      .as(caller)
      .clients.route53()
      .send(command)
      .then(
        () => answers.push('ok'),
        (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
          answers.push(`${error.name}: ${error.message} (${error.$metadata?.httpStatusCode})`),
      );
  };
  const throttled = 'Throttling: Rate exceeded (400)';
  for (let n = 0; n < 7; n += 1) send(n % 2 === 0 ? 'one' : 'other', 'www.example.com');
  await pass(sim, 0.999);
  expect(answers).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', throttled, throttled]);
  // Within the same second of the first five: what was throttled did not count, but they still do.
  send('one', 'www.example.com');
  await pass(sim, 0.001);
  send('other', 'www.example.com');
  await pass(sim, 1);
  expect(answers.slice(7)).toEqual([throttled, 'ok']);
});

test('every operation counts', async () => {
  const sim = world();
  const client = sim.as('one').clients.route53();
  const names: string[] = [];
  for (let n = 0; n < 6; n += 1)
    client.send(new GetChangeCommand({ Id: `C${n}` })).catch((error: Error) => names.push(error.name));
  await pass(sim, 1);
  expect(names).toEqual([...Array.from({ length: 5 }, () => 'NoSuchChange'), 'Throttling']);
});
