/** What the simulator refuses because AWS does; the whole contract with AWS stands in test/wire/contract. */
import {
  DescribeInstanceRefreshesCommand,
  DescribePoliciesCommand,
  DescribeScheduledActionsCommand,
  SetInstanceHealthCommand,
} from '@aws-sdk/client-auto-scaling';
import type { GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { AuthorizationErrorException, PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, test } from 'vitest';
import type { World } from '../../lib/sim/world.ts';
import {
  clients,
  events,
  failure,
  GROUP,
  readSets,
  readTargets,
  SEOUL,
  soon,
  TOKYO,
  WEB,
  world,
  ZONE_ID,
} from './worlds.ts';

const asg = (sim: World) => clients(sim).autoScaling(SEOUL);
const elb = (sim: World) => clients(sim).loadBalancing(SEOUL);
const arnOf = (sim: World): string => sim.place('web', 'primary').targetGroupArn;
const firstId = (sim: World): string => sim.place('web', 'primary').instanceIds[0] ?? '';
const VALIDATION = { name: 'ValidationError', $metadata: { httpStatusCode: 400 } };

describe('Auto Scaling refuses', () => {
  test('pages of more than 100', async () => {
    const sim = world();
    const policies = asg(sim).send(new DescribePoliciesCommand({ MaxRecords: 101 }));
    expect(await failure(sim, policies)).toMatchObject(VALIDATION);
    const schedules = asg(sim).send(new DescribeScheduledActionsCommand({ MaxRecords: 101 }));
    expect(await failure(sim, schedules)).toMatchObject(VALIDATION);
    const input = { AutoScalingGroupName: GROUP, MaxRecords: 101 };
    expect(await failure(sim, asg(sim).send(new DescribeInstanceRefreshesCommand(input)))).toMatchObject(VALIDATION);
  });

  test('a health that there is not', async () => {
    const sim = world();
    const command = new SetInstanceHealthCommand({ InstanceId: firstId(sim), HealthStatus: 'Poorly' });
    expect(await failure(sim, asg(sim).send(command))).toMatchObject(VALIDATION);
  });
});

describe('Elastic Load Balancing refuses', () => {
  test('what is no ARN, ARNs of nothing, and pages of more than 400', async () => {
    const sim = world();
    const read = (input: object) => failure(sim, elb(sim).send(new DescribeTargetGroupsCommand(input)));
    expect((await read({ TargetGroupArns: ['arn:of:nothing'] })).message).toBe(
      "'arn:of:nothing' is not a valid target group ARN",
    );
    expect((await read({ TargetGroupArns: [`${arnOf(sim)}0`] })).name).toBe('TargetGroupNotFoundException');
    expect(await read({ PageSize: 401 })).toMatchObject(VALIDATION);
  });

  test.each([0, 65_536])('port %i, and then registers and deregisters nothing of the batch', async (Port) => {
    const sim = world();
    const before = await readTargets(sim);
    const Targets = [{ Id: firstId(sim) }, { Id: firstId(sim), Port }];
    const input = { TargetGroupArn: arnOf(sim), Targets };
    expect(await failure(sim, elb(sim).send(new RegisterTargetsCommand(input)))).toMatchObject(VALIDATION);
    expect(await failure(sim, elb(sim).send(new DeregisterTargetsCommand(input)))).toMatchObject(VALIDATION);
    expect(await readTargets(sim)).toEqual(before);
  });
});

describe('CloudWatch refuses', () => {
  const query = (Id: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' }, Period: 60, Stat: 'Average' },
  });
  const read = (sim: World, input: Partial<GetMetricDataCommandInput>) => {
    const nowMs = sim.clock.nowMs();
    const window = { StartTime: new Date(nowMs - 60_000), EndTime: new Date(nowMs) };
    const command = new GetMetricDataCommand({ ...window, MetricDataQueries: [query('a')], ...input });
    return failure(sim, clients(sim).cloudWatch(SEOUL).send(command));
  };

  test('an id that two queries bear', async () => {
    const refused = await read(world(), { MetricDataQueries: [query('a'), query('b'), query('a')] });
    expect(refused).toMatchObject(VALIDATION);
    expect(refused.message).toMatch(/not unique: a$/);
  });

  test('a start that is not before the end', async () => {
    const sim = world();
    expect(await read(sim, { StartTime: new Date(sim.clock.nowMs()) })).toMatchObject(VALIDATION);
  });
});

describe('Route 53 refuses', () => {
  test.each([-1, 256])('the weight %i', async (Weight) => {
    const sim = world();
    const [set] = await readSets(sim);
    if (set === undefined) throw new Error('no set');
    const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet: { ...set, Weight } }];
    const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: ZONE_ID, ChangeBatch: { Changes } });
    expect(await failure(sim, clients(sim).route53().send(command))).toMatchObject({ name: 'InvalidInput' });
    expect(sim.view('web').weights.recorded).toEqual({ seoul: 100, tokyo: 0 });
  });
});

describe('SNS', () => {
  const publish = (sim: World, input: object = {}) =>
    clients(sim)
      .sns(TOKYO)
      .send(new PublishCommand({ TopicArn: WEB.notify?.topicArn, Subject: 'web', Message: 'words', ...input }));

  test('takes what goes to a topic that some service notifies', async () => {
    const sim = world();
    await soon(sim, publish(sim));
    await soon(sim, publish(sim, { Subject: undefined }));
    expect(events(sim, 'notification').map(({ subject, message }) => [subject, message])).toEqual([
      ['web', 'words'],
      ['', 'words'],
    ]);
  });

  test.each([
    ['an unknown topic', { TopicArn: 'arn:aws:sns:ap-northeast-1:111122223333:nobody' }, 'NotFoundException'],
    ['no message', { Message: '' }, 'InvalidParameterException'],
    ['an empty subject', { Subject: '' }, 'InvalidParameterException'],
    ['a subject of two lines', { Subject: 'web\n' }, 'InvalidParameterException'],
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'InvalidParameterException'],
  ])('refuses %s', async (_what, input, name) => {
    const sim = world();
    expect((await failure(sim, publish(sim, input))).name).toBe(name);
    expect(events(sim, 'notification')).toEqual([]);
  });

  test('denies by a name of its own', async () => {
    const sim = world();
    sim.apply({ kind: 'api', how: 'denied', api: 'sns', forSeconds: 60 });
    expect(await failure(sim, publish(sim))).toBeInstanceOf(AuthorizationErrorException);
  });
});
