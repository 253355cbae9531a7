/** Scenarios about the servers of one site: one stops, one flaps, all are busy. */
import type { Action, HealthPolicy, Policy } from '../core/model.ts';
import { detectionTimes } from '../policy/detection.ts';
import { isCpuOf } from '../sim/build-signals.ts';
import type { Fault } from '../sim/faults.ts';
import { answered, fullAgain, ofKind, servedAgain } from './judging.ts';
import type { Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';
import { limitOf } from './words.ts';

/** What the simulator takes unless told otherwise (lib/sim/world.ts), and the drills' table goes by (DESIGN section 8). */
const BOOT_SECONDS = 90;
const REQUESTS_PER_SECOND = 100;
/** A group replaces an instance that was reported unhealthy, and launches one that it lacks, within this time. */
const REPLACE_SECONDS = 60;
const LAUNCH_SECONDS = 3;

const idOf = (scene: Scene, index: number): string =>
  scene.world.place(scene.policy.service, 'primary').instanceIds[index] ?? '';

const boundOf = (policy: Policy, path: 'health' | 'scaling') =>
  detectionTimes(policy)
    .filter((one) => one.path === path)
    .sort((a, b) => (b.actSeconds ?? 0) - (a.actSeconds ?? 0))[0] ?? null;

/** Scenarios are offered only to policies that have the sections which they need. */
const healthOf = (policy: Policy): HealthPolicy => policy.health as HealthPolicy;

/** Time for a server that answers again to be healthy: the load balancer's checks, and a round to see them. */
function healSeconds({ check }: HealthPolicy): number {
  return check.intervalSeconds * (check.healthyThreshold + 2) + check.timeoutSeconds;
}

function seenUnhealthy(id: string): Plan['shown'] {
  return (event) => event.kind === 'target' && event.key.startsWith(`${id}:`) && event.to === 'unhealthy';
}

/** The target is taken out; a site that was emptied by it may also be left. */
function takesOut(id: string, alone: boolean) {
  return (action: Action): boolean =>
    (action.kind === 'deregisterTarget' && action.target.id === id) ||
    (alone && action.kind === 'moveDns' && action.to === 'secondary');
}

function judgeStop(facts: Facts, restartSeconds: number): Judgement[] {
  const { plan, scene } = facts;
  const health = healthOf(scene.policy);
  const servers = scene.before.primary.targets.healthy;
  const detect = plan.bound?.detectSeconds ?? 0;
  const most = servers < 2 ? 0 : Math.ceil((detect * REQUESTS_PER_SECOND) / servers) + 1;
  const { failedRequests } = facts.measures;
  const share: Judgement =
    servers < 2
      ? { holds: false, text: 'there was only this one server: whatever is done, requests fail until another answers' }
      : {
          holds: failedRequests <= most,
          text: `${failedRequests} requests failed; the load balancer's ${detect} s explain ${most}`,
        };
  const back =
    health.onUnhealthy === 'replace'
      ? (plan.bound?.actSeconds ?? 0) + REPLACE_SECONDS + BOOT_SECONDS + health.check.intervalSeconds
      : restartSeconds + health.readmit.maxSeconds + healSeconds(health);
  return [
    ...answered(facts, 'health'),
    share,
    servedAgain(facts, detect, "the load balancer's own checks"),
    fullAgain(facts, back),
  ];
}

const serverStops: Scenario = {
  name: 'server-stops',
  summary: 'One of two servers stops answering: it is taken out of the target group and replaced.',
  needs: ['health'],
  options: () => ({}),
  plan(scene) {
    const { policy, random } = scene;
    const { service } = policy;
    const health = healthOf(policy);
    const bound = boundOf(policy, 'health');
    const servers = scene.before.primary.targets.healthy;
    const id = idOf(scene, random.int(0, servers - 1));
    const condition = random.next() < 0.5 ? 'refuses' : 'hangs';
    const stop: Fault = { kind: 'server', service, site: 'primary', which: id, condition };
    // Who only deregisters leaves it to a person to start the server again.
    const restarts = health.onUnhealthy === 'deregister';
    const restartSeconds = (bound?.actSeconds ?? 0) + 60;
    const restart = { afterSeconds: restartSeconds, fault: { ...stop, condition: 'ok' } as const };
    return {
      faults: [{ afterSeconds: 0, fault: stop }, ...(restarts ? [restart] : [])],
      alarms: [],
      runSeconds: restarts ? restartSeconds + health.readmit.maxSeconds + 300 : restartSeconds + 420,
      response: takesOut(id, servers < 2),
      bound,
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => judgeStop(facts, restartSeconds),
    };
  },
};

function judgeFlapping(facts: Facts, id: string): Judgement[] {
  const { readmit, onUnhealthy } = healthOf(facts.scene.policy);
  const ejections = ofKind(facts.applied, 'deregisterTarget').filter(({ action }) => action.target.id === id);
  const replaced = ofKind(facts.applied, 'replaceInstance').filter(({ action }) => action.instanceId === id);
  if (onUnhealthy === 'replace') {
    const text = `the flapping server was ejected ${ejections.length} and replaced ${replaced.length} times; once each is right`;
    const once = { holds: ejections.length === 1 && replaced.length === 1, text };
    const full = facts.after.primary.targets.healthy >= facts.plan.fullAt(null);
    return [...answered(facts, 'health'), once, { holds: full, text: 'capacity was full at the end' }];
  }
  const backoffMs = (times: number): number => Math.min(readmit.maxSeconds, readmit.afterSeconds * times) * 1000;
  const early = ejections.filter(
    ({ atMs }, index) => index > 0 && atMs - (ejections[index - 1]?.atMs ?? 0) < backoffMs(index),
  );
  const last = ejections.at(-1);
  const waiting = last !== undefined && facts.endMs - last.atMs < backoffMs(ejections.length) + 60_000;
  const back = facts.after.primary.targets.healthy >= facts.plan.fullAt(null);
  return [
    ...answered(facts, 'health'),
    {
      holds: early.length === 0,
      text: `${ejections.length} ejections, ${early.length} of them before the back-off of the one before was over`,
    },
    { holds: back || waiting, text: back ? 'it was back at the end' : 'at the end it waited for its back-off' },
  ];
}

const flappingTarget: Scenario = {
  name: 'flapping-target',
  summary: 'A server keeps failing and recovering: it is ejected at most once per back-off, or replaced once.',
  needs: ['health'],
  options: () => ({}),
  plan(scene) {
    const { policy, random } = scene;
    const { service } = policy;
    const health = healthOf(policy);
    const bound = boundOf(policy, 'health');
    const servers = scene.before.primary.targets.healthy;
    const id = idOf(scene, random.int(0, servers - 1));
    // Down for long enough to be believed, up for long enough to be healthy.
    const downSeconds = (bound?.actSeconds ?? 0) + health.check.intervalSeconds;
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
      bound,
      shown: seenUnhealthy(id),
      fullAt: () => servers,
      judge: (facts) => judgeFlapping(facts, id),
    };
  },
};

