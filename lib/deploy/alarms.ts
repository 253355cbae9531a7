import type { Policy, ScalingPolicy, Signal } from '../core/model.ts';
import { intervalMsOf } from '../core/targets.ts';
import { alarmName, HEALTHY_HOSTS } from '../policy/alarm-name.ts';
import { HEALTHY_TARGETS } from '../ports.ts';
import { METRIC_NAMESPACE } from './names.ts';
import { logicalId, type Resource, type Resources } from './template.ts';

/** An alarm may look back one day: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const LONGEST_LOOK_BACK_SECONDS = 86_400;

interface Bound {
  readonly side: 'high' | 'low';
  readonly threshold: number;
  readonly periods: number;
}

/**
 * The alarms on the signals of the services of one region: metrics, and so alarms on them, exist only in their own region,
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Metric. Missing data is treated
 * as missing: what it means is for the controller to decide. They have no actions; EventBridge carries them.
 * @param controller its name.
 */
export function signalAlarms(policies: readonly Policy[], region: string, controller: string): Resources {
  const entries = policies
    .filter((policy) => policy.region === region)
    .flatMap(({ service, scaling }) =>
      (scaling?.signals ?? []).flatMap((signal) =>
        boundsOf(signal, scaling as ScalingPolicy).map((bound): [string, Resource] => [
          logicalId(bound.side === 'high' ? 'High' : 'Low', service, signal.name),
          signalAlarm(alarmName(controller, service, signal.name, bound.side), service, signal, bound),
        ]),
      ),
    );
  return Object.fromEntries(entries);
}

/**
 * Where a decision about this signal can first change: the edges of the tolerance around the target, or the lowest and
 * highest band. Out is wanted at once, in only when the whole stabilization window agrees.
 */
export function boundsOf(signal: Signal, { tolerance, scaleIn }: ScalingPolicy): Bound[] {
  const { periodSeconds } = signal.metric;
  const longest = Math.floor(LONGEST_LOOK_BACK_SECONDS / periodSeconds);
  const window = Math.min(Math.ceil(scaleIn.stabilizationSeconds / periodSeconds), longest);
  const bands = signal.steps ?? [];
  const above = bands.flatMap((band) => ('above' in band ? [band.above] : []));
  const below = bands.flatMap((band) => ('below' in band ? [band.below] : []));
  if (signal.target !== undefined) {
    above.push(rounded(signal.target * (1 + tolerance)));
    below.push(rounded(signal.target * (1 - tolerance)));
  }
  return [
    ...(above.length > 0 ? [{ side: 'high' as const, threshold: Math.min(...above), periods: 1 }] : []),
    ...(below.length > 0 ? [{ side: 'low' as const, threshold: Math.max(...below), periods: window }] : []),
  ];
}

/** Without the noise of binary fractions: 80 × 1.1 is 88. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/**
 * The names of the alarms that a service has, by region, as `signalAlarms` and `healthyHostAlarms` give them.
 * @param controller its name and the region where it runs.
 */
export function alarmNames(
  policy: Policy,
  controller: { readonly name: string; readonly region: string },
): ReadonlyMap<string, readonly string[]> {
  const { name, region: home } = controller;
  const namesOf = (alarms: Resources) => Object.values(alarms).map(({ Properties }) => String(Properties.AlarmName));
  const regions = [...new Set([home, policy.region])].map((region): [string, string[]] => {
    const healthy = region === home ? healthyHostAlarms([policy], name, () => []) : {};
    return [region, namesOf({ ...signalAlarms([policy], region, name), ...healthy })];
  });
  return new Map(regions.filter(([, names]) => names.length > 0));
}

function signalAlarm(
  AlarmName: string,
  service: string,
  { name, metric }: Signal,
  { side, threshold, periods }: Bound,
): Resource {
  const percentile = metric.statistic.startsWith('p');
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName,
      AlarmDescription: `evenkeel: ${name} of ${service} is ${side === 'high' ? 'above' : 'below'} ${threshold}`,
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      ...(percentile ? { ExtendedStatistic: metric.statistic } : { Statistic: metric.statistic }),
      Period: metric.periodSeconds,
      EvaluationPeriods: periods,
      ComparisonOperator: side === 'high' ? 'GreaterThanThreshold' : 'LessThanThreshold',
      Threshold: threshold,
      TreatMissingData: 'missing',
    },
  };
}

/** Below this many healthy targets people are told; `undefined` for a service without a target group. */
export function leastHealthy({ health, failover }: Policy): number | undefined {
  if (health === undefined && failover === undefined) return undefined;
  return Math.max(1, health?.limits.minHealthy ?? 1);
}

/**
 * One alarm per service with a target group: fewer healthy targets than the policy wants, or nobody counts them. They
 * stand where the controller runs, on its own count. The load balancer's HealthyHostCount could not be named from a
 * policy: it needs the dimension LoadBalancer and the target group's id, which a policy does not know, see
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html. Besides,
 * an alarm in the service's region would fall silent with that region.
 * @param controller its name, the `service` dimension of its metrics.
 * @param toldOf the topics that hear of a service.
 */
export function healthyHostAlarms(
  policies: readonly Policy[],
  controller: string,
  toldOf: (policy: Policy) => readonly unknown[],
): Resources {
  const entries = policies.flatMap((policy): [string, Resource][] => {
    const { service } = policy;
    const least = leastHealthy(policy);
    if (least === undefined) return [];
    return [
      [
        logicalId('HealthyHosts', service),
        {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: {
            AlarmName: alarmName(controller, service, HEALTHY_HOSTS, 'low'),
            AlarmDescription: `evenkeel: ${service} has fewer than ${least} healthy targets, or nobody counts them`,
            Namespace: METRIC_NAMESPACE,
            MetricName: HEALTHY_TARGETS,
            Dimensions: [
              { Name: 'policy', Value: service },
              { Name: 'service', Value: controller },
            ],
            Statistic: 'Minimum',
            // Each period has a round: with one of 60 s, rounds further apart than that would be nobody counting.
            Period: 60 * Math.ceil(intervalMsOf(policy) / 60_000),
            EvaluationPeriods: 2,
            ComparisonOperator: 'LessThanThreshold',
            Threshold: least,
            TreatMissingData: 'breaching',
            AlarmActions: toldOf(policy),
          },
        },
      ],
    ];
  });
  return Object.fromEntries(entries);
}
