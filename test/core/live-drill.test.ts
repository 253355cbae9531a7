import { describe, expect, it } from 'vitest';
import { drillOn, groupUnder, homeOf, isHealthyToAws, isSpared, type LiveDrill } from '../../lib/core/live-drill.ts';
import { change, groupIn, policyOf, stateOf, T0 } from './builders.ts';

const WEB = policyOf();
const STATE = stateOf();
const drill: LiveDrill = {
  id: 'web/1',
  service: 'web',
  scenario: 'server-stops',
  region: 'ap-northeast-2',
  targetGroup: 'exercise-target-group',
  targets: ['i-1:80'],
  startedMs: T0,
  untilMs: T0 + 300_000,
};

describe('a service’s home', () => {
  it('is its primary, or its own target group without failover, or nothing', () => {
    const home = { region: 'ap-northeast-2', targetGroup: 'exercise-target-group' };
    expect(homeOf(WEB)).toEqual(home);
    expect(homeOf(policyOf({ failover: undefined }))).toEqual(home);
    expect(homeOf(policyOf({ failover: undefined, health: undefined }))).toBeNull();
  });
});

describe('a live drill', () => {
  it('is on from its beginning, a clock that is a little behind included, until its end', () => {
    expect(drillOn(drill, WEB, STATE, T0 - 5001)).toBeNull();
    expect(drillOn(drill, WEB, STATE, T0 - 5000)).toEqual(drill);
    expect(drillOn(drill, WEB, STATE, T0 + 299_999)).toEqual(drill);
    expect(drillOn(drill, WEB, STATE, T0 + 300_000)).toBeNull();
  });

  it('is not on for a while before its end, either, if it claims to last longer than any may', () => {
    const endless = { ...drill, untilMs: T0 + 86_400_000 };
    for (const atMs of [T0, T0 + 300_000, T0 + 86_399_000]) expect(drillOn(endless, WEB, STATE, atMs)).toBeNull();
  });

  it('is over for a target that was taken out since it began, and for all once the record has left the primary', () => {
    const both = { ...drill, targets: ['i-1:80', 'i-1:8080'] };
    const out = (lastMs: number) => stateOf({ health: { history: { 'i-1:80': { times: 1, lastMs } } } });
    expect(drillOn(both, WEB, out(T0 + 10_000), T0 + 15_000)?.targets).toEqual(['i-1:8080']);
    expect(drillOn(drill, WEB, out(T0 + 10_000), T0 + 15_000)).toBeNull();
    expect(drillOn(drill, WEB, out(T0 - 10_000), T0 + 15_000)).toEqual(drill);
    expect(drillOn(drill, WEB, stateOf({ failover: { phase: 'failingOver' } }), T0 + 15_000)).toBeNull();
  });

  it('is none for a policy that was edited meanwhile to name another home, or none', () => {
    expect(drillOn(null, WEB, STATE, T0)).toBeNull();
    expect(drillOn({ ...drill, service: 'api' }, WEB, STATE, T0)).toBeNull();
    expect(drillOn(drill, change(WEB, { failover: { primary: { targetGroup: 'other' } } }), STATE, T0)).toBeNull();
    expect(drillOn(drill, change(WEB, { failover: { primary: { region: 'eu-west-1' } } }), STATE, T0)).toBeNull();
    expect(drillOn(drill, policyOf({ failover: undefined, health: undefined }), STATE, T0)).toBeNull();
  });

  it('makes the named target fail by a reason of its own', () => {
    expect(groupUnder(drill, groupIn('healthy', 'healthy')).targets).toMatchObject([
      { key: 'i-1:80', state: 'unhealthy', reason: 'Evenkeel.LiveDrill' },
      { key: 'i-2:80', state: 'healthy' },
    ]);
  });

  it('of a site says so in the reason: those targets are never taken out', () => {
    const site = { ...drill, scenario: 'targets-fail' as const, targets: ['i-1:80', 'i-2:80'] };
    const { targets } = groupUnder(site, groupIn('healthy', 'healthy'));
    expect(targets.map(({ state, reason }) => [state, reason])).toEqual(
      Array(2).fill(['unhealthy', 'Evenkeel.LiveDrill.Site']),
    );
    expect(targets.map(isSpared)).toEqual([true, true]);
    expect(targets.map(isHealthyToAws)).toEqual([true, true]);
    expect(groupUnder(drill, groupIn('healthy')).targets.map(isSpared)).toEqual([false]);
  });

  it.each(['initial', 'draining', 'unhealthy', 'unused', 'unavailable'] as const)(
    'leaves a target at %s as it is',
    (state) => {
      const group = groupIn(state, 'healthy');
      expect(groupUnder(drill, group)).toBe(group);
    },
  );

  it('that names targets which are gone changes nothing', () => {
    const group = groupIn('healthy', 'healthy');
    expect(groupUnder({ ...drill, targets: ['i-9:80'] }, group)).toBe(group);
    expect(groupUnder(null, group)).toBe(group);
  });
});
