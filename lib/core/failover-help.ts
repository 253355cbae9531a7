/** Whether failover answers for a site that is beyond repair by ejecting, so that health leaves it alone. */
import type { Decision, FailoverPolicy, Policy, ServiceState } from './model.ts';
import type { ReasonCode } from './reasons.ts';
import { isGood, type Sites } from './sites.ts';
import { phaseOf } from './state.ts';

/** With these, failover does not come to the help of a site that is beyond repair by ejecting: it must heal by itself. */
const NO_MOVE: readonly ReasonCode[] = ['STANDBY_NOT_READY', 'DNS_MISSING', 'DNS_REFUSED', 'FOREIGN_DNS'];

/** AWS lately refused to move the record for good: nor does it come to help then. */
const NO_MOVE_INCIDENTS = ['moveDns:DENIED', 'moveDns:NOT_FOUND'];

/**
 * Whether the record is on its way, is moved in this very cycle, or will be should the site stay as it is in this one: a
 * site at or above `healthyPercentBelow` is never left, however much of it fails to health.
 */
function isMoving({ trip }: FailoverPolicy, state: ServiceState, sites: Sites, moves: readonly Decision[]): boolean {
  const isUnderWay = phaseOf(state) !== 'primary' || moves.some(({ action }) => action?.kind === 'moveDns');
  // The reading and not the rounds: a cycle between two rounds counts none, and sees a wave first all the same.
  return isUnderWay || sites.primary.percent < trip.healthyPercentBelow;
}

/**
 * Whether a primary beyond repair by ejecting is left to failover: a good standby can take over, has not done so already,
 * and will. `moves`: what failover has decided in this cycle.
 */
export function isLeftToFailover(
  policy: Policy,
  failover: FailoverPolicy,
  state: ServiceState,
  sites: Sites,
  moves: readonly Decision[],
  nowMs: number,
): boolean {
  return (
    phaseOf(state) !== 'secondary' &&
    isGood(policy, failover, state, sites, 'secondary', nowMs) &&
    !moves.some((d) => NO_MOVE.includes(d.reason)) &&
    !NO_MOVE_INCIDENTS.some((incident) => incident in state.incidents) &&
    isMoving(failover, state, sites, moves)
  );
}
