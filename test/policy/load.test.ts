import { describe, expect, test } from 'vitest';
import { loadPolicies, loadPolicy } from '../../lib/policy/load.ts';
import { WEB } from '../core/web-policy.ts';
import { edited, loaded, policyText, shown } from './base.ts';

const REAL = ['api.yml', 'fleet.yml', 'web.yml'];

describe('the real policies', () => {
  test.each(REAL)('%s loads without any problem, warnings included', (file) => {
    expect(loadPolicy(file, policyText(file)).problems).toEqual([]);
  });

  test('do not collide', () => {
    const { policies, problems } = loadPolicies(REAL.map((file) => ({ file, text: policyText(file) })));
    expect(policies.map(({ policy }) => policy.service)).toEqual(['api', 'fleet', 'web']);
    expect(problems).toEqual([]);
  });

  test("web.yml is the course's lab with a standby", () => {
    expect(loaded(policyText('web.yml'))).toEqual({
      ...WEB,
      notify: { topicArn: 'arn:aws:sns:ap-northeast-1:111122223333:on-call' },
    });
  });

  test('api.yml deregisters and has no fleet; fleet.yml goes by CPU and requests', () => {
    const api = loaded(policyText('api.yml'));
    expect([api.fleet, api.health?.onUnhealthy]).toEqual([undefined, 'deregister']);
    const signals = loaded(policyText('fleet.yml')).scaling?.signals.map(({ metric, target }) => [metric.name, target]);
    expect(signals).toEqual([
      ['CPUUtilization', 80],
      ['RequestCountPerTarget', 6000],
    ]);
  });
});

describe('what is left out has its default', () => {
  const web = loaded(policyText('web.yml'));

  test('a forecast looks ahead by the warm-up and a minute, and is off where nobody asks for it', () => {
    const text = (forecast: string): string => policyText('web.yml').replace('  tolerance:', `${forecast}  tolerance:`);
    expect(loaded(text('  forecast: {}\n')).scaling?.forecast).toEqual({
      leadSeconds: 180,
      trend: true,
      season: 'weekly',
      overloadCostMinutes: 0,
    });
    expect(loaded(text('  forecast: { leadSeconds: 600 }\n')).scaling?.forecast?.leadSeconds).toBe(600);
    expect(web.scaling).not.toHaveProperty('forecast');
  });

  test('a policy of required keys alone is the lab, too, whose two servers have no larger step than one', () => {
    const short = `
service: web
region: ap-northeast-2
fleet: { autoScalingGroup: exercise-group, capacity: { min: 1, max: 2 } }
scaling: { signals: [{ name: cpu, target: 80 }] }
health: { targetGroup: exercise-target-group }
failover:
  hostedZoneId: Z0123456789ABCDEFGHIJ
  record: { name: www.example.com }
  primary: { setIdentifier: seoul, region: ap-northeast-2, targetGroup: exercise-target-group, probe: "https://seoul.example.com/health" }
  secondary:
    setIdentifier: tokyo
    region: ap-northeast-1
    targetGroup: exercise-standby
    autoScalingGroup: exercise-standby-group
    probe: https://tokyo.example.com/health
notify: { topicArn: "arn:aws:sns:ap-northeast-1:111122223333:on-call" }
`;
    const scaleIn = { ...web.scaling?.scaleIn, maxStep: 4 };
    expect(loaded(short)).toEqual({ ...web, scaling: { ...web.scaling, scaleIn } });
  });

  test('an unhealthy target is replaced where there is a fleet, and only deregistered where there is none', () => {
    const text = 'service: a\nregion: eu-west-1\nhealth: { targetGroup: a }\n';
    expect(loaded(text).health?.onUnhealthy).toBe('deregister');
    expect(loaded(`${text}fleet: { autoScalingGroup: a, capacity: { min: 1, max: 3 } }\n`).health?.onUnhealthy).toBe(
      'replace',
    );
  });

  test('a metric of its own keeps the default statistic and period', () => {
    const metric = 'metric: { namespace: Shop, name: Queue, dimensions: {} }';
    const text = edited(policyText('web.yml'), ['target: 80 ', `${metric}\n      target: 80 `]);
    expect(loaded(text).scaling?.signals[0]?.metric).toEqual({
      namespace: 'Shop',
      name: 'Queue',
      statistic: 'Average',
      periodSeconds: 60,
      dimensions: {},
    });
  });
});

