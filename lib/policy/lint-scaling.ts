import { forecastSignals, keepsRoom } from '../core/forecast-memory.ts';
import type { Band, FleetPolicy, ScalingPolicy, Signal } from '../core/model.ts';
import { isCpuSignal } from '../core/scaling-memory.ts';
import { FEWEST_POINTS, TREND_MS } from '../core/trend.ts';
import type { Finding, Path } from './problem.ts';
import { warnIf } from './warn.ts';

/** Warnings of `scaling` and of the capacity that it moves in. */
export function lintScaling(scaling: ScalingPolicy, fleet: FleetPolicy | undefined): Finding[] {
  const capacity = fleet?.capacity;
  return [
    ...lintTimes(scaling),
    ...lintReach(scaling),
    ...lintForecast(scaling),
    ...scaling.signals.flatMap((signal, index) => lintSignal(signal, ['scaling', 'signals', index])),
    ...warnIf(
      capacity !== undefined && capacity.min === capacity.max,
      ['fleet', 'capacity'],
      'FIXED_CAPACITY',
      `min and max are both ${capacity?.max}, so scaling can never change anything. Raise max, or remove scaling`,
    ),
    ...warnIf(
      capacity?.min === 0,
      ['fleet', 'capacity', 'min'],
      'EMPTY_FLEET',
      'found 0; an empty fleet has no metric of its own, so nothing would scale it out again. Set 1 or more',
    ),
  ];
}

/** Faster than its slowest metric, scaling acts again before it has seen what it did. */
function lintTimes({ signals, warmupSeconds, scaleOut, scaleIn }: ScalingPolicy): Finding[] {
  const period = Math.max(...signals.map(({ metric }) => metric.periodSeconds));
  const than = `shorter than the ${period} s period of its slowest signal`;
  return [
    ...warnIf(
      scaleIn.stabilizationSeconds < period,
      ['scaling', 'scaleIn', 'stabilizationSeconds'],
      'STABILIZATION_BELOW_PERIOD',
      `found ${scaleIn.stabilizationSeconds} s, ${than}: one low datapoint would remove an instance. Set ${5 * period} or more`,
    ),
    ...warnIf(
      warmupSeconds < period,
      ['scaling', 'warmupSeconds'],
      'WARMUP_BELOW_PERIOD',
      `found ${warmupSeconds} s, ${than}: scale-in would trust a datapoint from before the new instance worked. Set ${2 * period} or more`,
    ),
    ...warnIf(
      scaleOut.cooldownSeconds < period,
      ['scaling', 'scaleOut', 'cooldownSeconds'],
      'COOLDOWN_BELOW_PERIOD',
      `found ${scaleOut.cooldownSeconds} s, ${than}: it would scale out twice on one datapoint. Set ${period} or more`,
    ),
  ];
}

/** 80 × 1.25 is 100, whatever binary fractions say. */
const EPSILON = 1e-9;

/** CPU ends at 100 percent: a target whose tolerance reaches that far is never exceeded. From 100 on `lintSignal` warns. */
function lintReach({ signals, tolerance }: ScalingPolicy): Finding[] {
  const mostTarget = 100 / (1 + tolerance);
  return signals.flatMap((signal, index) => {
    const { target = 0 } = signal;
    return warnIf(
      isCpuSignal(signal) && target < 100 && target >= mostTarget - EPSILON,
      ['scaling', 'signals', index, 'target'],
      'TOLERANCE_OUT_OF_REACH',
      `found ${target} with tolerance ${tolerance}; up to ${Number((target * (1 + tolerance)).toFixed(2))} percent nothing scales out, and CPUUtilization ends at 100. Set ${Math.ceil(mostTarget - EPSILON) - 1} or less, or a smaller tolerance`,
    );
  });
}

