// The shapes in events/ are recorded ones, with the lab's names and times put in:
// - EventBridge, metric and composite: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
// - direct action: aws-powertools/powertools-lambda-python tests/events/cloudWatchAlarmEvent{Single,Composite}Metric.json
// - SNS, metric: aws/aws-lambda-go events/testdata/cloudwatch-alarm-sns-payload-{single-metric,multiple-metrics}.json
// - SNS, composite: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
import type { CloudWatchAlarmData, CloudWatchAlarmEvent, EventBridgeEvent, SNSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import composite from '../../events/alarm-composite.json' with { type: 'json' };
import direct from '../../events/alarm-direct.json' with { type: 'json' };
import eventBridge from '../../events/alarm-eventbridge.json' with { type: 'json' };
import sns from '../../events/alarm-sns.json' with { type: 'json' };
import snsComposite from '../../events/alarm-sns-composite.json' with { type: 'json' };
import { parseAlarm } from '../../lib/events/alarm.ts';
import type { AlarmTrigger } from '../../lib/events/trigger.ts';

// The compiler compares the recorded shapes with the published types.
type AlarmOverEventBridge = Omit<EventBridgeEvent<string, CloudWatchAlarmData>, 'replay-name'>;
eventBridge satisfies AlarmOverEventBridge;
composite satisfies AlarmOverEventBridge;
direct satisfies CloudWatchAlarmEvent;
sns satisfies SNSEvent;
snsComposite satisfies SNSEvent;

const CPU_HIGH: AlarmTrigger = {
  kind: 'alarm',
  alarmName: 'evenkeel-prod-web-cpu-high',
  state: 'ALARM',
  atMs: Date.UTC(2026, 5, 2, 1, 17, 4, 431),
  region: 'ap-northeast-2',
  dimensions: [{ name: 'AutoScalingGroupName', value: 'exercise-group' }],
  composite: false,
};

const TROUBLE: AlarmTrigger = {
  ...CPU_HIGH,
  alarmName: 'evenkeel-prod-web-trouble-high',
  atMs: Date.UTC(2026, 5, 2, 1, 17, 4, 531),
  dimensions: [],
  composite: true,
};

/** A deep copy of `event` after `change`. */
function changed<T>(event: T, change: (copy: T) => void): T {
  const copy = structuredClone(event);
  change(copy);
  return copy;
}

/** The SNS event with its message changed. */
function changedMessage(change: (message: Record<string, unknown>) => void): SNSEvent {
  return changed(sns, (copy) => {
    const record = copy.Records[0] as (typeof copy.Records)[number];
    const message = JSON.parse(record.Sns.Message);
    change(message);
    record.Sns.Message = JSON.stringify(message);
  });
}

describe('the three shapes of an alarm', () => {
  it.each([
    ['EventBridge', eventBridge],
    ['a direct Lambda action', direct],
    ['SNS', sns],
  ])('reads the same trigger from %s', (_, event) => {
    expect(parseAlarm(event)).toEqual({ ok: true, value: [CPU_HIGH] });
  });

  it.each([
    ['EventBridge', composite],
    ['SNS', snsComposite],
    ['a direct Lambda action', { source: 'aws.cloudwatch', region: 'ap-northeast-2', alarmData: composite.detail }],
  ])('reads a composite alarm, which carries no metric, from %s', (_, event) => {
    expect(parseAlarm(event)).toEqual({ ok: true, value: [TROUBLE] });
  });

  it('yields one trigger per SNS record', () => {
    const both = { Records: [...sns.Records, ...snsComposite.Records] };
    expect(parseAlarm(both)).toEqual({ ok: true, value: [CPU_HIGH, TROUBLE] });
  });

  it('collects the dimensions of all metrics in a metric math alarm, each once', () => {
    const group = { AutoScalingGroupName: 'exercise-group' };
    const targets = {
      LoadBalancer: 'app/lb/50dc6c495c0c9188',
      TargetGroup: 'targetgroup/exercise-target-group/73e2d6bc24d8a067',
    };
    const stat = (dimensions: Record<string, string>) => ({
      metricStat: { metric: { dimensions }, period: 60, stat: 'Sum' },
    });
    const metrics = [{ id: 'e1', expression: 'm1/m2' }, stat(group), stat(targets), stat(group)];
    const event = { ...eventBridge, detail: { ...eventBridge.detail, configuration: { metrics } } };
    expect(parseAlarm(event)).toEqual({
      ok: true,
      value: [
        {
          ...CPU_HIGH,
          dimensions: [
            { name: 'AutoScalingGroupName', value: 'exercise-group' },
            { name: 'LoadBalancer', value: 'app/lb/50dc6c495c0c9188' },
            { name: 'TargetGroup', value: 'targetgroup/exercise-target-group/73e2d6bc24d8a067' },
          ],
        },
      ],
    });
  });

  it('does so in an SNS message too', () => {
    const event = changedMessage((message) => {
      message.Trigger = {
        Period: 60,
        Metrics: [
          { Id: 'e1', Expression: 'm1*1', ReturnData: true },
          {
            Id: 'm1',
            MetricStat: { Metric: { Dimensions: [{ value: 'exercise-group', name: 'AutoScalingGroupName' }] } },
          },
          { Id: 'm2', MetricStat: { Metric: { MetricName: 'NetworkOut' } } },
        ],
      };
    });
    expect(parseAlarm(event)).toEqual({ ok: true, value: [CPU_HIGH] });
  });

  it('reads an alarm on a Metrics Insights query, which has no dimensions', () => {
    const event = changedMessage((message) => {
      delete message.Trigger;
    });
    expect(parseAlarm(event)).toEqual({ ok: true, value: [{ ...CPU_HIGH, dimensions: [] }] });
  });

  it('takes the OK and INSUFFICIENT_DATA transitions as well', () => {
    for (const state of ['OK', 'INSUFFICIENT_DATA']) {
      const event = changed(direct, (copy) => {
        copy.alarmData.state.value = state;
      });
      expect(parseAlarm(event)).toMatchObject({ ok: true, value: [{ state }] });
    }
  });

  it.each(['eusc-de-east-1', 'us-gov-west-1', 'cn-north-1', 'ap-southeast-4'])(
    'takes the region of an SNS message from the ARN: %s',
    (region) => {
      const event = changedMessage((message) => {
        message.AlarmArn = `arn:aws-eusc:cloudwatch:${region}:111122223333:alarm:a:b`;
      });
      expect(parseAlarm(event)).toEqual({ ok: true, value: [{ ...CPU_HIGH, region }] });
    },
  );

  it('does without a time or a region that cannot be read: they decide nothing', () => {
    const timeless = changedMessage((message) => {
      message.StateChangeTime = 'yesterday';
      message.AlarmArn = 'arn:aws:cloudwatch:REGION:ACCOUNT_NUMBER:alarm:EXAMPLE';
    });
    expect(parseAlarm(timeless)).toEqual({ ok: true, value: [{ ...CPU_HIGH, atMs: null, region: null }] });
    const bare = { source: 'aws.cloudwatch', alarmData: { alarmName: 'a', state: { value: 'OK' } } };
    expect(parseAlarm(bare)).toEqual({
      ok: true,
      value: [
        { kind: 'alarm', alarmName: 'a', state: 'OK', atMs: null, region: null, dimensions: [], composite: false },
      ],
    });
  });

  it('accepts fields that AWS has added since', () => {
    const event = { ...eventBridge, detail: { ...eventBridge.detail, muteDetail: {}, alarmTags: { team: 'web' } } };
    expect(parseAlarm(event)).toEqual({ ok: true, value: [CPU_HIGH] });
  });
});

describe('broken alarm events are refused by name and field', () => {
  const refusals: [string, unknown, string, string][] = [
    ['a text', 'ALARM', 'event', 'event: found "ALARM", expected a CloudWatch alarm event'],
    ['null', null, 'event', 'event: found null, expected a CloudWatch alarm event'],
    ['a list', [eventBridge], 'event', 'event: found a list of 1, expected a CloudWatch alarm event'],
    [
      'an empty object',
      {},
      'event',
      'event: found an empty object, expected a CloudWatch alarm event: from EventBridge (detail), as a Lambda action (alarmData) or by SNS (Records)',
    ],
    [
      'another source',
      { ...eventBridge, source: 'aws.ec2' },
      'source',
      'source: found "aws.ec2", expected "aws.cloudwatch"',
    ],
    [
      'a change of configuration, not of state',
      { ...eventBridge, 'detail-type': 'CloudWatch Alarm Configuration Change' },
      'detail-type',
      'detail-type: found "CloudWatch Alarm Configuration Change", expected "CloudWatch Alarm State Change"',
    ],
    ['no detail', { ...eventBridge, detail: undefined }, 'detail', 'detail: found nothing, expected an object'],
    [
      'no alarm name',
      { ...direct, alarmData: { state: direct.alarmData.state } },
      'alarmData.alarmName',
      "alarmData.alarmName: found nothing, expected the alarm's name",
    ],
    [
      'a state that is none',
      changed(eventBridge, (copy) => {
        copy.detail.state.value = 'BROKEN';
      }),
      'detail.state.value',
      'detail.state.value: found "BROKEN", expected ALARM, OK or INSUFFICIENT_DATA',
    ],
    [
      'dimensions that are a list where a map belongs',
      {
        source: 'aws.cloudwatch',
        alarmData: {
          ...direct.alarmData,
          configuration: { metrics: [{ metricStat: { metric: { dimensions: [] } } }] },
        },
      },
      'alarmData.configuration.metrics[0].metricStat.metric.dimensions',
      'alarmData.configuration.metrics[0].metricStat.metric.dimensions: found an empty list, expected a map of dimensions',
    ],
    ['no record', { Records: [] }, 'Records', 'Records: found an empty list, expected at least one SNS record'],
    [
      'records of another service',
      { Records: [{ EventSource: 'aws:sqs', body: '{}' }] },
      'Records[0].EventSource',
      'Records[0].EventSource: found "aws:sqs", expected "aws:sns"',
    ],
    [
      'a message that is no JSON',
      {
        Records: [
          {
            EventSource: 'aws:sns',
            Sns: { Message: 'CPU is high, please look at it, it has been so for quite a while' },
          },
        ],
      },
      'Records[0].Sns.Message',
      'Records[0].Sns.Message: found "CPU is high, please look at it, it has been so for quite a …, expected CloudWatch\'s message as a JSON text',
    ],
    [
      'a message that is JSON but no object',
      { Records: [{ EventSource: 'aws:sns', Sns: { Message: '42' } }] },
      'Records[0].Sns.Message',
      'Records[0].Sns.Message: found 42, expected an object',
    ],
    [
      'a second record without a name',
      {
        Records: [...sns.Records, { EventSource: 'aws:sns', Sns: { Message: '{"NewStateValue":"OK"}' } }],
      },
      'Records[1].Sns.Message.AlarmName',
      "Records[1].Sns.Message.AlarmName: found nothing, expected the alarm's name",
    ],
  ];

  it.each(refusals)('%s', (_, event, field, message) => {
    expect(parseAlarm(event)).toEqual({ ok: false, problem: { code: 'BAD_EVENT', field, message } });
  });
});
