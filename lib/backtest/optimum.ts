/** The clairvoyant optimum: it knows the demand to come and how long an instance boots. */
import type { Driver } from './evenkeel.ts';
import { neededFor } from './meter.ts';
import type { World } from './model.ts';
import { MINUTE_MS, type TraceMinute } from './resample.ts';

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Minutes that must be known from the current one on. */
export function minutesAhead(bootSeconds: number): number {
  return Math.ceil(bootSeconds / 60) + 2;
}

/** The most instances needed from `nowMs` until an instance that is asked for now is ready, by these minutes. */
export function neededWithinBoot(ahead: readonly TraceMinute[], nowMs: number, bootSeconds: number): number {
  const readyMs = nowMs + bootSeconds * 1000;
  let most = 0;
  for (const { startMs, value } of ahead) {
    if (startMs > readyMs) break;
    if (value !== null && startMs + MINUTE_MS > nowMs) most = Math.max(most, neededFor(value));
  }
  return most;
}

/**
 * The fewest paid instance-hours without a saturated minute; where more is asked for than the bounds allow, with as many
 * instances as they do. Think of one level at a time:
 * the k-th instance is needed whenever k are. Between two needs it is either kept, and paid for, or given up and asked
 * for again `bootSeconds` before the next one, and paid for from then on; so keeping it is right when the pause is no
 * longer than booting takes. Either way it is paid for at exactly the times from which a need is at most `bootSeconds`
 * away: what is desired now is the most that is needed between now and then. Levels do not mix, for whoever needs k + 1
 * needs k. It begins with the fleet that this asks for.
 * @param ahead the minutes from the current one on, `minutesAhead` of them or all that are left.
 */
export function createOptimum(world: World, ahead: () => readonly TraceMinute[]): Driver {
  const { bootSeconds } = world;
  return {
    // What it wants changes where a minute begins, and `bootSeconds` before that.
    everySeconds: gcd(60, bootSeconds),
    step({ nowMs, desired }) {
      const needed = neededWithinBoot(ahead(), nowMs, bootSeconds);
      if (needed === desired) return null;
      return { desired: needed, reason: `${needed} needed within the ${bootSeconds} s that one takes to boot` };
    },
  };
}
