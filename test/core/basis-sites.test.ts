/** What is kept of the two sites, and what is told, when an edited policy names other ones. */
import { describe, expect, test } from 'vitest';
import { fitToPolicy } from '../../lib/core/basis.ts';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/core/reasons.ts';
import { initialState } from '../../lib/core/state.ts';
import { actionsOf, change, fleetOf, inArea, type Part, policyOf, stateOf, T0, type World } from './builders.ts';
import {
  AWAY,
  atHome,
  away,
  conclude,
  last,
  mainOf,
  OUT,
  play,
  recovering,
  START,
  times,
  WEB,
} from './failover-worlds.ts';

const edited = (changes: Part<Policy>): Policy => change(policyOf(), changes);
const standby = (secondary: Part<NonNullable<Policy['failover']>['secondary']>): Policy =>
  edited({ failover: { secondary } });
const groupOfTwo: World = { standbyFleet: fleetOf(2, { name: 'a-standby-group' }) };
const OTHER = standby({ autoScalingGroup: 'other-standby-group' });

/** Raised from 1 to 2, which was seen. */
const raised = (): ServiceState => last(play(WEB, atHome(), [OUT, ...times(2, groupOfTwo)])).state;
const LATER = START + 15_000;

/** The state as a version of us saved it that did not know what the sites are. */
function ofBefore(state: ServiceState): ServiceState {
  const { basis } = state;
  if (basis === undefined) return state;
  const { standby: _, sites: __, ...before } = basis;
  return { ...state, basis: { ...before, key: 'of before' } };
}

describe('a standby that we raised', () => {
  test.each<[string, Policy]>([
    ['another group', OTHER],
    ['a group of that name in another region', standby({ region: 'eu-west-1' })],
    ['no group', standby({ autoScalingGroup: undefined })],
    ['no failover', edited({ failover: undefined })],
  ])('is told of, once, when the policy names %s in its place, for nobody else returns it', (_, policy) => {
    const result = conclude(policy, raised(), groupOfTwo, LATER);
    const told = result.decisions.filter((d) => d.reason === 'LEFT_RAISED');
    expect(told.map(messageOf)).toEqual([
      'ap-northeast-1/exercise-standby-group, which the policy no longer names, stays at 2, to which we raised it from 1: resize it by hand',
    ]);
    expect(result.notices.map(({ incident }) => incident)).toContain('failover:LEFT_RAISED');
    expect(result.state.failover.standbyRaised).toBeNull();
    const next = conclude(policy, result.state, groupOfTwo, LATER + 5000);
    expect(next.decisions.map((d) => d.reason)).not.toContain('LEFT_RAISED');
  });

  test('is not taken for another one: that is never shrunk, however long the primary is good', () => {
    const ran = play(OTHER, raised(), times(70, groupOfTwo), LATER);
    expect(ran.flatMap((one) => actionsOf(one.result, 'setCapacity'))).toEqual([]);
  });

  test('or that needed no raise, tells nothing of the next one, which now carries the traffic', () => {
    const ran = play(OTHER, away(WEB, groupOfTwo), [{}], AWAY);
    expect(actionsOf(last(ran).result, 'setCapacity')).toMatchObject([{ site: 'secondary', to: 2 }]);
  });

  test('stays ours to return when only the record is another', () => {
    const policy = edited({ failover: { record: { name: 'api.example.com' } } });
    const { state, raised: left } = fitToPolicy(policy, raised());
    expect(state.failover).toMatchObject({ weights: null, standbyRaised: { from: 1, to: 2 } });
    expect(left).toBeNull();
  });

  test('is not forgotten because the version before did not note which group it was', () => {
    const { state, raised: left } = fitToPolicy(WEB, ofBefore(raised()));
    expect(state.failover).toEqual(raised().failover);
    expect(state.basis?.standby).toBe('ap-northeast-1/exercise-standby-group');
    expect(left).toBeNull();
  });

  test('and that was as before when the policy was edited is nothing to tell of', () => {
    expect(inArea(conclude(OTHER, atHome(), {}, LATER), 'failover').map((d) => d.reason)).not.toContain('LEFT_RAISED');
  });
});

