/** Account-wide budgets as arithmetic. The state adapters keep the numbers; what they mean stands here once. */
import type { Budget } from './model.ts';

export const EMPTY_BUDGET: Budget = { replacements: [], failbacks: [] };

/**
 * Whether a charge of that time still counts. One that lies as far ahead counts no more either: a clock that was ahead made
 * it, and it would stand in the way of every service until then.
 */
export function isCharged(atMs: number, nowMs: number, windowMs: number): boolean {
  return Math.abs(nowMs - atMs) < windowMs;
}

/**
 * Charges one entry: at most `limit` entries younger than `windowMs` at the entry's own time; older ones are dropped. A
 * service has one failback at a time: a new attempt takes the place of the one before, which did not come about.
 * @returns the budget with the entry; the same budget when this id is in it already; `null` when there is no room.
 */
export function charged(
  budget: Budget,
  kind: 'replacements' | 'failbacks',
  entry: { readonly id: string; readonly service: string; readonly atMs: number },
  limit: number,
  windowMs: number,
): Budget | null {
  if (budget[kind].some(({ id }) => id === entry.id)) return budget;
  const { id, service, atMs } = entry;
  const younger = (charge: { readonly atMs: number }): boolean => isCharged(charge.atMs, atMs, windowMs);
  if (kind === 'replacements') {
    const others = budget.replacements.filter(younger);
    return others.length >= limit ? null : { ...budget, replacements: [...others, { id, atMs }] };
  }
  const others = budget.failbacks.filter((f) => younger(f) && f.service !== service);
  return others.length >= limit ? null : { ...budget, failbacks: [...others, { id, service, atMs }] };
}

/** The budget without the failbacks of this service; the same budget when it has none. */
export function released(budget: Budget, service: string): Budget {
  const failbacks = budget.failbacks.filter((failback) => failback.service !== service);
  return failbacks.length === budget.failbacks.length ? budget : { ...budget, failbacks };
}

/** The budget without the replacement of this id; the same budget when it has none. */
export function withoutReplacement(budget: Budget, id: string): Budget {
  const replacements = budget.replacements.filter((replacement) => replacement.id !== id);
  return replacements.length === budget.replacements.length ? budget : { ...budget, replacements };
}
