/** Scenarios about the controller itself: it is frozen as it decides, or denied in the middle of what it does. */
import { intervalMsOf } from '../core/targets.ts';
import { ACT_SECONDS } from '../policy/detection.ts';
import type { Fault } from '../sim/faults.ts';
import { DELIVERY_SECONDS, healthOf, SLOW_SECONDS } from './bounds.ts';
import { answered, fullAgain, ofKind, servedAgain, toldOnce, within } from './judging.ts';
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
  return [
    {
      holds: out !== undefined && !early,
      text: `the target was taken out, and ${what} ${early ? 'went through' : 'was denied'}`,
    },
    toldOnce(facts, 'REFUSED', `that ${what} was denied`),
    { holds: other === 0, text: `${other} notifications spoke of a budget that nothing had used` },
    within(
      facts,
      `${what} came about once it was allowed again`,
      done?.atMs ?? null,
      allowedSeconds + intervalMsOf(policy) / 1000 + ACT_SECONDS,
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

export const CONTROLLER_SCENARIOS: readonly Scenario[] = [frozenFunction, deniedMidway];
