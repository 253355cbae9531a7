/** Which peaks the ways go by, and what each is made to pay. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Room } from '../../lib/core/model.ts';
import { roomAfter } from '../../lib/core/room.ts';
import { asked } from '../../lib/core/room-ways.ts';
import { MINUTE } from './builders.ts';
import { JUDGE } from './forecast-scene.ts';
import { costOf, DAY, KEPT, known, minutes, peakOf, restless, steady, wanted } from './room-scene.ts';

/** The mean of what the ways ask for: one that cost fifty minutes of the fleet more counts for 1/e. */
function weighted(servers: readonly number[], costs: readonly number[], fleet: number): number {
  const weights = costs.map((cost) => Math.exp(-cost / (50 * fleet)));
  const all = weights.reduce((sum, one) => sum + one, 0);
  return weights.reduce((sum, one, way) => sum + one * (servers[way] as number), 0) / all;
}

describe('a way to keep room', () => {
  it('remembers a peak as many minutes as its window has', () => {
    const left = (count: number) => peakOf(known([40, ...steady(count, 1)]), 'window', 6);
    expect([left(5), left(6)]).toEqual([40, 1]);
    const gap = (count: number) => peakOf(roomAfter(known([40]), 1, MINUTE + count * MINUTE, JUDGE), 'window', 6);
    expect([gap(5), gap(6), gap(600)]).toEqual([40, 1, 1]);
  });

  it('expects the largest rise lately again, of as many minutes as an order takes to serve, and no more than twice the load', () => {
    // From 10 to 15 within the five minutes that a server takes from the beginning of the period that asked for it.
    const risen = [...steady(20), 10, 12, 13, 14, 15];
    expect(peakOf(known(risen), 'repeating', 10)).toBeCloseTo(15 * 1.5, 3);
    expect(peakOf(known([...risen, 15, 15, 15]), 'repeating', 10)).toBeCloseTo(15 * 1.5 ** (2 ** -0.3), 3);
    expect(peakOf(known([...steady(20), 40]), 'repeating', 10)).toBe(80);
    expect(peakOf(known([...steady(20, 0), 40]), 'repeating', 10)).toBe(80);
    expect(peakOf(known(minutes(20, (m) => 40 - m)), 'repeating', 10)).toBe(21);
  });

  it('takes no datapoint that was low alone, as one is that was half there, for what the load rose from', () => {
    expect(peakOf(known([...steady(20), 1, 10]), 'repeating', 10)).toBe(10);
    expect(peakOf(known([...steady(20), 1, 10, 10]), 'repeating', 10)).toBe(10);
    expect(peakOf(known([...steady(20), 5, 5, 10]), 'repeating', 10)).toBe(20);
  });

  it('expects a rise again of whatever the load is then, half of it after as many minutes as its way says', () => {
    const fallen = [...steady(20), 15, ...steady(30)];
    expect(peakOf(known(fallen), 'repeating', 30)).toBeCloseTo(10 * Math.sqrt(1.5), 2);
    expect(peakOf(known(fallen), 'repeating', 10)).toBeCloseTo(10 * 1.5 ** (1 / 8), 2);
    const gap = roomAfter(known([...steady(20), 15]), 10, 51 * MINUTE, JUDGE);
    expect(peakOf(gap, 'repeating', 30)).toBeCloseTo(10 * Math.sqrt(1.5), 2);
  });

  it('knows a rise from datapoints of two, three or four minutes as well, and over one that is missing', () => {
    for (const period of [2, 3, 4]) {
      const judge = { ...JUDGE, periodMs: period * MINUTE };
      let room: Room | undefined;
      for (const [i, load] of [10, 10, 10, 15].entries()) room = roomAfter(room, load, i * period * MINUTE, judge);
      expect(peakOf(room as Room, 'repeating', 10)).toBeCloseTo(15 * 1.5, 3);
    }
    const gone = roomAfter(known(steady(20)), 15, 23 * MINUTE, JUDGE);
    expect(peakOf(gone, 'repeating', 10)).toBeCloseTo(15 * 1.5, 3);
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

  it('pays for its servers and for overload, with costs that fade by half in three days', () => {
    // At a target of 80 % a load of ten needs a fleet of 12.5, of which an overloaded minute costs ten.
    const price = 10 * 12.5;
    const begun = known(steady(5));
    expect(new Set(begun.costs)).toEqual(new Set([0]));
    // The first minute that is judged. 12 servers are 83 % busy, which harms nobody; ten, ten of ten.
    const judged = known([10], begun);
    expect(costOf(judged, 6, 0.16)).toBe(12 - 12);
    expect(costOf(judged, 6, 0.46)).toBe(15 - 12);
    expect(costOf(judged, 6, 0)).toBe(10 + price - 12);
    // 11 are 91 % busy, and harm begins at 90 %, half-way from the target to full.
    expect(costOf(judged, 6, 0.08)).toBeCloseTo(11 + price * ((10 / 11 - 0.9) / 0.1) ** 2 - 12, 3);
    expect(costOf(known([10], judged), 6, 0)).toBeCloseTo((1 + KEPT) * (10 + price - 12), 2);
  });

  it('counts a way for 1/e that cost fifty minutes of the fleet more', () => {
    const room = known(steady(DAY));
    const servers = asked(room.peaks, room.mean);
    expect(wanted(room).servers).toBeCloseTo(weighted(servers, room.costs, 12.5), 3);
  });

  it('counts what a way may order, not what it would', () => {
    const judge = { ...JUDGE, least: 12, most: 20 };
    const room = known(
      minutes(DAY, (m) => (m % 40 < 20 ? 8 : 14)),
      undefined,
      judge,
    );
    const servers = asked(room.peaks, room.mean).map((one) => Math.max(12, Math.min(20, one)));
    const fleet = Math.max(12, room.mean / 0.8);
    expect(wanted(room).servers).toBeCloseTo(weighted(servers, room.costs, fleet), 3);
    expect(new Set(servers).size).toBeGreaterThan(3);
  });

  it('learns from datapoints of ten seconds as it does from those of a minute', () => {
    const judge = { ...JUDGE, periodMs: 10_000 };
    const begun = known(restless(300));
    const most = Math.max(...begun.costs);
    // With all the servers that there may be, no way differs: costs only fade.
    let room: Room = { ...begun, atMs: 0, slots: [] };
    const few = { ...judge, least: 500, most: 500 };
    for (let i = 1; i <= 3 * DAY * 6; i += 1) room = roomAfter(room, 11, i * 10_000, few);
    expect(Math.max(...room.costs) / most).toBeCloseTo(0.5, 1);
    expect(room.mean).toBeCloseTo(11, 1);
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
    // Twenty servers for a load that needs 19 / 0.8 of them: they are 95 % busy, half of the way from 90 % to full.
    const judge = { ...JUDGE, least: 20, target: 0.8 };
    const begun = known([...steady(10, 2), ...steady(6, 15)], undefined, judge);
    const busy = known([19], begun, judge);
    const alone =
      costOf(busy, 1, 0) - KEPT * costOf(begun, 1, 0) - (costOf(busy, 1, 0.6) - KEPT * costOf(begun, 1, 0.6));
    expect(alone).toBeCloseTo(10 * 20 * 0.5 ** 2 + 20 - Math.ceil(1.6 * 19), 0);
  });

  it('costs no way more than another while the smallest or the largest fleet is all that there may be', () => {
    for (const [bounds, load] of [
      [{ least: 20 }, 2],
      [{ most: 20 }, 200],
    ] as const) {
      const judge = { ...JUDGE, ...bounds };
      expect(new Set(known(steady(DAY, load), undefined, judge).costs)).toEqual(new Set([0]));
    }
  });

  it('knows no overload in a load that is a whole number of servers, at a target of 100 %', () => {
    const judge = { ...JUDGE, target: 1 };
    expect(known(steady(20, 2 + Number.EPSILON * 2), undefined, judge).costs).toEqual(
      known(steady(20, 2), undefined, judge).costs,
    );
  });

  it('is never less than the load, never for more than a peak may rise to and a share of it or of the mean, and never takes more than 3 KB', () => {
    const load = fc.double({ min: 0, max: 1e6, noNaN: true });
    const passed = fc.constantFrom(1, 1, 1, 1, 3, 20);
    const periodMs = fc.constantFrom(10_000, MINUTE, 5 * MINUTE);
    const bounds = fc.constantFrom({ least: 0, most: 1e7 }, { least: 1, most: 1e7 }, { least: 20, most: 40 });
    const target = fc.constantFrom(0.1, 0.6, 0.8, 1, 10);
    const edited = fc.constantFrom(100, 100, 100, 100, 100, 66.66666666666667, 150);
    const steps = fc.array(fc.tuple(load, passed, edited), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, periodMs, bounds, target, (all, period, within, share) => {
        let room: Room | undefined;
        let [atMs, highest] = [0, 0];
        for (const [value, periods, full] of all) {
          const judge = { ...JUDGE, ...within, periodMs: period, target: share, full };
          atMs += periods * period;
          highest = Math.max((highest * (room?.full ?? full)) / full, value);
          room = roomAfter(room, value, atMs, judge);
          const { servers, beyond } = wanted(room);
          expect(beyond).toBeGreaterThanOrEqual(0);
          expect(beyond).toBeLessThanOrEqual(1.001 * highest);
          expect(servers).toBeGreaterThanOrEqual(0.999 * Math.min(within.most, Math.max(within.least, value)));
          expect(servers).toBeLessThanOrEqual(Math.max(within.least, Math.min(within.most, 1.001 * 3.6 * highest)));
          expect(room.costs.every((cost) => Number.isFinite(cost) && cost >= 0)).toBe(true);
          expect(Math.min(...room.costs)).toBe(0);
          expect(JSON.stringify({ ...room, hours: room.hours.map(() => 0.0012345) }).length).toBeLessThan(3072);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
