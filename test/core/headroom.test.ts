import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roomLog, swung } from '../../lib/core/headroom.ts';
import type { ForecastPolicy, Swing } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/core/reasons.ts';
import { MINUTE, type Part, T0 } from './builders.ts';
import { memoryOf } from './forecast-scene.ts';
import { concludes, decideIn, type Scene, scalingIn } from './scaling-scene.ts';

/** What is known of a load after these, one a minute. */
function swinging(loads: readonly number[], before?: Swing): Swing {
  const fromMs = (before?.atMs ?? 0) + MINUTE;
  const swing = loads.reduce<Swing | undefined>(
    (so, load, i) => swung(so, Math.log(load), fromMs + i * MINUTE),
    before,
  );
  if (swing === undefined) throw new Error('needs a load');
  return swing;
}

const repeated = (minutes: number, ...loads: number[]): number[] =>
  Array.from({ length: minutes }, (_, i) => loads[Math.floor(i / 5) % loads.length] as number);

describe('the level of a load and its swings', () => {
  it('begin with the first datapoint, and stay with a steady load', () => {
    const steady = swinging(repeated(600, 4));
    expect(Math.exp(steady.level)).toBeCloseTo(4);
    expect(roomLog(steady, 3)).toBeCloseTo(Math.log(4));
  });

  it('are told apart: the level is in the middle, the room as far above as the load goes', () => {
    const restless = swinging(repeated(2 * 1440, 4, 8));
    expect(Math.exp(restless.level)).toBeGreaterThan(5);
    expect(Math.exp(restless.level)).toBeLessThan(6.5);
    expect(Math.exp(roomLog(restless, 1))).toBeGreaterThan(6.8);
    expect(Math.exp(roomLog(restless, 1))).toBeLessThan(8.5);
  });

  it('the level is half of the way to a new load after 20 minutes', () => {
    const before = swinging([4]);
    expect(swinging(repeated(20, 7), before).level).toBeCloseTo((Math.log(4) + Math.log(7)) / 2, 4);
  });

  it('a swing is remembered by half after a day', () => {
    const restless = swinging(repeated(1440, 4, 8));
    const calm = swung(restless, restless.level, restless.atMs + MINUTE);
    const day = Array.from({ length: 1439 }).reduce<Swing>((so) => swung(so, so.level, so.atMs + MINUTE), calm);
    expect(day.square).toBeCloseTo(restless.square / 2, 4);
  });

  it('begin anew after a gap of more than ten minutes, with the swings that were known', () => {
    const before = swinging(repeated(1440, 4, 8));
    const gap = (ms: number): Swing => swung(before, Math.log(40), before.atMs + ms);
    expect(gap(10 * MINUTE).level).toBeLessThan(Math.log(20));
    expect(gap(10 * MINUTE + 1)).toEqual({ level: Math.log(40), square: before.square, atMs: before.atMs + 600_001 });
  });

  it('a hole in the traffic is no usual swing', () => {
    const calm = swinging(repeated(1440, 100));
    const after = swinging(repeated(120, 100), swinging(repeated(30, 0), calm));
    expect(Math.exp(roomLog(after, 1))).toBeLessThan(120);
  });

  it('nothing and next to nothing are the same load', () => {
    expect(swinging(repeated(60, 0, 0.0001, 0.1)).square).toBeCloseTo(0, 6);
  });

  it('there is never room for more than double the level', () => {
    const load = fc.double({ min: 0, max: 1000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(load, { minLength: 1, maxLength: 50 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (all, z) => {
          const swing = swinging(all);
          expect(roomLog(swing, z)).toBeGreaterThanOrEqual(swing.level);
          expect(roomLog(swing, z)).toBeLessThanOrEqual(swing.level + Math.LN2);
        },
      ),
    );
  });
});

/** Four servers at this CPU that have been at a load of `level` servers' target, with swings of so much either way. */
function scene(cpu: readonly number[], level: number, swing: number, more: Partial<ForecastPolicy> = {}): Scene {
  const forecast: Part<ForecastPolicy> = { leadSeconds: 180, trend: false, season: 'none', headroom: 1, ...more };
  const swings = { level: Math.log(level), square: Math.log(swing) ** 2, atMs: T0 - MINUTE };
  const remembered = memoryOf({ learntMs: T0 - MINUTE, swing: swings });
  return {
    ...{ count: 4, cpu },
    policy: { scaling: { forecast, tolerance: 0.05, scaleIn: { maxStep: 10 } } },
    state: { scaling: { forecast: { cpu: remembered } } },
  };
}

const LOW = [30, 30, 30, 30, 30];

describe('head-room', () => {
  it('is asked for below 100 percent, not below the target', () => {
    // A level of 4 × 80 percent, and half as much again: 480 percent.
    const decision = scalingIn(scene([80], 4, 1.5));
    expect(decision).toMatchObject({ reason: 'FORECAST_OUT', action: { from: 4, to: 5 } });
    expect(messageOf(decision)).toBe(
      'scale out from 4 to 5 ahead of need: forecast cpu 150 % of target when it swings as it did lately',
    );
  });

  it('is none for a load that swings less than what the target leaves', () => {
    expect(concludes(scene([80], 4, 1.2))).toEqual({ reason: 'STEADY', to: null });
  });

  it('is held while the load is down for a moment, and given up as far as the level falls', () => {
    expect(concludes(scene(LOW, 3.3, 1.5)).reason).toBe('FORECAST_HOLD');
    expect(concludes(scene(LOW, 2, 1.5))).toEqual({ reason: 'SCALE_IN', to: 3 });
    expect(concludes(scene(LOW, 1, 1.5))).toEqual({ reason: 'SCALE_IN', to: 2 });
  });

  it('grows with the number of swings that the policy asks for; none: as without', () => {
    const to = (headroom: number) => concludes(scene([80], 4, 1.3, { headroom })).to;
    expect([0, 1, 2, 3].map(to)).toEqual([null, null, 6, 7]);
  });

  it('asks for nothing inside the tolerance', () => {
    expect(concludes(scene([80], 4, 1.3)).reason).toBe('STEADY');
    expect(concludes(scene([80], 4, 1.32)).to).toBe(5);
  });

  it('is learnt from each new datapoint, and only where it is asked for', () => {
    const at = (headroom: number) => {
      const one = scene([80], 4, 1.5, { headroom });
      const cpu = memoryOf({ learntMs: T0 - 2 * MINUTE, swing: { level: 1, square: 0, atMs: T0 - 2 * MINUTE } });
      return decideIn({ ...one, state: { scaling: { forecast: { cpu } } } }).state.scaling.forecast?.cpu?.swing?.atMs;
    };
    expect([at(1), at(0)]).toEqual([T0 - MINUTE, undefined]);
  });
});
