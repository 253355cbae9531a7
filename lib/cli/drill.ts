/** `drill`: rehearses outages on a simulated AWS, with the functions that would be deployed. */
import type { Command } from 'commander';
import type { Policy } from '../core/model.ts';
import type { DrillRefusal, DrillResult } from '../drill/result.ts';
import type { Scenario } from '../drill/scenario.ts';
import { detectionTimes } from '../policy/detection.ts';
import { nearest } from '../policy/nearest.ts';
import { columns } from '../report/columns.ts';
import { drillMeasures, drillTable, timelineLine } from '../report/drill.ts';
import { drillHtml } from '../report/drill-html.ts';
import { readAssets } from '../report/html-page.ts';
import { type End, type ExitCode, type Io, packaged, painter, writeJson, writeLines } from './io.ts';
import { progressOn } from './long-run.ts';
import { LARGEST_SEED, whole } from './numbers.ts';
import { onePolicy } from './policies.ts';
import { unwritable, writePage } from './write-whole.ts';

const DEFAULT_POLICY = 'policies/web.yml';

const AFTER_HELP = `
A drill lets a simulated AWS rest, breaks something at second 0, and drives the functions that would be deployed, through
virtual minutes in real seconds. Its lines: seconds since the fault, area, what happened (a reason code in capitals is a
decision; OK and ALARM are what an alarm has turned to). It measures, in seconds since the fault:
  detect    AWS first shows it: a target turns unhealthy, a datapoint is published
  decide    the decision that answers it is saved
  act       the change that it asks for is accepted by AWS
  recover   the later of the last failed request and full capacity
It passes when all of what it asks for at the end holds and no invariant was broken.
The same policy and seed print the same bytes; another seed moves the fault within the minute, and every delay of AWS.

Examples:
  $ evenkeel drill --list
  $ evenkeel drill server-stops
  $ evenkeel drill targets-fail --policy policies/web.yml --seed 7
  $ evenkeel drill --all --json > drills.json
  $ evenkeel drill targets-fail --html drill.html      one page with a chart, to be opened in a browser

Exit codes: 0 every drill passed, 1 one failed, 2 nothing could be run, or the page not be
written.`;

interface Options {
  readonly all?: true;
  readonly list?: true;
  readonly policy?: string;
  readonly seed: number;
  readonly json?: true;
  readonly html?: string;
}

type Refuse = (message: string) => never;

export function addDrill(program: Command, io: Io, end: End): void {
  program
    .command('drill')
    .summary('rehearse an outage on a simulated AWS')
    .description('Rehearses an outage on a simulated AWS, and gives a verdict.')
    .argument('[scenario]', 'the name of a drill')
    .option('--all', 'every drill')
    .option('--list', 'say which drills there are')
    .option('--policy <file>', `the policy to rehearse (default: ${DEFAULT_POLICY} of this package)`)
    .option('--seed <number>', 'which of all possible courses', whole(0, LARGEST_SEED), 1)
    .option(
      '--json',
      'print the result as JSON, and nothing else, on standard output; an array with --all, what was left out (refused) at its end',
    )
    .option('--html <file>', 'write the result as a page with charts too, in one file that needs no network')
    .addHelpText('after', AFTER_HELP)
    .action(async (name: string | undefined, options: Options, command: Command) => {
      const refuse: Refuse = (message) => command.error(`error: ${message}`);
      // Loaded here, and not by the other commands: it brings the whole controller with it.
      const { SCENARIOS } = await import('../drill/scenarios.ts');
      if (options.list) {
        // The seed has a default, which nobody has given.
        const given = OF_A_RUN.find((one) => command.getOptionValueSource(one) === 'cli');
        const other = name ?? (given === undefined ? undefined : `--${given}`);
        if (other !== undefined) refuse(`found both --list and ${other}; expected one of them`);
        return list(SCENARIOS, options.json === true, io);
      }
      const chosen = choose(SCENARIOS, name, options, refuse);
      const { policy, file } = await onePolicy(options.policy ?? packaged(DEFAULT_POLICY), 'rehearsed', io, refuse);
      const hindrance = options.html === undefined ? null : await unwritable(options.html, [file]);
      if (hindrance !== null) refuse(hindrance);
      end(await rehearse(chosen, policy, options, io, refuse));
    });
}

