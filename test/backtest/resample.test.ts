import { describe, expect, it } from 'vitest';
import type { Row } from '../../lib/backtest/csv.ts';
import { createResampler, type Resample, type TraceMinute } from '../../lib/backtest/resample.ts';
import { rowsOf, START_MS } from './traces.ts';

function resampled(rows: readonly Row[], resample: Resample = 'hold') {
  const minutes: TraceMinute[] = [];
  const resampler = createResampler(resample);
  for (const row of rows) minutes.push(...resampler.push(row));
  const rest = resampler.end();
  let last = rest.next();
  for (; !last.done; last = rest.next()) minutes.push(last.value);
  const stepSeconds = last.value;
  const fromMs = minutes[0]?.startMs ?? 0;
  expect(minutes.map(({ startMs }) => startMs)).toEqual(minutes.map((_, index) => fromMs + index * 60_000));
  return { stepSeconds, fromMs, values: minutes.map(({ value }) => value) };
}

describe('minutes of a trace', () => {
  it('are its rows where these are a minute apart', () => {
    expect(resampled(rowsOf([3, 1, 4]))).toEqual({ stepSeconds: 60, fromMs: START_MS, values: [3, 1, 4] });
  });

  it('lack what the trace lacks: a gap is never filled', () => {
    expect(resampled(rowsOf([3, 1, null, null, 4])).values).toEqual([3, 1, null, null, 4]);
    expect(resampled(rowsOf([3, 1, null, null, 4]), 'interpolate').values).toEqual([3, 1, null, null, 4]);
  });

  it('hold a value for its whole step', () => {
    const { stepSeconds, values } = resampled(rowsOf([5, 20, 8], 300));
    expect(stepSeconds).toBe(300);
    expect(values).toEqual([5, 5, 5, 5, 5, 20, 20, 20, 20, 20, 8, 8, 8, 8, 8]);
  });

  it('go in a straight line when asked to, up to a gap', () => {
    const { values } = resampled(rowsOf([0, 10, null, 7], 120), 'interpolate');
    expect(values).toEqual([2.5, 7.5, 10, 10, null, null, 7, 7]);
  });

  it('have a gap where the next row is more than one and a half steps away', () => {
    const later = (seconds: number) =>
      resampled([...rowsOf([3, 3, 3]), { atMs: START_MS + 120_000 + seconds * 1000, value: 5 }]).values;
    // At 90 s the row before speaks for the first half of the minute, at 91 s for nothing of it.
    expect(later(90).slice(3)).toEqual([4, 5]);
    expect(later(91).slice(3)).toEqual([null, 5]);
  });

  it('average rows that are closer, by the time that each speaks for', () => {
    expect(resampled(rowsOf([1, 2, 3, 6, 6, 6], 20)).values).toEqual([2, 6]);
    expect(resampled(rowsOf([1, 2, 3, 6, 6, 6], 20), 'interpolate').values).toEqual([2, 6]);
  });

  it('are not known when the trace tells of less than half of them', () => {
    const seconds = Array.from({ length: 180 }, (_, second) => (second < 91 || second >= 150 ? 4 : null));
    expect(resampled(rowsOf(seconds, 1)).values).toEqual([4, 4, 4]);
    const fewer = Array.from({ length: 180 }, (_, second) => (second < 80 || second >= 151 ? 4 : null));
    expect(resampled(rowsOf(fewer, 1)).values).toEqual([4, null, null]);
  });

  it('begin with the whole minute in which the first row is', () => {
    const rows = [10, 70, 130].map((second, index) => ({ atMs: START_MS + second * 1000, value: 6 * index }));
    expect(resampled(rows)).toEqual({ stepSeconds: 60, fromMs: START_MS, values: [0, 5, 11, null] });
  });

  it('take the usual step for the step, whatever single rows do', () => {
    const rows = rowsOf([...Array.from({ length: 1500 }, () => 2), null, null, 2], 60);
    expect(resampled(rows).stepSeconds).toBe(60);
    expect(resampled(rows).values.filter((value) => value === null)).toHaveLength(2);
  });
});
