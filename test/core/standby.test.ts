/** How large the standby's group is, and to whom its size belongs. */
import { describe, expect, test } from 'vitest';
import type { FleetView, ServiceState } from '../../lib/core/model.ts';
import {
  actionsOf,
  dnsOf,
  fleetOf,
  instance,
  missing,
  observe,
  policyOf,
  type Round,
  round,
  SECOND,
  stateOf,
  type World,
} from './builders.ts';
import {
  AWAY,
  atHome,
  away,
  DARK,
  last,
  OUT,
  play,
  recordOf,
  START,
  said,
  standbyOf,
  times,
  WEAK,
  WEB,
} from './failover-worlds.ts';

const group = (desired: number, changes: Partial<FleetView> = {}): World => ({
  standbyFleet: { ...fleetOf(desired), name: 'exercise-standby-group', ...changes },
});
const changes = (ran: Round) =>
  actionsOf(ran.result, 'setCapacity')
    .filter((a) => a.site === 'secondary')
    .map(({ reason, from, to }) => ({ reason, from, to }));
const raised = (state: ServiceState, from: number, to: number): ServiceState => ({
  ...state,
  failover: { ...state.failover, standbyRaised: { from, to } },
});
const RAISE = { reason: 'RAISE_STANDBY', from: 1, to: 2 };
const RESTORE = { reason: 'RESTORE_STANDBY', from: 2, to: 1 };

describe('the standby is raised', () => {
  test('at the first bad round, to the capacity of the primary, while failover still counts', () => {
    const [first] = play(WEB, atHome(), [OUT]);
    expect(first?.result.actions).toMatchObject([
      {
        kind: 'setCapacity',
        site: 'secondary',
        region: 'ap-northeast-1',
        group: 'exercise-standby-group',
        from: 1,
        to: 2,
      },
    ]);
    expect(first === undefined ? '' : said(first)).toBe('WATCHING_SITE RAISE_STANDBY');
    expect(first?.state.failover.standbyRaised).toEqual({ from: 1, to: 2 });
  });

  test('in the first round in which neither the primary nor its probe answers', () => {
    const ran = play(WEB, atHome(), [{ ...DARK, probe: missing('not-read') }, DARK]);
    expect(ran.map(changes)).toEqual([[], [RAISE]]);
  });

  test.each<[string, World]>([
    ['the primary is only out of reach', { ...DARK, probe: true }],
    ['the standby is as large already', { ...OUT, ...group(2) }],
    ['its maximum forbids it', { ...OUT, ...group(1, { maxSize: 1 }) }],
    ['its group cannot be read', { ...OUT, standbyFleet: missing() }],
    ['its group cannot be steered', { ...OUT, ...group(1, { refused: 'weighted' }) }],
    ['the record is in somebody else’s hands', { ...OUT, dns: dnsOf(20, 80) }],
  ])('not when %s', (_, world) => {
    expect(play(WEB, atHome(), times(2, world)).flatMap(changes)).toEqual([]);
  });

  test('as far as its own maximum allows', () => {
    const world = { ...WEAK, fleet: fleetOf(9), ...group(1, { maxSize: 4 }) };
    expect(changes(last(play(WEB, atHome(WEB, { fleet: fleetOf(9) }), [world])))).toEqual([{ ...RAISE, to: 4 }]);
  });

  test('once, while it is not seen yet', () => {
    expect(play(WEB, atHome(), times(3, OUT)).flatMap(changes)).toEqual([RAISE]);
  });

  test('for a move that was ordered by hand, too', () => {
    const start = { ...atHome(), orders: { move: { to: 'secondary' as const, atMs: START } } };
    const ran = play(WEB, start, [{}, { dnsChange: 'PENDING' }]);
    expect(ran.map(said)).toEqual(['ORDERED', 'MOVING RAISE_STANDBY']);
  });

  test('not on the way back', () => {
    const start = { ...away(), orders: { move: { to: 'primary' as const, atMs: AWAY } } };
    const bare = { ...start, failover: { ...start.failover, standbyRaised: null } };
    const ran = play(WEB, bare, [{ ...group(2) }, { ...group(1), dnsChange: 'PENDING' }], AWAY);
    expect(ran.map(said)).toEqual(['ORDERED', 'MOVING']);
  });
});

