/** The decision log has what happened, also when the table or a service was slow to say so. */
import { describe, expect, test } from 'vitest';
import { SECOND } from '../core/builders.ts';
import { lab, portError, services } from './lab.ts';
import { calm, failAll, rounds } from './running.ts';

describe('a record that the table does not take', () => {
  test('is stored with the next round, and once', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'state.log', error: portError('Unavailable') });
    const before = one.out.stored.length;
    await rounds(one, process, 1);
    expect(one.out.stored).toHaveLength(before);
    const [next] = await rounds(one, process, 1);
    const reasons = one.out.stored.slice(before).map((r) => JSON.stringify(r.body));
    expect(reasons).toHaveLength(2);
    expect(reasons[0]).toContain('WATCHING_SITE');
    expect(reasons[1]).toBe(JSON.stringify(next?.services[0]));
    await rounds(one, process, 3);
    expect(new Set(one.out.stored.map((r) => `${r.service} ${r.atMs} ${r.id}`)).size).toBe(one.out.stored.length);
  });

  test('does not grow into a heap: of a day without the table the newest thousand are kept', async () => {
    const policies = services(300);
    const one = lab(policies);
    const process = one.process();
    one.twists.push({ call: 'state.log', times: 5, error: portError('Unavailable') });
    for (let minute = 0; minute < 5; minute += 1) {
      await rounds(one, process, 1, policies);
      await one.clock.run(one.clock.nowMs() + 60 * SECOND);
    }
    expect(process.memory.unlogged).toHaveLength(1000);
    const lastMs = one.clock.nowMs() - 60 * SECOND;
    expect(process.memory.unlogged.filter((r) => r.atMs > lastMs - 10 * SECOND)).toHaveLength(300);
    await rounds(one, process, 1, policies);
    expect(process.memory.unlogged).toEqual([]);
    expect(one.out.stored).toHaveLength(1300);
  });
});

describe('a record that cannot be stored at all', () => {
  test('is told and dropped; the round goes on, and the records of the others are stored', async () => {
    const policies = services(3);
    const one = lab(policies);
    const process = one.process();
    const ofS1 = ([records]: readonly unknown[]): boolean => JSON.stringify(records).includes('"service":"s1"');
    one.twists.push({ call: 'state.log', times: 2, when: ofS1, error: new TypeError('too large') });
    const [first, second] = await rounds(one, process, 2, policies);
    expect(first?.services.map((s) => s.service)).toEqual(['s0', 's1', 's2']);
    expect(second?.services).toHaveLength(3);
    expect(one.out.stored.map((r) => r.service).sort()).toEqual(['s0', 's2']);
    expect(process.memory.unlogged).toEqual([]);
    expect(one.out.counts).toContainEqual(expect.objectContaining({ metric: 'BrokenCycles', value: 1 }));
    expect(one.out.journal).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'a decision of s1 cannot be stored' }),
    );
  });
});

describe('a service whose round was cut', () => {
  test('does not keep the records of the others out of the table, and its own follows', async () => {
    const policies = services(2);
    const one = lab(policies);
    const process = one.process();
    await rounds(one, process, 1, policies);
    one.out.load = 160;
    await one.clock.run(one.clock.nowMs() + 180 * SECOND);
    const before = one.out.stored.length;
    // Read within its time, saved within its time, and together too late.
    const slow = ([about]: readonly unknown[]): boolean => JSON.stringify(about).includes('s1');
    one.twists.push(
      { call: 'fleet.isRefreshing', when: ([, name]) => name === 's1-group', lateMs: 2400 },
      { call: 'state.save', when: slow, lateMs: 1400 },
    );
    const [cut] = await rounds(one, process, 1, policies);
    expect(cut?.problems).toMatchObject([{ code: 'ROUND_CUT', service: 's1' }]);
    expect(one.out.stored.slice(before).map((r) => r.service)).toEqual(['s0']);
    expect(one.out.journal).toContainEqual({
      level: 'warn',
      message: 'the round was cut after 3600 ms, before s1 had answered',
      fields: { service: 's1', code: 'ROUND_CUT' },
    });
    await one.clock.run(one.clock.nowMs() + SECOND);
    await rounds(one, process, 1, policies);
    expect(one.out.stored.slice(before + 1).map((r) => r.service)).toContain('s1');
    expect(process.memory.unlogged).toEqual([]);
  });
});
