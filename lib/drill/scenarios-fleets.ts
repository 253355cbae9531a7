/** Scenarios about several servers, or several ports of one: half of them at once, one after the other, one port only. */
import { ACCOUNT_REPLACEMENTS } from '../core/replacements.ts';
import { count } from '../policy/count.ts';
import type { Fault } from '../sim/faults.ts';
import { roomFor } from './adapt.ts';
import {
  BOOT_SECONDS,
  boundOf,
  DEATH_NOTICE_SECONDS,
  fleetOf,
  healSeconds,
  healthOf,
  LAUNCH_SECONDS,
} from './bounds.ts';
import { answered, fullAgain, healthyMs, ofKind, servedAgain, since, within } from './judging.ts';
import type { Bound, Facts, Judgement, Plan, Scenario, Scene } from './scenario.ts';
import { backSeconds, lostShare } from './victim.ts';

const idsOf = ({ policy, world }: Scene): readonly string[] => world.place(policy.service, 'primary').instanceIds;

/** An even number, so that each of two zones has half. */
const ZONE_SERVERS = 6;

const evenServers = (min: number): number => 2 * Math.ceil(Math.max(ZONE_SERVERS, min) / 2);

/** Whoever is taken out is one of these: no healthy server goes for a failing one. */
function onlyThese(facts: Facts, ids: readonly string[]): Judgement {
  const out = ofKind(facts.applied, 'deregisterTarget').map(({ action }) => action.target.id);
  const others = out.filter((id) => !ids.includes(id)).length;
  return { holds: others === 0, text: `taken out: ${count(out.length, 'target')}, ${others} of them healthy` };
}

/** When the group itself had taken the last of these away; null: it has not. */
function takenMs({ scene }: Facts, ids: readonly string[]): number | null {
  const ended = scene.world.history.events.filter(
    (event) => event.kind === 'instance' && event.to === 'Terminating' && event.atMs >= scene.faultMs,
  );
  const times = ids.map((id) => ended.find((event) => event.kind === 'instance' && event.id === id)?.atMs ?? Infinity);
  const last = Math.max(...times);
  return last === Infinity ? null : last;
}

/** It is answered; or the group, which knows what is broken within two minutes, was there before the rounds were over. */
function answeredZone(facts: Facts, lost: readonly string[], bound: Bound): Judgement[] {
  const gone = takenMs(facts, lost);
  const late = gone === null || gone - facts.scene.faultMs > bound.actSeconds * 1000;
  if (facts.actMs !== null || late) return answered(facts, 'health', bound);
  const text = `the group replaced all ${lost.length} by itself after ${since(facts, gone)}, before the rounds of ${bound.actSeconds} s were over`;
  return [within(facts, 'AWS showed the fault', facts.detectMs, bound.detectSeconds), { holds: true, text }];
}

function judgeZone(facts: Facts, lost: readonly string[]): Judgement[] {
  const { policy, before } = facts.scene;
  const health = healthOf(policy);
  const bound = boundOf(policy, 'health');
  const servers = before.primary.targets.healthy;
  const panics = lost.length >= 2 && 100 * lost.length > health.limits.panicPercent * servers;
  const stays = (policy.failover?.trip.healthyPercentBelow ?? 0) <= (100 * (servers - lost.length)) / servers;
  // The group finds out by itself what is broken and has not been replaced by then.
  const fullSeconds = DEATH_NOTICE_SECONDS + LAUNCH_SECONDS + BOOT_SECONDS + healSeconds(health);
  const moves = facts.moves.length;
  return [
    ...(panics
      ? [within(facts, 'AWS showed the fault', facts.detectMs, bound.detectSeconds)]
      : answeredZone(facts, lost, bound)),
    lostShare(facts, bound, lost.length),
    servedAgain(facts, bound.detectSeconds, "the load balancer's own checks"),
    onlyThese(facts, lost),
    ...(stays
      ? [
          {
            holds: moves === 0,
            text: `half of the servers were left, and the record ${moves === 0 ? 'stayed' : 'moved'}`,
          },
          fullAgain(facts, fullSeconds),
        ]
      : // The other site may be what serves by then, and be full or not.
        [
          within(
            facts,
            `the primary had ${servers} healthy servers`,
            healthyMs(facts, 'primary', servers),
            fullSeconds,
          ),
        ]),
  ];
}

