/** A thread that plays one trace under one target: one message in, one answer out. */
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { backtest, type Trace } from '../../lib/backtest/backtest.ts';
import { BASELINES } from '../../lib/backtest/baselines.ts';
import type { Scaled } from '../../lib/backtest/evenkeel.ts';
import type { Measures } from '../../lib/backtest/model.ts';
import { syntheticTraces } from '../../lib/backtest/synthetic.ts';
import { fileTrace } from '../../lib/cli/backtest-trace.ts';

/** Where the traces are: files of a folder, or made from a seed. */
export type Source = { readonly folder: string } | { readonly seed: number };

export interface Job {
  readonly source: Source;
  readonly trace: string;
  readonly policy: Scaled;
  readonly targetPercent: number;
}

export interface Answer {
  readonly trace: string;
  readonly targetPercent: number;
  readonly conversion: string;
  readonly runs: readonly { readonly name: string; readonly measures: Measures }[];
}

/** The fleet whose mean is 10 instances at a target of 80 %; the load stays the same whatever the target. */
const MEAN_DEMAND = 8;
export const WORLD = { bootSeconds: 120, metricDelaySeconds: 60, min: 1, max: 1000 };

function traceOf(source: Source, name: string): Trace {
  if ('folder' in source) return { ...fileTrace(join(source.folder, name)), name };
  const trace = syntheticTraces(source.seed).find((one) => one.name === name);
  if (trace === undefined) throw new Error(`there is no made trace ${name}`);
  return trace;
}

export async function work({ source, trace, policy, targetPercent }: Job): Promise<Answer> {
  const result = await backtest({
    ...{ policy, policyFile: policy.service, trace: traceOf(source, trace), resample: 'hold', baselines: BASELINES },
    conversion: { kind: 'mean', instances: (MEAN_DEMAND * 100) / targetPercent },
    settings: { ...WORLD, targetPercent, warmupSeconds: policy.scaling.warmupSeconds },
  });
  const runs = result.runs.map(({ name, measures }) => ({ name, measures }));
  return { trace, targetPercent, conversion: result.trace.conversion, runs };
}

parentPort?.on('message', (job: Job) => {
  work(job).then(
    (answer) => parentPort?.postMessage({ answer }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) }),
  );
});
