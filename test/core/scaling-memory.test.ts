import { describe, expect, it } from 'vitest';
import type { Datapoint, FleetView, Reading, ScalingPolicy, ScalingState, Signal } from '../../lib/core/model.ts';
import { isSignalDue, readFromMs, trackScaling } from '../../lib/core/scaling-memory.ts';
import {
  CPU,
  datapoints,
  fleetOf,
  instance,
  MINUTE,
  missing,
  observe,
  policyOf,
  SECOND,
  stateOf,
  T0,
  type World,
} from './builders.ts';

const WEB = policyOf();

/** The memory after each of these observations, `everyMs` apart. */
function remember(worlds: readonly World[], start: ScalingState = stateOf().scaling, everyMs = 5 * SECOND) {
  return worlds.reduce(
    (state, world, i) => trackScaling(WEB, state, observe(T0 + i * everyMs, world), T0 + i * everyMs),
    start,
  );
}

const QUIET = remember([{}]);

describe('datapoints', () => {
  const read = (points: readonly Datapoint[] | Reading<readonly Datapoint[]>, before = QUIET, nowMs = T0) =>
    trackScaling(WEB, before, observe(nowMs, { signals: [points] }), nowMs).points.cpu;

  it('are not remembered while the group was never seen: what they covered is unknown', () => {
    const blind = remember([{ fleet: missing() }, { fleet: undefined }]);
    expect(blind.points).toEqual({});
    expect(remember([{}], blind).points.cpu).toHaveLength(1);
  });

  it('stay as they are when the metric cannot be read', () => {
    expect(trackScaling(WEB, QUIET, observe(T0, { signals: [missing('throttled')] }), T0)).toBe(QUIET);
    expect(trackScaling(WEB, QUIET, observe(T0, { signals: [] }), T0)).toBe(QUIET);
  });

  it('stay as they are when the same are read again', () => {
    expect(trackScaling(WEB, QUIET, observe(T0), T0)).toBe(QUIET);
  });

  it('that are not numbers are left out', () => {
    const [first] = datapoints(T0, 1);
    const at = (first as Datapoint).startMs;
    expect(read([{ startMs: at - MINUTE, value: Number.NaN }], QUIET)).toBe(QUIET.points.cpu);
    expect(read([{ startMs: at - MINUTE, value: Number.POSITIVE_INFINITY }], QUIET)).toBe(QUIET.points.cpu);
  });

  it('of a period that is not over are left out: a Sum still grows', () => {
    const running = { startMs: T0, value: 10 };
    expect(read([running], QUIET, T0 + MINUTE - 1)).toBe(QUIET.points.cpu);
    expect(read([running], QUIET, T0 + MINUTE)).toHaveLength(2);
  });

  describe('of a Sum over several minutes', () => {
    const sum = (statistic: string): ScalingPolicy['signals'][number] => ({
      ...CPU,
      metric: { ...CPU.metric, statistic, periodSeconds: 300 },
    });
    const of = (statistic: string, points: readonly Datapoint[], nowMs: number, before = QUIET.points) => {
      const policy = policyOf({ scaling: { signals: [sum(statistic)] } });
      const state = { ...QUIET, points: before };
      return trackScaling(policy, state, observe(nowMs, { signals: [points] }), nowMs).points.cpu ?? [];
    };
    const four = { startMs: T0, value: 400 };
    const END = T0 + 5 * MINUTE;

    it.each(['Sum', 'SampleCount'])('are left out until the next period shows that they are whole: %s', (statistic) => {
      expect(of(statistic, [four], END + 55 * SECOND, {})).toEqual([]);
      const whole = of(
        statistic,
        [
          { ...four, value: 500 },
          { startMs: END, value: 100 },
        ],
        END + 2 * MINUTE,
        {},
      );
      expect(whole).toEqual([{ startMs: T0, value: 500, covered: 2 }]);
    });

    it('are taken for whole three minutes after their end, when nothing follows', () => {
      expect(of('Sum', [four], END + 3 * MINUTE - 1, {})).toEqual([]);
      expect(of('Sum', [four], END + 3 * MINUTE, {})).toHaveLength(1);
    });

    it('are replaced when what came late makes them more', () => {
      const known = { cpu: [{ ...four, covered: 2 }] };
      const read = [
        { startMs: T0, value: 500 },
        { startMs: END, value: 100 },
      ];
      expect(of('Sum', read, END + 4 * MINUTE, known)).toEqual([{ startMs: T0, value: 500, covered: 2 }]);
    });

    it.each(['Average', 'Maximum', 'p99'])('are not what the others are: %s is used at once', (statistic) => {
      expect(of(statistic, [four], END, {})).toHaveLength(1);
    });
  });

  it('are ordered by time, however they arrive', () => {
    const [a, b, c] = datapoints(T0, 30, 50, 70) as [Datapoint, Datapoint, Datapoint];
    expect(read([c, a, b], remember([{ signals: [missing()] }]))?.map((p) => p.value)).toEqual([30, 50, 70]);
  });

  it('that are corrected take the new value and keep what they covered', () => {
    const corrected = read([{ startMs: T0 - MINUTE, value: 81 }], remember([{}, { fleet: fleetOf(3) }]));
    expect(corrected).toEqual([{ startMs: T0 - MINUTE, value: 81, covered: 2 }]);
  });

  it('older than the window are dropped, and not taken up again by the next reading', () => {
    const seven = read(datapoints(T0, 1, 2, 3, 4, 5, 6, 7), remember([{ signals: [missing()] }]));
    expect(seven?.map((p) => p.value)).toEqual([3, 4, 5, 6, 7]);
    const state: ScalingState = { ...QUIET, points: { cpu: seven ?? [] } };
    expect(trackScaling(WEB, state, observe(T0, { signals: [datapoints(T0, 1, 2, 3, 4, 5, 6, 7)] }), T0)).toBe(state);
  });
});

