/** How far a long command is. */
import type { Io } from './io.ts';

/**
 * Says on standard error how far it is, and how long it may yet take: a line in place on a terminal, now and then
 * elsewhere. `things` are what is counted, in the plural. Takes how many are done.
 */
export function progressOf(io: Io, total: number, things: string): (done: number) => void {
  const beganMs = performance.now();
  const inPlace = 'isTTY' in io.stderr && io.stderr.isTTY === true;
  let saidMs = beganMs;
  return (done) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < (inPlace ? 500 : 10_000)) return;
    saidMs = nowMs;
    const leftSeconds = Math.ceil(((nowMs - beganMs) / done) * (total - done) * 0.001);
    io.stderr.write(
      `${inPlace ? '\r' : ''}${done} of ${total} ${things}, about ${leftSeconds} s left${inPlace ? '  ' : '\n'}`,
    );
  };
}
