/** A server that serves on several ports is one: what a site can carry is told by its servers, not by its targets. */
import { describe, expect, test } from 'vitest';
import type { Policy, TargetState, TargetView } from '../../lib/core/model.ts';
import { messageOf } from '../../lib/core/reasons.ts';
import { fleetOf, groupOf, ids, instance, missing, policyOf, target, type World } from './builders.ts';
import { AWAY, atHome, conclude, last, mainOf, play, recovering, START, said, times } from './failover-worlds.ts';

/** Each of these on two ports. */
const onTwo = (names: readonly string[], state: TargetState = 'healthy'): TargetView[] =>
  names.flatMap((id) => [target(`${id}:80`, state), target(`${id}:81`, state)]);
const onOne = (names: readonly string[]): TargetView[] => names.map((id) => target(id));
const home = (names: readonly string[]): World => ({
  fleet: fleetOf(names.length, { instances: names.map((id) => instance(id)) }),
  targets: groupOf(onTwo(names)),
});
const PLAIN = policyOf({
  fleet: { capacity: { max: 8 } },
  failover: { secondary: { autoScalingGroup: undefined } },
});
const NO_FLEET = policyOf({
  fleet: undefined,
  scaling: undefined,
  health: { onUnhealthy: 'deregister' },
  failover: { secondary: { autoScalingGroup: undefined } },
});

describe('the standby is ready', () => {
  const four = ids(4);
  const weak: World = {
    ...home(four),
    targets: groupOf([...onTwo(['i-1']), ...onTwo(['i-2', 'i-3', 'i-4'], 'unhealthy')]),
  };
  const tripped = (policy: Policy, standby: readonly TargetView[], world: World = {}) => {
    const there = { standbyFleet: undefined, standbyTargets: groupOf(standby), ...world };
    return last(play(policy, atHome(policy, { ...home(four), ...there }), times(2, { ...weak, ...there })));
  };

  test('with half of the servers of the primary, not with half as many on two ports each', () => {
    const waiting = tripped(PLAIN, onTwo(['s-1']));
    expect(said(waiting)).toBe('STANDBY_NOT_READY');
    expect(messageOf(mainOf(waiting.result))).toBe(
      'the primary is bad, but the secondary has 1 of 2 servers wanted: waiting for it',
    );
    expect(said(tripped(PLAIN, onTwo(['s-1', 's-2'])))).toBe('TRIP');
  });

  test('without a fleet in the policy as well', () => {
    const bare = { fleet: undefined, refresh: undefined };
    expect(said(tripped(NO_FLEET, onTwo(['s-1']), bare))).toBe('STANDBY_NOT_READY');
    expect(said(tripped(NO_FLEET, onTwo(['s-1', 's-2']), bare))).toBe('TRIP');
  });

  test('with a server that fails on one of its ports, for that is told by the healthy share', () => {
    expect(said(tripped(PLAIN, [...onTwo(['s-1']), target('s-2:80'), target('s-2:81', 'unhealthy')]))).toBe('TRIP');
  });

  test('with addresses in place of instances, each of which is a server', () => {
    const at = (names: readonly string[]) => ({ standbyTargets: groupOf(onTwo(names), 'ip') });
    expect(said(tripped(PLAIN, [], at(['10.0.0.1'])))).toBe('STANDBY_NOT_READY');
    expect(said(tripped(PLAIN, [], at(['10.0.0.1', '10.0.0.2'])))).toBe('TRIP');
  });

  test('by the servers that it was last seen to have, when it cannot be read', () => {
    const seen = { standbyFleet: undefined, standbyTargets: groupOf(onTwo(['s-1'])) };
    const start = atHome(PLAIN, { ...home(four), ...seen });
    expect(start.failover.secondary.lastHealthy).toBe(1);
    const ran = play(PLAIN, start, times(2, { ...weak, ...seen, standbyTargets: missing() }), START);
    expect(said(last(ran))).toBe('STANDBY_NOT_READY');
  });
});

describe('the primary has the capacity to go back to', () => {
  const DUE = AWAY + 300_000;
  const SCALED = policyOf({ fleet: { capacity: { max: 8 } } });
  const back = (servers: number, world: World) => {
    const standbyFleet = fleetOf(servers, { name: 'exercise-standby-group' });
    const standbyTargets = groupOf(onTwo(ids(servers, 's-')));
    return mainOf(conclude(SCALED, recovering(60, SCALED), { standbyFleet, standbyTargets, ...world }, DUE));
  };

  test('with as many servers as the secondary has, not with half of them on two ports each', () => {
    const decision = back(4, home(ids(2)));
    expect(decision.reason).toBe('FAILBACK_CAPACITY');
    expect(messageOf(decision)).toBe(
      'the primary has 2 healthy servers, and 4 are wanted for what the secondary carries',
    );
    expect(back(4, home(ids(4))).reason).toBe('FAILBACK');
  });

  test('although the secondary serves on two ports, and the primary on one', () => {
    expect(back(2, { targets: groupOf(onOne(ids(2))) }).reason).toBe('FAILBACK');
  });
});
