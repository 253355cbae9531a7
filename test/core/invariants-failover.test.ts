import { describe, expect, it } from 'vitest';
import type { InvariantName } from '../../lib/core/invariants.ts';
import type { Change, Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Policy } from '../../lib/core/model.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  audit,
  batch,
  broken,
  cycle,
  instance,
  MINUTE,
  move,
  reach,
  recorded,
  SECOND,
  saved,
  set,
  T0,
  target,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const MOVE = FAIL + 22 * SECOND;
const { failover: _failover, ...noFailover } = WEB;
const withoutFailover = noFailover as Policy;

const states = (atMs: number, state: 'healthy' | 'unhealthy'): Evidence[] =>
  ['i-a', 'i-b'].map((id) => target(atMs, `${id}:80`, state, state === 'healthy' ? undefined : 'Target.Timeout'));
const outage = [...states(FAIL + 10 * SECOND, 'unhealthy')];
const trip = (atMs = MOVE, more?: Partial<Extract<Change, { kind: 'dns' }>>): Evidence[] =>
  acts(atMs, move('secondary'), more === undefined ? undefined : { ...batch('secondary'), ...more });
const back = (atMs: number): Evidence[] => acts(atMs, move('primary', 'failback'));

describe('10: the record', () => {
  const tripped = (more: Partial<Extract<Change, { kind: 'dns' }>>): Evidence[] => [
    ...atRest(),
    ...outage,
    ...trip(MOVE, more),
  ];
  const { deleted, created } = batch('secondary');

  it('allows a change of nothing but the weights', () => {
    expect(broken([...atRest(), ...outage, ...trip()])).toEqual([]);
  });

  it('catches other names, other identifiers and sets without one', () => {
    const mail = set('seoul', 1, 'A 198.18.0.9', 'mail.example.com');
    const other = set('sydney', 1);
    const simple = set('', 1);
    for (const one of [mail, other, simple]) {
      const more = { deleted: [...deleted, one], created };
      expect(audit(tripped(more)).map(({ invariant }) => invariant)).toContain('10-weights');
    }
  });

  it('catches an UPSERT, a changed field, and a set that is not put back', () => {
    expect(broken(tripped({ others: 1 }))).toEqual(['10-weights']);
    expect(broken(tripped({ created: [set('seoul', 0, 'A 198.18.0.66'), set('tokyo', 100)] }))).toEqual(['10-weights']);
    expect(broken(tripped({ created: [set('tokyo', 100)] }))).toEqual(['10-weights']);
  });

  it('catches weights that are all zero, in what is sent and in what is recorded', () => {
    const nothing = move('secondary', 'trip', { seoul: 0, tokyo: 0 });
    const sent = acts(MOVE, nothing, { ...batch('secondary'), created: [set('seoul', 0), set('tokyo', 0)] });
    expect(broken([...atRest(), ...outage, ...sent])).toContain('10-weights');
    const unweighted = { ...set('seoul', 0), weight: undefined };
    const none = acts(MOVE, move('secondary', 'trip', {}), { ...batch('secondary'), created: [unweighted] });
    expect(broken([...atRest(), ...outage, ...none])).toContain('10-weights');
    const zero = recorded(MOVE + 500, 0, 0);
    const inOrder = [...atRest(), ...outage, ...trip()];
    const before = inOrder.findIndex(({ kind }) => kind === 'write');
    expect(broken([...inOrder.slice(0, before), zero, ...inOrder.slice(before)])).toEqual(['10-weights']);
    const unrecorded = inOrder.filter(({ kind }) => kind !== 'recorded');
    expect(broken(unrecorded)).toContain('10-weights');
  });

  it('catches a move over weights that somebody else has set, unless it is ordered', () => {
    const ours = (seoul: number, tokyo: number): Evidence => {
      const one = saved(T0 + SECOND, []) as Extract<Evidence, { kind: 'saved' }>;
      const failover = { ...one.state.failover, weights: { seoul, tokyo } };
      return { ...one, state: { ...one.state, failover } };
    };
    const moved = (cause: 'trip' | 'order', own: Evidence): InvariantName[] => {
      const state = (own as Extract<Evidence, { kind: 'saved' }>).state.failover;
      const cycle = acts(MOVE, move('secondary', cause)).map((one) =>
        one.kind === 'saved' ? { ...one, state: { ...one.state, failover: state } } : one,
      );
      return broken([...atRest(), ...outage, own, ...cycle]);
    };
    expect(moved('trip', ours(100, 0))).toEqual([]);
    expect(moved('trip', ours(0, 100))).toEqual(['10-weights']);
    expect(moved('order', ours(0, 100))).toEqual([]);
  });

  it('spells names as the record does, whatever their case and last dot', () => {
    const spelled = (sets: typeof created) => sets.map((one) => ({ ...one, name: 'WWW.example.com.' }));
    expect(broken(tripped({ deleted: spelled(deleted), created: spelled(created) }))).toEqual([]);
  });
});

