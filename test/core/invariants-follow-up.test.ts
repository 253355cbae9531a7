import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  broken,
  cycle,
  deregister,
  instance,
  MINUTE,
  recorded,
  register,
  replace,
  SECOND,
  saved,
  T0,
  target,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const EJECT = FAIL + 12 * SECOND;
const sick = [target(FAIL, 'i-a:80', 'unhealthy', 'Target.Timeout')];

describe('19: what becomes of an ejection', () => {
  const ejected = [...atRest(), ...sick, ...acts(EJECT, deregister('i-a'))];
  const end = EJECT + 600 * SECOND;

  it('catches a target that is left out without a word', () => {
    expect(broken(ejected, WEB, EJECT + MINUTE)).toEqual([]);
    expect(broken(ejected, WEB, end)).toContain('19-followed-up');
  });

  it('takes the notice of the ejection itself for no word that the target stays out', () => {
    const told: Evidence = { atMs: EJECT + 600, kind: 'notification', service: 'web', title: 'EJECT' };
    expect(broken([...ejected, told], WEB, end)).toContain('19-followed-up');
  });

  it('is content with a notification that it stays out, a replacement, or a readmission', () => {
    expect(
      broken(
        [...ejected, { atMs: EJECT + 600, kind: 'notification', service: 'web', title: 'REPLACE_BLOCKED' }],
        WEB,
        end,
      ),
    ).toEqual([]);
    expect(broken([...ejected, instance(EJECT + MINUTE, 'i-a', null)], WEB, end)).toEqual([]);
    const back = acts(EJECT + 310 * SECOND, register('i-a'));
    expect(broken([...ejected, ...back], WEB, end)).toEqual([]);
  });

  it('asks nothing of who got no answer, and then old ones: but of who was told that it is out', () => {
    const stale = trouble(EJECT - 1, 'stale', EJECT + MINUTE);
    const action = deregister('i-a');
    const evidence = [...atRest(), ...sick, stale, ...acts(EJECT, action)];
    const unanswered = evidence.filter(({ kind }) => kind !== 'cycle');
    expect(broken([...unanswered, cycle(EJECT + 5 * SECOND)], WEB, end)).not.toContain('19-followed-up');
    expect(broken([...unanswered, cycle(EJECT + 5 * SECOND, [action.id])], WEB, end)).toContain('19-followed-up');
  });

  it('catches that the controller has forgotten it, unless it cannot know better', () => {
    const told: Evidence = { atMs: EJECT + 600, kind: 'notification', service: 'web', title: 'REFUSED' };
    const forgotten = [...ejected, told, saved(EJECT + MINUTE, [])];
    expect(broken(forgotten, WEB, EJECT + 2 * MINUTE)).toEqual([]);
    expect(broken(forgotten, WEB, end)).toEqual(['19-followed-up']);
    expect(broken([...forgotten, trouble(EJECT + MINUTE, 'stale')], WEB, end)).toEqual(['19-followed-up']);
    expect(broken([...forgotten, trouble(EJECT + MINUTE, 'stale', end)], WEB, end)).toEqual([]);
    const unanswered = forgotten.filter(({ kind }) => kind !== 'cycle');
    expect(broken([...unanswered, trouble(EJECT + MINUTE, 'stale')], WEB, end)).toEqual([]);
    expect(broken([...forgotten, trouble(EJECT + MINUTE, 'functions', end)], WEB, end)).toEqual([]);
    expect(broken([...forgotten, { atMs: EJECT + MINUTE, kind: 'clock', offMs: 900 }], WEB, end)).toEqual([]);
    expect(broken([...forgotten, saved(EJECT + 2 * MINUTE, [register('i-a')])], WEB, end)).toEqual(['17-finished']);
    const policy = change(WEB, { health: { targetGroup: 'another' } });
    const serves = { kind: 'serves', caller: 'onTick/0', service: 'web' } as const;
    const there: Evidence = { ...serves, atMs: EJECT + MINUTE, policy };
    const back: Evidence = { ...serves, atMs: EJECT + 2 * MINUTE, policy: WEB };
    expect(broken([...forgotten, there, back], WEB, end)).toEqual([]);
    // Without a fleet nobody sees that who was replaced is gone (seed 40971).
    const { fleet: _, scaling: __, ...rest } = WEB;
    const fleetless: Evidence = { ...there, policy: rest as typeof WEB };
    expect(broken([...forgotten, fleetless], WEB, end)).toEqual(['19-followed-up']);
    const replaced = acts(EJECT + SECOND, replace('i-a'));
    expect(broken([...ejected, ...replaced, told, saved(EJECT + MINUTE, []), fleetless, back], WEB, end)).toEqual([]);
    // And AWS refuses to register what is ending (seed 1193741594), also where there is a fleet (50674, 50938, 51923).
    const ending = instance(EJECT + SECOND, 'i-a', 'Terminating');
    expect(broken([...forgotten, fleetless, ending], WEB, end)).toEqual([]);
    expect(broken([...forgotten, ending], WEB, end)).toEqual([]);
    expect(broken([...forgotten, instance(EJECT + SECOND, 'i-a', 'Standby')], WEB, end)).toContain('19-followed-up');
    // Another function serves that policy already while this one, by the first, still ejects.
    const early: Evidence = { ...there, caller: 'onTick/1', atMs: EJECT - 1 };
    const by = { ...cycle(EJECT + MINUTE), caller: 'onTick/1' } as Evidence;
    expect(
      broken(
        [...atRest(), ...sick, early, ...acts(EJECT, deregister('i-a')), told, by, saved(EJECT + MINUTE, [])],
        WEB,
        end,
      ),
    ).toEqual([]);
  });

  it('asks nothing of a policy that ejects nothing', () => {
    const { health: _, ...without } = WEB;
    expect(broken([...atRest(), recorded(T0 + 1, 100, 0)], without, end)).toEqual([]);
  });
});
