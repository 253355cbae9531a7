/** Small traces and worlds for the tests of backtests. */
import type { Row } from '../../lib/backtest/csv.ts';
import type { Scaled } from '../../lib/backtest/evenkeel.ts';
import type { Settings } from '../../lib/backtest/model.ts';
import type { TraceMinute } from '../../lib/backtest/resample.ts';
import type { Signal } from '../../lib/core/model.ts';

export const START_MS = Date.UTC(2026, 0, 5);
export const MINUTE_MS = 60_000;

/** Demand minute by minute; `null`: the trace lacks it. */
export function minutesOf(values: readonly (number | null)[]): TraceMinute[] {
  return values.map((value, index) => ({ startMs: START_MS + index * MINUTE_MS, value }));
}

/** Rows a step apart; `null`: no row. */
export function rowsOf(values: readonly (number | null)[], stepSeconds = 60): Row[] {
  return values.flatMap((value, index) =>
    value === null ? [] : [{ atMs: START_MS + index * stepSeconds * 1000, value }],
  );
}

export function settings(given: Partial<Settings> = {}): Settings {
  return {
    ...{ bootSeconds: 120, metricDelaySeconds: 60, min: 1, max: 100, targetPercent: 80, warmupSeconds: 120 },
    ...given,
  };
}

export function cpuSignal(given: Partial<Signal['metric']> = {}): Signal {
  const metric = {
    namespace: 'AWS/EC2',
    name: 'CPUUtilization',
    statistic: 'Average',
    periodSeconds: 60,
    dimensions: {},
  };
  return { name: 'cpu', metric: { ...metric, ...given }, target: 80, onMissing: 'hold' };
}

export function requestSignal(target: number): Signal {
  const metric = {
    ...{ namespace: 'AWS/ApplicationELB', name: 'RequestCountPerTarget', statistic: 'Sum', periodSeconds: 60 },
    dimensions: { TargetGroup: 'targetgroup/web/0123456789abcdef' },
  };
  return { name: 'requests', metric, target, onMissing: 'hold' };
}

export function policy(signals: readonly Signal[] = [cpuSignal()]): Scaled {
  return {
    ...{ service: 'web', mode: 'observe', region: 'eu-west-1' },
    fleet: { autoScalingGroup: 'web', capacity: { min: 1, max: 2 } },
    scaling: {
      ...{ signals, tolerance: 0.1, warmupSeconds: 120 },
      scaleOut: { maxStep: 4, cooldownSeconds: 60 },
      scaleIn: { maxStep: 1, stabilizationSeconds: 300 },
    },
  };
}
