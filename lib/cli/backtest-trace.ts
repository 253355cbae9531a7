/** Where a trace comes from: a file, or what CloudWatch still has of a service. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Conversion, Trace } from '../backtest/backtest.ts';
import { ANY_LOAD, MOST_DAYS, readRows, TraceError } from '../backtest/csv.ts';
import type { Scaled } from '../backtest/evenkeel.ts';
import { isCpuSignal } from '../core/scaling-memory.ts';
import type { MetricPort } from '../ports.ts';
import { messageOf } from './io.ts';

/** So much is read at once: a trace is never in memory as a whole. */
const CHUNK_BYTES = 16_384;
const DAY_MS = 86_400_000;

/** A CSV file without a value above `highest`. It is read as often as asked for, and never as a whole. */
export function fileTrace(file: string, highest = ANY_LOAD): Trace {
  async function* chunks(): AsyncGenerator<string> {
    try {
      // The second reading of a pipe finds nothing, and a device may have no end. A folder is refused by what reads it.
      const found = await stat(file);
      if (!found.isFile() && !found.isDirectory())
        throw new Error('a pipe or a device cannot be read twice; expected a file: save it as one first');
      yield* createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK_BYTES });
    } catch (error) {
      throw new TraceError(`${file}: cannot be read: ${messageOf(error)}`);
    }
  }
  return { name: file, rows: () => readRows(file, chunks(), highest) };
}

/**
 * How long CloudWatch keeps datapoints of which period: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
 * From a start that is longer ago it gives nothing, however near the end is, and of multiples of the period only:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
 */
const KEPT: readonly { readonly days: number; readonly periodSeconds: number }[] = [
  { days: 15, periodSeconds: 60 },
  { days: 63, periodSeconds: 300 },
  { days: MOST_DAYS, periodSeconds: 3600 },
];

/** The start must not have become too old by the time that CloudWatch reads the request. */
const REQUEST_MS = 60_000;

/** Why what CloudWatch has of a service cannot become demand in this way, in words; `null` when it can. */
export function unusableHistory(conversion: Conversion): string | null {
  if (conversion.kind === 'requests')
    return 'found --requests-per-instance, but the history is CPU percent; expected --fleet-size or --fleet-mean with --cloudwatch';
  return null;
}

/**
 * The last days of the service's own CPU, averaged over its instances whatever its signal goes by, in the shortest period
 * that CloudWatch has kept for so long, but none shorter than the signal's own. A time without a datapoint stays a gap.
 * @throws PortError when CloudWatch cannot be read; TraceError when it has nothing.
 */
export async function cloudWatchTrace(
  policy: Scaled,
  days: number,
  metrics: MetricPort,
  nowMs: number,
): Promise<Trace> {
  const { signals } = policy.scaling;
  const signal = signals.find(isCpuSignal);
  const kept = KEPT.find((one) => days <= one.days);
  if (signal === undefined || kept === undefined)
    throw new TraceError(`${policy.service}: found no CPU among its signals; expected one, for --cloudwatch`);
  const periodSeconds = Math.ceil(signal.metric.periodSeconds / kept.periodSeconds) * kept.periodSeconds;
  const metric = { ...signal.metric, statistic: 'Average', periodSeconds };
  const periodMs = periodSeconds * 1000;
  const toMs = Math.floor(nowMs / periodMs) * periodMs;
  const oldestMs = Math.max(toMs - days * DAY_MS, nowMs - kept.days * DAY_MS + REQUEST_MS);
  const fromMs = Math.ceil(oldestMs / periodMs) * periodMs;
  const id = 'history';
  const read = await metrics.read(policy.region, [{ id, metric }], fromMs, toMs);
  const rows = (read.get(id) ?? []).map(({ startMs, value }) => ({ atMs: startMs, value }));
  const name = `${metric.namespace} ${metric.name} of ${policy.service}, ${days === 1 ? 'a day' : `${days} days`} of CloudWatch`;
  if (rows.length < 2) throw new TraceError(`${name}: found ${rows.length} datapoints; expected two at least`);
  return {
    name,
    async *rows() {
      for (let from = 0; from < rows.length; from += 1000) yield rows.slice(from, from + 1000);
    },
  };
}
