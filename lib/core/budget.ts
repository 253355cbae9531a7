/** Account-wide budgets as arithmetic. The state adapters keep the numbers; what they mean stands here once. */
import type { Budget } from './model.ts';

export const EMPTY_BUDGET: Budget = { replacements: [], failbacks: [] };

/**
 * Charges one entry: at most `limit` entries younger than `windowMs` at the entry's own time; older ones are dropped.
 * @returns the budget with the entry; the same budget when this id is in it already; `null` when there is no room.
 */
export function charged(
  budget: Budget,
  kind: 'replacements' | 'failbacks',
  entry: { readonly id: string; readonly service: string; readonly atMs: number },
  limit: number,
  windowMs: number,
): Budget | null {
  const entries: readonly { readonly id: string; readonly atMs: number }[] = budget[kind];
  if (entries.some(({ id }) => id === entry.id)) return budget;
  const younger = ({ atMs }: { readonly atMs: number }) => entry.atMs - atMs < windowMs;
  if (entries.filter(younger).length >= limit) return null;
  if (kind === 'replacements') {
    const added = { id: entry.id, atMs: entry.atMs };
    return { ...budget, replacements: [...budget.replacements.filter(younger), added] };
  }
  const added = { id: entry.id, service: entry.service, atMs: entry.atMs };
  return { ...budget, failbacks: [...budget.failbacks.filter(younger), added] };
}

/** The budget without the failbacks of this service; the same budget when it has none. */
export function released(budget: Budget, service: string): Budget {
  const failbacks = budget.failbacks.filter((failback) => failback.service !== service);
  return failbacks.length === budget.failbacks.length ? budget : { ...budget, failbacks };
}
