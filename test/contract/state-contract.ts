/** What every `StatePort` promises, as cases that each implementation has to pass. */
import { describe, expect, test } from 'vitest';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import type { DecisionRecord, StatePort } from '../../lib/ports.ts';
import { drillContract } from './drill-contract.ts';
import { leaseContract } from './lease-contract.ts';
import { CONFLICT, winners } from './races.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const FIVE_MINUTES = 300_000;

/** A state as large as a big service's: some hundred targets, each with its counters. */
function bigState(service: string): ServiceState {
  const targets = Array.from(
    { length: 3000 },
    (_, index) => [`i-${String(index).padStart(17, '0')}:8080`, index] as const,
  );
  const tracks = targets.map(([key, index]) => [key, { failing: index, passing: 0 }] as const);
  const state = initialState(service);
  return { ...state, health: { ...state.health, targets: Object.fromEntries(tracks) } };
}

function versions(open: () => Promise<StatePort>): void {
  describe('versions', () => {
    test('a service that was never saved is absent, and its first save is version 1', async () => {
      const state = await open();
      expect((await state.load(['web'])).states).toEqual(new Map());
      const saved = await state.save(initialState('web'));
      expect(saved).toEqual({ ...initialState('web'), version: 1 });
      expect((await state.load(['web'])).states).toEqual(new Map([['web', saved]]));
    });

    test('each save counts on and replaces what was there', async () => {
      const state = await open();
      const first = await state.save(initialState('web'));
      const second = await state.save({ ...first, orders: { hold: { atMs: NOON } } });
      expect(second.version).toBe(2);
      expect((await state.load(['web'])).states.get('web')).toEqual(second);
    });

    test('saving what another has saved since is a conflict, and changes nothing', async () => {
      const state = await open();
      const first = await state.save(initialState('web'));
      const second = await state.save({ ...first, orders: { hold: { atMs: NOON } } });
      await expect(state.save({ ...first, orders: {} })).rejects.toMatchObject(CONFLICT);
      await expect(state.save(initialState('web'))).rejects.toMatchObject(CONFLICT);
      expect((await state.load(['web'])).states.get('web')).toEqual(second);
    });

    test('saving over a state that is not there is a conflict', async () => {
      const state = await open();
      await expect(state.save({ ...initialState('web'), version: 3 })).rejects.toMatchObject(CONFLICT);
      expect((await state.load(['web'])).states.size).toBe(0);
    });

    test('of five writers at once exactly one wins, first time and later', async () => {
      const state = await open();
      for (let version = 0; version < 5; version += 1) {
        const writers = Array.from({ length: 5 }, (_, index) =>
          state.save({ ...initialState('web'), version, orders: { hold: { atMs: index } } }),
        );
        expect(await winners(writers)).toBe(1);
        expect((await state.load(['web'])).states.get('web')?.version).toBe(version + 1);
      }
    });

    test('services do not disturb each other, not even by a name that begins alike', async () => {
      const state = await open();
      const web = await state.save(initialState('web'));
      const web2 = await state.save(initialState('web-2'));
      await state.save({ ...web, orders: { hold: { atMs: NOON } } });
      expect((await state.load(['web-2', 'api'])).states).toEqual(new Map([['web-2', web2]]));
    });

    test('more than 100 services come with one load, and a name asked for twice comes once', async () => {
      const state = await open();
      const names = Array.from({ length: 230 }, (_, index) => `service-${index}`);
      await Promise.all(names.map((name) => state.save(initialState(name))));
      const { states } = await state.load([...names, 'service-0', 'never-saved']);
      expect([...states.keys()].sort()).toEqual(names.toSorted());
      expect([...states].every(([name, saved]) => saved.service === name && saved.version === 1)).toBe(true);
    });

    test('a state of 150 KB comes back whole', async () => {
      const state = await open();
      const saved = await state.save(bigState('web'));
      expect(JSON.stringify(saved).length).toBeGreaterThan(150_000);
      expect((await state.load(['web'])).states.get('web')).toEqual(saved);
    });
  });
}

function freeze(open: () => Promise<StatePort>): void {
  test('the freeze is off at first, and holds until it is lifted', async () => {
    const state = await open();
    const frozen = async () => [(await state.loadController()).frozen, (await state.load(['web'])).frozen];
    expect(await frozen()).toEqual([false, false]);
    await state.setFrozen(true, NOON);
    expect(await frozen()).toEqual([true, true]);
    await state.setFrozen(false, NOON + 1);
    expect(await frozen()).toEqual([false, false]);
  });
}

