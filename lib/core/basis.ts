/** What a state is about. A policy that is edited may mean another group, metric or record by the same name. */
import type {
  Action,
  Ejection,
  FailoverPolicy,
  FailoverState,
  Policy,
  ScalingState,
  Signal,
  SiteName,
  SiteTrack,
} from './model.ts';
import type { Basis, ServiceState } from './model-state.ts';
import { commit, initialState } from './state.ts';

function metricText({ metric }: Signal): string {
  const { namespace, name, statistic, periodSeconds, dimensions } = metric;
  return JSON.stringify([namespace, name, statistic, periodSeconds, Object.entries(dimensions).sort()]);
}

function standbyOf({ region, autoScalingGroup }: FailoverPolicy['secondary']): string | null {
  return autoScalingGroup === undefined ? null : `${region}/${autoScalingGroup}`;
}

function make({ region, fleet, scaling, health, failover }: Policy): Basis {
  const parts = {
    fleet: fleet === undefined ? null : `${region}/${fleet.autoScalingGroup}`,
    targetGroup: health === undefined ? null : `${region}/${health.targetGroup}`,
    record:
      failover === undefined
        ? null
        : [
            failover.hostedZoneId,
            failover.record.name,
            failover.primary.setIdentifier,
            failover.secondary.setIdentifier,
          ].join('/'),
    sites:
      failover === undefined
        ? []
        : [failover.primary, failover.secondary].map((site) => `${site.region}/${site.targetGroup}`),
    standby: failover === undefined ? null : standbyOf(failover.secondary),
    probes: failover === undefined ? [] : [failover.primary.probe ?? null, failover.secondary.probe ?? null],
    metrics: Object.fromEntries((scaling?.signals ?? []).map((signal) => [signal.name, metricText(signal)])),
  };
  return { ...parts, key: JSON.stringify(parts) };
}

// A policy is decided on many times and does not change: its basis is made once.
const made = new WeakMap<Policy, Basis>();

function basisOf(policy: Policy): Basis {
  const basis = made.get(policy) ?? make(policy);
  made.set(policy, basis);
  return basis;
}

/** Keeps what belongs to metrics that are still the same. */
function keep<T>(record: Readonly<Record<string, T>>, old: Basis, now: Basis): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => old.metrics[name] === now.metrics[name]));
}

const OF_FLEET: readonly Action['kind'][] = ['parkFleet', 'unparkFleet', 'replaceInstance'];
const OF_TARGETS: readonly Action['kind'][] = ['deregisterTarget', 'registerTarget'];

/** Whether the standby's group is the one of before; what a version of us that did not note it knew of it is not forgotten for that. */
function isSameStandby(old: Basis, now: Basis): boolean {
  return old.standby === undefined || old.standby === now.standby;
}

/** Whether a pending action is about something that the policy no longer means. */
function isOver(action: Action, old: Basis, now: Basis): boolean {
  const ofFleet = OF_FLEET.includes(action.kind) || (action.kind === 'setCapacity' && action.site === 'primary');
  return (
    (ofFleet && old.fleet !== now.fleet) ||
    (action.kind === 'setCapacity' && action.site === 'secondary' && !isSameStandby(old, now)) ||
    (OF_TARGETS.includes(action.kind) && old.targetGroup !== now.targetGroup) ||
    (action.kind === 'moveDns' && old.record !== now.record)
  );
}

export interface Fitted {
  readonly state: ServiceState;
  /** What we had ejected from a target group that the policy no longer names: it stays out unless a person registers it. */
  readonly left: { readonly targetGroup: string; readonly ejected: readonly Pick<Ejection, 'id' | 'port'>[] } | null;
  /** The standby's group that we had raised and that the policy no longer names: it stays raised unless a person resizes it. */
  readonly raised: ({ readonly group: string } & NonNullable<FailoverState['standbyRaised']>) | null;
}

/** Targets that are out by our hand, or may be: a deregistration that was saved and whose answer nobody has. */
function takenOut({ health, pending }: ServiceState): Pick<Ejection, 'id' | 'port'>[] {
  const doubtful = pending.flatMap(({ action }) =>
    action.kind === 'deregisterTarget' && !action.replace && !(action.target.key in health.ejected)
      ? [action.target]
      : [],
  );
  return [...Object.values(health.ejected).filter(({ replace }) => !replace), ...doubtful];
}

