/**
 * `npm run bench:scaling -- FOLDER`: all scalers on all traces of a folder, over a range of targets, so that frontiers are
 * compared and not points. Without a folder: on loads made from a seed.
 */
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Scaled } from '../../lib/backtest/evenkeel.ts';
import { beatenBy, frontierOf, type Point } from '../../lib/backtest/frontier.ts';
import { syntheticTraces } from '../../lib/backtest/synthetic.ts';
import { progressOn } from '../../lib/cli/long-run.ts';
import { loadPolicies } from '../../lib/policy/load.ts';
import { readPolicyFiles } from '../../lib/policy/read.ts';
import { columns } from '../../lib/report/columns.ts';
import type { Answer, Job, Source } from './scaling-worker.ts';

const TARGETS = [60, 65, 70, 75, 80, 85, 90, 95];
const WEB = fileURLToPath(new URL('../../policies/web.yml', import.meta.url));
const NO_RIVALS = ['evenkeel', 'optimum', 'none'];

async function policyOf(file: string): Promise<Scaled> {
  const { policies, problems } = loadPolicies((await readPolicyFiles([file])).sources);
  const policy = policies[0]?.policy;
  if (policy?.fleet === undefined || policy.scaling === undefined)
    throw new Error(`${file}: found ${problems[0]?.message ?? 'no fleet or no scaling'}; expected a policy with both`);
  return { ...policy, fleet: policy.fleet, scaling: policy.scaling };
}

async function tracesOf(source: Source): Promise<string[]> {
  if ('seed' in source) return syntheticTraces(source.seed).map(({ name }) => name);
  const names = (await readdir(source.folder)).filter((name) => name.endsWith('.csv')).sort();
  if (names.length === 0) throw new Error(`${source.folder}: found no file *.csv; expected traces`);
  return names;
}

function ask(worker: Worker, job: Job): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  worker.once('message', (told: { answer: Answer } | { error: string }) =>
    'answer' in told ? resolve(told.answer) : reject(new Error(`${job.trace}: ${told.error}`)),
  );
  worker.postMessage(job);
  return promise;
}

/** Does the jobs on as many threads as there are cores. */
async function workAll(jobs: readonly Job[]): Promise<Answer[]> {
  const count = Math.min(jobs.length, availableParallelism());
  const workers = Array.from({ length: count }, () => new Worker(new URL('scaling-worker.ts', import.meta.url)));
  const progress = progressOn(process, 'replays');
  const answers: Answer[] = [];
  const left = jobs.values();
  const run = async (worker: Worker): Promise<void> => {
    for (const job of left) {
      answers.push(await ask(worker, job));
      progress(answers.length, jobs.length);
    }
  };
  try {
    await Promise.all(workers.map(run));
    return answers;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

interface Swept {
  readonly name: string;
  readonly points: readonly (Point & { readonly ofOptimumPercent: number })[];
}

interface Compared {
  readonly trace: string;
  readonly sweeps: readonly Swept[];
  /** Baselines that are below evenkeel's frontier somewhere, and with how many of their targets. */
  readonly above: readonly { readonly name: string; readonly points: number; readonly of: number }[];
}

function compare(trace: string, answers: readonly Answer[]): Compared {
  const own = answers.filter((answer) => answer.trace === trace).sort((a, b) => a.targetPercent - b.targetPercent);
  const sweeps = (own[0]?.runs ?? []).map(({ name }, index) => ({
    name,
    points: own.flatMap(({ targetPercent, runs }) => {
      const measures = runs[index]?.measures;
      if (measures === undefined) return [];
      const { instanceHours, saturatedPercent, ofOptimumPercent } = measures;
      return [{ targetPercent, instanceHours, saturatedPercent, ofOptimumPercent }];
    }),
  }));
  const frontier = frontierOf(sweeps.find(({ name }) => name === 'evenkeel')?.points ?? []);
  const above = sweeps.flatMap(({ name, points }) => {
    const beaten = NO_RIVALS.includes(name) ? [] : beatenBy(frontier, points);
    return beaten.length === 0 ? [] : [{ name, points: beaten.length, of: points.length }];
  });
  return { trace, sweeps, above };
}

function print({ trace, sweeps, above }: Compared): void {
  const cell = ({ saturatedPercent, ofOptimumPercent }: Swept['points'][number]): string =>
    `${saturatedPercent.toFixed(2)} / ${ofOptimumPercent.toFixed(0)}`;
  const rows = sweeps.map(({ name, points }) => [name, ...points.map(cell)]);
  const told = above.map(({ name, points, of }) => `${name} (${points} of ${of} targets)`).join(', ');
  const lines = [
    `${trace}: percent saturated / instance-hours in percent of the optimum, by target`,
    ...columns([['', ...TARGETS.map((target) => `${target} %`)], ...rows]),
    above.length === 0
      ? "  evenkeel's frontier is on or below that of every baseline"
      : `  below evenkeel's frontier: ${told}`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      policy: { type: 'string', default: WEB },
      seed: { type: 'string', default: '1' },
    },
  });
  const [folder] = positionals;
  const source: Source = folder === undefined ? { seed: Number(values.seed) } : { folder };
  const [policy, traces] = await Promise.all([policyOf(values.policy), tracesOf(source)]);
  const jobs = traces.flatMap((trace) => TARGETS.map((targetPercent) => ({ source, trace, policy, targetPercent })));
  const answers = await workAll(jobs);
  const compared = traces.map((trace) => compare(trace, answers));
  if (values.json) process.stdout.write(`${JSON.stringify(compared, null, 2)}\n`);
  else {
    compared.forEach(print);
    const good = compared.filter(({ above }) => above.length === 0).length;
    process.stdout.write(
      `evenkeel's frontier is on or below that of every baseline on ${good} of ${compared.length} traces\n`,
    );
  }
  process.exitCode = compared.every(({ above }) => above.length === 0) ? 0 : 1;
}

await main();
