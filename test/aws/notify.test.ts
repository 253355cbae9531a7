import * as sns from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
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

describe('what SNS answers is never taken for a bug', () => {
  const refusals = Object.entries(sns).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof sns.SNSServiceException ? [name] : [],
  );

  test('the SDK names its refusals', () => {
    expect(refusals.length).toBeGreaterThan(30);
    expect(refusals).toContain('KMSInvalidStateException');
  });

  // The wire has them without the end: KMSDisabled, InvalidParameter.
  test.each([...refusals, ...refusals.map((name) => name.replace(/Exception$/, '')), 'NobodyKnows'])(
    '%s',
    async (code) => {
      aws.answer = () => xmlError(code, 'no');
      await expect(notify.publish(TOPIC, 's', 'm')).rejects.toMatchObject({
        kind: expect.stringMatching(/^(Denied|NotFound|Throttled|Conflict|Unavailable)$/),
        message: expect.stringContaining(`notify ${TOPIC}: `),
      });
    },
  );

  // Those of https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, with their statuses there.
  test.each([
    ['AuthorizationError', 403, 'Denied'],
    ['EndpointDisabled', 400, 'Denied'],
    ['InternalError', 500, 'Unavailable'],
    ['InvalidParameter', 400, 'Denied'],
    ['ParameterValueInvalid', 400, 'Denied'],
    ['InvalidSecurity', 403, 'Denied'],
    ['KMSAccessDenied', 400, 'Denied'],
    ['KMSDisabled', 400, 'Denied'],
    ['KMSInvalidState', 400, 'Denied'],
    ['KMSNotFound', 400, 'NotFound'],
    ['KMSOptInRequired', 403, 'Denied'],
    ['KMSThrottling', 400, 'Throttled'],
    ['NotFound', 404, 'NotFound'],
    ['PlatformApplicationDisabled', 400, 'Denied'],
    ['ValidationException', 400, 'Denied'],
  ])('%s (HTTP %i) is %s', async (code, status, kind) => {
    aws.answer = () => xmlError(code, 'no', status);
    await expect(notify.publish(TOPIC, 's', 'm')).rejects.toMatchObject({ kind });
  });
});
