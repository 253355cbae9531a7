/** `drill`: rehearses outages on a simulated AWS, with the functions that would be deployed. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Policy } from '../core/model.ts';
import type { DrillResult } from '../drill/result.ts';
import type { Scenario } from '../drill/scenario.ts';
import { detectionTimes } from '../policy/detection.ts';
import { nearest } from '../policy/nearest.ts';
import { columns } from '../report/columns.ts';
import { drillMeasures, drillTable, timelineLine } from '../report/drill.ts';
import { type End, type ExitCode, type Io, packaged, painter, writeJson, writeLines } from './io.ts';
import { onePolicy } from './policies.ts';

const DEFAULT_POLICY = 'policies/web.yml';

const AFTER_HELP = `
A drill lets a simulated AWS rest, breaks something at second 0, and drives the functions that would be deployed, through
virtual minutes in real seconds. Its lines: seconds since the fault, area, what happened (a reason code in capitals is a
decision). It measures, in seconds since the fault:
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

Exit codes: 0 every drill passed, 1 one failed, 2 nothing could be run.`;

interface Options {
  readonly all?: true;
  readonly list?: true;
  readonly policy?: string;
  readonly seed: number;
  readonly json?: true;
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
    .option('--seed <number>', 'which of all possible courses', seedOf, 1)
    .option('--json', 'print the result as JSON, and nothing else, on standard output; an array with --all')
    .addHelpText('after', AFTER_HELP)
    .action(async (name: string | undefined, options: Options, command: Command) => {
      const refuse: Refuse = (message) => command.error(`error: ${message}`);
      // Loaded here, and not by the other commands: it brings the whole controller with it.
      const { SCENARIOS } = await import('../drill/scenarios.ts');
      if (options.list) return list(SCENARIOS, options.json === true, io);
      const chosen = choose(SCENARIOS, name, options, refuse);
      const policy = await onePolicy(options.policy ?? packaged(DEFAULT_POLICY), 'rehearsed', io, refuse);
      end(await rehearse(chosen, policy, options, io, refuse));
    });
}

function seedOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return Number(text);
}

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
  { policy: given, seed, json, all }: Options,
  io: Io,
  refuse: Refuse,
): Promise<ExitCode> {
  const [{ runDrill }, { rig }] = await Promise.all([import('../drill/run.ts'), import('../../handlers/rehearsal.ts')]);
  const paint = painter(io.stdout);
  const say = (lines: readonly string[]): void => (json ? undefined : writeLines(io.stdout, lines));
  const policyName = given ?? DEFAULT_POLICY;
  const results: DrillResult[] = [];
  for (const scenario of scenarios) {
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
      results.push(result);
    } else if (all) writeLines(json ? io.stderr : io.stdout, [`left out: ${result.refused}`, '']);
    else return refuse(result.refused);
  }
  if (results.length === 0) return refuse(`${policyName} gives ground for none of the drills`);
  if (json) writeJson(io.stdout, all ? results : results[0]);
  else {
    const reachable = detectionTimes(policy).map(({ text }) => `  ${text}`);
    say([paint('bold', `What the numbers of ${policyName} reach at worst`), ...reachable]);
    if (all) say(['', ...drillTable(results, paint)]);
  }
  return results.every(({ verdict }) => verdict === 'pass') ? 0 : 1;
}
