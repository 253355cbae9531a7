import { describe, expect, it } from 'vitest';
import { emptyCurve, SLOT_MS, slotLog } from '../../lib/core/curve.ts';
import { decide } from '../../lib/core/decide.ts';
import { isForecast, trackForecast, trustIn } from '../../lib/core/forecast-memory.ts';
import type { ForecastMemory, ForecastPolicy, Point, Policy, ScalingState } from '../../lib/core/model.ts';
import { roomAfter } from '../../lib/core/room.ts';
import { isWorthSaving } from '../../lib/core/state.ts';
import { datapoints, dnsOf, groupIn, MINUTE, missing, observe, policyOf, SECOND, stateOf, T0 } from './builders.ts';
import { curveOf, JUDGE, memoryOf } from './forecast-scene.ts';

const SLOT = T0 / SLOT_MS;
const DAY = 86_400_000;
const policyWith = (forecast: Partial<ForecastPolicy> = {}): Policy =>
  policyOf({ scaling: { forecast: { leadSeconds: 180, trend: true, season: 'weekly', ...forecast } } });

/** CPU of each minute from a time on, on two servers. */
const minutes = (fromMs: number, values: readonly number[], covered = 2): Point[] =>
  values.map((value, i) => ({ startMs: fromMs + i * MINUTE, value, covered }));
const slotOf = (...values: number[]): number[] => Array.from({ length: 10 }, (_, i) => values[i % values.length] ?? 0);

/** The memory after these datapoints have come one by one. */
function learnt(points: readonly Point[], start?: ForecastMemory, policy = policyWith(), away = false): ForecastMemory {
  let state: ScalingState = { ...stateOf().scaling, ...(start && { forecast: { cpu: start } }) };
  points.forEach((point, i) => {
    state = { ...state, points: { cpu: points.slice(Math.max(0, i - 9), i + 1) } };
    const nowMs = point.startMs + 2 * MINUTE;
    state = trackForecast(policy, state, away ? nowMs : 0, nowMs);
  });
  const memory = state.forecast?.cpu;
  if (memory === undefined) throw new Error('nothing was learnt');
  return memory;
}

/** A week in which every slot carried as much as one target. */
const FLAT = memoryOf({ season: curveOf('weekly', T0 - 7 * DAY, T0, () => 1) });
const loadIn = ({ season }: ForecastMemory, slot: number): number => Math.exp(slotLog(season, slot) ?? Number.NaN);

describe('the curve', () => {
  it('learns the load of a slot once the next one begins: value times instances, in targets', () => {
    const points = minutes(T0, [...slotOf(80), 80]);
    expect(loadIn(learnt(points.slice(0, 10)), SLOT)).toBeNaN();
    expect(loadIn(learnt(points), SLOT)).toBeCloseTo(2, 1);
    expect(loadIn(learnt(minutes(T0, [...slotOf(40, 120), 80], 5)), SLOT)).toBeCloseTo(5, 1);
  });

  it('moves by a third of a new day, in logarithms, so that one peak does not stay', () => {
    expect(loadIn(learnt(minutes(T0, [...slotOf(80), 80], 30), FLAT), SLOT)).toBeCloseTo(30 ** 0.3, 1);
  });

  it('does not learn a slot with fewer than half of its datapoints', () => {
    const five = minutes(T0, slotOf(80)).filter((_, i) => i % 2 === 0);
    const next = minutes(T0 + SLOT_MS, [80]);
    expect(loadIn(learnt([...five, ...next], FLAT), SLOT)).toBeCloseTo(2 ** 0.3, 1);
    expect(loadIn(learnt([...five.slice(1), ...next], FLAT), SLOT)).toBeCloseTo(1, 1);
  });

  it('learns a CPU at its ceiling upwards only: it was at least that', () => {
    const busy = memoryOf({ season: curveOf('weekly', T0 - 7 * DAY, T0, () => 10) });
    const end = [...slotOf(100), 80];
    expect(loadIn(learnt(minutes(T0, end), busy), SLOT)).toBeCloseTo(10, 1);
    expect(loadIn(learnt(minutes(T0, end, 16), busy), SLOT)).toBeCloseTo(10 * 2 ** 0.3, 0);
  });

  it('learns nothing of a fleet that was empty, or without its traffic', () => {
    const points = minutes(T0, [...slotOf(80), 80]);
    expect(learnt(minutes(T0, [...slotOf(80), 80], 0), FLAT).season).toBe(FLAT.season);
    expect(learnt(points, FLAT, policyWith(), true).season).toBe(FLAT.season);
    const back = learnt(points, { ...FLAT, awayMs: T0 + 6 * MINUTE });
    expect(back.season).toBe(FLAT.season);
  });

  it('learns each datapoint once', () => {
    const state = { ...stateOf().scaling, points: { cpu: minutes(T0, slotOf(80)) } };
    const once = trackForecast(policyWith(), state, 0, T0 + SLOT_MS);
    expect(once.forecast?.cpu?.slot).toEqual({ index: SLOT, sum: 20, points: 10, hidden: false });
    expect(trackForecast(policyWith(), once, 0, T0 + SLOT_MS + 5 * SECOND)).toBe(once);
  });

  it('begins anew when the policy asks for another season, and forgets no more than that', () => {
    const kept = {
      ...{ learntMs: T0 - MINUTE, awayMs: T0 - DAY, trendSkill: { came: 0.4, foretold: 0.5 } },
      ...{ bet: { dueMs: T0 + DAY, fromLog: 1, change: 1 }, room: roomAfter(undefined, 2, T0 - MINUTE, JUDGE) },
    };
    const seasonal = {
      seasonSkill: { came: 1, foretold: 1 },
      slot: { index: SLOT, sum: 4, points: 2, hidden: true },
      before: { index: SLOT - 1, log: 1, foretold: 1 },
    };
    const policy = (season: ForecastPolicy['season']) => policyWith({ season, overloadCostMinutes: 10 });
    const next = (season: ForecastPolicy['season'], old: ForecastMemory) => {
      const state = { ...stateOf().scaling, forecast: { cpu: old } };
      return trackForecast(policy(season), state, 0, T0).forecast?.cpu;
    };
    const old = memoryOf({ ...FLAT, ...kept, ...seasonal });
    expect(next('weekly', old)).toBe(old);
    const daily = next('daily', old);
    expect(daily).toEqual(memoryOf({ ...kept, season: emptyCurve('daily') }));
    if (daily === undefined) throw new Error('all was forgotten');
    expect(next('none', daily)).toEqual({ ...daily, season: '' });
  });
});

