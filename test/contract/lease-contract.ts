/** The part of the state contract that is about the lease. */
import { describe, expect, test } from 'vitest';
import type { Lease, StatePort } from '../../lib/ports.ts';
import { CONFLICT, winners } from './races.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

const roundsOf = (rounds: Readonly<Record<string, number>>) => new Map(Object.entries(rounds));

/** @param open makes an implementation with nothing in it. */
export function leaseContract(open: () => Promise<StatePort>): void {
  const take = (state: StatePort, owner: string, atMs: number, takeOver = false) =>
    state.takeLease(owner, atMs, atMs + 75_000, takeOver);

  describe('the lease', () => {
    test('is nobody’s at first, and the first to take it has epoch 1', async () => {
      const state = await open();
      expect((await state.loadController()).lease).toBeNull();
      const taken = await take(state, 'tick-1', NOON);
      expect(taken).toEqual({ epoch: 1, owner: 'tick-1', untilMs: NOON + 75_000, rounds: new Map() });
      expect((await state.loadController()).lease).toEqual(taken);
      expect((await state.load([])).lease).toEqual(taken);
    });

    test('that is live is not given to another, to the millisecond', async () => {
      const state = await open();
      const first = await take(state, 'tick-1', NOON);
      await expect(take(state, 'by-hand', first.untilMs - 1)).rejects.toMatchObject(CONFLICT);
      expect((await state.loadController()).lease).toEqual(first);
      expect(await take(state, 'by-hand', first.untilMs)).toMatchObject({ epoch: 2, owner: 'by-hand' });
    });

    test('goes to a successor that takes it over, live as it is', async () => {
      const state = await open();
      await take(state, 'tick-1', NOON);
      const second = await take(state, 'tick-2', NOON + 60_000, true);
      expect(second).toEqual({ epoch: 2, owner: 'tick-2', untilMs: NOON + 135_000, rounds: new Map() });
      expect((await state.loadController()).lease).toEqual(second);
    });

    test('ends early by its holder, and the epoch goes on from there', async () => {
      const state = await open();
      const first = await take(state, 'tick-1', NOON);
      await state.endLease(first, NOON + 1000);
      expect((await state.loadController()).lease).toMatchObject({ epoch: 1, untilMs: NOON + 1000 });
      expect((await take(state, 'by-hand', NOON + 1000)).epoch).toBe(2);
    });

    test('is not ended by one who lost it, nor where there is none', async () => {
      const state = await open();
      await state.endLease({ epoch: 1, owner: 'ghost', untilMs: NOON, rounds: new Map() }, NOON);
      expect((await state.loadController()).lease).toBeNull();
      const first = await take(state, 'tick-1', NOON);
      const second = await take(state, 'tick-2', NOON, true);
      await state.endLease(first, NOON + 1000);
      expect((await state.loadController()).lease).toEqual(second);
    });

    test('tells its next holder which round of each service was the last', async () => {
      const state = await open();
      const first = await take(state, 'tick-1', NOON);
      await state.renewLease(first, roundsOf({ web: NOON + 5000, slow: NOON }));
      const rounds = roundsOf({ web: NOON + 10_000, slow: NOON, constructor: NOON + 7000 });
      await state.renewLease(first, rounds);
      expect((await state.loadController()).lease).toEqual({ ...first, rounds });
      expect((await take(state, 'tick-2', NOON + 12_000, true)).rounds).toEqual(rounds);
      await state.endLease({ ...first, epoch: 2 }, NOON + 13_000);
      expect((await take(state, 'by-hand', NOON + 13_000)).rounds).toEqual(rounds);
    });

    test('speaks only of the services of whoever wrote it last', async () => {
      const state = await open();
      const first = await take(state, 'tick-1', NOON);
      await state.renewLease(first, roundsOf({ web: NOON, gone: NOON }));
      await state.renewLease(first, roundsOf({ web: NOON + 5000 }));
      expect((await state.loadController()).lease?.rounds).toEqual(roundsOf({ web: NOON + 5000 }));
    });

    test('takes no round from one who lost it, nor where there is none', async () => {
      const state = await open();
      const ghost = { epoch: 1, owner: 'ghost', untilMs: NOON, rounds: new Map() };
      await expect(state.renewLease(ghost, roundsOf({ web: NOON }))).rejects.toMatchObject(CONFLICT);
      const first = await take(state, 'tick-1', NOON);
      const second = await take(state, 'tick-2', NOON, true);
      await expect(state.renewLease(first, roundsOf({ web: NOON + 5000 }))).rejects.toMatchObject(CONFLICT);
      expect((await state.loadController()).lease).toEqual(second);
    });

    test('of five who want it at once exactly one gets it', async () => {
      const state = await open();
      const wanting = (atMs: number) => Array.from({ length: 5 }, (_, index) => take(state, `tick-${index}`, atMs));
      expect(await winners(wanting(NOON))).toBe(1);
      expect(await winners(wanting(NOON + 75_000))).toBe(1);
      expect((await state.loadController()).lease?.epoch).toBe(2);
    });

    test('never has the same epoch twice, however it changes hands', async () => {
      const state = await open();
      const taken: Lease[] = await Promise.all(
        Array.from({ length: 5 }, (_, index) => take(state, `tick-${index}`, NOON, true)),
      );
      expect(taken.map(({ epoch }) => epoch).sort()).toEqual([1, 2, 3, 4, 5]);
      expect((await state.loadController()).lease?.epoch).toBe(5);
    });
  });
}
