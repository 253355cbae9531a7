/** Rounds of the lab's service, one after the other. */
import { runRound } from '../../lib/controller/cycle.ts';
import type { Policy } from '../../lib/core/model.ts';
import { groupIn } from '../core/builders.ts';
import { type Lab, lab, type Process, WEB } from './lab.ts';

/** Rounds at 5 s marks, one after the other, as a loop without a lease would run them. */
export async function rounds(one: Lab, process: Process, count: number, policies: readonly Policy[] = [WEB]) {
  const results = [];
  for (let n = 0; n < count; n += 1) {
    const markMs = Math.ceil(one.clock.nowMs() / 5000) * 5000;
    await one.clock.run(markMs);
    results.push(await one.until(runRound(process.ports, process.memory, policies, null, markMs), 60_000));
    await one.clock.run(Math.max(one.clock.nowMs(), markMs + 4100));
  }
  return results;
}
export const reasonsOf = (result: Awaited<ReturnType<typeof runRound>> | undefined, service = 'web'): string[] =>
  result?.services.find((s) => s.service === service)?.decisions.map((d) => `${d.area} ${d.reason}`) ?? [];
export const failAll = (one: Lab): unknown =>
  one.out.groups.set('exercise-target-group', groupIn('unhealthy', 'unhealthy'));
export const failOne = (one: Lab): unknown =>
  one.out.groups.set('exercise-target-group', groupIn('unhealthy', 'healthy'));

/** A lab with a process that has seen three quiet rounds. */
export async function calm(policy: Policy = WEB): Promise<{ one: Lab; process: Process }> {
  const one = lab([policy]);
  const process = one.process();
  await rounds(one, process, 3, [policy]);
  return { one, process };
}
