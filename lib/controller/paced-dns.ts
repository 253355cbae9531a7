/** Route 53's calls one after the other, no faster than the account may make them: what matters most goes first. */
import type { Clock, DnsPort } from '../ports.ts';
import { PortError } from '../ports.ts';

/**
 * "All requests: Five requests per second per AWS account", and more than that is answered with HTTP 400, `Throttling`:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests
 * A newer page speaks of ten a second and fifty at once; this keeps to the lower of the two, shared with everybody else in
 * the account: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html
 * Four a second and not five: calls take differently long on their way, so that five sent within a second and one sent
 * right after it may arrive as six.
 */
const SPACING_MS = 250;

/** Less is worth waiting for what acts: the gate has been passed, and what it saw gets older. */
const ACT_PATIENCE_MS = 1500;
/** A read that begins later than this would not be answered before the round's reads are cut. */
const READ_PATIENCE_MS = 2400;

/** So many reads asked for at once are all sent, whatever was sent right before. */
export const READS_TOGETHER = Math.floor(READ_PATIENCE_MS / SPACING_MS);

interface Waiting {
  /** The lower goes first. */
  readonly rank: number;
  readonly askedMs: number;
  readonly patienceMs: number;
  readonly send: () => void;
  readonly refuse: () => void;
}

/**
 * The same port, one queue for all its calls: at most one each 250 ms, the first at once; moves before the status of
 * changes before reads, and otherwise in the order in which they were asked for. A call that would wait for longer than
 * 1.5 s (2.4 s for a read), be it because of those that are sent before it or because the process was frozen, is refused
 * with a PortError `Throttled` and never sent.
 * @param clock of the process that calls; it is asked to sleep only while somebody waits.
 */
export function pacedDns(dns: DnsPort, clock: Clock): DnsPort {
  const waiting: Waiting[] = [];
  let sentMs = Number.NEGATIVE_INFINITY;
  let draining = false;

  function untilFreeMs(): number {
    const nowMs = clock.nowMs();
    // A clock that was set back must not hold everything up until it is there again.
    sentMs = Math.min(sentMs, nowMs);
    return Math.max(0, sentMs + SPACING_MS - nowMs);
  }

  function refuseLate(): void {
    let atMs = clock.nowMs() + untilFreeMs();
    const kept = waiting.filter((call) => {
      const inTime = atMs - call.askedMs <= call.patienceMs;
      if (inTime) atMs += SPACING_MS;
      else call.refuse();
      return inTime;
    });
    waiting.splice(0, waiting.length, ...kept);
  }

  async function drain(): Promise<void> {
    draining = true;
    while (waiting.length > 0) {
      const waitMs = untilFreeMs();
      if (waitMs > 0) {
        await clock.sleep(waitMs);
        // A process that was frozen while it slept has calls that nobody waits for any more.
        refuseLate();
      } else {
        sentMs = clock.nowMs();
        waiting.shift()?.send();
      }
    }
    draining = false;
  }

  function paced<T>(what: string, rank: number, patienceMs: number, call: () => Promise<T>): Promise<T> {
    if (waiting.length === 0 && untilFreeMs() === 0) {
      sentMs = clock.nowMs();
      return call();
    }
    return new Promise<T>((resolve, reject) => {
      const entry: Waiting = {
        rank,
        askedMs: clock.nowMs(),
        patienceMs,
        send: () => call().then(resolve, reject),
        refuse: () => {
          const words = `${what}: not sent, because the calls to Route 53 before it take longer than ${patienceMs} ms`;
          reject(new PortError('Throttled', words));
        },
      };
      const behind = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(behind < 0 ? waiting.length : behind, 0, entry);
      refuseLate();
      if (!draining) void drain();
    });
  }

  return {
    move: (zone, sets, weights, comment) =>
      paced(`change record sets in ${zone}`, 0, ACT_PATIENCE_MS, () => dns.move(zone, sets, weights, comment)),
    changeStatus: (changeId) =>
      paced(`read the state of DNS change ${changeId}`, 1, ACT_PATIENCE_MS, () => dns.changeStatus(changeId)),
    read: (zone, name) => paced(`read the record sets of ${name}`, 2, READ_PATIENCE_MS, () => dns.read(zone, name)),
  };
}
