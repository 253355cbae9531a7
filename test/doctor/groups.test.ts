import { describe, expect, it } from 'vitest';
import type { ServiceView } from '../../lib/doctor/sites.ts';
import { pathText } from '../../lib/policy/problem.ts';
import { groupOf, instance, known, missing, target } from '../core/builders.ts';
import { findsEach } from './finds-each.ts';
import { found, group, healthy, healthyStandby, withGroup, withStandby } from './scene.ts';

describe('groups', () => {
  const broken = (process: string): ServiceView => withGroup({ suspended: [process] });
  findsEach([
    [
      'names the groups that exist where there is none of this name',
      { ...withGroup({}), primary: { ...healthy().primary, group: missing('not-found') } },
      'error GROUP_MISSING fleet.autoScalingGroup',
      [
        'no Auto Scaling group exercise-group in ap-northeast-2',
        'describe-auto-scaling-groups --region ap-northeast-2',
      ],
    ],
    [
      'refuses a group that is counted in weights',
      withGroup({ refused: 'the group counts weighted capacity' }),
      'error GROUP_REFUSED fleet.autoScalingGroup',
      ['weighted capacity', 'without weights'],
    ],
    [
      'tells bounds that have no number in common',
      withGroup({ minSize: 4, maxSize: 8 }),
      'error BOUNDS_CONFLICT fleet.capacity',
      ['4 to 8 on exercise-group', '--min-size 1 --max-size 2'],
    ],
    [
      'tells a group that ends below the maximum of the policy',
      withGroup({}),
      'warning BOUNDS_NARROWER fleet.capacity.max',
      ['10, but exercise-group ends at 2', '--max-size 10'],
      { fleet: { capacity: { max: 10 } }, failover: undefined },
    ],
    [
      'Launch suspended',
      broken('Launch'),
      'error PROCESS_SUSPENDED fleet.autoScalingGroup',
      ['nothing is scaled out', 'resume-processes', '--scaling-processes Launch'],
    ],
    [
      'Terminate suspended',
      broken('Terminate'),
      'error PROCESS_SUSPENDED fleet.autoScalingGroup',
      ['nothing is scaled in'],
    ],
    [
      'ReplaceUnhealthy suspended',
      broken('ReplaceUnhealthy'),
      'error PROCESS_SUSPENDED fleet.autoScalingGroup',
      ['is not replaced'],
    ],
    [
      'HealthCheck suspended',
      broken('HealthCheck'),
      'warning PROCESS_SUSPENDED fleet.autoScalingGroup',
      ['does not notice'],
    ],
    [
      'AddToLoadBalancer suspended',
      broken('AddToLoadBalancer'),
      'error PROCESS_SUSPENDED fleet.autoScalingGroup',
      ['not registered'],
    ],
    [
      'AZRebalance suspended',
      broken('AZRebalance'),
      'info PROCESS_SUSPENDED fleet.autoScalingGroup',
      ['zone was lost'],
    ],
    [
      'Launch suspended on the standby, which cannot be raised then',
      withStandby({ group: known(group({ ...healthyStandby(), suspended: ['Launch'] })) }),
      'error PROCESS_SUSPENDED failover.secondary.autoScalingGroup',
      ['--region ap-northeast-1 --auto-scaling-group-name exercise-standby-group'],
    ],
    [
      'a target group that is not attached',
      withGroup({ targetGroupArns: [] }),
      'error NOT_ATTACHED health.targetGroup',
      ['not attached to exercise-group', 'attach-load-balancer-target-groups'],
    ],
    [
      'instances in service that nobody registered',
      { ...healthy(), primary: { ...healthy().primary, targets: known(groupOf([target('i-1')])) } },
      'warning NOT_REGISTERED health.targetGroup',
      ['i-2 in service', 'register-targets', 'Id=i-2'],
    ],
    [
      'registered targets that are not of the group',
      {
        ...healthy(),
        primary: { ...healthy().primary, targets: known(groupOf([target('i-1'), target('i-2'), target('i-9')])) },
      },
      'warning FOREIGN_TARGETS health.targetGroup',
      ['i-9 registered', 'never replaced', 'deregister-targets'],
    ],
    [
      'other scalers, by name',
      healthy({ scalers: known(['policy tracking', 'schedule nightly']) }),
      'warning FOREIGN_SCALER fleet.autoScalingGroup',
      ['policy tracking, schedule nightly', 'nothing is scaled in', 'delete-policy'],
    ],
  ]);

  it('does not mind what others than evenkeel need', () => {
    for (const process of ['AlarmNotification', 'ScheduledActions', 'InstanceRefresh'])
      expect(found(broken(process))).toEqual([]);
    // Nothing is scaled or replaced: only what has been lost is missed.
    const onlyHealth = { scaling: undefined, health: { onUnhealthy: 'deregister' } } as const;
    for (const process of ['Launch', 'Terminate', 'ReplaceUnhealthy'])
      expect(found(broken(process), onlyHealth)).toEqual([]);
  });

  it('leaves targets that drain and instances that boot alone', () => {
    const view = withGroup({
      instances: [instance('i-1'), instance('i-2'), instance('i-3', { lifecycle: 'Pending' })],
    });
    const targets = known(groupOf([target('i-1'), target('i-2'), target('i-0', 'draining')]));
    expect(found({ ...view, primary: { ...view.primary, targets } })).toEqual([]);
  });

  it('tells who else replaces, and a grace period that is shorter than the warm-up', () => {
    const short = found(withGroup({ healthCheckTypes: ['EC2', 'ELB'], graceSeconds: 60 }));
    expect(short.map((f) => f.code)).toEqual(['GROUP_REPLACES_TOO', 'GRACE_SHORT']);
    expect(short[0]?.wayOut).toContain('--health-check-type EC2');
    expect(short[1]?.wayOut).toContain('--health-check-grace-period 120');
    const long = found(withGroup({ healthCheckTypes: ['ELB'], graceSeconds: 120 }));
    expect(long.map((f) => f.code)).toEqual(['GROUP_REPLACES_TOO']);
    const none = found(withGroup({ healthCheckTypes: ['ELB'], graceSeconds: 0 }), { scaling: undefined });
    expect(none.map((f) => pathText(f.path))).toEqual(['health.onUnhealthy', 'health.onUnhealthy']);
  });
});
