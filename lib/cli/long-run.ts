/** What commands that take their time have in common: they say how far they are, and end cleanly when they are told to. */
import type { Io } from './io.ts';

/** Nothing is said of what is over sooner. */
const FIRST_SAID_MS = 2000;
const SAID_ON_TERMINAL_MS = 500;
const SAID_ELSEWHERE_MS = 10_000;

/** Says on standard error how far it is, and how long it may yet take: a line in place on a terminal, now and then elsewhere. */
export function progressOn(io: Io, what: string): (done: number, total: number) => void {
  const beganMs = performance.now();
  const inPlace = 'isTTY' in io.stderr && io.stderr.isTTY === true;
  let nextMs = beganMs + FIRST_SAID_MS;
  return (done, total) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + (inPlace ? SAID_ON_TERMINAL_MS : SAID_ELSEWHERE_MS);
    const leftSeconds = Math.ceil(((nowMs - beganMs) / done) * (total - done) * 0.001);
    io.stderr.write(
      `${inPlace ? '\r' : ''}${done} of ${total} ${what}, about ${leftSeconds} s left${inPlace ? '  ' : '\n'}`,
    );
  };
}

/** Calls `stop` when a person interrupts the run, which then goes on to its own end. */
export function interruptible(stop: () => void): { readonly isInterrupted: () => boolean; readonly over: () => void } {
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    stop();
  };
  process.once('SIGINT', interrupt);
  return { isInterrupted: () => interrupted, over: () => process.off('SIGINT', interrupt) };
}
