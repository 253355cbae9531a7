/** What a round reads: everything once, and what changes slowly only when it is due. */
import { describe, expect, test } from 'vitest';
import { runRound } from '../../lib/controller/cycle.ts';
import { look } from '../../lib/controller/look.ts';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import { change, dnsOf, groupIn, MINUTE, policyOf, SECOND, T0 } from '../core/builders.ts';
import { type Lab, lab, type Process, portError, SEOUL, services, WEB } from './lab.ts';
import { calm, failAll, rounds } from './running.ts';

/** The calls of the rounds that this process runs, by name. */
async function callsOf(one: Lab, process: Process, count: number, policies: readonly Policy[]) {
  const from = one.calls.length;
  await rounds(one, process, count, policies);
  const found: Record<string, number> = {};
  for (const { call } of one.calls.slice(from)) found[call] = (found[call] ?? 0) + 1;
  return found;
}

describe('the calls of a round', () => {
  test.each([1, 10, 100])('for %i services are the fewest that AWS allows', async (count) => {
    const policies = services(count);
    const one = lab(policies);
    const process = one.process();
    // The first rounds of a process read everything, ten records at a time; what is slow is due again at 60 s.
    await rounds(one, process, 11, policies);
    const { 'metrics.read': metrics, ...quiet } = await callsOf(one, process, 1, policies);
    expect(quiet).toEqual({ 'state.load': 1, 'fleet.describe': 2, 'targets.describe': 2 * count });
    expect(metrics).toBe(1);
  });

  test.each([1, 10, 100])('for %i services over a minute', async (count) => {
    const policies = services(count);
    const one = lab(policies);
    const process = one.process();
    await rounds(one, process, 24, policies);
    const minute = await callsOf(one, process, 12, policies);
    expect(minute).toMatchObject({
      'state.load': 12,
      'fleet.describe': 24,
      'targets.describe': 24 * count,
      'state.log': expect.any(Number),
    });
    expect(minute['fleet.isRefreshing']).toBeLessThanOrEqual(count);
    expect(minute['fleet.otherScalers']).toBeLessThanOrEqual(1);
    expect(minute['dns.read']).toBeLessThanOrEqual(count);
    expect(minute['metrics.read']).toBeLessThanOrEqual(4);
  });

  test('of two services that share a target group read it once', async () => {
    const both = [policyOf({ scaling: undefined }), policyOf({ service: 'twin', scaling: undefined })];
    const one = lab(both);
    const first = await callsOf(one, one.process(), 1, both);
    expect(first).toMatchObject({ 'targets.describe': 2, 'fleet.describe': 2 });
  });
});

describe('metrics', () => {
  test('are read only while a datapoint is due and absent', async () => {
    const { one, process } = await calm();
    await rounds(one, process, 24);
    const from = one.clock.nowMs();
    await rounds(one, process, 12);
    const reads = one.calls.filter((c) => c.call === 'metrics.read' && c.atMs >= from);
    expect(reads.length).toBeGreaterThanOrEqual(1);
    expect(reads.length).toBeLessThanOrEqual(4);
  });

  test('that a region refuses as a whole are read service by service', async () => {
    const policies = services(3);
    const one = lab(policies);
    const isBatch = (args: readonly unknown[]): boolean => (args[1] as unknown[]).length > 1;
    const isBroken = (args: readonly unknown[]): boolean => JSON.stringify(args[1]).includes('s1#');
    one.twists.push({ call: 'metrics.read', when: isBatch, error: new TypeError('invalid metric'), times: 99 });
    one.twists.push({ call: 'metrics.read', when: isBroken, error: new TypeError('invalid metric'), times: 99 });
    const [result] = await rounds(one, one.process(), 1, policies);
    expect(result?.services.map((s) => s.service)).toEqual(['s0', 's2']);
    expect(result?.problems).toMatchObject([{ code: 'BROKEN_CYCLE', service: 's1' }]);
  });

  test('of services whose batch comes too late are missing', async () => {
    const { one, process } = await calm();
    one.twists.push({ call: 'metrics.read', hangs: true });
    await one.clock.run(T0 + 3 * MINUTE);
    const [result] = await rounds(one, process, 1);
    expect(result?.services[0]?.missing).toEqual(['signal cpu: deadline']);
  });
});

