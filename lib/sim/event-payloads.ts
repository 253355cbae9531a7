/** What EventBridge hands to the functions. */
import type { Account, AlarmTransition } from './account.ts';
import { ACCOUNT_ID } from './account.ts';

const isoSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
/** CloudWatch writes times in alarms with milliseconds and a numeric zone. */
const alarmTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

export function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
export function tickEvent(account: Account, id: string): object {
  return {
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT_ID,
    time: isoSecond(account.clock.nowMs()),
    region: account.home,
    resources: [`arn:aws:events:${account.home}:${ACCOUNT_ID}:rule/evenkeel-tick`],
    detail: {},
  };
}

/** What `reasonData` says, a JSON text within the event. */
function reasonData({ source, alarm, value }: AlarmTransition, atMs: number): string {
  return JSON.stringify({
    version: '1.0',
    queryDate: alarmTime(atMs),
    statistic: source.signal.metric.statistic,
    period: source.signal.metric.periodSeconds,
    recentDatapoints: value === null ? [] : [value],
    threshold: alarm.threshold,
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html, single metric alarm */
export function alarmEvent(account: Account, id: string, transition: AlarmTransition): object {
  const { service, source, alarm, previous } = transition;
  const { metric } = source.signal;
  const atMs = alarm.sinceMs;
  const region = service.policy.region;
  return {
    version: '0',
    id,
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: ACCOUNT_ID,
    time: isoSecond(atMs),
    region,
    resources: [`arn:aws:cloudwatch:${region}:${ACCOUNT_ID}:alarm:${alarm.name}`],
    detail: {
      alarmName: alarm.name,
      configuration: {
        description: `${source.signal.name} of ${service.name}`,
        metrics: [
          {
            id: uuid(account.random.fork(`metric/${alarm.name}`).hex(32)),
            metricStat: {
              metric: { dimensions: metric.dimensions, name: metric.name, namespace: metric.namespace },
              period: metric.periodSeconds,
              stat: metric.statistic,
            },
            returnData: true,
          },
        ],
      },
      previousState: { reason: previous.reason, timestamp: alarmTime(previous.sinceMs), value: previous.state },
      state: {
        reason: alarm.reason,
        reasonData: reasonData(transition, atMs),
        timestamp: alarmTime(atMs),
        value: alarm.state,
      },
    },
  };
}
