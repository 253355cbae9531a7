import { describe, expect, it } from 'vitest';
import type { ServiceView } from '../../lib/doctor/sites.ts';
import { known, missing, type Part, target } from '../core/builders.ts';
import { type Case, findsEach } from './finds-each.ts';
import { found, healthy, STANDBY_ARN, settings, withSettings, withStandby, withTargets } from './scene.ts';

describe('target groups', () => {
  const off = (check: Part<ReturnType<typeof settings>['check']>): ServiceView => withSettings({ check });
  findsEach([
    [
      'names the target groups that exist where there is none of this name',
      { ...healthy(), primary: { ...healthy().primary, targetGroup: missing('not-found'), targets: undefined } },
      'error TARGET_GROUP_MISSING health.targetGroup',
      ['no target group exercise-target-group in ap-northeast-2', 'describe-target-groups --region ap-northeast-2'],
    ],
    ...(['lambda', 'alb'] as const).map(
      (targetType): Case => [
        `refuses targets of type ${targetType}`,
        withSettings({ targetType }),
        'error TARGET_TYPE_REFUSED health.targetGroup',
        [`type ${targetType}`, 'instance or ip'],
      ],
    ),
    [
      'refuses to replace addresses',
      withSettings({ targetType: 'ip' }),
      'error TARGET_TYPE_REFUSED health.onUnhealthy',
      ['onUnhealthy: deregister'],
    ],
    [
      'tells a target group without a load balancer, whose targets nobody checks',
      withSettings({ loadBalancers: 0 }),
      'error TARGET_GROUP_UNUSED health.targetGroup',
      ['"unused"', 'modify-listener'],
    ],
    [
      'tells targets in a zone that the load balancer does not serve',
      withTargets(target('i-1'), target('i-2', 'unused', { reason: 'Target.NotInUse' })),
      'warning TARGETS_UNUSED health.targetGroup',
      ['i-2:80 (Target.NotInUse)', 'set-subnets'],
    ],
    [
      'names the way out for a target group that checks another path',
      off({ path: '/' }),
      'error CHECK_DIFFERS health.check.path',
      [
        '/ on exercise-target-group',
        '/health, as the policy says',
        'aws elbv2 modify-target-group',
        '--health-check-path /health',
      ],
    ],
    [
      'another interval',
      off({ intervalSeconds: 30 }),
      'error CHECK_DIFFERS health.check.intervalSeconds',
      ['30 on', '--health-check-interval-seconds 5'],
    ],
    [
      'another timeout',
      off({ timeoutSeconds: 5 }),
      'error CHECK_DIFFERS health.check.timeoutSeconds',
      ['--health-check-timeout-seconds 2'],
    ],
    [
      'another healthy threshold',
      off({ healthyThreshold: 5 }),
      'error CHECK_DIFFERS health.check.healthyThreshold',
      ['--healthy-threshold-count 2'],
    ],
    [
      'another unhealthy threshold',
      off({ unhealthyThreshold: 3 }),
      'error CHECK_DIFFERS health.check.unhealthyThreshold',
      ['--unhealthy-threshold-count 2'],
    ],
    [
      'another matcher',
      off({ matcher: '200-399' }),
      'error CHECK_DIFFERS health.check.matcher',
      ['--matcher HttpCode=200'],
    ],
    ['no checks', off({ enabled: false }), 'error CHECK_OFF health.check', ['--health-check-enabled']],
    [
      'checks by TCP, which ask for no path',
      off({ protocol: 'TCP', path: undefined, matcher: undefined }),
      'warning CHECK_PROTOCOL health.check',
      ['checks by TCP', '--health-check-protocol HTTP'],
    ],
    [
      'checks by gRPC, whose path is a method',
      off({ path: '/AWS.ALB/healthcheck', matcher: undefined }),
      'warning CHECK_PROTOCOL health.check',
      ['no HTTP codes'],
    ],
  ]);

  it('lets addresses be, where they are only deregistered', () => {
    expect(found(withSettings({ targetType: 'ip' }), { health: { onUnhealthy: 'deregister' } })).toEqual([]);
  });

  const standby = (check: Part<ReturnType<typeof settings>['check']>): ServiceView =>
    withStandby({ targetGroup: known(settings({ arn: STANDBY_ARN, name: 'exercise-standby', check })) });
  findsEach([
    [
      'tells in one warning how the standby is checked otherwise, and the one command that changes all of it',
      standby({ path: '/', intervalSeconds: 30 }),
      'warning STANDBY_CHECK_DIFFERS failover.secondary.targetGroup',
      [
        'exercise-standby checks otherwise',
        'path / instead of /health, intervalSeconds 30 instead of 5',
        `--region ap-northeast-1 --target-group-arn ${STANDBY_ARN} --health-check-path /health --health-check-interval-seconds 5`,
      ],
    ],
  ]);

  it('compares what both kinds of check have where the standby is checked by TCP', () => {
    expect(found(standby({ protocol: 'TCP', path: undefined, matcher: undefined }))).toEqual([]);
  });
});