describe('13: compare and swap', () => {
  it('catches a batch that took effect although it deleted other weights than were recorded', () => {
    const person = recorded(MOVE - SECOND, 50, 50);
    expect(broken([...atRest(), ...outage, person, ...trip()])).toEqual(['13-compare-and-swap']);
  });
});

describe('11: the evidence for a move', () => {
  it('catches a move to a site that is not good, or was not for its rounds', () => {
    const bad = target(T0 + 10 * SECOND, 'i-c:80', 'unhealthy', 'Target.Timeout', 'secondary');
    const good = target(MOVE - 2 * SECOND, 'i-c:80', 'healthy', undefined, 'secondary');
    expect(broken([...atRest(), ...outage, bad, ...trip()])).toEqual(['11-evidence']);
    expect(audit([...atRest(), ...outage, bad, good, ...trip()])).toMatchObject([
      { invariant: '11-evidence', message: 'moved to the secondary after it was good for 2.1 s' },
    ]);
  });

  it('catches a move to a site without a target', () => {
    const empty = atRest().filter((one) => !(one.kind === 'target' && one.site === 'secondary'));
    expect(broken([...empty, ...outage, ...trip()])).toEqual(['11-evidence']);
  });

  it('catches a move to a site that could not be read for two intervals', () => {
    const blind = reach(MOVE - 20 * SECOND, 'secondary', false, true);
    expect(broken([...atRest(), ...outage, blind, ...trip()])).toEqual(['11-evidence']);
    expect(broken([...atRest(), ...outage, reach(MOVE - 5 * SECOND, 'secondary', false, true), ...trip()])).toEqual([]);
  });

  it('asks nothing of a move by order', () => {
    const ordered = acts(MOVE, move('secondary', 'order'));
    expect(broken([...atRest().filter((one) => !('site' in one && one.site === 'secondary')), ...ordered])).toEqual([]);
  });
});

