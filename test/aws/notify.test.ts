import { expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { snsNotify } from '../../lib/aws/notify.ts';
import { awsServer, fields, result, xmlError } from './aws-server.ts';

const aws = awsServer();
const notify = snsNotify(awsClients().sns);
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:on-call';

test('publishes to the topic, whatever region the controller is in', async () => {
  aws.answer = () => result('Publish', fields({ MessageId: 'm-1' }));
  const regions: string[] = [];
  const clients = awsClients();
  await snsNotify((region) => {
    regions.push(region);
    return clients.sns(region);
  }).publish(TOPIC, 'web: failed over', 'seoul → tokyo');
  expect(regions).toEqual(['eu-west-1']);
  expect(Object.fromEntries(aws.asked[0]?.form ?? [])).toMatchObject({
    Action: 'Publish',
    TopicArn: TOPIC,
    Subject: 'web: failed over',
    Message: 'seoul → tokyo',
  });
});

test('makes a subject fit that SNS would refuse', async () => {
  aws.answer = () => result('Publish', fields({ MessageId: 'm-1' }));
  await notify.publish(TOPIC, `  web:\n seoul → tokyo ${'x'.repeat(200)}`, 'message');
  const subject = aws.asked[0]?.form.get('Subject') ?? '';
  expect(subject).toMatch(/^web: seoul \? tokyo x+$/);
  expect(subject).toHaveLength(99);
});

test('a topic that does not exist is not found', async () => {
  aws.answer = () => xmlError('NotFound', 'Topic does not exist', 404);
  await expect(notify.publish(TOPIC, 's', 'm')).rejects.toMatchObject({ kind: 'NotFound' });
});

test('what is no ARN of a topic is refused by name', async () => {
  await expect(notify.publish('on-call', 's', 'm')).rejects.toThrow('on-call is not the ARN of a topic');
  expect(aws.asked).toEqual([]);
});
