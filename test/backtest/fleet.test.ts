// What a model fleet publishes of its minutes, and whom it counts.
import { describe, expect, it } from 'vitest';
import { createFleet, type Fleet } from '../../lib/backtest/fleet.ts';
import { createPublished } from '../../lib/backtest/published.ts';
import { MINUTE_MS, START_MS, settings } from './traces.ts';

function fleetOf(initial: number, bootSeconds: number): Fleet {
  const world = settings({ bootSeconds, metricDelaySeconds: 0, min: 0 });
  return createFleet(world, initial, START_MS, () => undefined);
}

/** One minute at this demand; `change`: what is desired from its beginning on. */
function live(fleet: Fleet, demand: number, change?: number): void {
  fleet.begin(demand);
  if (change !== undefined) fleet.setDesired(change);
  fleet.advance(fleet.nowMs + MINUTE_MS);
  fleet.end();
}

describe('a minute of a fleet', () => {
  it('shows no more than 100 % CPU, and all of the demand', () => {
    const fleet = fleetOf(2, 0);
    live(fleet, 1.5);
    live(fleet, 3);
    expect(fleet.lastMinutes(2)).toMatchObject([
      { cpu: 75, offered: 1.5 },
      { cpu: 100, offered: 3 },
    ]);
  });

  it('has the mean of those in service over its time, not those at its end', () => {
    const fleet = fleetOf(1, 45);
    live(fleet, 1, 5);
    // 100 % of one for 45 s, 20 % of five for 15 s.
    expect(fleet.lastMinutes(1)).toMatchObject([{ inService: 2, cpu: 80 }]);
    expect(fleet.inService()).toBe(5);
  });

  it('is not published when nobody was in service', () => {
    const fleet = fleetOf(0, 90);
    live(fleet, 1, 2);
    expect(fleet.lastMinutes(9)).toEqual([]);
    live(fleet, 1);
    // Two from 90 s on: half of the second minute.
    expect(fleet.lastMinutes(9)).toEqual([{ startMs: START_MS + MINUTE_MS, cpu: 50, offered: 1, inService: 1 }]);
  });
});

it('an instance has been in service for two minutes when two minutes have passed, and not before', () => {
  const fleet = fleetOf(1, 30);
  fleet.setDesired(2);
  fleet.advance(START_MS + 149_999);
  expect(fleet.inServiceFor(120)).toBe(1);
  fleet.advance(START_MS + 150_000);
  expect(fleet.inServiceFor(120)).toBe(2);
});

describe('published minutes', () => {
  const TWO_WEEKS = 14 * 24 * 60;
  const WEEKS = 5 * TWO_WEEKS;
  const minute = (index: number) => ({ startMs: index * MINUTE_MS, cpu: 0, offered: 0, inService: 1 });
  const indexes = (minutes: readonly { startMs: number }[]) => minutes.map(({ startMs }) => startMs / MINUTE_MS);

  it.each([true, false])('are the right ones after ten weeks, asked for all along: %s', (isAsked) => {
    const published = createPublished(60);
    const wrong: number[] = [];
    for (let index = 0; index < WEEKS; index += 1) {
      // At the end of a minute, and with a minute of delay: the newest is the one before, whether or not it is pushed yet.
      const newest = () => indexes(published.last(1, (index + 1) * MINUTE_MS)).at(0) ?? -1;
      if (isAsked && newest() !== index - 1) wrong.push(index);
      published.push(minute(index));
      if (isAsked && newest() !== index - 1) wrong.push(index);
    }
    expect(wrong).toEqual([]);
    const newest = WEEKS - 2;
    expect(indexes(published.last(3, WEEKS * MINUTE_MS))).toEqual([newest - 2, newest - 1, newest]);
    expect(indexes(published.last(2, (WEEKS + 1) * MINUTE_MS))).toEqual([newest, newest + 1]);
  });

  it('stay for two weeks, and not for ever', () => {
    const published = createPublished(60);
    const counts: number[] = [];
    for (let index = 0; index < WEEKS; index += 1) {
      published.push(minute(index));
      // Around each time at which old ones may go, for they go by whole weeks.
      if (index >= TWO_WEEKS && (index + 2) % TWO_WEEKS < 4)
        counts.push(published.last(Infinity, (index + 2) * MINUTE_MS).length);
    }
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(TWO_WEEKS);
    expect(Math.max(...counts)).toBeLessThan(2 * TWO_WEEKS);
  });
});