/** The standby of before, if it is raised by our hand, or may be: a raise that was saved and whose answer nobody has. */
function leftRaised(state: ServiceState, { standby: group }: Basis, now: Basis): Fitted['raised'] {
  if (typeof group !== 'string' || group === now.standby) return null;
  const doubtful = state.pending.find(
    ({ action, acceptedMs }) =>
      action.kind === 'setCapacity' && action.site === 'secondary' && action.to > action.from && acceptedMs === null,
  );
  const after = doubtful === undefined ? state : commit(state, doubtful.action, doubtful.atMs);
  const { standbyRaised } = after.failover;
  return standbyRaised === null ? null : { group, ...standbyRaised };
}

/** What scaling still knows of the group, beside what anybody knows of a `fresh` one. */
function scalingOf(before: ScalingState, fresh: ScalingState, old: Basis, named: Basis): ScalingState {
  if (named.fleet === null) return { ...fresh, lastScaleOutMs: before.lastScaleOutMs };
  if (named.fleet !== old.fleet) return fresh;
  return {
    ...before,
    points: keep(before.points, old, named),
    publishLagMs: keep(before.publishLagMs, old, named),
    ...(before.forecast && { forecast: keep(before.forecast, old, named) }),
  };
}

/**
 * The sites of a record: what rounds have shown of one belongs to the target group that showed it; what `before` knew of
 * probes, to those that ask the same as they did then. That outlasts an edit of the policy that names no failover for a
 * while: it may come back while a region is lost (seed 5809).
 */
function withSites(failover: FailoverState, before: ServiceState, old: Basis, now: Basis): FailoverState {
  const fresh = initialState(before.service).failover;
  const site = (name: SiteName, index: number): SiteTrack => {
    const seenThere = old.sites?.[index];
    const track = seenThere === undefined || seenThere === now.sites?.[index] ? failover[name] : fresh[name];
    const probe = old.probes?.[index] === now.probes?.[index] ? before.failover[name].probe : undefined;
    return probe === track.probe ? track : { ...track, probe };
  };
  return { ...failover, primary: site('primary', 0), secondary: site('secondary', 1) };
}

/**
 * The state as far as it is about what the policy means now: counters, datapoints, sizes and weights of another group,
 * metric or record are forgotten, for they would be taken for those of the new one. While a policy names no group nobody
 * sees the one before; when it last grew and what was parked of it is kept until another is named, for the edit may be taken
 * back within the cool-down (seed 3000274907). The same object when nothing changed.
 */
export function fitToPolicy(policy: Policy, state: ServiceState): Fitted {
  const named = basisOf(policy);
  const old = state.basis;
  if (old?.key === named.key) return { state, left: null, raised: null };
  if (old === undefined) return { state: { ...state, basis: named }, left: null, raised: null };
  const probes = named.record === null ? old.probes : named.probes;
  const now = { ...named, fleet: named.fleet ?? old.fleet, probes };
  const fresh = initialState(state.service);
  const sameTargets = old.targetGroup === now.targetGroup;
  const ejected = takenOut(state);
  // It is the group that is raised, whatever record leads to it.
  const { standbyRaised, standbyMatched } = isSameStandby(old, now) ? state.failover : fresh.failover;
  const failover = old.record === now.record ? state.failover : fresh.failover;
  return {
    state: {
      ...state,
      basis: now,
      scaling: scalingOf(state.scaling, fresh.scaling, old, named),
      health: sameTargets ? state.health : { ...fresh.health, replaced: state.health.replaced },
      failover: withSites({ ...failover, standbyRaised, standbyMatched }, state, old, now),
      orders: old.fleet === now.fleet ? state.orders : { ...state.orders, parked: undefined },
      pending: state.pending.filter(({ action }) => !isOver(action, old, now)),
    },
    left:
      sameTargets || old.targetGroup === null || ejected.length === 0
        ? null
        : { targetGroup: old.targetGroup, ejected },
    raised: leftRaised(state, old, now),
  };
}
