import { describe, expect, it } from 'vitest';
import type { ForecastPolicy, ServiceState } from '../../lib/core/model.ts';
import { datapoints, fleetOf, groupOf, ids, MINUTE, rounds, stateOf, T0, target, type World } from './builders.ts';
import { policyIn } from './scaling-scene.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a load that doubles every morning', () => {
  const NIGHT = 2.4;
  const morning = 9 * HOUR;
  const isDay = (atMs: number): boolean => atMs % DAY >= morning && atMs % DAY < 17 * HOUR;
  /** Servers' worth of load at its target. */
  const loadAt = (atMs: number): number => (isDay(atMs) ? 2 * NIGHT : NIGHT);

  /** What is desired, minute by minute, from a midnight on; whatever is ordered serves from the next minute on. */
  function play(season: ForecastPolicy['season'], days: number): readonly number[] {
    const forecast: ForecastPolicy = { leadSeconds: 900, trend: false, season, overloadCostMinutes: 0 };
    const policy = policyIn({ policy: { scaling: { forecast, scaleIn: { maxStep: 9 } } } });
    const world = (_: number, atMs: number, { scaling }: ServiceState): World => {
      const count = scaling.desired ?? 3;
      const targets = groupOf(ids(count).map((id) => target(id)));
      const served = scaling.counts.at(-1)?.count ?? count;
      const value = (80 * loadAt(atMs - MINUTE)) / served;
      return { fleet: fleetOf(count), targets, signals: [datapoints(atMs, value)] };
    };
    const ran = rounds(policy, stateOf(), days * 1440, world, Math.floor(T0 / DAY) * DAY, MINUTE);
    return ran.map(({ state }) => state.scaling.desired ?? 0);
  }

  it('is met by servers that were ordered before, from the third morning on; without a season, after', () => {
    const [learning, never] = [play('daily', 3), play('none', 3)];
    const at = (ran: readonly number[], day: number): number => ran[(day * DAY + morning) / MINUTE - 1] ?? 0;
    expect([0, 1, 2].map((day) => at(never, day))).toEqual([3, 3, 3]);
    expect([at(learning, 0), at(learning, 2)]).toEqual([3, 5]);
    expect(Math.max(...learning)).toBe(5);
    expect(learning[2 * 1440 + 480]).toBe(3);
  });
});
