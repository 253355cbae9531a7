/** Scenarios about the standby: it is far too small, or it is needed again soon after the way back. */
import { intervalMsOf } from '../core/targets.ts';
import { count } from '../policy/count.ts';
import { ACT_SECONDS } from '../policy/detection.ts';
import { roomFor } from './adapt.ts';
import { BOOT_SECONDS, boundOf, failoverOf, fleetOf, healSeconds, healthOf, LAUNCH_SECONDS } from './bounds.ts';
import { answered, healthyMs, movedWords, ofKind, servedAgain, within } from './judging.ts';
import {
  failAll,
  healAfterSeconds,
  healed,
  leaves,
  movedSeconds,
  REPAIR_SECONDS,
  returned,
  rightReason,
  shownBad,
  wayBackSeconds,
} from './outage.ts';
import { secondsSince } from './result.ts';
import type { Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';

/** The standby has a tenth of this. */
const SERVERS = 10;

function judgeSmall(facts: Facts, servers: number, standby: number): Judgement[] {
  const { policy } = facts.scene;
  const bound = boundOf(policy, 'failover');
  const answer = answered(facts, 'failover', bound);
  if (facts.actMs === null) return answer;
  const raisedSeconds = bound.detectSeconds + intervalMsOf(policy) / 1000 + ACT_SECONDS;
  const raise = ofKind(facts.applied, 'setCapacity').find(({ action }) => action.reason === 'RAISE_STANDBY');
  const raisedTo = raise === undefined ? '' : ` to ${count(raise.action.to, 'server')}`;
  const full = healthyMs(facts, 'secondary', servers);
  const bootSeconds = LAUNCH_SECONDS + BOOT_SECONDS + healSeconds(healthOf(policy));
  const size = facts.after.secondary?.group?.desired;
  // As long as a person has not moved the record back, the standby is what serves.
  const stays = failoverOf(policy).failback.mode === 'manual';
  const right = stays ? servers : standby;
  const because = stays ? `it serves until a person moves the record, with ${right}` : `as before: ${right}`;
  return [
    within(facts, `the standby was raised${raisedTo}`, raise?.atMs ?? null, raisedSeconds),
    ...answer,
    ...rightReason(facts),
    servedAgain(facts, movedSeconds(bound.actSeconds), 'act, INSYNC and the time to live'),
    within(facts, `the standby had ${servers} healthy servers`, full, raisedSeconds + bootSeconds),
    returned(facts),
    { holds: size === right, text: `at the end the desired capacity of the standby was ${size}; ${because}` },
  ];
}

const smallStandby: Scenario = {
  name: 'small-standby',
  summary:
    'Every target of a fleet of ten fails while the standby has one server: it is raised at once and the record moves all the same.',
  needs: [
    'fleet',
    'health',
    'failover',
    {
      words: '"failover.secondary.autoScalingGroup"',
      isMet: ({ failover }) => failover?.secondary.autoScalingGroup !== undefined,
    },
  ],
  adapt: (policy) => roomFor(policy, SERVERS),
  options: (policy) => {
    const servers = Math.max(SERVERS, fleetOf(policy).capacity.min);
    return { servers, standbyServers: Math.floor(servers / 10) };
  },
  plan(scene) {
    const { policy, before } = scene;
    const failover = failoverOf(policy);
    const bound = boundOf(policy, 'failover');
    const servers = before.primary.targets.healthy;
    const standby = before.secondary?.targets.healthy ?? 0;
    const healSeconds = healAfterSeconds(bound.actSeconds);
    const fail = failAll(scene);
    return {
      faults: [
        { afterSeconds: 0, fault: fail },
        { afterSeconds: healSeconds, fault: healed(fail) },
      ],
      alarms: [],
      // Back on the primary, the standby is returned to its size after another wait.
      runSeconds: healSeconds + wayBackSeconds(failover, 2),
      response: leaves,
      shown: shownBad(policy),
      fullAt: () => servers,
      judge: (facts) => judgeSmall(facts, servers, standby),
    };
  },
};

/** Each way out soon after its fault, and each way back after its wait: the second one twice as long. */
function judgeRelapse(facts: Facts, againSeconds: number, healSeconds: number): Judgement[] {
  const { policy } = facts.scene;
  const bound = boundOf(policy, 'failover');
  const answer = answered(facts, 'failover', bound);
  if (facts.actMs === null) return answer;
  const { afterHealthySeconds } = failoverOf(policy).failback;
  const order = facts.moves.map(({ to }) => to).join(' ');
  /** From this move to the one after it: the primary cannot have been good before it was left. */
  const away = (which: string, index: number, waitSeconds: number, budgetSeconds: number): Judgement => {
    const [out, back] = facts.moves.slice(index, index + 2);
    const seconds = out === undefined || back === undefined ? Number.NaN : secondsSince(out.atMs, back.atMs);
    const most = healSeconds + REPAIR_SECONDS + waitSeconds + budgetSeconds;
    const text = `the ${which} way back came ${seconds} s after the way out; its wait is ${waitSeconds} s, and ${most} s would be too late`;
    return { holds: seconds >= waitSeconds && seconds <= most, text };
  };
  return [
    ...answer,
    within(facts, 'the relapse was answered', facts.moves[2]?.atMs ?? null, bound.actSeconds, againSeconds),
    {
      holds: order === 'secondary primary secondary primary',
      text: `${movedWords(facts)}; there and back twice is right`,
    },
    away('first', 0, afterHealthySeconds, 0),
    away('second', 2, 2 * afterHealthySeconds, budgetWaitSeconds(policy)),
  ];
}

/** With one failback an hour the second one waits for the hour to be over. */
function budgetWaitSeconds(policy: Scene['policy']): number {
  return failoverOf(policy).limits.failbacksPerHour < 2 ? 3600 : 0;
}

const relapse: Scenario = {
  name: 'relapse',
  summary:
    'The primary fails again soon after the way back: the record moves to the secondary again, and the next wait is twice as long.',
  needs: [
    'failover',
    {
      words: 'automatic failback',
      isMet: ({ failover }) => failover === undefined || failover.failback.mode === 'automatic',
    },
  ],
  options: () => ({}),
  plan(scene): Plan {
    const { policy, before } = scene;
    const failover = failoverOf(policy);
    const healSeconds = healAfterSeconds(boundOf(policy, 'failover').actSeconds);
    const againSeconds = healSeconds + wayBackSeconds(failover);
    const fail = failAll(scene);
    return {
      faults: [
        { afterSeconds: 0, fault: fail },
        { afterSeconds: healSeconds, fault: healed(fail) },
        { afterSeconds: againSeconds, fault: fail },
        { afterSeconds: againSeconds + healSeconds, fault: healed(fail) },
      ],
      alarms: [],
      runSeconds: againSeconds + healSeconds + wayBackSeconds(failover, 2) + budgetWaitSeconds(policy),
      response: leaves,
      shown: shownBad(policy),
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => judgeRelapse(facts, againSeconds, healSeconds),
    };
  },
};

export const STANDBY_SCENARIOS: readonly Scenario[] = [smallStandby, relapse];
