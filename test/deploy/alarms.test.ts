import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarmNames, healthyHostAlarms, signalAlarms } from '../../lib/deploy/alarms.ts';
import { logicalId } from '../../lib/deploy/template.ts';
import { servicesFor } from '../../lib/events/services-for.ts';
import { lab, policyOf } from './policies.ts';

const SEOUL = 'ap-northeast-2';
const TOLD = ['arn:aws:sns:ap-northeast-1:111122223333:on-call'];
const toldOf = () => TOLD;

/** The properties of each alarm by its name. */
function byName(resources: ReturnType<typeof signalAlarms>) {
  return Object.fromEntries(
    Object.values(resources).map(({ Properties }) => [String(Properties.AlarmName), Properties]),
  );
}

describe("the alarms on a service's signals", () => {
  it('wake the controller at the edges of the tolerance around the target', () => {
    const cpu = {
      Namespace: 'AWS/EC2',
      MetricName: 'CPUUtilization',
      Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'exercise-group' }],
      Statistic: 'Average',
      Period: 60,
      TreatMissingData: 'missing',
    };
    expect(byName(signalAlarms([lab()], SEOUL, 'evenkeel-prod'))).toEqual({
      'evenkeel-prod-web-cpu-high': {
        ...cpu,
        AlarmName: 'evenkeel-prod-web-cpu-high',
        AlarmDescription: 'evenkeel: cpu of web is above 88',
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 88,
      },
      'evenkeel-prod-web-cpu-low': {
        ...cpu,
        AlarmName: 'evenkeel-prod-web-cpu-low',
        AlarmDescription: 'evenkeel: cpu of web is below 72',
        EvaluationPeriods: 5,
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 72,
      },
    });
  });

  it('stand in the region of their metrics and in no other', () => {
    expect(signalAlarms([lab()], 'ap-northeast-1', 'evenkeel-prod')).toEqual({});
  });

  it('follow the numbers of the policy: target, tolerance, stabilization', () => {
    const policy = lab({
      'target: 80': 'target: 60',
      'tolerance: 0.1': 'tolerance: 0.25',
      'stabilizationSeconds: 300': 'stabilizationSeconds: 90',
    });
    const alarms = byName(signalAlarms([policy], SEOUL, 'evenkeel-prod'));
    expect(alarms['evenkeel-prod-web-cpu-high']).toMatchObject({ Threshold: 75 });
    expect(alarms['evenkeel-prod-web-cpu-low']).toMatchObject({ Threshold: 45, EvaluationPeriods: 2 });
  });

  it('take the lowest band above and the highest below from steps', () => {
    const steps =
      'steps: [{ above: 95, add: 2 }, { above: 80, add: 1 }, { below: 20, remove: 2 }, { below: 40, remove: 1 }]';
    const alarms = byName(signalAlarms([lab({ 'target: 80': steps })], SEOUL, 'evenkeel-prod'));
    expect(alarms['evenkeel-prod-web-cpu-high']).toMatchObject({ Threshold: 80 });
    expect(alarms['evenkeel-prod-web-cpu-low']).toMatchObject({ Threshold: 40 });
  });

  it('are only those that the bands ask for', () => {
    const alarms = byName(
      signalAlarms([lab({ 'target: 80': 'steps: [{ above: 80, add: 1 }]' })], SEOUL, 'evenkeel-prod'),
    );
    expect(Object.keys(alarms)).toEqual(['evenkeel-prod-web-cpu-high']);
  });

  it('name a percentile and a metric of its own as CloudWatch wants it', () => {
    const metric =
      'target: 0.5\n      metric: { namespace: AWS/ApplicationELB, name: TargetResponseTime, statistic: p99, periodSeconds: 3600, dimensions: { LoadBalancer: app/lb/1 } }';
    const alarms = byName(
      signalAlarms(
        [lab({ 'target: 80': metric, 'stabilizationSeconds: 300': 'stabilizationSeconds: 7200' })],
        SEOUL,
        'evenkeel-prod',
      ),
    );
    expect(alarms['evenkeel-prod-web-cpu-low']).toMatchObject({
      Namespace: 'AWS/ApplicationELB',
      Dimensions: [{ Name: 'LoadBalancer', Value: 'app/lb/1' }],
      ExtendedStatistic: 'p99',
      Period: 3600,
      EvaluationPeriods: 2,
    });
    expect(alarms['evenkeel-prod-web-cpu-low']).not.toHaveProperty('Statistic');
  });

  it('are none for a service that does not scale', () => {
    const policy = policyOf('{ service: api, region: ap-northeast-2, health: { targetGroup: api } }');
    expect(signalAlarms([policy], SEOUL, 'evenkeel-prod')).toEqual({});
  });
});

