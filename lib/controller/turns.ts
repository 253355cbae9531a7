/** Whose turn it is: where a region has more target groups than may be read in one round, its services take turns. */
import type { FailoverPolicy, Policy, ServiceState, SiteTrack } from '../core/model.ts';
import { GATE_READS, HURRIED_SHARE, regionsRead } from '../core/target-reads.ts';
import { GAP_INTERVALS, intervalMsOf } from '../core/targets.ts';
import type { TargetPort } from '../ports.ts';
import type { Subject } from './subject.ts';

function isSiteCounting({ trip }: FailoverPolicy, { good, bad, missing }: SiteTrack): boolean {
  const isUnder = (count: number, rounds: number): boolean => count > 0 && count < rounds;
  return isUnder(good, trip.rounds) || isUnder(bad, trip.rounds) || isUnder(missing, trip.missingRounds);
}

/** Whether a run of rounds is under way, which the next one continues. */
function isCounting({ health, failover: rule }: Policy, { health: seen, failover }: ServiceState): boolean {
  if (rule !== undefined && (isSiteCounting(rule, failover.primary) || isSiteCounting(rule, failover.secondary)))
    return true;
  if (health === undefined) return false;
  return Object.values(seen.targets).some(({ failing, passing }) => passing > 0 || failing < health.rounds.unhealthy);
}

/** Whether something is to be done, or was begun: an action, a move, a site that serves and is bad. */
function isUrgent({ pending, orders, failover }: ServiceState): boolean {
  if (pending.length > 0 || orders.move !== undefined) return true;
  const { bad, missing } = failover[failover.phase === 'primary' ? 'primary' : 'secondary'];
  return bad > 0 || missing > 0;
}

/** Takes services as long as the reads of their regions last; who needs none always has a turn. */
function taker(left: ReadonlyMap<string, number>) {
  const rest = new Map(left);
  const taken = new Set<Subject>();
  const take = (subjects: readonly Subject[], keep: (region: string) => number): void => {
    for (const subject of subjects) {
      if (taken.has(subject)) continue;
      const reads = regionsRead(subject.policy);
      const fits = reads.every((r) => (rest.get(r) ?? 0) - reads.filter((other) => other === r).length >= keep(r));
      if (!fits) continue;
      for (const region of reads) rest.set(region, (rest.get(region) ?? 0) - 1);
      taken.add(subject);
    }
  };
  return { take, taken };
}

/**
 * The services of this round. All of them, where the reads suffice. Otherwise those first of which a run of rounds is under
 * way, the last looked at first: so that runs are completed, and not all begun and none completed where all fail at once. Then
 * those of which something is to be done. At least a quarter of the reads goes to whoever has waited longest.
 * @param looked when each service last had its turn; who has one now is entered.
 */
export function takeTurns(
  subjects: readonly Subject[],
  targets: Pick<TargetPort, 'readsLeft'>,
  looked: Map<string, number>,
  roundMs: number,
): readonly Subject[] {
  const wanted = new Map<string, number>();
  for (const { policy } of subjects)
    for (const region of regionsRead(policy)) wanted.set(region, (wanted.get(region) ?? 0) + 1);
  // Two reads at least: a service with both sites in one region needs them, or would never have its turn.
  const left = new Map([...wanted.keys()].map((r) => [r, Math.max(2, targets.readsLeft(r) - GATE_READS)]));
  const mayAll = [...wanted].every(([region, count]) => count <= (left.get(region) ?? 0));
  const lastMs = ({ policy }: Subject): number => looked.get(policy.service) ?? 0;
  const { take, taken } = taker(left);
  if (!mayAll) {
    const waiting = [...subjects].sort((a, b) => lastMs(a) - lastMs(b));
    const counting = waiting.filter(({ policy, state }) => isCounting(policy, state)).reverse();
    take(
      [...counting, ...waiting.filter(({ state }) => isUrgent(state))],
      (region) => (1 - HURRIED_SHARE) * (left.get(region) ?? 0),
    );
    take(waiting, () => 0);
  }
  const having = mayAll ? subjects : subjects.filter((s) => taken.has(s));
  for (const { policy } of having) looked.set(policy.service, roundMs);
  return having;
}

/** What the loop knows of those who take turns. */
export interface TurnsTaken {
  /** The last round of each service. */
  readonly rounds: Map<string, number>;
  /** Who had no turn at its last mark, and is due until it has one. */
  readonly waiting: Set<string>;
}

/**
 * Enters the round for those that had no turn in it: they are looked after, so that what they looked like the last time and
 * what they look like the next are consecutive. Who had no round for longer than a gap stays without one.
 */
export function passOver(
  { rounds, waiting }: TurnsTaken,
  all: readonly Subject[],
  having: readonly Subject[],
  roundMs: number,
): void {
  const seen = new Set(having);
  for (const subject of all) {
    const { policy } = subject;
    if (seen.has(subject)) {
      waiting.delete(policy.service);
      continue;
    }
    waiting.add(policy.service);
    const lastMs = rounds.get(policy.service);
    if (lastMs === undefined || roundMs - lastMs >= GAP_INTERVALS * intervalMsOf(policy)) continue;
    rounds.set(policy.service, roundMs);
  }
}
