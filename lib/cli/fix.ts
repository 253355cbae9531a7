/** `doctor --fix`: sets what a target group's check has otherwise than its policy, after asking. */
import { createInterface } from 'node:readline';
import type { AccountPort } from '../doctor/ports.ts';
import type { ServiceView } from '../doctor/sites.ts';
import { type Difference, differences, settingsFor } from '../doctor/target-groups.ts';
import type { LoadedPolicy } from '../policy/load.ts';
import { type Fix, type Fixed, fixLines } from '../report/doctor.ts';
import { type Io, messageOf, painter, writeLines } from './io.ts';

interface Wanted extends Fix {
  readonly changes: readonly Difference[];
  readonly arn: string;
  /** What differs once the check is like this. */
  readonly left: (check: Parameters<typeof differences>[1]) => readonly Difference[];
}

/** The target groups whose check is not as their policy says. */
export function fixesFor(policies: readonly LoadedPolicy[], views: ReadonlyMap<string, ServiceView>): Wanted[] {
  return policies.flatMap(({ policy: { service, region, health } }) => {
    const settings = views.get(service)?.primary.targetGroup;
    if (health === undefined || settings?.known !== true) return [];
    const { arn, name, check } = settings.value;
    const left: Wanted['left'] = (now) => differences(health.check, now);
    const changes = left(check);
    return changes.length === 0 ? [] : [{ service, region, targetGroup: name, arn, changes, left }];
  });
}

/** Whether `--fix` mends what this finding tells. */
export function canFix(code: string): boolean {
  return code === 'CHECK_DIFFERS' || code === 'CHECK_OFF';
}

/** Whether somebody is there to be asked. */
export function canAsk({ stdin }: Io): boolean {
  return 'isTTY' in stdin && stdin.isTTY === true;
}

async function fixOne(account: AccountPort, wanted: Wanted): Promise<Pick<Fixed, 'result' | 'message'>> {
  try {
    const now = await account.setCheck(wanted.region, wanted.arn, settingsFor(wanted.changes));
    const [still] = wanted.left(now);
    if (still === undefined) return { result: 'set', message: 'set, and read back as the policy says' };
    const message = `AWS accepted it, but ${still.setting} is ${still.found} and not ${still.wanted}`;
    return { result: 'unlike', message };
  } catch (error) {
    return { result: 'failed', message: messageOf(error) };
  }
}

/**
 * Changes them one after the other. What is going to be changed is said on standard error, where it is also asked for,
 * so that standard output has the findings alone.
 * @param sure nobody is asked.
 */
export async function fixAll(account: AccountPort, all: readonly Wanted[], sure: boolean, io: Io): Promise<Fixed[]> {
  const paint = painter(io.stderr);
  const answers = sure ? null : createInterface({ input: io.stdin });
  const lines = answers?.[Symbol.asyncIterator]();
  const fixed: Fixed[] = [];
  for (const wanted of all) {
    const { service, region, targetGroup, changes } = wanted;
    writeLines(io.stderr, fixLines(wanted, paint));
    if (lines !== undefined) io.stderr.write('Set it? y/N ');
    const answer = lines === undefined ? 'y' : (await lines.next()).value;
    const agreed = typeof answer === 'string' && /^y(es)?$/i.test(answer.trim());
    const outcome = agreed ? await fixOne(account, wanted) : { result: 'declined' as const, message: 'left as it is' };
    io.stderr.write(`${outcome.message}\n`);
    fixed.push({ service, region, targetGroup, changes, ...outcome });
  }
  answers?.close();
  return fixed;
}
