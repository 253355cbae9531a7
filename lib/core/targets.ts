/** What the targets of the service's own target group look like, and how many rounds each has failed or passed. */
import type {
  Ejection,
  HealthPolicy,
  HealthState,
  Observation,
  Policy,
  ServiceState,
  TargetGroupView,
  TargetState,
  TargetTrack,
  TargetView,
} from './model.ts';

/** DESIGN section 4: the pace of rounds without a `health` section. */
const DEFAULT_INTERVAL_SECONDS = 5;
/** A counter moves at most once in this share of an interval, so that an alarm between two ticks is no second round. */
const ROUND_SHARE = 0.8;
/**
 * So many targets are counted at once, and so many may be out: what is kept of a service has to fit into an item of
 * 400 KB. A service in which more fail is beyond what ejecting mends; the rest gets its turn when the first are done with.
 */
export const MOST_TARGETS_KEPT = 2000;
/** After a gap of this many intervals, consecutive rounds are no longer consecutive. */
export const GAP_INTERVALS = 3;

export function intervalMsOf(policy: Policy): number {
  return (policy.health?.check.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS) * 1000;
}

export type RoundKind = 'again' | 'next' | 'afterGap';

/** Whether a reading at `atMs` is a new round after the one at `lastMs`. */
export function roundKind(lastMs: number, atMs: number, intervalMs: number): RoundKind {
  const passedMs = atMs - lastMs;
  // Far in the future: a clock that was ahead wrote it, and waiting for that time would blind us until then.
  if (Math.abs(passedMs) >= GAP_INTERVALS * intervalMs) return 'afterGap';
  return passedMs < ROUND_SHARE * intervalMs ? 'again' : 'next';
}

export type TargetClass = 'healthy' | 'failing' | 'neutral';

/**
 * What one reading of a target says. The load balancer's own troubles (`Elb.*`) say nothing about the target.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
 */
export function classify(
  target: { readonly state: TargetState | null; readonly reason?: string | undefined },
  ejectedByUs: boolean,
): TargetClass {
  if (target.state === 'healthy') return 'healthy';
  if (target.state !== 'unhealthy' && target.state !== 'unhealthy.draining') return 'neutral';
  if (target.state === 'unhealthy.draining' && ejectedByUs) return 'neutral';
  return target.reason?.startsWith('Elb.') === true ? 'neutral' : 'failing';
}

function nextTrack(
  track: TargetTrack | undefined,
  kind: TargetClass,
  rounds: HealthPolicy['rounds'],
): TargetTrack | undefined {
  if (kind === 'neutral') return track;
  if (kind === 'failing') {
    const failing = Math.min(rounds.unhealthy, (track?.failing ?? 0) + 1);
    return track?.failing === failing && track.passing === 0 ? track : { failing, passing: 0 };
  }
  if (track === undefined) return undefined;
  const passing = track.passing + 1;
  return passing >= rounds.healthy ? undefined : { failing: 0, passing };
}

/** Moves each target's counters by one round; the same object when none moved. Only targets in doubt have a counter. */
export function trackTargets(
  policy: HealthPolicy,
  prev: HealthState,
  group: TargetGroupView,
  kind: Exclude<RoundKind, 'again'>,
): HealthState {
  const before = kind === 'afterGap' ? {} : prev.targets;
  const targets: Record<string, TargetTrack> = {};
  let same = prev.missing === undefined && (kind === 'next' || Object.keys(prev.targets).length === 0);
  let tracked = 0;
  const counted = Object.keys(before).length;
  const anyEjected = Object.keys(prev.ejected).length > 0;
  // Who is counted stays so: one that were left out now and then would never complete its rounds.
  let room = MOST_TARGETS_KEPT - counted;
  for (const target of group.targets) {
    // Keys are new texts in each reading: to look them up where nothing is costs more than all the rest of a steady round.
    const old = counted === 0 ? undefined : before[target.key];
    const one = classify(target, anyEjected && target.key in prev.ejected);
    // One that is unused is checked no more: a counter would stay as it is for as long as the target is listed.
    const track = target.state === 'unused' ? undefined : nextTrack(old, one, policy.rounds);
    if (old === undefined && track !== undefined && room-- <= 0) continue;
    if (track !== old) same = false;
    if (track === undefined) continue;
    targets[target.key] = track;
    tracked += 1;
  }
  if (same && tracked === counted) return prev;
  return { ...prev, targets: eldestFirst(before, targets), missing: undefined };
}

/** Who has a counter the longest stands first, whatever order AWS lists targets in: so their turn comes (`believedFailing`). */
function eldestFirst(before: HealthState['targets'], now: HealthState['targets']): HealthState['targets'] {
  const known = Object.keys(before).flatMap((key): [string, TargetTrack][] => {
    const track = now[key];
    return track === undefined ? [] : [[key, track]];
  });
  return { ...Object.fromEntries(known), ...now };
}

/**
 * A round in which the targets could not be read. It counts neither way, but a run of failing rounds does not outlast a
 * gap of three intervals. That it is over is not left to the time of the last reading: rounds that saw nothing are
 * rounds, too, for whoever takes the loop over. The same object when nothing moved.
 */
export function missTargets(prev: HealthState, kind: Exclude<RoundKind, 'again'>): HealthState {
  if (Object.keys(prev.targets).length === 0) return prev;
  const missing = (prev.missing ?? 0) + 1;
  // The next reading is one interval later still.
  if (kind === 'next' && missing + 1 < GAP_INTERVALS) return { ...prev, missing };
  return { ...prev, targets: {}, missing: undefined };
}

/** Listed, and not on its way out. */
export function isRegistered(group: TargetGroupView, key: string): boolean {
  return group.targets.some((t) => t.key === key && t.state !== 'draining' && t.state !== 'unhealthy.draining');
}

