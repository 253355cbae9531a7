import { describe, expect, it } from 'vitest';
import { drillOn, groupUnder, homeOf, type LiveDrill } from '../../lib/core/live-drill.ts';
import { change, groupIn, policyOf, T0 } from './builders.ts';

const WEB = policyOf();
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
    expect(drillOn(drill, WEB, T0 - 5001)).toBeNull();
    expect(drillOn(drill, WEB, T0 - 5000)).toBe(drill);
    expect(drillOn(drill, WEB, T0 + 299_999)).toBe(drill);
    expect(drillOn(drill, WEB, T0 + 300_000)).toBeNull();
  });

  it('is none for a policy that was edited meanwhile to name another home, or none', () => {
    expect(drillOn(null, WEB, T0)).toBeNull();
    expect(drillOn({ ...drill, service: 'api' }, WEB, T0)).toBeNull();
    expect(drillOn(drill, change(WEB, { failover: { primary: { targetGroup: 'other' } } }), T0)).toBeNull();
    expect(drillOn(drill, change(WEB, { failover: { primary: { region: 'eu-west-1' } } }), T0)).toBeNull();
    expect(drillOn(drill, policyOf({ failover: undefined, health: undefined }), T0)).toBeNull();
  });

  it('makes the named target fail by a reason of its own', () => {
    expect(groupUnder(drill, groupIn('healthy', 'healthy')).targets).toMatchObject([
      { key: 'i-1:80', state: 'unhealthy', reason: 'Evenkeel.LiveDrill' },
      { key: 'i-2:80', state: 'healthy' },
    ]);
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
