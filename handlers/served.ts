/** The policies that are served: those that read well, and the last good one of each file that does not. */
import { basename } from 'node:path';
import type { Problem } from '../lib/controller/problem.ts';
import { isPortError } from '../lib/controller/reading.ts';
import type { Policy } from '../lib/core/model.ts';
import { loadPolicies } from '../lib/policy/load.ts';
import type { Problem as PolicyProblem } from '../lib/policy/problem.ts';
import { readPolicyFiles } from '../lib/policy/read.ts';
import type { Ports } from '../lib/ports.ts';

export interface Served {
  readonly policies: readonly Policy[];
  readonly problems: readonly Problem[];
}

/** How many policies are written down at once. */
const AT_ONCE = 25;

async function lastGood(ports: Ports, file: string): Promise<Policy | null> {
  try {
    return await ports.state.loadPolicy(basename(file));
  } catch (error) {
    // Whatever is wrong with the stand-in: the services whose files are good must not wait for it.
    ports.journal.write('error', `the last good ${file} cannot be read: ${String(error)}`, {});
    return null;
  }
}

async function keep(ports: Ports, good: readonly { readonly file: string; readonly policy: Policy }[]): Promise<void> {
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
      return;
    }
  }
}

/** A broken file's problem, saying whether the last good policy goes on in its place. */
function told(problem: PolicyProblem, standIn: Policy | undefined): Problem {
  const goesOn = standIn === undefined ? 'not served' : `the last good policy of ${standIn.service} goes on`;
  const at = `${problem.file}:${problem.line}:${problem.column}`;
  return { code: problem.code, message: `${at} ${problem.message} (${goesOn})`, service: standIn?.service };
}

async function tellBrokenPolicies(
  ports: Ports,
  problems: readonly Problem[],
  standIns: ReadonlyMap<string, Policy>,
): Promise<void> {
  ports.journal.count('BrokenPolicies', problems.length);
  for (const problem of problems) ports.journal.write('error', problem.message, { code: problem.code });
  const topics = new Set([...standIns.values()].flatMap((p) => (p.notify === undefined ? [] : [p.notify.topicArn])));
  const text = problems.map((p) => p.message).join('\n');
  for (const topic of topics) {
    await ports.notify.publish(topic, 'evenkeel: a policy file cannot be read', text).catch((error: unknown) => {
      if (!isPortError(error)) throw error;
      ports.journal.write('error', `notification not sent: ${error.message}`, {});
    });
  }
}

/**
 * Reads the folder's policies. A file that cannot be read is replaced by the last good policy that came from it, and its
 * problem is in the result, counted and notified. With `keepGood` the good ones are written down for that day.
 */
export async function loadServed(ports: Ports, folder: string, keepGood: boolean): Promise<Served> {
  const { sources, problems: unread } = await readPolicyFiles([folder]);
  const { policies, problems: broken } = loadPolicies(sources);
  if (keepGood) await keep(ports, policies);
  const errors = [...unread, ...broken].filter((p) => p.severity === 'error');
  const served = new Set(policies.map((p) => p.policy.service));
  const standIns = new Map<string, Policy>();
  for (const file of new Set(errors.map((p) => p.file))) {
    if (policies.some((p) => p.file === file)) continue;
    const policy = await lastGood(ports, file);
    if (policy === null || served.has(policy.service)) continue;
    served.add(policy.service);
    standIns.set(file, policy);
  }
  const problems = errors.map((p) => told(p, standIns.get(p.file)));
  if (problems.length > 0) await tellBrokenPolicies(ports, problems, standIns);
  return { policies: [...policies.map((p) => p.policy), ...standIns.values()], problems };
}