describe('the healthy-host alarm', () => {
  it('breaches below the minimum of the policy, and when nobody counts, and tells it', () => {
    expect(byName(healthyHostAlarms([lab({ 'minHealthy: 1': 'minHealthy: 3' })], 'evenkeel-prod', toldOf))).toEqual({
      'evenkeel-prod-web-healthy-hosts-low': {
        AlarmName: 'evenkeel-prod-web-healthy-hosts-low',
        AlarmDescription: 'evenkeel: web has fewer than 3 healthy targets, or nobody counts them',
        Namespace: 'Evenkeel',
        MetricName: 'HealthyTargets',
        Dimensions: [
          { Name: 'policy', Value: 'web' },
          { Name: 'service', Value: 'evenkeel-prod' },
        ],
        Statistic: 'Minimum',
        Period: 60,
        EvaluationPeriods: 2,
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 3,
        TreatMissingData: 'breaching',
        AlarmActions: TOLD,
      },
    });
  });

  it.each([
    [5, 60],
    [30, 60],
    [60, 60],
    [90, 120],
    [300, 300],
  ])('of a service with rounds %i s apart looks at periods of %i s, each of which has a round', (seconds, period) => {
    const policy = lab({ 'onUnhealthy: replace': `check: { intervalSeconds: ${seconds} }` });
    const alarms = byName(healthyHostAlarms([policy], 'evenkeel-prod', toldOf));
    expect(alarms['evenkeel-prod-web-healthy-hosts-low']).toMatchObject({ Period: period, EvaluationPeriods: 2 });
  });

  it('wants at least one even where the policy allows none', () => {
    const alarms = byName(healthyHostAlarms([lab({ 'minHealthy: 1': 'minHealthy: 0' })], 'evenkeel-prod', toldOf));
    expect(alarms['evenkeel-prod-web-healthy-hosts-low']).toMatchObject({ Threshold: 1 });
  });

  it('is none for a service without a target group', () => {
    const policy = policyOf(
      '{ service: jobs, region: ap-northeast-2, fleet: { autoScalingGroup: jobs, capacity: { min: 1, max: 2 } }, scaling: { signals: [{ name: cpu, target: 50 }] } }',
    );
    expect(healthyHostAlarms([policy], 'evenkeel-prod', toldOf)).toEqual({});
  });
});

describe('the names of the alarms of a service', () => {
  const TOKYO = { name: 'evenkeel-prod', region: 'ap-northeast-1' };

  it('are told by region: on its signals where they are, on its targets where the controller is', () => {
    expect(alarmNames(lab(), TOKYO)).toEqual(
      new Map([
        ['ap-northeast-1', ['evenkeel-prod-web-healthy-hosts-low']],
        [SEOUL, ['evenkeel-prod-web-cpu-high', 'evenkeel-prod-web-cpu-low']],
      ]),
    );
    expect([...alarmNames(lab(), { ...TOKYO, region: SEOUL }).values()].map(({ length }) => length)).toEqual([3]);
  });

  it('are none in a region without any', () => {
    const api = policyOf('{ service: api, region: ap-northeast-2, health: { targetGroup: api } }');
    expect(alarmNames(api, TOKYO)).toEqual(new Map([['ap-northeast-1', ['evenkeel-prod-api-healthy-hosts-low']]]));
  });
});

describe('always', () => {
  const NAME = fc.stringMatching(/^[a-z]([a-z0-9-]{0,6}[a-z0-9])?$/);

  it('an alarm that is made for a service concerns that service when it fires', () => {
    fc.assert(
      fc.property(NAME, NAME, (service, signal) => {
        const policy = lab({ 'service: web': `service: ${service}`, 'name: cpu': `name: "${signal}"` });
        const made = {
          ...signalAlarms([policy], SEOUL, 'evenkeel-prod'),
          ...healthyHostAlarms([policy], 'evenkeel-prod', toldOf),
        };
        for (const { Properties } of Object.values(made)) {
          const alarmName = String(Properties.AlarmName);
          const trigger = {
            kind: 'alarm',
            alarmName,
            state: 'ALARM',
            atMs: null,
            region: null,
            dimensions: [],
            composite: true,
          } as const;
          expect(servicesFor(trigger, [policy], 'evenkeel-prod')).toEqual([service]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('different names make different logical ids, of letters and digits only', () => {
    fc.assert(
      fc.property(fc.tuple(NAME, NAME), fc.tuple(NAME, NAME), (one, other) => {
        const ids = [logicalId('High', ...one), logicalId('High', ...other)];
        expect(ids[0]).toMatch(/^[A-Za-z0-9]{1,255}$/);
        expect(ids[0] === ids[1]).toBe(one.join(' ') === other.join(' '));
      }),
      { numRuns: 1000 },
    );
  });
});