describe('when a metric is read again', () => {
  const known60: ScalingState = {
    ...QUIET,
    points: { cpu: [{ startMs: T0 - MINUTE, value: 80, covered: 2 }] },
    publishLagMs: { cpu: 70 * SECOND },
  };

  it('is at once while no datapoint is known', () => {
    expect(isSignalDue(stateOf().scaling, CPU, T0)).toBe(true);
  });

  it('is ten seconds before the next one is due by the delay last seen', () => {
    const dueMs = T0 + MINUTE + 60 * SECOND;
    expect(isSignalDue(known60, CPU, dueMs - 1)).toBe(false);
    expect(isSignalDue(known60, CPU, dueMs)).toBe(true);
  });

  it('is at the end of the next period while no delay is known', () => {
    const fresh = { ...known60, publishLagMs: {} };
    expect(isSignalDue(fresh, CPU, T0 + MINUTE - 1)).toBe(false);
    expect(isSignalDue(fresh, CPU, T0 + MINUTE)).toBe(true);
  });

  it('learns the delay from the first sight of a newer datapoint', () => {
    const atMs = T0 + MINUTE + 45 * SECOND;
    const later = trackScaling(WEB, known60, observe(atMs, { signals: [datapoints(T0 + MINUTE, 80)] }), atMs);
    expect(later.publishLagMs).toEqual({ cpu: 45 * SECOND });
  });

  it('does not take the time between slow rounds for the delay: the datapoint may have been there since the round before', () => {
    const slow = policyOf({ health: { check: { intervalSeconds: 144 } } });
    const atMs = T0 + MINUTE + 200 * SECOND;
    const after = trackScaling(slow, known60, observe(atMs, { signals: [datapoints(T0 + MINUTE, 80)] }), atMs);
    expect(after.publishLagMs).toEqual({ cpu: 61 * SECOND });
  });

  it('does not take a pause of its own for a longer delay: that grows by ten seconds at most', () => {
    const atMs = T0 + MINUTE + 170 * SECOND;
    const observed = observe(atMs, { signals: [datapoints(T0 + MINUTE, 80)] });
    expect(trackScaling(WEB, known60, observed, atMs).publishLagMs).toEqual({ cpu: 80 * SECOND });
    const first = { ...known60, publishLagMs: {} };
    expect(trackScaling(WEB, first, observed, atMs).publishLagMs).toEqual({ cpu: 170 * SECOND });
  });

  it('learns nothing from a datapoint that came late, behind a newer one', () => {
    const late = [{ startMs: T0 - 2 * MINUTE, value: 50 }];
    const after = trackScaling(WEB, known60, observe(T0 + 45 * SECOND, { signals: [late] }), T0 + 45 * SECOND);
    expect(after.points.cpu).toHaveLength(2);
    expect(after.publishLagMs).toBe(known60.publishLagMs);
  });

  it('begins two periods before the last datapoint, to see corrections', () => {
    expect(readFromMs(WEB, known60, CPU, T0)).toBe(T0 - 3 * MINUTE);
  });

  it('begins a whole window and the usual delay back while nothing is known', () => {
    expect(readFromMs(WEB, stateOf().scaling, CPU, T0 + 1)).toBe(T0 - 8 * MINUTE);
    expect(readFromMs(policyOf({ scaling: undefined }), stateOf().scaling, CPU, T0)).toBe(T0 - 4 * MINUTE);
  });

  it('asks no further back for a metric that has been dark for weeks, and sees it when it is back', () => {
    const weeks = T0 + 21 * 24 * 60 * MINUTE;
    expect(readFromMs(WEB, known60, CPU, weeks)).toBe(weeks - 8 * MINUTE);
    const back = observe(weeks, { signals: [datapoints(weeks - MINUTE, 60)] });
    expect(trackScaling(WEB, known60, back, weeks).points.cpu?.map((p) => p.startMs)).toEqual([weeks - 2 * MINUTE]);
  });

  it('asks for less than three hours whatever the period and the window, or CloudWatch has nothing of short periods beside it', () => {
    const hourly: Signal = { ...CPU, metric: { ...CPU.metric, periodSeconds: 3600 } };
    const long = policyOf({ scaling: { signals: [hourly], scaleIn: { stabilizationSeconds: 7200 } } });
    const asked = Array.from({ length: 120 }, (_, i) => T0 + i * MINUTE).map(
      (nowMs) => nowMs - readFromMs(long, stateOf().scaling, hourly, nowMs),
    );
    expect(Math.max(...asked)).toBeLessThan(180 * MINUTE);
    expect(Math.min(...asked)).toBeGreaterThan(118 * MINUTE);
  });
});

