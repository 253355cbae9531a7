/** What a controller may have forgotten or taken for true: by an edit of the policy, and on old answers. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Policy } from '../../lib/core/model.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  broken,
  deregister,
  group,
  instance,
  MINUTE,
  move,
  reach,
  register,
  SECOND,
  T0,
  target,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const EJECT = FAIL + 12 * SECOND;
const deregisters = change(WEB, { health: { onUnhealthy: 'deregister' } });
const serves = (atMs: number, policy: Policy): Evidence => ({
  ...{ atMs, kind: 'serves', service: 'web', caller: 'onTick/0', policy },
});
/** Served by the other policy for a while, and by the first one again. */
const away = (atMs: number, other: Policy, first: Policy): Evidence[] => [serves(atMs, other), serves(atMs + 1, first)];
const fails = (id: string, atMs: number): Evidence => target(atMs, `${id}:80`, 'unhealthy', 'Target.Timeout');

describe('an edit to another target group and back', () => {
  const renamed = change(deregisters, { health: { targetGroup: 'renamed' } });
  const elsewhere = change(deregisters, { region: 'eu-west-1' });
  const { health: _, ...unchecked } = deregisters;

  it('starts the count of ejections anew (seeds 30499, 30686, 31508)', () => {
    const back = EJECT + 35 * SECOND;
    const first = [fails('i-a', FAIL), ...acts(EJECT, deregister('i-a')), ...acts(back, register('i-a'))];
    const again = [fails('i-a', back + 10 * SECOND), ...acts(back + 25 * SECOND, deregister('i-a'))];
    const twice = [...atRest(), ...first, ...again, ...acts(back + 60 * SECOND, register('i-a'))];
    expect(broken(twice, deregisters)).toEqual(['8-readmission']);
    for (const other of [renamed, elsewhere, unchecked as Policy])
      expect(broken([...twice, ...away(back + 5 * SECOND, other, deregisters)], deregisters)).toEqual([]);
    const same = change(deregisters, { health: { readmit: { maxSeconds: 301 } } });
    expect(broken([...twice, ...away(back + 5 * SECOND, same, deregisters)], deregisters)).toEqual(['8-readmission']);
  });

  it('makes a person’s of what was out: neither the allowance nor panic counts it (seed 31508)', () => {
    const four = [
      group(T0, 2, 'primary', 1, 20),
      ...['i-d', 'i-e'].flatMap((id) => [instance(T0, id, 'InService'), target(T0, `${id}:80`, 'healthy')]),
    ];
    const two = ['i-a', 'i-b'].flatMap((id, index) => [
      fails(id, FAIL + index * MINUTE),
      ...acts(EJECT + index * MINUTE, deregister(id)),
    ]);
    const later = EJECT + 3 * MINUTE;
    const all = [...atRest(), ...four, ...two, fails('i-d', later - 12 * SECOND), ...acts(later, deregister('i-d'))];
    expect(broken(all, deregisters)).toContain('6-allowance');
    expect(broken([...all, ...away(EJECT + 2 * MINUTE, renamed, deregisters)], deregisters)).toEqual([]);
    const none = [...all, fails('i-e', later - 12 * SECOND)];
    const lone = change(deregisters, { health: { limits: { minHealthy: 0 } } });
    expect(broken(none, lone)).toContain('7-panic');
    expect(broken([...none, ...away(EJECT + 2 * MINUTE, renamed, lone)], lone)).toEqual([]);
  });
});

describe('an edit of what is done with an ejected target', () => {
  const back = acts(EJECT + 35 * SECOND, register('i-a'));
  const ejected = [fails('i-a', FAIL), ...acts(EJECT, deregister('i-a')), ...back];

  it('has none replaced, and none waited for longer, that was only to be taken out (seeds 31200, 31212, 31398)', () => {
    expect(broken([...atRest(), ...ejected, serves(EJECT + 10 * SECOND, WEB)], deregisters)).toEqual([]);
    expect(broken([...atRest(), ...ejected], WEB)).toEqual(['8-readmission']);
  });

  it('lets one come back early that was to be replaced', () => {
    expect(broken([...atRest(), ...ejected, serves(EJECT + 10 * SECOND, deregisters)], WEB)).toEqual([]);
  });
});

