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
import { LARGEST_SEED, whole } from './numbers.ts';
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
/** What came of each seed is kept until the end, a kilobyte each, and these take hours. */
const MOST_SEEDS = 100_000;
/** A week: what is drawn grows with it. */
const LONGEST_MINUTES = 10_080;
/** Each thread loads the whole controller. */
const MOST_JOBS = 256;
/** More are not shrunk: each costs up to a hundred plays, and they are most often the same. */
const SHRUNK = 5;

type Refuse = (message: string) => never;

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

const seedFrom = whole(0, LARGEST_SEED);
/** How many minutes a seed may have. */
export const minutesFrom = whole(1, LONGEST_MINUTES);
/** How many threads. */
export const jobsFrom = whole(1, MOST_JOBS);

/** The seeds from the first to the last, both included. */
export function range(text: string): readonly [number, number] {
  const found = /^(\d+)\.\.(\d+)$/.exec(text);
  if (found === null) throw new InvalidArgumentError('Expected two whole numbers like 1..300.');
  const [from, to] = [seedFrom(found[1] as string), seedFrom(found[2] as string)];
  if (from > to) throw new InvalidArgumentError('Expected two whole numbers like 1..300, the smaller one first.');
  const count = to - from + 1;
  if (count <= MOST_SEEDS) return [from, to];
  throw new InvalidArgumentError(`Those are ${count} seeds; expected at most ${MOST_SEEDS}, more need several runs.`);
}

function faultNumbers(text: string): readonly number[] {
  if (text === 'none') return [];
  if (!/^[1-9]\d{0,8}(,[1-9]\d{0,8})*$/.test(text))
    throw new InvalidArgumentError('Expected numbers of faults from 1 on, like 3,7; or none.');
  return text.split(',').map(Number);
}

function names(text: string): readonly string[] {
  const all = text.split(',');
  if (all.includes('')) throw new InvalidArgumentError('Expected names of services like s0,s2.');
  return all;
}

export function addSimulate(program: Command, io: Io, end: End): void {
  program
    .command('simulate')
    .summary('play outages drawn from seeds, and check every invariant')
    .description('Plays outages drawn from seeds on a simulated AWS, and checks every invariant at each step.')
    .option('--seeds <from..to>', 'which seeds, both ends included', range)
    .option('--seed <number>', 'one seed', seedFrom)
    .option('--minutes <number>', 'simulated minutes of each seed', minutesFrom, 60)
    .option(
      '--faults <numbers>',
      'with --seed: only these faults of its schedule, like 3,7; none for no fault',
      faultNumbers,
    )
    .option('--services <names>', 'with --seed: only these of its services, like s0,s2', names)
    .option('--no-traffic', 'leave the traffic as it is at the start')
    .option('--jobs <number>', 'threads (default: one for each core)', jobsFrom, availableParallelism())
    .option('--events', 'with --seed: print everything that happens')
    .option('--coverage', 'print how often each reason code came about under each kind of fault')
    .option('--ci', `${CI_SEEDS} seeds, the first of them chosen by the commit`)
    .option('--base <number>', 'with --ci: the first seed', seedFrom)
    .option('--no-shrink', 'do not look for the faults that a violation needs')
    .option('--json', 'print the result as JSON, and nothing else, on standard output')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      const commit = await currentCommit();
      const refuse: Refuse = (message) => command.error(`error: ${message}`);
      const specs = specsOf(options, commit, refuse);
      await refuseNothing(specs, refuse);
      end(await campaign(specs, options, commit, io));
    });
}

/** The first of the CI's seeds: another for each commit, and always the same for one. */
function baseOf(options: Options, commit: Commit): number {
  return options.base ?? Number.parseInt((commit.id ?? '1').slice(0, 8), 16);
}

/** Why these options do not go together; null: they do. */
function contradiction({ seeds, seed, ci, base, events, json, services, faults }: Options): string | null {
  const alone = events ? '--events' : services ? '--services' : faults?.length ? '--faults' : null;
  // Services and faults have the same names in each seed, and are others.
  if (alone !== null && seed === undefined) return `found ${alone} without --seed; expected one seed`;
  if ([seeds, seed, ci].filter((one) => one !== undefined).length !== 1)
    return 'which seeds? Expected one of --seeds 1..300, --seed 1 and --ci';
  if (base !== undefined && !ci) return 'found --base without --ci; expected both or none';
  return events && json ? 'found both --events and --json; expected one of them' : null;
}

/** A part of one seed must be there: to play nothing would look as if all were well. */
async function refuseNothing([spec]: readonly SeedSpec[], refuse: Refuse): Promise<void> {
  if (spec?.part?.services === undefined && !spec?.part?.faults?.length) return;
  const { drawScript, lackOf } = await import('../simulate/draw.ts');
  const lack = lackOf(drawScript(spec.seed, spec.minutes), spec.part);
  if (lack !== null) refuse(`seed ${spec.seed} of ${spec.minutes} minutes has no ${lack}`);
}

function specsOf(options: Options, commit: Commit, refuse: Refuse): readonly SeedSpec[] {
  const wrong = contradiction(options);
  if (wrong !== null) return refuse(wrong);
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
