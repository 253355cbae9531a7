/** `backtest`: how a policy would have scaled under recorded load, beside what people use today. */
import { type Command, Option } from 'commander';
import type { BacktestOptions, Conversion, Trace } from '../backtest/backtest.ts';
import { backtest, objections } from '../backtest/backtest.ts';
import { BASELINES } from '../backtest/baselines.ts';
import { ANY_LOAD, CPU_PERCENT, MOST_DAYS, TraceError } from '../backtest/csv.ts';
import { cpuTargets, type Scaled } from '../backtest/evenkeel.ts';
import type { Baseline, Settings } from '../backtest/model.ts';
import type { Policy } from '../core/model.ts';
import { MOST_INSTANCES_KEPT } from '../core/scaling-memory.ts';
import { nearest } from '../policy/nearest.ts';
import { backtestLines } from '../report/backtest.ts';
import { backtestHtml } from '../report/backtest-html.ts';
import { readAssets } from '../report/html-page.ts';
import { cloudWatchTrace, fileTrace, unusableHistory } from './backtest-trace.ts';
import { type End, type ExitCode, type Io, painter, writeJson, writeLines } from './io.ts';
import { interruptible, progressOn } from './long-run.ts';
import { some, whole } from './numbers.ts';
import { onePolicy } from './policies.ts';
import { unwritable, writePage } from './write-whole.ts';

const AFTER_HELP = `
Plays a trace minute by minute. evenkeel decides in rounds with the code that would be deployed, on what CloudWatch would
show of a model fleet; every baseline has a fleet of its own. An instance is paid for from its request, serves after
--boot-seconds, and shows no more than 100 % CPU; a datapoint can be read --metric-delay-seconds after its minute. Only
fleet and scaling of the policy are played: a trace tells nothing of failing servers and sites.

A trace is a CSV file of timestamp,value lines, oldest first: ISO 8601 in UTC or seconds since 1970, and a number from 0 to
1e15. A first line of two words is a header; any field may stand in double quotes. A row speaks for the time to the next one. Where rows are further apart than 1.5 times the usual step there is a gap: nothing is published,
and nothing is judged. Rows closer than a minute are averaged; for longer steps see --resample. Its values become demand
by one of:
  --requests-per-instance N  a value counts the requests of its step; one instance serves N a minute at 100 % CPU
  --fleet-size N             a value is the CPU percent of N instances: 0 to 100, and up to 101 for rounding
  --fleet-mean N             anything that grows with load, scaled so that a fleet kept at the target has N instances on
                             average: the mean demand is N × target / 100 instances at 100 % CPU
Of a trace that does not count requests, a RequestCountPerTarget signal is taken to reach its own target together with
the CPU target, and goes on rising where CPU ends at 100 %; one with steps cannot be played then.
Of a policy with several CPU targets each signal keeps its own, all else goes by the first, and --target is refused.
--cloudwatch gives the Average of CPU, so it takes --fleet-size or --fleet-mean; the group must have had the same number of
instances throughout (N with --fleet-size N), for the CPU of one that scales says nothing of the load.
The fewest instances must be 1 or more: an empty fleet has no metric, and what emptied it would seem cheap for ever.

The file is read twice, in constant memory: its mean must be known first. So neither standard input nor a pipe can be one.

Besides the baselines it plays the optimum, which knows the future and how long an instance boots, and none: the mean
demand, rounded, as constant capacity.

Examples:
  $ evenkeel backtest --policy policies/web.yml --trace load.csv --requests-per-instance 1200 --max 40
  $ evenkeel backtest --policy policies/web.yml --trace load.csv --fleet-mean 10 --max 100 --against target-tracking-ec2
  $ evenkeel backtest --policy policies/web.yml --trace load.csv --fleet-mean 10 --max 100 --html backtest.html
  $ evenkeel backtest --policy policies/web.yml --cloudwatch 14 --fleet-size 2
  $ evenkeel backtest --policy policies/web.yml --trace load.csv --fleet-mean 10 --max 100 --json | jq .verdict

Exit codes: 0 no baseline is better in saturated minutes and instance-hours together, 1 one is (verdict.pass of --json is
false), or it was interrupted (nothing is printed), 2 nothing could be run, or the page not be written.`;

interface Options {
  readonly policy: string;
  readonly trace?: string;
  readonly cloudwatch?: number;
  readonly requestsPerInstance?: number;
  readonly fleetSize?: number;
  readonly fleetMean?: number;
  readonly resample: 'hold' | 'interpolate';
  readonly bootSeconds: number;
  readonly metricDelaySeconds: number;
  readonly warmupSeconds?: number;
  readonly target?: number;
  readonly min?: number;
  readonly max?: number;
  readonly against?: readonly string[];
  readonly json?: true;
  readonly html?: string;
}

