/** On which site the service should be: every answer of failover, and what leads to it. */
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/core/model.ts';
import {
  dnsOf,
  fleetOf,
  groupIn,
  groupOf,
  known,
  missing,
  policyOf,
  recordSet,
  SECOND,
  stateOf,
  T0,
  target,
  type World,
} from './builders.ts';
import {
  atHome,
  conclude,
  DARK,
  last,
  mainOf,
  OUT,
  play,
  recordOf,
  STANDBY_DARK,
  STANDBY_OUT,
  START,
  said,
  standbyOf,
  times,
  WEAK,
  WEB,
} from './failover-worlds.ts';

/** A standby without a group of its own, so that a round has one failover decision. */
const PLAIN = policyOf({ failover: { secondary: { autoScalingGroup: undefined } } });
const WANTS_ALL: Policy = policyOf({
  failover: { secondary: { autoScalingGroup: undefined, minReadyPercent: 100 } },
});
const noGroup = (world: World): World => ({ standbyFleet: undefined, ...world });

describe('on the primary', () => {
  const table: [string, World[], string[], Policy?][] = [
    ['stays while it is good', times(2), ['ON_PRIMARY', 'ON_PRIMARY']],
    [
      'stays at exactly the threshold',
      times(3, { targets: groupIn('healthy', 'unhealthy') }),
      times(3).map(() => 'ON_PRIMARY'),
    ],
    ['moves after two bad rounds, not one', [OUT, OUT], ['WATCHING_SITE', 'TRIP']],
    [
      'a good round in between begins the count anew',
      [OUT, {}, OUT, OUT],
      ['WATCHING_SITE', 'ON_PRIMARY', 'WATCHING_SITE', 'TRIP'],
    ],
    ['an empty site is as bad as a failing one', times(2, { targets: groupIn() }), ['WATCHING_SITE', 'TRIP']],
    [
      'targets at initial or draining do not make a site',
      times(2, { targets: groupIn('initial', 'draining') }),
      ['WATCHING_SITE', 'TRIP'],
    ],
    [
      'a target with a reason of the load balancer itself fails nobody',
      times(2, { targets: groupOf([target('i-1'), target('i-2', 'unhealthy', { reason: 'Elb.InternalError' })]) }),
      ['ON_PRIMARY', 'ON_PRIMARY'],
    ],
    [
      'missing in between neither counts nor clears',
      [OUT, { targets: missing() }, OUT],
      ['WATCHING_SITE', 'WATCHING_SITE', 'TRIP'],
    ],
    [
      'a run of bad rounds does not outlast four missing ones',
      [OUT, ...times(4, { targets: missing() }), OUT, OUT],
      ['WATCHING_SITE', ...times(4).map(() => 'WATCHING_SITE'), 'WATCHING_SITE', 'TRIP'],
    ],
    ['six missing rounds with a failing probe', times(6, DARK), [...times(5).map(() => 'WATCHING_SITE'), 'TRIP']],
    [
      'missing alone moves nothing: its probe passes',
      times(8, { ...DARK, probe: true }),
      [...times(5).map(() => 'WATCHING_SITE'), ...times(3).map(() => 'SITE_MISSING')],
    ],
    [
      'missing alone moves nothing: nobody probed',
      times(7, { targets: missing() }),
      [...times(5).map(() => 'WATCHING_SITE'), 'SITE_MISSING', 'SITE_MISSING'],
    ],
    [
      'missing alone moves nothing: its probe fails, as it did while all was well',
      [...times(130, { probe: false }), ...times(7, DARK)],
      [
        ...times(120).map(() => 'ON_PRIMARY'),
        ...times(10).map(() => 'ON_PRIMARY PROBE_DOUBTED'),
        ...times(5).map(() => 'WATCHING_SITE PROBE_DOUBTED'),
        ...times(2).map(() => 'SITE_MISSING PROBE_DOUBTED'),
      ],
    ],
    ['a failing probe alone moves nothing', times(7, { probe: false }), times(7).map(() => 'ON_PRIMARY')],
    ['both bad: it stays', times(3, { ...OUT, ...STANDBY_OUT }), ['WATCHING_SITE', 'BOTH_BAD', 'BOTH_BAD']],
    [
      'both out of reach: it stays',
      times(6, { ...DARK, ...STANDBY_DARK }),
      [...times(5).map(() => 'WATCHING_SITE'), 'BOTH_BAD'],
    ],
    [
      'the other was good two intervals ago: that is evidence enough',
      times(2, { ...OUT, standbyTargets: missing() }),
      ['WATCHING_SITE', 'TRIP'],
    ],
    [
      'the other was good three intervals ago: it is not',
      [{ standbyTargets: missing() }, ...times(2, { ...OUT, standbyTargets: missing() })],
      ['ON_PRIMARY', 'WATCHING_SITE', 'OTHER_UNKNOWN'],
    ],
    [
      'the other has been good for one round only',
      [STANDBY_OUT, { ...OUT, ...STANDBY_OUT }, OUT, OUT],
      ['ON_PRIMARY', 'WATCHING_SITE', 'OTHER_UNKNOWN', 'TRIP'],
    ],
    [
      'bad but not lost waits for the standby to be ready',
      [...times(2, WEAK), { ...WEAK, ...standbyOf(3), standbyFleet: undefined }],
      ['WATCHING_SITE', 'STANDBY_NOT_READY', 'TRIP'],
      WANTS_ALL,
    ],
    [
      'lost moves to a standby that is too small',
      times(2, { ...OUT, fleet: fleetOf(3) }),
      ['WATCHING_SITE', 'STANDBY_SMALL'],
      WANTS_ALL,
    ],
    [
      'out of reach and not answering is lost too',
      times(6, DARK),
      [...times(5).map(() => 'WATCHING_SITE'), 'STANDBY_SMALL'],
      WANTS_ALL,
    ],
    [
      'a deployment holds the move while the site is not lost',
      times(3, { ...WEAK, refresh: true }),
      ['WATCHING_SITE', 'DEPLOYMENT', 'DEPLOYMENT'],
    ],
    [
      'a zonal shift is a deployment',
      times(2, {
        ...WEAK,
        targets: groupOf([
          target('i-1', 'healthy', { zonalShift: true }),
          target('i-2', 'unhealthy'),
          target('i-3', 'unhealthy'),
        ]),
      }),
      ['WATCHING_SITE', 'DEPLOYMENT'],
    ],
    [
      'whether a deployment runs is not known',
      times(2, { ...WEAK, refresh: missing() }),
      ['WATCHING_SITE', 'DEPLOYMENT_UNKNOWN'],
    ],
    ['a lost site moves whatever is deployed', times(2, { ...OUT, refresh: true }), ['WATCHING_SITE', 'TRIP']],
    ['the record cannot be read', times(2, { ...OUT, dns: missing('throttled') }), ['WATCHING_SITE', 'DNS_MISSING']],
    [
      'the record was read too long ago',
      times(2, { ...OUT, dns: known(dnsOf(100, 0), T0 - 300 * SECOND) }),
      ['WATCHING_SITE', 'DNS_MISSING'],
    ],
    [
      'the record is not a weighted pair',
      times(2, { ...OUT, dns: { sets: [recordSet('seoul', 100)] } }),
      ['WATCHING_SITE', 'DNS_REFUSED'],
    ],
    [
      'a record that could not be moved is said while all is well',
      [{ dns: { sets: [] } }, { dns: missing() }],
      ['DNS_REFUSED', 'DNS_MISSING'],
    ],
    [
      'weights that nobody here set: hold, whatever the sites do',
      times(3, { ...OUT, dns: dnsOf(50, 50) }),
      times(3).map(() => 'FOREIGN_DNS'),
    ],
    [
      'foreign weights that go back are forgotten',
      [{ dns: dnsOf(0, 100) }, {}, ...times(2, OUT)],
      ['FOREIGN_DNS', 'ON_PRIMARY', 'WATCHING_SITE', 'TRIP'],
    ],
  ];
  test.each(table)('%s', (_, script, expected, policy = PLAIN) => {
    const start = atHome(policy, noGroup({}));
    expect(play(policy, start, script.map(noGroup)).map(said)).toEqual(expected);
  });

  test('a readable move that is not ready says what it waits for', () => {
    const ran = play(WANTS_ALL, atHome(WANTS_ALL, noGroup({})), times(2, noGroup(WEAK)));
    expect(mainOf(last(ran).result)).toMatchObject({
      numbers: { wanted: 3, otherHealthy: 1, healthy: 1, total: 3, active: 'primary', to: 'secondary' },
      rejected: [{ option: 'move to the secondary', reason: 'STANDBY_NOT_READY' }],
    });
  });

  test('an unread standby is as large as it was when it was last seen', () => {
    const start = atHome(WANTS_ALL, noGroup(standbyOf(2)));
    const ran = play(WANTS_ALL, start, times(2, { ...OUT, standbyFleet: undefined, standbyTargets: missing() }));
    expect(said(last(ran))).toBe('TRIP');
  });
});

