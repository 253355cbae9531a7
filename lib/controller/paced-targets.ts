/** Reads of target groups, no faster than the account may make them. */
import { READS_AT_ONCE_SECONDS, TARGET_READS_PER_SECOND } from '../core/target-reads.ts';
import type { Clock, TargetPort } from '../ports.ts';
import { PortError } from '../ports.ts';

/** Less is worth waiting for what acts: the gate asks again what an action rests on, and what was seen gets older. */
const PATIENCE_MS = 1500;

export interface TargetPace {
  /** What the account allows, less what others need of it. */
  readonly readsPerSecond: number;
  /** A read that would wait for longer is not sent. */
  readonly patienceMs: number;
}

export const LOOP_PACE: TargetPace = { readsPerSecond: TARGET_READS_PER_SECOND, patienceMs: PATIENCE_MS };

interface Bucket {
  /** Below zero: so many are waiting. */
  left: number;
  atMs: number;
}

/**
 * The same port, which reads at most `readsPerSecond` target groups a second in each region, and five seconds' worth at once.
 * A read beyond that waits; one that would wait for too long is refused with a PortError `Throttled` and never sent.
 * @param clock of the process that calls; it is asked to sleep only while somebody waits.
 */
export function pacedTargets(
  targets: Omit<TargetPort, 'readsLeft'>,
  clock: Clock,
  { readsPerSecond, patienceMs }: TargetPace,
): TargetPort {
  const buckets = new Map<string, Bucket>();
  const most = readsPerSecond * READS_AT_ONCE_SECONDS;

  function bucketOf(region: string): Bucket {
    const nowMs = clock.nowMs();
    const bucket = buckets.get(region) ?? { left: most, atMs: nowMs };
    buckets.set(region, bucket);
    // A clock that was set back brings nothing, and takes nothing either.
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.left = Math.min(most, bucket.left + (passedMs * readsPerSecond) / 1000);
    bucket.atMs = nowMs;
    return bucket;
  }

  async function waitThen<T>(region: string, targetGroup: string, bucket: Bucket, read: () => Promise<T>): Promise<T> {
    const waitMs = Math.ceil(((1 - bucket.left) * 1000) / readsPerSecond);
    if (waitMs > patienceMs) {
      const words = `read the targets of ${targetGroup}: not sent, because the reads before it in ${region} take longer than ${patienceMs} ms`;
      throw new PortError('Throttled', words);
    }
    bucket.left -= 1;
    await clock.sleep(waitMs);
    return read();
  }

  return {
    ...targets,
    readsLeft: (region) => Math.max(0, Math.floor(bucketOf(region).left)),
    describe: (region, targetGroup) => {
      const bucket = bucketOf(region);
      const read = () => targets.describe(region, targetGroup);
      if (bucket.left < 1) return waitThen(region, targetGroup, bucket, read);
      bucket.left -= 1;
      return read();
    },
  };
}
