/** What stands against a destructive action, whatever area asks for it. */
import { givesTraffic, isEmptied, pairOf } from './dns.ts';
import type { FleetView, InstanceView, Observation, Policy, ServiceState } from './model.ts';
import type { ReasonCode } from './reasons.ts';
import { phaseOf } from './state.ts';
import type { TargetSummary } from './targets.ts';

/** A reading that is made once a minute may be this old before it counts as missing: two minutes. */
export const SLOW_READING_MS = 120_000;

export interface Interlock {
  readonly reason: ReasonCode;
  readonly numbers: Readonly<Record<string, number | string>>;
}

const DEPLOYING = [
  'Pending:Wait',
  'Pending:Proceed',
  'Terminating:Wait',
  'Terminating:Proceed',
  'EnteringStandby',
  'Standby',
];

/**
 * Whether this instance leaves because we had it replaced. A termination hook may hold its end for two days; the ejection
 * stands for as long as the group lists it.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html
 */
function leavesForUs({ health }: ServiceState, { id, lifecycle }: InstanceView): boolean {
  if (!lifecycle.startsWith('Terminating')) return false;
  return id in health.replaced || Object.values(health.ejected).some((one) => one.id === id && one.replace);
}

/**
 * The lifecycle state that shows a deployment at work on the group, if any instance has one.
 * @param state tells whom we had replaced; `undefined`: it could not be read.
 */
export function deploymentSigns(fleet: FleetView, state: ServiceState | undefined): string | undefined {
  const isSign = (one: InstanceView): boolean =>
    DEPLOYING.includes(one.lifecycle) && !(state !== undefined && leavesForUs(state, one));
  return fleet.instances.find(isSign)?.lifecycle;
}

/**
 * Whether a deployment runs on the primary: an instance refresh, instances held by a lifecycle hook (CodeDeploy shows
 * itself so) or in standby, but for those that we had replaced, or a zonal shift; `undefined` when none does. What cannot be read counts against us.
 */
export function deployment(
  policy: Policy,
  state: ServiceState,
  obs: Observation,
  summary: TargetSummary | null,
  nowMs: number,
): Interlock | undefined {
  if (summary?.zonalShift === true) return { reason: 'DEPLOYMENT', numbers: { what: 'zonal shift' } };
  if (policy.fleet === undefined) return undefined;
  const { fleet } = obs.primary;
  const refresh = obs.refresh;
  if (fleet?.known === true) {
    const sign = deploymentSigns(fleet.value, state);
    if (sign !== undefined) return { reason: 'DEPLOYMENT', numbers: { what: `instance ${sign}` } };
  }
  if (refresh?.known === true && refresh.value) return { reason: 'DEPLOYMENT', numbers: { what: 'instance refresh' } };
  if (fleet?.known !== true || refresh?.known !== true || nowMs - refresh.atMs > SLOW_READING_MS) {
    return { reason: 'DEPLOYMENT_UNKNOWN', numbers: {} };
  }
  return undefined;
}

/** Without a `scaling` section its default holds: servers that nobody scales boot as slowly, and must not be replaced for it. */
export const DEFAULT_WARMUP_SECONDS = 120;

/** Instances in service for less than `warmupSeconds`. */
export function warmingInstances(policy: Policy, state: ServiceState, nowMs: number): readonly string[] {
  const warmupMs = (policy.scaling?.warmupSeconds ?? DEFAULT_WARMUP_SECONDS) * 1000;
  return Object.entries(state.scaling.inServiceSince)
    .filter(([, sinceMs]) => nowMs - sinceMs < warmupMs)
    .map(([id]) => id);
}

function instanceInterlocks(policy: Policy, state: ServiceState, fleet: FleetView, nowMs: number): Interlock[] {
  const found: Interlock[] = [];
  const inService = fleet.instances.filter((i) => i.lifecycle === 'InService').length;
  const terminating = fleet.instances.filter((i) => i.lifecycle.startsWith('Terminating')).length;
  const pending = Math.max(
    fleet.desired - inService,
    fleet.instances.filter((i) => i.lifecycle.startsWith('Pending')).length,
  );
  const warming = warmingInstances(policy, state, nowMs).length;
  if (pending > 0) found.push({ reason: 'INSTANCES_PENDING', numbers: { pending } });
  if (terminating > 0) found.push({ reason: 'INSTANCES_TERMINATING', numbers: { terminating } });
  if (warming > 0) found.push({ reason: 'INSTANCES_WARMING', numbers: { warming } });
  return found;
}

