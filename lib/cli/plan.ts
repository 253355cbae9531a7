/** `plan`: what a cycle would do now, and why. Changes nothing. */
import type { Command } from 'commander';
import type { Looked } from '../controller/look.ts';
import type { Problem } from '../controller/problem.ts';
import { isPortError, refusedCredentials } from '../controller/reading.ts';
import type { Policy } from '../core/model.ts';
import { controllerName } from '../deploy/names.ts';
import { nearest } from '../policy/nearest.ts';
import type { Ports, StatePort } from '../ports.ts';
import { readDecision } from '../report/decision.ts';
import { type PlannedService, planLines, planSummary, wasSeen, wouldChange } from '../report/plan.ts';
import { type End, type ExitCode, type Io, painter, runnable, writeJson, writeLines } from './io.ts';
import { goodPolicies, noneServed } from './policies.ts';

const DEFAULT_STAGE = 'prod';
/** A look is over after this time; what has not answered by then is missing. */
const PATIENCE_MS = 30_000;

const UNREADABLE = 'the state cannot be read, and without it nothing can be said';

const AFTER_HELP = `
Looks at the account with your own credentials and decides as the next cycle would, with the state that the deployed
controller has saved. It changes nothing: not the account, and not the state.

For each service and area one line: the reason code and what is behind it. Below it, if there is one, the change that a
cycle would make, and what keeps it from being made: the mode observe, a hold, a freeze.

Without a state table every counter begins at zero, so what takes several rounds is not decided yet: a failing target
is WATCHING until health.rounds.unhealthy rounds have seen it.

Examples:
  $ evenkeel plan                            all policies of this package
  $ evenkeel plan web --explain              one service, every decision in full
  $ evenkeel plan --policy policies/web.yml --table evenkeel-dev
  $ evenkeel plan --json | jq '.services[].decisions[] | select(.action)'

Exit codes: 0 looked at everything, 1 a policy or a part of a service could not be looked at (missing: doctor finds out
why), 2 it cannot be run. With --exit-code, as with git diff, 1 also says that a cycle would change something: a plan
with changes is no failure unless you ask.`;

interface Options {
  readonly policy?: readonly string[];
  readonly table?: string;
  readonly stage?: string;
  readonly region?: string;
  readonly json?: true;
  readonly explain?: true;
  readonly exitCode?: true;
}

type Refuse = (message: string) => never;

export function addPlan(program: Command, io: Io, end: End): void {
  program
    .command('plan')
    .summary('say what a cycle would do now')
    .description('Says what a cycle would do now, and why. Changes nothing.')
    .argument('[services...]', 'names of services (default: all)')
    .option(
      '--policy <path>',
      'a policy file or folder; may be repeated (default: the policies of this package)',
      gather,
    )
    .option('--table <name>', 'the state table')
    .option('--stage <stage>', `the stage whose state table is read (default: ${DEFAULT_STAGE})`)
    .option('--region <region>', 'where the controller runs, and its table is (default: what serverless.yml says)')
    .option('--explain', 'explain every decision in full (--json has them in full too)')
    .option('--json', 'print the decisions as JSON, and nothing else, on standard output')
    .option('--exit-code', 'end with 1 if a cycle would change something')
    .addHelpText('after', AFTER_HELP)
    .action(async (services: string[], options: Options, command: Command) => {
      const refuse: Refuse = (message) => command.error(`error: ${message}`);
      if (options.table !== undefined && options.stage !== undefined) {
        refuse('found both --table and --stage; expected one of them');
      }
      if (options.json && options.explain) refuse('found both --json and --explain; expected one of them');
      end(await plan(services, options, io, refuse));
    });
}

/** A repeated option as the list of its values. Not a variadic one, which would swallow the services after it. */
const gather = (path: string, before: readonly string[] = []): readonly string[] => [...before, path];

function choose(policies: readonly Policy[], names: readonly string[], refuse: Refuse): readonly Policy[] {
  const known = policies.map(({ service }) => service);
  for (const name of names) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    const instead = guess === undefined ? `there are ${known.join(', ')}` : `did you mean ${guess}?`;
    return refuse(`no policy is for a service ${name}; ${instead}`);
  }
  return names.length === 0 ? policies : policies.filter(({ service }) => names.includes(service));
}

async function plan(names: readonly string[], options: Options, io: Io, refuse: Refuse): Promise<ExitCode> {
  const { good, broken } = await goodPolicies(options.policy ?? [], io);
  if (good.length === 0) return refuse(noneServed(options.policy ?? []));
  const policies = choose(
    good.map(({ policy }) => policy),
    names,
    refuse,
  );
  const { ports, stateFrom, end } = await portsFor(options, io, refuse);
  const seen = await lookAtAll(ports, policies, refuse).finally(end);
  print({ ...seen, stateFrom }, options, io);
  if (broken || seen.problems.length > 0 || !seen.services.every(wasSeen)) return 1;
  return options.exitCode === true && seen.services.some(wouldChange) ? 1 : 0;
}

