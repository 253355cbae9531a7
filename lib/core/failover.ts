/** On which site the service should be. */
import { activeByWeights, type Pair, printWeights, sameWeights } from './dns.ts';
import { moveBack } from './failback.ts';
import { type FailoverScene, move, none, siteNumbers } from './failover-scene.ts';
import { deployment } from './interlocks.ts';
import type {
  Decision,
  FailoverPolicy,
  FailoverState,
  Numbers,
  Observation,
  Pending,
  ServiceState,
  SiteName,
} from './model.ts';
import { PENDING_MS } from './pending.ts';
import type { ReasonCode } from './reasons.ts';
import { doubtedForMs, isBad, isGood, isLost, type SiteHealth } from './sites.ts';
import { standbyCapacity } from './standby.ts';
import { phaseOf } from './state.ts';

/** Without an answer from GetChange the record itself, showing our weights, is believed after this time (INSYNC takes up to 60 s). */
const INSYNC_BELIEVED_MS = 120_000;
/** An order by hand that could not be carried out in this time is no longer what the person wants. */
export const ORDER_MS = 60_000;

/** Healthy servers that make the standby ready, as a share of what the primary last wanted; not rounded. */
export function readyAt(failover: FailoverPolicy, { primaryDesired }: FailoverState): number {
  return Math.max(1, ((primaryDesired ?? 0) * failover.secondary.minReadyPercent) / 100);
}

/** Whether the standby is at least `minReadyPercent` of what the primary last wanted; the primary always is. */
function readiness(scene: FailoverScene, to: SiteName): { ready: boolean; wanted: number } {
  const { failover, state, sites } = scene;
  if (to === 'primary') return { ready: true, wanted: 1 };
  const wanted = readyAt(failover, state.failover);
  const servers = sites.secondary.known ? sites.secondary.servers : (state.failover.secondary.lastHealthy ?? 0);
  return { ready: servers >= wanted, wanted: Math.ceil(wanted) };
}

/** The active site is bad: move, wait, or stay, in this order of questions. */
function tripped(scene: FailoverScene, active: SiteName, here: SiteHealth): Decision {
  const { policy, failover, state, sites, pair, summary, obs, nowMs } = scene;
  const to = active === 'primary' ? 'secondary' : 'primary';
  const { ready, wanted } = readiness(scene, to);
  const numbers = { ...siteNumbers(scene, active), wanted };
  const option = `move to the ${to}`;
  if (!isGood(policy, failover, state, sites, to, nowMs)) {
    const bad = isBad(failover, state.failover[to], sites[to]) || (sites[to].known && sites[to].healthy === 0);
    const reason = bad ? 'BOTH_BAD' : 'OTHER_UNKNOWN';
    return none(reason, numbers, [{ option, reason }]);
  }
  const lost = isLost(here);
  const deploying = active === 'primary' && !lost ? deployment(policy, state, obs, summary, nowMs) : undefined;
  if (deploying !== undefined)
    return none(deploying.reason, { ...numbers, ...deploying.numbers }, [{ option, reason: deploying.reason }]);
  if (!ready && !lost) return none('STANDBY_NOT_READY', numbers, [{ option, reason: 'STANDBY_NOT_READY' }]);
  if (!pair.ok) return none(pair.reason, { ...numbers, ...pair.numbers }, [{ option, reason: pair.reason }]);
  return move(scene, pair, to, ready ? 'TRIP' : 'STANDBY_SMALL', 'trip', numbers);
}

/** An order by hand goes before everything but the state of the record; it needs no good evidence. */
function ordered(scene: FailoverScene, to: SiteName): Decision {
  const { pair } = scene;
  const numbers = siteNumbers(scene, to === 'primary' ? 'secondary' : 'primary');
  const option = `move to the ${to}`;
  if (!pair.ok) return none(pair.reason, { ...numbers, ...pair.numbers }, [{ option, reason: pair.reason }]);
  return move(scene, pair, to, 'ORDERED', 'order', numbers);
}

/** The record cannot be moved, whoever might want it. */
function immovable(reason: ReasonCode, numbers: Numbers): Decision {
  return none(reason, numbers, [{ option: 'move the record', reason }]);
}

/** Whether the record shows weights that are not ours. */
function foreign(scene: FailoverScene): Decision | null {
  const { failover, state, pair } = scene;
  if (!pair.ok) return null;
  const ours = state.failover.weights;
  if (ours !== null && sameWeights(pair.weights, ours)) return null;
  const expected =
    ours === null
      ? `all on ${failover.primary.setIdentifier} or ${failover.secondary.setIdentifier}`
      : printWeights(ours);
  const way =
    activeByWeights(failover, pair.weights) === null
      ? 'put all weight on one site, or these back'
      : 'release adopts them';
  return immovable('FOREIGN_DNS', { found: printWeights(pair.weights), expected, way });
}

