/** One round: what it does, who may save, and that one service's trouble stays its own. */
import { describe, expect, test } from 'vitest';
import { newMemory, runRound } from '../../lib/controller/cycle.ts';
import type { Policy } from '../../lib/core/model.ts';
import { change, groupIn, MINUTE, SECOND, T0 } from '../core/builders.ts';
import { type Lab, lab, portError, services, WEB } from './lab.ts';
import { calm, failAll, failOne, reasonsOf, rounds } from './running.ts';

describe('a quiet service', () => {
  test('is decided on in every round, and saved only when something changed', async () => {
    const { one, process } = await calm();
    const version = (await one.stateOf('web')).version;
    const [result] = await rounds(one, process, 1);
    expect(reasonsOf(result)).toEqual(['failover ON_PRIMARY', 'health HEALTHY', 'scaling STEADY']);
    expect(result).toMatchObject({
      problems: [],
      leaseLost: false,
      services: [{ mode: 'enforce', state: 'primary', missing: [] }],
    });
    expect((await one.stateOf('web')).version).toBe(version);
    expect(one.writes()).toEqual([]);
  });

  test('has its decisions logged every round, and stored on change and once a minute', async () => {
    const { one, process } = await calm();
    await rounds(one, process, 24);
    expect(one.out.journal.filter((j) => j.message === 'cycle')).toHaveLength(27);
    const minutes = one.out.stored.map((r) => Math.floor((r.atMs - T0) / MINUTE));
    expect(minutes.slice(-2)).toEqual([1, 2]);
    const before = one.out.stored.length;
    failOne(one);
    await rounds(one, process, 1);
    expect(one.out.stored).toHaveLength(before + 1);
    expect(one.out.stored.at(-1)).toMatchObject({
      service: 'web',
      body: { service: 'web', decisions: expect.any(Array) },
    });
  });

  test('counts its healthy targets for the alarm on them', async () => {
    const { one, process } = await calm();
    expect(one.out.counts.at(-1)).toEqual({ metric: 'HealthyTargets', value: 2 });
    const before = one.out.counts.length;
    one.twists.push({ call: 'targets.describe', error: portError('Throttled'), times: 2 });
    const [result] = await rounds(one, process, 1);
    expect(one.out.counts).toHaveLength(before);
    expect(result?.services[0]?.missing).toEqual(['primary.targets: throttled', 'secondary.targets: throttled']);
  });
});

test('the changes that AWS accepted are counted in the cycle that made them, and in no other', async () => {
  const { one, process } = await calm();
  failOne(one);
  const results = await rounds(one, process, 3);
  const applied = results.map((r) => r.services[0]?.decisions.filter((d) => d.applied).length ?? 0);
  const counted = one.out.counts.filter(({ metric }) => metric === 'Actions').map(({ value }) => value);
  expect(counted.length).toBeGreaterThan(0);
  expect(counted).toEqual(applied.filter((n) => n > 0));
});

describe('observe mode, hold and freeze close the gate and nothing else', () => {
  const WATCH = change(WEB, { mode: 'observe' });
  test.each<[string, Policy, (one: Lab) => Promise<unknown>, string]>([
    ['observe mode', WATCH, () => Promise.resolve(), 'OBSERVE_MODE'],
    [
      'hold',
      WEB,
      async (one) => one.table.save(change(await one.stateOf('web'), { orders: { hold: { atMs: T0 } } })),
      'HELD',
    ],
    ['freeze', WEB, (one) => one.table.setFrozen(true, T0), 'FROZEN'],
  ])('%s', async (_, policy, close, why) => {
    const open = await calm();
    failAll(open.one);
    const [, expected] = await rounds(open.one, open.process, 2);
    const { one, process } = await calm(policy);
    await close(one);
    failAll(one);
    const [, result] = await rounds(one, process, 2, [policy]);
    const kinds = (r: typeof result) => r?.services[0]?.decisions.map((d) => [d.area, d.reason, d.action?.kind]);
    // The standby was raised where the gate was open: that alone tells the two worlds apart.
    const raise = ['failover', 'RAISE_STANDBY', 'setCapacity'];
    expect(kinds(result)?.filter((k) => k[1] !== 'RAISE_STANDBY')).toEqual(
      kinds(expected)?.filter((k) => k[1] !== 'RAISE_STANDBY'),
    );
    expect(kinds(result)).toContainEqual(raise);
    const acting = result?.services[0]?.decisions.filter((d) => d.action !== null) ?? [];
    expect(acting.map((d) => [d.applied, d.notApplied])).toEqual(acting.map(() => [false, why]));
    expect(one.writes()).toEqual([]);
    expect(open.one.writes()).toEqual(['fleet.setCapacity', 'dns.move']);
    expect((await one.stateOf('web')).pending).toEqual([]);
  });

  test('and observe mode says so in what it tells', async () => {
    const { one, process } = await calm(WATCH);
    failAll(one);
    await rounds(one, process, 2, [WATCH]);
    expect(
      one.out.notices.map((n) => n.message).every((m) => m.startsWith('[observe mode, nothing changed] web: ')),
    ).toBe(true);
    expect(one.out.notices.map((n) => n.subject)).toContain('evenkeel web: TRIP');
  });
});

