/** Scenarios in which the primary cannot serve: all its targets fail, or its region is lost; each heals afterwards. */
import type { Policy } from '../core/model.ts';
import { intervalMsOf } from '../core/targets.ts';
import { type Detection, detectionTimes } from '../policy/detection.ts';
import type { Fault } from '../sim/faults.ts';
import { failoverOf } from './bounds.ts';
import { answered, servedAgain } from './judging.ts';
import {
  failAll,
  healAfterSeconds,
  healThose,
  leaves,
  movedSeconds,
  returned,
  shownBad,
  wayBackSeconds,
} from './outage.ts';
import type { Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';

/** There is one for each path of a policy with the section. */
const pathOf = (policy: Policy, path: 'failover' | 'regionLost'): Detection =>
  detectionTimes(policy).find((one) => one.path === path) as Detection;

function judge(facts: Facts, { detectSeconds, decideSeconds, actSeconds, text }: Detection): Judgement[] {
  if (detectSeconds === null || decideSeconds === null || actSeconds === null) return [{ holds: false, text }];
  const answer = answered(facts, 'failover', { detectSeconds, decideSeconds, actSeconds });
  if (facts.actMs === null) return answer;
  return [...answer, servedAgain(facts, movedSeconds(actSeconds), 'act, INSYNC and the time to live'), returned(facts)];
}

interface Outage {
  readonly bound: Detection;
  readonly faults: (healSeconds: number) => Plan['faults'];
  readonly shown: Plan['shown'];
}

/** Long enough for every client to have moved, then the repair, the wait, and the way back. */
function outage(scene: Scene, { bound, faults, shown }: Outage): Plan {
  const healSeconds = healAfterSeconds(bound.actSeconds ?? 0);
  return {
    faults: faults(healSeconds),
    alarms: [],
    runSeconds: healSeconds + wayBackSeconds(failoverOf(scene.policy)),
    response: leaves,
    shown,
    fullAt: () => scene.before.primary.targets.healthy,
    judge: (facts) => judge(facts, bound),
  };
}

const targetsFail: Scenario = {
  name: 'targets-fail',
  summary: 'Every target of the primary fails, and heals later: the record moves to the secondary and back.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const fail = failAll(scene);
    const heal = healThose(scene);
    return outage(scene, {
      bound: pathOf(scene.policy, 'failover'),
      faults: (healSeconds) => [
        { afterSeconds: 0, fault: fail },
        ...heal.map((fault) => ({ afterSeconds: healSeconds, fault })),
      ],
      shown: shownBad(scene.policy),
    });
  },
};

const regionLost: Scenario = {
  name: 'region-lost',
  summary:
    'The primary’s region is lost, servers and APIs, and comes back later: the record moves to the secondary and back.',
  needs: ['failover'],
  options: () => ({}),
  plan(scene) {
    const { policy, faultMs } = scene;
    const { trip, primary } = failoverOf(policy);
    const intervalMs = intervalMsOf(policy);
    const lose: Fault = { kind: 'region', region: primary.region, lost: true };
    return outage(scene, {
      bound: pathOf(policy, 'regionLost'),
      faults: (healSeconds) => [
        { afterSeconds: 0, fault: lose },
        { afterSeconds: healSeconds, fault: { ...lose, lost: false } },
      ],
      // Nothing says that a region is gone but that its readings stay away: shown with the last of the missing rounds.
      shown: (Math.floor(faultMs / intervalMs) + trip.missingRounds) * intervalMs,
    });
  },
};

export const SITE_SCENARIOS: readonly Scenario[] = [targetsFail, regionLost];
