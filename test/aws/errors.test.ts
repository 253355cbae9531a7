import {
  AutoScalingClient,
  AutoScalingServiceException,
  DescribeAutoScalingGroupsCommand,
  ScalingActivityInProgressFault,
} from '@aws-sdk/client-auto-scaling';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ConditionalCheckFailedException, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { TargetGroupNotFoundException } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetChangeCommand, InvalidChangeBatch, PriorRequestNotComplete } from '@aws-sdk/client-route-53';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { calling, toPortError } from '../../lib/aws/errors.ts';
import { awsFleet } from '../../lib/aws/fleet.ts';
import { PortError } from '../../lib/ports.ts';
import { awsServer, xml, xmlError } from './aws-server.ts';

const aws = awsServer();

const $metadata = { httpStatusCode: 400 };
const service = (name: string, message = 'no', status = 400, more: object = {}) =>
  Object.assign(
    new AutoScalingServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: status } }),
    more,
  );
const system = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code });
const kindOf = (error: unknown) => {
  const made = toPortError('call', error);
  return made instanceof PortError ? made.kind : 'bug';
};

describe('the exceptions of the SDK, as the simulator throws them too', () => {
  test.each([
    [new ScalingActivityInProgressFault({ message: 'busy', $metadata }), 'Conflict'],
    [new ConditionalCheckFailedException({ message: 'no', $metadata }), 'Conflict'],
    [new TargetGroupNotFoundException({ message: 'gone', $metadata }), 'NotFound'],
    [new PriorRequestNotComplete({ message: 'wait', $metadata }), 'Throttled'],
    [new InvalidChangeBatch({ message: '', messages: ['… but it was not found'], $metadata }), 'Conflict'],
    [new InvalidChangeBatch({ message: 'FATAL problem', $metadata }), 'bug'],
  ])('%s', (error, kind) => {
    expect(kindOf(error)).toBe(kind);
  });
});

describe('what a service says, by name', () => {
  test.each([
    ['AccessDeniedException', 'Denied'],
    ['ExpiredToken', 'Denied'],
    ['ExpiredTokenException', 'Denied'],
    ['InvalidClientTokenId', 'Denied'],
    ['OptInRequired', 'Denied'],
    ['RequestExpired', 'Denied'],
    ['SignatureDoesNotMatch', 'Denied'],
    ['UnrecognizedClientException', 'Denied'],
    ['Throttling', 'Throttled'],
    ['ThrottlingException', 'Throttled'],
    ['ProvisionedThroughputExceededException', 'Throttled'],
    ['RequestLimitExceeded', 'Throttled'],
    ['ResourceNotFoundException', 'NotFound'],
    ['InvalidTarget', 'NotFound'],
    ['InvalidInstanceID.NotFound', 'NotFound'],
    ['NoSuchChange', 'NotFound'],
    ['HealthUnavailable', 'Unavailable'],
    ['ServiceUnavailable', 'Unavailable'],
    ['MalformedQueryString', 'bug'],
    ['SerializationException', 'bug'],
    ['ValidationError', 'bug'],
  ])('%s is %s', (name, kind) => {
    expect(kindOf(service(name))).toBe(kind);
  });

  test('the name outweighs the status: an overloaded service may throttle with a 503, which had no effect', () => {
    expect(kindOf(service('RequestLimitExceeded', 'slow down', 503))).toBe('Throttled');
  });
});

describe('what a service says, in words', () => {
  test.each([
    ['AutoScalingGroup name not found - no such group', 'NotFound'],
    ['Instance Id not found - No managed instance found for instance ID: i-1', 'NotFound'],
    ["'arn:aws:x' is not a valid target group ARN", 'NotFound'],
    ['New SetDesiredCapacity value 9 is above max value 4 for the AutoScalingGroup.', 'Conflict'],
    ['Desired capacity:2 must be between the specified min size:4 and max size:10', 'Conflict'],
    ['1 validation error detected: Value null at desiredCapacity', 'bug'],
  ])('ValidationError "%s" is %s', (message, kind) => {
    expect(kindOf(service('ValidationError', message))).toBe(kind);
  });
});

describe('what the status says, when nothing else does', () => {
  test.each([
    [200, 'Unavailable'],
    [302, 'Unavailable'],
    [400, 'bug'],
    [401, 'Denied'],
    [403, 'Denied'],
    [404, 'Unavailable'],
    [408, 'Unavailable'],
    [409, 'Conflict'],
    [429, 'Throttled'],
    [500, 'Unavailable'],
    [503, 'Unavailable'],
  ])('%i is %s', (status, kind) => {
    expect(kindOf(service('Unknown', 'Unknown', status))).toBe(kind);
  });

  test('an exception that the SDK marks as throttling is throttling', () => {
    expect(kindOf(service('NewName', 'no', 400, { $retryable: { throttling: true } }))).toBe('Throttled');
  });
});

