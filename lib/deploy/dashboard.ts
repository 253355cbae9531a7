/**
 * CloudWatch dashboards: how the controller is, what it did last, and a row for each service.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
import type { Policy, ScalingPolicy } from '../core/model.ts';
import { ACTIONS, BROKEN_CYCLES, HEALTHY_TARGETS, UNSENT_NOTICES } from '../ports.ts';
import { boundsOf, leastHealthy } from './alarms.ts';
import { HEARTBEAT, METRIC_NAMESPACE } from './names.ts';
import type { Resource, Resources } from './template.ts';

/** Of one dashboard: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const WIDGETS = 500;
const METRICS = 2500;

const FUNCTIONS = ['onTick', 'onAlarm', 'operate', 'drill'];
const THIRD = 8;
const WHOLE = 24;
const HEIGHT = 6;
const TEXT_HEIGHT = 2;

/** Namespace, name, dimensions by turns, and how to draw it. */
type Line = readonly (string | Readonly<Record<string, unknown>>)[];

interface Widget {
  readonly type: 'metric' | 'log' | 'text';
  readonly width: number;
  readonly properties: Readonly<Record<string, unknown>> & { readonly metrics?: readonly Line[] };
}

type Row = readonly Widget[];

interface Controller {
  readonly name: string;
  readonly region: string;
}

interface Mark {
  readonly label: string;
  readonly value: number;
}

function graph(title: string, region: string, metrics: readonly Line[], marks: readonly Mark[] = []): Widget {
  const annotations = marks.length > 0 ? { annotations: { horizontal: marks } } : {};
  const yAxis = { left: { min: 0 }, right: { min: 0 } };
  return {
    type: 'metric',
    width: THIRD,
    properties: { title, region, view: 'timeSeries', period: 60, yAxis, metrics, ...annotations },
  };
}

function ownRows({ name, region }: Controller): Row[] {
  const own = (metric: string): Line => [METRIC_NAMESPACE, metric, 'service', name, { stat: 'Sum', label: metric }];
  const of = (metric: string, stat: string): Line[] =>
    FUNCTIONS.map((one) => [
      'AWS/Lambda',
      metric,
      'FunctionName',
      `${name}-${one}`,
      { stat, label: `${one} ${metric}` },
    ]);
  const letters: Line = [
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    'QueueName',
    `${name}-dead-letters`,
    { stat: 'Maximum', label: 'dead letters' },
  ];
  const sources = FUNCTIONS.map((one) => `SOURCE '/aws/lambda/${name}-${one}'`).join(' | ');
  const query = `${sources} | filter message = "cycle" and @message like /"applied":true/ | display @timestamp, policy, decisions.0.message, decisions.1.message, decisions.2.message | sort @timestamp desc | limit 20`;
  const markdown = `# ${name}\nMade from the policy files: what is changed here by hand is lost with the next deployment.`;
  return [
    [{ type: 'text', width: WHOLE, properties: { markdown } }],
    [
      graph(
        'Heartbeat: one a minute, or nothing is looked after',
        region,
        [own(HEARTBEAT)],
        [{ label: 'alive', value: 1 }],
      ),
      graph('Trouble', region, [
        own(BROKEN_CYCLES),
        own('BrokenPolicies'),
        own('RefusedEvents'),
        own(UNSENT_NOTICES),
        letters,
      ]),
      graph('What wakes it', region, [own('Alarms'), own('Orders'), own('Drills')]),
    ],
    [
      graph('Errors', region, of('Errors', 'Sum')),
      graph('Duration, ms', region, of('Duration', 'Maximum')),
      graph('Throttles', region, of('Throttles', 'Sum')),
    ],
    [{ type: 'log', width: WHOLE, properties: { title: 'Last changes', region, view: 'table', query } }],
  ];
}

