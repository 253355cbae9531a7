/** Where a region has more target groups than may be read in a round, its services take turns, and none is forgotten. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { passOver, takeTurns } from '../../lib/controller/turns.ts';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { groupIn, policyOf, T0 } from '../core/builders.ts';
import { lab, services, WEB } from './lab.ts';
import { reasonsOf, rounds, tick } from './running.ts';

const ROUND_MS = 5000;
/** Five of them are the gate's. */
const reads = (left: number) => ({ readsLeft: () => left });
const names = (subjects: readonly { readonly policy: Policy }[]): string[] => subjects.map((s) => s.policy.service);
const quiet = (policy: Policy) => ({ policy, state: initialState(policy.service) });
const failing = (policy: Policy) => {
  const { health, ...rest }: ServiceState = initialState(policy.service);
  return { policy, state: { ...rest, health: { ...health, targets: { 'i-1:80': { failing: 1, passing: 0 } } } } };
};

describe('whose turn it is', () => {
  test('is everybody’s where the reads suffice', () => {
    const subjects = services(35).map(quiet);
    expect(takeTurns(subjects, reads(40), new Map(), T0)).toBe(subjects);
  });

  test('is that of those who have waited longest where they do not', () => {
    const subjects = services(36).map(quiet);
    const looked = new Map<string, number>();
    expect(names(takeTurns(subjects, reads(40), looked, T0))).not.toContain('s35');
    expect(names(takeTurns(subjects, reads(40), looked, T0 + ROUND_MS))[34]).toBe('s35');
  });

  test('is at once that of a service of which a run of rounds is under way', () => {
    const [first, ...others] = services(100);
    const looked = new Map([[first?.service ?? '', T0]]);
    const subjects = [failing(first ?? WEB), ...others.map(quiet)];
    expect(names(takeTurns(subjects, reads(40), looked, T0 + ROUND_MS))).toContain('s0');
  });

  test('comes again in the next round for those whose runs were begun in this one, where all fail at once', () => {
    const subjects = services(100).map(failing);
    const looked = new Map<string, number>();
    const first = names(takeTurns(subjects, reads(40), looked, T0));
    const second = names(takeTurns(subjects, reads(40), looked, T0 + ROUND_MS));
    expect(first).toHaveLength(35);
    expect(second.filter((name) => first.includes(name))).toHaveLength(26);
    expect(second).toHaveLength(35);
  });

  test('comes to a service with both sites in one region even where hardly a read is left', () => {
    const both = policyOf({ failover: { secondary: { region: WEB.region } } });
    expect(takeTurns([quiet(both), quiet(WEB)], reads(0), new Map([['web', T0]]), T0)).toHaveLength(1);
  });

  test('is nobody’s to wait for who reads no target group', () => {
    const { health: _, failover: __, ...fleetOnly } = policyOf({ service: 'fleet-only' });
    const subjects = [...services(100).map(quiet), quiet(fleetOnly)];
    expect(names(takeTurns(subjects, reads(40), new Map(), T0))).toContain('fleet-only');
  });

  test('never asks a region for more than it may, and always comes within as many rounds as a quarter of the reads needs', () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 120 }),
      left: fc.integer({ min: 9, max: 60 }),
      busy: fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }),
    });
    fc.assert(
      fc.property(cases, ({ count, left, busy }) => {
        const subjects = services(count).map((policy, n) => (busy[n] === true ? failing(policy) : quiet(policy)));
        const looked = new Map<string, number>();
        const seen = new Set<string>();
        const most = Math.ceil(count / Math.max(1, Math.floor((left - 5) / 4)));
        for (let n = 0; n < most; n += 1) {
          const turn = names(takeTurns(subjects, reads(left), looked, T0 + n * ROUND_MS));
          expect(turn.length).toBeLessThanOrEqual(left - 5);
          for (const name of turn) seen.add(name);
        }
        expect(seen.size).toBe(count);
      }),
    );
  });
});

describe('a round in which a service has no turn', () => {
  const [a = WEB, b = WEB] = services(2);
  const [having, waiting] = [quiet(a), quiet(b)];
  const taken = (rounds: [string, number][]) => ({ rounds: new Map(rounds), waiting: new Set<string>() });

  test('is a round of it: what it looked like before and what it looks like next are consecutive', () => {
    const known = taken([['s1', T0]]);
    passOver(known, [having, waiting], [having], T0 + ROUND_MS);
    expect(known).toEqual({ rounds: new Map([['s1', T0 + ROUND_MS]]), waiting: new Set(['s1']) });
    passOver(known, [having, waiting], [having, waiting], T0 + 2 * ROUND_MS);
    expect(known.waiting.size).toBe(0);
  });

  test.each([
    ['had no round for longer than a gap', [['s1', T0 - 2 * ROUND_MS]] as [string, number][]],
    ['had none at all', []],
  ])('is none for one that %s', (_, before) => {
    const known = taken(before);
    passOver(known, [having, waiting], [having], T0 + ROUND_MS);
    expect(known.rounds).toEqual(new Map(before));
  });

  test('is entered into what the lease knows, and into nothing else', async () => {
    const policies = services(4);
    const one = lab(policies);
    const process = one.process();
    const [first] = await rounds(one, process, 1, policies);
    expect(first?.services).toHaveLength(4);
    // Two services a round.
    one.out.readsLeft = 0;
    const [second] = await rounds(one, process, 1, policies);
    expect(second?.services).toHaveLength(2);
    expect(second?.problems).toEqual([]);
    const marks = [...process.memory.rounds.values()];
    expect(marks).toHaveLength(4);
    expect(new Set(marks).size).toBe(1);
  });

  test.each([
    ['four rounds apart, when it waited for its turn between them', true, 'health EJECT'],
    ['four rounds apart, when nobody looked after it between them', false, 'health WATCHING'],
  ])('of two failing looks %s, the second is no more than it is', async (_, waited, reason) => {
    const policies = services(1);
    const one = lab(policies);
    const process = one.process();
    await rounds(one, process, 2, policies);
    one.out.groups.set('s0-targets', groupIn('healthy', 'unhealthy'));
    const [seen] = await rounds(one, process, 1, policies);
    expect(reasonsOf(seen, 's0')).toContain('health WATCHING');
    for (let n = 0; n < 3; n += 1) {
      const markMs = Math.ceil(one.clock.nowMs() / ROUND_MS) * ROUND_MS;
      if (waited) passOver(process.memory, policies.map(quiet), [], markMs);
      await one.clock.run(markMs + 4000);
    }
    const [later] = await rounds(one, process, 1, policies);
    expect(reasonsOf(later, 's0')).toContain(reason);
  });
});

describe('a service with long intervals that had no turn at its mark', () => {
  test('has one 5 s later, not at its next mark', async () => {
    const policies = services(4, {
      health: { ...policyOf().health, check: { ...policyOf().health?.check, intervalSeconds: 30 } } as never,
    });
    const one = lab(policies);
    const began: number[] = [];
    // Two services a round.
    one.out.readsLeft = 0;
    const { done } = tick(one, 'schedule', { policies });
    await one.clock.run(one.clock.nowMs() + 75_000);
    const { services: seen } = await one.until(done, 30_000);
    for (const call of one.calls) if (call.call === 'targets.describe') began.push(call.atMs % 30_000);
    expect(seen).toHaveLength(4);
    expect([...new Set(began.map((ms) => Math.floor(ms / 5000)))].sort()).toEqual([0, 1]);
  });
});