describe('a cycle between two rounds moves no counter', () => {
  test('and does not move the record away from a site that it reads as good', () => {
    const [, second] = play(PLAIN, atHome(PLAIN), [OUT, { ...OUT, dns: missing() }]);
    const state = second?.state ?? stateOf();
    expect(said(second ?? last([]))).toBe('DNS_MISSING');
    const between = START + 7 * SECOND;
    expect(mainOf(conclude(PLAIN, state, OUT, between)).reason).toBe('TRIP');
    expect(mainOf(conclude(PLAIN, state, {}, between)).reason).toBe('WATCHING_SITE');
  });

  test('nor to a site that it reads as bad', () => {
    const { state } = last(play(PLAIN, atHome(PLAIN), [OUT, { ...OUT, dns: missing() }]));
    const result = conclude(PLAIN, state, { ...OUT, ...STANDBY_OUT }, START + 7 * SECOND);
    expect(mainOf(result)).toMatchObject({ reason: 'BOTH_BAD', action: null });
  });
});

describe('not failover at all', () => {
  test('a parked service stays where it is', () => {
    const start = { ...atHome(), orders: { capacity: { capacity: 0, untilMs: null } } };
    expect(said(last(play(WEB, start, times(3, OUT))))).toBe('PARKED');
  });

  test('a policy without the section', () => {
    const result = conclude(policyOf({ failover: undefined }), stateOf(), OUT, T0);
    expect(mainOf(result)).toEqual({ area: 'failover', reason: 'NOT_CONFIGURED', action: null, numbers: {} });
  });
});

test('the numbers of a decision tell both sites apart', () => {
  const ran = play(PLAIN, atHome(PLAIN), [{ ...DARK, probe: true }, noGroup({ ...DARK })]);
  expect(mainOf((ran[0] ?? last(ran)).result).numbers).toMatchObject({
    healthy: null,
    total: null,
    probe: 'passes',
    missing: 1,
  });
  expect(mainOf(last(ran).result).numbers).toMatchObject({ probe: 'fails', missing: 2, missingRounds: 6, rounds: 2 });
  expect(recordOf(last(ran).state)).toEqual(dnsOf(100, 0));
});
