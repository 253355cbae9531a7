import * as z from 'zod';
import { REGION } from '../policy/fields.ts';
import { check, type Parsed, refuse } from './problem.ts';
import type { AlarmTrigger, Dimension } from './trigger.ts';

// The objects are loose: AWS adds fields (lately `muteDetail`, `alarmTags`) and no trigger may be lost over one.

const ALARM_NAME = z.string({ error: "the alarm's name" }).min(1, { error: "the alarm's name" });
const STATE = z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA'], { error: 'ALARM, OK or INSUFFICIENT_DATA' });
const TEXT = z.string({ error: 'a text' });
const OBJECT = 'an object';

/** The alarm as EventBridge and the direct action both carry it. */
const ALARM = z.looseObject(
  {
    alarmName: ALARM_NAME,
    state: z.looseObject({ value: STATE, timestamp: z.unknown().optional() }, { error: OBJECT }),
    configuration: z
      .looseObject(
        {
          alarmRule: z.unknown().optional(),
          metrics: z
            .array(
              z.looseObject(
                {
                  metricStat: z
                    .looseObject(
                      {
                        metric: z.looseObject(
                          { dimensions: z.record(z.string(), TEXT, { error: 'a map of dimensions' }).nullish() },
                          { error: OBJECT },
                        ),
                      },
                      { error: OBJECT },
                    )
                    .nullish(),
                },
                { error: OBJECT },
              ),
              { error: 'a list of metrics' },
            )
            .nullish(),
        },
        { error: OBJECT },
      )
      .nullish(),
  },
  { error: OBJECT },
);

