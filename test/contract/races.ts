/** What a race for the state looks like: one wins, and the others meet a conflict. */
import { expect } from 'vitest';

export const CONFLICT = { name: 'Conflict', kind: 'Conflict' };

/** Runs all at once and tells how many were fulfilled; every other must have met a conflict. */
export async function winners(attempts: readonly Promise<unknown>[]): Promise<number> {
  const settled = await Promise.allSettled(attempts);
  for (const attempt of settled) {
    if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject(CONFLICT);
  }
  return settled.filter((attempt) => attempt.status === 'fulfilled').length;
}
