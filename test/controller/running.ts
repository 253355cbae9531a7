/** Rounds of the lab's services: one after the other, or in the loop of a tick. */
import { type RoundResult, runRound } from '../../lib/controller/cycle.ts';
import { runTick, type TickResult } from '../../lib/controller/rounds.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { Lease } from '../../lib/ports.ts';
import { groupIn, SECOND, T0 } from '../core/builders.ts';
import { type Lab, lab, type Process, WEB } from './lab.ts';

const leases = new WeakMap<Process, Lease>();

/** The lease that this process holds: taken over when it runs its first round. */
async function leaseOf(one: Lab, process: Process): Promise<Lease> {
  const held = leases.get(process);
  if (held !== undefined) return held;
  const taken = await one.table.takeLease('loop', one.clock.nowMs(), one.clock.nowMs() + 86_400_000, true);
  leases.set(process, taken);
  return taken;
}

/** Rounds at 5 s marks under a lease, one after the other, as the loop of a tick runs them. */
export async function rounds(one: Lab, process: Process, count: number, policies: readonly Policy[] = [WEB]) {
  const results: RoundResult[] = [];
  const lease = await leaseOf(one, process);
  for (let n = 0; n < count; n += 1) {
    const markMs = Math.ceil(one.clock.nowMs() / 5000) * 5000;
    await one.clock.run(markMs);
    const result = await one.until(runRound(process.ports, process.memory, policies, lease, markMs), 60_000);
    if (result.services.length > 0) await one.table.renewLease(lease, new Map(process.memory.rounds));
    results.push(result);
    await one.clock.run(Math.max(one.clock.nowMs(), markMs + 3900));
  }
  return results;
}

interface Tick {
  readonly process: Process;
  readonly done: Promise<TickResult>;
}

/** Starts a tick, by the schedule or by hand. */
export function tick(
  one: Lab,
  owner: string,
  {
    rounds = null as number | null,
    policies = [WEB] as readonly Policy[],
    process = one.process(),
    forMs = 85_000,
  } = {},
): Tick {
  const untilMs = one.clock.nowMs() + forMs;
  const done = runTick(process.ports, process.memory, policies, { owner, rounds, untilMs });
  done.catch(() => undefined);
  return { process, done };
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

/** The marks at which a service was decided on, in seconds from the start. */
export function marks(one: Lab, service = 'web', fromMs = T0): number[] {
  const { region = '', targetGroup = '' } = {
    region: 'ap-northeast-2',
    targetGroup: service === 'web' ? 'exercise-target-group' : `${service}-targets`,
  };
  return one.calls
    .filter((c) => c.call === 'targets.describe' && c.args[0] === region && c.args[1] === targetGroup)
    .map((c) => Math.floor((c.atMs - fromMs) / SECOND));
}
export const codes = (result: TickResult): string[] => result.problems.map((p) => p.code);
export const every = (stepSeconds: number, from: number, to: number): number[] =>
  Array.from({ length: (to - from) / stepSeconds + 1 }, (_, n) => from + n * stepSeconds);
