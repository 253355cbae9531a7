import { describe, expect, it } from 'vitest';
import type { Row } from '../../lib/backtest/csv.ts';
import { cloudWatchTrace, unusableHistory } from '../../lib/cli/backtest-trace.ts';
import type { Metric } from '../../lib/core/model.ts';
import type { MetricPort } from '../../lib/ports.ts';
import { cpuSignal, policy, requestSignal } from '../backtest/traces.ts';

describe('a trace from CloudWatch', () => {
  const DAY_MS = 86_400_000;
  const nowMs = Date.UTC(2026, 0, 20, 0, 59, 59, 900);
  interface Asked extends Metric {
    readonly region: string;
    readonly fromMs: number;
    readonly toMs: number;
  }
  const asked: Asked[] = [];
  /**
   * So many seconds that a period must be a multiple of, by how old the start is when the request arrives, some seconds later:
   * else "no data points in that time range is returned".
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
   */
  function servedSeconds(fromMs: number): number {
    const days = (nowMs + 20_000 - fromMs) / DAY_MS;
    if (days > 63) return 3600;
    return days > 15 ? 300 : 60;
  }
  const metrics = (count: number): MetricPort => ({
    read: async (region, queries, fromMs, toMs) => {
      const series = queries.map(({ id, metric }) => {
        asked.push({ region, ...metric, fromMs, toMs });
        const { periodSeconds } = metric;
        const isServed = periodSeconds % servedSeconds(fromMs) === 0;
        const point = (_: unknown, index: number) => ({ startMs: fromMs + index * periodSeconds * 1000, value: index });
        return [id, Array.from({ length: isServed ? count : 0 }, point)] as const;
      });
      return new Map(series);
    },
  });

  it.each([
    [2, 60, 60],
    [15, 60, 60],
    [16, 60, 300],
    [63, 60, 300],
    [64, 60, 3600],
    [455, 60, 3600],
    [15, 10, 60],
    [15, 420, 420],
    [16, 360, 600],
    [63, 480, 600],
    [62, 900, 900],
    [63, 3600, 3600],
    [64, 420, 3600],
  ])(
    'of %i days of a signal of %i s has a period of %i s, which CloudWatch still serves',
    async (days, own, period) => {
      const { rows } = await cloudWatchTrace(policy([cpuSignal({ periodSeconds: own })]), days, metrics(2), nowMs);
      const last = asked.at(-1);
      expect(last).toMatchObject({ region: 'eu-west-1', periodSeconds: period, name: 'CPUUtilization' });
      const { fromMs = 0, toMs = 0 } = last ?? {};
      // Whole periods, and all of them that there are in these days, but for a minute that the request may take.
      expect([fromMs % (period * 1000), toMs]).toEqual([0, Math.floor(nowMs / (period * 1000)) * period * 1000]);
      const missingMs = fromMs - (toMs - days * DAY_MS);
      expect(missingMs).toBeGreaterThanOrEqual(0);
      expect(missingMs).toBeLessThan(2 * period * 1000 + 60_000);
      for await (const batch of rows()) expect(batch).toHaveLength(2);
    },
  );

  it('of less than CloudWatch keeps misses no minute of its days', async () => {
    await cloudWatchTrace(policy(), 14, metrics(2), nowMs);
    const { fromMs = 0, toMs = 0 } = asked.at(-1) ?? {};
    expect(toMs - fromMs).toBe(14 * DAY_MS);
  });

  it('is of the CPU, whatever comes before it among the signals', async () => {
    await cloudWatchTrace(policy([requestSignal(1), cpuSignal()]), 2, metrics(2), nowMs);
    expect(asked.at(-1)).toMatchObject({ name: 'CPUUtilization' });
  });

  it('gives its datapoints as rows, as often as asked', async () => {
    const { name, rows } = await cloudWatchTrace(policy(), 2, metrics(1500), nowMs);
    expect(name).toBe('AWS/EC2 CPUUtilization of web, 2 days of CloudWatch');
    for (let time = 0; time < 2; time += 1) {
      const batches: (readonly Row[])[] = [];
      for await (const batch of rows()) batches.push(batch);
      expect(batches.map((batch) => batch.length)).toEqual([1000, 500]);
      expect(batches[1]?.[499]?.value).toBe(1499);
    }
  });

  it('is refused when CloudWatch has nothing, or the policy no signal', async () => {
    await expect(cloudWatchTrace(policy(), 2, metrics(1), nowMs)).rejects.toThrow('found 1 datapoints; expected two');
    for (const signals of [[], [requestSignal(100)]])
      await expect(cloudWatchTrace(policy(signals), 2, metrics(2), nowMs)).rejects.toThrow(
        'found no CPU among its signals',
      );
  });

  it('is the average CPU of the fleet, whatever its signal goes by', async () => {
    await cloudWatchTrace(policy([cpuSignal({ statistic: 'Maximum' })]), 2, metrics(2), nowMs);
    expect(asked.at(-1)).toMatchObject({ name: 'CPUUtilization', statistic: 'Average' });
  });

  it('becomes demand by the size of the fleet or its mean, never as a count of requests', () => {
    expect(unusableHistory({ kind: 'cpu', fleetSize: 2 })).toBeNull();
    expect(unusableHistory({ kind: 'mean', instances: 2 })).toBeNull();
    const requests = { kind: 'requests', perInstance: 100 } as const;
    expect(unusableHistory(requests)).toContain('expected --fleet-size or --fleet-mean with --cloudwatch');
  });
});
