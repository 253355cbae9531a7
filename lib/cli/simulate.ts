/** `simulate`: thousands of outages, drawn from seeds, on a simulated AWS, with every invariant checked at each step. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { reasonCodes } from '../report/reasons.ts';
import { coverageText, type ViolationView, violationText } from '../report/simulate.ts';
import type { Part } from '../simulate/draw.ts';
import type { SeedResult, SeedSpec, Shrunken } from '../simulate/seed.ts';
import type { Tally } from '../simulate/tally.ts';
import { type Commit, currentCommit } from './commit.ts';
import { type End, type Io, painter, writeJson, writeLines } from './io.ts';
import { interruptible, progressOn } from './long-run.ts';
import { createPool, type Pool } from './simulate-pool.ts';

const AFTER_HELP = `
Each seed draws a world (services, fleets, sites), policies over all that the schema allows, a shape of traffic and a
schedule of faults, and plays it with the functions that would be deployed, in virtual time. In the first two thirds
things go wrong; then everything heals, and what must come right is waited for. All invariants are checked at each step.

A violation is shrunk to the faults that it needs (the first five of a run) and printed with the command that replays it.
The same seed gives the same events, byte for byte; the hash tells. The same seeds print the same, whatever --jobs.

Examples:
  $ evenkeel simulate --seeds 1..300
  $ evenkeel simulate --seeds 1..1000 --minutes 120 --coverage
  $ evenkeel simulate --seed 123 --faults 3,7 --services s0
  $ evenkeel simulate --ci                    300 seeds of 60 minutes, which ones the commit says

Exit codes: 0 nothing was violated, 1 something was, or it was interrupted, 2 nothing could be run.`;

const CI_SEEDS = 300;
/** More are not shrunk: each costs up to a hundred plays, and they are most often the same. */
const SHRUNK = 5;

interface Options {
  readonly seeds?: readonly [number, number];
  readonly seed?: number;
  readonly minutes: number;
  readonly faults?: readonly number[];
  readonly services?: readonly string[];
  readonly traffic: boolean;
  readonly jobs: number;
  readonly events?: true;
  readonly coverage?: true;
  readonly ci?: true;
  readonly base?: number;
  readonly shrink: boolean;
  readonly json?: true;
}

function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return Number(text);
}

export function positive(text: string): number {
  const number = whole(text);
  if (number < 1) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return number;
}

export function range(text: string): readonly [number, number] {
  const found = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  const [from, to] = [Number(found?.[1]), Number(found?.[2])];
  if (found === null || from > to) throw new InvalidArgumentError('Expected two whole numbers like 1..300.');
  return [from, to];
}

function numbers(text: string): readonly number[] {
  return text === 'none' ? [] : text.split(',').map(positive);
}

export function addSimulate(program: Command, io: Io, end: End): void {
  program
    .command('simulate')
    .summary('play outages drawn from seeds, and check every invariant')
    .description('Plays outages drawn from seeds on a simulated AWS, and checks every invariant at each step.')
    .option('--seeds <from..to>', 'which seeds, both ends included', range)
    .option('--seed <number>', 'one seed', whole)
    .option('--minutes <number>', 'simulated minutes of each seed', positive, 60)
    .option('--faults <numbers>', 'only these faults of the schedule, like 3,7; none for no fault', numbers)
    .option('--services <names>', 'only these services, like s0,s2', (text: string) => text.split(','))
    .option('--no-traffic', 'leave the traffic as it is at the start')
    .option('--jobs <number>', 'threads (default: one for each core)', positive, availableParallelism())
    .option('--events', 'with --seed: print everything that happens')
    .option('--coverage', 'print how often each reason code came about under each kind of fault')
    .option('--ci', `${CI_SEEDS} seeds, the first of them chosen by the commit`)
    .option('--base <number>', 'with --ci: the first seed', whole)
    .option('--no-shrink', 'do not look for the faults that a violation needs')
    .option('--json', 'print the result as JSON, and nothing else, on standard output')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      const commit = await currentCommit();
      const specs = specsOf(options, commit, (message) => command.error(`error: ${message}`));
      end(await campaign(specs, options, commit, io));
    });
}

/** The first of the CI's seeds: another for each commit, and always the same for one. */
function baseOf(options: Options, commit: Commit): number {
  return options.base ?? Number.parseInt((commit.id ?? '1').slice(0, 8), 16);
}

function specsOf(options: Options, commit: Commit, refuse: (message: string) => never): readonly SeedSpec[] {
  const given = [options.seeds, options.seed, options.ci].filter((one) => one !== undefined);
  if (options.events && options.seed === undefined) return refuse('found --events without --seed; expected one seed');
  if (given.length !== 1) return refuse('which seeds? Expected one of --seeds 1..300, --seed 1 and --ci');
  const base = baseOf(options, commit);
  const one = options.seed;
  const [from, to] = options.seeds ?? (one === undefined ? [base, base + CI_SEEDS - 1] : [one, one]);
  const part: Part = {
    faults: options.faults,
    services: options.services,
    traffic: options.traffic ? undefined : false,
  };
  return Array.from({ length: to - from + 1 }, (_, index) => ({ seed: from + index, minutes: options.minutes, part }));
}

