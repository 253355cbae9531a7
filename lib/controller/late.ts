/**
 * What outlasts its round. Lambda freezes a process with its answer ("Lambda freezes the execution environment when the
 * runtime and each extension have completed and there are no pending events",
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html): a cycle that was then between saving an
 * action and sending it would keep every other from that action for 15 s, and tell of it when it is thawed. So whoever
 * answers waits for what is left.
 */
import type { Clock } from '../ports.ts';
import { NOT_AFTER_MS } from './act.ts';

/** Services are cut so long after their round began: whoever has not decided by then does not decide. */
export const CUT_MS = 3600;
/** A call to AWS is over after this time, answered or not: see lib/aws/clients.ts. */
export const CALL_MS = 2000;
/** So long after its round began a cycle is over that decided in time: its last write has begun, is answered and is settled. */
export const OVER_MS = CUT_MS + NOT_AFTER_MS + 2 * CALL_MS;
/** And after that what it decided is in the table, or waits in the process: who began a round has to live on for so long. */
export const ANSWER_MS = OVER_MS + CALL_MS;

/** What is still under way of rounds that are over. */
export type Late = Set<Promise<unknown>>;

/** Lets `work` go on beside the next rounds, until `endMs` at the latest for whoever waits for it. Rejects for nothing: `work` must not. */
export function goOnWith(late: Late, clock: Clock, work: Promise<unknown>, endMs: number): void {
  const left: Promise<unknown> = Promise.race([work, clock.sleep(endMs - clock.nowMs())]).then(() => late.delete(left));
  late.add(left);
}

/** Waits for all of it. */
export async function lateOver(late: Late): Promise<void> {
  await Promise.all(late);
}
