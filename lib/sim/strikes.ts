/** What befalls a function when it sends a call. */
import type { CallerHandle } from './clients.ts';
import type { Fault, Moment } from './faults.ts';

/** When a strike comes, as the fault says. */
export type When = Pick<Extract<Fault, { kind: 'crash' }>, 'atCall' | 'of' | 'forSeconds' | 'unsent'>;

/** Several callers may share one: it then waits for the n-th call of them all. */
export interface Strike {
  left: number;
  /** Only calls of this kind count; every one unless one is named. */
  readonly of?: Moment | undefined;
  /** The call that it strikes at is not sent any more. */
  readonly unsent?: boolean | undefined;
  readonly run: (caller: CallerHandle) => void;
}

/** Makes a call of the caller's, with what befalls it right before and right after it is sent. */
export function sending<T>(caller: CallerHandle, moment: Moment | null, send: () => Promise<T>): Promise<T> {
  const counted = caller.strikes.filter(({ of, left }) => left > 0 && (of === undefined || of === moment));
  for (const one of counted) one.left--;
  const due = counted.filter(({ left }) => left === 0);
  caller.strikes = caller.strikes.filter(({ left }) => left > 0);
  const strike = (unsent: boolean): void => {
    for (const one of due) if ((one.unsent ?? false) === unsent) one.run(caller);
  };
  const wasAlive = !caller.sleeper.killed;
  strike(true);
  if (wasAlive && caller.sleeper.killed) return new Promise(() => undefined);
  const sent = send();
  strike(false);
  return sent;
}
