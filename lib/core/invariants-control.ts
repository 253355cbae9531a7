/** Invariants of the controller as a whole: the gate, repetition, the pace of rounds, what is left open. */

import type { Book } from './invariants-book.ts';
import { BACK_MS, type Case, gateLook, NOT_AFTER_MS, seconds, unless } from './invariants-case.ts';
import type { ReadApi } from './invariants-evidence.ts';
import { knownOut, line } from './invariants-ledger.ts';
import { type Shared, troubledUntilMs } from './invariants-shared.ts';
import { lastOf, valueAt } from './invariants-timeline.ts';
import type { Action } from './model.ts';

/** (1) A write implies enforce, not held, not frozen, the current epoch, before `notAfter`, and the gate's own second look. */
export function gate({ book, shared, write, saved }: Case): string[] {
  const what = `${write.change.kind} by ${write.caller}`;
  const observing = unless(book.policy.mode === 'enforce', `${what}: the mode is observe`);
  if (saved === null) return [...observing, `${what}: no action that asks for it was saved before`];
  const looks = shared.looks.get(write.caller) ?? [];
  const look = gateLook(shared, write, saved)?.value;
  const lateMs = write.sentMs - saved.savedMs - NOT_AFTER_MS - 2 * book.offMs;
  const late = unless(lateMs <= 0, `${what}: sent ${seconds(lateMs)} too late (${saved.action.id})`);
  const held = unless(!saved.held, `${what}: the service is held`);
  if (look === undefined)
    return [...observing, ...late, ...held, `${what}: the gate did not look at lease and freeze after the save`];
  // An alarm and a person read the epoch when they begin; the loop's is that of its lease.
  const fence = shared.leases.get(write.caller) ?? valueAt(looks, saved.savedMs - 1)?.epoch ?? null;
  return [
    ...observing,
    ...late,
    ...held,
    ...unless(!look.frozen, `${what}: all writes are frozen`),
    ...unless(look.epoch === fence, `${what}: the lease's epoch is ${look.epoch}, the writer's ${fence}`),
  ];
}

/** (4) Duplicated, late or reordered events change nothing: no action is sent twice, and no write repeats what is so already. */
export function repeats({ book, shared, write, saved }: Case): string[] {
  const twice = unless(saved?.sent !== true, `action ${saved?.action.id} was sent twice`);
  const { change, effectMs } = write;
  // Who reads old answers cannot know that it repeats.
  const sees = (api: ReadApi): boolean => shared.oldMs[api] < write.sentMs;
  if (effectMs === null) return twice;
  // By a clock that is wrong by as much, what was saved a moment ago may seem to have been given up.
  if (shared.clocksWrong && book.offMs >= NOT_AFTER_MS) return twice;
  if (change.kind === 'capacity' && sees('auto-scaling')) {
    const desired = valueAt(book.sites[change.site].group, effectMs - 1)?.desired;
    return [
      ...twice,
      ...unless(desired !== change.to, `desired capacity of the ${change.site} was ${change.to} already`),
    ];
  }
  if (change.kind !== 'dns' || !sees('route53')) return twice;
  const was = valueAt(book.recorded, effectMs - 1);
  const same = change.created.length > 0 && change.created.every((set) => was?.[set.setIdentifier] === set.weight);
  return [...twice, ...unless(!same, 'the record had these weights already')];
}

/** (4) once more, from what the cycles report: an action that two of them say was accepted was sent twice. */
export function reportedTwice(book: Book, applied: readonly string[]): string[] {
  return applied.filter((id) => book.applied.has(id)).map((id) => `action ${id} was accepted twice`);
}

/** A round that waits for calls without an answer ends this late. */
const ROUND_MS = 4000;

/** (15) Rounds are at most two intervals apart, unless the functions themselves were in trouble. */
export function spacing(book: Book, shared: Shared, atMs: number): string[] {
  const { lastCycleMs, longestMs, offMs } = book;
  if (lastCycleMs === null || shared.troubleMs.functions + BACK_MS > lastCycleMs) return [];
  const apartMs = atMs - lastCycleMs;
  return unless(apartMs <= 2 * longestMs + ROUND_MS + 2 * offMs, `${seconds(apartMs)} without a round`);
}

