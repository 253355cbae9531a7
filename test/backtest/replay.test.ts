// When the ways to scale are asked, and what their fleets are by then.
import { describe, expect, it } from 'vitest';
import type { Baseline, ScalerView } from '../../lib/backtest/model.ts';
import { createReplay } from '../../lib/backtest/replay.ts';
import { minutesOf, START_MS, settings } from './traces.ts';

const SILENT = { title: '', driver: { everySeconds: 60, step: () => null } };

/** A baseline that writes down the second of each look, and what of its view `see` tells. */
function witness<Seen>(everySeconds: number, see: (view: ScalerView) => Seen) {
  const seen: [second: number, seen: Seen][] = [];
  const step = (view: ScalerView): null => {
    seen.push([(view.nowMs - START_MS) / 1000, see(view)]);
    return null;
  };
  const baseline: Baseline = {
    ...{ name: 'witness', title: '', source: '' },
    create: () => ({ everySeconds, step }),
  };
  return { baseline, seen };
}

function looks(everySeconds: number, metricDelaySeconds: number) {
  const { baseline, seen } = witness(everySeconds, ({ lastMinutes }) => lastMinutes(9).length);
  const replay = createReplay({
    ...{ settings: settings({ metricDelaySeconds }), bucketSeconds: 60, constant: 1, requestsPerInstance: null },
    ...{ evenkeel: SILENT, baselines: [baseline] },
  });
  for (const minute of minutesOf([1, 1, 1])) replay.push(minute);
  replay.end();
  return seen;
}

describe('a baseline that looks once a minute', () => {
  it.each([
    {
      delay: 0,
      seen: [
        [0, 0],
        [60, 1],
        [120, 2],
      ],
    },
    {
      delay: 60,
      seen: [
        [0, 0],
        [60, 0],
        [120, 1],
      ],
    },
    {
      delay: 30,
      seen: [
        [30, 0],
        [90, 1],
        [150, 2],
      ],
    },
    {
      delay: 61,
      seen: [
        [1, 0],
        [61, 0],
        [121, 1],
      ],
    },
    {
      delay: 119,
      seen: [
        [59, 0],
        [119, 0],
        [179, 1],
      ],
    },
  ])('reads a datapoint as soon as it can be read, $delay s after its minute', ({ delay, seen }) => {
    expect(looks(60, delay)).toEqual(seen);
  });
});

describe('a baseline that looks more often', () => {
  it('goes by its own clock', () => {
    expect(looks(30, 61)).toEqual([
      [0, 0],
      [30, 0],
      [60, 0],
      [90, 0],
      [120, 0],
      [150, 1],
    ]);
  });
});