describe('saving', () => {
  test('who loses the race acts on nothing', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'state.save', before: () => void one.stateOf('web').then((s) => one.table.save(s)) });
    const [result] = await rounds(one, process, 1);
    expect(result?.problems).toMatchObject([{ code: 'LOST_RACE', service: 'web' }]);
    expect(result?.services[0]?.decisions.filter((d) => d.action !== null)).toMatchObject([
      { applied: false, notApplied: 'NOT_SENT' },
    ]);
    expect(one.writes()).toEqual([]);
    expect(one.out.notices).toEqual([]);
  });

  test('who cannot save acts on nothing, and the round does not count', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'state.save', error: portError('Unavailable', 'no table') });
    const [result] = await rounds(one, process, 1);
    expect(result?.problems).toEqual([
      { code: 'NOT_SAVED', message: 'this round did nothing: no table', service: 'web' },
    ]);
    expect(one.writes()).toEqual([]);
    expect(process.memory.rounds.get('web')).toBe(T0 + 10 * SECOND);
  });

  test('what became of the actions may be lost: the next observation tells', async () => {
    const { one, process } = await calm();
    failOne(one);
    await rounds(one, process, 1);
    one.twists.push({ call: 'state.save' }, { call: 'state.save', error: portError('Unavailable'), times: 2 });
    await rounds(one, process, 1);
    expect((await one.stateOf('web')).health.ejected).toEqual({});
    expect(one.out.journal.some((j) => j.message.startsWith('what became of the actions was not saved'))).toBe(true);
    await rounds(one, process, 1);
    expect((await one.stateOf('web')).health.ejected).toHaveProperty('i-1:80');
    expect(one.writes()).toEqual(['targets.deregister', 'fleet.replaceInstance']);
  });

  test('a state that cannot be read at all does nothing', async () => {
    const { one, process } = await calm();
    one.twists.push({ call: 'state.load', error: portError('Throttled', 'slow down') });
    const [result] = await rounds(one, process, 1);
    expect(result).toEqual({
      services: [],
      leaseLost: false,
      problems: [{ code: 'NO_STATE', message: 'the state cannot be read, so this round did nothing: slow down' }],
    });
  });

  test('a bug in the state is not taken for the world', async () => {
    const { one, process } = await calm();
    one.twists.push({ call: 'state.load', error: new TypeError('a bug') });
    await expect(rounds(one, process, 1)).rejects.toThrow('a bug');
  });
});

