import { describe, expect, it } from 'vitest';
import { trackScaling } from '../../lib/core/scaling-memory.ts';
import { datapoints, fleetOf, MINUTE, missing, observe, policyOf, SECOND, stateOf, T0 } from './builders.ts';

const WEB = policyOf();

describe('datapoints cover the instances in service on average over their period: those', () => {
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

  it('that left count until the look before they were missed', () => {
    // Seen without one at 95 s; a round is 5 s: gone from 90 s on.
    expect(
      covered(
        [
          [0, 4],
          [95, 3],
        ],
        3,
      ),
    ).toEqual([4, 3.5, 3]);
  });

  it('came and went within one minute', () => {
    // 2 for 15 s, 6 until 40 s (seen 45 s), 4 until its end.
    expect(
      covered(
        [
          [0, 2],
          [15, 6],
          [45, 4],
        ],
        1,
      ),
    ).toEqual([(2 * 15 + 6 * 25 + 4 * 20) / 60]);
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
