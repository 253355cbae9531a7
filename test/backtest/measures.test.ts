// Measures worked out by hand, on fleets that do as they are told.
import { describe, expect, it } from 'vitest';
import type { Driver } from '../../lib/backtest/evenkeel.ts';
import type { Run, Settings } from '../../lib/backtest/model.ts';
import { createReplay } from '../../lib/backtest/replay.ts';
import { isBetter, NO_RIVALS, verdictOf } from '../../lib/backtest/verdict.ts';
import { minutesOf, START_MS, settings } from './traces.ts';

/** Wants so much at the beginning of each minute; where it is silent, no change. */
function puppet(wants: Readonly<Record<number, number>>): Driver {
  return {
    everySeconds: 60,
    step: ({ nowMs }) => {
      const desired = wants[(nowMs - START_MS) / 60_000];
      return desired === undefined ? null : { desired, reason: `told to have ${desired}` };
    },
  };
}

interface Played {
  readonly demand: readonly (number | null)[];
  readonly wants?: Readonly<Record<number, number>>;
  readonly given?: Partial<Settings>;
  readonly constant?: number;
  readonly requestsPerInstance?: number;
}

function play({ demand, wants = {}, given = {}, constant = 1, requestsPerInstance }: Played): Record<string, Run> {
  const replay = createReplay({
    settings: settings({ targetPercent: 100, ...given }),
    ...{ bucketSeconds: 60, constant, requestsPerInstance: requestsPerInstance ?? null, baselines: [] },
    evenkeel: { title: 'a puppet', driver: puppet(wants) },
  });
  for (const minute of minutesOf(demand)) replay.push(minute);
  return Object.fromEntries(replay.end().map((run) => [run.name, run]));
}

const measuresOf = (played: Played) => (play(played).evenkeel as Run).measures;

describe('the measures', () => {
  it('count saturation, loss and cost from the request on', () => {
    // Two serve from the start; a third is asked for at minute 1 and serves from minute 3 on, when four are needed.
    const measures = measuresOf({ demand: [2, 2.5, 3, 4, 1], wants: { 1: 3, 4: 1 }, requestsPerInstance: 600 });
    expect(measures).toMatchObject({ judgedMinutes: 5, saturatedMinutes: 3, saturatedPercent: 60 });
    // Missing: 0.5, 1 and 1 instance-minutes, of a demand of 12.5.
    expect(measures.lostPercent).toBeCloseTo(20, 9);
    expect(measures.lostRequests).toBeCloseTo(2.5 * 600, 6);
    expect(measures.instanceHours).toBeCloseTo((2 + 3 + 3 + 3 + 1) / 60, 9);
    expect(measures.longestOutageSeconds).toBe(180);
    expect(measures.actionsPerDay).toBeCloseTo((2 / 5) * 1440, 9);
  });

  it('know nothing of requests that the trace does not count', () => {
    expect(measuresOf({ demand: [2] }).lostRequests).toBeNull();
  });

  it('judge no minute that the trace lacks: it costs nothing, ends an outage, and is no change of demand', () => {
    const measures = measuresOf({ demand: [1, 3, null, null, 3, 1], wants: { 3: 3 } });
    expect(measures).toMatchObject({
      judgedMinutes: 4,
      saturatedMinutes: 2,
      longestOutageSeconds: 60,
      actionsPerDay: 0,
    });
    expect(measures.instanceHours).toBeCloseTo((1 + 1 + 3 + 3) / 60, 9);
    // Of the pairs 1 to 3 and 3 to 1 demand moves in both, and supply in the second, the other way.
    expect(measures.elasticity.instability).toBe(100);
  });

  it('have demand in the denominators of both accuracies', () => {
    // Needed 4, 4, 2, 2 (rounded up) with 2 in service: two missing, two missing, none, none.
    const under = measuresOf({ demand: [2, 4, 3.5, 2], wants: {} }).elasticity;
    expect(under.accuracyUnder).toBeCloseTo((100 * (2 / 4 + 2 / 4)) / 4, 9);
    expect(under).toMatchObject({ accuracyOver: 0, timeshareUnder: 50, timeshareOver: 0 });
    // Needed 3, 1, 1, 0 with 3 in service: two idle of one needed, twice; three of none, counted as of one.
    const over = measuresOf({ demand: [3, 1, 0.2, 0] }).elasticity;
    expect(over.accuracyOver).toBeCloseTo((100 * (2 + 2 + 3)) / 4, 9);
    expect(over).toMatchObject({ accuracyUnder: 0, timeshareUnder: 0, timeshareOver: 75 });
  });

  it('call it unstable when supply and demand do not move alike', () => {
    // Needed 1, 2, 2, 1, 1; in service 1, 1, 2, 1, 1 (boot 0): unlike in the second and third minute of five.
    const { elasticity } = measuresOf({
      ...{ demand: [1, 2, 2, 1, 1], wants: { 2: 2, 3: 1 }, given: { bootSeconds: 0 } },
    });
    expect(elasticity.instability).toBe(50);
  });

  it('compare with constant capacity by the geometric mean of the four shares', () => {
    // Needed 1, 2, 3, 2. None has 2: under 1/3, over 1, a minute each. The puppet begins with 1, and has 3 from minute 3 on.
    const runs = play({ demand: [1, 2, 3, 2], wants: { 2: 3 }, given: { bootSeconds: 60 }, constant: 2 });
    const none = runs.none?.measures.elasticity;
    expect(none).toMatchObject({ timeshareUnder: 25, timeshareOver: 25, speedup: 1 });
    // Under: 1/2 and 2/3 in two minutes; over: 1/2 in one.
    const own = runs.evenkeel?.measures.elasticity;
    expect(own?.speedup).toBeCloseTo(((1 / 3 / (1 / 2 + 2 / 3)) * (1 / (1 / 2)) * (1 / 2) * (1 / 1)) ** 0.25, 9);
    expect(runs.optimum?.measures.elasticity.speedup).toBeNull();
  });

  it('compare with nothing where constant capacity was never short', () => {
    // Needed 1, 2, 3. None has 3; the puppet lacks one in the second minute, and has one too many in the third.
    const runs = play({ demand: [1, 2, 3], wants: { 1: 4 }, given: { bootSeconds: 60 }, constant: 3 });
    const [own, none] = [runs.evenkeel, runs.none].map((run) => run?.measures.elasticity);
    expect(none).toMatchObject({ accuracyUnder: 0, timeshareUnder: 0 });
    for (const share of ['accuracyUnder', 'accuracyOver', 'timeshareUnder', 'timeshareOver'] as const)
      expect(own?.[share]).toBeGreaterThan(0);
    expect(own?.speedup).toBeNull();
  });

  it('set the cost against that of the optimum', () => {
    const runs = play({ demand: [2, 2, 4, 4], wants: { 0: 4 } });
    // The optimum asks at the beginning for what is needed two minutes later, too.
    expect(runs.optimum?.measures.instanceHours).toBeCloseTo(16 / 60, 9);
    expect(runs.optimum?.measures.ofOptimumPercent).toBe(100);
    expect(runs.none?.measures.ofOptimumPercent).toBeCloseTo(25, 9);
  });

  it('take a demand of exactly n instances for one that n can serve', () => {
    expect(measuresOf({ demand: [3 * 0.1 * 10, 3 * 0.1 * 10] }).saturatedMinutes).toBe(0);
  });
});

