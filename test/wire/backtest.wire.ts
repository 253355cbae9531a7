/** A service's own history, as GetMetricData gives it over the wire: `backtest --cloudwatch`. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BacktestResult } from '../../lib/backtest/model.ts';
import { asProcess, policyFile } from './doctoring.ts';
import { HOME, labText } from './lab.ts';
import { wire } from './wire.ts';

const MINUTES = 600;
/** Ten minutes of which CloudWatch has nothing, five hours ago. */
const isGap = (ago: number): boolean => ago >= 300 && ago < 310;
const cpuAgo = (ago: number): number => (ago % 120 < 30 ? 85 : 40);

const here = wire();
const policy = policyFile(labText('ZEXAMPLE'));
const options = ['--policy', policy, '--fleet-size', '2', '--json'];

/** Minutes with a datapoint, oldest first. */
function history(): { seconds: number; value: number }[] {
  const now = Math.floor(Date.now() / 60_000) * 60;
  const ages = Array.from({ length: MINUTES }, (_, i) => MINUTES - i);
  return ages.filter((ago) => !isGap(ago)).map((ago) => ({ seconds: now - ago * 60, value: cpuAgo(ago) }));
}

const points = history();
beforeAll(async () => {
  await here.moto.boto('cloudwatch', HOME, 'put_metric_data', {
    Namespace: 'AWS/EC2',
    MetricData: points.map(({ seconds, value }) => ({
      MetricName: 'CPUUtilization',
      Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'exercise-group' }],
      Timestamp: seconds,
      Value: value,
      Unit: 'Percent',
    })),
  });
});

describe('backtest --cloudwatch', () => {
  it('plays the minutes that CloudWatch has, and leaves gaps as gaps: the very same as a CSV of them', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'evenkeel-history-')), 'history.csv');
    const rows = points.map(({ seconds, value }) => `${new Date(seconds * 1000).toISOString()},${value}`);
    writeFileSync(file, ['timestamp,value', ...rows, ''].join('\n'));
    const results = [];
    for (const trace of [
      ['--cloudwatch', '1'],
      ['--trace', file],
    ]) {
      const { out, err } = await asProcess(['backtest', ...trace, ...options], here.env);
      expect(err).toBe('');
      results.push(JSON.parse(out) as BacktestResult);
    }
    const [wired, read] = results as [BacktestResult, BacktestResult];
    expect(wired.trace).toMatchObject({
      name: 'AWS/EC2 CPUUtilization of web, a day of CloudWatch',
      rows: MINUTES - 10,
      gapMinutes: 10,
      peakDemand: 1.7,
    });
    expect(wired).toEqual({ ...read, trace: { ...read.trace, name: wired.trace.name } });
    expect(here.proxy.calls.map(({ operation, region }) => [operation, region])).toEqual([['GetMetricData', HOME]]);
  });

  it('says so when CloudWatch has nothing of the service, or does not answer', async () => {
    const other = policyFile(labText('ZEXAMPLE', 1));
    const nothing = await asProcess(['backtest', '--cloudwatch', '1', ...options, '--policy', other], here.env);
    expect(nothing).toMatchObject({ code: 2, out: '' });
    expect(nothing.err).toContain('of web-1, a day of CloudWatch: found 0 datapoints; expected two at least');
    here.proxy.rule = () => ({ kind: 'error', code: 'AccessDenied', status: 403 });
    const denied = await asProcess(['backtest', '--cloudwatch', '1', ...options], here.env);
    expect(denied).toMatchObject({ code: 2, out: '' });
    expect(denied.err).toContain('AccessDenied');
  });
});