describe('trust in the season', () => {
  /** Slots of these loads from T0 on, by the minute. */
  const day = (...loads: number[]): Point[] =>
    minutes(
      T0,
      loads.flatMap((load) => slotOf(load * 40)),
    );
  const saw = (atMs: number): number => (Math.floor(atMs / SLOT_MS) % 2 === 0 ? 1 : 2);
  const known = memoryOf({ season: curveOf('weekly', T0 - 7 * DAY, T0, saw) });

  it('is whole while the curve foretells what comes', () => {
    expect(trustIn(learnt(day(1, 2, 1, 2, 1), known).seasonSkill)).toBeCloseTo(1, 1);
  });

  it('is a half where half of the change comes, and none where the opposite does', () => {
    expect(trustIn(learnt(day(1, Math.SQRT2, 1, Math.SQRT2, 1), known).seasonSkill)).toBeCloseTo(0.5, 1);
    expect(trustIn(learnt(day(2, 1, 2, 1, 2), known).seasonSkill)).toBe(0);
  });

  it('is won by yesterday where last week is not known yet', () => {
    const young = memoryOf({ season: curveOf('weekly', T0 - DAY, T0, saw) });
    expect(trustIn(learnt(day(1, 2, 1, 2, 1), young).seasonSkill)).toBeCloseTo(1, 1);
  });

  it('is neither won nor lost by a flat curve, across a gap, or while CPU hides the demand', () => {
    expect(trustIn(learnt(day(1, 2, 1, 2, 1), FLAT).seasonSkill)).toBe(0);
    const gap = [...day(1, 2).slice(0, 10), ...day(1, 2, 1, 2).slice(30), ...minutes(T0 + 4 * SLOT_MS, [40])];
    expect(learnt(gap, known).seasonSkill).toEqual({ came: 0, foretold: 0 });
    expect(learnt(day(2.5, 2.5, 2.5, 2.5), known).seasonSkill).toEqual({ came: 0, foretold: 0 });
  });
});

