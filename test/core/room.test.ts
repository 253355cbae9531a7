import { describe, expect, it } from 'vitest';
import type { Room } from '../../lib/core/model.ts';
import { roomAfter, wantedRoom } from '../../lib/core/room.ts';
import { asked, WAYS, wordsOf } from '../../lib/core/room-ways.ts';
import { MINUTE } from './builders.ts';
import { JUDGE } from './forecast-scene.ts';
import { DAY, known, minutes, restless, steady, wanted } from './room-scene.ts';

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

  it('is told by the way that was cheapest, once one was', () => {
    expect(wanted(known([10])).cheapest).toBeNull();
    // 12 servers are the fewest that ten are no more than 90 % of, and a steady load has no peaks.
    expect(wanted(known(steady(20))).cheapest).toEqual({
      peak: { kind: 'window', minutes: 1 },
      margin: { of: 'peak', share: 0.16 },
    });
    expect(wanted(known(steady(DAY, 0.3), undefined, { ...JUDGE, least: 2 })).cheapest).toBeNull();
    const words = WAYS.map(wordsOf);
    expect(new Set(words).size).toBe(WAYS.length);
    expect(words).toContain('the newest minute');
    expect(words).toContain('the highest of 6 min and 24 %');
    expect(words).toContain(
      'the newest minute if it rises again as lately (half of that after 10 min) and 12 % of the mean',
    );
    expect(words).toContain('a peak that fades by half in 32 min and 8 %');
    expect(words).toContain('what the hours until an order serves usually come to and 8 %');
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
    expect(wanted(known(steady(2 * DAY), before, dear)).servers).toBeLessThan(18);
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

  it('of one that rises now and then for half an hour expects a rise to go on', () => {
    const load = (m: number): number => (m % 720 < 600 ? 10 : 10 * 1.05 ** Math.min(30, (m % 720) - 600));
    expect(wanted(known(minutes(3 * DAY, load))).cheapest?.peak.kind).toBe('repeating');
  });

  it('of one that is restless in one hour of the day is kept for that hour by servers ordered in time, and not before', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 50 };
    const load = (m: number): number => (Math.floor(m / 60) % 24 === 14 && (7919 * m) % 20 < 4 ? 40 : 10);
    const begins = 14 * 60;
    // The datapoint of a minute is known of when it is over; a server ordered then serves `leadMs` later.
    for (const [leadMinutes, last] of [
      [4, begins - 5],
      [2.5, begins - 4],
      // A slot of what is looked back on has three datapoints of a minute here, and counts as its lowest.
      [16, begins - 19],
    ] as const) {
      const judge = { ...dear, leadMs: leadMinutes * MINUTE };
      const day = known(minutes(6 * DAY, load), undefined, judge);
      // `known` begins a minute into the day: what is known of so many ends with the one that begins at that minute.
      const at = (minute: number) => wanted(known(minutes(minute, load), day, judge));
      expect(at(last - 1).servers).toBeLessThan(20);
      expect(at(last).servers).toBeGreaterThan(35);
      expect(at(last).cheapest?.peak.kind).toBe('usual');
      expect(at(begins + 60 - leadMinutes - 2).servers).toBeGreaterThan(35);
    }
  });

  it('of one with bursts as large by night as by day is a share of its mean, not of its peak', () => {
    const dear = { ...JUDGE, overloadCostMinutes: 100 };
    const load = (m: number): number => 30 + 20 * Math.sin(m / 230) + ((7919 * m) % 420 < 3 ? 12 : 0);
    expect(wanted(known(minutes(6 * DAY, load), undefined, dear)).cheapest?.margin.of).toBe('mean');
  });

  it('of no load is none', () => {
    expect(wanted(known(steady(DAY, 0), undefined, { ...JUDGE, least: 0 })).servers).toBe(0);
  });

  it.each([
    ['other ways', { costs: Array(65).fill(0) }],
    ['other peaks', { peaks: [10, 10, 10, 10, 10] }],
    ['other rises', { rises: [0] }],
    ['fewer minutes', { recent: [10] }],
    ['other hours', { hours: [10] }],
    ['no hours', { hours: undefined }],
    ['nothing of what it lost', { lost: undefined }],
  ])('begins anew from what another version learnt of %s', (_, changes) => {
    const old = { ...known(restless(DAY)), ...changes } as unknown as Room;
    expect(wantedRoom(old)).toBeNull();
    expect(wanted(roomAfter(old, 10, old.atMs + MINUTE, JUDGE)).servers).toBeCloseTo(13.9);
  });

  it('takes an edited target for no jump: what was learnt is counted by the new one', () => {
    const load = (m: number): number => 10 + (m % 7) + (m % 60 < 10 ? 20 : 0);
    const fuller = (one: number): number => 1.5 * one;
    const loads = minutes(DAY, load);
    const before = known(loads);
    const judge = { ...JUDGE, full: JUDGE.full / 1.5 };
    const edited = roomAfter(before, fuller(load(0)), before.atMs + MINUTE, judge);
    const always = known([...loads, load(0)].map(fuller), undefined, judge);
    expect(edited.full).toBe(judge.full);
    for (const [so, thus] of [
      [edited.recent, always.recent],
      [edited.hours, always.hours],
      [edited.peaks, always.peaks],
      [[edited.mean], [always.mean]],
      ...edited.slots.map(({ lowest }, i) => [lowest.slice(0, -2), always.slots[i]?.lowest.slice(0, -2) ?? []]),
    ] as const)
      expect(so.map((one, i) => (one ?? 0) / (thus[i] ?? 1))).toEqual(so.map(() => expect.closeTo(1, 3)));
    expect([edited.rises, edited.beyond]).toEqual([always.rises, 0]);
    // Of whole servers there are half as many more, or almost.
    expect(Math.abs(wanted(edited).servers / wanted(always).servers - 1)).toBeLessThan(0.05);
    expect(wanted(edited).cheapest).toEqual(wanted(before).cheapest);
  });

  it('goes on from what was learnt before it was known by which target', () => {
    const { full: _, ...old } = known(restless(DAY));
    const next = roomAfter(old, 10, old.atMs + MINUTE, { ...JUDGE, full: 50 });
    expect(next).toEqual({ ...roomAfter(old, 10, old.atMs + MINUTE, JUDGE), full: 50 });
    expect(next.mean).toBeGreaterThan(10);
  });

  it.each([10, 60, 300])('learns what each hour comes to from datapoints of %i s', (seconds) => {
    const judge = { ...JUDGE, periodMs: seconds * 1000 };
    let room: Room | undefined;
    for (let atMs = 0; atMs < 25 * 60 * MINUTE; atMs += judge.periodMs)
      room = roomAfter(room, 1 + (Math.floor(atMs / (60 * MINUTE)) % 24), atMs, judge);
    expect(room?.hours).toEqual(minutes(24, (hour) => 1 + hour));
  });

  it('learns of an hour of which less was seen than its end, once something is seen again', () => {
    const seen = known(minutes(39, () => 9));
    expect(seen.hours[0]).toBeNull();
    expect(roomAfter(seen, 7, 85 * MINUTE, JUDGE).hours[0]).toBe(9);
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
});