function serviceRow(policy: Policy, { name, region }: Controller): Row {
  const { service, scaling } = policy;
  const least = leastHealthy(policy);
  const counted = (metric: string, more: Readonly<Record<string, unknown>>): Line => [
    METRIC_NAMESPACE,
    metric,
    'policy',
    service,
    'service',
    name,
    more,
  ];
  const healthy = least === undefined ? [] : [counted(HEALTHY_TARGETS, { stat: 'Minimum', label: 'healthy targets' })];
  const acted = counted(ACTIONS, { stat: 'Sum', label: 'changes', yAxis: 'right' });
  const marks = least === undefined ? [] : [{ label: 'least', value: least }];
  return [
    graph(`${service}: healthy targets, changes made`, region, [...healthy, acted], marks),
    ...(scaling === undefined ? [] : [signalsOf(policy, scaling)]),
    ...capacityOf(policy),
  ];
}

function signalsOf({ service, region }: Policy, scaling: ScalingPolicy): Widget {
  const lines = scaling.signals.map(({ name, metric }): Line => {
    const dimensions = Object.entries(metric.dimensions).flat();
    const drawn = { stat: metric.statistic, period: metric.periodSeconds, label: name };
    return [metric.namespace, metric.name, ...dimensions, drawn];
  });
  const marks = scaling.signals.flatMap((signal) =>
    boundsOf(signal, scaling).map(({ side, threshold }) => ({ label: `${signal.name} ${side}`, value: threshold })),
  );
  return graph(`${service}: signals`, region, lines, marks);
}

/** Groups report these only when asked to: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html */
function capacityOf({ service, region, fleet, failover }: Policy): Widget[] {
  const line = (group: string, at: string, metric: string, label: string): Line => [
    'AWS/AutoScaling',
    metric,
    'AutoScalingGroupName',
    group,
    { stat: 'Average', region: at, label },
  ];
  const both = (group: string, at: string, site: string): Line[] => [
    line(group, at, 'GroupDesiredCapacity', `${site} desired`),
    line(group, at, 'GroupInServiceInstances', `${site} in service`),
  ];
  const standby = failover?.secondary;
  const lines = [
    ...(fleet === undefined ? [] : both(fleet.autoScalingGroup, region, 'primary')),
    ...(standby?.autoScalingGroup === undefined ? [] : both(standby.autoScalingGroup, standby.region, 'secondary')),
  ];
  return lines.length === 0 ? [] : [graph(`${service}: capacity (with group metrics on)`, region, lines)];
}

const metricsIn = (row: Row): number => row.reduce((sum, { properties }) => sum + (properties.metrics?.length ?? 0), 0);

/** The rows in as many dashboards as their limits ask for, in order. */
function paged(rows: readonly Row[]): Row[][] {
  const pages: Row[][] = [];
  let [widgets, metrics] = [WIDGETS, METRICS];
  for (const row of rows) {
    widgets += row.length;
    metrics += metricsIn(row);
    if (widgets > WIDGETS || metrics > METRICS) {
      pages.push([]);
      [widgets, metrics] = [row.length, metricsIn(row)];
    }
    pages.at(-1)?.push(row);
  }
  return pages;
}

function bodyOf(rows: readonly Row[]): string {
  let y = 0;
  const widgets = rows.flatMap((row) => {
    const height = row[0]?.type === 'text' ? TEXT_HEIGHT : HEIGHT;
    const placed = row.map((widget, column) => ({ ...widget, x: column * THIRD, y, height }));
    y += height;
    return placed;
  });
  return JSON.stringify({ widgets });
}

/**
 * The first dashboard has the controller's own rows; services that it cannot hold are on others, named `-2`, `-3` ….
 * "All dashboards in your account are global, not region-specific", so the region is in their names: else the stack of a
 * controller that moves would be refused for the old one's.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-dashboard.html
 */
export function dashboards(policies: readonly Policy[], controller: Controller): Resources {
  const name = `${controller.name}-${controller.region}`;
  const rows = [...ownRows(controller), ...policies.map((policy) => serviceRow(policy, controller))];
  const entries = paged(rows).map((page, index): [string, Resource] => [
    `Dashboard${index === 0 ? '' : index + 1}`,
    {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: index === 0 ? name : `${name}-${index + 1}`,
        DashboardBody: bodyOf(page),
      },
    },
  ]);
  return Object.fromEntries(entries);
}