function surgeOf(policy: Policy): Fault {
  const { service, scaling } = policy;
  const signals = scaling?.signals ?? [];
  if (signals.some((signal) => isCpuOf(signal, policy))) {
    return { kind: 'stress', service, site: 'primary', which: 'all', percent: 100 };
  }
  const signal = signals[0];
  const value = signal === undefined ? 0 : 1.5 * limitOf(signal, scaling?.tolerance ?? 0);
  return { kind: 'signal', service, signal: signal?.name ?? '', value };
}

function judgeSurge(facts: Facts): Judgement[] {
  const { plan, scene } = facts;
  const first = ofKind(facts.applied, 'setCapacity')[0]?.action;
  if (first === undefined) return answered(facts, 'scaling');
  const interval = scene.policy.health?.check.intervalSeconds ?? 5;
  const bound = (plan.bound?.actSeconds ?? 0) + LAUNCH_SECONDS + BOOT_SECONDS + interval;
  const desired = facts.after.primary.group?.desired ?? 0;
  const { healthy } = facts.after.primary.targets;
  return [
    ...answered(facts, 'scaling'),
    fullAgain(facts, bound),
    {
      holds: healthy >= desired && desired >= first.to,
      text: `at the end ${healthy} of ${desired} desired servers were healthy`,
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
    const limits = new Map(
      (policy.scaling?.signals ?? []).map((signal) => [signal.name, limitOf(signal, policy.scaling?.tolerance ?? 0)]),
    );
    return {
      faults: [{ afterSeconds: 0, fault: surgeOf(policy) }],
      alarms: [],
      runSeconds: (bound?.actSeconds ?? 0) + BOOT_SECONDS + 420,
      response: (action) => action.kind === 'setCapacity' && action.site === 'primary' && action.to > action.from,
      bound,
      shown: (event) =>
        event.kind === 'datapoint' && event.value > (limits.get(event.signal) ?? Number.POSITIVE_INFINITY),
      fullAt: (act) => (act?.kind === 'setCapacity' ? act.to : before.primary.targets.healthy + 1),
      judge: judgeSurge,
    };
  },
};

export const SERVER_SCENARIOS: readonly Scenario[] = [serverStops, cpuSurge, flappingTarget];