describe('trust in the trend', () => {
  const policy = policyWith({ season: 'none' });
  const rising = Array.from({ length: 30 }, (_, i) => 20 + i);

  it('is won when the load goes on as it rose', () => {
    expect(trustIn(learnt(minutes(T0, rising), undefined, policy).trendSkill)).toBeGreaterThan(0.9);
  });

  it('is lost when it does not', () => {
    const stops = [...rising.slice(0, 7), ...Array.from({ length: 30 }, () => 26)];
    expect(trustIn(learnt(minutes(T0, stops), undefined, policy).trendSkill)).toBeLessThan(0.25);
  });

  it('is not judged when the datapoint that would tell is missing, or shows no load at all', () => {
    const points = minutes(T0, rising);
    const { bet } = learnt(points.slice(0, 6), undefined, policy);
    expect(bet?.dueMs).toBe(T0 + 8.5 * MINUTE + 30 * SECOND);
    const skipped = [...points.slice(0, 6), ...points.slice(12, 13)];
    expect(learnt(skipped, undefined, policy).trendSkill).toEqual({ came: 0, foretold: 0 });
    const dark = points.map((p, i) => (i > 5 ? { ...p, value: 0 } : p)).slice(0, 12);
    expect(learnt(dark, undefined, policy).trendSkill).toEqual({ came: 0, foretold: 0 });
  });

  it('makes no forecast without a rise, without a trend in the policy, or of a hidden demand', () => {
    const bets = [
      learnt(minutes(T0, slotOf(50)), undefined, policy),
      learnt(minutes(T0, rising), undefined, policyWith({ trend: false })),
      learnt(minutes(T0, slotOf(100)), undefined, policy),
    ];
    expect(bets.map(({ bet }) => bet)).toEqual([null, null, null]);
  });

  it('is forgotten across an outage: the bet that was open is off', () => {
    const open = memoryOf({ bet: { dueMs: T0 + MINUTE, fromLog: 1, change: 1 } });
    expect(learnt(minutes(T0, [80]), open, policy, true).bet).toBeNull();
  });
});

describe('what is forecast', () => {
  it('is a signal with a target and at least two datapoints in ten minutes', () => {
    expect([isForecast(80, 60), isForecast(80, 300), isForecast(80, 360), isForecast(undefined, 60)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the state', () => {
  const quiet = { signals: [datapoints(T0, 80)] };

  it('has nothing of it while the policy has no forecast, and loses what it had', () => {
    const without = decide(policyOf(), stateOf(), observe(T0, quiet), T0).state;
    expect(without.scaling).not.toHaveProperty('forecast');
    const had = stateOf({ scaling: { forecast: { cpu: memoryOf() } } });
    expect(decide(policyOf(), had, observe(T0, quiet), T0).state.scaling).not.toHaveProperty('forecast');
  });

  it('forgets what belongs to another metric by the same name', () => {
    const first = decide(policyWith(), stateOf(), observe(T0, quiet), T0).state;
    const taught = { ...first, scaling: { ...first.scaling, forecast: { cpu: FLAT } } };
    const [signal] = policyWith().scaling?.signals ?? [];
    if (signal === undefined) throw new Error('no signal');
    const other = { ...signal, metric: { ...signal.metric, statistic: 'Maximum' } };
    const season = (policy: Policy): string | undefined =>
      decide(policy, taught, observe(T0, quiet), T0).state.scaling.forecast?.cpu?.season;
    expect(season(policyWith())).toBe(FLAT.season);
    expect(season({ ...policyWith(), scaling: { ...policyWith().scaling, signals: [other] } as never })).toBe(
      emptyCurve('weekly'),
    );
  });

  it.each([
    [
      'nobody serves',
      { targets: groupIn('unhealthy', 'unhealthy') },
      { failover: { weights: { seoul: 100, tokyo: 0 } } },
    ],
    [
      'the service is failed over',
      { dns: dnsOf(0, 100) },
      { failover: { phase: 'secondary' as const, weights: { seoul: 0, tokyo: 100 } } },
    ],
  ])('notes once a minute that %s', (_, world, state) => {
    const first = decide(policyWith(), stateOf(state), observe(T0, { ...quiet, ...world }), T0).state;
    expect(first.scaling.forecast?.cpu?.awayMs).toBe(T0);
    const again = (ms: number) => {
      const world_ = { ...quiet, ...world, signals: [missing('not-read')] };
      return decide(policyWith(), first, observe(T0 + ms, world_), T0 + ms).state;
    };
    expect(again(59 * SECOND).scaling.forecast).toBe(first.scaling.forecast);
    expect(again(60 * SECOND).scaling.forecast?.cpu?.awayMs).toBe(T0 + 60 * SECOND);
    expect(isWorthSaving(first, again(60 * SECOND))).toBe(true);
  });

  it('notes until when clients may still come back, once for each change of the record (seed 54114)', () => {
    const world = { ...quiet, dns: dnsOf(100, 0) };
    const changed = (weightsMs: number) => ({ failover: { weights: { seoul: 100, tokyo: 0 }, weightsMs } });
    const first = decide(policyWith(), stateOf(changed(T0 - 10 * SECOND)), observe(T0, world), T0).state;
    expect(first.scaling.forecast?.cpu?.awayMs).toBe(T0 - 10 * SECOND + 90 * SECOND);
    const nextMs = T0 + 5 * SECOND;
    const next = decide(policyWith(), first, observe(nextMs, { ...world, signals: [missing('not-read')] }), nextMs);
    expect(next.state.scaling.forecast).toBe(first.scaling.forecast);
  });
});
