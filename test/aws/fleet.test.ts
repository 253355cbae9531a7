import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsFleet } from '../../lib/aws/fleet.ts';
import type { FleetView } from '../../lib/core/model.ts';
import type { Asked } from './aws-server.ts';
import { awsServer, fields, members, result, xmlError } from './aws-server.ts';

const aws = awsServer();
const fleet = awsFleet(awsClients().autoScaling);

const instance = (id: string, more: Record<string, string | boolean> = {}): string =>
  fields({
    InstanceId: id,
    AvailabilityZone: 'ap-northeast-2a',
    LifecycleState: 'InService',
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
    ...more,
  });

const group = (name: string, more = ''): string =>
  fields({ AutoScalingGroupName: name, MinSize: 1, MaxSize: 4, DesiredCapacity: 2 }) + more;

const groups = (each: readonly string[], nextToken = '') =>
  result(
    'DescribeAutoScalingGroups',
    members('AutoScalingGroups', each) + (nextToken === '' ? '' : fields({ NextToken: nextToken })),
  );

/** The names asked for, in the numbered form of the query protocol. */
const namesIn = (asked: Asked): string[] =>
  [...asked.form].filter(([key]) => key.startsWith('AutoScalingGroupNames.')).map(([, value]) => value);

async function viewOf(groupXml: string): Promise<FleetView> {
  aws.answer = () => groups([groupXml]);
  const view = (await fleet.describe('ap-northeast-2', ['web'])).get('web');
  if (view === undefined) throw new Error('the group is not in the answer');
  return view;
}

describe('reading fleets', () => {
  test('gives sizes, instances and suspended processes as they are', async () => {
    const view = await viewOf(
      group(
        'web',
        members('Instances', [
          instance('i-1'),
          instance('i-2', { LifecycleState: 'Pending:Wait', HealthStatus: 'Unhealthy', ProtectedFromScaleIn: true }),
        ]) + members('SuspendedProcesses', [fields({ ProcessName: 'AZRebalance', SuspensionReason: 'by hand' })]),
      ),
    );
    expect(view).toEqual({
      name: 'web',
      minSize: 1,
      maxSize: 4,
      desired: 2,
      instances: [
        { id: 'i-1', zone: 'ap-northeast-2a', lifecycle: 'InService', healthy: true, protectedFromScaleIn: false },
        { id: 'i-2', zone: 'ap-northeast-2a', lifecycle: 'Pending:Wait', healthy: false, protectedFromScaleIn: true },
      ],
      suspended: ['AZRebalance'],
      refused: undefined,
    });
  });

  test('leaves instances out that only wait for a person to end them', async () => {
    const states = ['Terminating:Retained', 'Warmed:Pending:Retained', 'Terminating:Proceed', 'Standby'];
    const instances = states.map((LifecycleState, index) => instance(`i-${index + 1}`, { LifecycleState }));
    const view = await viewOf(group('web', members('Instances', instances)));
    expect(view.instances.map(({ lifecycle }) => lifecycle)).toEqual(['Terminating:Proceed', 'Standby']);
  });

  test('leaves a group out that does not exist', async () => {
    aws.answer = () => groups([group('web')]);
    const views = await fleet.describe('ap-northeast-2', ['web', 'gone']);
    expect([...views.keys()]).toEqual(['web']);
  });

  test('asks for 100 names a call and reads every page', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `group-${index}`);
    aws.answer = (asked) => {
      const wanted = namesIn(asked);
      if (wanted.length < 100) return groups(wanted.map((name) => group(name)));
      return asked.form.get('NextToken') === 'page-2'
        ? groups(wanted.slice(60).map((name) => group(name)))
        : groups(
            wanted.slice(0, 60).map((name) => group(name)),
            'page-2',
          );
    };
    const views = await fleet.describe('ap-northeast-2', names);
    expect([...views.keys()]).toEqual(names);
    expect(aws.asked.map((asked) => namesIn(asked).length)).toEqual([100, 100, 50]);
    expect(aws.asked.every((asked) => asked.form.get('MaxRecords') === '100')).toBe(true);
  });

  test('asks nothing when there is nothing to ask for: without names AWS would send every group', async () => {
    expect(await fleet.describe('ap-northeast-2', [])).toEqual(new Map());
    expect(aws.asked).toEqual([]);
  });

  test('takes an answer without the list for no answer, not for "no such group"', async () => {
    aws.answer = () => result('DescribeAutoScalingGroups', '');
    await expect(fleet.describe('ap-northeast-2', ['web'])).rejects.toMatchObject({
      kind: 'Unavailable',
      message: 'read Auto Scaling groups in ap-northeast-2: the answer of AWS has no AutoScalingGroups',
    });
  });

  test('never takes a missing size for zero', async () => {
    aws.answer = () => groups([fields({ AutoScalingGroupName: 'web', MinSize: 1, MaxSize: 4 })]);
    await expect(fleet.describe('ap-northeast-2', ['web'])).rejects.toMatchObject({ kind: 'Unavailable' });
  });
});

