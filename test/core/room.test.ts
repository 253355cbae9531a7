import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeOf } from '../../lib/core/forecast-memory.ts';
import type { ForecastPolicy, Room } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/core/reasons.ts';
import { cheapestRoom, type Judge, roomAfter } from '../../lib/core/room.ts';
import { MINUTE, type Part, T0 } from './builders.ts';
import { memoryOf } from './forecast-scene.ts';
import { concludes, decideIn, policyIn, type Scene, scalingIn } from './scaling-scene.ts';

const JUDGE: Judge = {
  ...{ full: 100, target: 0.8, overloadCostMinutes: 10, least: 1 },
  ...{ periodMs: MINUTE, lagMs: MINUTE, leadMs: 4 * MINUTE },
};
const DAY = 1440;

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
    const serving = Math.min(...ordered.slice(-6, -1));
    if (load > Math.ceil(serving)) over += 1;
    room = roomAfter(room, load, before.atMs + (i + 1) * MINUTE, judge);
    ordered.push(cheapestRoom(room).servers);
  }
  return { over: over / loads.length, servers: ordered.reduce((sum, n) => sum + n, 0) / loads.length };
}

describe('room for a load', () => {
  it('is kept for its peaks of the last half hour, with servers 84 % busy, until the load has shown what it is like', () => {
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
    const before = known(restless(3 * DAY));
    expect(cheapestRoom(known(steady(2 * DAY), before)).servers).toBeLessThan(14);
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

  it('costs nothing more while all ways have the smallest fleet that there may be', () => {
    const judge = { ...JUDGE, least: 20 };
    const begun = known([2], undefined, judge);
    const later = known(steady(DAY, 2), begun, judge);
    const order = (room: Room) => room.costs.indexOf(Math.min(...room.costs));
    expect(order(later)).toBe(order(begun));
  });

  it('of no load is none', () => {
    expect(cheapestRoom(known(steady(DAY, 0))).servers).toBe(0);
  });

  it('begins anew with another set of ways', () => {
    const old = { ...known(restless(DAY)), costs: [0, 1] };
    expect(cheapestRoom(roomAfter(old, 10, old.atMs + MINUTE, JUDGE)).way).toEqual({ halfMinutes: 32, full: 0.84 });
  });

  it('looks back over the same time with datapoints of ten seconds, a minute and five', () => {
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

/** Room that is kept for a peak of so many servers at 100 %, half of it after 32 min, with servers 84 % busy. */
function roomFor(peak: number): Room {
  const room = roomAfter(undefined, peak, T0 - MINUTE, JUDGE);
  return { ...room, atMs: T0 - MINUTE };
}

/** Four servers at this CPU, and room for such a peak. */
function scene(cpu: readonly number[], peak: number, more: Partial<ForecastPolicy> = {}): Scene {
  const forecast: Part<ForecastPolicy> = {
    ...{ leadSeconds: 180, trend: false, season: 'none', overloadCostMinutes: 10 },
    ...more,
  };
  const remembered = memoryOf({ learntMs: T0 - MINUTE, room: roomFor(peak) });
  return {
    ...{ count: 4, cpu },
    policy: { scaling: { forecast, tolerance: 0.05, scaleIn: { maxStep: 10 } } },
    state: { scaling: { forecast: { cpu: remembered } } },
  };
}

const LOW = [30, 30, 30, 30, 30];

describe('the fleet', () => {
  it('is raised for it ahead of need', () => {
    const decision = scalingIn(scene([80], 4.1));
    expect(decision).toMatchObject({ reason: 'FORECAST_OUT', action: { from: 4, to: 5 } });
    expect(messageOf(decision)).toBe(
      'scale out from 4 to 5 ahead of need: forecast cpu with servers at most 84 % busy under its peaks, which fade by half in 32 min',
    );
  });

  it('is left as it is where it has the room, within the tolerance', () => {
    expect(concludes(scene([80], 3.2))).toEqual({ reason: 'STEADY', to: null });
    expect(concludes(scene([80], 3.5)).reason).toBe('STEADY');
    expect(concludes(scene([80], 3.6)).to).toBe(5);
  });

  it('is held for it, and given back as far as it fades', () => {
    expect(concludes(scene(LOW, 3.3)).reason).toBe('FORECAST_HOLD');
    expect(concludes(scene(LOW, 2.4))).toEqual({ reason: 'SCALE_IN', to: 3 });
    expect(concludes(scene(LOW, 1))).toEqual({ reason: 'SCALE_IN', to: 2 });
  });

  it('has none where overload costs nothing, and what was learnt is forgotten with the next datapoint', () => {
    const one = scene([80], 4.1, { overloadCostMinutes: 0 });
    expect(concludes(one).reason).toBe('STEADY');
    const learnt = (overloadCostMinutes: number) => {
      const { policy } = scene([80], 4.1, { overloadCostMinutes });
      const cpu = memoryOf({ learntMs: T0 - 2 * MINUTE, room: { ...roomFor(4.1), atMs: T0 - 2 * MINUTE } });
      const state = { scaling: { forecast: { cpu } } };
      return decideIn({ ...one, ...(policy && { policy }), state }).state.scaling.forecast?.cpu?.room?.atMs;
    };
    expect([learnt(10), learnt(0)]).toEqual([T0 - MINUTE, undefined]);
  });
});

describe('what a server can carry', () => {
  const cpu = { namespace: 'AWS/EC2', name: 'CPUUtilization', statistic: 'Average', periodSeconds: 60, dimensions: {} };
  const requests = { ...cpu, namespace: 'AWS/ApplicationELB', name: 'RequestCountPerTarget', statistic: 'Sum' };
  const FORECAST: ForecastPolicy = { leadSeconds: 180, trend: false, season: 'none', overloadCostMinutes: 10 };
  const signal = (name: string, metric: typeof cpu, target?: number) =>
    ({ name, metric, target, onMissing: 'hold' }) as const;
  const scaling = policyIn({}).scaling;
  if (scaling === undefined) throw new Error('needs a policy that scales');
  const full = (...signals: ReturnType<typeof signal>[]) =>
    signals.map((one) => judgeOf({ ...scaling, signals }, FORECAST, one, 0)?.full);

  it('is 100 percent of CPU, whatever the target', () => {
    expect(full(signal('cpu', cpu, 60))).toEqual([100]);
  });

  it('is, of requests, what goes together with that, as their target does with that of CPU', () => {
    expect(full(signal('requests', requests, 6000), signal('cpu', cpu, 80))).toEqual([7500, 100]);
  });

  it('is not known without a CPU target', () => {
    expect(full(signal('requests', requests, 6000))).toEqual([undefined]);
    expect(full(signal('requests', requests, 6000), signal('cpu', cpu))).toEqual([undefined, undefined]);
  });
});
