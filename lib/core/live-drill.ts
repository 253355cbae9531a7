/**
 * A live drill: named targets of a service's home that are read as failing, although AWS calls them healthy, until a
 * time that stands beside them. This is the one place that says what it changes; observing, the gate and the auditor
 * all ask here.
 */
import type { Policy, ServiceState, TargetGroupView, TargetState, TargetView } from './model.ts';
import { classify } from './targets.ts';

export type LiveScenario = 'server-stops' | 'targets-fail';

/** Times are milliseconds since the epoch. */
export interface LiveDrill {
  readonly id: string;
  readonly service: string;
  readonly scenario: LiveScenario;
  /** The service's home as the policy named it when the drill began: another home is not drilled. */
  readonly region: string;
  /** Name or ARN, as in the policy. */
  readonly targetGroup: string;
  /** `id:port` of the targets that are read as failing; those that are registered later are not. */
  readonly targets: readonly string[];
  readonly startedMs: number;
  /** It is over from this time on, whoever began it and whatever became of them. */
  readonly untilMs: number;
}

/** The reason that a drilled target carries where AWS would say `Target.FailedHealthChecks`. */
export const DRILL_REASON = 'Evenkeel.LiveDrill';

/** The same where the site is what seems to fail: the record is to leave it, and its servers are to stay. */
export const SITE_DRILL_REASON = 'Evenkeel.LiveDrill.Site';

const reasonOf = ({ scenario }: LiveDrill): string => (scenario === 'targets-fail' ? SITE_DRILL_REASON : DRILL_REASON);

/** The longest that a drill may last: what a function may run, less the time to take leave. */
export const LONGEST_DRILL_SECONDS = 840;

/** Clocks of two functions may differ by this much. */
const SKEW_MS = 5000;

/**
 * Whether the drill is on: it has begun, has not ended, and does not claim to last longer than any drill may, for then
 * whatever wrote it was not the drill function.
 */
export function isOn({ startedMs, untilMs }: LiveDrill, nowMs: number): boolean {
  return startedMs <= nowMs + SKEW_MS && nowMs < untilMs && untilMs - startedMs <= LONGEST_DRILL_SECONDS * 1000;
}

/** Where the service is at home: the region and target group of its primary; `null` when the policy names no targets. */
export function homeOf({ region, health, failover }: Policy): { region: string; targetGroup: string } | null {
  const targetGroup = failover?.primary.targetGroup ?? health?.targetGroup;
  return targetGroup === undefined ? null : { region: failover?.primary.region ?? region, targetGroup };
}

/** The drilled targets that the drill has not had its answer about: those not taken out since it began, while the record has not left the primary. */
function unanswered({ targets, startedMs }: LiveDrill, { health, failover }: ServiceState): readonly string[] {
  if (failover.phase !== 'primary') return [];
  return targets.filter((key) => (health.history[key]?.lastMs ?? 0) < startedMs);
}

/**
 * The drill as far as it still changes what this service looks like: `null` when it is another's, over, or about another
 * home. What has been answered is no longer drilled, so that one drill takes no target out twice and brings no failed-over
 * site to replace its servers, whether or not somebody is there to end it. `state` as it was saved last.
 */
export function drillOn(drill: LiveDrill | null, policy: Policy, state: ServiceState, nowMs: number): LiveDrill | null {
  if (drill === null || drill.service !== policy.service || !isOn(drill, nowMs)) return null;
  const home = homeOf(policy);
  if (home?.region !== drill.region || home.targetGroup !== drill.targetGroup) return null;
  const targets = unanswered(drill, state);
  return targets.length === 0 ? null : { ...drill, targets };
}

/** A target as it is listed, or was until now (`null`). */
interface Listed {
  readonly key: string;
  readonly state: TargetState | null;
  readonly reason?: string | undefined;
}

/**
 * The targets of the service's home under the drill: `unhealthy` are those of the drilled that AWS calls healthy. What
 * boots or drains stays as AWS says, and what is not listed is not made up. While any of them really fails, all are as AWS
 * says: the controller must see a real failure as large as it is, and no larger. The same array when nothing is changed.
 */
export function targetsUnder<Target extends Listed>(drill: LiveDrill, targets: readonly Target[]): readonly Target[] {
  if (targets.some((target) => classify(target, false) === 'failing')) return targets;
  const drilled = ({ key, state }: Target): boolean => state === 'healthy' && drill.targets.includes(key);
  if (!targets.some(drilled)) return targets;
  return targets.map((target) =>
    drilled(target) ? { ...target, state: 'unhealthy', reason: reasonOf(drill) } : target,
  );
}

/** The service's home as the drill has it seen; without a drill, and when that changes nothing, the same object. */
export function groupUnder(drill: LiveDrill | null, group: TargetGroupView): TargetGroupView {
  const targets = drill === null ? group.targets : targetsUnder(drill, group.targets);
  return targets === group.targets ? group : { ...group, targets };
}

/** Whether AWS calls the target healthy, drill or no drill. */
export function isHealthyToAws({ state, reason }: Pick<TargetView, 'state' | 'reason'>): boolean {
  return state === 'healthy' || reason === DRILL_REASON || reason === SITE_DRILL_REASON;
}

/**
 * Whether the target only seems to fail so that the record moves. It is never taken out: where the record cannot move (AWS
 * denies it, the standby has turned bad), the controller would else replace the whole site, one well server after the other.
 */
export function isSpared({ reason }: Pick<TargetView, 'reason'>): boolean {
  return reason === SITE_DRILL_REASON;
}
