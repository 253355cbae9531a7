/**
 * How soon a policy's numbers can notice and answer a fault, at worst, by arithmetic (DESIGN sections 4 and 8): so that
 * nobody believes in a 5 s reaction to a 60 s metric. The drills measure the same figures.
 */
import type { Policy, Signal } from '../core/model.ts';
import { growsByMinutes } from '../core/scaling-memory.ts';
import { READS_AT_ONCE_SECONDS, READS_PER_ROUND, readsAmong } from '../core/target-reads.ts';
import { intervalMsOf } from '../core/targets.ts';

/** Worst-case seconds of one way to notice a fault, counted from the fault. */
export interface Detection {
  readonly path: 'health' | 'scaling' | 'failover' | 'regionLost';
  /** Of `scaling` only. */
  readonly signal?: string;
  /** When AWS first shows it; null when this policy never notices. */
  readonly detectSeconds: number | null;
  /** When the decision is saved; null likewise. */
  readonly decideSeconds: number | null;
  /** When the first change is accepted; null likewise. */
  readonly actSeconds: number | null;
  /** All of it in one line. */
  readonly text: string;
}

/** From a saved decision to an accepted change: at most this. */
export const ACT_SECONDS = 2;
/** How late CloudWatch may show a period after its end, as section 8 assumes. */
const PUBLISHED_LATE_SECONDS = 60;
/** A Sum over several minutes is known to be whole once the minute after it is there. */
const WHOLE_SECONDS = 60;
/**
 * Of a target group whose checks nobody set: 30 s, 2 failures, and a timeout of 10 s with HTTPS and TCP (6 s with HTTP).
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
 */
const DEFAULT_CHECK = { intervalSeconds: 30, timeoutSeconds: 10, unhealthyThreshold: 2 };

/** The reachable worst case of every way in which this policy notices a fault, in the order health, scaling, failover. */
export function detectionTimes(policy: Policy): Detection[] {
  const intervalSeconds = intervalMsOf(policy) / 1000;
  return [
    ...(policy.health ? [byCheck('health', policy, policy.health.rounds.unhealthy, intervalSeconds)] : []),
    ...(policy.scaling?.signals ?? []).map((signal, _, all) => bySignal(signal, all.length > 1, intervalSeconds)),
    ...(policy.failover
      ? [byCheck('failover', policy, policy.failover.trip.rounds, intervalSeconds), byMissing(policy, intervalSeconds)]
      : []),
  ];
}

/** A target fails: the load balancer's own checks come first, then our rounds. */
function byCheck(path: 'health' | 'failover', policy: Policy, rounds: number, intervalSeconds: number): Detection {
  const check = policy.health?.check ?? DEFAULT_CHECK;
  const detectSeconds = check.unhealthyThreshold * check.intervalSeconds + check.timeoutSeconds;
  const decideSeconds = detectSeconds + rounds * intervalSeconds;
  const actSeconds = decideSeconds + ACT_SECONDS;
  const spelled = Array.from({ length: check.unhealthyThreshold }, () => check.intervalSeconds).join('+');
  const whose = policy.health ? '' : " (AWS's defaults: there is no health.check to say otherwise)";
  const saving = rounds > 1 ? `; 1 round would save ${(rounds - 1) * intervalSeconds} s` : '';
  const text = `${path}: load balancer ${spelled}+${check.timeoutSeconds} s${whose}, own rounds +${rounds * intervalSeconds} s, act +${ACT_SECONDS} s = ${actSeconds} s${saving}`;
  return { path, detectSeconds, decideSeconds, actSeconds, text };
}

/**
 * A load comes: at worst just after a period began, whose average it does not move enough; the next period shows it
 * whole, once it has ended and is published.
 */
function bySignal(signal: Signal, named: boolean, intervalSeconds: number): Detection {
  const { name, metric } = signal;
  const period = metric.periodSeconds;
  const wholeSeconds = growsByMinutes(signal) ? WHOLE_SECONDS : 0;
  const detectSeconds = 2 * period + PUBLISHED_LATE_SECONDS + wholeSeconds;
  const decideSeconds = detectSeconds + intervalSeconds;
  const actSeconds = decideSeconds + ACT_SECONDS;
  const kind = period === 60 ? 'one-minute' : period % 60 === 0 ? `${period / 60}-minute` : `${period}-second`;
  const whole = wholeSeconds === 0 ? '' : `, known whole ${wholeSeconds} s later`;
  const text = `scaling${named ? ` (${name})` : ''}: ${kind} metric ${period}+${period} s and published ${PUBLISHED_LATE_SECONDS} s late${whole} = ${detectSeconds} s, next round ${intervalSeconds} s, act ${ACT_SECONDS} s = ${actSeconds} s`;
  return { path: 'scaling', signal: name, detectSeconds, decideSeconds, actSeconds, text };
}

/** The primary's region is lost: nothing can be read there, and only the failing probe says that it is not our view. */
function byMissing({ failover }: Policy, intervalSeconds: number): Detection {
  if (failover?.primary.probe === undefined) {
    const text =
      'region lost: never noticed, because failover.primary has no probe; missing readings alone move nothing';
    return { path: 'regionLost', detectSeconds: null, decideSeconds: null, actSeconds: null, text };
  }
  const rounds = failover.trip.missingRounds;
  const detectSeconds = rounds * intervalSeconds;
  const decideSeconds = detectSeconds + intervalSeconds;
  const actSeconds = decideSeconds + ACT_SECONDS;
  const text = `region lost: ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${intervalSeconds} s = ${detectSeconds} s, next round ${intervalSeconds} s, act ${ACT_SECONDS} s = ${actSeconds} s`;
  return { path: 'regionLost', detectSeconds, decideSeconds, actSeconds, text };
}

/** For each region of which more target groups are to be read than may be, how long a service waits for its turn, in a line. */
export function turnsAmong(policies: readonly Policy[]): string[] {
  return [...readsAmong(policies)]
    .filter(([, reads]) => reads > READS_PER_ROUND)
    .map(([region, reads]) => {
      const everySeconds = READS_AT_ONCE_SECONDS * Math.ceil(reads / READS_PER_ROUND);
      return `${region}: ${Math.ceil(reads)} target groups are to be read in ${READS_AT_ONCE_SECONDS} s, and Elastic Load Balancing lets an account read ten a second; ${READS_PER_ROUND} are, so each has its turn about every ${everySeconds} s, and in the next round where something is wrong`;
    });
}
