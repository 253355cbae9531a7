/**
 * Whether a live drill may begin: only on a service that is well and at rest, with a controller at work that will answer.
 * What is asked is what a cycle would see and conclude now.
 */
import { OBSERVE_MS } from '../controller/cycle.ts';
import { observer } from '../controller/observe.ts';
import { type Subject, subjectsOf } from '../controller/subject.ts';
import { decide } from '../core/decide.ts';
import { readyAt } from '../core/failover.ts';
import { deployment, warmingInstances } from '../core/interlocks.ts';
import { homeOf, isOn, type LiveDrill, type LiveScenario } from '../core/live-drill.ts';
import type { FleetView, Observation, Policy, Result, TargetView } from '../core/model.ts';
import { messageOf } from '../core/reasons.ts';
import { isGood, siteHealth } from '../core/sites.ts';
import { HOUR_MS, phaseOf } from '../core/state.ts';
import { intervalMsOf, summarize } from '../core/targets.ts';
import type { Loaded, Ports } from '../ports.ts';

/** What the drill is about to disturb. */
export interface Rest {
  readonly home: NonNullable<ReturnType<typeof homeOf>>;
  /** The targets that are to be read as failing. */
  readonly targets: readonly string[];
  /** Servers at home, all of them healthy. */
  readonly servers: number;
}

interface Scene {
  readonly policy: Policy;
  readonly scenario: LiveScenario;
  readonly loaded: Loaded;
  readonly subject: Subject;
  readonly obs: Observation;
  readonly result: Result;
  readonly nowMs: number;
}

/** Rounds that nobody finished for this many intervals are not being run. */
const RUNNING_INTERVALS = 3;

/** What keeps the controller from answering. */
function unanswered({ policy, loaded, subject, nowMs }: Scene): string | null {
  const { service, mode } = policy;
  const { lease, frozen } = loaded;
  if (mode !== 'enforce') return `${service} is in mode ${mode}: nothing would be done, so nothing would be rehearsed`;
  if (frozen) return 'everything is frozen: nothing would be done; "unfreeze" first';
  const silentMs = RUNNING_INTERVALS * intervalMsOf(policy);
  if (lease === null || lease.untilMs <= nowMs || nowMs - Math.max(...lease.rounds.values()) > silentMs)
    return 'nobody runs the rounds: no live lease with a round in the last seconds, so nothing would answer. Is the schedule of onTick on?';
  if (subject.state.version === 0) return `the controller has not seen ${service} yet: wait for its first rounds`;
  return null;
}

/** What somebody ordered, or the controller has begun. */
function underWay({ policy, subject, result }: Scene): string | null {
  const { pending, health, failover } = subject.state;
  const { orders } = result.state;
  const { service } = policy;
  const standing = Object.entries(orders).filter(([, order]) => order !== undefined);
  if (standing.length > 0)
    return `${service} is under orders by hand (${standing.map(([name]) => name).join(', ')}): "release" it first`;
  if (policy.failover !== undefined && (phaseOf(subject.state) !== 'primary' || failover.change !== null))
    return `${service} is in state ${phaseOf(subject.state)}: a drill begins on the primary, with the record INSYNC`;
  const out = Object.keys(health.ejected);
  if (out.length > 0) return `${out.join(', ')} is out of service: wait until it is replaced or back`;
  const doubted = Object.keys(health.targets);
  if (doubted.length > 0) return `${doubted.join(', ')} has failed lately: wait until it is trusted again`;
  if (pending.length > 0)
    return `the controller waits for ${pending.map(({ action }) => action.kind).join(', ')} to be confirmed`;
  const [next] = result.actions;
  return next === undefined ? null : `the controller is about to act: ${next.kind} (${next.reason})`;
}

/** Their ids: a server may listen on several ports. */
export function serversOf(targets: readonly TargetView[]): string[] {
  return [...new Set(targets.map(({ id }) => id))];
}

/** What is wrong with the home site, or about to change there. */
function unwell({ policy, subject, obs, nowMs }: Scene, targets: readonly TargetView[]): string | null {
  const ill = targets.filter(({ state }) => state !== 'healthy').map(({ key, state }) => `${key} is ${state}`);
  if (ill.length > 0) return `${ill.join(', ')}: a drill begins only when every target is healthy`;
  const servers = serversOf(targets).length;
  if (servers < 2)
    return `there are ${servers} servers behind the target group: with fewer than 2 nobody serves meanwhile`;
  const fleet = obs.primary.fleet;
  if (policy.fleet === undefined) return null;
  if (fleet?.known !== true) return `the group ${policy.fleet.autoScalingGroup} cannot be read: ${fleet?.why}`;
  const { desired, instances } = fleet.value;
  const serving = instances.filter(({ lifecycle, healthy }) => lifecycle === 'InService' && healthy).length;
  if (serving !== desired || instances.length !== desired)
    return `the group has ${serving} of ${desired} instances in service, ${instances.length} in all: wait until it is at rest`;
  const deploying = deployment(policy, subject.state, obs, summarize(policy, subject.state, obs), nowMs);
  if (deploying !== undefined) return messageOf(deploying);
  const warming = warmingInstances(policy, subject.state, nowMs);
  return warming.length === 0 ? null : `${warming.join(', ')} is still warming up`;
}

