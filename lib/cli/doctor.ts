/** `doctor`: what of the policies will not work in this account. */
import type { Command } from 'commander';
import type { AwsClients } from '../aws/clients.ts';
import type { Policy } from '../core/model.ts';
import { roleName } from '../deploy/names.ts';
import type { Finding } from '../doctor/finding.ts';
import type { Read } from '../doctor/read.ts';
import { pathText } from '../policy/problem.ts';
import { type DoctorEntry, doctorLines, doctorSummary, type Fixed } from '../report/doctor.ts';
import { canAsk, canFix, fixAll, fixesFor } from './fix.ts';
import { type End, type ExitCode, type Io, painter, runnable, writeJson, writeLines } from './io.ts';
import { type GoodPolicies, goodPolicies, noneServed } from './policies.ts';

const AFTER_HELP = `
Reads the account with your own credentials and compares it with each policy. It changes nothing without --fix, which
sets the health check of a target group to what health.check says, and nothing else, after asking for each.

Each finding is two lines:
  file:line:column severity CODE key: found …; expected …
    way out: what to do about it
An error: this part of the policy will not work. A warning: it works, but not as one would think. Unknown is not well:
what cannot be read is an error too.

It tries, as you, what the controller reads of groups, targets, metrics and records. Writes cannot be tried without
writing: --stage compares what the deployed role may do with what the policies need now, and looks at the state table
and, by their names, for the alarms of each service, in each region.

Examples:
  $ evenkeel doctor                          the policies of this package
  $ evenkeel doctor policies/web.yml --fix   also set the health check, after asking
  $ evenkeel doctor --stage prod             also look at what is deployed
  $ evenkeel doctor --json | jq '.findings[] | select(.severity == "error")'

Exit codes: 0 no errors (left), 1 errors found, 2 it cannot be run.`;

interface Options {
  readonly json?: true;
  readonly fix?: true;
  readonly yes?: true;
  readonly region?: string;
  readonly stage?: string;
}

type Refuse = (message: string) => never;

export function addDoctor(program: Command, io: Io, end: End): void {
  program
    .command('doctor')
    .summary('find out what will not work in the account')
    .description('Compares policies with the live account, and says what will not work.')
    .argument('[paths...]', 'files or folders (default: the policies of this package)')
    .option('--json', 'print the findings as JSON, and nothing else, on standard output')
    .option('--fix', 'set health checks that differ from the policy, after asking')
    .option('--yes', 'with --fix: do not ask')
    .option('--region <region>', 'where the controller runs (default: what serverless.yml says)')
    .option('--stage <stage>', 'also look at the deployment of this stage')
    .addHelpText('after', AFTER_HELP)
    .action(async (paths: string[], options: Options, command: Command) => {
      const refuse: Refuse = (message) => command.error(`error: ${message}`);
      end(await doctor(paths, options, io, refuse));
    });
}

function checkOptions({ fix, yes }: Options, io: Io, refuse: Refuse): void {
  if (yes && !fix) refuse('found --yes without --fix; expected both, or neither');
  if (fix && !yes && !canAsk(io)) {
    refuse('--fix asks before each change, and there is no terminal to ask; add --yes to change without asking');
  }
}

async function doctor(paths: readonly string[], options: Options, io: Io, refuse: Refuse): Promise<ExitCode> {
  checkOptions(options, io, refuse);
  const policies = await goodPolicies(paths, io);
  if (policies.good.length === 0) return refuse(noneServed(paths));
  // Loaded here, and not by the other commands: it brings the whole SDK with it.
  const [{ accountClients, controllerRegion, realClock }, { accountWorld }, { readAccount, readerOf }] =
    await Promise.all([import('./account.ts'), import('./world.ts'), import('../doctor/read.ts')]);
  const region = await controllerRegion(options.region, refuse);
  const clients = await accountClients(region, io.env, refuse);
  const { clock } = realClock();
  const world = accountWorld(clients, clock);
  const progress = progressOn(io);
  const services = policies.good.map(({ policy }) => policy);
  const reader = readerOf(clock, progress.show);
  const [views, deployed] = await Promise.all([
    readAccount(world, reader, services),
    deploymentOf(options.stage, region, clients, reader.read, services),
  ]);
  progress.end();
  const refused = reader.refused();
  if (refused !== null) return refuse(refused);
  const silence = reader.unreachable();
  if (silence !== null) return refuse(`AWS cannot be reached, and without it nothing can be said: ${silence}`);
  const { diagnose } = await import('../doctor/diagnose.ts');
  const controller = { region, role: roleName(options.stage ?? '<stage>', region) };
  const entries = entriesOf(policies, (policy) => {
    const view = views.get(policy.service);
    return [...deployed(policy), ...(view === undefined ? [] : diagnose(policy, view, controller))];
  });
  if (!options.json) {
    const lines = [...doctorLines(entries, painter(io.stdout)), ...(entries.length > 0 ? [''] : [])];
    writeLines(io.stdout, [...lines, doctorSummary(entries, services.length, region)]);
  }
  const wanted = options.fix ? fixesFor(policies.good, views) : [];
  const fixes = await fixAll(world.account, wanted, options.yes === true, io);
  if (options.json) writeJson(io.stdout, { controllerRegion: region, findings: entries, fixes });
  const left = entries.filter((entry) => !isMended(entry, fixes));
  if (fixes.length > 0 && !options.json) {
    writeLines(io.stdout, [`After --fix: ${doctorSummary(left, services.length, region)}`]);
  }
  return policies.broken || left.some(({ severity }) => severity === 'error') ? 1 : 0;
}

async function deploymentOf(
  stage: string | undefined,
  region: string,
  clients: AwsClients,
  read: Read,
  policies: readonly Policy[],
): Promise<(policy: Policy) => Finding[]> {
  if (stage === undefined) return () => [];
  const { deployedChecks } = await import('./deployed.ts');
  return deployedChecks(stage, region, clients, read, policies);
}

/** Whether `--fix` has mended it. */
function isMended({ code, services }: DoctorEntry, fixes: readonly Fixed[]): boolean {
  return canFix(code) && fixes.some(({ service, result }) => result === 'set' && services.includes(service));
}

/** The findings with their places. What is the same for several services, like a permission, is told once. */
function entriesOf({ good }: GoodPolicies, findingsOf: (policy: Policy) => readonly Finding[]): DoctorEntry[] {
  const entries = new Map<string, DoctorEntry & { services: string[] }>();
  for (const { policy, file, place } of good) {
    for (const { code, severity, path, found, expected, wayOut } of findingsOf(policy)) {
      const key = `${code} ${found} ${expected} ${wayOut}`;
      const told = entries.get(key);
      if (told === undefined) {
        const fix = canFix(code) ? `${runnable('doctor', file, '--fix')}, or ` : '';
        const words = { key: pathText(path), found, expected, wayOut: `${fix}${wayOut}` };
        entries.set(key, { code, severity, services: [policy.service], file, ...place(path), ...words });
      } else if (!told.services.includes(policy.service)) told.services.push(policy.service);
    }
  }
  return [...entries.values()];
}

/** How far the reading is, on a terminal only. */
function progressOn({ stderr }: Io): { show: (done: number, all: number) => void; end: () => void } {
  const isTerminal = 'isTTY' in stderr && stderr.isTTY === true;
  if (!isTerminal) return { show: () => undefined, end: () => undefined };
  return {
    show: (done, all) => void stderr.write(`\r  read ${done} of ${all}\u001b[K`),
    end: () => void stderr.write('\r\u001b[K'),
  };
}
