import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsTargets } from '../../lib/aws/targets.ts';
import type { TargetPort } from '../../lib/ports.ts';
import { awsServer, fields, members, result, xmlError } from './aws-server.ts';

const aws = awsServer();
const freshTargets = (): Omit<TargetPort, 'readsLeft'> => awsTargets(awsClients().loadBalancing);

const ARN = 'arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/web/0123456789abcdef';
const group = (arn = ARN) =>
  result('DescribeTargetGroups', members('TargetGroups', [fields({ TargetGroupArn: arn, TargetType: 'instance' })]));
const health = (...descriptions: string[]) =>
  result('DescribeTargetHealth', members('TargetHealthDescriptions', descriptions));
const description = (id: string, port: number, state: string, reason = '', more = '') =>
  `<Target>${fields({ Id: id, Port: port })}</Target><TargetHealth>${fields({ State: state, ...(reason === '' ? {} : { Reason: reason }) })}</TargetHealth>${more}`;
const override = (state: string) => `<AdministrativeOverride>${fields({ State: state })}</AdministrativeOverride>`;

function answerWith(...descriptions: string[]): void {
  aws.answer = (asked) => (asked.operation === 'DescribeTargetGroups' ? group() : health(...descriptions));
}

const operations = () => aws.asked.map((asked) => asked.operation);

describe('reading targets', () => {
  test('tells targets apart by id and port, with state and reason as AWS gives them', async () => {
    answerWith(
      description('i-1', 80, 'healthy'),
      description('i-1', 8080, 'unhealthy', 'Target.Timeout'),
      description('i-2', 80, 'unhealthy.draining', 'Target.DeregistrationInProgress'),
      `<Target>${fields({ Id: '10.0.0.7', Port: 80, AvailabilityZone: 'all' })}</Target>`,
    );
    const view = await freshTargets().describe('ap-northeast-2', 'web');
    expect(view).toEqual({
      arn: ARN,
      targetType: 'instance',
      targets: [
        { key: 'i-1:80', id: 'i-1', port: 80, state: 'healthy', zonalShift: false },
        { key: 'i-1:8080', id: 'i-1', port: 8080, state: 'unhealthy', reason: 'Target.Timeout', zonalShift: false },
        {
          key: 'i-2:80',
          id: 'i-2',
          port: 80,
          state: 'unhealthy.draining',
          reason: 'Target.DeregistrationInProgress',
          zonalShift: false,
        },
        { key: '10.0.0.7:80', id: '10.0.0.7', port: 80, zone: 'all', state: 'unavailable', zonalShift: false },
      ],
    });
  });

  test('takes a state that it does not know for "unavailable", which decides nothing', async () => {
    answerWith(description('i-1', 80, 'meditating'));
    const view = await freshTargets().describe('ap-northeast-2', 'web');
    expect(view.targets[0]?.state).toBe('unavailable');
  });

  test.each([
    ['no_override', false],
    ['zonal_shift_active', true],
    ['zonal_shift_delegated_to_dns', true],
    ['unknown', true],
  ])('an administrative override of %s means a zonal shift: %s', async (state, shifted) => {
    answerWith(description('i-1', 80, 'healthy', '', override(state)));
    const view = await freshTargets().describe('ap-northeast-2', 'web');
    expect(view.targets[0]?.zonalShift).toBe(shifted);
  });

  test('a Lambda function has no port, and so the port 0', async () => {
    answerWith(
      `<Target>${fields({ Id: 'arn:aws:lambda:f' })}</Target><TargetHealth>${fields({ State: 'healthy' })}</TargetHealth>`,
    );
    expect((await freshTargets().describe('ap-northeast-2', 'web')).targets[0]?.key).toBe('arn:aws:lambda:f:0');
  });

  test('an empty target group has no targets, which is not the same as no answer', async () => {
    answerWith();
    expect((await freshTargets().describe('ap-northeast-2', 'web')).targets).toEqual([]);
    aws.answer = (asked) => (asked.operation === 'DescribeTargetGroups' ? group() : result('DescribeTargetHealth', ''));
    await expect(freshTargets().describe('ap-northeast-2', 'web')).rejects.toMatchObject({ kind: 'Unavailable' });
  });
});

