/** The part of the state contract that is about the live drill. */
import { describe, expect, test } from 'vitest';
import type { LiveDrill } from '../../lib/core/live-drill.ts';
import type { StatePort } from '../../lib/ports.ts';
import { CONFLICT, winners } from './races.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

const drillOf = (id: string, startedMs = NOON): LiveDrill => ({
  id,
  service: 'web',
  scenario: 'server-stops',
  region: 'ap-northeast-2',
  targetGroup: 'exercise-target-group',
  targets: ['i-1:80', 'i-1:8080'],
  startedMs,
  untilMs: startedMs + 300_000,
});

/** @param open makes an implementation with nothing in it. */
export function drillContract(open: () => Promise<StatePort>): void {
  describe('the live drill', () => {
    test('is none at first, and comes with everything else that a round loads', async () => {
      const state = await open();
      expect((await state.loadController()).drill).toBeNull();
      await state.beginDrill(drillOf('a'), NOON);
      expect((await state.loadController()).drill).toEqual(drillOf('a'));
      expect((await state.load(['web'])).drill).toEqual(drillOf('a'));
    });

    test('is one at a time: another is a conflict until it has expired, to the millisecond', async () => {
      const state = await open();
      await state.beginDrill(drillOf('a'), NOON);
      const { untilMs } = drillOf('a');
      await expect(state.beginDrill(drillOf('b', untilMs - 1), untilMs - 1)).rejects.toMatchObject(CONFLICT);
      expect((await state.loadController()).drill).toEqual(drillOf('a'));
      await state.beginDrill(drillOf('b', untilMs), untilMs);
      expect((await state.loadController()).drill).toEqual(drillOf('b', untilMs));
    });

    test('ends at once, stays to be seen as ended, and makes room for the next', async () => {
      const state = await open();
      await state.beginDrill(drillOf('a'), NOON);
      await state.endDrill('a', NOON + 1000);
      expect((await state.loadController()).drill).toEqual({ ...drillOf('a'), untilMs: NOON + 1000 });
      await state.beginDrill(drillOf('b', NOON + 1000), NOON + 1000);
      expect((await state.loadController()).drill?.id).toBe('b');
    });

    test('is not ended by another’s end, nor made longer by its own, nor where there is none', async () => {
      const state = await open();
      await state.endDrill('a', NOON);
      expect((await state.loadController()).drill).toBeNull();
      await state.beginDrill(drillOf('a'), NOON);
      await state.endDrill('b', NOON + 1000);
      expect((await state.loadController()).drill).toEqual(drillOf('a'));
      await state.endDrill('a', NOON + 1000);
      await state.endDrill('a', NOON + 2000);
      await state.endDrill('a', NOON + 900_000);
      expect((await state.loadController()).drill?.untilMs).toBe(NOON + 1000);
    });

    test('that claims to last longer than any may does not keep others from theirs', async () => {
      const state = await open();
      await state.beginDrill({ ...drillOf('a'), untilMs: NOON + 86_400_000 }, NOON);
      await state.beginDrill(drillOf('b'), NOON + 1000);
      expect((await state.loadController()).drill?.id).toBe('b');
    });

    test('of five that want to begin at once exactly one does', async () => {
      const state = await open();
      const begin = (atMs: number, round: string) =>
        Array.from({ length: 5 }, (_, n) => state.beginDrill(drillOf(`${round}-${n}`, atMs), atMs));
      expect(await winners(begin(NOON, 'a'))).toBe(1);
      expect(await winners(begin(NOON + 300_000, 'b'))).toBe(1);
      expect((await state.loadController()).drill?.id).toMatch(/^b-/);
    });
  });
}
