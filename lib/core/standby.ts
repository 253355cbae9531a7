/** How large the standby's group should be: raised when the primary is in doubt, returned when the doubt is long over. */
import { failbackWaitMs } from './failback.ts';
import type { FailoverScene } from './failover-scene.ts';
import { deploymentSigns } from './interlocks.ts';
import type { Action, Decision, FailoverState, FleetView, Observation, ServiceState } from './model.ts';
import { pendingOf } from './pending.ts';
import { isGood, isLost } from './sites.ts';
import { phaseOf } from './state.ts';

function change(
  scene: FailoverScene,
  view: FleetView,
  to: number,
  reason: 'RAISE_STANDBY' | 'RESTORE_STANDBY',
): Decision {
  const { failover, nextId } = scene;
  const base = { id: nextId(), region: failover.secondary.region, reason };
  const action: Action = { ...base, kind: 'setCapacity', site: 'secondary', group: view.name, from: view.desired, to };
  // Somebody may have led the traffic there while nothing was wrong at home.
  const cause = inDoubt(scene) ? 'because the primary is in doubt' : 'which now carries the traffic';
  const why = reason === 'RAISE_STANDBY' ? { cause } : {};
  return { area: 'failover', reason, action, numbers: { from: view.desired, to, ...why } };
}

/** The primary is in doubt from its first bad round, or from the first one in which neither it nor its probe answers. */
function inDoubt(scene: FailoverScene): boolean {
  const { state, sites } = scene;
  const track = state.failover.primary;
  return sites.primary.known ? track.bad > 0 : track.missing > 0 && isLost(sites.primary);
}

const isPending = (state: ServiceState): boolean =>
  pendingOf(state, (a) => a.kind === 'setCapacity' && a.site === 'secondary') !== undefined;

/**
 * On the primary, forgets that we raised the standby once somebody else has resized it: it is theirs again. While the record
 * points to the standby nothing is forgotten, or it would be raised against their will; nor is it raised there any more once it
 * was as large as the primary.
 */
export function trackRaise(failover: FailoverState, state: ServiceState, obs: Observation): FailoverState {
  const fleet = obs.secondary?.fleet;
  if (fleet?.known !== true || isPending(state)) return failover;
  const { phase, primaryDesired, standbyRaised, standbyMatched } = failover;
  const { desired } = fleet.value;
  if (phase !== 'primary') {
    const matches = primaryDesired !== null && desired >= primaryDesired;
    return matches && standbyMatched === undefined ? { ...failover, standbyMatched: true } : failover;
  }
  const isOurs = standbyRaised === null || desired === standbyRaised.to;
  if (isOurs && standbyMatched === undefined) return failover;
  return { ...failover, standbyRaised: isOurs ? standbyRaised : null, standbyMatched: undefined };
}

/** Whether the primary has carried the traffic in good health for the whole failback wait. */
function isOver({ policy, failover, state, sites, nowMs }: FailoverScene): boolean {
  const { weightsMs, primary } = state.failover;
  if (primary.goodSinceMs === null || !isGood(policy, failover, state, sites, 'primary', nowMs)) return false;
  return nowMs - Math.max(primary.goodSinceMs, weightsMs) >= failbackWaitMs({ failover, state });
}

/**
 * Raises the standby to the primary's last known desired capacity at the first bad round, so that booting and deciding
 * run side by side; and returns it to its former size once the primary has been good, and back, for the whole failback
 * wait. What somebody else has changed since stays as it is.
 */
export function standbyCapacity(scene: FailoverScene, main: Decision): Decision | null {
  const { obs, state } = scene;
  const reading = obs.secondary?.fleet;
  if (reading?.known !== true || reading.value.refused !== undefined) return null;
  if (main.reason === 'FOREIGN_DNS' || isPending(state)) return null;
  const view = reading.value;
  const { phase, standbyRaised, standbyMatched, primaryDesired } = { ...state.failover, phase: phaseOf(state) };
  const wanted = Math.min(primaryDesired ?? 0, view.maxSize);
  const isSmall = standbyRaised === null && standbyMatched === undefined;
  const needed = phase === 'primary' ? inDoubt(scene) : phase !== 'failingBack' && isSmall;
  if (needed && view.desired < wanted) return change(scene, view, wanted, 'RAISE_STANDBY');
  if (phase !== 'primary' || standbyRaised === null || view.desired !== standbyRaised.to) return null;
  if (!isOver(scene) || deploymentSigns(view, state) !== undefined) return null;
  const former = Math.max(standbyRaised.from, view.minSize);
  return former < view.desired ? change(scene, view, former, 'RESTORE_STANDBY') : null;
}