const zoneLost: Scenario = {
  name: 'zone-lost',
  summary:
    'In a fleet of six a zone is lost with half of the servers: those are taken out and replaced, and the record stays.',
  needs: ['fleet', 'health'],
  adapt: (policy) => roomFor(policy, evenServers(fleetOf(policy).capacity.min)),
  options: (policy) => ({ servers: evenServers(fleetOf(policy).capacity.min) }),
  plan(scene) {
    const { policy, before } = scene;
    const { region } = policy;
    const servers = before.primary.targets.healthy;
    // The simulator has two zones in each region, and spreads what starts there evenly.
    const lost = idsOf(scene).filter((_, index) => index % 2 === 0);
    const zone: Fault = { kind: 'zone', region, zone: `${region}a`, lost: true };
    const backAfterSeconds = 900;
    return {
      faults: [
        { afterSeconds: 0, fault: zone },
        { afterSeconds: backAfterSeconds, fault: { ...zone, lost: false } },
      ],
      alarms: [],
      runSeconds: backAfterSeconds + 300,
      response: (action) => action.kind === 'deregisterTarget' && lost.includes(action.target.id),
      shown: (event) => event.kind === 'target' && event.to === 'unhealthy',
      fullAt: () => servers,
      judge: (facts) => judgeZone(facts, lost),
    };
  },
};

const FLEET_SERVERS = 10;
const FAILURES = 8;
const EVERY_SECONDS = 60;
/** Over which replacements are counted. */
const WINDOW_SECONDS = 300;

/** The most replacements in any five minutes. */
function mostAtOnce(atMs: readonly number[]): number {
  const within = (fromMs: number): number =>
    atMs.filter((one) => one >= fromMs && one < fromMs + WINDOW_SECONDS * 1000).length;
  return Math.max(0, ...atMs.map(within));
}

function judgeEach(facts: Facts, victims: readonly string[], fullSeconds: number): Judgement[] {
  const { policy, before } = facts.scene;
  const health = healthOf(policy);
  const bound = boundOf(policy, 'health');
  const limit = Math.min(health.limits.replacedPer5Minutes, ACCOUNT_REPLACEMENTS);
  const most = mostAtOnce(ofKind(facts.applied, 'replaceInstance').map(({ atMs }) => atMs));
  const { healthy } = facts.after.primary.targets;
  // Once all were back, an idle fleet may be scaled in.
  const fewer = ofKind(facts.applied, 'setCapacity').filter(({ action }) => action.to < action.from);
  const early = fewer.some(({ atMs }) => facts.fullMs === null || atMs < facts.fullMs);
  const desired = facts.after.primary.group?.desired ?? Infinity;
  const servers = early ? before.primary.targets.healthy : Math.min(before.primary.targets.healthy, desired);
  const said = facts.decisions.findLast(({ area }) => area === 'health');
  const lacking = healthy >= servers ? '' : `; health said ${said?.reason}: ${said?.message}`;
  const budgeted = health.onUnhealthy === 'replace' && victims.length > limit;
  const told = facts.told.filter(({ subject }) =>
    /: (REPLACE_BUDGET|ACCOUNT_BUDGET|PANIC|ALLOWANCE)$/.test(subject),
  ).length;
  return [
    ...answered(facts, 'health', bound),
    { holds: most <= limit, text: `replaced in any five minutes: at most ${count(most, 'server')}; allowed: ${limit}` },
    onlyThese(facts, victims),
    ...(budgeted && policy.notify !== undefined
      ? [{ holds: told > 0, text: `whoever is on call was ${told > 0 ? '' : 'not '}told that the rest has to wait` }]
      : []),
    fullAgain(facts, fullSeconds),
    { holds: healthy >= servers, text: `healthy at the end: ${healthy} of ${count(servers, 'server')}${lacking}` },
  ];
}

/** Until when all of them are back at the latest. */
function eachBackSeconds(scene: Scene, bound: Bound, restartSeconds: number): number {
  const health = healthOf(scene.policy);
  if (health.onUnhealthy === 'deregister') return restartSeconds + backSeconds(health);
  const limit = Math.max(1, Math.min(health.limits.replacedPer5Minutes, ACCOUNT_REPLACEMENTS));
  // The last one waits for as many windows as are used up before it, and its window began with one of the first.
  const windows = Math.floor((FAILURES - 1) / limit) * WINDOW_SECONDS;
  const began = ((FAILURES - 1) % limit) * EVERY_SECONDS;
  return began + windows + bound.actSeconds + health.check.intervalSeconds + backSeconds(health);
}