function settled(scene: FailoverScene, active: SiteName): Decision {
  const { failover, state, sites, pair } = scene;
  const here = sites[active];
  const track = state.failover[active];
  const numbers = siteNumbers(scene, active);
  if (isBad(failover, track, here)) return tripped(scene, active, here);
  const stay = (reason: ReasonCode): Decision =>
    none(reason, numbers, [{ option: `move to the ${active === 'primary' ? 'secondary' : 'primary'}`, reason }]);
  if (here.known && track.bad > 0) return stay('WATCHING_SITE');
  if (!here.known) return stay(track.missing >= failover.trip.missingRounds ? 'SITE_MISSING' : 'WATCHING_SITE');
  // A record that cannot be moved is worth knowing before it has to be.
  if (!pair.ok) return immovable(pair.reason, { ...numbers, ...pair.numbers });
  return active === 'primary' ? none('ON_PRIMARY', numbers) : moveBack(scene, pair);
}

/** The awaited change: done when Route 53 says INSYNC, or when the record has long shown it and nobody answers. */
export function isInSync(state: ServiceState, obs: Observation, pair: Pair, nowMs: number): boolean {
  const { change, weights } = state.failover;
  if (change === null) return false;
  if (obs.dnsChange?.known === true && change.id !== null) return obs.dnsChange.value === 'INSYNC';
  return nowMs - change.atMs >= INSYNC_BELIEVED_MS && pair.ok && weights !== null && sameWeights(pair.weights, weights);
}

/** The weights by which somebody undid our change, long after it was made: waiting for it would never end. */
export function overwrittenBy(
  { change, weights }: FailoverState,
  pair: Pair,
  nowMs: number,
): Readonly<Record<string, number>> | null {
  if (change === null || weights === null || !pair.ok || nowMs - change.atMs < INSYNC_BELIEVED_MS) return null;
  return sameWeights(pair.weights, weights) ? null : pair.weights;
}

/** A move of ours whose outcome nobody knows is read back at once: where the record cannot be read, it may never have happened. */
function isUnknown({ atMs, acceptedMs }: Pending, { pair, nowMs }: FailoverScene): boolean {
  return acceptedMs === null && nowMs - atMs > PENDING_MS && !(pair.ok && pair.atMs > atMs);
}

function where(scene: FailoverScene): Decision {
  const { state, nowMs } = scene;
  const phase = phaseOf(state);
  const moving = state.pending.find(({ action }) => action.kind === 'moveDns');
  // Said as what it is, so that a site that is beyond help by failover heals by itself.
  if (moving !== undefined && isUnknown(moving, scene))
    return immovable('DNS_MISSING', { why: 'not read since a move whose outcome is unknown' });
  if (moving !== undefined || phase === 'failingOver' || phase === 'failingBack') {
    const sinceMs = state.failover.change?.atMs ?? moving?.atMs ?? nowMs;
    const waitedSeconds = Math.round((nowMs - sinceMs) / 1000);
    return none('MOVING', { to: phase === 'failingOver' ? 'secondary' : 'primary', waitedSeconds });
  }
  const order = state.orders.move;
  if (order !== undefined) return ordered(scene, order.to);
  return foreign(scene) ?? settled(scene, phase);
}

const SITES: readonly SiteName[] = ['primary', 'secondary'];

/** That a site's probe is not believed: worth knowing before the day on which only it could tell. */
function doubted({ failover, state, nowMs }: FailoverScene, site: SiteName): Decision | null {
  const forMs = doubtedForMs(state.failover[site], nowMs);
  const url = failover[site].probe;
  if (forMs === null || url === undefined) return null;
  return none('PROBE_DOUBTED', { site, minutes: Math.floor(forMs / 60_000), url });
}

/**
 * Decides where the record points, and how large the standby is: one decision, one more where the standby's capacity
 * changes, and one for each probe that is not believed. `state` already carries this round's counters and the record's phase.
 */
export function decideFailover(scene: FailoverScene): Decision[] {
  if (scene.state.orders.capacity?.capacity === 0) return [none('PARKED')];
  const main = where(scene);
  const decisions = [main];
  for (const more of [standbyCapacity(scene, main), ...SITES.map((site) => doubted(scene, site))])
    if (more !== null) decisions.push(more);
  return decisions;
}
