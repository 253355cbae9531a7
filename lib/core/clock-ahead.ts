/** Times that a clock which was ahead has left in a state. */
import type { FailoverState, HealthState, Incident, Pace, Pending, ScalingState, ServiceState } from './model.ts';

/** A time that is no further ahead is waited for: two functions' clocks differ by less, and it costs less than forgetting. */
const AHEAD_MS = 300_000;

type Mend = (ms: number) => number;

/** `value` with these of its times mended; the same object when none was ahead. */
function withTimes<T extends object>(value: T, keys: readonly (keyof T)[], mend: Mend): T {
  let next = value;
  for (const key of keys) {
    const ms = value[key];
    if (typeof ms === 'number' && mend(ms) !== ms) next = { ...next, [key]: mend(ms) };
  }
  return next;
}

/** Every value of a record mended; the same object when none had to be. */
function withEach<T>(record: Readonly<Record<string, T>>, one: (value: T) => T): Readonly<Record<string, T>> {
  // The instances of a large group are looked through in every round: nothing is built where nothing is ahead.
  for (const key in record)
    if (one(record[key] as T) !== record[key])
      return Object.fromEntries(Object.entries(record).map(([each, value]) => [each, one(value)]));
  return record;
}

/** Every item mended; the same array when none had to be. */
function withItems<T>(items: readonly T[], one: (item: T) => T): readonly T[] {
  return items.every((item) => one(item) === item) ? items : items.map(one);
}

/** `value` with these parts; the same object when all of them are the same. */
function withParts<T extends object>(value: T, parts: Partial<T>): T {
  return (Object.keys(parts) as (keyof T)[]).every((key) => parts[key] === value[key]) ? value : { ...value, ...parts };
}

function scalingBack(scaling: ScalingState, mend: Mend): ScalingState {
  return withParts(withTimes(scaling, ['lastChangeMs', 'lastScaleOutMs'], mend), {
    counts: withItems(scaling.counts, (one) => withTimes(one, ['fromMs'], mend)),
    inServiceSince: withEach(scaling.inServiceSince, mend),
  });
}

function healthBack(health: HealthState, mend: Mend): HealthState {
  return withParts(health, {
    ejected: withEach(health.ejected, (one) => withTimes(one, ['atMs', 'refusedMs'], mend)),
    history: withEach(health.history, (one) => withTimes(one, ['lastMs'], mend)),
    replaced: withEach(health.replaced, mend),
  });
}

function failoverBack(failover: FailoverState, mend: Mend): FailoverState {
  const { change } = failover;
  return withParts(withTimes(failover, ['weightsMs', 'strayedMs', 'lastFailbackMs'], mend), {
    change: change === null ? null : withTimes(change, ['atMs'], mend),
    failbacksMs: withItems(failover.failbacksMs, mend),
  });
}

function incidentBack(incident: Incident, mend: Mend): Incident {
  const { untold } = incident;
  const mended = withTimes(incident, ['sinceMs', 'lastMs'], mend);
  return untold === undefined ? mended : withParts(mended, { untold: withTimes(untold, ['triedMs'], mend) });
}

/** Whether the last round was in another minute: in between nothing is looked for that happens once in a year. */
function isOtherMinute({ healthMs, failoverMs, fleetMs = 0 }: Pace, nowMs: number): boolean {
  return Math.floor(Math.max(healthMs, failoverMs, fleetMs) / 60_000) !== Math.floor(nowMs / 60_000);
}

/**
 * The state with what lies far ahead taken to have happened now. A clock that was ahead once, for one cycle, wrote it, and
 * whoever waited for that time would neither believe an action nor scale out until then. Rounds are counted anew after such
 * a gap anyway (`roundKind`), datapoints have their times from AWS, and what a person ordered ends when they said. Looked for
 * in the first round of each minute. The same object when nothing is ahead.
 */
export function backToNow(state: ServiceState, nowMs: number): ServiceState {
  if (!isOtherMinute(state.pace, nowMs)) return state;
  const mend: Mend = (ms) => (ms > nowMs + AHEAD_MS ? nowMs : ms);
  const pendingBack = (one: Pending): Pending => withTimes(one, ['atMs', 'acceptedMs'], mend);
  return withParts(state, {
    scaling: scalingBack(state.scaling, mend),
    health: healthBack(state.health, mend),
    failover: failoverBack(state.failover, mend),
    pending: withItems(state.pending, pendingBack),
    incidents: withEach(state.incidents, (one) => incidentBack(one, mend)),
  });
}