describe('the trouble of one service', () => {
  const [a, b, c] = services(3) as [Policy, Policy, Policy];
  const troubled = async (twist: Partial<Parameters<Lab['twists']['push']>[0]>) => {
    const one = lab([a, b, c]);
    const process = one.process();
    await rounds(one, process, 2, [a, b, c]);
    one.twists.push({ call: 'targets.describe', when: ([, group]) => group === 's1-targets', ...twist });
    const beganMs = one.clock.nowMs();
    const [result] = await rounds(one, process, 1, [a, b, c]);
    return { one, result, beganMs };
  };

  test('a bug is told, counted, and leaves the others served', async () => {
    const { one, result } = await troubled({ error: new TypeError('a bug') });
    expect(result?.services.map((s) => s.service)).toEqual(['s0', 's2']);
    expect(result?.problems).toEqual([{ code: 'BROKEN_CYCLE', message: 'a bug', service: 's1' }]);
    expect(one.out.counts).toContainEqual({ metric: 'BrokenCycles', value: 1 });
  });

  test('a port that never answers costs its own part only, for 2.5 s', async () => {
    const { result } = await troubled({ hangs: true });
    expect(result?.services.map((s) => [s.service, s.missing])).toEqual([
      ['s0', []],
      ['s1', ['primary.targets: deadline']],
      ['s2', []],
    ]);
  });

  test.each<[string, number, boolean]>([
    ['4 s in the loop, whose next round is due', 3600, true],
    ['12 s where nothing comes after it', 11_600, false],
  ])('a write that never answers is cut after %s, and the others are answered', async (_, afterMs, isInLoop) => {
    const one = lab([a, b, c]);
    const process = one.process();
    await rounds(one, process, 3, [a, b, c]);
    one.out.groups.set('s1-targets', groupIn('unhealthy', 'unhealthy'));
    one.twists.push({ call: 'fleet.setCapacity', hangs: true });
    const startMs = Math.ceil(one.clock.nowMs() / 5000) * 5000;
    await one.clock.run(startMs);
    const { lease } = await one.table.loadController();
    const fence = isInLoop ? lease : null;
    const result = await one.until(runRound(process.ports, process.memory, [a, b, c], fence, startMs));
    expect(one.clock.nowMs() - startMs).toBeLessThan(afterMs + 600);
    expect(result.services.map((s) => s.service)).toEqual(['s0', 's2']);
    expect(result.problems).toEqual([
      { code: 'ROUND_CUT', message: `the round was cut after ${afterMs} ms, before s1 had answered`, service: 's1' },
    ]);
    expect(process.memory.rounds.get('s1')).not.toBe(startMs);
  });

  test('a log that cannot be written keeps nobody', async () => {
    const one = lab();
    const process = one.process();
    one.twists.push({ call: 'state.log', error: portError('Throttled') }, { call: 'state.log', hangs: true });
    expect(reasonsOf((await rounds(one, process, 1))[0])).toHaveLength(3);
    failOne(one);
    expect(reasonsOf((await rounds(one, process, 1))[0])).toHaveLength(3);
    expect(one.out.journal.some((j) => j.message.startsWith('decisions not stored'))).toBe(true);
  });

  test('a state that nobody understands is told, and stops its own service only', async () => {
    const one = lab([a, b]);
    const { ports, memory } = one.process();
    const unreadable = new Map([['s1', 'not JSON']]);
    const load: typeof ports.state.load = async (names) => ({ ...(await one.table.load(names)), unreadable });
    const odd = { ...ports, state: { ...ports.state, load } };
    const result = await one.until(runRound(odd, memory, [a, b], null, T0));
    expect(result.services.map((s) => s.service)).toEqual(['s0']);
    expect(result.problems).toEqual([{ code: 'STATE_UNREADABLE', message: 'not JSON', service: 's1' }]);
    // Nobody reads the answer to the schedule: it stands in the log, and sets off the alarm on services that nobody looks after.
    expect(one.out.journal).toContainEqual(expect.objectContaining({ level: 'error', message: 'not JSON' }));
    expect(one.out.counts).toContainEqual({ metric: 'BrokenCycles', value: 1 });
  });
});

test('a budget that nobody understands is told, and costs replacements and failbacks only', async () => {
  const { one, process } = await calm();
  failOne(one);
  const { load } = process.ports.state;
  const state = {
    ...process.ports.state,
    load: async (names: readonly string[]) => ({ ...(await load(names)), budget: null }),
  };
  const results = await rounds(one, { ...process, ports: { ...process.ports, state } }, 2);
  expect(reasonsOf(results[1])).toContain('failover ON_PRIMARY');
  expect(reasonsOf(results[1])).toContain('health ACCOUNT_BUDGET');
  expect(results[1]?.problems).toMatchObject([{ code: 'BUDGET_UNREADABLE' }]);
  expect(one.out.journal).toContainEqual({
    level: 'error',
    message: expect.stringMatching(/^the account’s budget cannot be understood/),
    fields: { code: 'BUDGET_UNREADABLE' },
  });
  expect(one.out.counts).toContainEqual({ metric: 'BrokenCycles', value: 1 });
});

test('a round under a lease that has become another’s does nothing', async () => {
  const one = lab();
  await one.table.takeLease('successor', T0, T0 + 75_000, false);
  const { ports } = one.process();
  const result = await one.until(runRound(ports, newMemory(), [WEB], { epoch: 0 }, T0));
  expect(result).toEqual({ services: [], problems: [], leaseLost: true });
  expect(one.calls.map((c) => c.call)).toEqual(['state.load']);
});