/** The command that plays just this again. */
function replayOf({ seed, minutes }: SeedSpec, { faults, services, traffic }: Part): string {
  const parts = [
    `npm run -s simulate -- --seed ${seed} --minutes ${minutes}`,
    faults === undefined ? '' : ` --faults ${faults.length === 0 ? 'none' : faults.join(',')}`,
    services === undefined ? '' : ` --services ${services.join(',')}`,
    traffic === false ? ' --no-traffic' : '',
  ];
  return parts.join('');
}

async function campaign(specs: readonly SeedSpec[], options: Options, commit: Commit, io: Io): Promise<0 | 1> {
  const { tallyOf } = await import('../simulate/tally.ts');
  const beganMs = performance.now();
  const onLine = options.events && !options.json ? (line: string) => io.stdout.write(line) : undefined;
  const pool = createPool(Math.min(options.jobs, specs.length), onLine);
  const interruption = interruptible(() => void pool.stop());
  const progress = progressOn(io, 'seeds');
  try {
    if (!options.json && options.ci) writeLines(io.stdout, [`base ${specs[0]?.seed} (commit ${commit.text})`]);
    const results = await pool.play(specs, (done) => progress(done, specs.length));
    const tally = tallyOf(results);
    const views = await viewsOf(tally, specs, options, commit, pool);
    const seconds = (performance.now() - beganMs) / 1000;
    const interrupted = interruption.isInterrupted();
    if (options.json) writeJson(io.stdout, jsonOf(tally, views, specs, options, commit, interrupted));
    else print(tally, views, specs, options, io, { seconds, interrupted });
    return tally.found.length > 0 || interrupted ? 1 : 0;
  } finally {
    interruption.over();
    await pool.stop();
  }
}

/** Every violation for the report, the first ones shrunk. */
async function viewsOf(
  tally: Tally,
  specs: readonly SeedSpec[],
  options: Options,
  commit: Commit,
  pool: Pool,
): Promise<ViolationView[]> {
  const specOf = new Map(specs.map((spec) => [spec.seed, spec]));
  const first = options.shrink ? tally.found.slice(0, SHRUNK) : [];
  const wanted = first.map(({ seed }) => specOf.get(seed) as SeedSpec);
  const shrunk = new Map((await pool.shrink(wanted)).map((one) => [one?.seed, one]));
  return tally.found.map((result): ViolationView => {
    const least: Shrunken | null = shrunk.get(result.seed) ?? null;
    const spec = specOf.get(result.seed) as SeedSpec;
    const shown: SeedResult = least ?? result;
    const finding = shown.finding ?? result.finding;
    if (finding === null) throw new Error(`seed ${result.seed} found nothing`);
    return {
      ...{ seed: result.seed, finding, schedule: shown.schedule, last: shown.last, commit: commit.text },
      of: least?.of ?? null,
      replay: replayOf(spec, least?.part ?? spec.part ?? {}),
    };
  });
}

function jsonOf(
  tally: Tally,
  violations: readonly ViolationView[],
  specs: readonly SeedSpec[],
  { minutes, coverage }: Options,
  commit: Commit,
  interrupted: boolean,
): object {
  const { seeds, simulatedSeconds, hash, counts, reasons, never } = tally;
  return {
    commit: commit.text,
    seeds: { from: specs[0]?.seed, to: specs.at(-1)?.seed, played: seeds },
    ...{ minutes, simulatedSeconds, hash, interrupted, violations, reasons, never },
    ...(coverage ? { coverage: counts } : {}),
  };
}

function print(
  tally: Tally,
  views: readonly ViolationView[],
  specs: readonly SeedSpec[],
  { minutes, coverage }: Options,
  io: Io,
  { seconds, interrupted }: { readonly seconds: number; readonly interrupted: boolean },
): void {
  const paint = painter(io.stdout);
  writeLines(
    io.stdout,
    views.flatMap((view) => violationText(view, paint)),
  );
  if (coverage) writeLines(io.stdout, [...coverageText(tally.counts, reasonCodes(), paint), '']);
  if (tally.never.length > 0) writeLines(io.stdout, [`reason codes that never came about: ${tally.never.join(', ')}`]);
  const what = `seeds ${specs[0]?.seed} to ${specs.at(-1)?.seed}, ${minutes} simulated minutes each`;
  const played = `${interrupted ? 'interrupted: ' : ''}${tally.seeds} of ${specs.length} played`;
  const violated = `${views.length} ${views.length === 1 ? 'violation' : 'violations'}`;
  const verdict = paint(views.length === 0 ? 'green' : 'red', violated);
  writeLines(io.stdout, [`${what}: ${played}, ${verdict}; hash ${tally.hash.slice(0, 16)}`]);
  const speed = Math.round(tally.simulatedSeconds / seconds).toLocaleString('en');
  writeLines(io.stderr, [`${seconds.toFixed(1)} s, ${speed} × real time`]);
}