describe('what the transport says', () => {
  test.each([
    'ECONNRESET',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'HPE_INVALID_CONSTANT',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('%s is Unavailable', (code) => {
    expect(kindOf(system(code))).toBe('Unavailable');
  });

  test.each(['TimeoutError', 'AbortError'])('%s is Unavailable: a write may have had its effect', (name) => {
    expect(kindOf(new DOMException('over', name))).toBe('Unavailable');
  });

  test('no credentials to send a request with is Denied', () => {
    expect(kindOf(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }))).toBe('Denied');
  });
});

describe('over the wire', () => {
  const fleet = awsFleet(awsClients().autoScaling);

  test.each([
    ['the HTML of a proxy or of moto', () => ({ status: 500, type: 'text/html', body: '<h1>Oops<br>' }), 'Unavailable'],
    ['an answer that breaks off', () => xml('<SetDesiredCapacityResponse><Resp'), 'Unavailable'],
    ['a login page', () => ({ status: 302, type: 'text/html', body: '<html>log in</html>' }), 'Unavailable'],
    ['an empty 503', () => ({ status: 503 }), 'Unavailable'],
    ['an empty 429', () => ({ status: 429 }), 'Throttled'],
    ['no answer at all', () => 'hang up' as const, 'Unavailable'],
    ['an error of a kind unknown here', () => xmlError('Teapot', 'short and stout', 418), 'bug'],
  ])('%s', async (_, reply, kind) => {
    aws.answer = reply;
    const error = await fleet.setCapacity('ap-northeast-2', 'web', 2).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof PortError ? error.kind : 'bug').toBe(kind);
  });

  const { autoScaling, dynamoDb, route53, sns, cloudWatch } = awsClients();
  const REGION = 'eu-west-1';
  const CALLS = {
    'Auto Scaling': () => autoScaling(REGION).send(new DescribeAutoScalingGroupsCommand({})),
    DynamoDB: () => dynamoDb().send(new DescribeTableCommand({ TableName: 'evenkeel-prod' })),
    'Route 53': () => route53().send(new GetChangeCommand({ Id: 'C1' })),
    SNS: () => sns(REGION).send(new GetTopicAttributesCommand({ TopicArn: 'arn:aws:sns:eu-west-1:1:on-call' })),
    CloudWatch: () => cloudWatch(REGION).send(new DescribeAlarmsCommand({})),
  };

  test.each(Object.keys(CALLS) as (keyof typeof CALLS)[])(
    'a 404 of whoever is not %s says nothing of what is there: Unavailable',
    async (called) => {
      for (const [type, body] of [
        ['text/html', '<html><body><h1>404 Not Found</h1></body></html>'],
        ['text/html', '<!DOCTYPE html><html><br></html>'],
        ['text/plain', '404 page not found'],
        ['application/json', '{"message":"Not Found"}'],
        ['text/plain', ''],
      ] as const) {
        aws.answer = () => ({ status: 404, type, body });
        await expect(calling<unknown>('call', CALLS[called]), body).rejects.toMatchObject({ kind: 'Unavailable' });
      }
    },
  );

  test('a 404 in which AWS names what it did not find is NotFound', async () => {
    aws.answer = () => xmlError('NotFound', 'Topic does not exist', 404);
    await expect(calling('call', CALLS.SNS)).rejects.toMatchObject({ kind: 'NotFound' });
    aws.answer = () => xmlError('NoSuchChange', 'no such change: C1', 404);
    await expect(calling('call', CALLS['Route 53'])).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('nobody listening is Unavailable', async () => {
    const config = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1', maxAttempts: 1 };
    const nobody = awsFleet(() => new AutoScalingClient(config));
    await expect(nobody.setCapacity('eu-west-1', 'web', 2)).rejects.toMatchObject({ kind: 'Unavailable' });
  });

  test('a request that the SDK refuses to send is a bug, and nothing is sent', async () => {
    const command = new GetChangeCommand({ Id: undefined });
    const error = await calling('call', () => awsClients().route53().send(command)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(PortError);
    expect(aws.asked).toEqual([]);
  });
});

describe('the error that arrives', () => {
  test('says what was being done and carries the original', () => {
    const original = service('Throttling', 'Rate\n  exceeded');
    const made = toPortError('set the capacity of web to 3', original);
    expect(made).toMatchObject({
      name: 'Throttled',
      message: 'set the capacity of web to 3: Throttling: Rate exceeded (HTTP 400)',
      cause: original,
    });
  });

  test('keeps its kind through an outer call, which adds what it was about', async () => {
    const inner = () => calling('save the budget', () => Promise.reject(service('ConditionalCheckFailedException')));
    await expect(calling('charge the budget', inner)).rejects.toMatchObject({
      kind: 'Conflict',
      message: 'charge the budget: save the budget: ConditionalCheckFailedException: no (HTTP 400)',
    });
  });

  test.each([new TypeError('x is not a function'), new RangeError('out of range'), 'a string', undefined])(
    'is untouched when it is a bug: %s',
    async (bug) => {
      await expect(calling('call', () => Promise.reject(bug))).rejects.toBe(bug);
    },
  );

  test('is untouched when node itself refuses an argument', async () => {
    const bug = Object.assign(new TypeError('must be of type string'), { code: 'ERR_INVALID_ARG_TYPE' });
    await expect(calling('call', () => Promise.reject(bug))).rejects.toBe(bug);
  });
});
