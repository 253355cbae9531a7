import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../lib/policy/load.ts';
import { drawScript, restrict, type Script } from '../../lib/simulate/draw.ts';
import { describe as inWords, labelOf, lengthOf } from '../../lib/simulate/schedule.ts';

const SCRIPTS: readonly Script[] = Array.from({ length: 400 }, (_, seed) => drawScript(seed, 60));
const faultsOf = (scripts: readonly Script[]) => scripts.flatMap(({ faults }) => faults);

describe('a drawn script', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(drawScript(7, 60)).toEqual(SCRIPTS[7]);
    expect(drawScript(8, 60).files).not.toEqual(drawScript(7, 60).files);
  });

  test('has policies without an error, each file one', () => {
    for (const { files, policies } of SCRIPTS) {
      expect(loadPolicies(files).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(policies.map(({ service }) => `${service}.yml`)).toEqual(files.map(({ file }) => file));
    }
  });

  test('has 1 to 30 services and fleets of 1 to 60, small ones far more often', () => {
    const services = SCRIPTS.map(({ policies }) => policies.length);
    expect([Math.min(...services), Math.max(...services)]).toEqual([1, 30]);
    expect(services.filter((count) => count <= 2).length).toBeGreaterThan(services.length / 2);
    const fleets = SCRIPTS.flatMap(({ perService }) => Object.values(perService).map(({ servers }) => servers ?? 0));
    expect(Math.min(...fleets)).toBe(1);
    expect(Math.max(...fleets)).toBeGreaterThan(55);
    expect(Math.max(...fleets)).toBeLessThanOrEqual(60);
    expect(fleets.filter((count) => count <= 6).length).toBeGreaterThan(fleets.length / 2);
  });

  test('reaches into the corners of the schema', () => {
    const policies = SCRIPTS.flatMap((script) => script.policies);
    const signals = policies.flatMap(({ scaling }) => scaling?.signals ?? []);
    const some = (is: (policy: (typeof policies)[number]) => boolean): void => expect(policies.some(is)).toBe(true);
    for (const section of ['fleet', 'scaling', 'health', 'failover', 'notify'] as const) {
      some((policy) => policy[section] === undefined);
      some((policy) => policy[section] !== undefined);
    }
    for (const mode of ['enforce', 'observe'] as const) some((policy) => policy.mode === mode);
    for (const on of ['replace', 'deregister'] as const) some(({ health }) => health?.onUnhealthy === on);
    for (const mode of ['manual', 'automatic'] as const) some(({ failover }) => failover?.failback.mode === mode);
    some(({ health }) => health?.rounds.unhealthy === 1);
    some(({ health }) => (health?.check.intervalSeconds ?? 0) > 200);
    some(({ health }) => (health?.check.intervalSeconds ?? 5) < 5);
    some(({ scaling }) => (scaling?.signals.length ?? 0) > 2);
    some(({ scaling }) => scaling?.forecast !== undefined);
    expect(new Set(signals.map(({ onMissing }) => onMissing))).toEqual(new Set(['hold', 'scaleOut']));
    expect(new Set(signals.map(({ steps }) => steps === undefined))).toEqual(new Set([true, false]));
    expect(new Set(signals.map(({ metric }) => metric.statistic)).size).toBe(7);
    expect(new Set(signals.map(({ metric }) => metric.periodSeconds)).size).toBeGreaterThan(6);
  });

  test('numbers its faults in order of time, and all are over when everything heals', () => {
    for (const { faults, healSeconds } of SCRIPTS) {
      expect(faults.map(({ number }) => number)).toEqual(faults.map((_, index) => index + 1));
      for (const { atSeconds, what, end } of faults) {
        expect(atSeconds).toBeLessThan(healSeconds);
        expect(atSeconds + (end?.afterSeconds ?? 0)).toBeLessThanOrEqual(healSeconds);
        expect(atSeconds + lengthOf(what), inWords({ number: 0, atSeconds, what })).toBeLessThanOrEqual(healSeconds);
      }
    }
  });

  test('has faults of every kind', () => {
    const labels = new Set(faultsOf(SCRIPTS).map(({ what }) => labelOf(what)));
    for (const how of ['throttled', 'server-error', 'denied', 'silence', 'timeout-after-effect', 'stale', 'slow'])
      expect(labels).toContain(`api ${how}`);
    for (const how of ['duplicated', 'delayed', 'dropped', 'reordered']) expect(labels).toContain(`events ${how}`);
    for (const how of ['dark', 'late', 'shifted']) expect(labels).toContain(`metrics ${how}`);
    for (const how of ['changed', 'broken']) expect(labels).toContain(`policy ${how}`);
    for (const edit of ['capacity', 'deregister', 'weights', 'bounds', 'operator', 'record'])
      expect(labels).toContain(`person ${edit}`);
    for (const order of ['status', 'failover', 'failback', 'hold', 'release', 'freeze', 'capacity'])
      expect(labels).toContain(`order ${order}`);
    const rest = [
      'instance-dies',
      'launches-broken',
      'stress',
      'zone',
      'region',
      'zonal-shift',
      'signal',
      'pause',
      'crash',
    ];
    for (const scenario of ['server-stops', 'targets-fail']) expect(labels).toContain(`drill ${scenario}`);
    for (const moment of ['call', 'save', 'look', 'write'])
      for (const kind of ['pause', 'crash']) expect(labels).toContain(`${kind} at a ${moment}`);
    for (const kind of [...rest, 'clock', 'refresh', 'launch-hook', 'terminate-hook', 'suspend'])
      expect(labels).toContain(kind);
    for (const kind of ['protection', 'scaler', 'tick', 'deploy']) expect(labels).toContain(kind);
  });
});

describe('a part of a script', () => {
  const script = SCRIPTS.find(({ faults, policies }) => faults.length > 10 && policies.length > 2) as Script;

  test('has the faults named and no others', () => {
    expect(restrict(script, { faults: [2, 5] }).faults.map(({ number }) => number)).toEqual([2, 5]);
    expect(restrict(script, { faults: [] }).faults).toEqual([]);
    expect(restrict(script, {})).toEqual(script);
  });

  test('has the services named, and nothing that happens to others', () => {
    const part = restrict(script, { services: ['s1'] });
    expect(part.policies.map(({ service }) => service)).toEqual(['s1']);
    expect(part.traffic.every(({ service }) => service === 's1')).toBe(true);
    expect(JSON.stringify(part.faults)).not.toContain('"service":"s0"');
  });

  test('can leave the traffic as it is', () => {
    expect(restrict(script, { traffic: false }).traffic).toEqual([]);
  });
});