describe('a change of the standby that is pending', () => {
  const base = { id: 'web:1:1', region: 'ap-northeast-1', group: 'exercise-standby-group', site: 'secondary' } as const;
  const pendingOf = (from: number, to: number, more: Part<ServiceState> = {}): ServiceState => {
    const action = { ...base, kind: 'setCapacity', reason: 'RAISE_STANDBY', from, to } as const;
    return fitToPolicy(WEB, stateOf({ pending: [{ action, atMs: T0, acceptedMs: null }], ...more })).state;
  };
  const onOther = (state: ServiceState) => fitToPolicy(OTHER, state);

  test('is nothing that the next group could confirm', () => {
    expect(onOther(pendingOf(1, 4)).state.pending).toEqual([]);
    expect(fitToPolicy(WEB, ofBefore(pendingOf(1, 4))).state.pending).toHaveLength(1);
  });

  test('may have raised it: that is told', () => {
    expect(onOther(pendingOf(1, 4)).raised).toEqual({ group: 'ap-northeast-1/exercise-standby-group', from: 1, to: 4 });
    const before = { failover: { standbyRaised: { from: 1, to: 2 } } };
    expect(onOther(pendingOf(2, 4, before)).raised).toMatchObject({ from: 1, to: 4 });
  });

  test('may not have returned it: that is told as well', () => {
    const before = { failover: { standbyRaised: { from: 1, to: 2 } } };
    expect(onOther(pendingOf(2, 1, before)).raised).toMatchObject({ from: 1, to: 2 });
    expect(onOther(pendingOf(2, 1)).raised).toBeNull();
  });
});

test('a policy that begins with failover raised nothing before', () => {
  const bare = fitToPolicy(edited({ failover: undefined }), stateOf()).state;
  const { state, raised: left } = fitToPolicy(WEB, bare);
  expect(left).toBeNull();
  expect(state.failover).toEqual(initialState('web').failover);
});

describe('what rounds have shown of a site', () => {
  const track = { good: 2, bad: 0, missing: 1, goodSinceMs: T0, lastHealthy: 2 };
  const probe = { proved: true, failingSinceMs: null };
  const settled = fitToPolicy(
    WEB,
    stateOf({ failover: { phase: 'secondary', primary: { ...track, probe }, secondary: track } }),
  ).state;
  const { primary: fresh } = initialState('web').failover;

  test('is forgotten with the target group that showed it, but not what its probe has proved', () => {
    const rebuilt = edited({ failover: { primary: { targetGroup: 'rebuilt' } } });
    const { failover } = fitToPolicy(rebuilt, settled).state;
    expect(failover).toEqual({ ...settled.failover, primary: { ...fresh, probe } });
  });

  test.each<[string, Part<NonNullable<Policy['failover']>['secondary']>]>([
    ['the region', { region: 'eu-west-1' }],
    ['the target group', { targetGroup: 'other-standby' }],
  ])('is forgotten with %s of the standby', (_, secondary) => {
    const { failover } = fitToPolicy(standby(secondary), settled).state;
    expect(failover).toEqual({ ...settled.failover, secondary: fresh });
  });

  test('is kept when only the standby’s group is another, or when the version before did not note where it was seen', () => {
    expect(fitToPolicy(OTHER, settled).state.failover).toEqual(settled.failover);
    expect(fitToPolicy(WEB, ofBefore(settled)).state.failover).toEqual(settled.failover);
  });

  test('moves nothing to a standby that no round has shown to be good, however good the one before was', () => {
    const slow = { failover: { trip: { rounds: 5 } } };
    const policy = edited(slow);
    const bad = last(play(policy, atHome(policy, {}), times(4, OUT))).state;
    const elsewhere = change(policy, { failover: { secondary: { targetGroup: 'other-standby' } } });
    const ran = play(elsewhere, bad, times(6, { ...OUT, ...groupOfTwo }), START + 20_000);
    expect(ran.map((one) => mainOf(one.result).reason)).toEqual([
      ...times(4).map(() => 'OTHER_UNKNOWN'),
      'TRIP',
      'MOVED',
    ]);
  });

  test('does not let a rebuilt primary have the traffic before its own wait is over', () => {
    const home = recovering(59);
    const rebuilt = edited({ health: { targetGroup: 'rebuilt' }, failover: { primary: { targetGroup: 'rebuilt' } } });
    const ran = play(rebuilt, home, times(62, groupOfTwo), AWAY + 59 * 5000);
    expect(ran.map((one) => mainOf(one.result).reason).indexOf('FAILBACK')).toBe(60);
  });
});
