import { describe, expect, it } from 'vitest';
import type { Band, ScalingPolicy, ScalingState } from '../../lib/core/model.ts';
import { needOf, recommend, windowNeed } from '../../lib/core/need.ts';
import { change, MINUTE, type Part, policyOf, SECOND, stateOf, T0 } from './builders.ts';

const WEB = policyOf().scaling as ScalingPolicy;

function scalingOf(changes: Part<ScalingPolicy> = {}): ScalingPolicy {
  return change(WEB, changes);
}

function cpuOf(target: number | undefined, steps?: readonly Band[]): ScalingPolicy['signals'][number] {
  return change(WEB.signals[0] as ScalingPolicy['signals'][number], { target, steps });
}

/** The need of one datapoint. */
function need(value: number, covered: number, desired: number, { target = 80, tolerance = 0.1 } = {}): number {
  return needOf(scalingOf({ tolerance }), cpuOf(target), { startMs: T0, value, covered }, desired);
}

describe('the need of a datapoint with a target', () => {
  it('asks for nothing where the datapoint covered no instance', () => {
    expect(need(95, 0, 3)).toBe(3);
  });

  it.each([
    { value: 100, covered: 1, desired: 1, asks: 2, why: '1.25 targets of load' },
    { value: 100, covered: 4, desired: 4, asks: 5, why: 'exactly 5 targets of load' },
    { value: 40, covered: 4, desired: 4, asks: 2, why: 'half the load' },
    { value: 0, covered: 4, desired: 4, asks: 0, why: 'no load: the bounds keep what must stay' },
    { value: -5, covered: 4, desired: 4, asks: 0, why: 'a metric may be negative, a need may not' },
    { value: 100, covered: 2, desired: 6, asks: 3, why: 'the load, not what is on its way' },
  ])('$value on $covered instances needs $asks: $why', ({ value, covered, desired, asks }) => {
    expect(need(value, covered, desired)).toBe(asks);
  });

  it.each([
    { value: 88, inside: true },
    { value: 88.1, inside: false },
    { value: 72, inside: true },
    { value: 71.9, inside: false },
  ])('keeps what is desired while $value / 80 is within 1 ± 0.1: $inside', ({ value, inside }) => {
    expect(need(value, 10, 20) === 20).toBe(inside);
  });

  it('keeps capacity on its way inside the tolerance, too', () => {
    expect(need(80, 2, 4)).toBe(4);
  });

  it('does not need one more instance because 0.1 + 0.2 is not 0.3', () => {
    expect(need(0.1 + 0.2, 1, 1, { target: 0.1, tolerance: 0 })).toBe(3);
  });
});

describe('the need of a datapoint of instances that came or went in its period', () => {
  it.each([
    { value: 100, covered: 4.5, desired: 5, asks: 6, why: '5.625 targets of load' },
    { value: 64, covered: 2.5, desired: 3, asks: 2, why: 'exactly two targets of load' },
    { value: 100, covered: 0.1, desired: 2, asks: 1, why: 'what little was served is still work for one' },
  ])('$value on $covered instances needs $asks: $why', ({ value, covered, desired, asks }) => {
    expect(need(value, covered, desired)).toBe(asks);
  });

  it.each([
    { covered: 4.4, asks: 5 },
    { covered: 4.5, asks: 6 },
    { covered: 0.2, asks: 1 },
  ])('counts whole instances below a band: 90 on $covered needs $asks', ({ covered, asks }) => {
    expect(needOf(WEB, cpuOf(undefined, [{ above: 80, add: 1 }]), { startMs: T0, value: 90, covered }, 3)).toBe(asks);
  });
});

describe('the need of a datapoint with steps', () => {
  const steps: readonly Band[] = [
    { above: 80, add: 1 },
    { above: 95, add: 2 },
    { below: 40, remove: 1 },
    { below: 20, remove: 3 },
  ];

  it.each([
    { value: 96, asks: 6, why: 'the highest band crossed decides alone' },
    { value: 81, asks: 5, why: 'the first band' },
    { value: 80, asks: 4, why: 'a band begins above its value' },
    { value: 40, asks: 4, why: 'a band begins below its value' },
    { value: 39, asks: 3, why: 'the first band below' },
    { value: 10, asks: 1, why: 'the lowest band crossed decides alone' },
  ])('$value on 4 instances needs $asks: $why', ({ value, asks }) => {
    expect(needOf(WEB, cpuOf(undefined, steps), { startMs: T0, value, covered: 4 }, 4)).toBe(asks);
    const reversed = steps.toReversed();
    expect(needOf(WEB, cpuOf(undefined, reversed), { startMs: T0, value, covered: 4 }, 4)).toBe(asks);
  });

  it('adds where bands contradict each other', () => {
    const both: readonly Band[] = [
      { above: 50, add: 1 },
      { below: 60, remove: 1 },
    ];
    expect(needOf(WEB, cpuOf(undefined, both), { startMs: T0, value: 55, covered: 2 }, 2)).toBe(3);
  });

  it('adds to the instances that were covered, so that capacity on its way is not asked for twice', () => {
    expect(needOf(WEB, cpuOf(undefined, steps), { startMs: T0, value: 96, covered: 4 }, 6)).toBe(6);
  });

  it('never needs fewer than none', () => {
    expect(needOf(WEB, cpuOf(undefined, steps), { startMs: T0, value: 10, covered: 2 }, 2)).toBe(0);
  });
});

function pointsOf(values: readonly number[], covered = 4, lastStartMs = T0 - MINUTE): ScalingState['points'][string] {
  return values.map((value, i) => ({ startMs: lastStartMs - (values.length - 1 - i) * MINUTE, value, covered }));
}

