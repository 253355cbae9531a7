import { describe, expect, it } from 'vitest';
import { emptyCurve, SLOT_MS } from '../../lib/core/curve.ts';
import type { ForecastMemory, ForecastPolicy, ServiceState, Signal } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/core/reasons.ts';
import { commit } from '../../lib/core/state.ts';
import { CPU, fleetOf, known, MINUTE, type Part, SECOND, T0 } from './builders.ts';
import { curveOf, memoryOf, PROVED } from './forecast-scene.ts';
import { concludes, decideIn, points, type Scene, scalingIn } from './scaling-scene.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Begins with the next slot, and lasts three hours. */
const inPeak = (atMs: number, noonMs: number): boolean => atMs > noonMs + 10 * MINUTE && atMs < noonMs + 3 * HOUR;

/** A week of one load, but for some hours from soon after Monday noon, in which it is `peak` times that. `T0` is a Monday noon. */
const weekWith = (peak: number): string =>
  curveOf('weekly', T0 - 7 * DAY, T0, (atMs) => (inPeak(atMs, T0 - 7 * DAY) ? peak : 1));
const MONDAYS: Partial<ForecastMemory> = { season: weekWith(1.5), seasonSkill: PROVED };

/** Four servers, with this CPU and memory, a quarter of an hour before an instance ordered now serves. */
function scene(cpu: readonly number[], memory: Partial<ForecastMemory>, more: Partial<Scene> = {}): Scene {
  const forecast: ForecastPolicy = { leadSeconds: 900, trend: true, season: 'weekly', overloadCostMinutes: 0 };
  const remembered: Part<ServiceState> = {
    scaling: { forecast: { cpu: memoryOf({ season: emptyCurve('weekly'), ...memory }) } },
  };
  return { count: 4, cpu, policy: { scaling: { forecast } }, state: remembered, ...more };
}

