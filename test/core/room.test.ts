import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Room } from '../../lib/core/model.ts';
import { cheapestRoom as cheapest, roomAfter } from '../../lib/core/room.ts';
import { MINUTE } from './builders.ts';
import { JUDGE } from './forecast-scene.ts';

const DAY = 1440;

function cheapestRoom(room: Room) {
  const found = cheapest(room);
  if (found === null) throw new Error('another version learnt this room');
  return found;
}

/** What is known after these loads, one a minute. */
function known(loads: readonly number[], before?: Room, judge = JUDGE): Room {
  const fromMs = (before?.atMs ?? 0) + MINUTE;
  const room = loads.reduce<Room | undefined>((so, load, i) => roomAfter(so, load, fromMs + i * MINUTE, judge), before);
  if (room === undefined) throw new Error('needs a load');
  return room;
}

/** So many minutes of a load, which may depend on the minute. */
const minutes = (count: number, load: (minute: number) => number): number[] =>
  Array.from({ length: count }, (_, minute) => load(minute));
const steady = (count: number, load = 10): number[] => minutes(count, () => load);
/** Ten, and forty for ten minutes of each hour, always at another minute. */
const restless = (count: number): number[] =>
  minutes(count, (m) => ((m + 17 * Math.floor(m / 60)) % 60 < 10 ? 40 : 10));

/** The share of a load's minutes in which the room would have been too small, and its servers on average. */
function played(loads: readonly number[], before: Room, judge = JUDGE) {
  let room = before;
  const ordered: number[] = [];
  let over = 0;
  for (const [i, load] of loads.entries()) {
    // Ordered on the datapoint of five minutes ago, at the latest.
    const serving = Math.min(...ordered.slice(-5, -1));
    if (load > Math.ceil(serving)) over += 1;
    room = roomAfter(room, load, before.atMs + (i + 1) * MINUTE, judge);
    ordered.push(cheapestRoom(room).servers);
  }
  return { over: over / loads.length, servers: ordered.reduce((sum, n) => sum + n, 0) / loads.length };
}

