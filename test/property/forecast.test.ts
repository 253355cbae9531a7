/** What a forecast may do, and what it never does, whatever was learnt: always beside the same world without it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyCurve } from '../../lib/core/curve.ts';
import { decide } from '../../lib/core/decide.ts';
import type { ForecastMemory, ForecastPolicy, Policy, ScalingPolicy } from '../../lib/core/model.ts';
import { needOf } from '../../lib/core/need.ts';
import { roomAfter } from '../../lib/core/room.ts';
import { MINUTE, T0 } from '../core/builders.ts';
import { JUDGE, memoryOf } from '../core/forecast-scene.ts';
import { always } from './arbitraries.ts';
import { anyCase, nearlyIdle, type Scaled, scaled } from './scaling-cases.ts';

const amount = (max: number) => fc.integer({ min: 0, max: 1000 * max }).map((thousandths) => thousandths / 1000);
const SHAPE = roomAfter(undefined, 1, T0, JUDGE);
const several = (max: number, { length }: readonly unknown[]) =>
  fc.array(amount(max), { minLength: length, maxLength: length });
const peaks = several(5, SHAPE.peaks);

/** What any load may have taught of the room that it needs: peaks in servers, costs in minutes of one server. */
const room = fc.record({
  atMs: fc.constant(T0),
  mean: amount(8),
  servers: amount(12),
  beyond: fc.oneof(fc.constant(0), amount(4)),
  lost: fc.integer({ min: -1000, max: 1000 }),
  recent: fc.constant(SHAPE.recent),
  hours: several(5, SHAPE.hours).map((hours) => hours.map((one) => (one < 1 ? null : one))),
  rises: fc.constant(SHAPE.rises),
  peaks,
  slots: fc.array(fc.record({ fromMs: fc.constant(T0), lowest: several(5, [...SHAPE.peaks, 0, 0]) }), { maxLength: 8 }),
  // The cheapest way costs nothing.
  costs: several(1e4, SHAPE.costs).map((costs) => [0, ...costs.slice(1).map((cost) => Number(cost.toPrecision(5)))]),
});

const values = (min: number, max: number) =>
  fc.array(fc.double({ min, max, noNaN: true }), { minLength: 12, maxLength: 12 });

/** A calm world whose signals stand near their targets, with forecasts that have proved themselves. */
const learned: fc.Arbitrary<Scaled> = fc
  .tuple(
    nearlyIdle,
    fc.constantFrom<ForecastPolicy['season'][]>('none', 'daily', 'weekly'),
    fc.array(fc.constantFrom('Vg', 'Vv', 'WA', 'Wg', 'AA'), { minLength: 2, maxLength: 9 }),
    fc.oneof(values(30, 90), values(5, 30)),
    fc.double({ min: 0.2, max: 1, noNaN: true }),
    fc.boolean(),
    fc.constantFrom(0, 0, 10, 100),
    room,
  )
  .map(([{ policy, before, obs }, season, levels, seen, came, sorted, overloadCostMinutes, learnt]) => {
    const scaling = policy.scaling as ScalingPolicy;
    const signals = scaling.signals.map((signal) => {
      return { ...signal, target: 80, steps: undefined, metric: { ...signal.metric, periodSeconds: 60 } };
    });
    const { length } = emptyCurve(season);
    const skill = { came, foretold: 1 };
    const text = levels.join('').repeat(length).slice(0, length);
    const memory = memoryOf({
      season: text,
      seasonSkill: skill,
      trendSkill: skill,
      learntMs: T0,
      room: learnt,
    });
    const shown = sorted ? [...seen].sort((a, b) => a - b) : seen;
    const points = shown.map((value, i) => ({ startMs: T0 - (12 - i) * MINUTE, value, covered: 4 }));
    const all = <T>(one: T): Record<string, T> => Object.fromEntries(signals.map(({ name }) => [name, one]));
    const forecast = { leadSeconds: 900, trend: true, season, overloadCostMinutes };
    return scaled(
      { ...policy, scaling: { ...scaling, signals, tolerance: 0.05, forecast } },
      { ...before, scaling: { ...before.scaling, points: all(points), forecast: all(memory) } },
      { ...obs, signals: signals.map(() => ({ known: false, atMs: T0, why: 'not-read' })) },
    );
  });

const forecastCase = fc.oneof(anyCase, learned);