const oneAMinute: Scenario = {
  name: 'one-a-minute',
  summary:
    'In a fleet of ten one server after the other stops, one a minute: no more are replaced than the budgets allow, and the fleet is full in the end.',
  needs: ['fleet', 'health'],
  adapt: (policy) => roomFor(policy, FLEET_SERVERS),
  options: (policy) => ({ servers: Math.max(FLEET_SERVERS, fleetOf(policy).capacity.min) }),
  plan(scene) {
    const { policy, random, before } = scene;
    const { service } = policy;
    const bound = boundOf(policy, 'health');
    const health = healthOf(policy);
    const servers = before.primary.targets.healthy;
    const drawn = idsOf(scene).map((id) => ({ id, order: random.next() }));
    const victims = drawn
      .sort((a, b) => a.order - b.order)
      .slice(0, FAILURES)
      .map(({ id }) => id);
    const stop = (which: string): Fault => ({ kind: 'server', service, site: 'primary', which, condition: 'refuses' });
    const restartSeconds = FAILURES * EVERY_SECONDS + bound.actSeconds;
    const restarts = health.onUnhealthy === 'deregister' ? victims : [];
    const fullSeconds = eachBackSeconds(scene, bound, restartSeconds);
    const isVictim = (id: string | undefined): boolean => id === victims[0];
    return {
      faults: [
        ...victims.map((id, index) => ({ afterSeconds: index * EVERY_SECONDS, fault: stop(id) })),
        ...restarts.map((id) => ({ afterSeconds: restartSeconds, fault: { ...stop(id), condition: 'ok' } as Fault })),
      ],
      alarms: [],
      runSeconds: fullSeconds + 120,
      response: (action) => action.kind === 'deregisterTarget' && isVictim(action.target.id),
      shown: (event) => event.kind === 'target' && event.to === 'unhealthy' && isVictim(event.key.split(':')[0]),
      fullAt: () => servers,
      judge: (facts) => judgeEach(facts, victims, fullSeconds),
    };
  },
};

const PORTS = [80, 8080] as const;

function judgePort(facts: Facts, key: string, other: string, backAfterSeconds: number): Judgement[] {
  const { policy, world, faultMs } = facts.scene;
  const bound = boundOf(policy, 'health');
  const outs = ofKind(facts.applied, 'deregisterTarget').map(({ action }) => action.target.key);
  const out = [...new Set(outs)];
  const back = ofKind(facts.applied, 'registerTarget').at(-1);
  const touched = world.history.events.filter(
    (event) => event.kind === 'target' && event.key === other && event.atMs > faultMs,
  );
  return [
    ...answered(facts, 'health', bound),
    {
      holds: out.join() === key,
      text: `taken out was ${out.length === 0 ? 'nothing' : out.join(', ')}; only ${key} failed`,
    },
    {
      holds: touched.length === 0,
      text: `the other port of the server, ${other}, ${touched.length === 0 ? 'served on' : 'was touched'}`,
    },
    lostShare(facts, bound),
    {
      holds: back?.action.target.key === key,
      text:
        back === undefined
          ? 'nothing was taken back'
          : `${back.action.target.key} was taken back after ${since(facts, back.atMs)}`,
    },
    fullAgain(facts, backAfterSeconds),
  ];
}

const twoPorts: Scenario = {
  name: 'two-ports',
  summary:
    'A server is registered on two ports and fails on one of them, under onUnhealthy: deregister: that port alone is taken out, and comes back.',
  needs: ['health'],
  adapt(policy) {
    const health = healthOf(policy);
    if (health.onUnhealthy === 'deregister') return { policy, words: null };
    const changed = { ...policy, health: { ...health, onUnhealthy: 'deregister' as const } };
    return { policy: changed, words: 'health.onUnhealthy from replace to deregister' };
  },
  options: () => ({ ports: PORTS }),
  plan(scene): Plan {
    const { policy, random, before } = scene;
    const health = healthOf(policy);
    const ids = idsOf(scene);
    const id = ids[random.int(0, ids.length - 1)] ?? '';
    const failing = random.int(0, 1);
    const port = PORTS[failing] as number;
    const key = `${id}:${port}`;
    const stop: Fault = {
      kind: 'server',
      service: policy.service,
      site: 'primary',
      which: id,
      condition: 'refuses',
      port,
    };
    const restartSeconds = boundOf(policy, 'health').actSeconds + 60;
    const backAfterSeconds = restartSeconds + backSeconds(health);
    return {
      faults: [
        { afterSeconds: 0, fault: stop },
        { afterSeconds: restartSeconds, fault: { ...stop, condition: 'ok' } },
      ],
      alarms: [],
      runSeconds: backAfterSeconds + 120,
      response: (action) => action.kind === 'deregisterTarget' && action.target.key === key,
      shown: (event) => event.kind === 'target' && event.key === key && event.to === 'unhealthy',
      fullAt: () => before.primary.targets.healthy,
      judge: (facts) => judgePort(facts, key, `${id}:${PORTS[1 - failing]}`, backAfterSeconds),
    };
  },
};

export const FLEET_SCENARIOS: readonly Scenario[] = [zoneLost, oneAMinute, twoPorts];
