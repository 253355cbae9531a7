import { describe, expect, it } from 'vitest';
import { createEvenkeel, replayedPolicy, type Scaled } from '../../lib/backtest/evenkeel.ts';
import type { Change, Run, Settings } from '../../lib/backtest/model.ts';
import { createReplay } from '../../lib/backtest/replay.ts';
import { unreplayable } from '../../lib/backtest/signals.ts';
import { cpuSignal, minutesOf, policy, requestSignal, START_MS, settings } from './traces.ts';

interface Played {
  readonly demand: readonly (number | null)[];
  readonly scaled?: Scaled;
  readonly given?: Settings;
  /** `null`: the trace counts none. */
  readonly requestsPerInstance?: number | null;
}

function play({ demand, scaled = policy(), given = settings(), requestsPerInstance = 600 }: Played): Run {
  const driver = createEvenkeel(replayedPolicy(scaled, given), 5, given, requestsPerInstance);
  const replay = createReplay({
    ...{ settings: given, bucketSeconds: 60, constant: 1, requestsPerInstance, baselines: [] },
    evenkeel: { title: 'evenkeel', driver },
  });
  for (const minute of minutesOf(demand)) replay.push(minute);
  return replay.end()[0] as Run;
}

const changes = (run: Run): (readonly [second: number, from: number, to: number])[] =>
  run.picture.actions.map(({ atMs, from, to }: Change) => [(atMs - START_MS) / 1000, from, to]);

const steady = (value: number | null, minutes: number): (number | null)[] =>
  Array.from({ length: minutes }, () => value);

