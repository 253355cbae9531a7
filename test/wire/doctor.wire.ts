import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { evenkeel } from '../cli/capture.ts';
import { ALWAYS, asProcess, type Call, doctoring, type Found, news, policyFile, WRITES } from './doctoring.ts';
import { HOME, STANDBY, weightsNow } from './lab.ts';
import { fillGaps } from './wire.ts';

const GROUP = 'exercise-group';
const about = doctoring();

describe('doctor', () => {
  it('finds no error in a healthy lab, and writes nothing', async () => {
    const { code, findings } = await about.doctor();
    expect(news(findings)).toEqual([]);
    expect(findings.map((f) => f.code)).toEqual(ALWAYS);
    expect(code).toBe(0);
    expect(about.here.proxy.calls.filter(({ operation }) => WRITES.test(operation))).toEqual([]);
    expect(new Set(about.here.proxy.calls.map(({ operation }) => operation)).size).toBeGreaterThan(7);
  });

  it('says it in the manner of validate, as a process of its own', async () => {
    await about.broken(
      'elbv2',
      HOME,
      ['modify_target_group', { TargetGroupArn: about.lab.primaryTargetGroup, HealthCheckPath: '/' }],
      ['modify_target_group', { TargetGroupArn: about.lab.primaryTargetGroup, HealthCheckPath: '/health' }],
    );
    const { code, out, err } = await asProcess(['doctor', about.lab.file], about.here.env);
    expect(err).toBe('');
    expect(out).toContain(
      `${about.lab.file}:28:18 error CHECK_DIFFERS health.check.path: found / on exercise-target-group; expected /health, as the policy says\n  way out: npm run -s evenkeel -- doctor ${about.lab.file} --fix, or aws elbv2 modify-target-group --region ap-northeast-2 --target-group-arn ${about.lab.primaryTargetGroup} --health-check-path /health\n`,
    );
    expect(out).toMatch(/\n1 service looked at, controller in ap-northeast-1: 1 error, 1 warning, 1 note\n$/);
    expect(code).toBe(1);
  });

  it('tells suspended processes', async () => {
    const both = { AutoScalingGroupName: GROUP, ScalingProcesses: ['Launch', 'AZRebalance'] };
    await about.broken('autoscaling', HOME, ['suspend_processes', both], ['resume_processes', both]);
    expect(news((await about.doctor()).findings).sort()).toEqual([
      'error PROCESS_SUSPENDED fleet.autoScalingGroup',
      'info PROCESS_SUSPENDED fleet.autoScalingGroup',
    ]);
  });

  it('tells another scaler', async () => {
    const policy = { AutoScalingGroupName: GROUP, PolicyName: 'tracking' };
    await about.broken(
      'autoscaling',
      HOME,
      [
        'put_scaling_policy',
        {
          ...policy,
          PolicyType: 'TargetTrackingScaling',
          TargetTrackingConfiguration: {
            PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
            TargetValue: 50,
          },
        },
      ],
      ['delete_policy', policy],
    );
    const { findings, code } = await about.doctor();
    expect(news(findings)).toEqual(['warning FOREIGN_SCALER fleet.autoScalingGroup']);
    expect(code).toBe(0);
  });

  it('tells health check type and grace', async () => {
    const type = (HealthCheckType: string): Call => [
      'update_auto_scaling_group',
      { AutoScalingGroupName: GROUP, HealthCheckType, HealthCheckGracePeriod: 60 },
    ];
    await about.broken('autoscaling', HOME, type('ELB'), type('EC2'));
    expect(news((await about.doctor()).findings)).toEqual([
      'warning GROUP_REPLACES_TOO health.onUnhealthy',
      'warning GRACE_SHORT scaling.warmupSeconds',
    ]);
  });

  it('tells bounds in conflict', async () => {
    const text = readFileSync(about.lab.file, 'utf8').replace(
      'capacity: { min: 1, max: 2 }',
      'capacity: { min: 4, max: 8 }',
    );
    const { out } = await evenkeel(['doctor', policyFile(text), '--json']);
    expect(news(JSON.parse(out).findings)).toContain('error BOUNDS_CONFLICT fleet.capacity');
  });

  it('tells a target group that is not attached', async () => {
    const both = { AutoScalingGroupName: GROUP, TargetGroupARNs: [about.lab.primaryTargetGroup] };
    await about.broken(
      'autoscaling',
      HOME,
      ['detach_load_balancer_target_groups', both],
      ['attach_load_balancer_target_groups', both],
    );
    expect(news((await about.doctor()).findings)).toContain('error NOT_ATTACHED health.targetGroup');
  });

  it('tells weights and identifiers that nothing can be moved by', async () => {
    const before = await weightsNow(about.here.moto, about.lab.policy);
    const set = (SetIdentifier: string, Weight: number, TTL: number) => ({
      Action: 'UPSERT',
      ResourceRecordSet: {
        ...{ Name: 'www.example.com', Type: 'A', SetIdentifier, Weight, TTL },
        ResourceRecords: [{ Value: '192.0.2.1' }],
      },
    });
    const batch = (weights: Record<string, number>, ttl = 30): Call => [
      'change_resource_record_sets',
      {
        HostedZoneId: about.lab.policy.failover?.hostedZoneId,
        ChangeBatch: { Changes: Object.entries(weights).map(([id, weight]) => set(id, weight, ttl)) },
      },
    ];
    await about.broken('route53', STANDBY, batch({ seoul: 50, tokyo: 50 }, 300), batch(before));
    expect(news((await about.doctor()).findings)).toEqual([
      'error WEIGHTS_SPLIT failover.record.name',
      'warning TTL_LONG failover.record.name',
    ]);
  });

  it('tells a controller that would be lost with the primary', async () => {
    const { findings, code } = await about.doctor('--region', HOME);
    expect(news(findings)).toEqual(['error CONTROLLER_IN_PRIMARY failover.primary.region']);
    expect(code).toBe(1);
  });

  it('names everything that is not there, and is not stopped by it', async () => {
    const file = policyFile(`service: gone
region: eu-west-1
fleet: { autoScalingGroup: no-group, capacity: { min: 1, max: 2 } }
scaling: { signals: [{ name: cpu, target: 80 }] }
health: { targetGroup: no-targets }
failover:
  hostedZoneId: Z00000000000000000000
  record: { name: gone.example.com }
  primary: { setIdentifier: a, region: eu-west-1, targetGroup: no-targets }
  secondary: { setIdentifier: b, region: us-east-1, targetGroup: none-either }
notify: { topicArn: arn:aws:sns:us-east-1:123456789012:nobody }
`);
    const { code, out } = await evenkeel(['doctor', file, about.lab.file, '--json']);
    expect(code).toBe(1);
    const { findings } = JSON.parse(out) as { findings: Found[] };
    expect(news(findings)).toEqual([
      'error GROUP_MISSING fleet.autoScalingGroup',
      'error TARGET_GROUP_MISSING health.targetGroup',
      'error TARGET_GROUP_MISSING failover.secondary.targetGroup',
      'error ZONE_MISSING failover.hostedZoneId',
      'error TOPIC_MISSING notify.topicArn',
    ]);
    expect(findings.filter((f) => ALWAYS.includes(f.code)).every((f) => f.services.includes('web'))).toBe(true);
  });

  it('tells basic monitoring by how often its datapoints come', async () => {
    const metric = { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization' };
    const nowS = Math.floor(Date.now() / 300_000) * 300;
    const group = { AutoScalingGroupName: 'exercise-basic', LaunchConfigurationName: `launch-${HOME}` };
    await about.broken(
      'autoscaling',
      HOME,
      ['create_auto_scaling_group', { ...group, MinSize: 1, MaxSize: 2, AvailabilityZones: [`${HOME}a`] }],
      ['delete_auto_scaling_group', { AutoScalingGroupName: group.AutoScalingGroupName, ForceDelete: true }],
    );
    await about.boto('cloudwatch', HOME, 'put_metric_data', {
      Namespace: metric.Namespace,
      MetricData: Array.from({ length: 12 }, (_, ago) => ({
        MetricName: metric.MetricName,
        Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'exercise-basic' }],
        Timestamp: nowS - ago * 300,
        Value: 40,
      })),
    });
    const file = policyFile(`service: basic
region: ${HOME}
fleet: { autoScalingGroup: exercise-basic, capacity: { min: 1, max: 2 } }
scaling: { signals: [{ name: cpu, target: 80 }] }
`);
    const { out } = await evenkeel(['doctor', file, '--json']);
    expect(news(JSON.parse(out).findings)).toEqual(['error BASIC_MONITORING scaling.signals[0].name']);
  });

  it('goes on when one service of AWS is down', async () => {
    about.here.proxy.rule = (call) =>
      call.service === 'elasticloadbalancing' ? { kind: 'error', status: 403, code: 'AccessDenied' } : fillGaps(call);
    const { findings, code } = await about.doctor();
    expect(news(findings)).toEqual([
      'error MISSING_PERMISSION health.targetGroup',
      'error MISSING_PERMISSION failover.secondary.targetGroup',
    ]);
    expect(code).toBe(1);
  });
});
