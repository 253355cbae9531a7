import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyCurve, isDaily, knowsDay, logAt, logOf, SLOT_MS, slotLog, withSlot } from '../../lib/core/curve.ts';
import { T0 } from './builders.ts';
import { curveOf } from './forecast-scene.ts';

const DAY = 86_400_000;
const SLOT = Math.floor(T0 / SLOT_MS);

describe('a curve', () => {
  it('takes 288 bytes for a day, 2,016 for a week and none without a season, whatever it has learnt', () => {
    expect([emptyCurve('daily'), emptyCurve('weekly'), emptyCurve('none')].map((c) => c.length)).toEqual([
      288, 2016, 0,
    ]);
    fc.assert(
      fc.property(
        fc.constantFrom('daily' as const, 'weekly' as const),
        fc.integer(),
        fc.double(),
        (season, slot, log) => {
          const learnt = withSlot(emptyCurve(season), slot, log);
          expect(learnt).toMatch(season === 'daily' ? /^[\w-]{288}$/ : /^[\w-]{2016}$/);
        },
      ),
    );
  });

  it('gives back what a slot learnt, to half a percent, and nothing of the others', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 500_000, noNaN: true }),
        fc.integer({ min: 0, max: 5_000_000 }),
        (load, slot) => {
          const curve = withSlot(emptyCurve('weekly'), slot, logOf(load));
          expect(Math.abs((slotLog(curve, slot) ?? 99) - Math.log(load))).toBeLessThan(0.00251);
          expect(slotLog(curve, slot + 1)).toBeNull();
        },
      ),
    );
  });

  it('repeats by the day or by the week', () => {
    const week = withSlot(emptyCurve('weekly'), SLOT, 0);
    expect([slotLog(week, SLOT + 144), slotLog(week, SLOT + 1008)?.toFixed(2)]).toEqual([null, '0.00']);
    expect(slotLog(withSlot(emptyCurve('daily'), SLOT, 0), SLOT - 144)?.toFixed(2)).toBe('0.00');
    expect([isDaily(week), isDaily(emptyCurve('daily'))]).toEqual([false, true]);
  });

  it('takes a load of nothing for a thousandth of what an instance carries', () => {
    expect(Math.exp(logOf(0))).toBeCloseTo(0.001);
    expect(Math.exp(slotLog(withSlot(emptyCurve('daily'), 0, -99), 0) ?? 0)).toBeCloseTo(0.001);
  });

  it('is straight between the middles of two slots, and unknown beside one that is unknown', () => {
    const curve = withSlot(withSlot(emptyCurve('daily'), SLOT, 0), SLOT + 1, 1);
    const middle = (SLOT + 0.5) * SLOT_MS;
    expect(logAt(curve, middle)).toBeCloseTo(0, 2);
    expect(logAt(curve, middle + SLOT_MS / 4)).toBeCloseTo(0.25, 2);
    expect(logAt(curve, middle + SLOT_MS)).toBeNull();
    expect(logAt(curve, middle - 1)).toBeNull();
  });

  it('knows nothing of a slot whose text is none of its own', () => {
    for (const text of ['..', 'é.', '世界']) expect(slotLog(text.repeat(144), SLOT)).toBeNull();
  });

  it('knows nothing without a season', () => {
    expect([slotLog('', SLOT), withSlot('', SLOT, 1), knowsDay('', T0)]).toEqual([null, '', false]);
  });

  it('knows a day with four fifths of its slots, not with fewer', () => {
    const since = (hours: number): string => curveOf('weekly', T0 - hours * 3_600_000, T0, () => 5);
    expect(knowsDay(since(24), T0)).toBe(true);
    expect(knowsDay(since(19.5), T0)).toBe(true);
    expect(knowsDay(since(19), T0)).toBe(false);
    expect(knowsDay(since(24), T0 + DAY)).toBe(false);
  });
});
