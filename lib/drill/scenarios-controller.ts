/** Scenarios about the controller itself: it is frozen as it decides, or denied in the middle of what it does. */
import { intervalMsOf } from '../core/targets.ts';
import { ACT_SECONDS } from '../policy/detection.ts';
import type { Fault } from '../sim/faults.ts';
import { boundOf, DELIVERY_SECONDS, failoverOf, healthOf, SLOW_SECONDS } from './bounds.ts';
import { answered, fullAgain, ofKind, servedAgain, times, toldOnce, within } from './judging.ts';
import {
  failAll,
  healAfterSeconds,
  healed,
  leaves,
  movedSeconds,
  returned,
  shownBad,
  wayBackSeconds,
} from './outage.ts';
import { textOf } from './policy-text.ts';
import type { Facts, Judgement, Scenario, Scene } from './scenario.ts';
import { backSeconds, seenUnhealthy, takesOut, victimOf } from './victim.ts';

const intervalSecondsOf = ({ policy }: Scene): number => intervalMsOf(policy) / 1000;

/** As DESIGN section 8 names it; longer than any action may be late, shorter than the time between two ticks. */
const FROZEN_SECONDS = 40;

/** What was decided before the freeze was never carried out, and nothing was by whoever woke that others had done. */
function judgeFrozen({ decided, applied }: Facts): Judgement {
  if (decided === null) return { holds: false, text: 'nothing was decided, so nothing could be frozen' };
  const late = applied.filter(({ action }) => action.id === decided.action.id).length;
  const text = `what it had decided before it froze (${decided.action.reason}) was ${late === 0 ? 'never' : ''} carried out`;
  return { holds: late === 0, text: text.replace('  ', ' ') };
}

const frozenFunction: Scenario = {
  name: 'frozen-function',
  summary:
    'The function freezes for 40 s right after it has decided to take a target out: awake again it acts on nothing, and the target is taken out on new evidence.',
  needs: ['health'],
  options: () => ({}),
  plan(scene) {
    const { service, health, bound, servers, id } = victimOf(scene);
    const stop: Fault = { kind: 'server', service, site: 'primary', which: id, condition: 'refuses' };
    // Rounds so far apart are no longer consecutive, so that whoever comes next counts from the beginning.
    const rounds = (health.rounds.unhealthy + 1) * intervalSecondsOf(scene);
    const actSeconds = bound.decideSeconds + FROZEN_SECONDS + DELIVERY_SECONDS + rounds + ACT_SECONDS;
    const restarts = health.onUnhealthy === 'deregister';
    const restartSeconds = actSeconds + SLOW_SECONDS;
    const restart = { afterSeconds: restartSeconds, fault: { ...stop, condition: 'ok' } as const };
    return {
      faults: [{ afterSeconds: 0, fault: stop }, ...(restarts ? [restart] : [])],
      onDecided: (sandbox) => ({ kind: 'pause', function: 'onTick', seconds: FROZEN_SECONDS, sandbox }),
      alarms: [],
      runSeconds: restartSeconds + backSeconds(health) + 120,
      response: takesOut(id, servers < 2),
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => [
        judgeFrozen(facts),
        ...answered(facts, 'health', { ...bound, actSeconds }),
        servedAgain(facts, bound.detectSeconds, "the load balancer's own checks"),
        fullAgain(facts, (restarts ? restartSeconds : actSeconds) + backSeconds(health)),
      ],
    };
  },
};

/** What is denied in the middle: the second half of taking a server out for good, or of taking it back. */
function deniedOf(scene: Scene) {
  return healthOf(scene.policy).onUnhealthy === 'replace'
    ? { operation: 'SetInstanceHealth', kind: 'replaceInstance' as const, what: 'the replacement' }
    : { operation: 'RegisterTargets', kind: 'registerTarget' as const, what: 'the readmission' };
}

function judgeDenied(facts: Facts, allowedSeconds: number): Judgement[] {
  const { policy, faultMs } = facts.scene;
  const { kind, what } = deniedOf(facts.scene);
  const [done] = ofKind(facts.applied, kind);
  const [out] = ofKind(facts.applied, 'deregisterTarget');
  const other = facts.told.filter(({ subject }) => /BUDGET/.test(subject)).length;
  const early = done !== undefined && done.atMs < faultMs + allowedSeconds * 1000;
  const came = early ? 'went through' : 'was denied';
  return [
    {
      holds: out !== undefined && !early,
      text:
        out === undefined
          ? `the target was never taken out, so ${what} was not asked for`
          : `the target was taken out, and ${what} ${came}`,
    },
    toldOnce(facts, 'REFUSED', `that ${what} was denied`),
    { holds: other === 0, text: `${other === 0 ? 'nobody' : 'somebody'} was told of a budget, which nothing had used` },
    within(
      facts,
      `${what}, allowed again, came about`,
      done?.atMs ?? null,
      intervalMsOf(policy) / 1000 + ACT_SECONDS,
      allowedSeconds,
    ),
  ];
}