describe('what YAML allows', () => {
  const web = policyText('web.yml');

  test('CRLF, a byte order mark, a document marker and an end marker load fine', () => {
    const policy = loaded(web);
    expect(loaded(web.replaceAll('\n', '\r\n'))).toEqual(policy);
    expect(loaded(`\uFEFF${web}`)).toEqual(policy);
    expect(loaded(`\uFEFF${web.replaceAll('\n', '\r\n')}`)).toEqual(policy);
    expect(loaded(`%YAML 1.2\n---\n${web}...\n`)).toEqual(policy);
  });

  test('an alias stands for the value of its anchor', () => {
    const text = edited(
      web,
      ['region: ap-northeast-2\n', 'region: &home ap-northeast-2\n'],
      ['seoul, region: ap-northeast-2', 'seoul, region: *home '],
    );
    expect(loaded(text)).toEqual(loaded(web));
  });

  test('an anchor that is set again means its newer value, and older aliases keep theirs', () => {
    const text = `service: a
region: eu-west-1
fleet: { autoScalingGroup: a, capacity: { min: &n 1, max: 9 } }
scaling:
  signals: [{ name: cpu, target: 50 }]
  scaleOut: &out { maxStep: *n }
  scaleIn: { maxStep: &n 2 }
health: { targetGroup: a, rounds: { healthy: *n } }
`;
    const policy = loaded(text);
    expect([policy.scaling?.scaleOut.maxStep, policy.health?.rounds.healthy]).toEqual([1, 2]);
  });

  test('a %YAML 1.1 directive does not turn words into booleans', () => {
    const { problems } = loadPolicy(
      'a.yml',
      '%YAML 1.1\n---\nservice: on\nregion: eu-west-1\nmode: off\nhealth: { targetGroup: a }\n',
    );
    expect(problems.map(shown)).toEqual(['5:7 error NOT_AN_OPTION mode: found "off"; expected enforce or observe']);
  });

  test('keys that JavaScript knows are unknown keys like any other', () => {
    const { problems } = loadPolicy(
      'a.yml',
      'service: a\nregion: eu-west-1\n__proto__: { mode: observe }\nconstructor: 1\n',
    );
    expect(problems.map(({ line, code }) => [line, code])).toEqual([
      [3, 'UNKNOWN_KEY'],
      [4, 'UNKNOWN_KEY'],
    ]);
  });
});

describe('a number changed with sed', () => {
  const change = (from: string, to: string) => loadPolicy('web.yml', edited(policyText('web.yml'), [from, to]));

  test.each([
    ['intervalSeconds: 5,', 'intervalSeconds: 10,'],
    ['rounds: { unhealthy: 2,', 'rounds: { unhealthy: 1,'],
    ['max: 2', 'max: 6'],
    ['mode: enforce', 'mode: observe'],
    ['onUnhealthy: replace', 'onUnhealthy: deregister'],
    ['mode: automatic', 'mode: manual'],
  ])('%s -> %s loads without a problem', (from, to) => {
    expect(change(from, to).problems).toEqual([]);
  });

  test.each([
    [
      'healthyPercentBelow: 50',
      'healthyPercentBelow: 120',
      '42:36 error OUT_OF_RANGE failover.trip.healthyPercentBelow: found 120; expected a whole number from 0 to 100 (percent)',
    ],
    [
      'min: 1, max: 2',
      'min: 3, max: 2',
      '14:20 error MIN_ABOVE_MAX fleet.capacity.min: found 3; expected at most max, which is 2',
    ],
    [
      'intervalSeconds: 5,',
      'intervalSeconds: 2.5,',
      '28:44 error WRONG_TYPE health.check.intervalSeconds: found 2.5; expected a whole number from 1 to 300 (seconds)',
    ],
    [
      'cooldownSeconds: 60',
      'cooldownSeconds: 60s',
      '23:44 error WRONG_TYPE scaling.scaleOut.cooldownSeconds: found "60s"; expected a whole number from 1 to 3600 (seconds). Write the number alone: the unit is in the key\'s name',
    ],
    [
      'cooldownSeconds: 60',
      'cooldownSeconds: -60',
      '23:44 error OUT_OF_RANGE scaling.scaleOut.cooldownSeconds: found -60; expected a whole number from 1 to 3600 (seconds)',
    ],
    [
      'tolerance: 0.1',
      'tolerance: 10',
      '21:14 error OUT_OF_RANGE scaling.tolerance: found 10; expected a fraction from 0 to 0.5',
    ],
  ])('%s -> %s says what is wrong', (from, to, expected) => {
    expect(change(from, to).problems.map(shown)).toEqual([expected]);
  });
});
