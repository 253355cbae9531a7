/** When to go back to the primary. */
import { isCharged } from './budget.ts';
import type { Pair } from './dns.ts';
import { type FailoverScene, move, none, siteNumbers } from './failover-scene.ts';
import { deployment } from './interlocks.ts';
import type { Decision } from './model.ts';
import { standbyDesired } from './scaling-scene.ts';
import { isGood } from './sites.ts';
import { HOUR_MS } from './state.ts';

/** Over all services: at most this many automatic failbacks at once (DESIGN section 5). */
export const ACCOUNT_FAILBACKS = 2;
/** A failback that nobody reported as ended stops counting after this time. */
export const FAILBACK_ENDS_MS = 600_000;

/** How long the primary must have been good: doubled by every relapse. */
export function failbackWaitMs(scene: Pick<FailoverScene, 'failover' | 'state'>): number {
  return scene.failover.failback.afterHealthySeconds * 1000 * 2 ** scene.state.failover.relapses;
}

/**
 * Servers that the primary must have: as many as the secondary, or as its group is asked for, as far as the primary may have
 * them, for so large we make it (`boundsOf`). Where nothing of ours makes it larger it has to be as it was when it had the traffic: as
 * it is now may be what its own scaler has left of it without any.
 */
function wantedServers({ policy, state, obs, sites }: FailoverScene): number {
  const { fleet } = obs.primary;
  const most = Number.MAX_SAFE_INTEGER;
  const upper = Math.min(policy.fleet?.capacity.max ?? most, fleet?.known === true ? fleet.value.maxSize : most);
  const isUnread = obs.secondary?.fleet?.known === false;
  const grown = policy.scaling === undefined ? null : isUnread ? most : standbyDesired(obs);
  return Math.min(sites.secondary.servers, grown ?? state.failover.primaryServed ?? most, upper);
}

/** On the secondary, which is not bad: go back as soon as nothing stands against it, otherwise say what does. */
export function moveBack(scene: FailoverScene, pair: Pair & { ok: true }): Decision {
  const { policy, failover, state, sites, obs, summary, nowMs } = scene;
  const { goodSinceMs } = state.failover.primary;
  const base = siteNumbers(scene, 'secondary');
  const option = 'fail back to the primary';
  // Evidence that is a round old would do, but there is no hurry: nothing is moved back in a round that sees nothing.
  if (goodSinceMs === null || !sites.primary.known || !isGood(policy, failover, state, sites, 'primary', nowMs))
    return none('ON_SECONDARY', base);
  const waitMs = failbackWaitMs(scene);
  const goodMs = nowMs - goodSinceMs;
  const wanted = wantedServers(scene);
  const recent = state.failover.failbacksMs.filter((ms) => nowMs - ms < HOUR_MS).length;
  const numbers = {
    ...base,
    goodSeconds: Math.floor(goodMs / 1000),
    waitSeconds: waitMs / 1000,
    healthy: sites.primary.healthy,
    servers: sites.primary.servers,
    wanted,
    used: recent,
    limit: failover.limits.failbacksPerHour,
  };
  const refuse = (reason: Decision['reason'], more = {}): Decision =>
    none(reason, { ...numbers, ...more }, [{ option, reason }]);
  if (failover.failback.mode === 'manual' || state.failover.byHand) return refuse('FAILBACK_MANUAL');
  if (goodMs < waitMs) return refuse('FAILBACK_WAIT');
  if (sites.primary.servers < wanted) return refuse('FAILBACK_CAPACITY');
  const deploying = deployment(policy, state, obs, summary, nowMs);
  if (deploying !== undefined) return refuse(deploying.reason, deploying.numbers);
  if (recent >= failover.limits.failbacksPerHour) return refuse('FAILBACK_BUDGET');
  if (!obs.budget.known) return refuse('ACCOUNT_BUDGET', { used: 'unknown', limit: ACCOUNT_FAILBACKS });
  const others = obs.budget.value.failbacks.filter(
    (f) => f.service !== policy.service && isCharged(f.atMs, nowMs, FAILBACK_ENDS_MS),
  );
  if (others.length >= ACCOUNT_FAILBACKS)
    return refuse('ACCOUNT_BUDGET', { used: others.length, limit: ACCOUNT_FAILBACKS });
  return move(scene, pair, 'primary', 'FAILBACK', 'failback', numbers);
}
