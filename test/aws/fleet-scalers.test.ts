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

  test('of no fleets cost no call', async () => {
    expect(await fleet.otherScalers('ap-northeast-2', [])).toEqual(new Map());
    expect(aws.asked).toEqual([]);
  });
});
