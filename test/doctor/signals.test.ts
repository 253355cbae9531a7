import { describe, expect, it } from 'vitest';
import { groupOf, known } from '../core/builders.ts';
import { findsEach } from './finds-each.ts';
import { found, healthy, metricEvery, withGroup } from './scene.ts';

describe('signals', () => {
  const requests = {
    scaling: {
      signals: [
        {
          name: 'requests',
          metric: {
            namespace: 'AWS/ApplicationELB',
            name: 'RequestCountPerTarget',
            statistic: 'Sum',
            periodSeconds: 60,
            dimensions: {},
          },
          target: 100,
          onMissing: 'hold',
        },
      ],
    },
  } as const;
  findsEach([
    [
      'tells basic monitoring by its five minutes',
      healthy({ signals: [known(metricEvery(300))] }),
      'error BASIC_MONITORING scaling.signals[0].name',
      ['300 s apart', 'one each 60 s', 'Monitoring.Enabled: true', 'monitor-instances'],
    ],
    [
      'tells another metric that comes too seldom',
      healthy({ signals: [known(metricEvery(300))] }),
      'warning SIGNAL_SPARSE scaling.signals[0].name',
      ['periodSeconds: 300'],
      requests,
    ],
    [
      'tells CPU that never comes though instances run',
      healthy({ signals: [known([])] }),
      'error SIGNAL_SILENT scaling.signals[0].name',
      ['AWS/EC2 CPUUtilization of AutoScalingGroupName=exercise-group in 3 h', 'list-metrics'],
    ],
    [
      'requests may be silent at night',
      healthy({ signals: [known([])] }),
      'warning SIGNAL_SILENT scaling.signals[0].name',
      [],
      requests,
    ],
    [
      'does not judge by two datapoints',
      healthy({ signals: [known(metricEvery(3600))] }),
      'info SIGNAL_UNKNOWN scaling.signals[0].name',
      ['2 of its datapoints'],
    ],
  ]);

  it('does not miss the metrics of a fleet without instances', () => {
    const view = withGroup({ instances: [] });
    const targets = known(groupOf([]));
    expect(found({ ...view, primary: { ...view.primary, targets }, signals: [known([])] })).toEqual([]);
  });

  it('is not led astray by single holes', () => {
    const holes = metricEvery(60).filter((_, index) => index % 7 !== 0);
    expect(found(healthy({ signals: [known(holes)] }))).toEqual([]);
  });
});
