/** What the record's sets say, and whether they are ours to move. */
import { AWAY_NOTED_MS } from './forecast-memory.ts';
import type { DnsView, FailoverPolicy, FailoverState, Observation, SiteName } from './model.ts';
import type { ReasonCode } from './reasons.ts';

/** A record that was read longer ago than this counts as unread. The gate reads it again before a move, where it can. */
export const DNS_READING_MS = 300_000;

/** The pair of weights, or why the sets may not be moved. */
export type Pair =
  | {
      readonly ok: true;
      readonly weights: Readonly<Record<string, number>>;
      readonly dns: DnsView;
      readonly atMs: number;
    }
  | { readonly ok: false; readonly reason: ReasonCode; readonly numbers: Readonly<Record<string, string>> };

function refuse(because: string): Pair {
  return { ok: false, reason: 'DNS_REFUSED', numbers: { because } };
}

/**
 * Reads the weighted pair out of the name's record sets. Refused: sets that are not weighted, identifiers the policy does
 * not name, a site without a set, and A and AAAA sets that disagree.
 */
export function pairOf(policy: FailoverPolicy, obs: Pick<Observation, 'dns'>, nowMs: number): Pair {
  const reading = obs.dns;
  if (reading?.known !== true)
    return { ok: false, reason: 'DNS_MISSING', numbers: { why: reading?.why ?? 'not-read' } };
  if (nowMs - reading.atMs > DNS_READING_MS) return { ok: false, reason: 'DNS_MISSING', numbers: { why: 'too old' } };
  const ids = [policy.primary.setIdentifier, policy.secondary.setIdentifier];
  const weights: Record<string, number> = {};
  const perType = new Map<string, number>();
  if (!reading.value.sets.some((s) => s.type === policy.record.type))
    return refuse(`there is no ${policy.record.type} record of this name`);
  for (const set of reading.value.sets) {
    const { setIdentifier: id, weight, type } = set;
    if (set.routing !== 'weighted' || id === undefined || weight === undefined)
      return refuse(`a ${type} set is not weighted`);
    if (!ids.includes(id)) return refuse(`${type} set ${id} is not named by the policy`);
    if (weights[id] !== undefined && weights[id] !== weight) return refuse(`the sets of ${id} have different weights`);
    weights[id] = weight;
    perType.set(type, (perType.get(type) ?? 0) + 1);
  }
  for (const [type, count] of perType)
    if (
      count !== ids.length ||
      ids.some((id) => !reading.value.sets.some((s) => s.type === type && s.setIdentifier === id))
    )
      return refuse(`the ${type} sets are not one for each site`);
  return { ok: true, weights, dns: reading.value, atMs: reading.atMs };
}

/** The site that gets all the traffic; `null` when none or both do. */
export function activeByWeights(policy: FailoverPolicy, weights: Readonly<Record<string, number>>): SiteName | null {
  const primary = weights[policy.primary.setIdentifier] ?? 0;
  const secondary = weights[policy.secondary.setIdentifier] ?? 0;
  if (primary > 0 === secondary > 0) return null;
  return primary > 0 ? 'primary' : 'secondary';
}

/**
 * The pair as far as it can be built on: a reading from before our own last change that shows other weights than ours is
 * the past, not somebody else's doing, and nothing may be moved from it.
 */
export function currentPair(policy: FailoverPolicy, state: FailoverState, obs: Observation, nowMs: number): Pair {
  const pair = pairOf(policy, obs, nowMs);
  if (!pair.ok || state.weights === null || pair.atMs > state.weightsMs || sameWeights(pair.weights, state.weights))
    return pair;
  return { ok: false, reason: 'DNS_MISSING', numbers: { why: 'not read since our last change' } };
}

/**
 * The site that the record, just as we set it, leads to, if that is not what the phase says: an old answer had shown a move
 * of ours as overwritten, or somebody overwrote it and has put it back.
 */
export function leadsElsewhere(policy: FailoverPolicy, state: FailoverState, pair: Pair): SiteName | null {
  if (!pair.ok || state.weights === null || !sameWeights(pair.weights, state.weights)) return null;
  const active = activeByWeights(policy, state.weights);
  return active === state.phase ? null : active;
}

