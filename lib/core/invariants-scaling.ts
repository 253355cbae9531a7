/** Invariants of capacity: bounds, and what must be so before anything is taken away. */

import type { SiteBook } from './invariants-book.ts';
import { BACK_MS, type Effect, gateLook, readOld, SEEN_MS, seconds, unless } from './invariants-case.ts';
import { knownOut } from './invariants-ledger.ts';
import { troubledUntilMs } from './invariants-shared.ts';
import { always, heldMs, valueAt } from './invariants-timeline.ts';
import { isFailing } from './invariants-truth.ts';
import type { ScalingPolicy, Signal } from './model.ts';
import { needOf } from './need.ts';
import { growsByMinutes } from './scaling-memory.ts';

type Resize = Effect & { readonly to: number; readonly from: number; readonly site: SiteBook };

/** The capacity change behind the write, with what was desired right before. */
export function resizeOf(effect: Effect): Resize | null {
  const { change } = effect.write;
  if (change.kind !== 'capacity') return null;
  const site = effect.book.sites[change.site];
  return { ...effect, site, to: change.to, from: valueAt(site.group, effect.effectMs - 1)?.desired ?? change.to };
}

const mostDesired = (site: SiteBook): number => Math.max(0, ...site.group.map((entry) => entry.value.desired));

/** Without a group, the servers that were ever registered: more than they cannot have been wanted. */
function mostServers(site: SiteBook): number {
  return new Set([...site.targets.keys()].map((key) => key.slice(0, key.lastIndexOf(':')))).size;
}

/** (2) Desired is set inside the bounds, or toward them; the standby no higher than the primary ever was. */
export function bounds(effect: Effect): string[] {
  const resize = resizeOf(effect);
  const group = resize === null ? undefined : valueAt(resize.site.group, effect.effectMs - 1);
  if (resize === null || group === undefined) return [];
  const { policy, first, sites } = effect.book;
  const { to, from } = resize;
  if (resize.site === sites.secondary) {
    // What was counted while no policy named a group stands until the group is seen.
    const isCounted = policy.fleet === undefined || first.fleet === undefined;
    const highest = Math.max(mostDesired(sites.primary), isCounted ? mostServers(sites.primary) : 0);
    return [
      ...unless(
        to <= from || to <= highest,
        `the standby was raised to ${to}, the primary never wanted more than ${highest}`,
      ),
      ...unless(to >= group.minSize && to <= group.maxSize, `${to} is outside of the standby's own bounds`),
    ];
  }
  if (policy.fleet === undefined) return [`capacity was set to ${to}, but the policy names no fleet`];
  const lower = Math.max(policy.fleet.capacity.min, group.minSize);
  const upper = Math.min(policy.fleet.capacity.max, group.maxSize);
  const toward = (from < lower && to > from && to <= upper) || (from > upper && to < from && to >= lower);
  const inside = to >= lower && to <= upper;
  return unless(inside || toward, `desired went from ${from} to ${to}, the bounds are ${lower} and ${upper}`);
}

/** (2) once more: what was parked comes back as large as it was, as far as it may. Notes the parking. */
export function unparked({ book, saved, effectMs }: Effect): string[] {
  const { action } = saved;
  const was = valueAt(book.sites.primary.group, effectMs - 1);
  if (was === undefined) return [];
  if (action.kind === 'parkFleet') book.parkedFrom ??= was.desired;
  if (action.kind !== 'unparkFleet') return [];
  const least = Math.min(book.parkedFrom ?? 0, was.maxSize);
  book.parkedFrom = null;
  return unless(action.to.desired >= least, `unparked ${action.to.desired} instances, there had been ${least}`);
}

/** (2) once more: no more than a step at once, as it was decided, nor again within the cool-down. Notes the change. */
export function pace(effect: Effect): string[] {
  const resize = resizeOf(effect);
  const { action, savedMs } = effect.saved;
  const { policy, sites, state, offMs, scaledOutMs } = effect.book;
  const { scaling, fleet } = policy;
  if (resize?.site !== sites.primary || action.kind !== 'setCapacity') return [];
  if (scaling === undefined || fleet === undefined) return [];
  const { from, to } = action;
  const out = to > from;
  const { maxStep } = out ? scaling.scaleOut : scaling.scaleIn;
  const steps = unless(Math.abs(to - from) <= maxStep, `went from ${from} to ${to}, a step is ${maxStep}`);
  if (!out) return steps;
  // What is asked for does not wait for what was only foretold.
  if (effect.saved.action.reason !== 'FORECAST_OUT') effect.book.scaledOutMs = effect.effectMs;
  // Below what it must have, nothing waits; and what became of the last time is not known by whoever was in trouble since.
  const least = [
    fleet.capacity.min,
    ...sites.primary.group.slice(-2).map(({ value }) => value.minSize),
    state?.orders.capacity?.capacity ?? 0,
    policy.failover === undefined ? 0 : mostDesired(sites.secondary),
  ];
  if (from < Math.max(...least) || troubledUntilMs(effect.shared) >= scaledOutMs) return steps;
  const waitedMs = savedMs - scaledOutMs + 2 * offMs;
  const { cooldownSeconds } = scaling.scaleOut;
  const waited = unless(
    waitedMs >= cooldownSeconds * 1000,
    `scaled out again after ${seconds(waitedMs)}, the cool-down is ${cooldownSeconds} s`,
  );
  return [...steps, ...waited];
}