const deniedMidway: Scenario = {
  name: 'denied-midway',
  summary:
    'A permission is lost between taking a target out and replacing its server: it is told once, and finished when the permission is back.',
  needs: ['health'],
  options: () => ({}),
  plan(scene) {
    const { service, health, bound, servers, id } = victimOf(scene);
    const stop: Fault = { kind: 'server', service, site: 'primary', which: id, condition: 'refuses' };
    const { operation } = deniedOf(scene);
    const restarts = health.onUnhealthy === 'deregister';
    const restartSeconds = bound.actSeconds + SLOW_SECONDS;
    const restart = { afterSeconds: restartSeconds, fault: { ...stop, condition: 'ok' } as const };
    // Denied for some minutes from when it would be done.
    const forSeconds =
      5 * SLOW_SECONDS + (restarts ? health.readmit.afterSeconds + bound.actSeconds : bound.actSeconds);
    return {
      faults: [
        { afterSeconds: 0, fault: { kind: 'api', how: 'denied', operation, forSeconds } },
        { afterSeconds: 0, fault: stop },
        ...(restarts ? [restart] : []),
      ],
      alarms: [],
      runSeconds: forSeconds + backSeconds(health) + 120,
      response: takesOut(id, servers < 2),
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => [
        ...answered(facts, 'health', bound),
        servedAgain(facts, bound.detectSeconds, "the load balancer's own checks"),
        ...judgeDenied(facts, forSeconds),
        fullAgain(facts, forSeconds + ACT_SECONDS + backSeconds(health)),
      ],
    };
  },
};

/** A file as it comes out of a bad edit; each of them is no policy any more. */
function corrupted(text: string, random: Scene['random']): { readonly text: string; readonly how: string } {
  const ways = [
    { text: text.slice(0, text.length >> 1), how: 'cut off in the middle' },
    { text: text.replace('"region"', '"regoin"'), how: 'with a key misspelt' },
    { text: text.replace(/"region": "[^"]*"/, '"region": 7'), how: 'with a number for a region' },
  ] as const;
  return ways[random.int(0, ways.length - 1)] as (typeof ways)[number];
}

/** `onTick` runs twice at once at most, and each process says what it could not read. */
const PROCESSES = 2;

function judgeCorrupted(facts: Facts, brokenSeconds: number, mendedSeconds: number): Judgement[] {
  const { policy, faultMs } = facts.scene;
  const bound = boundOf(policy, 'failover');
  const answer = answered(facts, 'failover', bound);
  if (facts.actMs === null) return answer;
  const told = facts.told.filter(({ subject }) => subject === 'evenkeel: a policy file cannot be read');
  const during = told.filter(
    ({ atMs }) => atMs >= faultMs + brokenSeconds * 1000 && atMs < faultMs + mendedSeconds * 1000,
  );
  const inTime = policy.notify === undefined ? [0] : [1, PROCESSES];
  const went = facts.reported.filter((words) => words.includes(`the last good policy of ${policy.service} goes on`));
  const back = facts.moves.find(({ to }) => to === 'primary');
  const inTheMeantime = back === undefined || back.atMs < faultMs + mendedSeconds * 1000;
  const when = inTheMeantime ? 'while the file was broken' : 'only when the file was mended';
  return [
    ...answer,
    {
      holds: went.length > 0,
      text: `the functions ${went.length > 0 ? 'said' : 'did not say'} that the last good policy goes on`,
    },
    {
      holds: inTime.some((times) => during.length === times) && told.length === during.length,
      text: `whoever is on call was told ${times(told.length)} that the file cannot be read, by each process that met it`,
    },
    returned(facts),
    {
      holds: inTheMeantime,
      text: back === undefined ? 'nothing moved back' : `the way back was taken ${when}`,
    },
    servedAgain(facts, movedSeconds(bound.actSeconds), 'act, INSYNC and the time to live'),
  ];
}

const policyCorrupted: Scenario = {
  name: 'policy-corrupted',
  summary:
    'While the service is failed over a broken policy file is deployed: the last good policy goes on, back to the primary as well, and it is told.',
  needs: ['failover'],
  servesFile: true,
  options: () => ({}),
  plan(scene) {
    const { policy, before, random } = scene;
    const failover = failoverOf(policy);
    const good = textOf(policy);
    const { text, how } = corrupted(good, random);
    const fail = failAll(scene);
    const brokenSeconds = healAfterSeconds(boundOf(policy, 'failover').actSeconds);
    const healSeconds = brokenSeconds + 2 * SLOW_SECONDS;
    const mendedSeconds = healSeconds + wayBackSeconds(failover);
    return {
      faults: [
        { afterSeconds: 0, fault: fail },
        { afterSeconds: healSeconds, fault: healed(fail) },
      ],
      alarms: [],
      texts: [
        { afterSeconds: brokenSeconds, text, message: `a policy file is deployed that is broken: ${how}` },
        { afterSeconds: mendedSeconds, text: good, message: 'the policy file is mended and deployed again' },
      ],
      mayReport: (words) => words.includes('the last good policy of'),
      runSeconds: mendedSeconds + 3 * SLOW_SECONDS,
      response: leaves,
      shown: shownBad(policy),
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => judgeCorrupted(facts, brokenSeconds, mendedSeconds),
    };
  },
};

export const CONTROLLER_SCENARIOS: readonly Scenario[] = [frozenFunction, deniedMidway, policyCorrupted];
