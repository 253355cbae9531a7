/** Scenarios in which somebody deploys while something fails, or takes every target out. */
import { intervalMsOf } from '../core/targets.ts';
import { count } from '../policy/count.ts';
import { ACT_SECONDS } from '../policy/detection.ts';
import type { Fault } from '../sim/faults.ts';
import { roomFor } from './adapt.ts';
import { boundOf, failoverOf, healthOf, SLOW_SECONDS } from './bounds.ts';
import { answered, fullAgain, ofKind, servedAgain, since, toldOnce, within } from './judging.ts';
import {
  failAll,
  healAfterSeconds,
  healed,
  leaves,
  movedSeconds,
  REPAIR_SECONDS,
  returned,
  shownBad,
  wayBackSeconds,
} from './outage.ts';
import type { Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';
import { backSeconds, seenUnhealthy, takesOut, victimOf } from './victim.ts';

const intervalSecondsOf = ({ policy }: Scene): number => intervalMsOf(policy) / 1000;

/** That a deployment is over is seen with the next reading of it, and acted on in that round. */
const seenOverSeconds = (scene: Scene): number => SLOW_SECONDS + intervalSecondsOf(scene) + ACT_SECONDS;

/** Nothing was taken out, replaced or scaled in until then, and the deployment is what was said. */
function judgeHeld(facts: Facts, untilSeconds: number): Judgement {
  const early = facts.applied.filter(({ atMs }) => atMs < facts.scene.faultMs + untilSeconds * 1000);
  const said = facts.decisions.some(({ area, reason }) => area === 'health' && reason === 'DEPLOYMENT');
  const did = early.map(({ action, atMs }) => `${action.kind} after ${since(facts, atMs)}`).join(', ');
  const because = said ? 'and health said why: DEPLOYMENT' : 'but health did not say that it was for the deployment';
  const text = `while the deployment ran ${early.length === 0 ? 'nothing was changed' : `this was done: ${did}`}, ${because}`;
  return { holds: early.length === 0 && said, text };
}

const deploymentOneFails: Scenario = {
  name: 'deployment-one-fails',
  summary: 'A server fails while an instance refresh runs: nothing is taken out until that is over.',
  needs: ['fleet', 'health'],
  adapt: (policy) => roomFor(policy, 2),
  options: () => ({}),
  plan(scene) {
    const { service, health, bound, servers, id } = victimOf(scene);
    const stop: Fault = { kind: 'server', service, site: 'primary', which: id, condition: 'errors' };
    // Long enough for several readings of the deployment.
    const refreshSeconds = 4 * SLOW_SECONDS + bound.actSeconds;
    const actSeconds = refreshSeconds + seenOverSeconds(scene);
    const restarts = health.onUnhealthy === 'deregister';
    const restartSeconds = actSeconds + SLOW_SECONDS;
    const restart = { afterSeconds: restartSeconds, fault: { ...stop, condition: 'ok' } as const };
    return {
      faults: [
        { afterSeconds: 0, fault: { kind: 'refresh', service, site: 'primary', seconds: refreshSeconds } },
        { afterSeconds: 0, fault: stop },
        ...(restarts ? [restart] : []),
      ],
      alarms: [],
      runSeconds: restartSeconds + backSeconds(health) + 120,
      response: takesOut(id, servers < 2),
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => [
        judgeHeld(facts, refreshSeconds),
        ...answered(facts, 'health', { ...bound, actSeconds }),
        servedAgain(facts, bound.detectSeconds, "the load balancer's own checks"),
        fullAgain(facts, (restarts ? restartSeconds : actSeconds) + backSeconds(health)),
      ],
    };
  },
};

function judgeLost(facts: Facts, refreshSeconds: number, healSeconds: number): Judgement[] {
  const { policy, faultMs } = facts.scene;
  const { failback } = failoverOf(policy);
  const bound = boundOf(policy, 'failover');
  const answer = answered(facts, 'failover', bound);
  if (facts.actMs === null) return answer;
  const back = facts.moves.find(({ to }) => to === 'primary');
  const mostSeconds = Math.max(
    refreshSeconds + seenOverSeconds(facts.scene),
    healSeconds + REPAIR_SECONDS + failback.afterHealthySeconds,
  );
  const waited = back === undefined || back.atMs >= faultMs + refreshSeconds * 1000;
  return [
    ...answer,
    servedAgain(facts, movedSeconds(bound.actSeconds), 'act, INSYNC and the time to live'),
    returned(facts),
    { holds: waited, text: `the way back ${waited ? 'waited' : 'did not wait'} for the deployment to be over` },
    ...(failback.mode === 'automatic'
      ? [within(facts, 'the way back was taken', back?.atMs ?? null, mostSeconds)]
      : []),
  ];
}

const deploymentAllFail: Scenario = {
  name: 'deployment-all-fail',
  summary:
    'Every target of the primary fails while an instance refresh runs: the record moves all the same, and back when that is over.',
  needs: ['fleet', 'failover'],
  options: () => ({}),
  plan(scene): Plan {
    const { policy, before } = scene;
    const { service } = policy;
    const failover = failoverOf(policy);
    const healSeconds = healAfterSeconds(boundOf(policy, 'failover').actSeconds);
    // The way back is due while it still runs.
    const refreshSeconds = healSeconds + REPAIR_SECONDS + failover.failback.afterHealthySeconds;
    const fail = failAll(scene);
    return {
      faults: [
        { afterSeconds: 0, fault: { kind: 'refresh', service, site: 'primary', seconds: refreshSeconds } },
        { afterSeconds: 0, fault: fail },
        { afterSeconds: healSeconds, fault: healed(fail) },
      ],
      alarms: [],
      runSeconds: healSeconds + wayBackSeconds(failover) + seenOverSeconds(scene),
      response: leaves,
      shown: shownBad(policy),
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => judgeLost(facts, refreshSeconds, healSeconds),
    };
  },
};

/** What nobody here took out nobody here puts back: a person is told, and where there is a standby the record moves. */
function judgeEmpty(facts: Facts, backAfterSeconds: number): Judgement[] {
  const { policy, faultMs, before } = facts.scene;
  const registered = ofKind(facts.applied, 'registerTarget').length;
  // Nothing while the group is empty. What was ordered for the traffic that came back may go again.
  const stood = before.primary.group?.desired ?? Infinity;
  const fewer = ofKind(facts.applied, 'setCapacity').filter(({ atMs, action }) => {
    const kept = atMs < faultMs + backAfterSeconds * 1000 ? action.from : Math.min(action.from, stood);
    return action.site === 'primary' && action.to < kept;
  });
  const said = [
    toldOnce(facts, 'NO_TARGETS', 'that the target group is empty'),
    { holds: registered === 0, text: `put back: ${count(registered, 'target')} that a person had taken out` },
    { holds: fewer.length === 0, text: `the idle servers were ${fewer.length === 0 ? 'not ' : ''}scaled in` },
  ];
  if (policy.failover === undefined) return said;
  // Nothing has to be noticed by the load balancer: it shows a target that is taken out at once.
  const { detectSeconds, decideSeconds, actSeconds } = boundOf(policy, 'failover');
  const bound = {
    detectSeconds: 0,
    decideSeconds: decideSeconds - detectSeconds,
    actSeconds: actSeconds - detectSeconds,
  };
  const answer = answered(facts, 'failover', bound);
  if (facts.actMs === null) return [...said, ...answer];
  const served = servedAgain(facts, movedSeconds(bound.actSeconds), 'act, INSYNC and the time to live');
  return [...said, ...answer, served, returned(facts)];
}

const groupEmpties: Scenario = {
  name: 'group-empties',
  summary:
    'A person takes every target out of the target group: it is told, nothing is put back or scaled in, and the record moves if there is a standby.',
  needs: ['health'],
  options: () => ({}),
  plan({ policy, world, before }) {
    const { service, failover } = policy;
    const { instanceIds } = world.place(service, 'primary');
    const actSeconds = boundOf(policy, failover === undefined ? 'health' : 'failover').actSeconds;
    const backAfterSeconds = healAfterSeconds(actSeconds) + 2 * (policy.scaling?.scaleIn.stabilizationSeconds ?? 0);
    const place = { kind: 'person', service, site: 'primary' } as const;
    return {
      faults: instanceIds.flatMap((id): Plan['faults'] => [
        { afterSeconds: 0, fault: { ...place, edit: 'deregister', which: id } },
        { afterSeconds: backAfterSeconds, fault: { ...place, edit: 'register', id } },
      ]),
      alarms: [],
      runSeconds:
        backAfterSeconds +
        (failover === undefined ? 2 * healthOf(policy).readmit.maxSeconds : wayBackSeconds(failover)),
      response: failover === undefined ? null : leaves,
      shown: (event) => event.kind === 'target' && event.to === 'draining',
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => judgeEmpty(facts, backAfterSeconds),
    };
  },
};

export const DEPLOYMENT_SCENARIOS: readonly Scenario[] = [deploymentOneFails, deploymentAllFail, groupEmpties];
