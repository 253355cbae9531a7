/** What a fleet does for the room that its load needs, and what is known of what a server can carry. */
import { describe, expect, it } from 'vitest';
import { judgeOf } from '../../lib/core/forecast-memory.ts';
import type { ForecastPolicy, Room } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/core/reasons.ts';
import { roomAfter } from '../../lib/core/room.ts';
import { MINUTE, type Part, T0 } from './builders.ts';
import { JUDGE, memoryOf } from './forecast-scene.ts';
import { concludes, decideIn, policyIn, type Scene, scalingIn } from './scaling-scene.ts';

/** What is known after a single datapoint, when so many servers are wanted. */
function roomFor(servers: number): Room {
  return { ...roomAfter(undefined, 1, T0 - MINUTE, JUDGE), servers };
}

/** Four servers at this CPU, when so many are wanted. */
function scene(cpu: readonly number[], servers: number, more: Partial<ForecastPolicy> = {}): Scene {
  const forecast: Part<ForecastPolicy> = {
    ...{ leadSeconds: 180, trend: false, season: 'none', overloadCostMinutes: 10 },
    ...more,
  };
  const remembered = memoryOf({ learntMs: T0 - MINUTE, room: roomFor(servers) });
  return {
    ...{ count: 4, cpu },
    policy: { scaling: { forecast, tolerance: 0.05, scaleIn: { maxStep: 10 } } },
    state: { scaling: { forecast: { cpu: remembered } } },
  };
}

const LOW = [30, 30, 30, 30, 30];

describe('the fleet', () => {
  it('is raised for it ahead of need', () => {
    const decision = scalingIn(scene([80], 4.9));
    expect(decision).toMatchObject({ reason: 'FORECAST_OUT', action: { from: 4, to: 5 } });
    expect(messageOf(decision)).toBe(
      'scale out from 4 to 5 ahead of need: forecast cpu 4.9 servers, the room that paid off lately; no way to keep it was cheaper than another',
    );
  });

  it('is raised by as much again as the load went beyond the range of its last hour', () => {
    const at = (beyond: number) => {
      const cpu = memoryOf({ learntMs: T0 - MINUTE, room: { ...roomFor(4.2), beyond } });
      return scalingIn({ ...scene([80], 4.2), state: { scaling: { forecast: { cpu } } } });
    };
    expect(at(1.5)).toMatchObject({ reason: 'FORECAST_OUT', action: { from: 4, to: 6 } });
    expect(messageOf(at(1.5))).toContain(
      '4.2 servers, the room that paid off lately, and 1.5 as the load went beyond that of the hour before;',
    );
    // So little is not worth a word.
    expect(messageOf(at(0.04))).toContain('4.2 servers, the room that paid off lately; no way');
  });

  it('is left as it is where it has the room, within the tolerance', () => {
    expect(concludes(scene([80], 3.8))).toEqual({ reason: 'STEADY', to: null });
    expect(concludes(scene([80], 4.2)).reason).toBe('STEADY');
    expect(concludes(scene([80], 4.3)).to).toBe(5);
  });

  it('is held for it, and given back as far as it fades', () => {
    expect(concludes(scene(LOW, 3.9)).reason).toBe('FORECAST_HOLD');
    expect(concludes(scene(LOW, 2.9))).toEqual({ reason: 'SCALE_IN', to: 3 });
    expect(concludes(scene(LOW, 1))).toEqual({ reason: 'SCALE_IN', to: 2 });
  });

  it('has none where overload costs nothing, and what was learnt is forgotten with the next datapoint', () => {
    const one = scene([80], 4.9, { overloadCostMinutes: 0 });
    expect(concludes(one).reason).toBe('STEADY');
    const learnt = (overloadCostMinutes: number) => {
      const { policy } = scene([80], 4.9, { overloadCostMinutes });
      const cpu = memoryOf({ learntMs: T0 - 2 * MINUTE, room: { ...roomFor(4.9), atMs: T0 - 2 * MINUTE } });
      const state = { scaling: { forecast: { cpu } } };
      return decideIn({ ...one, ...(policy && { policy }), state }).state.scaling.forecast?.cpu?.room?.atMs;
    };
    expect([learnt(10), learnt(0)]).toEqual([T0 - MINUTE, undefined]);
  });
});

describe('what a server can carry', () => {
  const cpu = { namespace: 'AWS/EC2', name: 'CPUUtilization', statistic: 'Average', periodSeconds: 60, dimensions: {} };
  const requests = { ...cpu, namespace: 'AWS/ApplicationELB', name: 'RequestCountPerTarget', statistic: 'Sum' };
  const FORECAST: ForecastPolicy = { leadSeconds: 180, trend: false, season: 'none', overloadCostMinutes: 10 };
  const signal = (name: string, metric: typeof cpu, target?: number) =>
    ({ name, metric, target, onMissing: 'hold' }) as const;
  const scaling = policyIn({}).scaling;
  if (scaling === undefined) throw new Error('needs a policy that scales');
  const judges = (...signals: ReturnType<typeof signal>[]) =>
    signals.map((one) => judgeOf({ ...scaling, signals }, FORECAST, one, { min: 2, max: 9 }));

  it('is 100 percent of CPU, whatever the target', () => {
    expect(judges(signal('cpu', cpu, 60))).toEqual([
      {
        ...{ full: 100, target: 0.6, overloadCostMinutes: 10, least: 2, most: 9 },
        ...{ periodMs: MINUTE, lagMs: MINUTE, leadMs: 4 * MINUTE, countsStarting: true },
      },
    ]);
  });

  it('is, of requests, what goes together with that, as their target does with that of CPU', () => {
    expect(judges(signal('requests', requests, 6000), signal('cpu', cpu, 80))).toMatchObject([
      { full: 7500, target: 0.8, countsStarting: false },
      { full: 100, target: 0.8 },
    ]);
  });

  it('is not known without a CPU target', () => {
    expect(judges(signal('requests', requests, 6000))).toEqual([null]);
    expect(judges(signal('requests', requests, 6000), signal('cpu', cpu))).toEqual([null, null]);
  });

  it('makes of 4 servers with 6,000 requests each a load of 3.2 where 7,500 fill one', () => {
    const signals = [signal('requests', requests, 6000), signal('cpu', cpu, 80)];
    const one = scene([80], 4);
    const points = (value: number) => [{ startMs: T0 - MINUTE, value, covered: 4 }];
    const { state } = decideIn({
      ...one,
      policy: { scaling: { signals, forecast: FORECAST } },
      state: { scaling: { points: { requests: points(6000), cpu: points(70) }, forecast: {} } },
    });
    const { requests: asked, cpu: carried } = state.scaling.forecast ?? {};
    expect([asked?.room?.peaks[0], carried?.room?.peaks[0]]).toEqual([3.2, 2.8]);
  });
});
