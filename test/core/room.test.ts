import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Room } from '../../lib/core/model.ts';
import { roomAfter, wantedRoom } from '../../lib/core/room.ts';
import { asked, WAYS, wordsOf } from '../../lib/core/room-ways.ts';
import { MINUTE } from './builders.ts';
import { JUDGE } from './forecast-scene.ts';

const DAY = 1440;

function wanted(room: Room) {
  const found = wantedRoom(room);
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
    ordered.push(wanted(room).servers);
  }
  return { over: over / loads.length, servers: ordered.reduce((sum, n) => sum + n, 0) / loads.length };
}

describe('room for a load', () => {
  it('is what all ways ask for on average, until the load has shown what it is like', () => {
    const all = asked(known([10]).peaks, 10);
    expect(wanted(known([10])).servers).toBeCloseTo(all.reduce((sum, one) => sum + one, 0) / all.length, 4);
    expect(wanted(known([10])).servers).toBeCloseTo(13.9);
  });

  it('is told by the way that was cheapest, once any was judged', () => {
    expect(wanted(known([10])).cheapest).toBeNull();
    expect(wanted(known(steady(20))).cheapest).toEqual(WAYS[known(steady(20)).costs.indexOf(0)]);
    const words = WAYS.map(wordsOf);
    expect(new Set(words).size).toBe(WAYS.length);
    expect(words).toContain('the newest minute');
    expect(words).toContain('the highest of 6 min and 24 %');
    expect(words).toContain('the highest of 11 min if it rises on and 12 % of the mean');
    expect(words).toContain('a peak that fades by half in 32 min and 8 %');
  });

  it('of a steady one is none beyond its target after two days', () => {
    const { cheapest, servers } = wanted(known(steady(2 * DAY)));
    expect(servers * JUDGE.target).toBeLessThanOrEqual(10 * 1.06);
    expect(cheapest?.margin.share).toBeLessThan(0.3);
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
    expect(wanted(before).servers).toBeGreaterThan(35);
    expect(wanted(known(steady(2 * DAY), before, dear)).servers).toBeLessThan(17);
  });

  it('of a launch is learnt within a day, however quiet it was before', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 50 };
    const quiet = known(steady(3 * DAY, 0.5), undefined, dear);
    const launched = known(
      restless(DAY).map((load) => 10 * load),
      quiet,
      dear,
    );
    expect(wanted(launched).servers).toBeGreaterThan(350);
  });

  it('of one that rises now and then for half an hour looks ahead', () => {
    const load = (m: number): number => (m % 720 < 600 ? 10 : 10 * 1.05 ** Math.min(30, (m % 720) - 600));
    expect(wanted(known(minutes(3 * DAY, load))).cheapest?.peak.kind).toBe('rising');
  });

  it('of one with bursts as large by night as by day is a share of its mean, not of its peak', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 50 };
    const load = (m: number): number => 30 + 20 * Math.sin(m / 230) + ((7919 * m) % 420 < 3 ? 12 : 0);
    expect(wanted(known(minutes(6 * DAY, load), undefined, dear)).cheapest?.margin.of).toBe('mean');
  });

  const peakOf = ({ peaks }: Room, kind: string, minutes: number): number => {
    const kinds = WAYS.filter(({ margin }) => margin.of === 'peak' && margin.share === 0).map(({ peak }) => peak);
    return peaks[kinds.findIndex((peak) => peak.kind === kind && peak.minutes === minutes)] as number;
  };

  it('remembers a peak as many minutes as its window has', () => {
    const left = (count: number) => peakOf(known([40, ...steady(count, 1)]), 'window', 6);
    expect([left(5), left(6)]).toEqual([40, 1]);
    const gap = (count: number) => peakOf(roomAfter(known([40]), 1, MINUTE + count * MINUTE, JUDGE), 'window', 6);
    expect([gap(5), gap(6), gap(600)]).toEqual([40, 1, 1]);
  });

  it('looks a rise ahead as far as an order takes to serve, no further than to twice the load', () => {
    // Two more each minute; a server serves five minutes after the period began that asked for it.
    const rising = known(minutes(20, (m) => 40 + 2 * m));
    expect(peakOf(rising, 'rising', 3)).toBe(78 + 2 * 5);
    expect(peakOf(known([...steady(20), 40]), 'rising', 3)).toBe(40 + 30);
    expect(peakOf(known([...steady(20, 0), 40]), 'rising', 3)).toBe(80);
    expect(peakOf(known(minutes(20, (m) => 40 - m)), 'rising', 3)).toBe(23);
  });

  it('fades by half in as many minutes as its way says, and in as much time over a gap', () => {
    expect(peakOf(known([40, ...steady(32, 1)]), 'fading', 32)).toBeCloseTo(20, 2);
    const gap = roomAfter(known([40]), 1, MINUTE + 32 * MINUTE, JUDGE);
    expect(peakOf(gap, 'fading', 32)).toBeCloseTo(20, 2);
    expect(peakOf(gap, 'window', 1)).toBe(1);
  });

  it('is not judged by a minute for which nobody knows what would have been ordered', () => {
    const before = known(restless(DAY));
    const gap = roomAfter(before, 400, before.atMs + 11 * MINUTE, JUDGE);
    expect(gap.costs).toEqual(before.costs);
    const short = roomAfter(before, 400, before.atMs + 10 * MINUTE, JUDGE);
    expect(short.costs).not.toEqual(before.costs);
  });

  /** The cost of the way by the highest of so many minutes, with such a share of it kept beyond. */
  const costOf = ({ costs }: Room, minutes: number, share: number): number => {
    const way = WAYS.findIndex(
      ({ peak, margin }) =>
        peak.kind === 'window' && peak.minutes === minutes && margin.of === 'peak' && margin.share === share,
    );
    return costs[way] as number;
  };
  const KEPT = 2 ** (-1 / (3 * DAY));

  it('pays for its servers and for overload, with costs that fade by half in three days', () => {
    // At a target of 80 % a load of ten needs a fleet of 12.5, of which an overloaded minute costs ten.
    const price = 10 * 12.5;
    const begun = known(steady(5));
    expect(new Set(begun.costs)).toEqual(new Set([0]));
    // The first minute that is judged. 13 servers are less busy than the target; ten, ten of ten.
    const judged = known([10], begun);
    expect(costOf(judged, 6, 0.24)).toBe(0);
    expect(costOf(judged, 6, 0.46)).toBe(15 - 13);
    expect(costOf(judged, 6, 0)).toBe(10 + price - 13);
    // 12 are 83 % busy, a sixth of the way from the target to full.
    expect(costOf(judged, 6, 0.16)).toBeCloseTo(12 + price * (1 / 6) ** 2 - 13, 3);
    expect(costOf(known([10], judged), 6, 0)).toBeCloseTo((1 + KEPT) * (10 + price - 13), 2);
  });

  it('counts a way for 1/e that cost five minutes of overload more', () => {
    const room = known(steady(DAY));
    const price = 10 * 12.5;
    const servers = asked(room.peaks, room.mean);
    const weights = room.costs.map((cost) => Math.exp(-cost / (5 * price)));
    const all = weights.reduce((sum, one) => sum + one, 0);
    const mean = weights.reduce((sum, one, way) => sum + one * (servers[way] as number), 0) / all;
    expect(wanted(room).servers).toBeCloseTo(mean, 3);
  });

  it('is judged by the fewest servers from when they could last be ordered until they could last be given back', () => {
    // Whoever forgets at once gives back for the dip at minute 6 (counted from 1) what was needed at minute 8.
    const difference = (loads: readonly number[]): number =>
      costOf(known(loads), 1, 0.24) - KEPT * costOf(known(loads.slice(0, -1)), 1, 0.24);
    const dip = [10, 10, 10, 10, 10, 2];
    const calm = difference([...steady(6), 10, 10]);
    expect(difference([...dip, 10]) - calm).toBeLessThan(1);
    // A minute of overload costs 125; the way that is cheapest then pays for some servers more than the cheapest in calm.
    for (const more of [2, 3, 4, 5]) {
      const cost = difference([...dip, ...steady(more)]) - calm;
      expect([cost > 105, cost < 130]).toEqual([true, true]);
    }
    expect(difference([...dip, 10, 10, 10, 10, 10, 10]) - calm).toBeLessThan(1);
  });

  it('misses no dip of a minute among datapoints of ten seconds', () => {
    const judge = { ...JUDGE, periodMs: 10_000 };
    const cost = (dipMinute: number | null): number => {
      const loads = minutes(90, (i) => (Math.floor(i / 6) === dipMinute ? 2 : 10));
      const room = loads.reduce<Room | undefined>((so, load, i) => roomAfter(so, load, i * 10_000, judge), undefined);
      return costOf(room as Room, 1, 0.24);
    };
    // Overload for as long as a server takes to come back, three minutes at least.
    for (const dip of [6, 7, 8]) expect(cost(dip) - cost(null)).toBeGreaterThan(3 * 105);
  });

  it('counts datapoints of five minutes that were read while the period went on', () => {
    const judge = { ...JUDGE, periodMs: 5 * MINUTE };
    const step = (loads: readonly number[]): Room =>
      loads.reduce<Room | undefined>((so, load, i) => roomAfter(so, load, i * 5 * MINUTE, judge), undefined) as Room;
    const difference = (dip: number): number =>
      costOf(step([10, 10, 10, dip, 10]), 1, 0.24) - costOf(step([10, 10, 10, dip]), 1, 0.24);
    expect(difference(2) - difference(10)).toBeGreaterThan(4 * 100);
  });

  it('prices overload by the smallest fleet, where that is more than the load needs', () => {
    // Twenty servers for a load that needs 19 / 0.8 of them: they are 95 % busy, three quarters of the way to full.
    const judge = { ...JUDGE, least: 20, target: 0.8 };
    const begun = known([...steady(10, 2), ...steady(6, 15)], undefined, judge);
    const busy = known([19], begun, judge);
    const alone =
      costOf(busy, 1, 0) - KEPT * costOf(begun, 1, 0) - (costOf(busy, 1, 0.6) - KEPT * costOf(begun, 1, 0.6));
    expect(alone).toBeCloseTo(10 * 20 * 0.75 ** 2 + 20 - Math.ceil(1.6 * 19), 0);
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
    expect(wanted(known(steady(DAY, 0))).servers).toBe(0);
  });

  it('begins anew with another set of ways', () => {
    const old = { ...known(restless(DAY)), costs: [0, 1] };
    expect(wantedRoom(old)).toBeNull();
    expect(wanted(roomAfter(old, 10, old.atMs + MINUTE, JUDGE)).servers).toBeCloseTo(13.9);
  });

  it('takes no more slots for datapoints of ten seconds than for those of a minute or five, and learns from each', () => {
    for (const seconds of [10, 60, 300]) {
      const judge = { ...JUDGE, overloadCostMinutes: 50, periodMs: seconds * 1000 };
      let room: Room | undefined;
      for (let atMs = 0; atMs < 2 * 86_400_000; atMs += seconds * 1000)
        room = roomAfter(room, (atMs / MINUTE) % 60 < 10 ? 40 : 10, atMs, judge);
      expect(room?.slots.length).toBeLessThanOrEqual(8);
      expect(wanted(room as Room).servers).toBeGreaterThan(20);
    }
  });

  it('is always for a peak that was there, at most twice as large as it may rise to, and never takes more than 2.5 KB', () => {
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
          const { servers } = wanted(room);
          expect(servers).toBeGreaterThanOrEqual(0.999 * value);
          expect(servers).toBeLessThanOrEqual(2.001 * 2 * highest);
          expect(room.costs.every((cost) => Number.isFinite(cost) && cost >= 0)).toBe(true);
          expect(JSON.stringify(room).length).toBeLessThan(2500);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
