import { describe, expect, it } from 'vitest';
import type { ScalingState } from '../../lib/core/model.ts';
import { trackScaling } from '../../lib/core/scaling-memory.ts';
import {
  CPU,
  datapoints,
  fleetOf,
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

describe('datapoints cover the instances that were in service until their period ended, on average over it: those', () => {
  /** What the datapoints of these minutes covered, the first beginning at T0, when so many were seen at these times. */
  const covered = (seen: readonly (readonly [secondsAfter: number, count: number])[], minutes: number) => {
    const state = seen.reduce((before, [seconds, count]) => {
      const atMs = T0 + seconds * SECOND;
      return trackScaling(WEB, before, observe(atMs, { fleet: fleetOf(count), signals: [missing()] }), atMs);
    }, stateOf().scaling);
    const nowMs = T0 + minutes * MINUTE;
    const values = Array.from({ length: minutes }, (_, index) => index + 1);
    const fleet = fleetOf(seen.at(-1)?.[1] ?? 0);
    const after = trackScaling(WEB, state, observe(nowMs, { fleet, signals: [datapoints(nowMs, ...values)] }), nowMs);
    return after.points.cpu?.map((point) => point.covered);
  };

  it('that joined in mid-minute count half, those that were there in full', () => {
    expect(
      covered(
        [
          [0, 4],
          [90, 6],
        ],
        3,
      ),
    ).toEqual([4, 5, 6]);
  });

  it('that left in mid-minute do not count: nobody says whether the average knows of them (seed 52192)', () => {
    expect(
      covered(
        [
          [0, 4],
          [95, 3],
        ],
        3,
      ),
    ).toEqual([4, 3, 3]);
  });

  it('that left count no more from the look before they were missed', () => {
    // Seen without one at 122 s, a round after it may have left: at 117 s, within the second minute.
    expect(
      covered(
        [
          [0, 4],
          [122, 3],
        ],
        3,
      ),
    ).toEqual([4, 3, 3]);
  });

  it('came and went within one minute', () => {
    // 2 for 15 s, then 6, of which 4 stayed.
    expect(
      covered(
        [
          [0, 2],
          [15, 6],
          [45, 4],
        ],
        1,
      ),
    ).toEqual([(2 * 15 + 4 * 45) / 60]);
  });

  it('left in an earlier minute of a longer period count until then', () => {
    const policy = policyOf({ scaling: { signals: [{ ...CPU, metric: { ...CPU.metric, periodSeconds: 300 } }] } });
    const seen = [
      [0, 10],
      [150, 8],
      [285, 5],
    ] as const;
    const look = (before: ScalingState, seconds: number, count: number, points: World['signals']) => {
      const atMs = T0 + seconds * SECOND;
      return trackScaling(policy, before, observe(atMs, { fleet: fleetOf(count), signals: points ?? [] }), atMs);
    };
    const state = seen.reduce((so, [seconds, count]) => look(so, seconds, count, [missing()]), stateOf().scaling);
    const after = look(state, 300, 5, [[{ startMs: T0, value: 70 }]]);
    // A look is 5 s: 10 for 145 s, 8 until the last minute, of which 5 saw the end.
    expect(after.points.cpu?.[0]?.covered).toBeCloseTo((10 * 145 + 8 * 95 + 5 * 60) / 300, 9);
  });

  it('count as they were first seen before that', () => {
    expect(
      covered(
        [
          [90, 3],
          [150, 5],
        ],
        3,
      ),
    ).toEqual([3, 3, 4]);
  });
});
