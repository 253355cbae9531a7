/** Which datapoints the auditor judges a scaling in by, and how many instances each covered. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  broken,
  datapoint,
  group,
  instance,
  MINUTE,
  resize,
  SECOND,
  T0,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const AT = T0 + 20 * MINUTE;
/** A datapoint of five minutes, published so long after its end. */
const at = (startMs: number, value: number, late: number): Evidence => ({
  ...datapoint(startMs, value),
  atMs: startMs + 5 * MINUTE + late * SECOND,
});

describe('a datapoint of several minutes', () => {
  const scaleIn = acts(AT, resize(2, 1));

  it('asks nothing of a sum whose last minute is not there yet (seed 41406)', () => {
    const metric = { ...WEB.scaling?.signals[0]?.metric, statistic: 'Sum', periodSeconds: 300 };
    const signals = [{ ...WEB.scaling?.signals[0], metric }];
    const slow = change(WEB, { scaling: { signals } } as never);
    const whole = at(AT - 11 * MINUTE, 30, 60);
    const growing = at(AT - 6 * MINUTE, 80, -60);
    const next = at(AT - MINUTE, 1, -245);
    expect(broken([...atRest(), whole, growing, ...scaleIn], slow)).toEqual([]);
    expect(broken([...atRest(), whole, growing, next, ...scaleIn], slow)).toEqual(['3-scale-in']);
  });

  it('allows for an average of several minutes that was read before its last one was there (seed 5882)', () => {
    const metric = { ...WEB.scaling?.signals[0]?.metric, periodSeconds: 300 };
    const slow = change(WEB, { scaling: { signals: [{ ...WEB.scaling?.signals[0], metric }] } } as never);
    const newestMs = AT - 6 * MINUTE;
    const low = at(newestMs, 30, 10);
    expect(broken([...atRest(), low, at(newestMs, 80, 50), ...scaleIn], slow)).toEqual([]);
    expect(broken([...atRest(), at(newestMs, 80, 50), ...scaleIn], slow)).toEqual(['3-scale-in']);
    expect(broken([...atRest(), at(newestMs, 30, -120), at(newestMs, 80, 50), ...scaleIn], slow)).toEqual([
      '3-scale-in',
    ]);
  });
});

describe('what a datapoint covered', () => {
  const many = change(WEB, { fleet: { capacity: { max: 9 } }, scaling: { scaleIn: { stabilizationSeconds: 60 } } });
  const newest = AT - 3 * MINUTE;
  const three = [group(T0 + 1, 3, 'primary', 1, 9), ...acts(AT, resize(3, 2))];
  // 60 % on three servers is work for three, on two for two.
  const joined = (atMs: number): Evidence[] => [
    ...atRest(),
    ...three,
    instance(atMs, 'i-d', 'InService'),
    datapoint(newest, 60),
  ];

  it('counts an instance that joined in mid-period for the time that it was there, as rounds may have seen it', () => {
    // 75 % of a target on 3 need 3; on 2.5, as when it joined half-way, 2.
    expect(broken(joined(newest - 30 * SECOND), many)).toEqual(['3-scale-in']);
    expect(broken(joined(newest + 5 * SECOND), many)).toEqual(['3-scale-in']);
    expect(broken(joined(newest + 30 * SECOND), many)).toEqual([]);
  });

  it('counts an instance that left in mid-period for the time that it was there', () => {
    const quick = change(many, { scaling: { warmupSeconds: 1 } });
    const back = instance(newest + 70 * SECOND, 'i-d', 'InService');
    const left = (atMs: number) => [...joined(newest - 3 * MINUTE), instance(atMs, 'i-d', null), back];
    expect(broken(left(newest + 55 * SECOND), quick)).toEqual(['3-scale-in']);
    expect(broken(left(newest + 5 * SECOND), quick)).toEqual([]);
  });

  it('asks for what there is when nobody was in service', () => {
    const quick = change(many, { scaling: { warmupSeconds: 1 } });
    const back = (atMs: number): Evidence[] =>
      ['i-a', 'i-b'].flatMap((id) => [instance(newest - MINUTE, id, null), instance(atMs, id, 'InService')]);
    const calm = (atMs: number): Evidence[] => [...atRest(), ...three, ...back(atMs), datapoint(newest, 20)];
    expect(broken(calm(newest + 30 * SECOND), quick)).toEqual([]);
    expect(broken(calm(newest + 90 * SECOND), quick)).toEqual(['3-scale-in']);
  });

  it('forgives functions in trouble an older count', () => {
    const crash = trouble(newest, 'functions');
    expect(broken([...joined(newest - 30 * SECOND), crash], many)).toEqual([]);
  });
});
