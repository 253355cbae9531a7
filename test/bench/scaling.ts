/**
 * `npm run bench:scaling -- FOLDER`: all scalers on all traces of a folder, over a range of targets, so that frontiers are
 * compared and not points. Without a folder: on loads made from a seed.
 */
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { cpuTargets, type Scaled } from '../../lib/backtest/evenkeel.ts';
import { syntheticTraces } from '../../lib/backtest/synthetic.ts';
import { progressOn } from '../../lib/cli/long-run.ts';
import { isCpuSignal } from '../../lib/core/scaling-memory.ts';
import { loadPolicies } from '../../lib/policy/load.ts';
import { readPolicyFiles } from '../../lib/policy/read.ts';
import { leadText } from '../../lib/report/backtest.ts';
import { barLines, compare, sweepLines } from './scaling-compare.ts';
import { type Answer, type Job, type Source, WORLD } from './scaling-worker.ts';

const TARGETS = [60, 65, 70, 75, 80, 85, 90, 95];
/** Of a policy without a CPU target. */
const DEFAULT_TARGET = 80;
const FLEET = fileURLToPath(new URL('../../policies/fleet.yml', import.meta.url));

async function policyOf(file: string): Promise<Scaled> {
  const { policies, problems } = loadPolicies((await readPolicyFiles([file])).sources);
  const policy = policies[0]?.policy;
  if (policy?.fleet === undefined || policy.scaling === undefined)
    throw new Error(`${file}: found ${problems[0]?.message ?? 'no fleet or no scaling'}; expected a policy with both`);
  const scaled = { ...policy, fleet: policy.fleet, scaling: policy.scaling };
  const targets = cpuTargets(scaled).length;
  if (targets > 1) throw new Error(`${file}: found ${targets} CPU targets; expected one, for that is what is swept`);
  return scaled;
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

const HELP = `Usage: npm run bench:scaling -- [FOLDER] [--policy FILE] [--seed N] [--json]

Plays every trace *.csv of FOLDER (without: loads made from the seed) against evenkeel and all baselines, at targets of
${TARGETS.join(', ')} %, and at the policy's own. Each load is scaled to 8 busy instances on average, whatever the target.

  --policy FILE  what evenkeel scales by (default: policies/fleet.yml)
  --seed N       of the made loads (default: 1)
  --json         print the sweeps as JSON on standard output
  --help         print this

Exit codes: 0 evenkeel's frontier is on or below that of every baseline on all traces, 1 it is not, 2 nothing could be run.
`;

interface Asked {
  readonly source: Source;
  readonly policy: Scaled;
  readonly traces: readonly string[];
  readonly json: boolean;
}

/** What to run; `null`: only the help was asked for. Throws on what cannot be run. */
async function asked(): Promise<Asked | null> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      policy: { type: 'string', default: FLEET },
      seed: { type: 'string' },
    },
  });
  if (values.help) return null;
  const [folder, more] = positionals;
  if (more !== undefined) throw new Error(`found a second folder ${more}; expected one folder of traces`);
  if (folder !== undefined && values.seed !== undefined)
    throw new Error('found a folder and --seed; expected one of them, for made loads need no folder');
  const { seed = '1' } = values;
  if (!/^\d{1,9}$/.test(seed)) throw new Error(`found --seed ${seed}; expected a whole number, 0 to 999999999`);
  const source: Source = folder === undefined ? { seed: Number(seed) } : { folder };
  const [policy, traces] = await Promise.all([policyOf(values.policy), tracesOf(source)]);
  return { source, policy, traces, json: values.json };
}

async function run({ source, policy, traces, json }: Asked): Promise<number> {
  const own = policy.scaling.signals.find((signal) => isCpuSignal(signal))?.target ?? DEFAULT_TARGET;
  const targets = [...new Set([...TARGETS, own])].sort((a, b) => a - b);
  const jobs = traces.flatMap((trace) => targets.map((targetPercent) => ({ source, trace, policy, targetPercent })));
  const answers = await workAll(jobs);
  const compared = traces.map((trace) => compare(trace, answers, own));
  const good = compared.filter(({ above }) => above.length === 0).length;
  const lead = leadText({ leadSeconds: policy.scaling.forecast?.leadSeconds ?? null, settings: WORLD });
  const lines = json
    ? [JSON.stringify(compared, null, 2)]
    : [
        ...(lead === null ? [] : [lead, '']),
        ...compared.flatMap((one) => sweepLines(one, targets)),
        ...barLines(compared, own),
        '',
        `evenkeel's frontier is on or below that of every baseline on ${good} of ${compared.length} traces`,
      ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return good === compared.length ? 0 : 1;
}

async function main(): Promise<number> {
  let job: Asked | null;
  try {
    job = await asked();
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (job !== null) return await run(job);
  process.stdout.write(HELP);
  return 0;
}

process.exitCode = await main();