const SOURCE = z.literal('aws.cloudwatch', { error: '"aws.cloudwatch"' });

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
const EVENTBRIDGE = z.looseObject({
  source: SOURCE,
  'detail-type': z.literal('CloudWatch Alarm State Change', { error: '"CloudWatch Alarm State Change"' }),
  region: TEXT.nullish(),
  detail: ALARM,
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const DIRECT = z.looseObject({ source: SOURCE, region: TEXT.nullish(), alarmData: ALARM });

const SNS = z.looseObject({
  Records: z
    .array(
      z.looseObject(
        {
          EventSource: z.literal('aws:sns', { error: '"aws:sns"' }),
          Sns: z.looseObject(
            { Message: z.string({ error: "CloudWatch's message as a JSON text" }) },
            { error: OBJECT },
          ),
        },
        { error: OBJECT },
      ),
      { error: 'a list of SNS records' },
    )
    .min(1, { error: 'at least one SNS record' }),
});

const SNS_DIMENSIONS = z.array(
  z.looseObject({ name: TEXT, value: TEXT }, { error: 'a dimension with name and value' }),
  {
    error: 'a list of dimensions',
  },
);

/**
 * What CloudWatch publishes to a topic. A metric alarm carries `Trigger`, a composite one `AlarmRule` in its place:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
const SNS_MESSAGE = z.looseObject(
  {
    AlarmName: ALARM_NAME,
    NewStateValue: STATE,
    StateChangeTime: z.unknown().optional(),
    AlarmArn: z.unknown().optional(),
    AlarmRule: z.unknown().optional(),
    Trigger: z
      .looseObject(
        {
          Dimensions: SNS_DIMENSIONS.nullish(),
          Metrics: z
            .array(
              z.looseObject(
                {
                  MetricStat: z
                    .looseObject(
                      { Metric: z.looseObject({ Dimensions: SNS_DIMENSIONS.nullish() }, { error: OBJECT }) },
                      { error: OBJECT },
                    )
                    .nullish(),
                },
                { error: OBJECT },
              ),
              { error: 'a list of metrics' },
            )
            .nullish(),
        },
        { error: OBJECT },
      )
      .nullish(),
  },
  { error: 'an object' },
);

/**
 * Reads a CloudWatch alarm event in any of its three shapes: EventBridge, direct Lambda action, SNS. Yields one
 * trigger, or one per SNS record. Refuses the whole event when a part that is needed cannot be read: the next tick
 * looks at every service anyway. Never throws.
 */
export function parseAlarm(event: unknown): Parsed<readonly AlarmTrigger[]> {
  if (event === null || typeof event !== 'object' || Array.isArray(event)) {
    return refuse('event', event, 'a CloudWatch alarm event');
  }
  if ('Records' in event) {
    return fromSns(event);
  }
  if ('alarmData' in event) {
    const parsed = check(DIRECT, event);
    return parsed.ok ? { ok: true, value: [trigger(parsed.value.alarmData, parsed.value.region)] } : parsed;
  }
  if ('detail' in event || 'detail-type' in event) {
    const parsed = check(EVENTBRIDGE, event);
    return parsed.ok ? { ok: true, value: [trigger(parsed.value.detail, parsed.value.region)] } : parsed;
  }
  return refuse(
    'event',
    event,
    'a CloudWatch alarm event: from EventBridge (detail), as a Lambda action (alarmData) or by SNS (Records)',
  );
}

function fromSns(event: object): Parsed<readonly AlarmTrigger[]> {
  const parsed = check(SNS, event);
  if (!parsed.ok) {
    return parsed;
  }
  const triggers: AlarmTrigger[] = [];
  for (const [index, record] of parsed.value.Records.entries()) {
    const one = fromSnsMessage(record.Sns.Message, `Records[${index}].Sns.Message`);
    if (!one.ok) {
      return one;
    }
    triggers.push(one.value);
  }
  return { ok: true, value: triggers };
}

function fromSnsMessage(text: string, field: string): Parsed<AlarmTrigger> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse(field, text, "CloudWatch's message as a JSON text");
  }
  const parsed = check(SNS_MESSAGE, json, field);
  if (!parsed.ok) {
    return parsed;
  }
  const message = parsed.value;
  const lists = [
    message.Trigger?.Dimensions,
    ...(message.Trigger?.Metrics ?? []).map((m) => m.MetricStat?.Metric.Dimensions),
  ];
  return {
    ok: true,
    value: {
      kind: 'alarm',
      alarmName: message.AlarmName,
      state: message.NewStateValue,
      atMs: timeOf(message.StateChangeTime),
      region: regionOf(message.AlarmArn),
      dimensions: distinct(lists.flatMap((list) => list ?? [])),
      composite: typeof message.AlarmRule === 'string',
    },
  };
}

function trigger(alarm: z.infer<typeof ALARM>, region: string | null | undefined): AlarmTrigger {
  const maps = (alarm.configuration?.metrics ?? []).map((metric) => metric.metricStat?.metric.dimensions ?? {});
  return {
    kind: 'alarm',
    alarmName: alarm.alarmName,
    state: alarm.state.value,
    atMs: timeOf(alarm.state.timestamp),
    region: region ?? null,
    dimensions: distinct(maps.flatMap((map) => Object.entries(map).map(([name, value]) => ({ name, value })))),
    composite: typeof alarm.configuration?.alarmRule === 'string',
  };
}

/** SNS messages give the region by its display name ("Asia Pacific (Seoul)"); only the ARN has its code. */
function regionOf(arn: unknown): string | null {
  const [scheme, , service, region] = typeof arn === 'string' ? arn.split(':') : [];
  const { success, data } = REGION.safeParse(region);
  return scheme === 'arn' && service === 'cloudwatch' && success ? data : null;
}

/** CloudWatch writes `2019-10-02T17:04:40.989+0000`; the offset without a colon is no ISO 8601 that `Date` must know. */
function timeOf(timestamp: unknown): number | null {
  if (typeof timestamp !== 'string') {
    return null;
  }
  const atMs = Date.parse(timestamp.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(atMs) ? null : atMs;
}

function distinct(dimensions: readonly Dimension[]): Dimension[] {
  const byPair = new Map(dimensions.map(({ name, value }) => [JSON.stringify([name, value]), { name, value }]));
  return [...byPair.values()];
}
