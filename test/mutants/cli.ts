/** `npm run simulate:mutants`: plants bugs, one at a time, and lets the simulation find them. */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Io, messageOf, writeJson, writeLines } from '../../lib/cli/io.ts';
import { jobsFrom, minutesFrom, range } from '../../lib/cli/simulate.ts';
import type { CaughtMutant } from '../../lib/report/mutants.ts';
import { MUTANTS } from './all-mutants.ts';
import { openWorkshop, type Workshop } from './bundle.ts';
import { type Hunted, hunt, unmutated } from './hunt.ts';
import type { Mutant } from './mutant.ts';

const CAUGHT = fileURLToPath(new URL('caught.json', import.meta.url));

const AFTER_HELP = `
A mutant is one bug, planted in the text of one file while the simulation is bundled into a temporary folder: the work
tree is only read. The seeds are played as \`simulate\` draws them, first the one that caught the mutant when the result
was last kept, then all from the first to the last, until one violates an invariant that it keeps without the bug.
A mutant whose place in the code is gone fails the run.

Examples:
  $ npm run -s simulate:mutants -- --list
  $ npm run -s simulate:mutants -- --only freeze-not-read
  $ npm run -s simulate:mutants -- --write      all of them; then: npm run -s evenkeel -- readme

Exit codes: 0 every mutant was caught, 1 one was not, 2 nothing could be run.`;

interface Options {
  readonly only?: readonly Mutant[];
  /** Both ends included. */
  readonly seeds: readonly [number, number];
  readonly minutes: number;
  readonly jobs: number;
  readonly list?: true;
  readonly write?: true;
  readonly json?: true;
}

function named(text: string): readonly Mutant[] {
  return text.split(',').map((name) => {
    const mutant = MUTANTS.find((one) => one.name === name);
    if (mutant === undefined) throw new InvalidArgumentError(`There is no mutant ${name}; --list names all.`);
    return mutant;
  });
}

function program(io: Io, run: (options: Options, command: Command) => Promise<void>): Command {
  return new Command('npm run -s simulate:mutants --')
    .description('Plants bugs in the controller, one at a time, and checks that the simulation finds each.')
    .option('--only <names>', 'only these mutants, like freeze-not-read,hold-ignored', named)
    .option('--seeds <from..to>', 'which seeds are played, both ends included', range, [1, 500] as const)
    .option('--minutes <number>', 'simulated minutes of each seed', minutesFrom, 60)
    .option('--jobs <number>', 'mutants at once (default: one for each core)', jobsFrom, availableParallelism())
    .option('--list', 'print the mutants, and run none')
    .option('--write', 'keep the result in test/mutants/caught.json, from which the table in the README is made')
    .option('--json', 'print the result as JSON, and nothing else, on standard output')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .addHelpText('after', AFTER_HELP)
    .showHelpAfterError('(add --help to see how it is used)')
    .exitOverride()
    .action(run);
}

/** Runs the command. Writes to `io`, and with `--write` the one file; never throws. */
export async function mutantsCommand(argv: readonly string[], io: Io): Promise<0 | 1 | 2> {
  let code: 0 | 1 = 0;
  const command = program(io, async (options, self) => {
    if (options.write && (options.only !== undefined || options.seeds[0] !== 1))
      self.error(
        'error: --write keeps the result of all mutants from seed 1; expected no --only and no other first seed',
      );
    code = options.list ? list(io) : await campaign(options, io);
  });
  try {
    await command.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`error: ${messageOf(error)}\n`);
    return 2;
  }
}

function list(io: Io): 0 {
  writeLines(
    io.stdout,
    MUTANTS.map(({ name, file, wrong }) => `${name} (${file}): ${wrong}`),
  );
  return 0;
}

/** Says on standard error how far it is, and how long it may yet take. */
function progress(io: Io, total: number): { seed: (name: string, seed: number) => void; done: () => void } {
  const beganMs = performance.now();
  let saidMs = beganMs;
  let done = 0;
  return {
    done: () => {
      done += 1;
    },
    seed(name, seed) {
      const nowMs = performance.now();
      if (nowMs - saidMs < 10_000) return;
      saidMs = nowMs;
      const left =
        done === 0 ? '' : `, about ${Math.ceil((((nowMs - beganMs) / done) * (total - done)) / 1000)} s left`;
      io.stderr.write(`${done} of ${total} mutants done, ${name} is at seed ${seed}${left}\n`);
    },
  };
}

function lineOf({ mutant, caught, seconds }: Hunted): string {
  const { name } = mutant;
  if (caught === null) return `SURVIVED ${name} after ${seconds} s: the controller ${mutant.wrong}`;
  const { invariant, seed, service, atSeconds, message } = caught;
  return `caught ${name} by ${invariant} at seed ${seed} in ${seconds} s (${atSeconds} s ${service}: ${message})`;
}

/** Every seed of the range, first the one by which the mutant was caught last. */
function seedsFor({ name }: Mutant, [from, to]: Options['seeds'], kept: readonly CaughtMutant[]): readonly number[] {
  const all = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const first = kept.find((one) => one.name === name)?.seed;
  return first === undefined || !all.includes(first) ? all : [first, ...all.filter((seed) => seed !== first)];
}

/** Hunts all of them, `jobs` at once; the results in the order of the mutants. */
async function huntAll(workshop: Workshop, mutants: readonly Mutant[], options: Options, io: Io): Promise<Hunted[]> {
  const { minutes } = options;
  const kept: readonly CaughtMutant[] = JSON.parse(await readFile(CAUGHT, 'utf8'));
  const asItIs = unmutated(workshop, minutes);
  const say = progress(io, mutants.length);
  const results: Hunted[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < mutants.length; index = next++) {
      const mutant = mutants[index] as Mutant;
      const seeds = seedsFor(mutant, options.seeds, kept);
      const hunted = await hunt(workshop, mutant, { seeds, minutes }, asItIs.play, (seed) =>
        say.seed(mutant.name, seed),
      );
      say.done();
      results[index] = hunted;
      if (!options.json) writeLines(io.stdout, [lineOf(hunted)]);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(options.jobs, mutants.length) }, work));
    return results;
  } finally {
    await asItIs.end();
  }
}

async function campaign(options: Options, io: Io): Promise<0 | 1> {
  const workshop = await openWorkshop();
  try {
    const results = await huntAll(workshop, options.only ?? MUTANTS, options, io);
    const survivors = results.filter(({ caught }) => caught === null);
    const rows = results.map(({ mutant: { name, wrong }, caught, seconds }) => ({ name, wrong, caught, seconds }));
    if (options.json) writeJson(io.stdout, { seeds: options.seeds, minutes: options.minutes, mutants: rows });
    else
      writeLines(io.stdout, [
        `${results.length - survivors.length} of ${results.length} mutants caught`,
        ...survivors.map(({ mutant }) => `survived: ${mutant.name}`),
      ]);
    if (options.write && survivors.length === 0) await keep(results);
    return survivors.length === 0 ? 0 : 1;
  } finally {
    await workshop.remove();
  }
}

async function keep(results: readonly Hunted[]): Promise<void> {
  const caught = results.map(
    ({ mutant: { name, wrong }, caught: by }): CaughtMutant => ({
      ...{ name, wrong },
      invariant: by?.invariant ?? '',
      seed: by?.seed ?? 0,
    }),
  );
  await writeFile(CAUGHT, `${JSON.stringify(caught, null, 2)}\n`);
}
