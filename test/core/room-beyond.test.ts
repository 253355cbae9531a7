/** Room for a load that leaves the range of its last hour. */
import { describe, expect, it } from 'vitest';
import type { Room } from '../../lib/core/model.ts';
import { roomAfter } from '../../lib/core/room.ts';
import { MINUTE } from './builders.ts';
import { JUDGE } from './forecast-scene.ts';
import { DAY, known, minutes, steady, wanted } from './room-scene.ts';

const beyondOf = (loads: readonly number[]): number => wanted(known(loads)).beyond;
/** Between 7 and 10, as so many loads are. */
const restless = (count: number): number[] => minutes(count, (m) => 7 + ((7 * m) % 4));

describe('a load beyond its range', () => {
  it('gets as many servers again as it went beyond the highest of the hour before', () => {
    expect(beyondOf([...restless(71), 13])).toBe(3);
    expect(beyondOf([...restless(71), 100])).toBe(90);
    expect(beyondOf([...restless(71), 10])).toBe(0);
    expect(beyondOf(minutes(80, (m) => 100 - m))).toBe(0);
  });

  it('keeps them for eleven minutes, until it is known whether it goes on', () => {
    const left = (count: number): number => beyondOf([...restless(71), 13, ...steady(count, 8)]);
    expect([left(10), left(11)]).toEqual([3, 0]);
    // Where it stays, that is its range from then on.
    expect(beyondOf([...restless(71), ...steady(11, 13)])).toBe(3);
    expect(beyondOf([...restless(71), ...steady(12, 13)])).toBe(0);
  });

  it('gets more with each minute of a ramp, however steady it was before', () => {
    expect(beyondOf([...steady(71, 10), ...minutes(5, (m) => 11 + m)])).toBe(5);
    expect(beyondOf([...steady(71, 10), ...minutes(20, (m) => 11 + m)])).toBe(11);
  });

  it('has none while less than twenty minutes before the last eleven are known', () => {
    expect(beyondOf([...steady(19, 10), ...steady(10, 10), 13])).toBe(0);
    expect(beyondOf([...steady(20, 10), ...steady(10, 10), 13])).toBe(3);
    // After a gap nobody knows what the range was.
    const before = known(restless(200));
    const gap = (count: number): number => wanted(roomAfter(before, 13, before.atMs + count * MINUTE, JUDGE)).beyond;
    expect([gap(1), gap(51), gap(52), gap(600)]).toEqual([3, 3, 0, 0]);
  });

  it('is known of datapoints of ten seconds and of five minutes as well', () => {
    for (const seconds of [10, 300]) {
      const judge = { ...JUDGE, periodMs: seconds * 1000 };
      const at = (minutesBefore: number): number => {
        let room: Room | undefined;
        for (let atMs = 0; atMs < minutesBefore * MINUTE; atMs += seconds * 1000)
          room = roomAfter(room, atMs % (10 * MINUTE) === 0 ? 10 : 8, atMs, judge);
        return wanted(roomAfter(room, 13, minutesBefore * MINUTE, judge)).beyond;
      };
      expect([at(100), at(20)]).toEqual([3, 0]);
    }
  });

  it('keeps them as long as an order takes to serve, where that is longer, up to forty minutes', () => {
    for (const [lead, keeps] of [
      [29, 30],
      [90, 40],
    ] as const) {
      const judge = { ...JUDGE, leadMs: lead * MINUTE };
      const left = (count: number): number =>
        wanted(known([...restless(71), 13, ...steady(count, 8)], undefined, judge)).beyond;
      expect([left(keeps - 1), left(keeps)]).toEqual([3, 0]);
    }
  });

  it('gets no more than half of that hour’s highest where starting servers add to the load, and would order each other', () => {
    const judge = { ...JUDGE, countsStarting: true };
    const beyond = (load: number): number => wanted(known([...restless(71), load], undefined, judge)).beyond;
    expect([beyond(13), beyond(100)]).toEqual([3, 5]);
  });

  it('gets none of the smallest fleet that has room enough, and no more than the largest has', () => {
    const idle = (least: number) => wanted(known([...steady(71, 1), 4], undefined, { ...JUDGE, least }));
    expect(idle(1).beyond).toBe(3);
    expect(idle(20)).toMatchObject({ servers: 20, beyond: 0 });
    const most = wanted(known([...steady(71, 10), 18], undefined, { ...JUDGE, most: 20 }));
    expect(most.beyond).toBeGreaterThan(0);
    expect(most.servers + most.beyond).toBeCloseTo(20, 3);
    // Ways that want more than there may be make no room beyond.
    expect(wanted(known([...steady(71, 18), 18], undefined, { ...JUDGE, most: 20 })).beyond).toBe(0);
  });

  /** Twenty spikes of a minute, eighty minutes apart: over before what they get could serve. */
  const spikes = () => {
    let room = known(steady(71));
    return Array.from({ length: 20 }, () => {
      room = known([40], room);
      const now = { beyond: wanted(room).beyond, lost: room.lost / (room.mean / JUDGE.target), room };
      room = known(steady(79), room);
      return now;
    });
  };

  it('gets less and less once that cost twelve minutes of overload more than it saved', () => {
    // A minute of overload costs ten of the fleet.
    const seen = spikes();
    for (const { beyond, lost } of seen) expect(beyond).toBeCloseTo(30 * Math.min(1, Math.exp((120 - lost) / 50)), 1);
    expect(seen.filter(({ beyond }) => beyond === 30)).toHaveLength(5);
    expect(seen.at(-1)?.beyond).toBeLessThan(0.1);
  });

  it('gets it again when that is forgotten, by half in three days, or is little for a fleet that has grown', () => {
    const { room } = spikes().at(-1) as ReturnType<typeof spikes>[number];
    const later = known(steady(12 * DAY), room);
    expect(later.lost / room.lost).toBeCloseTo(2 ** -4, 2);
    expect(wanted(known([40], later)).beyond).toBe(30);
    const grown = known(steady(DAY, 100), room);
    expect(wanted(known([130], grown)).beyond).toBe(30);
  });

  it('gains by what it saves: on a ramp that nobody has seen before', () => {
    const before = known(steady(71));
    const ramp = minutes(10, (m) => 12 + 2 * m);
    expect(known(ramp, before).lost).toBeLessThan(-5 * 12.5);
    // Where there was no overload to save, it only costs.
    expect(known(steady(11), known([12], before)).lost).toBeGreaterThan(0);
  });

  it('loses nothing while nobody knows what would have been ordered', () => {
    const before = known([...steady(71), 40, ...steady(9)]);
    expect(before.lost).toBeGreaterThan(0);
    expect(roomAfter(before, 10, before.atMs + 11 * MINUTE, JUDGE).lost).toBe(before.lost);
  });
});
