import { describe, expect, it } from 'vitest';
import type { Ejection, HealthState, ServiceState } from '../../lib/core/model.ts';
import { trackEjections } from '../../lib/core/targets.ts';
import { fleetOf, groupOf, instance, missing, observe, SECOND, stateOf, T0, target, type World } from './builders.ts';

function ejection(id: string, more: Partial<Ejection> = {}): Ejection {
  return { id, port: 80, atMs: T0, times: 1, replace: true, ...more };
}

describe('an ejection', () => {
  const ejected: HealthState = { ...stateOf().health, ejected: { 'i-1:80': ejection('i-1') } };
  const nextMs = T0 + 5 * SECOND;
  const left = (world: World, state: ServiceState = stateOf(), atMs = nextMs) =>
    Object.keys(trackEjections(ejected, state, observe(atMs, world)).ejected);

  it('stands while the target is not listed, or only on its way out', () => {
    expect(left({ targets: groupOf([target('i-2')]) })).toEqual(['i-1:80']);
    expect(left({ targets: groupOf([target('i-1', 'draining')]) })).toEqual(['i-1:80']);
    expect(left({ targets: groupOf([target('i-1', 'unhealthy.draining')]) })).toEqual(['i-1:80']);
  });

  it('stands while the targets cannot be read', () => {
    expect(left({ targets: missing(), fleet: fleetOf(0) })).toEqual(['i-1:80']);
  });

  it('is over when somebody registers the target again', () => {
    expect(left({ targets: groupOf([target('i-1', 'initial')]) })).toEqual([]);
    expect(left({ targets: groupOf([target('i-1')]) })).toEqual([]);
  });

  it('stands while the target is listed failing as before: that may be an answer from before it was taken out', () => {
    expect(left({ targets: groupOf([target('i-1', 'unhealthy')]) })).toEqual(['i-1:80']);
  });

  it('of a live drill stands while AWS calls the target healthy as before, and not once it begins anew (seed 21567)', () => {
    const drilled: HealthState = { ...ejected, ejected: { 'i-1:80': ejection('i-1', { drilled: true }) } };
    const standing = (world: World) => Object.keys(trackEjections(drilled, stateOf(), observe(nextMs, world)).ejected);
    expect(standing({ targets: groupOf([target('i-1')]) })).toEqual(['i-1:80']);
    expect(standing({ targets: groupOf([target('i-1', 'unhealthy')]) })).toEqual(['i-1:80']);
    expect(standing({ targets: groupOf([target('i-1', 'initial')]) })).toEqual([]);
  });

  it('is over when the target, once seen out, is listed again, failing or not', () => {
    const seen = (world: World) => trackEjections(ejected, stateOf(), observe(nextMs, world));
    const laterMs = nextMs + 5 * SECOND;
    for (const group of [groupOf([]), groupOf([target('i-1', 'draining')])]) {
      const out = seen({ targets: group });
      expect(out.ejected['i-1:80']?.seenOut).toBe(true);
      const back = observe(laterMs, { targets: groupOf([target('i-1', 'unhealthy')]) });
      expect(trackEjections(out, stateOf(), back).ejected).toEqual({});
    }
  });

  it('is not seen out by a reading from before it', () => {
    const obs = observe(T0, { targets: groupOf([]) });
    expect(trackEjections(ejected, stateOf(), obs)).toBe(ejected);
  });

  it('is not over by a reading from before it', () => {
    expect(left({ targets: groupOf([target('i-1', 'unhealthy')]), fleet: fleetOf(0) }, stateOf(), T0)).toEqual([
      'i-1:80',
    ]);
  });

  it('is not over while our own action on the target is at work', () => {
    const action = {
      id: 'web:1:1',
      region: 'ap-northeast-2',
      reason: 'EJECT' as const,
      kind: 'deregisterTarget' as const,
      targetGroup: 'exercise-target-group',
      target: { key: 'i-1:80', id: 'i-1', port: 80 },
      replace: true,
    };
    const busy = stateOf({ pending: [{ action, atMs: T0, acceptedMs: T0 }] });
    expect(left({ targets: groupOf([target('i-1')]) }, busy)).toEqual(['i-1:80']);
    const other = stateOf({
      pending: [{ action: { ...action, target: { key: 'i-2:80', id: 'i-2', port: 80 } }, atMs: T0, acceptedMs: T0 }],
    });
    expect(left({ targets: groupOf([target('i-1')]) }, other)).toEqual([]);
  });

  it('is over when its instance is gone', () => {
    const gone = { targets: groupOf([]), fleet: fleetOf(1, { instances: [instance('i-2')] }) };
    expect(left(gone)).toEqual([]);
    expect(left({ ...gone, fleet: missing() })).toEqual(['i-1:80']);
    expect(left({ ...gone, fleet: undefined })).toEqual(['i-1:80']);
  });

  it('of an address is not over because no instance has it for its id', () => {
    expect(left({ targets: groupOf([], 'ip'), fleet: fleetOf(2) })).toEqual(['i-1:80']);
  });

  it('that stands, or is none, leaves the state as it is', () => {
    const obs = observe(nextMs, { targets: groupOf([target('i-2')]) });
    const out = trackEjections(ejected, stateOf(), obs);
    expect(trackEjections(out, stateOf(), obs)).toBe(out);
    const { health } = stateOf();
    expect(trackEjections(health, stateOf(), obs)).toBe(health);
  });
});