describe('room for a load', () => {
  it('is kept for peaks that fade by half in 32 minutes, with servers 84 % busy, until the load has shown what it is like', () => {
    const { way, servers } = cheapestRoom(known([10]));
    expect(way).toEqual({ halfMinutes: 32, full: 0.84 });
    expect(servers).toBeCloseTo(10 / 0.84);
  });

  it('of a steady one is none beyond its target after two days', () => {
    const { way, servers } = cheapestRoom(known(steady(2 * DAY)));
    expect(servers * JUDGE.target).toBeLessThanOrEqual(10 * 1.06);
    expect(way.full).toBeGreaterThanOrEqual(0.76);
  });

  it('of a restless one is kept for peaks that come each hour, if overload is dear', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 50 };
    const { over, servers } = played(restless(DAY), known(restless(3 * DAY), undefined, dear), dear);
    expect(over).toBeLessThan(0.02);
    expect(servers).toBeGreaterThan(30);
  });

  it('is worth what overload costs: the more a minute of it costs, the more is kept', () => {
    const at = (overloadCostMinutes: number) => {
      const judge = { ...JUDGE, overloadCostMinutes };
      return played(restless(DAY), known(restless(3 * DAY), undefined, judge), judge).servers;
    };
    expect(at(1)).toBeLessThan(20);
    expect(at(50)).toBeGreaterThan(35);
  });

  it('is given up within two days of calm', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 50 };
    const before = known(restless(3 * DAY), undefined, dear);
    expect(cheapestRoom(before).servers).toBeGreaterThan(35);
    expect(cheapestRoom(known(steady(2 * DAY), before, dear)).servers).toBeLessThan(16);
  });

  it('of a launch is learnt within a day, however quiet it was before', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 50 };
    const quiet = known(steady(3 * DAY, 0.5), undefined, dear);
    const launched = known(
      restless(DAY).map((load) => 10 * load),
      quiet,
      dear,
    );
    expect(cheapestRoom(launched).servers).toBeGreaterThan(350);
  });

  it('of a load that stays above its target is what brings it below', () => {
    const rising = minutes(3 * DAY, (m) => 10 * 1.04 ** (m % 60));
    const { way } = cheapestRoom(known(rising));
    expect(way.full).toBeLessThan(0.84);
  });

  it('fades by half in as many minutes as its way says, and in as much time over a gap', () => {
    const { peaks } = known([40, ...steady(32, 1)]);
    expect(peaks[3]).toBeCloseTo(20, 3);
    const gap = roomAfter(known([40]), 1, MINUTE + 32 * MINUTE, JUDGE);
    expect(gap.peaks[3]).toBeCloseTo(20, 3);
    expect(gap.peaks[0]).toBe(1);
  });

  it('is not judged by a minute for which nobody knows what would have been ordered', () => {
    const before = known(restless(DAY));
    const gap = roomAfter(before, 400, before.atMs + 11 * MINUTE, JUDGE);
    expect(gap.costs).toEqual(before.costs);
    const short = roomAfter(before, 400, before.atMs + 10 * MINUTE, JUDGE);
    expect(short.costs).not.toEqual(before.costs);
  });

  /** The cost of the way that fades like the `half`th and is so busy, as the list in room.ts has it. */
  const costOf = ({ costs }: Room, half: number, full: number): number =>
    costs[half * 13 + Math.round((full - 0.52) / 0.04)] as number;
  const KEPT = 2 ** (-1 / (3 * DAY));

  it('pays for its servers and for overload, with costs that fade by half in three days', () => {
    // At a target of 80 % a load of ten needs a fleet of 12.5, of which an overloaded minute costs ten.
    const price = 10 * 12.5;
    const begun = known(steady(5));
    expect(costOf(begun, 3, 0.84)).toBe(0);
    expect(costOf(begun, 0, 0.8)).toBeCloseTo(price * (3 * 4 + 0.25));
    expect(costOf(begun, 4, 1)).toBeCloseTo(price * (4 + 4 * 0.25));
    // The first minute that is judged. 12 servers are 83 % busy, a sixth of the way from the target to full.
    const cheapest = 12 + price * (1 / 6) ** 2;
    const judged = known([10], begun);
    expect(costOf(judged, 3, 0.84)).toBe(0);
    expect(costOf(judged, 0, 0.8)).toBeCloseTo(KEPT * price * 12.25 + 13 - cheapest, 1);
    expect(costOf(judged, 4, 1)).toBeCloseTo(KEPT * price * 5 + 10 + price - cheapest, 1);
  });

  it('is judged by the fewest servers from when they could last be ordered until they could last be given back', () => {
    // Whoever forgets at once gives back for the dip at minute 6 (counted from 1) what was needed at minute 8.
    const difference = (loads: readonly number[]): number =>
      costOf(known(loads), 0, 0.8) - KEPT * costOf(known(loads.slice(0, -1)), 0, 0.8);
    const dip = [10, 10, 10, 10, 10, 2];
    const calm = difference([...steady(6), 10, 10]);
    expect(difference([...dip, 10]) - calm).toBeLessThan(1);
    // Overload, and no server paid for less.
    expect(difference([...dip, 10, 10]) - calm).toBeCloseTo(10 * 12.5, -1);
    expect(difference([...dip, 10, 10]) - calm).toBeGreaterThan(120);
    expect(difference([...dip, 10, 10, 10, 10, 10]) - calm).toBeGreaterThan(120);
    expect(difference([...dip, 10, 10, 10, 10, 10, 10]) - calm).toBeLessThan(1);
  });

  it('misses no dip among datapoints of ten seconds', () => {
    const judge = { ...JUDGE, periodMs: 10_000 };
    const cost = (dipAt: number | null): number => {
      const loads = minutes(70, (i) => (i === dipAt ? 2 : 10));
      const room = loads.reduce<Room | undefined>((so, load, i) => roomAfter(so, load, i * 10_000, judge), undefined);
      return costOf(room as Room, 0, 0.8);
    };
    // Overload for as long as a server takes to come back, three minutes at least.
    for (const dipAt of [30, 31, 32, 33, 34, 35]) expect(cost(dipAt) - cost(null)).toBeGreaterThan(3 * 120);
  });

  it('counts datapoints of five minutes that were read while the period went on', () => {
    const judge = { ...JUDGE, periodMs: 5 * MINUTE };
    const step = (loads: readonly number[]): Room =>
      loads.reduce<Room | undefined>((so, load, i) => roomAfter(so, load, i * 5 * MINUTE, judge), undefined) as Room;
    const difference = (dip: number): number =>
      costOf(step([10, 10, 10, dip, 10]), 0, 0.8) - costOf(step([10, 10, 10, dip]), 0, 0.8);
    expect(difference(2) - difference(10)).toBeGreaterThan(4 * 100);
  });

  it('prices overload by the smallest fleet, where that is more than the load needs', () => {
    const begun = known([2], undefined, { ...JUDGE, least: 20 });
    expect(costOf(begun, 0, 0.8)).toBeCloseTo(10 * 20 * (3 * 4 + 0.25));
  });

  it('costs no way more than another while the smallest or the largest fleet is all that there may be', () => {
    for (const [bounds, load] of [
      [{ least: 20 }, 2],
      [{ most: 20 }, 200],
    ] as const) {
      const judge = { ...JUDGE, ...bounds };
      const begun = known(steady(5, load), undefined, judge);
      const later = known(steady(DAY, load), begun, judge);
      for (const [way, cost] of later.costs.entries())
        expect(cost).toBeCloseTo(KEPT ** DAY * (begun.costs[way] as number), -2);
    }
  });

  it('knows no overload in a load that is a whole number of servers, at a target of 100 %', () => {
    const judge = { ...JUDGE, target: 1 };
    expect(known(steady(20, 2 + Number.EPSILON * 2), undefined, judge).costs).toEqual(
      known(steady(20, 2), undefined, judge).costs,
    );
  });

  it('of no load is none', () => {
    expect(cheapestRoom(known(steady(DAY, 0))).servers).toBe(0);
  });

  it('begins anew with another set of ways', () => {
    const old = { ...known(restless(DAY)), costs: [0, 1] };
    expect(cheapest(old)).toBeNull();
    expect(cheapestRoom(roomAfter(old, 10, old.atMs + MINUTE, JUDGE)).way).toEqual({ halfMinutes: 32, full: 0.84 });
  });

  it('takes no more slots for datapoints of ten seconds than for those of a minute or five, and learns from each', () => {
    for (const seconds of [10, 60, 300]) {
      const judge = { ...JUDGE, overloadCostMinutes: 50, periodMs: seconds * 1000 };
      let room: Room | undefined;
      for (let atMs = 0; atMs < 2 * 86_400_000; atMs += seconds * 1000)
        room = roomAfter(room, (atMs / MINUTE) % 60 < 10 ? 40 : 10, atMs, judge);
      expect(room?.slots.length).toBeLessThanOrEqual(8);
      expect(cheapestRoom(room as Room).servers).toBeGreaterThan(20);
    }
  });

  it('is always for a peak that was there, at most twice as large, and never takes more than 1.6 KB', () => {
    const load = fc.double({ min: 0, max: 1e6, noNaN: true });
    const step = fc.tuple(load, fc.constantFrom(MINUTE, MINUTE, MINUTE, 3 * MINUTE, 20 * MINUTE));
    const target = fc.constantFrom(0.1, 0.6, 0.8, 1, 10);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), target, (steps, share) => {
        let room: Room | undefined;
        let [atMs, highest] = [0, 0];
        for (const [value, passedMs] of steps) {
          atMs += passedMs;
          highest = Math.max(highest, value);
          room = roomAfter(room, value, atMs, { ...JUDGE, target: share });
          const { servers } = cheapestRoom(room);
          expect(servers).toBeGreaterThanOrEqual(0.999 * value);
          expect(servers).toBeLessThanOrEqual(2.001 * highest);
          expect(room.costs.every((cost) => Number.isFinite(cost) && cost >= 0)).toBe(true);
          expect(JSON.stringify(room).length).toBeLessThan(1600);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
