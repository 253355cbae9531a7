/** Scenarios about the servers of one site: one stops, one flaps, all are busy. */
import type { Action, Policy, Signal } from '../core/model.ts';
import { intervalMsOf } from '../core/targets.ts';
import { count } from '../policy/count.ts';
import { isCpuOf } from '../sim/build-signals.ts';
import type { Fault } from '../sim/faults.ts';
import { BOOT_SECONDS, boundOf, healSeconds, healthOf, LAUNCH_SECONDS, scalingOf } from './bounds.ts';
import { answered, fullAgain, healthyMs, ofKind, servedAgain, times, within } from './judging.ts';
import type { Bound, Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';
import { backSeconds, lostShare, seenUnhealthy, takesOut, victimOf } from './victim.ts';
import { limitOf } from './words.ts';

function judgeStop(facts: Facts, bound: Bound, restartSeconds: number): Judgement[] {
  const health = healthOf(facts.scene.policy);
  const outSeconds = health.onUnhealthy === 'replace' ? bound.actSeconds : restartSeconds;
  return [
    ...answered(facts, 'health', bound),
    lostShare(facts, bound),
    servedAgain(facts, bound.detectSeconds, "the load balancer's own checks"),
    fullAgain(facts, outSeconds + backSeconds(health)),
  ];
}

const serverStops: Scenario = {
  name: 'server-stops',
  summary:
    'One of two servers stops answering (the course’s `service nginx stop`): it is taken out of the target group and replaced.',
  needs: ['health'],
  options: () => ({}),
  plan(scene) {
    const { service, health, bound, servers, id } = victimOf(scene);
    const condition = scene.random.next() < 0.5 ? 'refuses' : 'hangs';
    const stop: Fault = { kind: 'server', service, site: 'primary', which: id, condition };
    // Who only deregisters leaves it to a person to start the server again.
    const restarts = health.onUnhealthy === 'deregister';
    const restartSeconds = bound.actSeconds + 60;
    const restart = { afterSeconds: restartSeconds, fault: { ...stop, condition: 'ok' } as const };
    return {
      faults: [{ afterSeconds: 0, fault: stop }, ...(restarts ? [restart] : [])],
      alarms: [],
      runSeconds: restarts ? restartSeconds + health.readmit.maxSeconds + 300 : restartSeconds + 420,
      response: takesOut(id, servers < 2),
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => judgeStop(facts, bound, restartSeconds),
    };
  },
};

/** An ejection may only follow when the back-off of the one before, which grows with their number, is over. */
function judgeBackoff(facts: Facts, ejectedMs: readonly number[]): Judgement[] {
  const { readmit } = healthOf(facts.scene.policy);
  const backMs = ejectedMs.map((atMs, index) => {
    const seconds = Math.min(readmit.maxSeconds, readmit.afterSeconds * (index + 1));
    return atMs + seconds * 1000;
  });
  const early = ejectedMs.slice(1).filter((atMs, index) => atMs < (backMs[index] as number)).length;
  const text = `${count(ejectedMs.length, 'ejection')}, ${early} of them before the back-off of the one before was over`;
  const full = facts.after.primary.targets.healthy >= facts.plan.fullAt([]);
  // Readmission takes its round and the load balancer's checks.
  const waits = Math.max(0, ...backMs) > facts.endMs - 60_000;
  return [
    { holds: early === 0, text },
    { holds: full || waits, text: full ? 'it was back at the end' : 'at the end it was out, waiting for its back-off' },
  ];
}

function judgeFlapping(facts: Facts, bound: Bound, id: string): Judgement[] {
  const ejections = ofKind(facts.applied, 'deregisterTarget').filter(({ action }) => action.target.id === id);
  const answer = answered(facts, 'health', bound);
  if (healthOf(facts.scene.policy).onUnhealthy === 'deregister') {
    const ejectedMs = ejections.map(({ atMs }) => atMs);
    return [...answer, ...judgeBackoff(facts, ejectedMs)];
  }
  const replaced = ofKind(facts.applied, 'replaceInstance').filter(({ action }) => action.instanceId === id);
  const text = `the flapping server was ejected ${times(ejections.length)} and replaced ${times(replaced.length)}; once each is right`;
  const full = facts.after.primary.targets.healthy >= facts.plan.fullAt([]);
  return [
    ...answer,
    { holds: ejections.length === 1 && replaced.length === 1, text },
    { holds: full, text: `capacity was ${full ? '' : 'not '}full at the end` },
  ];
}

const flappingTarget: Scenario = {
  name: 'flapping-target',
  summary: 'A server keeps failing and recovering: it is ejected at most once per back-off, or replaced once.',
  needs: ['health'],
  options: () => ({}),
  plan(scene) {
    const { service, health, bound, servers, id } = victimOf(scene);
    // Down for long enough to be believed, up for long enough to be healthy.
    const downSeconds = bound.actSeconds + health.check.intervalSeconds;
    const upSeconds = healSeconds(health) + health.rounds.healthy * health.check.intervalSeconds;
    const { afterSeconds, maxSeconds } = health.readmit;
    const forSeconds = Math.min(3600, Math.max(600, 6 * (downSeconds + upSeconds), 4 * afterSeconds));
    const flaps = { downSeconds, upSeconds, forSeconds };
    return {
      faults: [
        {
          afterSeconds: 0,
          fault: { kind: 'flapping', service, site: 'primary', which: id, condition: 'refuses', ...flaps },
        },
      ],
      alarms: [],
      runSeconds: forSeconds + Math.min(3600, maxSeconds) + 300,
      response: takesOut(id, servers < 2),
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => judgeFlapping(facts, bound, id),
    };
  },
};

/** The limit above which each signal asks for more instances. */
function limitsOf(policy: Policy): Map<string, number> {
  const { signals, tolerance } = scalingOf(policy);
  return new Map(signals.map((signal) => [signal.name, limitOf(signal, tolerance)]));
}

/** CPU is driven by load; any other signal is made to show half as much again as it should at most. */
function surgeOf(policy: Policy): Fault {
  const { service } = policy;
  const { signals } = scalingOf(policy);
  if (signals.some((signal) => isCpuOf(signal, policy))) {
    return { kind: 'stress', service, site: 'primary', which: 'all', percent: 100 };
  }
  // A signal that only ever asks for fewer instances cannot be driven past anything.
  const limits = [...limitsOf(policy)];
  const [signal, limit] = limits.find(([, one]) => Number.isFinite(one)) ?? [(signals[0] as Signal).name, 0];
  return { kind: 'signal', service, signal, value: limit + Math.max(1, Math.abs(limit) / 2) };
}

/** Grows the primary. */
const grows = (action: Action): action is Extract<Action, { kind: 'setCapacity' }> =>
  action.kind === 'setCapacity' && action.site === 'primary' && action.to > action.from;

/** All that the signals asked for. What is kept ready on top of it is room, and counts only where it came before they asked. */
function surgeNeeds(answers: readonly Action[], before: number): number {
  const orders = answers.filter(grows);
  const asked = orders.filter(({ reason }) => reason !== 'FORECAST_OUT');
  return Math.max(before + 1, ...(asked.length > 0 ? asked : orders).map(({ to }) => to));
}

/**
 * The limit is passed; or, where a forecast may answer sooner, the first minute that the surge is in is published: even a
 * part of it is more than there was.
 */
function shownSurge({ policy, faultMs }: Scene): Plan['shown'] {
  const limits = limitsOf(policy);
  const { signals, forecast } = scalingOf(policy);
  const surge = surgeOf(policy);
  const isDriven = (signal: Signal): boolean =>
    surge.kind === 'signal' ? signal.name === surge.signal : isCpuOf(signal, policy);
  const driven = new Map(signals.filter(isDriven).map(({ name, metric }) => [name, metric.periodSeconds * 1000]));
  const isIn = ({ signal, startMs }: { readonly signal: string; readonly startMs: number }): boolean =>
    startMs + (driven.get(signal) ?? Number.NaN) > faultMs;
  return (event) =>
    event.kind === 'datapoint' &&
    (event.value > (limits.get(event.signal) as number) || (forecast !== undefined && isIn(event)));
}

function judgeSurge(facts: Facts, bound: Bound): Judgement[] {
  const steps = facts.applied.flatMap(({ atMs, action }) => (grows(action) ? [{ atMs, action }] : []));
  const first = steps.find(({ atMs }) => atMs === facts.actMs);
  if (first === undefined) return answered(facts, 'scaling', bound);
  const { group, targets } = facts.after.primary;
  const seenSeconds = intervalMsOf(facts.scene.policy) / 1000;
  const bootSeconds = LAUNCH_SECONDS + BOOT_SECONDS + seenSeconds;
  // The stress goes on, and so may the growth: what was ordered last cannot serve yet.
  const late = steps.filter(({ atMs }) => atMs > facts.endMs - bootSeconds * 1000);
  const booting = late.reduce((sum, { action }) => sum + action.to - action.from, 0);
  const served = healthyMs(facts, 'primary', first.action.to);
  const { fullMs } = facts;
  // Full is full of all that was asked for, so it may come as long after the last order as the first is served after its own.
  const last = steps.findLast(({ atMs }) => atMs <= (fullMs ?? facts.endMs)) ?? first;
  const lastSeconds = (last.atMs - facts.scene.faultMs) / 1000;
  const holds = targets.healthy >= first.action.to && targets.healthy >= (group?.desired ?? 0) - booting;
  const still = booting === 0 ? '' : `, ${booting} of them ordered in the last ${bootSeconds} s`;
  return [
    ...answered(facts, 'scaling', bound),
    within(facts, `the first ${first.action.to} servers were healthy`, served, bound.actSeconds + bootSeconds),
    // What was ordered last serves when nobody watches any more.
    ...(fullMs === null && booting > 0 ? [] : [fullAgain(facts, Math.ceil(lastSeconds + bootSeconds))]),
    {
      holds,
      text: `at the end the fleet had ${count(targets.healthy, 'healthy server')}, ${group?.desired} desired${still}`,
    },
  ];
}

const cpuSurge: Scenario = {
  name: 'cpu-surge',
  summary: 'CPU is driven past its target (the course’s `stress`): the fleet grows.',
  needs: ['fleet', 'scaling'],
  options: ({ fleet }) => ({ servers: Math.max(1, fleet?.capacity.min ?? 1) }),
  plan(scene) {
    const { policy, before } = scene;
    const bound = boundOf(policy, 'scaling');
    return {
      faults: [{ afterSeconds: 0, fault: surgeOf(policy) }],
      alarms: [],
      runSeconds: bound.actSeconds + BOOT_SECONDS + 420,
      response: grows,
      shown: shownSurge(scene),
      fullAt: (answers) => surgeNeeds(answers, before.primary.targets.healthy),
      judge: (facts) => judgeSurge(facts, bound),
    };
  },
};

export const SERVER_SCENARIOS: readonly Scenario[] = [serverStops, cpuSurge, flappingTarget];