describe('the standby is returned', () => {
  /** Good since the start, on the primary since the start, raised from 1 to 2. */
  const home = (): ServiceState => raised(atHome(WEB, group(2)), 1, 2);
  const WAITED = 57;

  test('to its former size once the primary has been good for the whole failback wait', () => {
    const ran = play(WEB, home(), times(WAITED + 2, group(2)));
    expect(ran.map(changes).findIndex((c) => c.length > 0)).toBe(WAITED);
    expect(changes(ran[WAITED] ?? last(ran))).toEqual([RESTORE]);
    expect(last(ran).state.failover.standbyRaised).toBeNull();
  });

  test('not at once after a failback, although the primary was good for long before it', () => {
    const state = home();
    const justBack = { ...state, failover: { ...state.failover, weightsMs: START } };
    const ran = play(WEB, justBack, times(62, group(2)));
    expect(ran.map(changes).findIndex((c) => c.length > 0)).toBe(60);
  });

  test.each<[string, number, World]>([
    ['the primary is in doubt', WAITED, { ...OUT, ...group(2) }],
    ['nobody has read the primary for more than two intervals', WAITED - 2, { targets: missing(), ...group(2) }],
    [
      'instances of the standby wait for a lifecycle hook',
      WAITED,
      group(2, { instances: [instance('i-91', { lifecycle: 'Terminating:Wait' })] }),
    ],
    ['somebody else has resized it', WAITED, group(5)],
    ['its own minimum is what we raised it to', WAITED, group(2, { minSize: 2 })],
  ])('not when %s', (_, calmRounds, world) => {
    const ready = last(play(WEB, home(), times(calmRounds, group(2)))).state;
    const ran = play(WEB, ready, times(6, world), START + calmRounds * 5 * SECOND);
    expect(ran.flatMap(changes).filter((c) => c.reason === 'RESTORE_STANDBY')).toEqual([]);
  });

  // AWS refuses what is below MinSize: it was tried again in every round.
  test('no further than its own minimum allows, and to its former size once that is lowered', () => {
    const start = raised(atHome(WEB, group(4)), 1, 4);
    const ran = play(WEB, start, times(WAITED + 1, group(4, { minSize: 2 })));
    expect(changes(last(ran))).toEqual([{ ...RESTORE, from: 4, to: 2 }]);
    const held = play(WEB, start, [...times(WAITED + 3, group(4, { minSize: 4 })), group(4)]);
    expect(held.flatMap(changes)).toEqual([{ ...RESTORE, from: 4 }]);
  });

  test('not while the record points to it', () => {
    const ran = play(WEB, raised(away(WEB, group(2)), 1, 2), times(30, group(2)), AWAY);
    expect(ran.flatMap(changes)).toEqual([]);
  });
});

describe('the size that somebody else gave it', () => {
  test('is theirs: our raise is forgotten, so that the next one is a new one', () => {
    const ran = play(WEB, raised(atHome(WEB, group(2)), 1, 2), [group(1), { ...group(1), ...OUT }]);
    expect(ran[0]?.state.failover.standbyRaised).toBeNull();
    expect(changes(last(ran))).toEqual([RAISE]);
  });

  test('is not forgotten for theirs while our own raise is on its way', () => {
    const ran = play(WEB, atHome(), [OUT, {}, {}]);
    expect(ran.map((r) => r.state.failover.standbyRaised)).toEqual(times(3).map(() => ({ from: 1, to: 2 })));
  });

  test('stays when they lower it while the service runs on it', () => {
    const start = raised(away(WEB, group(2)), 1, 2);
    expect(play(WEB, start, times(5, group(1)), AWAY).flatMap(changes)).toEqual([]);
  });

  test('stays when they lower what had to be raised by nobody, because it was as large already', () => {
    const start = away(WEB, group(2));
    expect(play(WEB, start, times(5, group(1)), AWAY).flatMap(changes)).toEqual([]);
  });

  test('is raised once its own maximum allows more, though it was as large as that allowed', () => {
    const start = away(WEB, group(1, { maxSize: 1 }));
    expect(play(WEB, start, times(3, group(1)), AWAY).flatMap(changes)).toEqual([RAISE]);
  });

  test('is as it was once the record is back: what nobody raised is not returned', () => {
    const start = away(WEB, group(2));
    const home = {
      ...start,
      failover: { ...start.failover, phase: 'primary' as const, weights: { seoul: 100, tokyo: 0 } },
    };
    const ran = play(WEB, home, times(70, group(2)), AWAY);
    expect([start, home, last(ran).state].map(({ failover }) => failover.standbyMatched)).toEqual([
      true,
      true,
      undefined,
    ]);
    expect(ran.flatMap(changes)).toEqual([]);
  });

  test('is what it goes back to after we raised it from there', () => {
    const theirs = raised(atHome(WEB, group(3)), 1, 2);
    const wide = { ...WEAK, fleet: fleetOf(5), ...group(3) };
    const [first] = play(WEB, theirs, [wide]);
    expect(first?.state.failover.standbyRaised).toEqual({ from: 3, to: 5 });
  });

  test('raised again from where we left it, it still goes back to where it came from', () => {
    const ours = raised(atHome(WEB, group(2)), 1, 2);
    const [first] = play(WEB, ours, [{ ...WEAK, fleet: fleetOf(4), ...group(2) }]);
    expect(first?.state.failover.standbyRaised).toEqual({ from: 1, to: 4 });
  });
});

test('a standby without a group is never resized', () => {
  const plain = policyOf({ failover: { secondary: { autoScalingGroup: undefined } } });
  const ran = play(plain, stateOf(), times(6, { ...OUT, ...standbyOf(1), standbyFleet: undefined }));
  expect(ran.flatMap(changes)).toEqual([]);
});

test('without a known capacity of the primary there is nothing to raise it to', () => {
  const world = { ...OUT, fleet: missing() };
  const one = round(WEB, stateOf(), observe(START, { dns: recordOf(stateOf()), ...world }), START);
  expect(changes(one)).toEqual([]);
});
