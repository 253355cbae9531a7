/** Invariants of ejecting, replacing and readmitting. */

import { DEFAULT_WARMUP_SECONDS } from './interlocks.ts';
import type { Book } from './invariants-book.ts';
import { type Effect, roundsMs, SEEN_MS, seconds, shownSince, unless } from './invariants-case.ts';
import { answeredFor, standing } from './invariants-ledger.ts';
import { always, during, ever, lastRun, type Timeline } from './invariants-timeline.ts';
import { isFailing, isRegistered, type TargetTruth } from './invariants-truth.ts';

const idOf = (key: string): string => key.slice(0, key.lastIndexOf(':'));

/** Breaks in a failing spell that are shorter than this may fall between two rounds. */
const blinkMs = (book: Book): number => book.intervalMs;

/** (5) An ejected target had failed its rounds, and was registered. */
export function failedRounds(effect: Effect): string[] {
  const { book, shared, write, saved } = effect;
  const { change } = write;
  if (change.kind !== 'deregister') return [];
  const { health } = book.policy;
  if (health === undefined || change.site !== 'primary')
    return [`${change.key} was ejected, but the policy has no such health`];
  const { savedMs } = saved;
  const truth = book.sites.primary.targets.get(change.key) ?? [];
  const run = lastRun(truth, savedMs, blinkMs(book), isFailing);
  const rounds = health.rounds.unhealthy;
  const lastedMs = run === null ? 0 : run.toMs - shownSince(truth, shared, run.fromMs, blinkMs(book), isFailing);
  const enough = run !== null && run.toMs >= savedMs - SEEN_MS && lastedMs >= roundsMs(effect, rounds);
  return [
    ...unless(ever(truth, savedMs - SEEN_MS, savedMs, isRegistered), `${change.key} was ejected, but not registered`),
    ...unless(
      enough,
      `${change.key} was ejected after failing for ${seconds(lastedMs)}, which is less than ${rounds} rounds`,
    ),
  ];
}

/** What the target group may have looked like to whoever read it before `savedMs`, at best and for certain. */
interface Look {
  /** Healthy at some moment of the time in question. */
  readonly healthyAtBest: number;
  /** Healthy the whole time. */
  readonly healthyForSure: number;
  /** Failing the whole time. */
  readonly failingForSure: number;
  readonly registered: number;
  /** Ejected before, and still out. */
  readonly out: number;
  readonly expected: number;
}

function look(book: Book, savedMs: number, key: string): Look {
  const { targets, group } = book.sites.primary;
  const out = answeredFor(book).filter(([one]) => one !== key);
  const inside = [...targets].filter(([one]) => !out.some(([gone]) => gone === one)).map(([, truth]) => truth);
  const fromMs = savedMs - SEEN_MS;
  const count = (is: (truth: Timeline<TargetTruth>) => boolean): number => inside.filter(is).length;
  const registered = count((truth) => ever(truth, fromMs, savedMs, isRegistered));
  const desired = Math.max(0, ...during(group, fromMs, savedMs).map((one) => one.desired));
  return {
    healthyAtBest: count((truth) => ever(truth, fromMs, savedMs, ({ state }) => state === 'healthy')),
    healthyForSure: count((truth) => always(truth, fromMs, savedMs, ({ state }) => state === 'healthy')),
    failingForSure: count((truth) => always(truth, fromMs, savedMs, isFailing)),
    registered,
    out: out.length,
    expected: Math.max(desired, registered + out.length),
  };
}

/** (6) Ejected targets stay within the allowance, and healthy ones at or above `minHealthy`. */
export function allowance({ book, write, saved }: Effect): string[] {
  const { health } = book.policy;
  if (write.change.kind !== 'deregister' || health === undefined) return [];
  const { healthyAtBest, healthyForSure, out, expected } = look(book, saved.savedMs, write.change.key);
  const { maxEjectedPercent, minHealthy } = health.limits;
  const allowed = Math.max(1, Math.floor((maxEjectedPercent * expected) / 100));
  // With none healthy, replacing one is how a lone site heals: the controller may have looked when there was none.
  const heals = healthyForSure === 0 && saved.action.reason === 'PANIC_REPLACE';
  const enough = heals || healthyAtBest >= minHealthy;
  return [
    ...unless(out + 1 <= allowed, `${out + 1} targets are ejected, ${allowed} of ${expected} are allowed`),
    ...unless(enough, `a target was ejected with ${healthyAtBest} healthy, ${minHealthy} are to stay`),
  ];
}

/** (7) In panic nothing is ejected in bulk: one instance at a time, once the one before it has come back. */
export function panic({ book, write, saved }: Effect): string[] {
  const { health } = book.policy;
  if (write.change.kind !== 'deregister' || health === undefined) return [];
  const { key } = write.change;
  const { healthyAtBest, failingForSure, out, expected } = look(book, saved.savedMs, key);
  const share = (100 * (failingForSure + out)) / expected;
  const inPanic =
    failingForSure > 0 && (healthyAtBest === 0 || (failingForSure >= 2 && share > health.limits.panicPercent));
  const others = answeredFor(book).filter(([, one]) => one.instanceId !== idOf(key));
  return unless(
    !inPanic || others.length === 0,
    `${key} was ejected in panic, with ${failingForSure} failing, while ${others.length} others are out`,
  );
}