describe('the incident of missing signals', () => {
  const taken: ScalingState = { ...QUIET, missingStepTaken: true };

  it('lasts while any signal is missing or stale', () => {
    const policy = policyOf({ scaling: { signals: [CPU, { ...CPU, name: 'requests' }] } });
    const oneBack = trackScaling(policy, taken, observe(T0, { signals: [datapoints(T0, 80), missing()] }), T0);
    expect(oneBack.missingStepTaken).toBe(true);
    const stale = observe(T0 + 4 * MINUTE, { signals: [missing()] });
    expect(trackScaling(WEB, taken, stale, T0 + 4 * MINUTE).missingStepTaken).toBe(true);
  });

  it('is over when all are back', () => {
    expect(trackScaling(WEB, taken, observe(T0), T0).missingStepTaken).toBe(false);
  });
});

describe('what the group did', () => {
  const seen = (fleet: FleetView, before: ScalingState = QUIET, atMs = T0 + 5 * SECOND) =>
    trackScaling(WEB, before, observe(atMs, { fleet, signals: [missing()] }), atMs);

  it('is not known from a group that cannot be read', () => {
    expect(trackScaling(WEB, QUIET, observe(T0, { fleet: missing(), signals: [missing()] }), T0)).toBe(QUIET);
  });

  it('counts instances found at the very first sight as old', () => {
    expect(seen(fleetOf(2), stateOf().scaling).inServiceSince).toEqual({ 'i-1': 0, 'i-2': 0 });
  });

  it('remembers since when a new instance is in service, and forgets one that is not', () => {
    const after = seen(fleetOf(2, { instances: [instance('i-2'), instance('i-3')] }));
    expect(after.inServiceSince).toEqual({ 'i-2': 0, 'i-3': T0 + 5 * SECOND });
  });

  it('does not count what is still pending', () => {
    const fleet = fleetOf(3, {
      instances: [instance('i-1'), instance('i-2'), instance('i-3', { lifecycle: 'Pending' })],
    });
    const after = seen(fleet);
    expect(after.inServiceSince).toBe(QUIET.inServiceSince);
    expect(after.counts).toBe(QUIET.counts);
  });

  it('takes a desired capacity that somebody else set for a change', () => {
    expect(seen(fleetOf(2, { desired: 3 }))).toMatchObject({ desired: 3, lastChangeMs: T0 + 5 * SECOND });
    expect(QUIET.lastChangeMs).toBe(T0);
  });

  it('does not take a replaced instance for a change of the capacity', () => {
    const after = seen(fleetOf(2, { instances: [instance('i-1')] }));
    expect(after).toMatchObject({ desired: 2, lastChangeMs: T0 });
  });

  it('keeps counts only as long as a datapoint may still need them', () => {
    const sizes = Array.from({ length: 30 }, (_, index) => ({ fleet: fleetOf(1 + (index % 2)) }));
    const after = remember(sizes, undefined, MINUTE);
    const nowMs = T0 + 29 * MINUTE;
    // A window of 300 s, three minutes of delay, and the count that stood before.
    expect(after.counts.map((c) => Math.floor((nowMs - c.fromMs) / MINUTE))).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it('is remembered as it was seen', () => {
    const after = remember([{ fleet: fleetOf(3) }, { fleet: fleetOf(2) }], undefined, MINUTE);
    expect(after.counts).toEqual([
      { fromMs: T0, count: 3 },
      { fromMs: T0 + MINUTE, count: 2 },
    ]);
  });

  it('is kept without signals, too', () => {
    const policy = policyOf({ scaling: undefined });
    const after = trackScaling(policy, stateOf().scaling, observe(T0, { signals: [] }), T0);
    expect(after).toMatchObject({ desired: 2, counts: [{ fromMs: T0, count: 2 }] });
  });
});