/**
 * (15) at the end: a service that is served has rounds. One that never had any, or has none any more, shows no cycle in
 * which it could be asked.
 */
export function silent({ lastCycleMs, beganMs, longestMs }: Book, shared: Shared, endMs: number): string[] {
  const sinceMs = Math.max(lastCycleMs ?? beganMs + BACK_MS, troubledUntilMs(shared) + BACK_MS);
  const forMs = endMs - sinceMs;
  return unless(
    forMs <= Math.max(BACK_MS, 2 * longestMs + ROUND_MS),
    `no round for ${seconds(forMs)}, and none of the functions is in trouble`,
  );
}

/** Two ticks, the first of them up to a minute away, and the last one's rounds. */
const TWO_TICKS_MS = 150_000;

/** Whether the policy still names what would show this action. Without it the action waits: nobody looks (seed 1269101927). */
function isLookedAt({ kind, ...action }: Action, { fleet, failover }: Book['policy']): boolean {
  if (kind === 'moveDns') return failover !== undefined;
  if (kind === 'deregisterTarget' || kind === 'registerTarget') return true;
  const isStandby = 'site' in action && action.site === 'secondary';
  return (isStandby ? failover?.secondary.autoScalingGroup : fleet) !== undefined;
}

/** (17) Whatever was begun is finished or given up within two ticks, once nothing is in trouble any more. */
export function open(book: Book, shared: Shared, atMs: number): string[] {
  const pending = book.state?.pending ?? [];
  if (pending.length === 0) return [];
  // What is to be confirmed is looked at in rounds, however far they are apart.
  const sinceMs = atMs - Math.max(TWO_TICKS_MS, 2 * book.longestMs + ROUND_MS);
  const readable = Object.values(book.sites).every(({ reach }) =>
    reach.every((entry, index) => entry.value.readable || (reach[index + 1]?.atMs ?? atMs) < sinceMs),
  );
  if (!readable || troubledUntilMs(shared) > sinceMs) return [];
  return pending
    .filter((one) => one.atMs < sinceMs && isLookedAt(one.action, book.policy))
    .map(({ action }) => `action ${action.id} (${action.kind}) is neither confirmed nor given up after two ticks`);
}

/** (19) once more: what the controller has taken out it knows of, two ticks later and for as long as it stays out. */
export function remembered(book: Book, shared: Shared, atMs: number): string[] {
  const { state, offMs } = book;
  const sinceMs = atMs - TWO_TICKS_MS;
  // While answers are old, or by a clock that is wrong, it may seem to be back.
  if (state === null || offMs > 0 || troubledUntilMs(shared) > sinceMs) return [];
  const isKnown = (key: string): boolean =>
    key in state.health.ejected || state.pending.some(({ action }) => 'target' in action && action.target.key === key);
  // An instance that ends never comes back: AWS refuses to register it. Without a fleet nobody sees it end, and a person is told.
  const isEnding = ({ instanceId }: { readonly instanceId: string }): boolean => {
    const lifecycle = lastOf(line(book.sites.primary.instances, instanceId));
    return book.policy.fleet === undefined ? lifecycle !== 'InService' : lifecycle?.startsWith('Terminat') === true;
  };
  return knownOut(book)
    .filter(([key, one]) => one.atMs < sinceMs && !one.left && !isEnding(one) && !isKnown(key))
    .map(([key]) => `${key} was taken out, and the controller has forgotten it`);
}

/** Time for what follows the longest back-off: a readmission that waits for its round, a replacement that drains. */
const FOLLOW_UP_MS = 180_000;

/** (19) Every ejection ends in readmission, replacement or a notification that the target stays out. */
export function followedUp(book: Book, endMs: number): string[] {
  const maxMs = (book.policy.health?.readmit.maxSeconds ?? 0) * 1000 + FOLLOW_UP_MS;
  return knownOut(book)
    .filter(([, { atMs }]) => endMs - atMs > maxMs && (book.lastLeftOutMs ?? 0) < atMs)
    .map(([key, { atMs }]) => `${key} is out for ${seconds(endMs - atMs)}, not readmitted, not replaced, nobody told`);
}
