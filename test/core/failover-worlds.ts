/** What happens to the lab's two sites, as scripts of rounds: each step is what one round sees, 5 s after the one before. */
import { decide } from '../../lib/core/decide.ts';
import type { DnsView, Policy, Result, ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import {
  dnsOf,
  fleetOf,
  groupIn,
  groupOf,
  inArea,
  instance,
  missing,
  observe,
  policyOf,
  type Round,
  rounds,
  SECOND,
  T0,
  target,
  type World,
} from './builders.ts';

/** The lab's policy. */
export const WEB = policyOf();

/** Three quiet rounds begin here, and the script of a test begins with the fourth. */
export const START = T0 + 15 * SECOND;

/** Two of two fail. */
export const OUT: World = { targets: groupIn('unhealthy', 'unhealthy') };
/** One of three is left: bad, but not lost. */
export const WEAK: World = { fleet: fleetOf(3), targets: groupIn('healthy', 'unhealthy', 'unhealthy') };
/** The region does not answer, and neither does the site. */
export const DARK: World = { targets: missing(), fleet: missing(), refresh: missing(), probe: false };
export const STANDBY_OUT: World = { standbyTargets: groupOf([target('i-91', 'unhealthy')]) };
export const STANDBY_DARK: World = { standbyTargets: missing(), standbyFleet: missing(), standbyProbe: false };

/** A standby of this many healthy servers. */
export function standbyOf(count: number): World {
  const names = Array.from({ length: count }, (_, index) => `i-9${index + 1}`);
  const instances = names.map((id) => instance(id));
  return {
    standbyFleet: fleetOf(count, { name: 'exercise-standby-group', instances }),
    standbyTargets: groupOf(names.map((id) => target(id))),
  };
}

/** The record as the state believes it to be. */
export function recordOf(state: ServiceState): DnsView {
  const { seoul = 100, tokyo = 0 } = state.failover.weights ?? {};
  return dnsOf(seoul, tokyo);
}

/** Runs the script. The record follows our moves, and each is INSYNC in the next round, unless a step says otherwise. */
export function play(policy: Policy, start: ServiceState, script: readonly World[], fromMs: number = START): Round[] {
  return rounds(
    policy,
    start,
    script.length,
    (index, _, state) => {
      const insync = state.failover.change === null ? undefined : ('INSYNC' as const);
      return { dns: recordOf(state), dnsChange: insync, ...script[index] };
    },
    fromMs,
  );
}

/** The same step that many times. */
export function times(count: number, world: World = {}): World[] {
  return Array.from({ length: count }, () => world);
}

export function last(ran: readonly Round[]): Round {
  const round = ran.at(-1);
  if (round === undefined) throw new Error('no round was run');
  return round;
}

/** On the primary, both sites known to be good, and their probes to pass. */
export function atHome(policy: Policy = WEB, world: World = {}): ServiceState {
  return last(play(policy, initialState('web'), times(3, { probe: true, standbyProbe: true, ...world }), T0)).state;
}

/** Moved to the secondary by a trip that is INSYNC; the primary fails still. The next round is at `AWAY`. */
export function away(policy: Policy = WEB, world: World = {}): ServiceState {
  return last(play(policy, atHome(policy), times(5, { ...OUT, ...world }))).state;
}
export const AWAY = START + 25 * SECOND;

/** On the secondary, the primary good again for this many rounds. The next round is `roundsBack` intervals after `AWAY`. */
export function recovering(roundsBack: number, policy: Policy = WEB, world: World = {}): ServiceState {
  return last(play(policy, away(policy), times(roundsBack, world), AWAY)).state;
}

/** The failover decisions of a round, in one word each. */
export function said(round: Round): string {
  return inArea(round.result, 'failover')
    .map((d) => d.reason)
    .join(' ');
}

/** What one cycle concludes of this world, nothing applied. */
export function conclude(policy: Policy, state: ServiceState, world: World, atMs: number): Result {
  return decide(policy, state, observe(atMs, { dns: recordOf(state), ...world }), atMs);
}

/** The main failover decision. */
export function mainOf(result: Result) {
  const [decision] = inArea(result, 'failover');
  if (decision === undefined) throw new Error('no failover decision');
  return decision;
}
