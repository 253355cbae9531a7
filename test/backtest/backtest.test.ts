import { describe, expect, it } from 'vitest';
import { type BacktestOptions, backtest, objections } from '../../lib/backtest/backtest.ts';
import { BASELINES } from '../../lib/backtest/baselines.ts';
import type { Row } from '../../lib/backtest/csv.ts';
import { syntheticTraces } from '../../lib/backtest/synthetic.ts';
import { cpuSignal, policy, requestSignal, rowsOf, settings } from './traces.ts';

function options(rows: readonly Row[], given: Partial<BacktestOptions> = {}): BacktestOptions {
  const trace = {
    name: 'a trace',
    async *rows() {
      yield rows;
    },
  };
  return {
    ...{ policy: policy(), policyFile: 'web.yml', trace, conversion: { kind: 'mean', instances: 10 } },
    ...{ resample: 'hold', settings: settings(), baselines: [] },
    ...given,
  };
}

const demandOf = async (rows: readonly Row[], given: Partial<BacktestOptions>): Promise<readonly (number | null)[]> =>
  (await backtest(options(rows, given))).demand.values;

describe('demand', () => {
  it('comes from requests of a row, by what an instance serves in a minute', async () => {
    const conversion = { kind: 'requests', perInstance: 100 } as const;
    expect(await demandOf(rowsOf([100, 350]), { conversion })).toEqual([1, 3.5]);
    expect(await demandOf(rowsOf([600, 1200], 120), { conversion })).toEqual([3, 3, 6, 6]);
    expect(await demandOf(rowsOf([5, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 10], 10), { conversion })).toEqual([0.3, 0.6]);
  });

  it('comes from the CPU percent of a fleet of known size', async () => {
    expect(await demandOf(rowsOf([50, 100]), { conversion: { kind: 'cpu', fleetSize: 4 } })).toEqual([2, 4]);
  });

  it('is scaled so that a fleet at the target has the mean asked for, of the minutes that are known', async () => {
    const result = await backtest(options(rowsOf([10, 10, null, null, 30, 30])));
    expect(result.demand.values).toEqual([4, 4, null, null, 12, 12]);
    expect(result.trace).toMatchObject({ rows: 4, gapMinutes: 2, meanDemand: 8, peakDemand: 12 });
  });
});

