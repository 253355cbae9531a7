/** The lab of the course as doctor reads it, with nothing wrong: tests change what they are about. */
import type { Datapoint, Policy, RecordSet, TargetView } from '../../lib/core/model.ts';
import { diagnose } from '../../lib/doctor/diagnose.ts';
import type { GroupView, TargetGroupSettings } from '../../lib/doctor/ports.ts';
import type { ServiceView } from '../../lib/doctor/sites.ts';
import {
  change,
  datapoints,
  fleetOf,
  groupOf,
  known,
  type Part,
  policyOf,
  recordSet,
  T0,
  target,
} from '../core/builders.ts';

const HOME_ARN = 'arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/exercise-target-group/1';
export const STANDBY_ARN = 'arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/exercise-standby/1';

export function settings(changes: Part<TargetGroupSettings> = {}): TargetGroupSettings {
  const base: TargetGroupSettings = {
    arn: HOME_ARN,
    name: 'exercise-target-group',
    targetType: 'instance',
    loadBalancers: 1,
    check: {
      enabled: true,
      protocol: 'HTTP',
      path: '/health',
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      matcher: '200',
    },
  };
  return change(base, changes);
}

export function group(changes: Part<GroupView> = {}): GroupView {
  const base: GroupView = {
    ...fleetOf(2, { maxSize: 2 }),
    healthCheckTypes: ['EC2'],
    graceSeconds: 0,
    targetGroupArns: [HOME_ARN],
  };
  return change(base, changes);
}

/** An alias to a load balancer. */
export function alias(setIdentifier: string, weight: number, evaluate = true): RecordSet {
  return {
    type: 'A',
    setIdentifier,
    weight,
    routing: 'weighted',
    raw: { AliasTarget: { EvaluateTargetHealth: evaluate } },
  };
}

/** Two hours of a metric, one datapoint each `everySeconds`. */
export function metricEvery(everySeconds: number): Datapoint[] {
  const count = Math.floor(7200 / everySeconds);
  return Array.from({ length: count }, (_, index) => ({ startMs: T0 + index * everySeconds * 1000, value: 40 }));
}

/** The standby's group: one instance of at most two. */
export function healthyStandby(): GroupView {
  const { instances, ...rest } = group({ name: 'exercise-standby-group', desired: 1, targetGroupArns: [STANDBY_ARN] });
  return { ...rest, instances: instances.slice(0, 1) };
}

export function healthy(changes: Partial<ServiceView> = {}): ServiceView {
  return {
    primary: {
      group: known(group()),
      targetGroup: known(settings()),
      targets: known(groupOf([target('i-1'), target('i-2')])),
    },
    secondary: {
      group: known(healthyStandby()),
      targetGroup: known(settings({ arn: STANDBY_ARN, name: 'exercise-standby' })),
      targets: known(groupOf([target('i-1')])),
    },
    scalers: known([]),
    refreshes: known(false),
    signals: [known(datapoints(T0, ...Array<number>(60).fill(40)))],
    record: known({ sets: [alias('seoul', 100), alias('tokyo', 0)] }),
    topic: known({ confirmed: 1, pending: 0, key: null }),
    ...changes,
  };
}

/** The healthy view with another group at home. */
export function withGroup(changes: Part<GroupView>): ServiceView {
  const view = healthy();
  return { ...view, primary: { ...view.primary, group: known(group(changes)) } };
}

/** The healthy view with another target group at home. */
export function withSettings(changes: Part<TargetGroupSettings>): ServiceView {
  const view = healthy();
  return { ...view, primary: { ...view.primary, targetGroup: known(settings(changes)) } };
}

/** The healthy view with these targets at home. */
export function withTargets(...targets: TargetView[]): ServiceView {
  const view = healthy();
  return { ...view, primary: { ...view.primary, targets: known(groupOf(targets)) } };
}

/** The healthy view with another standby. */
export function withStandby(changes: Partial<NonNullable<ServiceView['secondary']>>): ServiceView {
  const view = healthy();
  return { ...view, secondary: { ...(view.secondary as NonNullable<ServiceView['secondary']>), ...changes } };
}

export const withSets = (...sets: RecordSet[]): ServiceView => healthy({ record: known({ sets }) });

export const plain = (identifier: string, weight: number, ttlSeconds = 30): RecordSet =>
  recordSet(identifier, weight, { ttlSeconds });

/** What is found, the controller running in the standby's region. */
export function found(view: ServiceView, policy: Part<Policy> = {}, region = 'ap-northeast-1') {
  const notify = { topicArn: 'arn:aws:sns:ap-northeast-1:111122223333:on-call' };
  return diagnose({ ...policyOf(policy), notify }, view, { region, role: 'the-role' });
}