async function lookAtAll(ports: Ports, policies: readonly Policy[], refuse: Refuse): Promise<Omit<Plan, 'stateFrom'>> {
  const [{ look }, { READS_TOGETHER }] = await Promise.all([
    import('../controller/look.ts'),
    import('../controller/paced-dns.ts'),
  ]);
  const services: PlannedService[] = [];
  const problems: Problem[] = [];
  // Each service has one record at most; a look that asks for more of them than Route 53 is sent would miss the last.
  for (let start = 0; start < policies.length; start += READS_TOGETHER) {
    const some = policies.slice(start, start + READS_TOGETHER);
    const looked = await look(ports, some, PATIENCE_MS).catch((error: unknown) => {
      if (!isPortError(error)) throw error;
      return refuse(`${UNREADABLE}: ${error.message}`);
    });
    services.push(...plannedOf(looked));
    problems.push(...looked.problems);
  }
  return { services, problems };
}

/** The ports over the live account, without writes; where the state comes from, in words; and the end of their clock. */
async function portsFor(
  { table, stage, region: given }: Options,
  io: Io,
  refuse: Refuse,
): Promise<{ ports: Ports; stateFrom: string; end: () => void }> {
  // Loaded here, and not by the other commands: they bring the SDK and the functions' runtime with them.
  const [{ accountClients, controllerRegion, realClock }, { portsOver }, { httpProbe }, { readOnly }] =
    await Promise.all([
      import('./account.ts'),
      import('../../handlers/runtime.ts'),
      import('../aws/probe.ts'),
      import('./read-only.ts'),
    ]);
  const region = await controllerRegion(given, refuse);
  const clients = await accountClients(region, io.env, refuse);
  const { clock, end } = realClock();
  const name = table ?? controllerName(stage ?? DEFAULT_STAGE);
  const { awsState } = await import('../aws/state.ts');
  const state = awsState(clients.dynamoDb, name);
  const warn = (message: string): void => void io.stderr.write(`${message}\n`);
  const journal = { write: () => undefined, count: () => undefined };
  const over = (chosen: StatePort): Ports =>
    readOnly(portsOver(clients, { clock, probe: httpProbe(), state: chosen, journal }), warn);
  try {
    await state.loadController();
    return { ports: over(state), stateFrom: `table ${name} in ${region}`, end };
  } catch (error) {
    const refused = refusedCredentials(error);
    if (refused !== null) return refuse(refused);
    if (!isPortError(error)) throw error;
    if (error.kind !== 'NotFound') return refuse(`${UNREADABLE}: ${error.message}`);
    if (table !== undefined)
      return refuse(`there is no table ${name} in ${region}; leave --table out to plan from an empty state`);
    const { memoryState } = await import('../sim/state-memory.ts');
    return {
      ports: over(memoryState()),
      stateFrom: `nothing: there is no table ${name} in ${region}, so every counter begins at zero`,
      end,
    };
  }
}

/** The decisions as a look leaves them, each action with what stands against it at the gate. */
function plannedOf({ frozen, services }: Looked): PlannedService[] {
  const against = ({ mode, orders }: Looked['services'][number]): string => {
    if (mode === 'observe') return 'OBSERVE_MODE';
    if (orders.hold !== undefined) return 'HELD';
    return frozen ? 'FROZEN' : 'PLANNED';
  };
  return services.map(({ orders, ...seen }) => {
    const notApplied = against({ orders, ...seen });
    const decisions = seen.decisions.map((one) => {
      const read = readDecision({ ...one, service: seen.service, ...(one.action === null ? {} : { notApplied }) });
      if ('problem' in read) throw new Error(`a decision of ${seen.service} cannot be explained: ${read.problem}`);
      return read.decision;
    });
    return { ...seen, decisions };
  });
}

interface Plan {
  readonly services: readonly PlannedService[];
  readonly problems: readonly Problem[];
  readonly stateFrom: string;
}

function print({ services, problems, stateFrom }: Plan, { json, explain, policy }: Options, io: Io): void {
  if (json) {
    writeJson(io.stdout, { stateFrom, services, problems });
    return;
  }
  const paint = painter(io.stdout);
  writeLines(io.stdout, [
    `State from ${stateFrom}`,
    '',
    ...services.flatMap((one) => planLines(one, explain === true, paint)),
    ...problems.map(({ service, code, message }) => `${paint('red', code)} ${service ?? ''}: ${message}`),
    planSummary(services, runnable('doctor', ...(policy ?? []))),
  ]);
}
