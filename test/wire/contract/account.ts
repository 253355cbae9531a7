/** What doctor alone asks of load balancing, SNS and DynamoDB. */
import { DescribeContinuousBackupsCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { ModifyTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { expect } from 'vitest';
import { HOME, STANDBY } from '../lab.ts';
import type { AccountPeer, Clients } from './account-peer.ts';
import { type Case, casesOf, refused } from './case.ts';
import { DENIED, INVALID, NO_GROUP } from './load-balancing.ts';

const modify = (clients: Clients, TargetGroupArn: string, settings: object) =>
  clients.loadBalancing(HOME).send(new ModifyTargetGroupCommand({ TargetGroupArn, ...settings }));

/** Refused, and the target group is as it was. */
async function unchanged(peer: AccountPeer, refusal: (arn: string) => Promise<void>): Promise<void> {
  const arn = await peer.targetGroup();
  const before = await peer.targetGroupNow(arn);
  await refusal(arn);
  expect(await peer.targetGroupNow(arn)).toEqual(before);
}

const modifyTargetGroup = casesOf<AccountPeer>('ModifyTargetGroup', {
  success: {
    'what is named changes, and nothing else': async (peer) => {
      const arn = await peer.targetGroup();
      const before = await peer.targetGroupNow(arn);
      await modify(peer.clients, arn, { HealthCheckPath: '/live', Matcher: { HttpCode: '200,204' } });
      const after = { ...before, HealthCheckPath: '/live', Matcher: { HttpCode: '200,204' } };
      expect(await peer.targetGroupNow(arn)).toEqual(after);
    },
  },
  'not found': {
    'no such target group': async (peer) => {
      const arn = (await peer.targetGroup()).replace(/[0-9a-f]{16}$/, '0000000000000000');
      await refused(modify(peer.clients, arn, { HealthCheckPath: '/' }), NO_GROUP);
    },
  },
  denied: {
    'changes nothing': (peer) =>
      unchanged(peer, (arn) => {
        const action = 'elasticloadbalancing:ModifyTargetGroup';
        return refused(
          peer.denied(action, (to) => modify(to, arn, { HealthCheckPath: '/' })),
          DENIED,
        );
      }),
  },
  invalid: {
    'an interval that is not offered': (peer) =>
      unchanged(peer, (arn) => refused(modify(peer.clients, arn, { HealthCheckIntervalSeconds: 301 }), INVALID)),
  },
});

const topic = (clients: Clients, TopicArn: string) =>
  clients.sns(STANDBY).send(new GetTopicAttributesCommand({ TopicArn }));

const getTopicAttributes = casesOf<AccountPeer>('GetTopicAttributes', {
  success: {
    'nobody has subscribed': async (peer) => {
      const { Attributes } = await topic(peer.clients, await peer.topic(false));
      expect(Attributes).toMatchObject({ SubscriptionsConfirmed: '0', SubscriptionsPending: '0' });
    },
    'who has confirmed is counted': async (peer) => {
      const { Attributes } = await topic(peer.clients, await peer.topic(true));
      expect(Attributes?.SubscriptionsConfirmed).toBe('1');
    },
  },
  'not found': {
    'an unknown topic': async (peer) => {
      const call = topic(peer.clients, `${await peer.topic(false)}-nobody`);
      await refused(call, { kind: 'NotFound', name: 'NotFoundException', status: 404 });
    },
  },
  denied: {
    'says so': async (peer) => {
      const arn = await peer.topic(false);
      const call = peer.denied('sns:GetTopicAttributes', (to) => topic(to, arn));
      await refused(call, { kind: 'Denied', name: 'AuthorizationErrorException', status: 403 });
    },
  },
  invalid: {
    'what is no ARN': (peer) =>
      refused(topic(peer.clients, 'on-call'), { kind: 'bug', name: 'InvalidParameterException', status: 400 }),
  },
});

const ttl = (clients: Clients, TableName: string) =>
  clients.dynamoDb().send(new DescribeTimeToLiveCommand({ TableName }));
const backups = (clients: Clients, TableName: string) =>
  clients.dynamoDb().send(new DescribeContinuousBackupsCommand({ TableName }));

const TABLE_DENIED = { kind: 'Denied', name: 'AccessDeniedException', status: 400 } as const;
const TABLE_INVALID = { kind: 'bug', name: 'ValidationException', status: 400 } as const;

const describeTimeToLive = casesOf<AccountPeer>('DescribeTimeToLive', {
  success: {
    'items of a new table do not expire': async (peer) => {
      const { TimeToLiveDescription } = await ttl(peer.clients, await peer.table(false));
      expect(TimeToLiveDescription?.TimeToLiveStatus).toBe('DISABLED');
    },
    'the attribute by which they do': async (peer) => {
      const { TimeToLiveDescription: description } = await ttl(peer.clients, await peer.table(true));
      expect(description?.TimeToLiveStatus).toMatch(/^ENABL(ED|ING)$/);
      expect(description?.AttributeName).toBe('ttl');
    },
  },
  'not found': {
    'no such table': (peer) =>
      refused(ttl(peer.clients, 'nowhere'), { kind: 'NotFound', name: 'ResourceNotFoundException', status: 400 }),
  },
  denied: {
    'says so': async (peer) => {
      const name = await peer.table(false);
      await refused(
        peer.denied('dynamodb:DescribeTimeToLive', (to) => ttl(to, name)),
        TABLE_DENIED,
      );
    },
  },
  invalid: { 'what is no name': (peer) => refused(ttl(peer.clients, 'no name'), TABLE_INVALID) },
});

const describeContinuousBackups = casesOf<AccountPeer>('DescribeContinuousBackups', {
  success: {
    'a new table cannot be recovered to a point in time': async (peer) => {
      const { ContinuousBackupsDescription: seen } = await backups(peer.clients, await peer.table(false));
      expect(seen?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('DISABLED');
    },
    'until that is asked for': async (peer) => {
      const { ContinuousBackupsDescription: seen } = await backups(peer.clients, await peer.table(true));
      expect(seen?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED');
    },
  },
  'not found': {
    'no such table': (peer) =>
      refused(backups(peer.clients, 'nowhere'), { kind: 'NotFound', name: 'TableNotFoundException', status: 400 }),
  },
  denied: {
    'says so': async (peer) => {
      const name = await peer.table(false);
      await refused(
        peer.denied('dynamodb:DescribeContinuousBackups', (to) => backups(to, name)),
        TABLE_DENIED,
      );
    },
  },
  invalid: { 'what is no name': (peer) => refused(backups(peer.clients, 'no name'), TABLE_INVALID) },
});

export const accountCases: readonly Case<AccountPeer>[] = [
  ...modifyTargetGroup,
  ...getTopicAttributes,
  ...describeTimeToLive,
  ...describeContinuousBackups,
];
