/** The proxy itself: what it says is what the SDK would hear from AWS, and what it counts is what happened. */
import { ResourceContentionFault, SetInstanceHealthCommand } from '@aws-sdk/client-auto-scaling';
import { GetMetricDataCommand, InvalidParameterValueException } from '@aws-sdk/client-cloudwatch';
import { ConditionalCheckFailedException, PutItemCommand, ThrottlingException } from '@aws-sdk/client-dynamodb';
import { DeregisterTargetsCommand, TargetGroupNotFoundException } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetChangeCommand, NoSuchChange } from '@aws-sdk/client-route-53';
import { NotFoundException, PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { type AwsClients, awsClients } from '../../lib/aws/clients.ts';
import { toPortError } from '../../lib/aws/errors.ts';
import { HOME, STANDBY } from './lab.ts';
import { wire } from './wire.ts';

const here = wire();

interface Spoken {
  readonly protocol: string;
  readonly ask: (clients: AwsClients) => Promise<unknown>;
  /** An error that the service models, by the code that it sends. */
  readonly code: string;
  readonly modelled: abstract new (...args: never[]) => Error;
}

/** One call in each protocol that we speak. */
const SPOKEN: readonly Spoken[] = [
  {
    protocol: 'query XML of Auto Scaling',
    ask: (c) =>
      c.autoScaling(HOME).send(new SetInstanceHealthCommand({ InstanceId: 'i-1', HealthStatus: 'Unhealthy' })),
    code: 'ResourceContention',
    modelled: ResourceContentionFault,
  },
  {
    protocol: 'query XML of Elastic Load Balancing',
    ask: (c) => c.loadBalancing(HOME).send(new DeregisterTargetsCommand({ TargetGroupArn: 'arn', Targets: [] })),
    code: 'TargetGroupNotFound',
    modelled: TargetGroupNotFoundException,
  },
  {
    protocol: 'query XML of SNS',
    ask: (c) => c.sns(STANDBY).send(new PublishCommand({ TopicArn: 'arn', Message: 'words' })),
    code: 'NotFound',
    modelled: NotFoundException,
  },
  {
    protocol: 'REST XML of Route 53',
    ask: (c) => c.route53().send(new GetChangeCommand({ Id: 'C1' })),
    code: 'NoSuchChange',
    modelled: NoSuchChange,
  },
  {
    protocol: 'JSON 1.0 of DynamoDB',
    ask: (c) => c.dynamoDb().send(new PutItemCommand({ TableName: 'table', Item: {} })),
    code: 'ConditionalCheckFailed',
    modelled: ConditionalCheckFailedException,
  },
  {
    protocol: 'JSON 1.0 of CloudWatch',
    ask: (c) => {
      const at = new Date();
      return c.cloudWatch(HOME).send(new GetMetricDataCommand({ MetricDataQueries: [], StartTime: at, EndTime: at }));
    },
    code: 'InvalidParameterValue',
    modelled: InvalidParameterValueException,
  },
];

describe.each(SPOKEN)('$protocol', ({ ask, code, modelled }) => {
  const failing = (rule: typeof here.proxy.rule): Promise<Error & { $metadata?: { httpStatusCode?: number } }> => {
    here.proxy.rule = rule;
    return ask(awsClients()).then(
      () => expect.unreachable('the call succeeded'),
      (error) => error,
    );
  };

  it('raises the very class of an error that the service models, with its words', async () => {
    const error = await failing(() => ({ kind: 'error', status: 400, code, message: 'so it is' }));
    expect(error).toBeInstanceOf(modelled);
    expect(error.message).toContain('so it is');
  });

  it.each([
    ['throttling', /^Throttling(Exception)?$/, 400, 'Throttled'],
    ['denied', /^AccessDenied(Exception)?$/, /^40[03]$/, 'Denied'],
    ['out-of-order', /^ServiceUnavailable(Exception)?$/, 503, 'Unavailable'],
  ] as const)('says %s so that the SDK names it', async (about, name, status, kind) => {
    const error = await failing(() => ({ kind: 'complaint', about }));
    expect(error.name).toMatch(name);
    expect(String(error.$metadata?.httpStatusCode)).toMatch(status instanceof RegExp ? status : String(status));
    expect(toPortError('call', error)).toMatchObject({ kind });
  });

  it.each([
    ['reset', 'ECONNRESET'],
    ['silence', 'TimeoutError'],
    ['half', 'TimeoutError'],
  ] as const)('loses the answer by %s, which leaves the outcome open', async (kind, named) => {
    const error = await failing(() => (kind === 'silence' ? { kind, ms: 10_000 } : { kind }));
    expect([error.name, (error as { code?: unknown }).code]).toContain(named);
    expect(toPortError('call', error)).toMatchObject({ kind: 'Unavailable' });
  });
});

it('raises the class that DynamoDB models for throttling', async () => {
  here.proxy.rule = () => ({ kind: 'complaint', about: 'throttling' });
  const put = awsClients()
    .dynamoDb()
    .send(new PutItemCommand({ TableName: 'table', Item: {} }));
  await expect(put).rejects.toBeInstanceOf(ThrottlingException);
});

describe('effects', () => {
  const create = (Name: string) => here.moto.boto('sns', STANDBY, 'create_topic', { Name });
  const publish = (TopicArn: string) =>
    awsClients()
      .sns(STANDBY)
      .send(new PublishCommand({ TopicArn, Message: 'words' }));

  it.each([
    ['reset', { kind: 'reset' }, 0],
    ['silence', { kind: 'silence', ms: 10_000 }, 0],
    ['late', { kind: 'late', ms: 10_000 }, 1],
    ['effect-then-reset', { kind: 'effect-then-reset' }, 1],
    ['half', { kind: 'half' }, 1],
  ] as const)('with %s the call fails for its sender, and moto saw it %s times', async (_, fault, seen) => {
    const { TopicArn } = await create('seen');
    here.proxy.rule = () => fault;
    await expect(publish(TopicArn)).rejects.toThrow();
    expect(here.proxy.calls.map((c) => c.operation)).toEqual(['Publish']);
    expect(here.proxy.answered).toHaveLength(seen);
  });

  it('adds its latency to a call that it lets pass', async () => {
    const { TopicArn } = await create('slow');
    here.proxy.latencyMs = 200;
    const began = performance.now();
    await publish(TopicArn);
    expect(performance.now() - began).toBeGreaterThanOrEqual(199);
  });

  it('changes what moto says, and no more than that', async () => {
    const { TopicArn } = await create('changed');
    here.proxy.rule = () => ({
      kind: 'rewritten',
      rewrite: (body) => body.replace(/<MessageId>.*<\/MessageId>/, '<MessageId>m-1</MessageId>'),
    });
    expect(await publish(TopicArn)).toMatchObject({ MessageId: 'm-1', $metadata: { httpStatusCode: 200 } });
  });
});