type Refuse = (message: string) => never;

function declared(program: Command): Command {
  return program
    .command('backtest')
    .summary('play a recorded load, and compare with other autoscalers')
    .description('Plays a recorded load against a policy, and compares it with other autoscalers.')
    .requiredOption('--policy <file>', 'the policy')
    .option('--trace <csv>', 'the load: timestamp,value lines')
    .option(
      '--cloudwatch <days>',
      'the load: the last days of its own CPU (1-minute 15, 5-minute 63, hourly 455)',
      whole(1, MOST_DAYS),
    )
    .option('--requests-per-instance <number>', 'requests that one instance serves a minute at 100 % CPU', some())
    .option('--fleet-size <number>', 'the trace is CPU percent of so many instances', whole(1))
    .option('--fleet-mean <number>', 'scale the trace so that a fleet at the target has so many on average', some())
    .addOption(
      new Option(
        '--resample <how>',
        'between rows further apart than a minute: hold keeps mean and peak, and its jumps are the hard case',
      )
        .choices(['hold', 'interpolate'])
        .default('hold'),
    )
    .option('--boot-seconds <number>', 'from the request of an instance until it serves', whole(0, 86_400), 120)
    .option(
      '--metric-delay-seconds <number>',
      'from the end of a minute until its datapoint can be read',
      whole(0, 86_400),
      60,
    )
    .option(
      '--warmup-seconds <number>',
      'a younger instance does not count yet (default: that of the policy)',
      whole(0, 86_400),
    )
    .option(
      '--target <percent>',
      'CPU target of evenkeel and the baselines (default: that of the policy, of several the first, else 80)',
      some(100),
    )
    .option('--min <number>', 'fewest instances (default: that of the policy)', whole(0, MOST_INSTANCES_KEPT))
    .option('--max <number>', 'most instances (default: that of the policy)', whole(1, MOST_INSTANCES_KEPT))
    .option(
      '--against <names>',
      `baselines, like a,b (default: all of ${BASELINES.map(({ name }) => name).join(', ')})`,
      (text: string) => text.split(','),
    )
    .option('--json', 'print the result as JSON, and nothing else, on standard output')
    .option('--html <file>', 'write the result as a page with charts too, in one file that needs no network')
    .addHelpText('after', AFTER_HELP);
}

/** Adds `backtest` to the program. It answers 0 on a pass and 1 otherwise by `end`, and refuses (2) what cannot be run. */
export function addBacktest(program: Command, io: Io, end: End): void {
  declared(program).action(async (options: Options, command: Command) => {
    const refuse: Refuse = (message) => command.error(`error: ${message}`);
    const baselines = baselinesOf(options.against, refuse);
    const conversion = conversionOf(options, refuse);
    const loaded = await onePolicy(options.policy, 'replayed', io, refuse);
    const inputs = options.trace === undefined ? [loaded.file] : [loaded.file, options.trace];
    const hindrance = options.html === undefined ? null : await unwritable(options.html, inputs);
    if (hindrance !== null) refuse(hindrance);
    const policy = scaled(loaded.policy, options.policy, refuse);
    const settings = settingsOf(policy, options, refuse);
    const objection =
      (options.cloudwatch === undefined ? null : unusableHistory(conversion)) ?? objections(policy, conversion)[0];
    if (objection !== undefined) return refuse(`${options.policy}: ${objection}`);
    const trace = await traceOf(policy, options, conversion, io, refuse);
    const { resample } = options;
    const playing = { policy, policyFile: options.policy, trace, conversion, resample, settings, baselines };
    end(await play(playing, options, io, refuse));
  });
}

function baselinesOf(names: readonly string[] | undefined, refuse: Refuse): readonly Baseline[] {
  const known = BASELINES.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return BASELINES.filter(({ name }) => names?.includes(name) ?? true);
  const guess = nearest(unknown, known);
  return refuse(
    `there is no baseline ${unknown}; ${guess === undefined ? `there are ${known.join(', ')}` : `did you mean ${guess}?`}`,
  );
}

const FLAGS = { requests: '--requests-per-instance', cpu: '--fleet-size', mean: '--fleet-mean' } as const;