describe('fleets that cannot be steered', () => {
  const overrides = (...weights: (string | undefined)[]): string =>
    `<MixedInstancesPolicy><LaunchTemplate>${members(
      'Overrides',
      weights.map((weight) => (weight === undefined ? '' : fields({ WeightedCapacity: weight }))),
    )}</LaunchTemplate></MixedInstancesPolicy>`;

  test.each([
    ['an operator', '<Operator><Principal>eks.amazonaws.com</Principal></Operator>', 'managed by eks.amazonaws.com'],
    ['virtual processors', fields({ DesiredCapacityType: 'vcpu' }), 'sized in vcpu'],
    ['weighted capacity', overrides('1', '4'), 'one instance type weighs 4'],
    ['a deletion under way', fields({ Status: 'Delete in progress' }), 'being deleted (Delete in progress)'],
  ])('refuses %s and says so', async (_, more, words) => {
    expect((await viewOf(group('web', more))).refused).toContain(words);
  });

  test.each([
    ['units', fields({ DesiredCapacityType: 'units' })],
    ['mixed instances that all weigh 1', overrides('1', '1')],
    ['mixed instances without weights', overrides(undefined, undefined)],
  ])('steers %s', async (_, more) => {
    expect((await viewOf(group('web', more))).refused).toBeUndefined();
  });
});

describe('instance refreshes', () => {
  const refreshes = (...statuses: string[]) =>
    result(
      'DescribeInstanceRefreshes',
      members(
        'InstanceRefreshes',
        statuses.map((Status) => fields({ Status })),
      ),
    );

  test.each(['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking', 'SomethingNew'])(
    'sees one that is %s among those that are over',
    async (status) => {
      aws.answer = () => refreshes('Successful', status);
      expect(await fleet.isRefreshing('ap-northeast-2', 'web')).toBe(true);
      expect(aws.asked[0]?.form.get('AutoScalingGroupName')).toBe('web');
    },
  );

  test('sees none when all are over', async () => {
    aws.answer = () => refreshes('Successful', 'Failed', 'Cancelled', 'RollbackFailed', 'RollbackSuccessful');
    expect(await fleet.isRefreshing('ap-northeast-2', 'web')).toBe(false);
  });

  test('looks at every page', async () => {
    aws.answer = (asked) =>
      asked.form.get('NextToken') === 'p2'
        ? refreshes('InProgress')
        : result('DescribeInstanceRefreshes', `${members('InstanceRefreshes', [])}${fields({ NextToken: 'p2' })}`);
    expect(await fleet.isRefreshing('ap-northeast-2', 'web')).toBe(true);
  });

  test('is not known when the group does not exist', async () => {
    aws.answer = () => xmlError('ValidationError', 'AutoScalingGroup name not found - no such group: web');
    await expect(fleet.isRefreshing('ap-northeast-2', 'web')).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('changing fleets', () => {
  const done = (asked: Asked) => result(asked.operation, '');

  test('sets the capacity as a number, whatever the cooldown', async () => {
    aws.answer = done;
    await fleet.setCapacity('ap-northeast-2', 'web', 3);
    expect(Object.fromEntries(aws.asked[0]?.form ?? [])).toMatchObject({
      Action: 'SetDesiredCapacity',
      AutoScalingGroupName: 'web',
      DesiredCapacity: '3',
      HonorCooldown: 'false',
    });
  });

  test('parks a fleet by minimum and capacity in one call', async () => {
    aws.answer = done;
    await fleet.setSize('ap-northeast-2', 'web', { minSize: 0, desired: 0 });
    expect(Object.fromEntries(aws.asked[0]?.form ?? [])).toMatchObject({
      Action: 'UpdateAutoScalingGroup',
      AutoScalingGroupName: 'web',
      MinSize: '0',
      DesiredCapacity: '0',
    });
    expect(aws.asked[0]?.form.has('MaxSize')).toBe(false);
  });

  test('has an instance replaced whatever its grace period', async () => {
    aws.answer = done;
    await fleet.replaceInstance('ap-northeast-2', 'i-1');
    expect(Object.fromEntries(aws.asked[0]?.form ?? [])).toMatchObject({
      Action: 'SetInstanceHealth',
      InstanceId: 'i-1',
      HealthStatus: 'Unhealthy',
      ShouldRespectGracePeriod: 'false',
    });
  });

  test.each([
    ['ScalingActivityInProgress', 'busy', 400, 'Conflict'],
    ['ResourceContention', 'You already have a pending update', 500, 'Throttled'],
    ['ValidationError', 'AutoScalingGroup name not found - no such group: web', 400, 'NotFound'],
    [
      'ValidationError',
      'New SetDesiredCapacity value 3 is above max value 2 for the AutoScalingGroup.',
      400,
      'Conflict',
    ],
    [
      'ValidationError',
      'New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.',
      400,
      'Conflict',
    ],
    ['ValidationError', 'The AutoScaling group may not be modified while it is pending delete', 400, 'Conflict'],
    ['AccessDenied', 'User is not authorized to perform: autoscaling:SetDesiredCapacity', 403, 'Denied'],
    ['Throttling', 'Rate exceeded', 400, 'Throttled'],
    ['InternalFailure', 'sorry', 500, 'Unavailable'],
  ])('an answer of %s "%s" with %i is %s', async (code, message, status, kind) => {
    aws.answer = () => xmlError(code, message, status);
    await expect(fleet.setCapacity('ap-northeast-2', 'web', 3)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(/^set the capacity of web to 3: /),
      cause: expect.objectContaining({ message }),
    });
  });
});