/** Options that say nothing to a list. */
const OF_A_RUN = ['all', 'policy', 'seed', 'html'];

function list(scenarios: readonly Scenario[], json: boolean, io: Io): void {
  const shown = scenarios.map(({ name, summary }) => ({ name, summary }));
  if (json) writeJson(io.stdout, shown);
  else {
    const rows = shown.map(({ name, summary }) => [name, summary]);
    writeLines(io.stdout, columns(rows, 0));
  }
}

function choose(
  scenarios: readonly Scenario[],
  name: string | undefined,
  { all }: Options,
  refuse: Refuse,
): readonly Scenario[] {
  const names = scenarios.map((one) => one.name);
  if (all && name !== undefined) return refuse(`found both ${name} and --all; expected one of them`);
  if (all) return scenarios;
  if (name === undefined) return refuse(`which drill? One of ${names.join(', ')}; or --all`);
  const chosen = scenarios.filter((one) => one.name === name);
  if (chosen.length > 0) return chosen;
  const guess = nearest(name, names);
  return refuse(
    `there is no drill ${name}; ${guess === undefined ? `there are ${names.join(', ')}` : `did you mean ${guess}?`}`,
  );
}

/** Runs the drills one after the other. Those that the policy gives no ground for are left out of several, and said. */
async function rehearse(
  scenarios: readonly Scenario[],
  policy: Policy,
  options: Options,
  io: Io,
  refuse: Refuse,
): Promise<ExitCode> {
  const [{ runDrill }, { rig }] = await Promise.all([import('../drill/run.ts'), import('../../handlers/rehearsal.ts')]);
  const { seed, json, all } = options;
  const paint = painter(io.stdout);
  const say = (lines: readonly string[]): void => (json ? undefined : writeLines(io.stdout, lines));
  const policyName = options.policy ?? DEFAULT_POLICY;
  // The lines of a drill are its progress; with --json there are none.
  const progress = json ? progressOn(io, 'drills') : () => undefined;
  const drills: { readonly summary: string; readonly result: DrillResult }[] = [];
  const leftOut: DrillRefusal[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    // The title waits for the first line: a drill that is refused has none.
    let title: readonly string[] = [`${paint('bold', scenario.name)}: ${scenario.summary}`, ''];
    const result = await runDrill({
      ...{ scenario, policy, policyName, seed, rig },
      settle: () => new Promise((done) => setImmediate(done)),
      onEvent: (entry) => {
        say([...title, timelineLine(entry, paint)]);
        title = [];
      },
    });
    if (!('refused' in result)) {
      say(['', ...drillMeasures(result, paint), '']);
      drills.push({ summary: scenario.summary, result });
    } else if (all) {
      leftOut.push(result);
      writeLines(json ? io.stderr : io.stdout, [`left out: ${result.refused}`, '']);
    } else return refuse(result.refused);
    if (index + 1 < scenarios.length) progress(index + 1, scenarios.length);
  }
  if (drills.length === 0) return refuse(`${policyName} gives ground for none of the drills`);
  const reachable = detectionTimes(policy).map(({ text }) => text);
  print(
    drills.map(({ result }) => result),
    leftOut,
    policyName,
    reachable,
    options,
    io,
  );
  if (options.html !== undefined) {
    const page = drillHtml(
      { policy: policyName, drills, reachable, leftOut: leftOut.map(({ refused }) => refused) },
      await readAssets(),
    );
    await writePage(options.html, page, json ? io.stderr : io.stdout, refuse);
  }
  return drills.every(({ result }) => result.verdict === 'pass') ? 0 : 1;
}

/** What stands below the last drill, or all that `--json` prints. */
function print(
  results: readonly DrillResult[],
  leftOut: readonly DrillRefusal[],
  policyName: string,
  reachable: readonly string[],
  { json, all }: Options,
  io: Io,
): void {
  if (json) {
    writeJson(io.stdout, all ? [...results, ...leftOut] : results[0]);
    return;
  }
  const paint = painter(io.stdout);
  const heading = paint('bold', `What the numbers of ${policyName} reach at worst`);
  writeLines(io.stdout, [heading, ...reachable.map((text) => `  ${text}`)]);
  if (all) writeLines(io.stdout, ['', ...drillTable(results, paint)]);
}