describe('recommend', () => {
  it('has no need for a signal without a datapoint', () => {
    expect(recommend(WEB, stateOf().scaling, 2, T0)).toEqual([{ signal: WEB.signals[0], need: null }]);
  });

  it('has no need for a signal whose newest datapoint is stale', () => {
    const state = stateOf({ scaling: { points: { cpu: pointsOf([100]) } } }).scaling;
    expect(recommend(WEB, state, 4, T0 + 3 * MINUTE)[0]?.need).toBe(5);
    expect(recommend(WEB, state, 4, T0 + 3 * MINUTE + 1)[0]?.need).toBeNull();
  });

  it('looks at the newest datapoint only', () => {
    const points = pointsOf([20, 20, 100]);
    const [one] = recommend(WEB, stateOf({ scaling: { points: { cpu: points } } }).scaling, 4, T0);
    expect(one).toEqual({ signal: WEB.signals[0], need: 5, point: points[2] });
  });
});

describe('the stabilization window', () => {
  const windowOf = (points: Record<string, ScalingState['points'][string]>, more: Part<ScalingState> = {}) =>
    windowNeed(WEB, stateOf({ scaling: { points, ...more } }).scaling, 4);

  it('is empty without datapoints', () => {
    expect(windowOf({})).toEqual({ need: 0, points: 0, pointsNeeded: 5 });
  });

  it('has the largest need of its datapoints', () => {
    expect(windowOf({ cpu: pointsOf([20, 20, 60, 20, 20]) })).toEqual({ need: 3, points: 5, pointsNeeded: 5 });
  });

  it('is incomplete when one datapoint got lost', () => {
    const lost = pointsOf([20, 20, 20, 20, 20]).filter((_, index) => index !== 2);
    expect(windowOf({ cpu: lost })).toMatchObject({ points: 4, pointsNeeded: 5 });
  });

  it('leaves out datapoints older than itself, as after its policy was shortened', () => {
    expect(windowOf({ cpu: pointsOf([100, 20, 20, 20, 20, 20]) })).toEqual({ need: 1, points: 5, pointsNeeded: 5 });
  });

  it('counts a datapoint when its whole period came after the last change', () => {
    const cpu = pointsOf([20, 20, 20, 20, 20]);
    expect(windowOf({ cpu }, { lastChangeMs: T0 - 3 * MINUTE })).toMatchObject({ points: 3 });
    expect(windowOf({ cpu }, { lastChangeMs: T0 - 3 * MINUTE + 1 })).toMatchObject({ points: 2 });
  });

  it('is as complete as that of the signal with the fewest datapoints, and as needy as the neediest', () => {
    const signal = (name: string, periodSeconds: number) => change(cpuOf(80), { name, metric: { periodSeconds } });
    const three = scalingOf({ signals: [signal('cpu', 60), signal('slow', 300), signal('requests', 60)] });
    const points = { cpu: pointsOf([60, 60, 60, 60, 60]), slow: pointsOf([20]), requests: pointsOf([20, 20]) };
    const state = stateOf({ scaling: { points } }).scaling;
    expect(windowNeed(three, state, 4)).toEqual({ need: 3, points: 2, pointsNeeded: 5 });
  });

  it('needs one datapoint where it is shorter than a period', () => {
    const short = scalingOf({ scaleIn: { stabilizationSeconds: 30 } });
    const state = stateOf({ scaling: { points: { cpu: pointsOf([60, 20]) } } }).scaling;
    expect(windowNeed(short, state, 4)).toEqual({ need: 1, points: 1, pointsNeeded: 1 });
  });

  it('needs two datapoints where it is longer than one period', () => {
    const odd = scalingOf({ scaleIn: { stabilizationSeconds: 100 } });
    const state = stateOf({ scaling: { points: { cpu: pointsOf([60, 20, 20]) } } }).scaling;
    expect(windowNeed(odd, state, 4)).toEqual({ need: 1, points: 2, pointsNeeded: 2 });
  });
});

describe('a window from before the fleet grew', () => {
  const scaling = scalingOf({ scaleIn: { stabilizationSeconds: 120 } });
  const points = [T0, T0 + MINUTE].map((startMs) => ({ startMs, value: 40, covered: 2 }));
  const grownAt = (fromMs: number, count: number): ScalingState => ({
    ...stateOf().scaling,
    points: { cpu: points },
    counts: [
      { fromMs: T0, count: 2 },
      { fromMs, count },
    ],
  });

  it('takes datapoints for such of all the instances: they may have been there while the group could not be read', () => {
    expect(windowNeed(scaling, grownAt(T0 + 5 * MINUTE, 4), 4).need).toBe(2);
    expect(windowNeed(scaling, grownAt(T0 + 1, 4), 4).need).toBe(2);
    expect(windowNeed(scaling, grownAt(T0, 4), 4).need).toBe(2);
  });

  it('takes an instance that was last seen in mid-period for one of that time, although it may have been gone before', () => {
    const gone = { ...grownAt(T0 + 90 * SECOND, 1), points: { cpu: points.map((p) => ({ ...p, covered: 1 })) } };
    // 40 / 80 of 2 until half-way in the second minute: 1 and 0.75.
    expect(windowNeed(scaling, gone, 4).need).toBe(1);
    const busy = { ...gone, points: { cpu: points.map((p) => ({ ...p, value: 64, covered: 1 })) } };
    // 64 / 80 of 2, and of 1.5.
    expect(windowNeed(scaling, busy, 4).need).toBe(2);
  });

  it('believes a count that fell', () => {
    expect(windowNeed(scaling, grownAt(T0 + 5 * MINUTE, 1), 4).need).toBe(1);
  });
});
