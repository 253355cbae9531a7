import { describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsFleet } from '../../lib/aws/fleet.ts';
import type { FleetView } from '../../lib/core/model.ts';
import { awsServer, fields, members, result } from './aws-server.ts';

const aws = awsServer();
const fleet = awsFleet(awsClients().autoScaling);

describe('other scalers', () => {
  const view = (name: string, suspended: string[] = []): FleetView => ({
    name,
    minSize: 1,
    maxSize: 4,
    desired: 2,
    instances: [],
    suspended,
  });
  const policy = (AutoScalingGroupName: string, PolicyName: string, more: Record<string, string | boolean> = {}) =>
    fields({ AutoScalingGroupName, PolicyName, PolicyType: 'TargetTrackingScaling', Enabled: true, ...more });
  const predictive = (name: string, mode: string) =>
    `${policy('web', name, { PolicyType: 'PredictiveScaling' })}<PredictiveScalingConfiguration>${fields({ Mode: mode })}</PredictiveScalingConfiguration>`;

  function answerWith(policies: readonly string[], schedules: readonly string[]): void {
    aws.answer = (asked) =>
      asked.operation === 'DescribePolicies'
        ? result('DescribePolicies', members('ScalingPolicies', policies))
        : result('DescribeScheduledActions', members('ScheduledUpdateGroupActions', schedules));
  }

  test('are enabled policies and schedules, each fleet with its own', async () => {
    answerWith(
      [
        policy('web', 'cpu-70'),
        policy('web', 'step', { PolicyType: 'StepScaling' }),
        policy('web', 'off', { Enabled: false }),
        policy('api', 'requests'),
        policy('stranger', 'not-asked-for'),
      ],
      [fields({ AutoScalingGroupName: 'web', ScheduledActionName: 'office-hours', Recurrence: '0 8 * * 1-5' })],
    );
    const scalers = await fleet.otherScalers('ap-northeast-2', [view('web'), view('api'), view('quiet')]);
    expect(scalers).toEqual(
      new Map([
        ['web', ['policy cpu-70', 'policy step', 'schedule office-hours']],
        ['api', ['policy requests']],
        ['quiet', []],
      ]),
    );
    expect(aws.asked.map((asked) => asked.operation).sort()).toEqual(['DescribePolicies', 'DescribeScheduledActions']);
  });

  test('are not those whose process is suspended on the group', async () => {
    answerWith(
      [policy('web', 'cpu-70')],
      [fields({ AutoScalingGroupName: 'web', ScheduledActionName: 'office-hours' })],
    );
    const scalersWith = async (...suspended: string[]) =>
      (await fleet.otherScalers('ap-northeast-2', [view('web', suspended)])).get('web');
    expect(await scalersWith('AlarmNotification')).toEqual(['schedule office-hours']);
    expect(await scalersWith('ScheduledActions')).toEqual(['policy cpu-70']);
    expect(await scalersWith('AlarmNotification', 'ScheduledActions')).toEqual([]);
  });

  test('are predictive policies that scale, which no suspended process stops, and not those that only forecast', async () => {
    answerWith([predictive('forecast', 'ForecastOnly'), predictive('scale', 'ForecastAndScale')], []);
    const scalers = await fleet.otherScalers('ap-northeast-2', [view('web', ['AlarmNotification'])]);
    expect(scalers.get('web')).toEqual(['policy scale']);
  });

  test('are read to the last page, whatever the number of fleets', async () => {
    aws.answer = ({ operation, form }) => {
      const [list, item] =
        operation === 'DescribePolicies'
          ? ['ScalingPolicies', policy('web', `p${form.get('NextToken')}`)]
          : [
              'ScheduledUpdateGroupActions',
              fields({ AutoScalingGroupName: 'web', ScheduledActionName: `s${form.get('NextToken')}` }),
            ];
      const next = form.get('NextToken') === null ? fields({ NextToken: '2' }) : '';
      return result(operation, members(list ?? '', [item ?? '']) + next);
    };
    const scalers = await fleet.otherScalers('ap-northeast-2', [view('web'), view('api')]);
    expect(scalers.get('web')).toEqual(['policy pnull', 'policy p2', 'schedule snull', 'schedule s2']);
    expect(aws.asked).toHaveLength(4);
  });

  /** A region of so many pages of strangers' policies, in which each group asked for by name has one of its own. */
  function largeRegion(pages: number): void {
    aws.answer = ({ operation, form }) => {
      if (operation !== 'DescribePolicies') return result(operation, members('ScheduledUpdateGroupActions', []));
      const name = form.get('AutoScalingGroupName');
      if (name !== null) return result(operation, members('ScalingPolicies', [policy(name, `of-${name}`)]));
      const page = Number(form.get('NextToken') ?? 1);
      const next = page < pages ? fields({ NextToken: page + 1 }) : '';
      return result(operation, members('ScalingPolicies', [policy('stranger', `p${page}`)]) + next);
    };
  }
  const named = (count: number) => Array.from({ length: count }, (_, n) => view(`g${n}`));
  const policyCalls = () =>
    aws.asked
      .filter(({ operation }) => operation === 'DescribePolicies')
      .map(({ form }) => form.get('AutoScalingGroupName') ?? `page ${form.get('NextToken') ?? 1}`);

  test('of one group are asked for by its name, however large the region', async () => {
    largeRegion(20);
    expect(await fleet.otherScalers('ap-northeast-2', named(1))).toEqual(new Map([['g0', ['policy of-g0']]]));
    expect(policyCalls()).toEqual(['g0']);
    expect(aws.asked).toHaveLength(2);
  });

  test('of a few groups are asked for by name once the pages of the region are as many, and more are to come', async () => {
    largeRegion(20);
    expect(await fleet.otherScalers('ap-northeast-2', named(3))).toEqual(
      new Map([0, 1, 2].map((n) => [`g${n}`, [`policy of-g${n}`]])),
    );
    expect(policyCalls()).toEqual(['page 1', 'page 2', 'page 3', 'g0', 'g1', 'g2']);
    // The schedules are one page of the region.
    expect(aws.asked).toHaveLength(7);
  });

  test('of more than ten groups are all that the region has', async () => {
    largeRegion(20);
    await fleet.otherScalers('ap-northeast-2', named(11));
    expect(policyCalls()).toHaveLength(20);
    expect(policyCalls()).not.toContain('g0');
  });

  test('of no fleets cost no call', async () => {
    expect(await fleet.otherScalers('ap-northeast-2', [])).toEqual(new Map());
    expect(aws.asked).toEqual([]);
  });
});
