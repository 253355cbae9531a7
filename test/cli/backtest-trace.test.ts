import { describe, expect, it } from 'vitest';
import type { Row } from '../../lib/backtest/csv.ts';
import { cloudWatchTrace, unusableHistory } from '../../lib/cli/backtest-trace.ts';
import type { MetricPort } from '../../lib/ports.ts';
import { cpuSignal, policy, requestSignal } from '../backtest/traces.ts';

describe('a trace from CloudWatch', () => {
  const DAY_MS = 86_400_000;
  const nowMs = Date.UTC(2026, 0, 20, 0, 0, 30);
  const asked: unknown[] = [];
  const metrics = (count: number): MetricPort => ({
    read: async (region, queries, fromMs, toMs) => {
      asked.push({ region, ...queries[0]?.metric, fromMs, toMs });
      const points = Array.from({ length: count }, (_, index) => ({ startMs: fromMs + index * 60_000, value: index }));
      return new Map(queries.map(({ id }) => [id, points]));
    },
  });

  it.each([
    [15, 60],
    [16, 300],
    [63, 300],
    [64, 3600],
    [455, 3600],
  ])('of %i days has a period of %i s', async (days, period) => {
    await cloudWatchTrace(policy([requestSignal(1), cpuSignal()]), days, metrics(2), nowMs);
    const toMs = Math.floor(nowMs / (period * 1000)) * period * 1000;
    const expected = { region: 'eu-west-1', periodSeconds: period, name: 'CPUUtilization' };
    expect(asked.at(-1)).toMatchObject({ ...expected, fromMs: toMs - days * DAY_MS, toMs });
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
