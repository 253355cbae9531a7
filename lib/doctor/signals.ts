/** Checks of signals by what their metrics gave in the last hours: that is what the controller will see. */
import type { Datapoint, Policy, Reading, Signal } from '../core/model.ts';
import { type Finding, unread } from './finding.ts';
import type { ServiceView } from './sites.ts';

/** How far back the datapoints of a signal are read: long enough for 36 of EC2's basic monitoring. */
export function lookBackMs({ metric }: Signal): number {
  return Math.max(3 * 3600, 6 * metric.periodSeconds) * 1000;
}

/** Fewer gaps than this tell nothing of how often a metric comes. */
const FEW_GAPS = 2;

export function checkSignals({ scaling, region }: Policy, { primary, signals }: ServiceView): Finding[] {
  const group = primary.group;
  const serving = group?.known === true && group.value.instances.some(({ lifecycle }) => lifecycle === 'InService');
  return (scaling?.signals ?? []).flatMap((signal, index) => {
    const reading = signals[index];
    return reading === undefined ? [] : checkSignal(signal, index, reading, serving, region);
  });
}

function checkSignal(
  signal: Signal,
  index: number,
  reading: Reading<readonly Datapoint[]>,
  serving: boolean,
  region: string,
): Finding[] {
  const { metric, name } = signal;
  const path = ['scaling', 'signals', index, 'name'];
  if (!reading.known) {
    return [unread(reading, path, { what: `the metric of ${name}`, actions: ['cloudwatch:GetMetricData'] })];
  }
  const hours = Math.round(lookBackMs(signal) / 3_600_000);
  const points = reading.value;
  if (points.length === 0) return silent(signal, path, hours, serving, region);
  if (points.length <= FEW_GAPS) {
    return [
      {
        code: 'SIGNAL_UNKNOWN',
        severity: 'info',
        path,
        found: `${points.length} of its datapoints in ${hours} h, too few to tell how often they come`,
        expected: `one each ${metric.periodSeconds} s`,
        wayOut: 'run it again when the service has run for a while',
      },
    ];
  }
  const gapSeconds = usualGapMs(points) / 1000;
  if (gapSeconds <= 1.5 * metric.periodSeconds) return [];
  const found = `${name}, whose datapoints usually come ${gapSeconds} s apart: nothing is ever scaled in, which takes one for each period, and scaling out waits for them`;
  const expected = `one each ${metric.periodSeconds} s`;
  if (metric.namespace !== 'AWS/EC2') {
    const wayOut = `set metric.periodSeconds: ${60 * Math.ceil(gapSeconds / 60)}, or have the metric published more often`;
    return [{ code: 'SIGNAL_SPARSE', severity: 'warning', path, found, expected, wayOut }];
  }
  return [
    {
      code: 'BASIC_MONITORING',
      severity: 'error',
      path,
      found,
      expected: `${expected}, which takes EC2's detailed monitoring`,
      // "Otherwise, basic monitoring is enabled":
      // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplatesMonitoringRequest.html
      wayOut: `set Monitoring.Enabled: true in the launch template (new instances), and aws ec2 monitor-instances --region ${region} --instance-ids … (those that run)`,
    },
  ];
}

/** EC2 reports the CPU of every running instance; other metrics may have nothing to say, like requests at night. */
function silent({ metric }: Signal, path: Finding['path'], hours: number, serving: boolean, region: string): Finding[] {
  if (!serving) return [];
  const dimensions = Object.entries(metric.dimensions).map(([name, value]) => `${name}=${value}`);
  const whose = dimensions.length === 0 ? '' : ` of ${dimensions.join(', ')}`;
  return [
    {
      code: 'SIGNAL_SILENT',
      severity: metric.namespace === 'AWS/EC2' ? 'error' : 'warning',
      path,
      found: `no datapoint of ${metric.namespace} ${metric.name}${whose} in ${hours} h, though instances are in service: nothing is scaled by it`,
      expected: 'a metric that has datapoints',
      wayOut: `if the instances are younger than some minutes, wait; otherwise compare with aws cloudwatch list-metrics --region ${region} --namespace ${metric.namespace} --metric-name ${metric.name}`,
    },
  ];
}

/**
 * The median distance of neighbours, which single holes do not move. Servers whose five minutes begin at different times
 * can make a group's basic monitoring look denser than it is; it is never the other way round.
 */
function usualGapMs(points: readonly Datapoint[]): number {
  const gaps = points.slice(1).map(({ startMs }, before) => startMs - (points[before]?.startMs ?? startMs));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}