describe('the record', () => {
  const read = (one: Lab): number[] =>
    one.calls.filter((c) => c.call === 'dns.read').map((c) => Math.floor((c.atMs - T0) / SECOND));

  test('is read once a minute', async () => {
    const { one, process } = await calm();
    await rounds(one, process, 30);
    expect(read(one)).toEqual([0, 60, 120]);
  });

  test('is read before a move, and after it until the move is seen', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'dns.changeStatus', error: portError('Throttled'), times: 9 });
    await rounds(one, process, 6);
    // At 20 s the gate reads it, at 25 s the cycle does.
    expect(read(one)).toEqual([0, 20, 25]);
  });

  test('is read by the gate alone while moves of it are throttled: more would cost the very requests that are short', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.twists.push({ call: 'dns.move', error: portError('Throttled'), times: 3 });
    const results = await rounds(one, process, 5);
    expect(results.map((r) => r.services[0]?.decisions[0]?.notApplied)).toEqual([
      undefined,
      ...Array.from({ length: 3 }, () => 'THROTTLED: Throttled on purpose'),
      undefined,
    ]);
    expect(one.count('dns.move')).toBe(4);
    expect(read(one)).toEqual([0, 20, 25, 30, 35]);
  });

  test('is read again at once when a move found it changed', async () => {
    const { one, process } = await calm();
    failAll(one);
    one.out.records.set('www.example.com', dnsOf(50, 50));
    const results = await rounds(one, process, 3);
    const said = results.map((r) => r.services[0]?.decisions[0]);
    expect(said.map((d) => [d?.reason, d?.notApplied])).toEqual([
      ['WATCHING_SITE', undefined],
      ['TRIP', 'PRECONDITION: the record sets have changed'],
      ['FOREIGN_DNS', undefined],
    ]);
    await rounds(one, process, 2);
    expect(read(one)).toEqual([0, 20, 25]);
    expect(one.count('dns.move')).toBe(0);
  });

  test('is read for an order by hand, and for a release', async () => {
    const { one, process } = await calm();
    const order = async (orders: ServiceState['orders']): Promise<unknown> =>
      one.table.save({ ...(await one.stateOf('web')), orders });
    await order({ adoptDns: true });
    await rounds(one, process, 1);
    await order({ move: { to: 'secondary', atMs: one.clock.nowMs() } });
    await rounds(one, process, 1);
    expect(read(one).slice(0, 3)).toEqual([0, 15, 20]);
  });

  test('of a hundred services is read for ten of them in a round, those in doubt first, the oldest first', async () => {
    const policies = services(30);
    const one = lab(policies);
    const process = one.process();
    one.out.groups.set('s29-targets', groupIn('unhealthy', 'unhealthy'));
    const names = (fromMs: number): unknown[] =>
      one.calls.filter((c) => c.call === 'dns.read' && c.atMs >= fromMs).map((c) => c.args[1]);
    await rounds(one, process, 1, policies);
    expect(names(0)).toEqual(policies.slice(0, 10).map((p) => p.failover?.record.name));
    const secondMs = one.clock.nowMs();
    await rounds(one, process, 1, policies);
    expect(names(secondMs)).toContain('s29.example.com');
    // The tenth and one more: the gate reads the record that is to move.
    expect(names(secondMs)).toHaveLength(11);
    await rounds(one, process, 2, policies);
    expect(new Set(names(0)).size).toBe(30);
  });

  test('changes of many services are asked about five at a time, and every one in its turn', async () => {
    const policies = services(12);
    const one = lab(policies);
    const process = one.process();
    await rounds(one, process, 4, policies);
    for (const { service } of policies) {
      const state = (await one.table.load([service])).states.get(service) as ServiceState;
      one.out.changes.set(`C-${service}`, 'PENDING');
      const failover = { ...state.failover, phase: 'failingOver' as const, change: { id: `C-${service}`, atMs: T0 } };
      await one.table.save({ ...state, failover });
    }
    const asked = await callsOf(one, process, 1, policies);
    expect(asked['dns.changeStatus']).toBe(5);
    await rounds(one, process, 2, policies);
    expect(new Set(one.calls.filter((c) => c.call === 'dns.changeStatus').map((c) => c.args[0])).size).toBe(12);
  });
});

