import { describe, expect, it } from 'vitest';
import { INVARIANTS } from '../../lib/core/invariants.ts';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Action, Policy } from '../../lib/core/model.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  audit,
  batch,
  broken,
  cycle,
  deregister,
  group,
  instance,
  lease,
  look,
  MINUTE,
  move,
  old,
  reach,
  resize,
  SECOND,
  saved,
  T0,
  target,
  trouble,
  write,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const FAIL = T0 + MINUTE;
const EJECT = FAIL + 12 * SECOND;
const sick = [target(FAIL, 'i-a:80', 'unhealthy', 'Target.Timeout')];
const out = { kind: 'capacity', site: 'primary', to: 2 } as const;

describe('evidence of a controller that does everything right', () => {
  it('breaks no invariant', () => {
    const ejection = deregister('i-a');
    const outage = acts(EJECT, ejection);
    expect(audit([...atRest(), ...sick, ...outage, cycle(EJECT + 5 * SECOND)])).toEqual([]);
  });

  it('has a sentence for every invariant of the design, each once', () => {
    const numbers = Object.keys(INVARIANTS).map((name) => Number(name.split('-')[0]));
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});

describe('1: the gate', () => {
  const one = [group(T0, 1), instance(T0, 'i-a', 'InService')];
  const scaleOut = resize(1, 2);
  const at = T0 + MINUTE;

  it('catches a write in observe mode', () => {
    expect(broken([...one, ...acts(at, resize(1, 2))], { ...WEB, mode: 'observe' })).toContain('1-gate');
  });

  it('catches a write that no saved action asks for', () => {
    const evidence = [...one, look(at), look(at), group(at + 1, 2), write(at + 1, out)];
    expect(audit(evidence).map(({ message }) => message)).toEqual([
      'capacity by onTick/0: no action that asks for it was saved before',
    ]);
  });

  it('catches a write sent more than four seconds after the save', () => {
    const lateMs = at + 4500;
    const evidence = [look(at - 1), saved(at, [scaleOut]), look(lateMs), group(lateMs, 2), write(lateMs, out)];
    expect(audit([...one, ...evidence])).toMatchObject([
      { invariant: '1-gate', message: expect.stringMatching('0.5 s too late') },
    ]);
  });

  it('catches a gate that does not look again after the save', () => {
    const evidence = [look(at), look(at), saved(at + 100, [scaleOut]), group(at + 200, 2), write(at + 200, out)];
    expect(broken([...one, ...evidence])).toEqual(['1-gate']);
    expect(broken([...one, ...evidence.filter(({ kind }) => kind !== 'look')])).toEqual(['1-gate']);
  });

  it('catches a write although the gate saw the freeze', () => {
    const evidence = [look(at - 1), saved(at, [scaleOut]), look(at + 1, 1, true), group(at + 2, 2), write(at + 2, out)];
    expect(broken([...one, ...evidence])).toEqual(['1-gate']);
  });

  it('catches a write under an old lease', () => {
    const evidence = [look(at - 1, 1), saved(at, [scaleOut]), look(at + 1, 2), group(at + 2, 2), write(at + 2, out)];
    expect(audit([...one, ...evidence])).toMatchObject([
      { message: expect.stringMatching("epoch is 2, the writer's 1") },
    ]);
  });

  it('binds the loop’s writes to the epoch of its own lease, whatever it read since', () => {
    const round = [look(at, 2), saved(at + 1, [scaleOut]), look(at + 2, 2), group(at + 3, 2), write(at + 3, out)];
    expect(broken([...one, lease(T0, 2), ...round])).toEqual([]);
    expect(broken([...one, lease(T0, 1), ...round])).toEqual(['1-gate']);
  });

  it('asks of a write what its own gate read, not what the caller read meanwhile for others (seeds 51994, 52148) or its next round (55508, 55793)', () => {
    const others = (about: readonly string[]) => look(at + 2, 2, false, undefined, about);
    const round = [lease(T0, 1), look(at, 1), saved(at + 1, [scaleOut]), look(at + 2, 1, false, undefined, ['web'])];
    const after = [group(at + 3, 2), write(at + 3, out)];
    expect(broken([...one, ...round, others(['shop']), ...after])).toEqual([]);
    expect(broken([...one, ...round, others(['shop', 'web']), ...after])).toEqual([]);
    expect(broken([...one, ...round, others(['web']), ...after])).toEqual(['1-gate']);
  });

  it('knows no epoch before the first lease', () => {
    const round = [look(at, null), saved(at + 1, [scaleOut]), look(at + 2, null), group(at + 3, 2), write(at + 3, out)];
    expect(broken([...one, ...round])).toEqual([]);
    expect(broken([...one, ...round.slice(1)])).toEqual([]);
  });

  it('catches a write on a service that is held', () => {
    const held = saved(at, [scaleOut], { hold: { atMs: at } });
    expect(broken([...one, look(at), held, look(at + 1), group(at + 2, 2), write(at + 2, out)])).toEqual(['1-gate']);
  });

  it('catches a write that concerns no service, and evidence of one that nobody named', () => {
    const stray = write(at, { kind: 'unknown', what: 'DeleteLoadBalancer {}' }, { service: '' });
    expect(audit([...one, stray])).toMatchObject([
      { invariant: '1-gate', message: expect.stringMatching('DeleteLoadBalancer') },
    ]);
    expect(broken([{ atMs: at, kind: 'notification', service: 'other', title: 'EJECT' }])).toEqual(['1-gate']);
  });
});

describe('4: repetition', () => {
  const at = T0 + MINUTE;

  it('catches an action that is sent twice', () => {
    const evidence = acts(EJECT, deregister('i-a'));
    const sent = evidence.filter(({ kind }) => kind === 'write');
    expect(broken([...atRest(), ...sick, ...evidence, ...sent])).toContain('4-repeats');
  });

  it('takes an action that is saved again while it is awaited for one', () => {
    const action = deregister('i-a');
    const evidence = [...acts(EJECT, action), saved(EJECT + 5 * SECOND, [action]), saved(EJECT + 10 * SECOND, [])];
    expect(broken([...atRest(), ...sick, ...evidence])).toEqual([]);
  });

  it('catches an action that two cycles report as accepted', () => {
    const action = deregister('i-a');
    const evidence = [...acts(EJECT, action), cycle(EJECT + 5 * SECOND, [action.id])];
    expect(audit([...atRest(), ...sick, ...evidence])).toMatchObject([
      { invariant: '4-repeats', message: `action ${action.id} was accepted twice` },
    ]);
  });

  it('catches a capacity that was desired already, unless old answers were read', () => {
    const evidence = [...atRest(), ...acts(at, resize(1, 2))];
    expect(broken(evidence)).toEqual(['4-repeats']);
    expect(broken([...evidence, trouble(at - SECOND, 'stale', at + MINUTE)])).toEqual([]);
    expect(broken([...evidence, old(at - SECOND, 'auto-scaling', at + MINUTE)])).toEqual([]);
    expect(broken([...evidence, old(at - SECOND, 'route53', at + MINUTE)])).toEqual(['4-repeats']);
    // By a clock that is ahead, what another had saved a moment before seemed to have been given up (seed 53706).
    const clock = (offMs: number): Evidence => ({ atMs: T0, kind: 'clock', offMs });
    expect(broken([...evidence, clock(4000)])).toEqual([]);
    expect(broken([...evidence, clock(3999)])).toEqual(['4-repeats']);
  });

  it('catches weights that were recorded already, unless old answers were read', () => {
    const evidence = [...atRest(), ...acts(at, move('primary', 'order'), batch('primary'))];
    expect(broken(evidence)).toContain('4-repeats');
    expect(broken([...evidence, old(at - SECOND, 'auto-scaling', at + MINUTE)])).toContain('4-repeats');
    expect(broken([...evidence, old(at - SECOND, 'route53', at + MINUTE)])).not.toContain('4-repeats');
  });

  it('leaves writes without an effect alone', () => {
    const action = move('secondary', 'order');
    const refused = write(at + 300, batch('secondary'), { effectMs: null });
    expect(broken([...atRest(), look(at - 1), saved(at, [action]), look(at + 200), refused])).toEqual([]);
  });
});

describe('15: the pace of rounds', () => {
  const rounds = (from: number, to: number): ReturnType<typeof cycle>[] =>
    Array.from({ length: (to - from) / 5 + 1 }, (_, index) => cycle(T0 + (from + 5 * index) * SECOND));

  it('catches a hole of more than two intervals', () => {
    expect(audit([...atRest(), ...rounds(0, 200), ...rounds(210, 300)])).toEqual([]);
    expect(audit([...atRest(), ...rounds(0, 200), ...rounds(225, 300)])).toMatchObject([
      { invariant: '15-rounds-apart', message: '25 s without a round' },
    ]);
  });

  it('catches a service that has no round at all, or none any more, once the functions are well again', () => {
    const end = T0 + 400 * SECOND;
    const silent = [
      { invariant: '15-rounds-apart', message: 'no round for 250 s, and none of the functions is in trouble' },
    ];
    expect(audit(atRest(), WEB, T0 + 160 * SECOND)).toEqual([]);
    expect(audit(atRest(), WEB, end)).toMatchObject(silent);
    const crash = trouble(T0 + 201 * SECOND, 'functions');
    expect(audit([...atRest(), ...rounds(0, 200), crash], WEB, T0 + 360 * SECOND)).toEqual([]);
    expect(audit([...atRest(), ...rounds(0, 200), crash], WEB, T0 + 601 * SECOND)).toMatchObject(silent);
    expect(audit([...atRest(), trouble(T0, 'functions', end)], WEB, end)).toEqual([]);
    expect(audit([...atRest(), { atMs: T0, kind: 'clock', offMs: 900 }], WEB, end)).toEqual([]);
  });

  it('forgives it while the functions themselves are in trouble, and for two ticks after', () => {
    const hole = [...atRest(), ...rounds(0, 200), ...rounds(260, 300)];
    expect(audit([...hole, trouble(T0 + 201 * SECOND, 'functions', T0 + 240 * SECOND)])).toEqual([]);
  });
});

describe('17: what was begun', () => {
  const at = T0 + MINUTE;
  const evidence = [...atRest(), look(at), saved(at, [deregister('i-a')])];
  const later = at + 160 * SECOND;

  it('catches an action that is still open after two ticks', () => {
    expect(broken([...evidence, cycle(at + 100 * SECOND)])).toEqual([]);
    expect(broken([...evidence, cycle(later)])).toEqual(['17-finished']);
  });

  it('lets an action wait whose part of the policy is gone: nobody looks at it (seed 1269101927)', () => {
    const open = (action: Action, policy: Policy) =>
      broken([...atRest(), look(at), saved(at, [action]), cycle(later)], policy).includes('17-finished');
    const bare = { ...WEB, failover: undefined };
    const empty = change(WEB, { failover: { secondary: { autoScalingGroup: undefined } } });
    expect([WEB, empty, bare].map((policy) => open(resize(2, 3, 'secondary'), policy))).toEqual([true, false, false]);
    expect([WEB, empty, bare].map((policy) => open(move('secondary'), policy))).toEqual([true, true, false]);
    expect(open(resize(2, 1), bare)).toBe(true);
    expect(open(resize(2, 1), { ...WEB, fleet: undefined })).toBe(false);
    expect(open(deregister('i-a'), { ...bare, fleet: undefined })).toBe(true);
  });

  it('forgives it while a site cannot be read, or something is in trouble', () => {
    expect(broken([...evidence, reach(at, 'primary', false, false), cycle(later)])).not.toContain('17-finished');
    const back = [reach(at, 'primary', false, false), reach(at + 100 * SECOND, 'primary', true, true)];
    expect(broken([...evidence, ...back, cycle(later)])).not.toContain('17-finished');
    expect(broken([...evidence, trouble(at, 'functions', later), cycle(later)])).toEqual([]);
    expect(broken([...evidence, trouble(at, 'readings', later), cycle(later)])).toEqual([]);
    const longBack = [reach(T0 + 1, 'primary', false, false), reach(T0 + 2, 'primary', true, true)];
    expect(broken([...evidence, ...longBack, cycle(later)])).toEqual(['17-finished']);
  });

  it('says it once, not in every round', () => {
    expect(audit([...evidence, cycle(later), cycle(later + 5 * SECOND)])).toHaveLength(1);
  });
});