/** What the controller itself finds wrong. */
function unsteady({ policy, result }: Scene): string | null {
  const calm = [
    ...(policy.health === undefined ? [] : ['HEALTHY']),
    ...(policy.failover === undefined ? [] : ['ON_PRIMARY']),
  ];
  const other = result.decisions.find(
    ({ area, reason }) => area !== 'scaling' && reason !== 'NOT_CONFIGURED' && !calm.includes(reason),
  );
  return other === undefined ? null : `the controller says ${other.reason}: ${messageOf(other)}`;
}

/** Whether the secondary could take over, and give back. */
function unsafe({ policy, subject, obs, result, nowMs }: Scene): string | null {
  const { failover } = policy;
  if (failover === undefined) return null;
  const { state } = subject;
  const sites = { primary: siteHealth(state, obs, 'primary'), secondary: siteHealth(state, obs, 'secondary') };
  if (!sites.secondary.known) return 'the secondary cannot be read';
  if (!isGood(policy, failover, result.state, sites, 'secondary', nowMs)) return 'the secondary is not good';
  const wanted = Math.ceil(readyAt(failover, state.failover));
  if (sites.secondary.servers < wanted)
    return `the secondary has ${sites.secondary.servers} healthy servers, and is ready with ${wanted}`;
  const { mode } = failover.failback;
  const used = state.failover.failbacksMs.filter((ms) => nowMs - ms < HOUR_MS).length;
  if (mode === 'automatic' && used >= failover.limits.failbacksPerHour)
    return `failbacksPerHour is used up (${used}): it would not come back by itself`;
  return null;
}

/** The one server that stops, with all its ports: the first by id, of those that may be replaced if any may. */
function serverOf(targets: readonly TargetView[], fleet: FleetView | undefined): string[] {
  const isProtected = (id: string): boolean => fleet?.instances.find((i) => i.id === id)?.protectedFromScaleIn === true;
  const [first] = serversOf(targets).sort(
    (a, b) => Number(isProtected(a)) - Number(isProtected(b)) || (a < b ? -1 : 1),
  );
  return targets.filter(({ id }) => id === first).map(({ key }) => key);
}

function restOf(scene: Scene): Rest | string {
  const { policy, scenario, obs } = scene;
  const reading = obs.primary.targets;
  const home = homeOf(policy);
  const silent = unanswered(scene);
  if (silent !== null) return silent;
  if (home === null || reading?.known !== true) return `the targets of ${policy.service} cannot be read`;
  const { targets } = reading.value;
  const found =
    underWay(scene) ??
    unwell(scene, targets) ??
    unsteady(scene) ??
    (scenario === 'targets-fail' ? unsafe(scene) : null);
  if (found !== null) return found;
  const fleet = obs.primary.fleet?.known === true ? obs.primary.fleet.value : undefined;
  const drilled = scenario === 'targets-fail' ? targets.map(({ key }) => key) : serverOf(targets, fleet);
  return { home, targets: drilled, servers: serversOf(targets).length };
}

/** Whose drill is on, in words. */
function busyWith(drill: LiveDrill): string {
  return `a live drill of ${drill.service} is on until ${new Date(drill.untilMs).toISOString()}: one runs at a time`;
}

/** What the drill would disturb, or in one sentence why it may not begin. Rejects with a PortError. */
export async function atRest(ports: Ports, policy: Policy, scenario: LiveScenario): Promise<Rest | string> {
  const startMs = ports.clock.nowMs();
  const loaded = await ports.state.load([policy.service]);
  if (loaded.drill !== null && isOn(loaded.drill, startMs)) return busyWith(loaded.drill);
  const [subject] = subjectsOf([policy], loaded, null, startMs);
  if (subject === undefined)
    return `the state of ${policy.service} cannot be read: ${loaded.unreadable.get(policy.service)}`;
  const timing = { roundMs: startMs, cutMs: startMs + OBSERVE_MS, by: 'look' as const };
  const observe = observer(ports, [subject], new Map(), loaded, timing);
  const { observation: obs } = await observe(subject);
  const nowMs = ports.clock.nowMs();
  const result = decide(policy, subject.state, obs, nowMs);
  return restOf({ policy, scenario, loaded, subject, obs, result, nowMs });
}
