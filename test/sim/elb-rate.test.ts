/** Elastic Load Balancing's quota of reads: forty at once, refilled by ten a second, in each region. */
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, test } from 'vitest';
import { pass, world } from './worlds.ts';

const THROTTLED = 'Throttling: Rate exceeded (400)';

function reader() {
  const sim = world();
  const answers: string[] = [];
  const read = (region: string, caller = 'one'): void => {
    sim
      .as(caller)
      .clients.loadBalancing(region)
      .send(new DescribeTargetGroupsCommand({}))
      .then(
        () => answers.push('ok'),
        (error: Error & { $metadata?: { httpStatusCode?: number } }) =>
          answers.push(`${error.name}: ${error.message} (${error.$metadata?.httpStatusCode})`),
      );
  };
  return { sim, answers, read };
}

test('the forty-first read at once is throttled, whoever sends it, and a tenth of a second later there is room for one', async () => {
  const { sim, answers, read } = reader();
  for (let n = 0; n < 42; n += 1) read('ap-northeast-2', n % 2 === 0 ? 'one' : 'other');
  read('ap-northeast-1');
  await pass(sim, 0.1);
  expect(answers.filter((answer) => answer === 'ok')).toHaveLength(41);
  expect(answers.filter((answer) => answer === THROTTLED)).toHaveLength(2);
  read('ap-northeast-2');
  read('ap-northeast-2');
  await pass(sim, 0.1);
  expect(answers.slice(43)).toEqual(['ok', THROTTLED]);
  await pass(sim, 60);
  for (let n = 0; n < 41; n += 1) read('ap-northeast-2');
  await pass(sim, 0.1);
  expect(answers.slice(45).filter((answer) => answer === 'ok')).toHaveLength(40);
});

test('every read counts, and no write', async () => {
  const { sim, read, answers } = reader();
  const client = sim.as('one').clients.loadBalancing('ap-northeast-2');
  const names: string[] = [];
  const noted = (error: Error): unknown => names.push(error.name);
  for (let n = 0; n < 40; n += 1) read('ap-northeast-2');
  client.send(new DescribeTargetHealthCommand({ TargetGroupArn: 'arn:aws:elasticloadbalancing:x' })).catch(noted);
  client
    .send(new RegisterTargetsCommand({ TargetGroupArn: 'arn:aws:elasticloadbalancing:x', Targets: [] }))
    .catch(noted);
  await pass(sim, 1);
  expect(answers).toHaveLength(40);
  expect(names.sort()).toEqual(['TargetGroupNotFoundException', 'Throttling']);
});