describe('a probe', () => {
  test('is made once a minute of each site, and in each round of one that was missing in the round before', async () => {
    const { one, process } = await calm();
    one.twists.push({
      call: 'targets.describe',
      when: ([region]) => region === SEOUL,
      error: portError('Unavailable'),
      times: 3,
    });
    const results = await rounds(one, process, 5);
    expect(
      one.calls.filter((c) => c.call === 'probe').map((c) => [c.args[0], Math.floor((c.atMs - T0) / SECOND)]),
    ).toEqual([
      ['https://seoul.example.com/health', 0],
      ['https://tokyo.example.com/health', 0],
      ['https://seoul.example.com/health', 20],
      ['https://seoul.example.com/health', 25],
      ['https://seoul.example.com/health', 30],
    ]);
    expect(results[0]?.services[0]?.missing).toEqual(['primary.targets: unavailable']);
  });

  test('waits for no minute where an edit of the policy has it ask something else, for nothing is known of that', async () => {
    const { one, process } = await calm();
    const other = 'https://other.example.com/health';
    const edited = change(WEB, { failover: { primary: { probe: other } } });
    await rounds(one, process, 3, [edited]);
    expect(
      one.calls.filter((c) => c.call === 'probe').map((c) => [c.args[0], Math.floor((c.atMs - T0) / SECOND)]),
    ).toEqual([
      ['https://seoul.example.com/health', 0],
      ['https://tokyo.example.com/health', 0],
      [other, 20],
    ]);
    expect((await one.stateOf('web')).failover.primary.probe).toEqual({ proved: true, failingSinceMs: null });
  });

  test('is made of forty sites in a round, who waits longest first: all at once would time each other out', async () => {
    const many = services(30);
    const one = lab(many);
    const process = one.process();
    await rounds(one, process, 3, many);
    const asked = one.calls.filter((c) => c.call === 'probe').map((c) => Math.floor((c.atMs - T0) / SECOND));
    expect([0, 5, 10].map((second) => asked.filter((at) => at === second).length)).toEqual([40, 20, 0]);
  });

  test('is waited for by no alarm, no order and no look while the site can be read', async () => {
    const { one } = await calm();
    const before = one.count('probe');
    const { ports, memory } = one.process();
    await one.until(runRound(ports, memory, [WEB], null, one.clock.nowMs()));
    await one.until(look(ports, [WEB]), 10_000);
    expect(one.count('probe')).toBe(before);
  });

  test('is made in every round where one missing round is enough to judge by it', async () => {
    const eager = change(WEB, { failover: { trip: { missingRounds: 1 } } });
    const { one } = await calm(eager);
    expect(one.count('probe')).toBe(6);
  });
});

describe('slow readings', () => {
  test('that fail leave the old one, whose age tells the rest', async () => {
    const { one, process } = await calm();
    one.twists.push({ call: 'fleet.isRefreshing', error: portError('Denied'), times: 99 });
    one.twists.push({ call: 'fleet.otherScalers', error: portError('Throttled'), times: 99 });
    const results = await rounds(one, process, 30);
    expect(results.flatMap((r) => r.services[0]?.missing)).toEqual([]);
    expect(one.count('fleet.isRefreshing')).toBeGreaterThan(10);
  });

  test('that never succeeded are missing', async () => {
    const one = lab();
    one.twists.push(
      { call: 'fleet.isRefreshing', error: portError('Denied') },
      { call: 'fleet.otherScalers', error: portError('Conflict') },
      { call: 'dns.read', error: portError('NotFound') },
    );
    const [result] = await rounds(one, one.process(), 1);
    expect(result?.services[0]?.missing).toEqual(['refresh: denied', 'scalers: conflict', 'dns: not-found']);
  });

  test('of scalers are missing for the reason for which their groups cannot be read', async () => {
    const one = lab();
    one.twists.push({ call: 'fleet.describe', when: ([region]) => region === SEOUL, error: portError('Throttled') });
    const [result] = await rounds(one, one.process(), 1);
    expect(result?.services[0]?.missing).toEqual(['primary.fleet: throttled', 'scalers: throttled']);
    expect(one.count('fleet.otherScalers')).toBe(0);
  });

  test('a group that does not exist is missing by name, and its other scalers are not asked for', async () => {
    const one = lab();
    one.out.fleets.delete('exercise-group');
    const [result] = await rounds(one, one.process(), 1);
    expect(result?.services[0]?.missing).toEqual(['primary.fleet: not-found', 'scalers: not-found']);
    expect(one.calls.find((c) => c.call === 'fleet.otherScalers')?.args[1]).toEqual([]);
  });
});

test('a service without failover reads its own targets and nothing of a standby', async () => {
  const alone = policyOf({ failover: undefined });
  const one = lab([alone]);
  const first = await callsOf(one, one.process(), 1, [alone]);
  expect(first).toEqual({
    'state.load': 1,
    'fleet.describe': 1,
    'targets.describe': 1,
    'metrics.read': 1,
    'fleet.isRefreshing': 1,
    'fleet.otherScalers': 1,
    'state.save': 1,
    'state.log': 1,
  });
});