describe('evenkeel in a replay', () => {
  it('begins with what the first minute needs at the target, and changes nothing under steady load', () => {
    const run = play({ demand: steady(4, 60) });
    expect(run.picture.capacity).toEqual(steady(5, 60));
    expect(run.picture.changes).toBe(0);
  });

  it('scales out when the datapoint of the first minute is published, and says why', () => {
    const given = settings({ bootSeconds: 130 });
    const run = play({ demand: [...steady(4, 10), ...steady(5, 10)], given });
    // 100 % of five instances in minute 10 to 11, published 60 s later: ceil(5 / 0.8).
    expect(changes(run)).toEqual([[720, 5, 7]]);
    expect(run.picture.actions[0]?.reason).toBe('scale out from 5 to 7: cpu needs 7');
    // In service 130 s after that.
    expect(run.picture.capacity.slice(12, 17)).toEqual([5, 5, 5, 7, 7]);
  });

  it('waits for the metric as long as the world makes it', () => {
    const given = settings({ metricDelaySeconds: 180, bootSeconds: 130 });
    expect(changes(play({ demand: [...steady(4, 10), ...steady(5, 10)], given }))).toEqual([[840, 5, 7]]);
  });

  it('scales in step by step, each after a whole stabilization window', () => {
    const times = changes(play({ demand: [...steady(4, 10), ...steady(1.6, 40)] }));
    expect(times.slice(0, 3)).toEqual([
      [960, 5, 4],
      [1320, 4, 3],
      // A minute more: the load is exactly two targets, and the fourth may have carried some of it until the round after.
      [1740, 3, 2],
    ]);
    expect(times).toHaveLength(3);
  });

  it('scales nothing in while an instance warms up, as long as the settings say', () => {
    const firstIn = (warmupSeconds: number) => {
      const run = play({ demand: [...steady(4, 10), 5, ...steady(1.6, 60)], given: settings({ warmupSeconds }) });
      return changes(run).find(([, from, to]) => to < from)?.[0];
    };
    // Two more are ordered at 720 and serve at 840. Without a warm-up only the stabilization window is waited for.
    expect(firstIn(0)).toBe(1080);
    expect(firstIn(1800)).toBe(840 + 1800);
  });

  it('holds over a gap: no datapoint is no load that has gone', () => {
    const run = play({ demand: [...steady(4, 10), ...steady(null, 60), ...steady(4, 10)] });
    expect(run.picture.changes).toBe(0);
    expect(run.measures.judgedMinutes).toBe(20);
  });

  it('takes one step in a gap where the policy asks for it', () => {
    const scaled = policy([{ ...cpuSignal(), onMissing: 'scaleOut' }]);
    const run = play({ demand: [...steady(4, 10), ...steady(null, 60)], scaled });
    expect(run.picture.actions.map(({ reason }) => reason)).toEqual([
      'no fresh datapoint of cpu: one step out from 5 to 6',
    ]);
  });

  it('keeps to the bounds and the target of the settings, also where the policy only observes', () => {
    const given = settings({ min: 3, max: 6, targetPercent: 50 });
    const run = play({ demand: [...steady(2, 5), ...steady(9, 20), ...steady(0.1, 60)], given });
    expect(Math.max(...run.picture.capacity)).toBe(6);
    expect(run.picture.capacity.at(-1)).toBe(3);
    expect(run.picture.capacity[0]).toBe(4);
  });

  it('keeps the target of each of several CPU signals, and takes that of the settings for a single one', () => {
    const targets = (signals: Scaled['scaling']['signals']) =>
      replayedPolicy(policy(signals), settings({ targetPercent: 70 })).scaling.signals.map(({ target }) => target);
    expect(targets([cpuSignal(), requestSignal(480)])).toEqual([70, 480]);
    const peak = { ...cpuSignal({ statistic: 'Maximum' }), name: 'peak', target: 95 };
    expect(targets([peak, { ...cpuSignal(), target: 60 }])).toEqual([95, 60]);
  });

  it('scales by the lower of two CPU targets where all instances are equally busy', () => {
    const peak = { ...cpuSignal({ statistic: 'Maximum' }), name: 'peak', target: 95 };
    const scaled = policy([peak, { ...cpuSignal(), target: 60 }]);
    const given = settings({ targetPercent: 95, bootSeconds: 130 });
    // 4 / 0.95 begins with five; 80 % of five needs 4 / 0.6 = 6.7 at 60 %, and five at 95 %.
    expect(changes(play({ demand: steady(4, 10), scaled, given }))).toEqual([[120, 5, 7]]);
  });

  it('sees the requests that each instance in service gets', () => {
    // 600 a minute at 100 %: four instances' worth on five is 480 each.
    const scaled = policy([requestSignal(480)]);
    const run = play({ demand: [...steady(4, 10), ...steady(8, 10)], scaled, given: settings({ bootSeconds: 130 }) });
    // 960 a minute on five: requests show what CPU cannot, all of the demand at once. One step is four at most.
    expect(changes(run).slice(0, 2)).toEqual([
      [720, 5, 9],
      [780, 9, 10],
    ]);
  });

  it('takes the request target to be reached with that of the CPU where the trace counts none, and sees beyond 100 %', () => {
    const given = settings({ bootSeconds: 130 });
    const demand = [...steady(4, 10), ...steady(8, 10)];
    // Whatever the target is, eight instances' worth at 80 % need ten.
    const played = [480, 7000].map((target) =>
      changes(play({ demand, scaled: policy([requestSignal(target)]), given, requestsPerInstance: null })),
    );
    expect(played[0]?.slice(0, 2)).toEqual([
      [720, 5, 9],
      [780, 9, 10],
    ]);
    expect(played[1]).toEqual(played[0]);
  });

  it('sees periods of several minutes when they are over', () => {
    const scaled = policy([cpuSignal({ periodSeconds: 300, statistic: 'Maximum' })]);
    const run = play({ demand: [...steady(4, 12), ...steady(5, 20)], scaled });
    expect(changes(run)[0]).toEqual([960, 5, 7]);
  });
});

describe('signals', () => {
  it.each([
    [cpuSignal(), false, null],
    [cpuSignal({ statistic: 'Minimum', periodSeconds: 300 }), false, null],
    [requestSignal(100), true, null],
    [cpuSignal({ statistic: 'p99' }), true, 'expected Average, Maximum, Minimum'],
    [cpuSignal({ periodSeconds: 10 }), true, 'expected whole minutes'],
    [
      cpuSignal({ namespace: 'Shop', name: 'Orders' }),
      true,
      'signal cpu is Shop Orders, Average of 60 s; expected AWS/EC2',
    ],
    [requestSignal(100), false, null],
    [
      { ...requestSignal(100), target: undefined, steps: [{ above: 100, add: 1 }] },
      false,
      'by steps, and the trace does not count requests; expected --requests-per-instance, or a target',
    ],
  ])('can be replayed, or it is said why not: %#', (signal, countsRequests, words) => {
    const why = unreplayable(signal, countsRequests);
    if (words === null) expect(why).toBeNull();
    else expect(why).toContain(words);
  });

  it('of requests have a Sum and nothing else', () => {
    const { metric, ...rest } = requestSignal(1);
    expect(unreplayable({ ...rest, metric: { ...metric, statistic: 'Average' } }, true)).toContain('expected Sum');
  });
});