export const FRESH_PERIODS = 3;
export const FRESH_AT_LEAST_MS = 180_000;
const MINUTE_MS = 60_000;

/**
 * The fewest instances in service on average over the period, as rounds may have counted them that saw one come a little
 * after it had come, or one leave a little before it had left.
 */
export function covered(
  { book, shared, site }: Pick<Resize, 'book' | 'shared' | 'site'>,
  startMs: number,
  periodMs: number,
): number {
  // Whose functions were in trouble may have counted long before.
  const nearMs = 2 * book.intervalMs;
  const backMs = shared.troubleMs.functions + BACK_MS > startMs + periodMs ? BACK_MS : nearMs;
  const mean = (fromMs: number): number => {
    // Those that were there at the beginning had been there before.
    const knownMs = Math.max(book.beganMs, fromMs);
    const toMs = Math.max(knownMs + 1, fromMs + periodMs);
    const isIn = (lifecycle: string | null): boolean => lifecycle === 'InService';
    const spans = [...site.instances.values()].map((one) => heldMs(one, knownMs, toMs, isIn));
    return spans.reduce((sum, ms) => sum + ms, 0) / (toMs - knownMs);
  };
  // A datapoint of none asks for nothing less than there is.
  const means = [mean(startMs - backMs), mean(startMs), mean(startMs + nearMs)].filter((one) => one > 0);
  return means.length === 0 ? 0 : Math.min(...means);
}

/** What one signal is asked about a scale-in: the last change before it, and what counts as the most. */
interface Asked {
  readonly resize: Resize;
  readonly scaling: ScalingPolicy;
  readonly signal: Signal;
  readonly changedMs: number;
  readonly upper: number;
}

/**
 * What a signal says against fewer instances by what was published at `seenMs`: a datapoint is missing, old, before the
 * last change, or asks for more.
 */
function disagreesAt({ resize, scaling, signal, changedMs, upper }: Asked, seenMs: number): string[] {
  const { book, saved, to, from } = resize;
  const periodMs = signal.metric.periodSeconds * 1000;
  // Late datapoints may come after newer ones, and while a period runs, by the controller's clock, its datapoint changes.
  const byNowMs = saved.savedMs + book.offMs;
  const read = (book.points.get(signal.name) ?? []).filter(({ atMs }) => atMs <= seenMs);
  const newestMs = Math.max(...read.map(({ startMs }) => startMs));
  // What grows by each minute asks for nothing before its last one is there.
  const isWhole = (startMs: number): boolean =>
    !growsByMinutes(signal) || newestMs > startMs || startMs + periodMs + FRESH_AT_LEAST_MS <= byNowMs;
  const known = read.filter(({ startMs }) => startMs + periodMs <= byNowMs && isWhole(startMs));
  const published = [...new Map(known.map((point) => [point.startMs, point])).values()].sort(
    (a, b) => a.startMs - b.startMs,
  );
  const last = published.at(-1);
  const freshMs = Math.max(FRESH_PERIODS * periodMs, FRESH_AT_LEAST_MS) + 2 * book.offMs;
  if (last === undefined || saved.savedMs - last.startMs - periodMs > freshMs)
    return [`scaled in to ${to} without a fresh datapoint of ${signal.name}`];
  const fromMs = last.startMs - Math.max(scaling.scaleIn.stabilizationSeconds * 1000, periodMs);
  const found: string[] = [];
  for (let startMs = last.startMs; startMs > fromMs && startMs >= book.beganMs; startMs -= periodMs) {
    const point = published.find((one) => one.startMs === startMs);
    if (point === undefined) found.push(`scaled in to ${to}, but the window of ${signal.name} has a hole`);
    else if (startMs < changedMs - book.offMs)
      found.push(`scaled in to ${to} on a datapoint of ${signal.name} before the last change`);
    else {
      // The newest one is read once its period is over, and again with the next: of several minutes the last may be lacking.
      const isEarly = startMs === last.startMs && periodMs > MINUTE_MS;
      const early = known.filter((one) => one.startMs === startMs && one.atMs >= startMs + periodMs - MINUTE_MS);
      const counted = covered(resize, startMs, periodMs);
      const need = Math.min(
        ...[point, ...(isEarly ? early : [])].map((one) => needOf(scaling, signal, { ...one, covered: counted }, from)),
      );
      if (Math.min(need, upper) > to) found.push(`scaled in to ${to}, but ${signal.name} asks for ${need}`);
    }
  }
  return found.slice(0, 1);
}

