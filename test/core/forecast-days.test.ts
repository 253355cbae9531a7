import { describe, expect, it } from 'vitest';
import { foresee } from '../../lib/core/forecast.ts';
import type { ForecastPolicy, ServiceState } from '../../lib/core/model.ts';
import {
  datapoints,
  fleetOf,
  groupOf,
  ids,
  MINUTE,
  policyOf,
  rounds,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';
import { curveOf, memoryOf, PROVED } from './forecast-scene.ts';
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

describe('a rise at midnight', () => {
  // T0 is a Monday noon.
  const midnight = T0 + 12 * HOUR;
  const nowMs = midnight - 5 * MINUTE;
  const isAfter = (atMs: number): boolean => (((atMs - midnight) % DAY) + DAY) % DAY < 3 * HOUR;

  /** What is said five minutes before it, of a load that was learnt for so many days. */
  function said(days: number): string | undefined {
    const season = curveOf('weekly', nowMs - days * DAY, nowMs, (atMs) => (isAfter(atMs) ? 2 : 1));
    const forecast: ForecastPolicy = { leadSeconds: 900, trend: false, season: 'weekly', overloadCostMinutes: 0 };
    const { scaling } = policyOf({ scaling: { forecast } });
    if (scaling === undefined) throw new Error('needs a policy that scales');
    const state = {
      ...stateOf().scaling,
      points: { cpu: [{ startMs: nowMs - MINUTE, value: 80, covered: 4 }] },
      forecast: { cpu: memoryOf({ season, seasonSkill: PROVED }) },
    };
    return foresee(scaling, state, 4, nowMs)?.says;
  }

  it('is of the day that is foretold, not of the one that is nearly over', () => {
    expect(said(7)).toBe("199 % of target in 6 min from the usual Tuesday's shape");
  });

  it('is of the day before that, while last week is not known', () => {
    expect(said(2)).toBe('199 % of target in 6 min from the shape of the day before');
  });
});
