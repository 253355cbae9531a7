// When the ways to scale are asked, and what their fleets are by then.
import { describe, expect, it } from 'vitest';
import type { Baseline, ScalerView, Settings } from '../../lib/backtest/model.ts';
import { createReplay } from '../../lib/backtest/replay.ts';
import { minutesOf, START_MS, settings } from './traces.ts';

const SILENT = { title: '', driver: { everySeconds: 60, step: () => null } };

const NAMELESS = { name: 'witness', title: '', source: '' };

/** Two minutes of boot, and as much CPU as an instance has for a target. */
function play(baseline: Baseline, demand: readonly number[], given: Partial<Settings> = {}): void {
  const replay = createReplay({
    settings: settings({ targetPercent: 100, ...given }),
    ...{ bucketSeconds: 60, constant: 1, requestsPerInstance: null, evenkeel: SILENT, baselines: [baseline] },
  });
  for (const minute of minutesOf(demand)) replay.push(minute);
  replay.end();
}

function looks(everySeconds: number, metricDelaySeconds: number) {
  const seen: [second: number, minutes: number][] = [];
  const step = ({ nowMs, lastMinutes }: ScalerView): null => {
    seen.push([(nowMs - START_MS) / 1000, lastMinutes(9).length]);
    return null;
  };
  play({ ...NAMELESS, create: () => ({ everySeconds, step }) }, [1, 1, 1], { metricDelaySeconds });
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

it('an instance that is ready at the very moment of a look serves by then', () => {
  const seen: [second: number, serving: number][] = [];
  const baseline: Baseline = {
    ...NAMELESS,
    create: () => ({
      everySeconds: 60,
      step({ nowMs, desired, inServiceFor }) {
        seen.push([(nowMs - START_MS) / 1000, inServiceFor(0)]);
        return desired === 2 ? { desired: 4, reason: '' } : null;
      },
    }),
  };
  play(baseline, [2, 2, 2, 2]);
  expect(seen).toEqual([
    [0, 2],
    [60, 2],
    [120, 4],
    [180, 4],
  ]);
});