describe('a backtest', () => {
  it('sets constant capacity to the rounded mean, within the bounds', async () => {
    const none = async (given: Partial<BacktestOptions>) =>
      (await backtest(options(rowsOf([3, 4, 4]), given))).runs.find(({ name }) => name === 'none')?.picture.capacity;
    expect(await none({ conversion: { kind: 'cpu', fleetSize: 100 } })).toEqual([4, 4, 4]);
    // 10 instances at 3 to 4 % are 0.4, rounded none.
    const few = { conversion: { kind: 'cpu', fleetSize: 10 }, settings: settings({ min: 0 }) } as const;
    expect(await none(few)).toEqual([1, 1, 1]);
    const bound = settings({ max: 2 });
    expect(await none({ conversion: { kind: 'cpu', fleetSize: 100 }, settings: bound })).toEqual([2, 2, 2]);
  });

  it('says why a policy cannot be replayed on such a trace', () => {
    const asks = policy([{ ...requestSignal(100), target: undefined, steps: [{ above: 100, add: 1 }] }]);
    expect(objections(asks, { kind: 'mean', instances: 10 })).toHaveLength(1);
    expect(objections(asks, { kind: 'requests', perInstance: 100 })).toEqual([]);
  });

  it('tells what it took for request counts that the trace does not have', async () => {
    const asks = policy([requestSignal(100)]);
    const told = async (conversion: BacktestOptions['conversion']) =>
      (await backtest(options(rowsOf([3, 4, 4]), { policy: asks, conversion }))).trace.conversion;
    const words = '; requests taken to reach its target of 100 together with 80 % CPU';
    expect(await told({ kind: 'cpu', fleetSize: 10 })).toContain(words);
    expect(await told({ kind: 'requests', perInstance: 100 })).not.toContain('taken');
  });

  it('tells the CPU targets that evenkeel keeps where the others have another', async () => {
    const title = async (...targets: readonly number[]) => {
      const signals = targets.map((target, index) => ({ ...cpuSignal(), name: `cpu-${index + 1}`, target }));
      return (await backtest(options(rowsOf([3, 4]), { policy: policy(signals) }))).runs[0]?.title;
    };
    expect(await title(80, 60)).toBe('evenkeel by web.yml (cpu-1 at 80 %, cpu-2 at 60 %; the others at 80 %)');
    for (const same of [[80, 80], [60], []]) expect(await title(...same)).toBe('evenkeel by web.yml');
  });

  it('gives the same to the last bit when it is run again, and to each scaler whoever else runs', async () => {
    const [, crowd] = syntheticTraces(7);
    const rows: Row[] = [];
    for await (const batch of crowd?.rows() ?? []) rows.push(...batch.slice(0, 2000));
    const all = await backtest(options(rows, { baselines: BASELINES }));
    expect(await backtest(options(rows, { baselines: BASELINES }))).toEqual(all);
    for (const baseline of BASELINES) {
      const alone = await backtest(options(rows, { baselines: [baseline] }));
      expect(alone.runs.at(-1)).toEqual(all.runs.find(({ name }) => name === baseline.name));
    }
    const [own, optimum] = all.runs;
    expect(optimum?.measures.saturatedMinutes).toBe(0);
    for (const { measures } of all.runs) {
      expect(measures.judgedMinutes).toBe(2000);
      if (measures.saturatedMinutes === 0) expect(measures.ofOptimumPercent).toBeGreaterThanOrEqual(100);
    }
    expect(own?.measures.saturatedPercent).toBeGreaterThan(0);
  });

  it('tells how far it is, in rows', async () => {
    const told: [number, number][] = [];
    await backtest(options(rowsOf([1, 2, 3]), { onProgress: (done, total) => told.push([done, total]) }));
    expect(told).toEqual([[3, 3]]);
  });

  it('pauses inside of a long gap too, and ends with what the pause rejects with', async () => {
    const [first, second] = rowsOf([3, 4]) as [Row, Row];
    const rows = [first, second, { atMs: first.atMs + 400 * 86_400_000, value: 5 }];
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses += 1;
      if (pauses === 10) throw new Error('enough');
    };
    let yields = 0;
    const trace = {
      name: 'a trace',
      async *rows() {
        yields += 1;
        yield rows;
      },
    };
    await expect(backtest(options([], { trace, pause }))).rejects.toThrow('enough');
    expect({ pauses, yields }).toEqual({ pauses: 10, yields: 1 });
  });

  it('has a picture in buckets of whole minutes where the trace has more of them than fit', async () => {
    const rows = rowsOf(
      Array.from({ length: 60 * 24 }, (_, hour) => 1 + (hour % 24)),
      3600,
    );
    const { demand, runs } = await backtest(options(rows, { policy: policy([]) }));
    expect(demand.bucketSeconds).toBe(60 * Math.ceil((60 * 1440) / 2016));
    expect(demand.values.length).toBeLessThanOrEqual(2016);
    for (const { picture } of runs) expect(picture.capacity).toHaveLength(demand.values.length);
    expect(Math.max(...demand.values.map((value) => value ?? 0))).toBeCloseTo((24 / 12.5) * 8, 6);
  });
});

describe('made traces', () => {
  const read = async (seed: number): Promise<Record<string, Row[]>> => {
    const traces: Record<string, Row[]> = {};
    for (const { name, rows } of syntheticTraces(seed)) {
      traces[name] = [];
      for await (const batch of rows()) traces[name].push(...batch);
    }
    return traces;
  };

  it('are the same for the same seed, and others for another', async () => {
    const one = await read(1);
    expect(Object.keys(one)).toEqual(['day-and-week', 'flash-crowd', 'steps', 'spikes', 'gaps']);
    expect(await read(1)).toEqual(one);
    expect(await read(2)).not.toEqual(one);
  });

  it('have the shapes that they are named for', async () => {
    const traces = await read(1);
    const peakOver = (rows: readonly Row[] = []): number =>
      Math.max(...rows.map(({ value }) => value)) / (rows.reduce((sum, { value }) => sum + value, 0) / rows.length);
    expect(peakOver(traces['day-and-week'])).toBeLessThan(2);
    expect(peakOver(traces['flash-crowd'])).toBeGreaterThan(3);
    expect(peakOver(traces.spikes)).toBeGreaterThan(4);
    expect(traces.gaps?.length).toBeLessThan(7 * 1440);
    expect(traces.steps).toHaveLength(7 * 1440);
  });
});
