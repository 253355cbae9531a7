import { expect, test } from 'vitest';
import { awsAccount } from '../../lib/aws/account.ts';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsServer, result } from './aws-server.ts';

const aws = awsServer();
const account = awsAccount(awsClients());

const entry = ([key, value]: [string, string]) => `<entry><key>${key}</key><value>${value}</value></entry>`;

test.each([
  [{}, null],
  [{ KmsMasterKeyId: '' }, null],
  [{ KmsMasterKeyId: 'alias/aws/sns' }, 'alias/aws/sns'],
])('a topic has its subscriptions and its key: %j', async (more, key) => {
  const attributes = { SubscriptionsConfirmed: '2', SubscriptionsPending: '1', ...more };
  const entries = Object.entries(attributes).map(entry).join('');
  aws.answer = () => result('GetTopicAttributes', `<Attributes>${entries}</Attributes>`);
  expect(await account.topic('arn:aws:sns:eu-west-1:111122223333:on-call')).toEqual({ confirmed: 2, pending: 1, key });
  expect(aws.asked[0]?.operation).toBe('GetTopicAttributes');
});