/** The desired capacity after the decision. */
const wanted = ({ action, fleet }: Pick<Scaled, 'action' | 'fleet'>): number => action?.to ?? fleet?.desired ?? 0;

/** The policy without its forecast. */
function plain({ policy }: Scaled): Policy {
  return { ...policy, scaling: { ...(policy.scaling as ScalingPolicy), forecast: undefined } };
}

/** What the same world is answered without a forecast. */
function reactive(one: Scaled): { readonly to: number; readonly state: Scaled['after'] } {
  const { actions, state } = decide(plain(one), one.before, one.obs, T0);
  const [action] = actions.flatMap((a) => (a.kind === 'setCapacity' && a.site === 'primary' ? [a] : []));
  return { to: action?.to ?? one.fleet?.desired ?? 0, state };
}

const forecasts = (one: Scaled): boolean => one.policy.scaling?.forecast !== undefined;

describe('a forecast', () => {
  it('is drawn often enough for these properties to mean something', () => {
    const decisions = fc.sample(learned, { numRuns: 2000, seed: 1 }).map(({ decision }) => decision);
    const count = (reason: string, isRoom: boolean): number =>
      decisions.filter((d) => d.reason === reason && String(d.numbers.forecast).includes('paid off') === isRoom).length;
    expect(count('FORECAST_OUT', false)).toBeGreaterThan(10);
    expect(count('FORECAST_OUT', true)).toBeGreaterThan(10);
    expect(count('FORECAST_HOLD', false)).toBeGreaterThan(3);
    expect(count('FORECAST_HOLD', true)).toBeGreaterThan(3);
  });

  it('never leaves the fleet smaller than the signals alone would', () => {
    always(forecastCase, (one) => {
      if (forecasts(one)) expect(wanted(one)).toBeGreaterThanOrEqual(reactive(one).to);
    });
  });

  it('never asks for more than twice the load of the newest datapoint, or the room that was learnt', () => {
    always(forecastCase, (one) => {
      const { scaling } = one.policy;
      if (scaling === undefined || one.decision.reason !== 'FORECAST_OUT') return;
      const desired = one.fleet?.desired ?? 0;
      const needs = scaling.signals.map((signal) => {
        const newest = one.after.scaling.points[signal.name]?.at(-1);
        // room-judge.test.ts has the bounds of what is learnt.
        const { servers, beyond } = one.after.scaling.forecast?.[signal.name]?.room ?? { servers: 0, beyond: 0 };
        const room = Math.ceil(servers + beyond);
        const twice = newest === undefined ? newest : { ...newest, value: 2 * newest.value };
        return Math.max(room, twice === undefined ? 0 : needOf(scaling, signal, twice, desired));
      });
      expect(one.decision.numbers.foretold).toBeLessThanOrEqual(Math.max(...needs));
    });
  });

  it('changes nothing while every signal was last seen before an outage ended, or nothing was learnt', () => {
    always(learned, (one) => {
      if (!forecasts(one)) return;
      const entries = Object.entries(one.before.scaling.forecast ?? {});
      const change = (to: (memory: ForecastMemory) => Partial<ForecastMemory>) => {
        const forecast = Object.fromEntries(entries.map(([name, memory]) => [name, { ...memory, ...to(memory) }]));
        const { decisions } = decide(
          one.policy,
          { ...one.before, scaling: { ...one.before.scaling, forecast } },
          one.obs,
          T0,
        );
        return decisions.find((d) => d.area === 'scaling')?.action;
      };
      const without = decide(plain(one), one.before, one.obs, T0).decisions.find((d) => d.area === 'scaling')?.action;
      expect(change(() => ({ awayMs: T0 }))).toEqual(without);
      const none = { came: 0, foretold: 0 };
      const unlearnt = { seasonSkill: none, trendSkill: none, bet: null, before: null, room: undefined };
      expect(change(() => unlearnt)).toEqual(without);
    });
  });

  it('never makes what is kept of a signal larger than 5.5 KB', () => {
    always(forecastCase, ({ after }) => {
      for (const memory of Object.values(after.scaling.forecast ?? {})) {
        expect(JSON.stringify(memory).length).toBeLessThan(5632);
      }
    });
  });

  it('off, never leaves a trace in the state or in a decision', () => {
    always(forecastCase, (one) => {
      const { decisions, state } = decide(plain(one), one.before, one.obs, T0);
      expect(state.scaling.forecast).toBeUndefined();
      expect(JSON.stringify(decisions)).not.toContain('forecast');
    });
  });
});