function budgets(open: () => Promise<StatePort>): void {
  const replace = (state: StatePort, id: string, atMs: number, limit = 3) =>
    state.charge('replacements', { id, service: 'web', atMs }, limit, FIVE_MINUTES);
  const failBack = (state: StatePort, id: string, service: string, atMs = NOON) =>
    state.charge('failbacks', { id, service, atMs }, 2, FIVE_MINUTES);

  describe('the budgets', () => {
    test('are empty at first', async () => {
      const state = await open();
      expect((await state.loadController()).budget).toEqual({ replacements: [], failbacks: [] });
    });

    test('grant up to their limit, and again once what was charged is older than the window', async () => {
      const state = await open();
      expect(await replace(state, 'a', NOON)).toBe(true);
      expect(await replace(state, 'b', NOON + 1000)).toBe(true);
      expect(await replace(state, 'c', NOON + 2000)).toBe(true);
      expect(await replace(state, 'd', NOON + FIVE_MINUTES - 1)).toBe(false);
      expect(await replace(state, 'd', NOON + FIVE_MINUTES)).toBe(true);
      expect((await state.loadController()).budget?.replacements).toEqual([
        { id: 'b', atMs: NOON + 1000 },
        { id: 'c', atMs: NOON + 2000 },
        { id: 'd', atMs: NOON + FIVE_MINUTES },
      ]);
    });

    test('charge the same id once, and grant it again even when they are used up', async () => {
      const state = await open();
      for (let again = 0; again < 3; again += 1) expect(await replace(state, 'a', NOON, 1)).toBe(true);
      expect(await replace(state, 'b', NOON, 1)).toBe(false);
      expect((await state.loadController()).budget?.replacements).toEqual([{ id: 'a', atMs: NOON }]);
    });

    test('keep their limit under concurrency', async () => {
      const state = await open();
      const granted = await Promise.all(Array.from({ length: 8 }, (_, index) => replace(state, `a-${index}`, NOON)));
      expect(granted.filter(Boolean)).toHaveLength(3);
      expect((await state.loadController()).budget?.replacements).toHaveLength(3);
    });

    test('do not mix: replacements leave failbacks alone', async () => {
      const state = await open();
      await replace(state, 'a', NOON, 1);
      expect(await failBack(state, 'f-1', 'web')).toBe(true);
      expect((await state.loadController()).budget).toEqual({
        replacements: [{ id: 'a', atMs: NOON }],
        failbacks: [{ id: 'f-1', service: 'web', atMs: NOON }],
      });
    });

    test('take a replacement back that did not come about, by its id', async () => {
      const state = await open();
      for (const id of ['a', 'b', 'c']) expect(await replace(state, id, NOON)).toBe(true);
      await state.releaseReplacement('b');
      await state.releaseReplacement('never charged');
      expect((await state.loadController()).budget?.replacements.map(({ id }) => id)).toEqual(['a', 'c']);
      expect(await replace(state, 'd', NOON)).toBe(true);
    });

    test('take a failback back when it has ended', async () => {
      const state = await open();
      expect(await failBack(state, 'f-1', 'web')).toBe(true);
      expect(await failBack(state, 'f-2', 'api')).toBe(true);
      expect(await failBack(state, 'f-3', 'shop')).toBe(false);
      await state.releaseFailback('web');
      expect((await state.loadController()).budget?.failbacks.map(({ service }) => service)).toEqual(['api']);
      expect(await failBack(state, 'f-3', 'shop')).toBe(true);
    });

    test('are untouched by the release of what was never charged', async () => {
      const state = await open();
      await state.releaseFailback('web');
      await failBack(state, 'f-1', 'api');
      await state.releaseFailback('web');
      expect((await state.loadController()).budget?.failbacks).toHaveLength(1);
    });
  });
}

function decisionsAndPolicies(open: () => Promise<StatePort>): void {
  const record = (index: number): DecisionRecord => ({
    service: 'web',
    atMs: NOON + index,
    id: `d-${index}`,
    body: { reason: 'WITHIN_TOLERANCE', index },
  });

  test('the decision log takes none, many, and the same again', async () => {
    const state = await open();
    const records = Array.from({ length: 60 }, (_, index) => record(index));
    await state.log([]);
    await state.log(records);
    await state.log(records);
    await state.log([record(1), record(1)]);
    expect((await state.load(['web'])).states.size).toBe(0);
  });

  test('the decision log is read back from a time on, oldest first, each record once', async () => {
    const state = await open();
    const records = Array.from({ length: 60 }, (_, index) => record(index));
    await state.log(records.toReversed());
    await state.log([
      { ...record(59), body: { reason: 'STEADY' } },
      { ...record(59), id: 'twin#2' },
    ]);
    await state.log([
      { ...record(7), service: 'web-2' },
      { ...record(7), service: 'we' },
    ]);
    const read = await state.decisions('web', NOON + 57);
    expect(read).toEqual([
      record(57),
      record(58),
      { ...record(59), body: { reason: 'STEADY' } },
      { ...record(59), id: 'twin#2' },
    ]);
    expect(await state.decisions('web', NOON)).toHaveLength(61);
    expect(await state.decisions('web', NOON + 60)).toEqual([]);
    expect(await state.decisions('api', NOON)).toEqual([]);
  });

  test('a decision log of more than a page, which holds 1 MB, is read whole', async () => {
    const state = await open();
    const large = Array.from({ length: 25 }, (_, index) => ({ ...record(index), body: { text: 'x'.repeat(60_000) } }));
    await state.log(large);
    expect(await state.decisions('web', NOON)).toEqual(large);
  });

  test('the last good policy of each file is kept', async () => {
    const state = await open();
    const policy: Policy = { service: 'web', mode: 'enforce', region: 'ap-northeast-2' };
    expect(await state.loadPolicy('policies/web.yml')).toBeNull();
    await state.savePolicy('policies/web.yml', policy);
    await state.savePolicy('policies/web.yml', { ...policy, mode: 'observe' });
    await state.savePolicy('policies/api.yml', { ...policy, service: 'api' });
    expect(await state.loadPolicy('policies/web.yml')).toEqual({ ...policy, mode: 'observe' });
    expect(await state.loadPolicy('policies/api.yml')).toEqual({ ...policy, service: 'api' });
  });
}

/** @param open makes an implementation with nothing in it. */
export function stateContract(implementation: string, open: () => Promise<StatePort>): void {
  describe(`the state ${implementation}`, () => {
    versions(open);
    leaseContract(open);
    freeze(open);
    drillContract(open);
    budgets(open);
    decisionsAndPolicies(open);
  });
}