describe('12: missing alone', () => {
  const silent = (answering: boolean, atMs = FAIL): Evidence => reach(atMs, 'primary', false, answering);

  it('catches a trip away from a site that is well', () => {
    expect(broken([...atRest(), ...trip()])).toEqual(['12-missing']);
  });

  it('catches a trip away from a site that cannot be read but answers, or not for long enough', () => {
    const later = FAIL + 35 * SECOND;
    expect(broken([...atRest(), silent(true), ...trip(later)])).toEqual(['12-missing']);
    expect(broken([...atRest(), silent(false, later - 10 * SECOND), ...trip(later)])).toEqual(['12-missing']);
    expect(broken([...atRest(), silent(false), ...trip(later)])).toEqual([]);
  });

  it('catches a trip on a site that has failed for less than its rounds, or has recovered', () => {
    const now = states(MOVE - 2 * SECOND, 'unhealthy');
    expect(broken([...atRest(), ...now, ...trip()])).toEqual(['12-missing']);
    const recovered = states(MOVE - 6 * SECOND, 'healthy');
    expect(broken([...atRest(), ...outage, ...recovered, ...trip()])).toEqual(['12-missing']);
    const readAgain = reach(MOVE - 6 * SECOND, 'primary', true, true);
    expect(broken([...atRest(), silent(false), readAgain, ...trip()])).toEqual(['12-missing']);
  });

  it('catches a trip on a bad site that could not be seen to be bad', () => {
    expect(broken([...atRest(), ...outage, silent(true, MOVE - 6 * SECOND), ...trip()])).toEqual(['12-missing']);
  });

  it('judges the way back by the same rule', () => {
    const away = [...atRest(), ...outage, ...trip()];
    const home = acts(MOVE + 10 * MINUTE, move('primary'));
    expect(broken([...away, ...states(MOVE + MINUTE, 'healthy'), ...home])).toEqual(['12-missing']);
    const lost = target(MOVE + 9 * MINUTE, 'i-c:80', 'unhealthy', 'Target.Timeout', 'secondary');
    expect(broken([...away, ...states(MOVE + MINUTE, 'healthy'), lost, ...home])).toEqual([]);
  });
});

describe('14: the wait before a failback', () => {
  const away = [...atRest(), ...outage, ...trip()];
  const well = MOVE + MINUTE;
  const healed = [...away, ...states(well, 'healthy')];

  it('catches a failback before the wait is over, or to a site that was never good', () => {
    expect(broken([...healed, ...back(well + 200 * SECOND)])).toEqual(['14-waited']);
    expect(broken([...healed, ...back(well + 301 * SECOND)])).toEqual([]);
    const empty = atRest().filter((one) => !(one.kind === 'target' && one.site === 'primary'));
    expect(broken([...empty, ...acts(MOVE, move('secondary', 'order')), ...back(MOVE + 400 * SECOND)])).toEqual([
      '11-evidence',
      '14-waited',
      '16-moved',
    ]);
  });

  it('catches a failback where failback is manual', () => {
    const manual = change(WEB, { failover: { failback: { mode: 'manual' } } });
    expect(broken([...healed, ...back(well + 301 * SECOND)], manual)).toEqual(['14-waited']);
  });

  it('doubles the wait with a relapse, and forgets it after an hour', () => {
    const home = well + 301 * SECOND;
    const relapse = (atMs: number): Evidence[] => [
      ...states(atMs, 'unhealthy'),
      ...trip(atMs + 12 * SECOND),
      ...states(atMs + MINUTE, 'healthy'),
    ];
    const soon = [...healed, ...back(home), ...relapse(home + 5 * MINUTE)];
    expect(broken([...soon, ...back(home + 6 * MINUTE + 301 * SECOND)])).toEqual(['14-waited']);
    expect(broken([...soon, ...back(home + 6 * MINUTE + 601 * SECOND)])).toEqual([]);
    const late = home + 90 * MINUTE;
    expect(broken([...healed, ...back(home), ...relapse(late), ...back(late + MINUTE + 301 * SECOND)])).toEqual([]);
  });

  it('catches more failbacks than an hour has budget for', () => {
    const one = change(WEB, { failover: { limits: { failbacksPerHour: 1 } } });
    const home = well + 301 * SECOND;
    const ordered = acts(home + MINUTE, move('secondary', 'order'));
    expect(broken([...healed, ...back(home), ...ordered, ...back(home + 10 * MINUTE)], one)).toEqual(['14-waited']);
  });
});

