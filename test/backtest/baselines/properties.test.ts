/** What is always and never so of every baseline, whatever trace and fleet it lives with. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASELINES } from '../../../lib/backtest/baselines.ts';
import type { Settings } from '../../../lib/backtest/model.ts';
import { live, MINUTE_MS, SETTINGS, T0 } from '../view.ts';

/** A scaler takes decisions by the thousand here: fewer cases than of one decision. */
const RUNS = { numRuns: 60 };

const settings: fc.Arbitrary<Settings> = fc
  .record({
    bootSeconds: fc.constantFrom(0, 45, 90, 300),
    metricDelaySeconds: fc.constantFrom(0, 60, 130),
    min: fc.integer({ min: 0, max: 3 }),
    targetPercent: fc.constantFrom(10, 50, 65, 80, 100),
    warmupSeconds: fc.constantFrom(0, 120, 300),
    room: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ room, ...rest }) => ({ ...rest, max: rest.min + room }));
const offered = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true, noDefaultInfinity: true }));
const trace = fc.array(fc.oneof({ weight: 9, arbitrary: offered }, { weight: 1, arbitrary: fc.constant(null) }), {
  minLength: 1,
  maxLength: 90,
});

/** Those whose rules promise that a steady load comes to rest. Steps and simple scaling may go up and down for ever, Hist chases its errors. */
const RESTING = [
  ...['target-tracking-ec2', 'target-tracking-requests', 'target-tracking-ecs'],
  ...['hpa', 'compute-engine', 'kpa', 'react', 'reg'],
];

describe('the baselines', () => {
  it('have names that --against can take, each once', () => {
    const names = BASELINES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(names).toEqual(expect.arrayContaining(RESTING));
  });

  it.each(BASELINES)('$name says where its rules stand and how sure that is', ({ source, title }) => {
    expect(title).not.toBe('');
    expect(source).toMatch(/read at the source/);
    expect(source).toMatch(/Adapted|inferred/);
  });
});

describe.each(BASELINES)('$name', ({ create }) => {
  it('never wants anything but a whole number inside the bounds that is not there yet', () => {
    fc.assert(
      fc.property(settings, trace, (one, demand) => {
        let desired = one.min;
        for (const wish of live(create(one), one, demand, { desired }).wishes) {
          expect(Number.isInteger(wish.desired)).toBe(true);
          expect(wish.desired).toBeGreaterThanOrEqual(one.min);
          expect(wish.desired).toBeLessThanOrEqual(one.max);
          expect(wish.desired).not.toBe(desired);
          expect(wish.reason).not.toMatch(/NaN|undefined|Infinity/);
          desired = wish.desired;
        }
      }),
      RUNS,
    );
  });

  it('always answers the same when shown the same', () => {
    fc.assert(
      fc.property(settings, trace, (one, demand) => {
        const start = { desired: Math.max(one.min, Math.min(one.max, 4)) };
        expect(live(create(one), one, demand, start)).toEqual(live(create(one), one, demand, start));
      }),
      RUNS,
    );
  });

  it('never changes anything before something is published', () => {
    fc.assert(
      fc.property(settings, fc.integer({ min: 1, max: 60 }), (one, minutes) => {
        const silence = Array<null>(minutes).fill(null);
        expect(live(create(one), one, silence, { desired: one.min }).wishes).toEqual([]);
      }),
      RUNS,
    );
  });

  it('never changes anything in a gap, once its first minute is due', () => {
    fc.assert(
      fc.property(settings, trace, (one, demand) => {
        const gap = Array<null>(30).fill(null);
        const { wishes } = live(create(one), one, [...demand, ...gap], { desired: one.min });
        const dueMs = T0 + (demand.length + 1) * MINUTE_MS + one.metricDelaySeconds * 1000;
        expect(wishes.filter(({ atMs }) => atMs >= dueMs)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('under a steady load', () => {
  it.each(BASELINES.filter(({ name }) => RESTING.includes(name)))('$name always comes to rest', ({ create }) => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 15, noNaN: true }), fc.integer({ min: 1, max: 60 }), (load, desired) => {
        const one = { ...SETTINGS, min: 1, max: 60 };
        const lived = live(create(one), one, Array<number>(360).fill(load), { desired });
        const settledMs = T0 + 240 * MINUTE_MS;
        expect(lived.wishes.filter(({ atMs }) => atMs >= settledMs)).toEqual([]);
        // It rests where the load is served: at the target, or within the HPA's tolerance of it.
        expect(load / lived.desired).toBeLessThanOrEqual(0.55 + 1e-9);
      }),
      { numRuns: 20 },
    );
  });
});