/** What a forecast cannot keep of its promise. */
function lintForecast(scaling: ScalingPolicy): Finding[] {
  const { signals, warmupSeconds, forecast } = scaling;
  if (forecast === undefined) return [];
  const { leadSeconds, trend, overloadCostMinutes } = forecast;
  const shortest = Math.min(...signals.map(({ metric }) => metric.periodSeconds));
  return [
    ...warnIf(
      leadSeconds < warmupSeconds,
      ['scaling', 'forecast', 'leadSeconds'],
      'LEAD_BELOW_WARMUP',
      `found ${leadSeconds} s, shorter than warmupSeconds, which is ${warmupSeconds}: an instance ordered that late is not warm in time. Set ${warmupSeconds} or more`,
    ),
    ...warnIf(
      trend && shortest * 1000 * FEWEST_POINTS > TREND_MS,
      ['scaling', 'forecast', 'trend'],
      'TREND_WITHOUT_POINTS',
      `found true, but no signal has ${FEWEST_POINTS} datapoints in the ten minutes that a trend looks at, so none is ever seen. Set periods of 120 s or less, or trend: false`,
    ),
    ...warnIf(
      overloadCostMinutes > 0 && !forecastSignals(scaling).some((signal) => keepsRoom(scaling, signal)),
      ['scaling', 'forecast', 'overloadCostMinutes'],
      'OVERLOAD_WITHOUT_CPU',
      `found ${overloadCostMinutes}, but no CPU signal with a target: how much a server can carry at most only CPU tells. Add one, or leave overloadCostMinutes out`,
    ),
  ];
}

function lintSignal(signal: Signal, path: Path): Finding[] {
  const { metric, target, steps = [] } = signal;
  const highest = Math.max(target ?? 0, ...steps.map((band) => ('above' in band ? band.above : 0)));
  return [
    // Statistics of AWS's own metrics are per minute at best.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html
    ...warnIf(
      metric.namespace.startsWith('AWS/') && metric.periodSeconds < 60,
      [...path, 'metric', 'periodSeconds'],
      'PERIOD_TOO_SHORT',
      `found ${metric.periodSeconds}; AWS publishes ${metric.namespace} once a minute at best, so most datapoints would be missing. Set 60`,
    ),
    ...warnIf(
      isCpuSignal(signal) && highest >= 100,
      [...path, target === undefined ? 'steps' : 'target'],
      'CPU_OUT_OF_REACH',
      `found ${highest}; CPUUtilization ends at 100 percent, so it is never exceeded and nothing scales out. Set 90 or less`,
    ),
    ...warnIf(
      target !== undefined && metric.statistic === 'Sum' && !metric.name.endsWith('PerTarget'),
      [...path, 'metric', 'statistic'],
      'TOTAL_AS_TARGET',
      'found Sum with target; a target is what one instance carries, so a total is counted once per instance. Use Average or a metric per target',
    ),
    ...lintBands(steps, [...path, 'steps']),
  ];
}

function lintBands(steps: readonly Band[], path: Path): Finding[] {
  const ups = steps.flatMap((band, index) => ('above' in band ? [{ index, from: band.above, by: band.add }] : []));
  const downs = steps.flatMap((band, index) => ('below' in band ? [{ index, from: band.below, by: band.remove }] : []));
  const lowestUp = Math.min(...ups.map(({ from }) => from));
  const overlapping = downs.filter(({ from }) => from > lowestUp);
  return [
    ...overlapping.flatMap(({ index, from }) =>
      warnIf(
        true,
        [...path, index],
        'CONTRADICTING_BANDS',
        `below ${from} reaches above ${lowestUp}, where another band adds; in between the fleet is asked to grow and to shrink. Move them apart`,
      ),
    ),
    ...lintOrder(ups, path, 'above'),
    ...lintOrder(
      downs.map((band) => ({ ...band, from: -band.from })),
      path,
      'below',
    ),
    ...warnIf(
      steps.length > 0 && (ups.length === 0 || downs.length === 0),
      path,
      'ONE_WAY_STEPS',
      `found no band ${ups.length === 0 ? 'above: this signal never adds an instance' : 'below: this signal never lets one go, and scale-in needs every signal to agree'}. Add one`,
    ),
  ];
}

/** The further band must ask for more than the nearer one: the furthest band crossed decides alone. */
function lintOrder(
  bands: readonly { index: number; from: number; by: number }[],
  path: Path,
  word: 'above' | 'below',
): Finding[] {
  return bands.flatMap((band) => {
    const at = [...path, band.index];
    const value = Math.abs(band.from);
    const twin = bands.some((other) => other.from === band.from && other.index < band.index);
    const nearer = bands.find((other) => other.from < band.from && other.by >= band.by);
    return [
      ...warnIf(
        twin,
        at,
        'OVERLAPPING_BANDS',
        `${word} ${value} is there a second time; only the first counts. Remove one`,
      ),
      ...warnIf(
        nearer !== undefined,
        at,
        'OVERLAPPING_BANDS',
        `${word} ${value} asks for ${band.by}, no more than the nearer ${word} ${Math.abs(nearer?.from ?? 0)} (${nearer?.by}); the furthest band crossed decides alone. Make it larger, or remove it`,
      ),
    ];
  });
}