describe('a forecast by season', () => {
  it('orders what a Monday usually needs soon after noon, and says so', () => {
    const decision = scalingIn(scene([80], MONDAYS));
    expect(decision).toMatchObject({ reason: 'FORECAST_OUT', action: { from: 4, to: 6 } });
    expect(decision.numbers).toMatchObject({ need: 4, signal: 'cpu', foretold: 6, foretoldOf: 'cpu', wanted: 6 });
    const note = "forecast cpu 150 % of target in 11 min from the usual Monday's shape";
    expect(decision.steps?.slice(0, 3)).toEqual([
      { step: 'recommend', value: 4, note: 'cpu 80 on 4 instances' },
      { step: 'combine', value: 4, note: 'largest need: cpu' },
      { step: 'forecast', value: 6, note },
    ]);
  });

  it('is on top of the load as it is, not the load of then', () => {
    expect(concludes(scene([60], MONDAYS))).toEqual({ reason: 'FORECAST_OUT', to: 5 });
    const less = scalingIn(scene([40, 40, 40, 40, 40], MONDAYS));
    expect(less.numbers).toMatchObject({ need: 2, windowNeed: 2, foretold: 3, to: 3 });
    expect(messageOf(less)).toBe('scale in from 4 to 3: no signal needed more than 2 for 300 s');
  });

  it('asks for nothing while nothing rises', () => {
    for (const peak of [1, 0.5])
      expect(concludes(scene([80], { season: weekWith(peak), seasonSkill: PROVED })).reason).toBe('STEADY');
  });

  it('asks for nothing inside the tolerance', () => {
    expect(concludes(scene([80], { season: weekWith(1.08), seasonSkill: PROVED })).reason).toBe('STEADY');
  });

  it('is believed as far as it came true lately', () => {
    const trusted = (came: number) => concludes(scene([80], { ...MONDAYS, seasonSkill: { came, foretold: 1 } })).to;
    expect([trusted(1), trusted(0.5), trusted(0), trusted(-1)]).toEqual([6, 5, null, null]);
  });

  it('goes by yesterday while last week is not known, and by nothing without a whole day', () => {
    const since = (hours: number): string =>
      curveOf('weekly', T0 - hours * HOUR, T0, (atMs) => (inPeak(atMs, T0 - DAY) ? 1.5 : 1));
    const said = (hours: number) => scalingIn(scene([80], { season: since(hours), seasonSkill: PROVED }));
    expect(said(25)).toMatchObject({
      action: { to: 6 },
      numbers: { forecast: expect.stringMatching(/from the shape of the day before$/) },
    });
    expect(said(18).reason).toBe('STEADY');
    expect(said(24).reason).toBe('STEADY');
  });

  it('goes by the usual day where the policy asks for that', () => {
    const season = curveOf('daily', T0 - DAY, T0, (atMs) => (inPeak(atMs, T0 - DAY) ? 1.5 : 1));
    const daily = {
      policy: {
        scaling: { forecast: { leadSeconds: 900, trend: true, season: 'daily' as const, overloadCostMinutes: 0 } },
      },
    };
    const said = scalingIn(scene([80], { season, seasonSkill: PROVED }, daily));
    expect(said.numbers.forecast).toBe('150 % of target in 11 min from the shape of the last days');
    const young = curveOf('daily', T0 - 12 * HOUR, T0, () => 1);
    expect(concludes(scene([80], { season: young, seasonSkill: PROVED }, daily)).reason).toBe('STEADY');
  });

  it('goes by nothing where the curve has a hole right then', () => {
    const season = curveOf('weekly', T0 - 7 * DAY + 30 * MINUTE, T0 + 10 * MINUTE, () => 6);
    expect(concludes(scene([80], { season, seasonSkill: PROVED })).reason).toBe('STEADY');
  });

  it('goes on from the slot before where the curve has a hole now, such as before the first slot that was ever learnt', () => {
    // Whoever began on a Monday at noon knows what the next one needs, half more than what came just before.
    const season = curveOf('weekly', T0 - 7 * DAY, T0 - 10 * MINUTE, () => 6);
    const index = Math.floor(T0 / SLOT_MS) - 2;
    const slot = { index: index + 1, sum: 4, points: 1, hidden: false };
    const said = (log: number, foretold: number | null, more = 0) => {
      const before = { index: index + more, log, foretold };
      return scalingIn(scene([80], { season, seasonSkill: PROVED, slot, before }));
    };
    expect(said(Math.log(4), Math.log(4.1))).toMatchObject({
      reason: 'FORECAST_OUT',
      action: { to: 6 },
      numbers: { forecast: expect.stringMatching(/^14[678] % of target in 1 min from the usual Monday's shape/) },
    });
    // Half of what it was a week ago, and so it will be.
    expect(said(Math.log(4), Math.log(6)).reason).toBe('STEADY');
    expect([said(Math.log(4), null).reason, said(Math.log(4), Math.log(4), -1).reason]).toEqual(['STEADY', 'STEADY']);
  });

  it('never foretells more than double', () => {
    expect(concludes(scene([80], { season: weekWith(30), seasonSkill: PROVED }))).toEqual({
      reason: 'FORECAST_OUT',
      to: 8,
    });
  });
});

describe('a forecast by trend', () => {
  const rising = [60, 65, 70, 75, 80];
  const trusting: Partial<ForecastMemory> = { trendSkill: PROVED };

  it('orders what the line reaches, and says so', () => {
    const { reason, numbers } = scalingIn(scene(rising, trusting));
    expect([reason, numbers.forecast]).toEqual(['FORECAST_OUT', '197 % of target in 15 min from the trend of 5 min']);
  });

  it('is not made without a trend in the policy, without trust, without load, or of a falling load', () => {
    const off = scene(rising, trusting, {
      policy: { scaling: { forecast: { leadSeconds: 900, trend: false, season: 'none', overloadCostMinutes: 0 } } },
    });
    expect(concludes(off).reason).toBe('STEADY');
    expect(concludes(scene(rising, {})).reason).toBe('STEADY');
    expect(concludes(scene([0, 0, 0, 0, 0], trusting))).toEqual({ reason: 'SCALE_IN', to: 3 });
    expect(concludes(scene([90, 88, 86, 84, 82], trusting)).reason).toBe('STEADY');
  });

  it('is outdone by a season that foretells more, and the other way round', () => {
    const said = (peak: number) => {
      const both = { ...trusting, season: weekWith(peak), seasonSkill: PROVED };
      return scalingIn(scene(rising, both)).numbers.forecast;
    };
    expect(said(2)).toContain('Monday');
    expect(said(1.2)).toContain('trend');
  });

  it('is not made of datapoints from before an outage', () => {
    const back = { ...trusting, awayMs: T0 - 2 * MINUTE };
    expect(concludes(scene(rising, back)).reason).toBe('STEADY');
  });
});

describe('no forecast is made', () => {
  it.each<[string, Scene]>([
    ['without a fresh datapoint', scene([], MONDAYS)],
    ['right after an outage', scene([80], { ...MONDAYS, awayMs: T0 })],
    [
      'of a fleet that was empty',
      scene([80], MONDAYS, {
        state: { scaling: { forecast: { cpu: memoryOf(MONDAYS) }, points: { cpu: points(0, 80) } } },
      }),
    ],
    [
      'of a signal with steps',
      scene([60], MONDAYS, {
        policy: {
          scaling: {
            forecast: { leadSeconds: 900, trend: true, season: 'weekly', overloadCostMinutes: 0 },
            signals: [{ ...CPU, target: undefined, steps: [{ above: 70, add: 1 }] }],
          },
        },
      }),
    ],
  ])('%s', (_, one) => {
    expect(['STEADY', 'SIGNAL_MISSING']).toContain(concludes(one).reason);
  });
});

describe('a forecast keeps to the rules of scaling out', () => {
  it('waits for the cooldown, takes the largest step, and stays within the bounds without waking anybody', () => {
    const wait = { scaling: { lastScaleOutMs: T0 - 20 * SECOND, forecast: { cpu: memoryOf(MONDAYS) } } };
    expect(scalingIn(scene([80], MONDAYS, { state: wait }))).toMatchObject({
      reason: 'COOLDOWN',
      numbers: { need: 4, foretold: 6, wanted: 6, waitSeconds: 40 },
    });
    const forecast: ForecastPolicy = { leadSeconds: 900, trend: true, season: 'weekly', overloadCostMinutes: 0 };
    const step = { policy: { scaling: { forecast, scaleOut: { maxStep: 1 } } } };
    expect(concludes(scene([80], MONDAYS, step))).toEqual({ reason: 'FORECAST_OUT', to: 5 });
    const max = (most: number) =>
      scene([80], MONDAYS, { policy: { fleet: { capacity: { max: most } }, scaling: { forecast } } });
    expect(concludes(max(5))).toEqual({ reason: 'FORECAST_OUT', to: 5 });
    expect(concludes(max(4))).toEqual({ reason: 'STEADY', to: null });
    expect(decideIn(max(4)).notices).toEqual([]);
  });

  it('adds to what the signals ask for already, and is named beside them', () => {
    const message = messageOf(scalingIn(scene([100], MONDAYS)));
    expect(message).toContain('scale out from 4 to 8: cpu needs 5, forecast cpu 187 % of target in 11 min');
  });

  it('does not use up the cooldown of what is asked for: that waits only for what was asked for', () => {
    const { actions, state } = decideIn(scene([80], MONDAYS));
    const [action] = actions;
    if (action === undefined) throw new Error('nothing was ordered');
    const { lastScaleOutMs, lastChangeMs } = commit(state, action, T0).scaling;
    expect(action.reason).toBe('FORECAST_OUT');
    expect([lastScaleOutMs, lastChangeMs]).toEqual([state.scaling.lastScaleOutMs, T0]);
  });

  it('raises to the lower bound as ever, and beyond it if more is foretold', () => {
    const min = (least: number) =>
      scene([80], MONDAYS, {
        policy: {
          fleet: { capacity: { min: least } },
          scaling: { forecast: { leadSeconds: 900, trend: true, season: 'weekly', overloadCostMinutes: 0 } },
        },
      });
    expect(concludes(min(7))).toEqual({ reason: 'BELOW_MINIMUM', to: 7 });
    expect(concludes(min(5))).toEqual({ reason: 'FORECAST_OUT', to: 6 });
  });

  it('goes by the signal for which most is foretold, and leaves the step for a missing one a single step', () => {
    const requests: Signal = { ...CPU, name: 'requests', metric: { ...CPU.metric, namespace: 'Shop' } };
    const two = (cpu: number, onMissing: Signal['onMissing'], has: boolean): Scene =>
      scene([cpu], MONDAYS, {
        policy: {
          scaling: {
            signals: [CPU, { ...requests, onMissing }],
            forecast: { leadSeconds: 900, trend: true, season: 'weekly', overloadCostMinutes: 0 },
          },
        },
        state: {
          scaling: {
            points: { cpu: points(4, cpu), ...(has && { requests: points(4, 76) }) },
            forecast: { cpu: memoryOf(MONDAYS), requests: memoryOf({ ...MONDAYS, season: weekWith(1.2) }) },
          },
        },
        world: { signals: [known([]), known([])] },
      });
    expect(scalingIn(two(80, 'hold', true)).numbers.foretoldOf).toBe('cpu');
    expect(scalingIn(two(50, 'hold', true)).numbers.foretoldOf).toBe('requests');
    expect(concludes(two(80, 'hold', false))).toEqual({ reason: 'FORECAST_OUT', to: 6 });
    expect(concludes(two(80, 'scaleOut', false))).toEqual({ reason: 'SIGNAL_MISSING_OUT', to: 5 });
  });
});

describe('scaling in with a forecast', () => {
  const idle = [40, 40, 40, 40, 40];

  it('happens when the forecast agrees too', () => {
    expect(concludes(scene(idle, { season: weekWith(1), seasonSkill: PROVED }))).toEqual({ reason: 'SCALE_IN', to: 3 });
  });

  it('goes no lower than what is foretold, even where the policy would let it', () => {
    const steps = {
      policy: {
        scaling: {
          scaleIn: { maxStep: 9 },
          forecast: { leadSeconds: 900, trend: true, season: 'weekly' as const, overloadCostMinutes: 0 },
        },
      },
    };
    expect(concludes(scene(idle, MONDAYS, steps))).toEqual({ reason: 'SCALE_IN', to: 3 });
    expect(concludes(scene(idle, { season: weekWith(1), seasonSkill: PROVED }, steps)).to).toBe(2);
  });

  it('waits for what begins up to ten minutes after the lead, and says why', () => {
    const soon = {
      season: curveOf('weekly', T0 - 7 * DAY, T0, (atMs) =>
        atMs - T0 + 7 * DAY > 20 * MINUTE && atMs < T0 - 6.5 * DAY ? 2 : 1,
      ),
      seasonSkill: PROVED,
    };
    const held = scalingIn(scene(idle, soon));
    expect(held).toMatchObject({ reason: 'FORECAST_HOLD', action: null, rejected: [{ reason: 'FORECAST_HOLD' }] });
    expect(held.numbers.forecast).toBe("100 % of target in 21 min from the usual Monday's shape");
    expect(held.steps?.map(({ step }) => step)).toEqual([
      'recommend',
      'combine',
      'stabilize',
      'forecast',
      'clamp',
      'limit',
    ]);
  });

  it('is still stabilizing while the window is not complete, whatever is foretold', () => {
    expect(concludes(scene([40, 40], { ...MONDAYS, season: weekWith(2) })).reason).toBe('STABILIZING');
  });

  it('counts an order to leave an empty fleet alone as no percentage of anything', () => {
    expect(concludes(scene([80], MONDAYS, { world: { fleet: fleetOf(0, { minSize: 0 }) } })).reason).not.toBe(
      'FORECAST_HOLD',
    );
  });
});