/**
 * Somebody registered the target again: it is listed, that is not our own action at work, and it had been seen out or does
 * not look as it did (a registration begins with `initial`). One that is listed as it was, failing or, in a live drill,
 * healthy, may be an answer from before we took it out, and who forgot it on that would leave it out for good. Should it
 * be back all the same, readmitting it changes nothing, and it counts as any other target again.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 */
function isTakenBack(group: TargetGroupView, state: ServiceState, key: string, ejection: Ejection): boolean {
  if (!isRegistered(group, key)) return false;
  const mayBeOld = (state: TargetState): boolean =>
    state === 'unhealthy' || (state === 'healthy' && ejection.drilled === true);
  const isNew = ejection.seenOut === true || !group.targets.some((t) => t.key === key && mayBeOld(t.state));
  return isNew && !state.pending.some((p) => 'target' in p.action && p.action.target.key === key);
}

/**
 * The ejections that still stand, with what the reading says of them: not those whose instance is gone, nor those that
 * somebody registered again. Targets known by an address are never gone: a group has instances, and no list of their
 * addresses. The same object when it brought nothing new.
 */
export function trackEjections(prev: HealthState, state: ServiceState, obs: Observation): HealthState {
  const entries = Object.entries(prev.ejected);
  const { targets, fleet } = obs.primary;
  if (entries.length === 0 || targets?.known !== true) return prev;
  const group = targets.value;
  const kept = entries.filter(([key, ejection]) => {
    if (targets.atMs > ejection.atMs && isTakenBack(group, state, key, ejection)) return false;
    // Without a fleet, which an edit of the policy took away, nobody sees that whom we had replaced is gone.
    if (fleet === undefined && ejection.id in prev.replaced) return false;
    if (group.targetType !== 'instance' || fleet?.known !== true || fleet.atMs <= ejection.atMs) return true;
    return fleet.value.instances.some((i) => i.id === ejection.id);
  });
  const seen = kept.map(([key, ejection]): [string, Ejection] => {
    const isFirst = ejection.seenOut !== true && targets.atMs > ejection.atMs && !isRegistered(group, key);
    return [key, isFirst ? { ...ejection, seenOut: true } : ejection];
  });
  const same = seen.length === entries.length && seen.every(([, ejection], i) => ejection === entries[i]?.[1]);
  return same ? prev : { ...prev, ejected: Object.fromEntries(seen) };
}

/** What AWS refuses to have back is tried again for so long. */
const REFUSED_MS = 86_400_000;

/**
 * After AWS did not take a target back, for it does not know it, or not now: an instance "must be in the running state when
 * you register it", and somebody may have stopped it to mend it. So its back-off begins anew, and only what stays refused is
 * forgotten.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
 */
export function refusedBack(health: HealthState, key: string, atMs: number): HealthState {
  const { [key]: ejection, ...others } = health.ejected;
  if (ejection === undefined) return health;
  const { refusedMs = atMs } = ejection;
  if (atMs - refusedMs > REFUSED_MS) return { ...health, ejected: others };
  return { ...health, ejected: { ...others, [key]: { ...ejection, atMs, refusedMs } } };
}

/** Whether an ejected target counts as one that is to come back: not while AWS refuses to have it, for it may be gone for good. */
export function isExpected({ refusedMs }: Ejection): boolean {
  return refusedMs === undefined;
}

/** The target group in numbers. */
export interface TargetSummary {
  readonly targetType: TargetGroupView['targetType'];
  readonly healthy: number;
  /** Failing in this very reading, in the order of the reading. */
  readonly failing: readonly TargetView[];
  /** Registered: everything that is not on its way out. */
  readonly registered: number;
  /** Registered, but yet to pass its first checks. */
  readonly initial: number;
  /** On their way out, other than by our hand. */
  readonly draining: number;
  readonly zonalShift: boolean;
  /** Ejected by us and expected back, those included whose deregistration is saved but not confirmed. */
  readonly ejected: readonly (readonly [string, Pick<Ejection, 'id'>])[];
  /** max(desired, registered plus ejected by us). */
  readonly expected: number;
}

/** Counts the reading; `null` when there is none. */
export function summarize(policy: Policy, state: ServiceState, obs: Observation): TargetSummary | null {
  const reading = obs.primary.targets;
  if (reading?.known !== true) return null;
  const out = Object.entries(state.health.ejected).filter(([, ejection]) => isExpected(ejection));
  const ejected = new Map<string, Pick<Ejection, 'id'>>(out);
  for (const { action } of state.pending)
    if (action.kind === 'deregisterTarget') ejected.set(action.target.key, action.target);
  const failing: TargetView[] = [];
  let healthy = 0;
  let registered = 0;
  let initial = 0;
  let draining = 0;
  let zonalShift = false;
  for (const target of reading.value.targets) {
    if (target.zonalShift) zonalShift = true;
    // A target whose deregistration is under way may still be listed with its old state: it counts as ejected, once.
    if (ejected.size > 0 && ejected.has(target.key)) continue;
    if (target.state === 'draining') {
      draining += 1;
      continue;
    }
    registered += 1;
    if (target.state === 'healthy') healthy += 1;
    else if (target.state === 'initial') initial += 1;
    else if (classify(target, false) === 'failing') failing.push(target);
  }
  const fleet = policy.fleet === undefined ? undefined : obs.primary.fleet;
  const desired = fleet?.known === true ? fleet.value.desired : 0;
  const expected = Math.max(desired, registered + ejected.size);
  const { targetType } = reading.value;
  return { targetType, healthy, failing, registered, initial, draining, zonalShift, ejected: [...ejected], expected };
}