/**
 * What a signal says against fewer instances whenever in the cycle it was read. What is published between the reading and
 * the save is the next cycle's (seed 104413402).
 */
function disagrees(asked: Asked): string[] {
  const { savedMs } = asked.resize.saved;
  const late = disagreesAt(asked, savedMs);
  return late.length === 0 || disagreesAt(asked, savedMs - SEEN_MS).length === 0 ? [] : late;
}

/** How old a reading that is made once a minute may be: two minutes, and the round. */
const SLOW_SEEN_MS = 120_000 + SEEN_MS;

/** What stood against taking an instance away during the whole time in which the controller looked. */
function interlocks(resize: Resize, warmupMs: number): string[] {
  const { book, site, saved, write } = resize;
  const { savedMs } = saved;
  const seen: readonly [number, number] = [savedMs - SEEN_MS, savedMs];
  // Of targets in a group that the policy does not name nobody can know.
  const isNamed = (book.policy.health ?? book.policy.failover) !== undefined && !readOld(resize, 'elbv2');
  const targets = isNamed ? [...site.targets.values()] : [];
  const instances = [...site.instances.values()];
  const moving = instances.some((one) => always(one, ...seen, (state) => state !== null && state !== 'InService'));
  const troubled = targets.some((one) =>
    always(one, ...seen, (truth) => isFailing(truth) || truth.state === 'draining'),
  );
  // Instances that were there when the group was first seen, or seen again after another policy, are old.
  const youngMs = Math.max(book.beganMs, book.regroupedMs, savedMs - warmupMs + 2 * book.offMs);
  const warming = instances.some((one) =>
    one.slice(-1).some(({ atMs, value }) => value === 'InService' && atMs > youngMs),
  );
  const primary = book.policy.failover?.primary.setIdentifier;
  // The record is read once a minute: what somebody else did to it is not known before. Who has not read it for longer, or
  // reads another, does not know that there is traffic, and takes nothing away.
  const readMs = book.foreign ? savedMs - SLOW_SEEN_MS : savedMs - SEEN_MS;
  const away =
    primary !== undefined &&
    !readOld(resize, 'route53') &&
    always(book.recorded, readMs, savedMs, (weights) => weights[primary] === 0);
  return [
    ...(moving ? ['instances are pending or terminating'] : []),
    ...(warming ? ['an instance is warming up'] : []),
    ...(troubled ? ['a target is failing or draining'] : []),
    ...(knownOut(book).some(([, { left }]) => !left) ? ['a target is ejected'] : []),
    ...(away ? ['the service is failed over'] : []),
    ...(always(book.deployment, write.sentMs - SEEN_MS, write.sentMs, (on) => on) ? ['a deployment runs'] : []),
    ...(always(book.scaler, savedMs - SLOW_SEEN_MS, savedMs, (on) => on) ? ['another scaler is active'] : []),
  ];
}

/** What the gate reads of a group it reads this long before its look is over, at most. */
const GATE_MS = 150;

/** (3) Scaling in implies that all signals are fresh and agree over the whole window, and that no interlock stands. */
export function scaleIn(effect: Effect): string[] {
  const resize = resizeOf(effect);
  const { policy, sites } = effect.book;
  if (resize === null || resize.site !== sites.primary || resize.to >= resize.from) return [];
  const { action } = resize.saved;
  const lookMs = gateLook(resize.shared, resize.write, resize.saved)?.atMs ?? 0;
  // It scaled out; somebody set even more while the gate looked, or after it, which no condition can stand before.
  const isOvertaken = valueAt(resize.site.group, lookMs - GATE_MS)?.desired !== resize.from;
  if (action.kind === 'setCapacity' && action.to > action.from && isOvertaken) return [];
  const { scaling, fleet } = policy;
  if (scaling === undefined || fleet === undefined) return [`scaled in to ${resize.to}, but the policy has no scaling`];
  const before = resize.site.group.filter(({ atMs }) => atMs < effect.effectMs);
  const changedMs = before.findLast((one, i) => i > 0 && one.value.desired !== before[i - 1]?.value.desired)?.atMs ?? 0;
  return [
    ...(readOld(resize, 'cloudwatch') ? [] : scaling.signals).flatMap((signal) =>
      disagrees({ resize, scaling, signal, changedMs, upper: fleet.capacity.max }),
    ),
    ...interlocks(resize, scaling.warmupSeconds * 1000).map((why) => `scaled in to ${resize.to} although ${why}`),
  ];
}