function conversionOf({ requestsPerInstance, fleetSize, fleetMean }: Options, refuse: Refuse): Conversion {
  const given: readonly (Conversion | null)[] = [
    requestsPerInstance === undefined ? null : { kind: 'requests', perInstance: requestsPerInstance },
    fleetSize === undefined ? null : { kind: 'cpu', fleetSize },
    fleetMean === undefined ? null : { kind: 'mean', instances: fleetMean },
  ];
  const [only, ...more] = given.filter((one) => one !== null);
  if (only !== undefined && more.length > 0)
    return refuse(`found ${[only, ...more].map(({ kind }) => FLAGS[kind]).join(' and ')}; expected one of them`);
  return only ?? refuse(`how does the trace become load? Expected one of ${Object.values(FLAGS).join(', ')}`);
}

function scaled(policy: Policy, file: string, refuse: Refuse): Scaled {
  const { fleet, scaling } = policy;
  if (fleet === undefined || scaling === undefined)
    return refuse(
      `${file} has no ${fleet === undefined ? 'fleet' : 'scaling'}; expected fleet and scaling, for a trace tests nothing else`,
    );
  return { ...policy, fleet, scaling };
}

const DEFAULT_TARGET = 80;

function settingsOf(policy: Scaled, options: Options, refuse: Refuse): Settings {
  const { fleet, scaling } = policy;
  const { bootSeconds, metricDelaySeconds } = options;
  const { min = fleet.capacity.min, max = fleet.capacity.max } = options;
  if (min > max)
    return refuse(`found at least ${min} and at most ${max} instances; expected --min no larger than --max`);
  if (min === 0)
    return refuse(
      'found at least 0 instances; expected --min 1 or more: an empty fleet has no metric, so whatever emptied it would stay so',
    );
  const targets = cpuTargets(policy);
  if (options.target !== undefined && targets.length > 1)
    return refuse(
      `${options.policy} has ${targets.length} CPU targets, ${targets.map(({ name, target }) => `${name} ${target} %`).join(' and ')}; expected no --target, so that each keeps its own`,
    );
  const targetPercent = options.target ?? targets[0]?.target ?? DEFAULT_TARGET;
  return {
    bootSeconds,
    metricDelaySeconds,
    min,
    max,
    targetPercent,
    warmupSeconds: options.warmupSeconds ?? scaling.warmupSeconds,
  };
}

async function traceOf(
  policy: Scaled,
  { trace, cloudwatch }: Options,
  { kind }: Conversion,
  io: Io,
  refuse: Refuse,
): Promise<Trace> {
  if (trace !== undefined && cloudwatch !== undefined)
    return refuse('found both --trace and --cloudwatch; expected one of them');
  if (trace === undefined && cloudwatch === undefined)
    return refuse('which load? Expected one of --trace and --cloudwatch');
  if (trace === '-') return refuse('standard input cannot be read twice; expected --trace with a file');
  if (trace !== undefined) return fileTrace(trace, kind === 'cpu' ? CPU_PERCENT : ANY_LOAD);
  // Loaded here, and not for files: it brings the SDK with it.
  const [{ accountClients, realClock }, { awsMetrics }, { isPortError, refusedCredentials }] = await Promise.all([
    import('./account.ts'),
    import('../aws/metrics.ts'),
    import('../controller/reading.ts'),
  ]);
  const clients = await accountClients(policy.region, io.env, refuse);
  try {
    return await cloudWatchTrace(
      policy,
      cloudwatch as number,
      awsMetrics(clients.cloudWatch),
      realClock().clock.nowMs(),
    );
  } catch (error) {
    if (error instanceof TraceError) return refuse(error.message);
    if (!isPortError(error)) throw error;
    return refuse(refusedCredentials(error) ?? `CloudWatch cannot be read: ${error.message}`);
  }
}

const INTERRUPTED = Symbol('interrupted');

async function play(
  playing: BacktestOptions,
  { json, html }: Pick<Options, 'json' | 'html'>,
  io: Io,
  refuse: Refuse,
): Promise<ExitCode> {
  const interruption = interruptible(() => undefined);
  // Signals of the process are heard between two turns of its loop.
  const pause = async (): Promise<void> => {
    await new Promise((done) => setImmediate(done));
    if (interruption.isInterrupted()) throw INTERRUPTED;
  };
  try {
    const result = await backtest({ ...playing, pause, onProgress: progressOn(io, 'rows') });
    if (json) writeJson(io.stdout, result);
    else writeLines(io.stdout, backtestLines(result, painter(io.stdout)));
    if (html !== undefined)
      await writePage(html, backtestHtml(result, await readAssets()), json ? io.stderr : io.stdout, refuse);
    return result.verdict.pass ? 0 : 1;
  } catch (error) {
    if (error instanceof TraceError) return refuse(error.message);
    if (error !== INTERRUPTED) throw error;
    writeLines(io.stderr, ['', 'interrupted: a part of a trace says nothing, so nothing is printed']);
    return 1;
  } finally {
    interruption.over();
  }
}