/** Instances in service that are no target: they serve nobody, and scale-in could take one that does in their place. */
function unregistered(obs: Observation, summary: TargetSummary): number {
  const { fleet, targets } = obs.primary;
  if (fleet?.known !== true || targets?.known !== true || targets.value.targetType !== 'instance') return 0;
  const listed = new Set(targets.value.targets.map(({ id }) => id));
  for (const [, { id }] of summary.ejected) listed.add(id);
  return fleet.value.instances.filter(({ id, lifecycle }) => lifecycle === 'InService' && !listed.has(id)).length;
}

function targetInterlock(obs: Observation, state: ServiceState, summary: TargetSummary | null): Interlock | undefined {
  const reading = obs.primary.targets;
  if (reading?.known === false) return { reason: 'TARGETS_MISSING', numbers: { why: reading.why } };
  if (summary === null) return undefined;
  // Whoever has a counter is in doubt, whatever this one reading says. A target at `initial` serves nobody yet: without
  // its server, scale-in could take the last one that does.
  const doubted = new Set([...Object.keys(state.health.targets), ...summary.failing.map((t) => t.key)]).size;
  const waiting = summary.draining + summary.initial + unregistered(obs, summary);
  const troubled = doubted + summary.ejected.length + waiting;
  return troubled > 0 ? { reason: 'TARGETS_FAILING', numbers: { troubled } } : undefined;
}

function scalerInterlock(obs: Observation, nowMs: number): Interlock | undefined {
  const { scalers } = obs;
  if (scalers?.known !== true || nowMs - scalers.atMs > SLOW_READING_MS)
    return { reason: 'OTHER_SCALER_UNKNOWN', numbers: {} };
  if (scalers.value.length === 0) return undefined;
  return { reason: 'OTHER_SCALER', numbers: { scalers: scalers.value.join(', ') } };
}

/** Whether the primary has no traffic: by our own move, or because somebody took all its weight. */
export function isAway(policy: Policy, state: ServiceState, obs: Observation): boolean {
  if (policy.failover === undefined) return false;
  return phaseOf(state) !== 'primary' || isEmptied(policy.failover, obs.dns);
}

/** Without traffic nothing is scaled in, nor while nobody knows whether there is any: of late nobody has read it, or not of our pair. */
function awayInterlock(policy: Policy, state: ServiceState, obs: Observation, nowMs: number): Interlock | undefined {
  const { failover } = policy;
  if (failover === undefined) return undefined;
  if (isAway(policy, state, obs)) return { reason: 'FAILED_OVER', numbers: {} };
  const { dns } = obs;
  if (dns?.known !== true) return { reason: 'DNS_MISSING', numbers: { why: dns?.why ?? 'not-read' } };
  if (nowMs - dns.atMs > SLOW_READING_MS) return { reason: 'DNS_MISSING', numbers: { why: 'too old' } };
  const pair = pairOf(failover, obs, nowMs);
  return pair.ok || givesTraffic(failover, dns.value)
    ? undefined
    : { reason: 'TRAFFIC_UNKNOWN', numbers: pair.numbers };
}

/** Everything that forbids scaling in now, the weightiest first; empty: nothing does. */
export function scaleInInterlocks(
  policy: Policy,
  state: ServiceState,
  obs: Observation,
  fleet: FleetView,
  summary: TargetSummary | null,
  nowMs: number,
): readonly Interlock[] {
  const found = instanceInterlocks(policy, state, fleet, nowMs);
  const rest = [
    awayInterlock(policy, state, obs, nowMs),
    deployment(policy, state, obs, summary, nowMs),
    targetInterlock(obs, state, summary),
    scalerInterlock(obs, nowMs),
  ];
  for (const interlock of rest) if (interlock !== undefined) found.push(interlock);
  return found;
}