/** Whether the record is known to give the primary nothing; also of one that we may not move. */
export function isEmptied({ primary }: FailoverPolicy, dns: Observation['dns']): boolean {
  return dns?.known === true && dns.value.sets.some((s) => s.setIdentifier === primary.setIdentifier && s.weight === 0);
}

/** Whether the record is known to give the primary some of the traffic; also one that we may not move. */
export function givesTraffic({ primary }: FailoverPolicy, { sets }: DnsView): boolean {
  return sets.some(({ setIdentifier, weight = 0 }) => setIdentifier === primary.setIdentifier && weight > 0);
}

/** A change is usually on all of Route 53's servers within 60 s: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html */
const PROPAGATION_MS = 60_000;
/** An alias to a load balancer has a fixed time to live of 60 s: https://aws.amazon.com/route53/faqs/ */
const ALIAS_TTL_SECONDS = 60;

/** The answers of a record that cannot be read are taken to live this long: more than `doctor` lets pass without a word. */
const UNREAD_TTL_SECONDS = 300;

/** Whether the record is known to be another than the one that we set or adopted. */
function isStrayed(policy: FailoverPolicy, { weights }: FailoverState, pair: Pair, obs: Observation): boolean {
  if (pair.ok) return weights !== null && !sameWeights(pair.weights, weights);
  return (weights?.[policy.primary.setIdentifier] ?? 0) > 0 && isEmptied(policy, obs.dns);
}

/** Notes, once a minute, that the record is another than ours, and so when it last was; the same object when it is not. */
export function noteStrayed(
  policy: FailoverPolicy,
  state: FailoverState,
  pair: Pair,
  obs: Observation,
  nowMs: number,
): FailoverState {
  if (!isStrayed(policy, state, pair, obs) || nowMs - (state.strayedMs ?? 0) < AWAY_NOTED_MS) return state;
  return { ...state, strayedMs: nowMs };
}

/**
 * From when on all clients have followed the record as it is: whoever asked just before it changed keeps the old answer for
 * as long as it may live. Until then a site carries only a part of the load that it is going to carry.
 */
export function followedMs({ weightsMs, strayedMs = 0 }: FailoverState, dns: Observation['dns']): number {
  const lives = dns?.known === true ? dns.value.sets.map(({ ttlSeconds = ALIAS_TTL_SECONDS }) => ttlSeconds) : [];
  const longest = lives.length === 0 ? UNREAD_TTL_SECONDS : Math.max(...lives);
  return Math.max(weightsMs, strayedMs) + PROPAGATION_MS + longest * 1000;
}

/** The weights with all traffic on `to`: it takes over the weight that the other had, so nothing else is changed. */
export function movedWeights(
  policy: FailoverPolicy,
  weights: Readonly<Record<string, number>>,
  to: SiteName,
): Readonly<Record<string, number>> {
  const from = to === 'primary' ? policy.secondary : policy.primary;
  const all = Math.max(1, ...Object.values(weights));
  return { [policy[to].setIdentifier]: all, [from.setIdentifier]: 0 };
}

export function sameWeights(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([id, weight]) => b[id] === weight);
}

export function printWeights(weights: Readonly<Record<string, number>>): string {
  return Object.entries(weights)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, weight]) => `${id} ${weight}`)
    .join(', ');
}

/**
 * Adopts the weights at first sight, or when that is ordered: the state follows the record, never the other way round.
 * Somebody else set them, so going back from the secondary is left to a person. Both or no site weighted is no state of
 * ours and is left to be reported as foreign.
 */
export function adoptDns(policy: FailoverPolicy, failover: FailoverState, pair: Pair, ordered: boolean): FailoverState {
  const ours = failover.weights;
  if (!pair.ok || (ours !== null && (!ordered || sameWeights(pair.weights, ours)))) return failover;
  const active = activeByWeights(policy, pair.weights);
  if (active === null) return failover;
  const byHand = active === 'secondary';
  return { ...failover, phase: active, weights: pair.weights, weightsMs: pair.atMs, change: null, byHand };
}