describe('16: a move that is due', () => {
  const rounds = (fromMs: number, toMs: number): Evidence[] =>
    Array.from({ length: Math.floor((toMs - fromMs) / 5000) }, (_, index) => cycle(fromMs + index * 5000));
  const lost = [...atRest(), ...outage];
  const long = rounds(FAIL, FAIL + 4 * MINUTE);
  const moved = recorded(FAIL + 80 * SECOND, 0, 100, 'served');

  it('catches a lost site that is not left although the other is good', () => {
    expect(audit([...lost, ...long])).toMatchObject([{ invariant: '16-moved' }]);
    expect(broken([...lost, ...long, moved])).toEqual([]);
  });

  it('catches it as well when the site cannot be read and does not answer', () => {
    const silent = reach(FAIL, 'primary', false, false);
    expect(broken([...atRest(), silent, ...long])).toEqual(['16-moved']);
    expect(broken([...atRest(), reach(FAIL, 'primary', false, true), ...long])).toEqual([]);
    const { probe: _, ...unprobed } = WEB.failover?.primary ?? { setIdentifier: '', region: '', targetGroup: '' };
    const blind = { ...WEB, failover: { ...WEB.failover, primary: unprobed } } as Policy;
    expect(broken([...atRest(), silent, ...long], blind)).toEqual([]);
  });

  it('catches it on the secondary too', () => {
    const there = [
      recorded(T0 + 1, 0, 100, 'served'),
      target(FAIL, 'i-c:80', 'unhealthy', 'Target.Timeout', 'secondary'),
    ];
    expect(broken([...atRest(), ...there, ...long])).toEqual(['16-moved']);
  });

  it.each([
    ['the mode is observe', change(WEB, { mode: 'observe' }), []],
    ['nothing is below the threshold', change(WEB, { failover: { trip: { healthyPercentBelow: 0 } } }), []],
    ['all writes are frozen', WEB, [{ atMs: FAIL, kind: 'frozen', frozen: true }]],
    ['the service is held', WEB, [saved(FAIL, [], { hold: { atMs: FAIL } })]],
    ['the service is parked', WEB, [saved(FAIL, [], { capacity: { capacity: 0, untilMs: null } })]],
    ['a person set the weights', WEB, [trouble(FAIL, 'record')]],
    ['the functions were in trouble', WEB, [trouble(FAIL, 'functions', FAIL + 3 * MINUTE)]],
    ['readings were in trouble', WEB, [trouble(FAIL, 'readings', FAIL + 3 * MINUTE)]],
    ['the other is bad', WEB, [target(FAIL, 'i-c:80', 'unhealthy', 'Target.Timeout', 'secondary')]],
    ['the other cannot be read', WEB, [reach(FAIL, 'secondary', false, true)]],
    ['one target is healthy', WEB, [instance(FAIL, 'i-d', 'InService'), target(FAIL, 'i-d:80', 'healthy')]],
  ] as [string, Policy, Evidence[]][])('asks for no move while %s', (_, policy, against) => {
    expect(broken([...lost, ...against, ...long], policy)).toEqual([]);
  });

  it('asks for nothing where nothing is known, or there is no failover', () => {
    expect(broken([...long])).toEqual([]);
    expect(broken([...lost, ...long], withoutFailover)).toEqual([]);
    expect(broken([...lost, ...trip(), ...long], withoutFailover)).toEqual([]);
    expect(broken([...lost.filter(({ kind }) => kind !== 'reach' && kind !== 'served'), ...long])).toEqual([]);
  });

  it('asks again once the controller has moved weights that a person had set', () => {
    const person = trouble(T0 + SECOND, 'record');
    const moves = [...trip(), recorded(MOVE + MINUTE, 0, 100, 'served')];
    const then = target(MOVE + 2 * MINUTE, 'i-c:80', 'unhealthy', 'Target.Timeout', 'secondary');
    const all = [...lost, person, ...moves, ...states(MOVE + 90 * SECOND, 'healthy'), then];
    expect(broken([...all, ...rounds(MOVE + 2 * MINUTE, MOVE + 6 * MINUTE)])).toEqual(['16-moved']);
  });
});