/** (8) Only what we ejected is registered again, with the same id and port, after its back-off. */
export function readmission({ book, write, saved, effectMs }: Effect): string[] {
  const { change } = write;
  const { health, fleet } = book.policy;
  if (change.kind !== 'register') return [];
  const ejected = book.ejected.get(change.key);
  // That it is back is seen before the write that brought it back.
  const ours = ejected !== undefined && (ejected.backMs === null || ejected.backMs === effectMs);
  if (!ours || health === undefined) return [`${change.key} was registered, but not ejected by us`];
  const { afterSeconds, maxSeconds } = health.readmit;
  // Whether it is to be replaced was decided when it was ejected; a policy may think better of that, but not worse.
  const isToBeReplaced = ejected.replace && health.onUnhealthy === 'replace';
  const waitMs = 1000 * Math.min(maxSeconds, isToBeReplaced ? maxSeconds : afterSeconds * ejected.times);
  const waitedMs = write.sentMs - ejected.atMs;
  const instance = book.sites.primary.instances.get(ejected.instanceId) ?? [];
  const { savedMs } = saved;
  const serves = fleet === undefined || ever(instance, savedMs - SEEN_MS, savedMs, (state) => state === 'InService');
  return [
    ...unless(
      waitedMs >= waitMs - SEEN_MS - 2 * book.offMs,
      `${change.key} was readmitted after ${seconds(waitedMs)} of ${seconds(waitMs)}`,
    ),
    ...unless(serves, `${change.key} was readmitted, but its instance is not in service`),
  ];
}

/** Budgets count what was charged in five minutes, and a charge is that much older than its effect at most. */
const BUDGET_MS = 300_000 - SEEN_MS;
/** Over all services (DESIGN section 5). */
const ACCOUNT_REPLACEMENTS = 3;

/** What the budgets of the service and of the account say against one replacement more. */
function overBudget({ book, shared, effectMs }: Effect): string[] {
  const sinceMs = effectMs - BUDGET_MS + 2 * book.offMs;
  const count = (timesMs: Iterable<number>): number => [...timesMs].filter((atMs) => atMs > sinceMs).length + 1;
  const own = count(book.replaced.values());
  const all = count(shared.replacementsMs);
  const limit = book.policy.health?.limits.replacedPer5Minutes ?? 0;
  return [
    ...unless(own <= limit, `${own} instances were replaced within five minutes, ${limit} are allowed`),
    ...unless(all <= ACCOUNT_REPLACEMENTS, `${all} instances of all services were replaced within five minutes`),
  ];
}

/** Whether this instance had come into service less than the warm-up before; what was there at first, or at another fleet, is old. */
function isWarming({ book, saved }: Effect, instance: Timeline<string | null>): boolean {
  const warmupMs = 1000 * (book.policy.scaling?.warmupSeconds ?? DEFAULT_WARMUP_SECONDS);
  const last = instance.findLast(({ atMs }) => atMs <= saved.savedMs);
  const oldMs = Math.max(book.beganMs, book.regroupedMs, saved.savedMs - warmupMs + 2 * book.offMs);
  return last !== undefined && last.value === 'InService' && last.atMs > oldMs;
}

/** (9) An instance is replaced at most once, only after its target was taken out and its warm-up, by a group that can, and within the budgets. */
export function replacement(effect: Effect): string[] {
  const { book, write, saved } = effect;
  const { change } = write;
  if (change.kind !== 'replace') return [];
  const { instanceId } = change;
  const { savedMs } = saved;
  const instance = book.sites.primary.instances.get(instanceId) ?? [];
  return [
    ...unless(!book.replaced.has(instanceId), `${instanceId} was replaced twice`),
    ...unless(
      standing(book).some(([, one]) => one.instanceId === instanceId),
      `${instanceId} was replaced, but its target not ejected`,
    ),
    ...unless(
      ever(instance, savedMs - SEEN_MS, savedMs, (state) => state === 'InService'),
      `${instanceId} was replaced, but is not in service in the fleet`,
    ),
    ...unless(
      !always(book.suspended, savedMs - SEEN_MS, savedMs, (active) => active),
      `${instanceId} was replaced, but its group cannot bring a successor into service`,
    ),
    ...unless(!isWarming(effect, instance), `${instanceId} was replaced while it warmed up`),
    ...overBudget(effect),
  ];
}

/** (12) Missing alone ejects nothing. */
export function blindEjection({ book, write, saved }: Effect): string[] {
  const { change } = write;
  if (change.kind !== 'deregister') return [];
  const { savedMs } = saved;
  const blind = always(book.sites.primary.reach, savedMs - SEEN_MS, savedMs, ({ readable }) => !readable);
  return unless(!blind, `${change.key} was ejected while the targets could not be read`);
}

/** Ejections count up within an hour: longer than any back-off is remembered. */
const REMEMBER_MS = 3_600_000;

/** Writes an ejection, a readmission or a replacement into the book. */
export function noteHealth({ book, shared, write, saved, effectMs }: Effect): void {
  const { change } = write;
  if (change.kind === 'deregister') {
    const past = book.ejections.get(change.key);
    const times = past !== undefined && effectMs - past.lastMs <= REMEMBER_MS ? past.times + 1 : 1;
    book.ejections.set(change.key, { times, lastMs: effectMs });
    const seenOld = shared.oldMs.elbv2 >= effectMs;
    const replace = book.policy.health?.onUnhealthy === 'replace';
    const fresh = { times, replace, actionId: saved.action.id, seenOld, left: false, backMs: null };
    book.ejected.set(change.key, { instanceId: idOf(change.key), atMs: effectMs, ...fresh });
  } else if (change.kind === 'register') book.ejected.delete(change.key);
  else if (change.kind === 'replace') {
    book.replaced.set(change.instanceId, effectMs);
    shared.replacementsMs.push(effectMs);
  }
}
