/** The policies that are served: those that read well, and the last good one of each file that does not. */
import { basename } from 'node:path';
import { noteUnsent } from '../lib/controller/notices.ts';
import type { Problem } from '../lib/controller/problem.ts';
import { isPortError } from '../lib/controller/reading.ts';
import type { Policy } from '../lib/core/model.ts';
import { claimsOf } from '../lib/policy/claims.ts';
import { type LoadedPolicies, loadPolicies } from '../lib/policy/load.ts';
import type { Problem as PolicyProblem } from '../lib/policy/problem.ts';
import { readPolicyFiles } from '../lib/policy/read.ts';
import { policySchema } from '../lib/policy/schema.ts';
import type { Ports } from '../lib/ports.ts';

export interface Served {
  readonly policies: readonly Policy[];
  readonly problems: readonly Problem[];
}

/** How many policies are written down at once. */
const AT_ONCE = 25;

/** What goes on in place of a broken file: its last good policy, or why nothing does. */
type StandIn =
  | { readonly policy: Policy }
  /** `isOpen`: it could not be asked for now, and may be there the next time. */
  | { readonly policy: null; readonly why: string; readonly isOpen: boolean };

/** The stand-in for this file, good by the rules of today, and of nothing that is `claimed` by a policy served. */
async function standInFor(ports: Ports, file: string, claimed: ReadonlySet<string>): Promise<StandIn> {
  const none = (why: string, isOpen = false): StandIn => ({ policy: null, why, isOpen });
  let stored: Policy | null;
  try {
    stored = await ports.state.loadPolicy(basename(file));
  } catch (error) {
    // Whatever is wrong with the stand-in: the services whose files are good must not wait for it.
    ports.journal.write('error', `the last good ${file} cannot be read: ${String(error)}`, {});
    return none('not served: its last good policy cannot be read', isPortError(error));
  }
  if (stored === null) return none('not served');
  // It may have been written down by an older version, with other rules.
  const checked = policySchema.safeParse(stored);
  if (!checked.success) return none('not served: its last good policy is not valid any more');
  const taken = claimsOf(checked.data).find(({ key }) => claimed.has(key));
  if (taken !== undefined)
    return none(`not served: another policy now has ${taken.what}, which its last good one names`);
  return { policy: checked.data };
}

/** Writes the good policies down; whether all of them are. */
async function keep(
  ports: Ports,
  good: readonly { readonly file: string; readonly policy: Policy }[],
): Promise<boolean> {
  for (let start = 0; start < good.length; start += AT_ONCE) {
    const some = good.slice(start, start + AT_ONCE);
    const kept = await Promise.allSettled(
      some.map(({ file, policy }) => ports.state.savePolicy(basename(file), policy)),
    );
    const failed = kept.filter((k) => k.status === 'rejected');
    for (const { reason } of failed) if (!isPortError(reason)) throw reason;
    if (failed.length > 0) {
      ports.journal.write(
        'warn',
        `${failed.length} policies were not written down: should their files break, nothing stands in for them`,
        {},
      );
      return false;
    }
  }
  return true;
}

/** A broken file's problem, saying what becomes of its service. */
function told(problem: PolicyProblem, standIn: StandIn | undefined): Problem {
  const { code, file, line, column, message } = problem;
  const policy = standIn?.policy ?? undefined;
  const why = standIn?.policy === null ? standIn.why : 'not served';
  const goesOn = policy === undefined ? why : `the last good policy of ${policy.service} goes on`;
  return { code, message: `${file}:${line}:${column} ${message} (${goesOn})`, service: policy?.service };
}

/** Publishes the problems to the topics of the stand-ins, whether to all; what is in `sent` has been said there already. */
async function notifyOfBroken(
  ports: Ports,
  problems: readonly Problem[],
  standIns: readonly Policy[],
  sent: Set<string>,
): Promise<boolean> {
  const topics = new Set(standIns.flatMap((p) => (p.notify === undefined ? [] : [p.notify.topicArn])));
  const text = problems.map((p) => p.message).join('\n');
  let isTold = true;
  for (const topic of topics) {
    const notice = `${topic} ${text}`;
    if (sent.has(notice)) continue;
    try {
      await ports.notify.publish(topic, 'evenkeel: a policy file cannot be read', text);
      sent.add(notice);
    } catch (error) {
      if (!isPortError(error)) throw error;
      noteUnsent(ports, error);
      isTold = false;
    }
  }
  return isTold;
}

/** What one reading of the folder brought. */
interface Loading {
  readonly served: Served;
  readonly standIns: readonly Policy[];
  /** A stand-in could not be asked for, a good policy not be written down, or a person not be told: another reading may. */
  readonly isOpen: boolean;
}

/** The policies as the files of the package hold them. */
export type ReadPolicies = () => Promise<LoadedPolicies>;

async function readFolder(folder: string): Promise<LoadedPolicies> {
  const { sources, problems: unread } = await readPolicyFiles([folder]);
  const { policies, problems: broken } = loadPolicies(sources);
  return { policies, problems: [...unread, ...broken] };
}

async function load(ports: Ports, files: ReadPolicies, keepGood: boolean): Promise<Loading> {
  const { policies: loaded, problems: found } = await files();
  const isKept = !keepGood || (await keep(ports, loaded));
  const errors = found.filter((p) => p.severity === 'error');
  const claimed = new Set(loaded.flatMap(({ policy }) => claimsOf(policy).map(({ key }) => key)));
  const standInOf = new Map<string, StandIn>();
  for (const file of new Set(errors.map((p) => p.file))) {
    if (loaded.some((p) => p.file === file)) continue;
    const standIn = await standInFor(ports, file, claimed);
    standInOf.set(file, standIn);
    if (standIn.policy !== null) for (const { key } of claimsOf(standIn.policy)) claimed.add(key);
  }
  const standIns = [...standInOf.values()].flatMap(({ policy }) => (policy === null ? [] : [policy]));
  const problems = errors.map((p) => told(p, standInOf.get(p.file)));
  return {
    served: { policies: [...loaded.map((p) => p.policy), ...standIns], problems },
    standIns,
    isOpen: !isKept || [...standInOf.values()].some((s) => s.policy === null && s.isOpen),
  };
}

/**
 * Serves the folder's policies, read with the first call. A file that cannot be read is replaced by the last good policy
 * that came from it, and its problem is in the result and counted. What failed is read again with the next call, and so is
 * what is still open: a stand-in that could not be asked for, a policy not written down, people not told. With `keepGood` the good policies are written down for that day, and
 * the people on call are notified of the broken ones: one of the functions does both, for all of them.
 */
export function serving(ports: Ports, folder: string): (keepGood: boolean) => Promise<Served> {
  return servingFrom(ports, () => readFolder(folder));
}

/** The same over files that are read in another way. */
export function servingFrom(ports: Ports, files: ReadPolicies): (keepGood: boolean) => Promise<Served> {
  const sent = new Set<string>();
  const read = async (keepGood: boolean): Promise<Loading> => {
    const loading = await load(ports, files, keepGood);
    const { problems } = loading.served;
    if (problems.length === 0) return loading;
    ports.journal.count('BrokenPolicies', problems.length);
    for (const problem of problems) ports.journal.write('error', problem.message, { code: problem.code });
    const isTold = !keepGood || (await notifyOfBroken(ports, problems, loading.standIns, sent));
    return { ...loading, isOpen: loading.isOpen || !isTold };
  };
  let known: Served | undefined;
  return async (keepGood) => {
    if (known !== undefined) return known;
    const { served, isOpen } = await read(keepGood);
    if (!isOpen) known = served;
    return served;
  };
}