describe('the picture', () => {
  it('shows the fewest in service of each bucket, the saturated times, and what was changed, and why', () => {
    const { picture } = play({ demand: [1, 2, 3, null, 1], wants: { 1: 3, 4: 1 }, given: { bootSeconds: 90 } })
      .evenkeel as Run;
    expect(picture.capacity).toEqual([1, 1, 1, 3, 1]);
    const at = (seconds: number): number => START_MS + seconds * 1000;
    expect(picture.saturated).toEqual([{ fromMs: at(60), toMs: at(150), saturatedMs: 90_000 }]);
    expect(picture.joinedWithinSeconds).toBe(0);
    expect(picture).toMatchObject({
      changes: 2,
      actions: [
        { atMs: at(60), from: 1, to: 3, reason: 'told to have 3' },
        { atMs: at(240), from: 3, to: 1, reason: 'told to have 1' },
      ],
    });
  });

  it('has a size that does not grow with the trace', () => {
    const demand = Array.from({ length: 20_000 }, (_, minute) => (minute % 4 < 2 ? 1 : 3));
    const wants = Object.fromEntries(demand.map((_, minute) => [minute, 1 + (minute % 2)]));
    const replay = createReplay({
      settings: settings(),
      ...{ bucketSeconds: 600, constant: 1, requestsPerInstance: null, baselines: [] },
      evenkeel: { title: '', driver: puppet(wants) },
    });
    for (const minute of minutesOf(demand)) replay.push(minute);
    const { picture, measures } = replay.end()[0] as Run;
    expect(picture.changes).toBeGreaterThan(19_000);
    expect(picture.actions).toHaveLength(500);
    expect(picture.capacity).toHaveLength(2000);
    expect(picture.saturated.length).toBeLessThanOrEqual(500);
    expect(picture.saturated[0]?.fromMs).toBe(START_MS + 120_000);
    expect(picture.saturated.at(-1)?.toMs).toBe(START_MS + 20_000 * 60_000);
    // Of joined spans it is still told how long they were saturated.
    expect(picture.joinedWithinSeconds).toBeGreaterThan(0);
    const saturatedMs = picture.saturated.reduce((sum, span) => sum + span.saturatedMs, 0);
    expect(saturatedMs).toBe(measures.saturatedMinutes * 60_000);
    for (const span of picture.saturated) expect(span.saturatedMs).toBeLessThanOrEqual(span.toMs - span.fromMs);
  });
});

describe('the verdict', () => {
  const counts = (saturatedMinutes: number, instanceHours: number) => ({ saturatedMinutes, instanceHours });

  it('calls better what is no worse on both counts and better on one', () => {
    expect(isBetter(counts(1, 10), counts(1, 11))).toBe(true);
    expect(isBetter(counts(1, 10), counts(2, 10))).toBe(true);
    expect(isBetter(counts(1, 10), counts(1, 10))).toBe(false);
    expect(isBetter(counts(1, 10), counts(2, 9))).toBe(false);
  });

  it('fails when a baseline is better, and knows no rivals in the optimum and in constant capacity', () => {
    const runs = Object.values(play({ demand: [1, 2, 3, 3], wants: { 1: 3 } }));
    expect(verdictOf(runs)).toEqual({ pass: true, better: [], worse: [] });
    const best = { ...(runs[1] as Run), name: 'best' };
    const worst = { ...best, name: 'worst', measures: { ...best.measures, ...counts(4, 99) } };
    expect(verdictOf([...runs, best, worst])).toEqual({ pass: true, better: [], worse: ['worst'] });
    const own = { ...best, name: 'evenkeel', measures: { ...best.measures, ...counts(1, 99) } };
    expect(verdictOf([own, best])).toEqual({ pass: false, better: ['best'], worse: [] });
    for (const name of NO_RIVALS) expect(verdictOf([own, { ...best, name }]).better).toEqual([]);
    expect(verdictOf([best])).toEqual({ pass: true, better: [], worse: [] });
  });
});
