/** Alarm events that tell of what is long over, in all three shapes in which Lambda gets them. */
import type { Policy, Signal } from '../core/model.ts';

type State = 'ALARM' | 'OK';

const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

interface Told {
  readonly policy: Policy;
  readonly signal: Signal;
  /** When the alarm is said to have changed. */
  readonly changedMs: number;
  readonly state: State;
}

const nameOf = ({ policy, signal }: Told): string => `evenkeel-${policy.service}-${signal.name}-high`;

/** The alarm as EventBridge and the direct action both carry it. */
function alarmOf(told: Told): object {
  const { metric } = told.signal;
  const timestamp = time(told.changedMs);
  const was: State = told.state === 'ALARM' ? 'OK' : 'ALARM';
  const stat = { dimensions: metric.dimensions, name: metric.name, namespace: metric.namespace };
  return {
    alarmName: nameOf(told),
    state: { value: told.state, reason: 'Threshold Crossed', timestamp },
    previousState: { value: was, reason: 'Threshold Crossed', timestamp: time(told.changedMs - 3_600_000) },
    configuration: {
      metrics: [
        {
          id: 'm1',
          metricStat: { metric: stat, period: metric.periodSeconds, stat: metric.statistic },
          returnData: true,
        },
      ],
    },
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
function eventBridge(told: Told): object {
  const { region } = told.policy;
  return {
    version: '0',
    id: '00000000-0000-4000-8000-000000000000',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '111122223333',
    time: time(told.changedMs),
    region,
    resources: [`arn:aws:cloudwatch:${region}:111122223333:alarm:${nameOf(told)}`],
    detail: alarmOf(told),
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
function direct(told: Told): object {
  const { region } = told.policy;
  const alarmArn = `arn:aws:cloudwatch:${region}:111122223333:alarm:${nameOf(told)}`;
  return { source: 'aws.cloudwatch', alarmArn, time: time(told.changedMs), region, alarmData: alarmOf(told) };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
function sns(told: Told): object {
  const { metric } = told.signal;
  const Dimensions = Object.entries(metric.dimensions).map(([name, value]) => ({ name, value }));
  const Message = JSON.stringify({
    AlarmName: nameOf(told),
    NewStateValue: told.state,
    StateChangeTime: time(told.changedMs),
    Trigger: { MetricName: metric.name, Namespace: metric.namespace, Dimensions, Period: metric.periodSeconds },
  });
  return { Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message } }] };
}

export interface StaleAlarm {
  readonly afterSeconds: number;
  readonly event: object;
  readonly message: string;
}

/** Each event twice at once and once more later, the newest first, over some minutes. */
export function staleAlarms(policy: Policy, signal: Signal, nowMs: number): StaleAlarm[] {
  const told: Told[] = [20, 25, 30].flatMap((minutes) => [
    { policy, signal, changedMs: nowMs - minutes * 60_000, state: 'ALARM' as const },
    { policy, signal, changedMs: nowMs - minutes * 60_000 + 90_000, state: 'OK' as const },
  ]);
  const shapes = [
    { shape: 'EventBridge', make: eventBridge },
    { shape: 'direct', make: direct },
    { shape: 'SNS', make: sns },
  ];
  return told.flatMap((one, index) => {
    const { shape, make } = shapes[index % shapes.length] as (typeof shapes)[number];
    const minutes = Math.round((nowMs - one.changedMs) / 60_000);
    const event = make(one);
    const message = `alarm ${nameOf(one)} (${shape}) tells again that it was ${one.state} ${minutes} minutes ago`;
    return [0, 0, 47].map((later) => ({ afterSeconds: 40 * index + later, event, message }));
  });
}