const states = (atMs: number, state: 'healthy' | 'unhealthy'): Evidence[] =>
  ['i-a', 'i-b'].map((id) => target(atMs, `${id}:80`, state, state === 'healthy' ? undefined : 'Target.Timeout'));
/** The primary fails, and is healthy again 50 s later. */
const outage = (atMs: number): Evidence[] => [
  ...states(atMs, 'unhealthy'),
  ...acts(atMs + 12 * SECOND, move('secondary')),
  ...states(atMs + 50 * SECOND, 'healthy'),
];
const home = (atMs: number): Evidence[] => acts(atMs, move('primary', 'failback'));

describe('an edit to another record and back', () => {
  const first = [...outage(FAIL), ...home(FAIL + 50 * SECOND + 301 * SECOND)];
  const again = FAIL + 10 * MINUTE;
  const evidence = [...atRest(), ...first, ...outage(again), ...home(again + 50 * SECOND + 301 * SECOND)];
  const edit = (other: Policy, policy = WEB): Evidence[] => [...evidence, ...away(again - MINUTE, other, policy)];
  const renamed = change(WEB, { failover: { record: { name: 'shop.example.com' } } });
  const { failover: _, ...unmoved } = WEB;

  it('starts the relapses anew (seed 31660)', () => {
    expect(broken(evidence)).toEqual(['14-waited']);
    expect(broken(edit(renamed))).toEqual([]);
    expect(broken(edit(unmoved as Policy))).toEqual([]);
    expect(broken(edit(change(WEB, { failover: { trip: { missingRounds: 7 } } })))).toEqual(['14-waited']);
  });

  it('starts the budget of failbacks anew', () => {
    const policy = change(WEB, { failover: { limits: { failbacksPerHour: 1 } } });
    expect(broken(evidence, policy)).toEqual(['14-waited']);
    expect(broken(edit(renamed, policy), policy)).toEqual([]);
  });
});

describe('old answers when the primary heals', () => {
  const well = FAIL + 50 * SECOND;
  const old = (fromMs: number, untilMs: number): Evidence => trouble(fromMs, 'stale', untilMs);
  const lost = [reach(FAIL + 20 * SECOND, 'primary', false, false), reach(well - 10 * SECOND, 'primary', true, true)];
  const back = (seconds: number): Evidence[] => home(well + seconds * SECOND);
  const all = [...atRest(), ...outage(FAIL)];

  it('may have shown it good since it could be read again (seed 30926)', () => {
    expect(broken([...all, ...lost, ...back(291)])).toEqual(['14-waited']);
    expect(broken([...all, ...lost, old(FAIL - 5 * SECOND, well), ...back(291)])).toEqual([]);
    expect(broken([...all, ...lost, old(FAIL - 5 * SECOND, well), ...back(280)])).toEqual(['14-waited']);
  });

  it('may have shown it good all along, where it could always be read', () => {
    expect(broken([...all, old(FAIL - 5 * SECOND, well), ...back(250)])).toEqual([]);
  });

  it('excuse nothing when they showed it bad, were over before, or came afterwards', () => {
    for (const [fromMs, untilMs] of [
      [FAIL + 5 * SECOND, well + MINUTE],
      [FAIL - 20 * SECOND, well - 10 * SECOND],
      [well + 10 * SECOND, well + MINUTE],
    ] as const)
      expect(broken([...all, ...lost, old(fromMs, untilMs), ...back(291)])).toEqual(['14-waited']);
  });

  it('excuse nothing where nothing is known of what could be read', () => {
    const unseen = all.filter(({ kind }) => kind !== 'reach');
    expect(broken([...unseen, old(FAIL - 5 * SECOND, well), ...back(291)])).toContain('14-waited');
  });
});