describe('finding the target group', () => {
  test('looks a name up once for the life of the adapter, then makes one call a round', async () => {
    const targets = freshTargets();
    answerWith(description('i-1', 80, 'healthy'));
    for (let round = 0; round < 3; round += 1) await targets.describe('ap-northeast-2', 'web');
    await targets.deregister('ap-northeast-2', 'web', { id: 'i-1', port: 80 });
    expect(operations()).toEqual([
      'DescribeTargetGroups',
      'DescribeTargetHealth',
      'DescribeTargetHealth',
      'DescribeTargetHealth',
      'DeregisterTargets',
    ]);
    expect(aws.asked[0]?.form.get('Names.member.1')).toBe('web');
    expect(aws.asked[1]?.form.get('TargetGroupArn')).toBe(ARN);
  });

  test('looks an ARN up as an ARN', async () => {
    answerWith();
    await freshTargets().describe('ap-northeast-2', ARN);
    expect(aws.asked[0]?.form.get('TargetGroupArns.member.1')).toBe(ARN);
  });

  test('keeps regions apart: the same name may exist in both', async () => {
    const targets = freshTargets();
    answerWith();
    await targets.describe('ap-northeast-2', 'web');
    await targets.describe('ap-northeast-1', 'web');
    expect(operations().filter((operation) => operation === 'DescribeTargetGroups')).toHaveLength(2);
  });

  test('looks many up together, a page of 400 groups a call, and one that is in none of them was not found', async () => {
    const targets = freshTargets();
    const arnOf = (n: number): string => ARN.replace('/web/', `/web-${n}/`);
    const named = (n: number): string =>
      fields({ TargetGroupArn: arnOf(n), TargetGroupName: `web-${n}`, TargetType: 'instance' });
    const page = (numbers: readonly number[], more: string) =>
      result('DescribeTargetGroups', members('TargetGroups', numbers.map(named)) + more);
    aws.answer = ({ operation, form }) => {
      if (operation !== 'DescribeTargetGroups') return health(description('i-1', 80, 'healthy'));
      if (form.get('Marker') === null) return page([0, 1, 2, 3, 4, 5], fields({ NextMarker: 'more' }));
      return page([6, 7, 8], '');
    };
    const asked = [...Array.from({ length: 8 }, (_, n) => `web-${n}`), arnOf(8), 'web-9'];
    const answers = await Promise.allSettled(asked.map((name) => targets.describe('ap-northeast-2', name)));
    expect(answers.map((a) => (a.status === 'fulfilled' ? a.value.arn : a.reason.kind))).toEqual([
      ...Array.from({ length: 9 }, (_, n) => arnOf(n)),
      'NotFound',
    ]);
    const lookups = aws.asked.filter(({ operation }) => operation === 'DescribeTargetGroups');
    expect(lookups.map(({ form }) => [form.get('PageSize'), form.get('Marker')])).toEqual([
      ['400', null],
      ['400', 'more'],
    ]);
    // All are known now, but for the one that is not there.
    await Promise.all(asked.slice(0, 9).map((name) => targets.describe('ap-northeast-2', name)));
    expect(aws.asked.filter(({ operation }) => operation === 'DescribeTargetGroups')).toHaveLength(2);
  });

  test('tries again after a lookup that failed', async () => {
    const targets = freshTargets();
    aws.answer = () => xmlError('TargetGroupNotFound', 'One or more target groups not found');
    await expect(targets.describe('ap-northeast-2', 'web')).rejects.toMatchObject({ kind: 'NotFound' });
    answerWith(description('i-1', 80, 'healthy'));
    expect((await targets.describe('ap-northeast-2', 'web')).targets).toHaveLength(1);
  });

  test('an empty answer to the lookup means that there is no such group', async () => {
    aws.answer = () => result('DescribeTargetGroups', members('TargetGroups', []));
    await expect(freshTargets().describe('ap-northeast-2', 'web')).rejects.toMatchObject({
      kind: 'NotFound',
      message: 'read the targets of web: there is no target group web',
    });
  });

  test('finds a group that was deleted and created anew under its name', async () => {
    const targets = freshTargets();
    answerWith();
    await targets.describe('ap-northeast-2', 'web');
    aws.answer = () => xmlError('TargetGroupNotFound', 'One or more target groups not found');
    await expect(targets.describe('ap-northeast-2', 'web')).rejects.toMatchObject({ kind: 'NotFound' });
    const anew = `${ARN}-anew`;
    aws.answer = (asked) => (asked.operation === 'DescribeTargetGroups' ? group(anew) : health());
    expect((await targets.describe('ap-northeast-2', 'web')).arn).toBe(anew);
  });

  test('does not look it up again because AWS throttles', async () => {
    const targets = freshTargets();
    answerWith();
    await targets.describe('ap-northeast-2', 'web');
    aws.answer = () => xmlError('Throttling', 'Rate exceeded');
    await expect(targets.describe('ap-northeast-2', 'web')).rejects.toMatchObject({ kind: 'Throttled' });
    answerWith();
    await targets.describe('ap-northeast-2', 'web');
    expect(operations().filter((operation) => operation === 'DescribeTargetGroups')).toHaveLength(1);
  });
});

describe('changing targets', () => {
  test.each(['register', 'deregister'] as const)('%ss exactly this id and port', async (verb) => {
    answerWith();
    await freshTargets()[verb]('ap-northeast-2', 'web', { id: 'i-1', port: 8080 });
    expect(Object.fromEntries(aws.asked.at(-1)?.form ?? [])).toMatchObject({
      Action: verb === 'register' ? 'RegisterTargets' : 'DeregisterTargets',
      TargetGroupArn: ARN,
      'Targets.member.1.Id': 'i-1',
      'Targets.member.1.Port': '8080',
    });
  });

  test('deregistering a target that does not exist succeeds; registering one does not', async () => {
    const targets = freshTargets();
    aws.answer = (asked) =>
      asked.operation === 'DescribeTargetGroups'
        ? group()
        : xmlError('InvalidTarget', 'The following targets are not valid: i-gone');
    await targets.deregister('ap-northeast-2', 'web', { id: 'i-gone', port: 80 });
    await expect(targets.register('ap-northeast-2', 'web', { id: 'i-gone', port: 80 })).rejects.toMatchObject({
      kind: 'NotFound',
    });
  });

  test('a refusal to deregister is no success', async () => {
    aws.answer = (asked) =>
      asked.operation === 'DescribeTargetGroups' ? group() : xmlError('AccessDenied', 'not authorized', 403);
    await expect(freshTargets().deregister('ap-northeast-2', 'web', { id: 'i-1', port: 80 })).rejects.toMatchObject({
      kind: 'Denied',
      message: expect.stringContaining('deregister i-1:80 from web'),
    });
  });
});
