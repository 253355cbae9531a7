/** What the checkers take into account: who serves by which policy, how right the clocks are, what is steady. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import type { Policy, SiteName } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  audit,
  broken,
  cycle,
  datapoint,
  deregister,
  MINUTE,
  move,
  park,
  reach,
  recorded,
  resize,
  SECOND,
  saved,
  serves,
  T0,
  target,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const AT = T0 + 20 * MINUTE;
const names = (found: readonly { readonly invariant: string }[]) => found.map(({ invariant }) => invariant);
const clock = (atMs: number, offMs: number): Evidence => ({ atMs, kind: 'clock', offMs });

describe('a policy that changes', () => {
  const wide = change(WEB, { fleet: { capacity: { max: 2 } } });
  const narrow = change(WEB, { fleet: { capacity: { max: 1 } } });
  const grow = acts(AT, resize(1, 2));

  it('binds whoever serves by it, and nobody else', () => {
    const began = [...atRest(), serves(T0, wide), serves(T0 + 1, narrow, 'onTick/1')];
    expect(broken([...began, ...grow])).not.toContain('2-bounds');
    const others = grow.map((one) => ('caller' in one ? { ...one, caller: 'onTick/1' } : one));
    expect(broken([...began, ...others])).toContain('2-bounds');
  });

  it('may have had shorter rounds, whose counters still stand, and longer ones', () => {
    const slow = change(WEB, { health: { check: { intervalSeconds: 60 } } });
    const ill = target(AT - 6 * SECOND, 'i-a:80', 'unhealthy', 'Target.Timeout');
    const ejected = [ill, ...acts(AT, deregister('i-a'))];
    expect(broken([...atRest(), ...ejected])).toEqual([]);
    expect(broken([...atRest(), ...ejected], slow)).toContain('5-rounds');
    expect(broken([...atRest(), serves(AT - MINUTE, slow), ...ejected])).toEqual([]);
    const apart = [...atRest(), cycle(AT), cycle(AT + 100 * SECOND)];
    expect(names(audit(apart))).toEqual(['15-rounds-apart']);
    expect(names(audit([...apart, serves(T0, slow)]))).toEqual([]);
  });
});

describe('a policy that comes to name what is not there', () => {
  const elsewhere = change(WEB, { failover: { primary: { targetGroup: 'renamed' } } });
  const away = [reach(AT - MINUTE, 'primary', true, false), ...acts(AT, move('secondary'))];

  it('leaves only the probe to tell whether the site is lost', () => {
    expect(broken([...atRest(), ...away])).toContain('12-missing');
    expect(broken([...atRest(), serves(T0, elsewhere), ...away])).not.toContain('12-missing');
    expect(broken([...atRest(), serves(T0, elsewhere), ...acts(AT, move('secondary'))])).toContain('12-missing');
    // At an address that only a later policy names nobody watches whether anything answers (seed 40683).
    const { probe: _, ...unprobed } = WEB.failover?.primary ?? {};
    const first = { ...WEB, failover: { ...WEB.failover, primary: unprobed } } as Policy;
    const renamed = [serves(T0, elsewhere), ...acts(AT, move('secondary'))];
    expect(broken([...atRest(), ...renamed])).toContain('12-missing');
    expect(broken([...atRest(), ...renamed], first)).not.toContain('12-missing');
  });

  const sick = (key: string, site: SiteName): Evidence => target(AT, key, 'unhealthy', 'Target.Timeout', site);
  const cycles = Array.from({ length: 48 }, (_, index) => cycle(AT + index * 5 * SECOND));
  const lost = [...atRest(), sick('i-a:80', 'primary'), sick('i-b:80', 'primary'), ...cycles];

  it('asks for no move away from what fails unseen, unless the probe tells of it (seed 30306)', () => {
    expect(broken(lost)).toEqual(['16-moved']);
    expect(broken([...lost, serves(AT, elsewhere)])).toEqual([]);
    expect(broken([...lost, serves(AT, elsewhere), reach(AT, 'primary', true, false)])).toEqual(['16-moved']);
  });

  it('counts the time in which a move is due anew from when another policy serves (seed 9079)', () => {
    const until = lost.filter(({ atMs }) => atMs <= AT + 200 * SECOND);
    expect(broken(until)).toEqual(['16-moved']);
    expect(broken([...until, serves(AT + 100 * SECOND, change(WEB, { notify: { topicArn: 'another' } }))])).toEqual([]);
  });

  it('asks for no other move while one is believed only after two minutes, because its id got lost', () => {
    const under = (id: string | null): Evidence => {
      const { state, ...rest } = saved(AT - SECOND, []) as Extract<Evidence, { kind: 'saved' }>;
      return { ...rest, state: { ...state, failover: { ...state.failover, change: { id, atMs: AT - SECOND } } } };
    };
    const until = lost.filter(({ atMs }) => atMs <= AT + 200 * SECOND);
    expect(broken([...until, under('C1')])).toEqual(['16-moved']);
    expect(broken([...until, under(null)])).toEqual([]);
    expect(broken([...lost, under(null)])).toEqual(['16-moved']);
  });

  it('asks for no move to what nobody can see is good', () => {
    const away = [...atRest(), recorded(T0 + 1, 0, 100, 'served'), sick('i-c:80', 'secondary'), ...cycles];
    expect(broken(away)).toEqual(['16-moved']);
    expect(broken([...away, serves(AT, elsewhere)])).toEqual([]);
  });

  it.each([
    ['a zone', { hostedZoneId: 'Z9' }],
    ['a name', { record: { name: 'ww.example.com' } }],
    ['a type', { record: { type: 'CNAME' as const } }],
    ['an identifier', { secondary: { setIdentifier: 'osaka' } }],
  ])('asks for no move of the record once it names %s that is not there (seed 30561)', (_, failover) => {
    expect(broken([...lost, serves(AT, change(WEB, { failover }))])).toEqual([]);
  });
});

describe('a set that somebody adds to the record (seed 31072)', () => {
  const owned = (one: Evidence): Evidence => {
    if (one.kind !== 'saved') return one;
    const failover = { ...one.state.failover, weights: { seoul: 100, tokyo: 0 } };
    return { ...one, state: { ...one.state, failover } };
  };
  const sick = ['i-a', 'i-b'].map((id) => target(AT - MINUTE, `${id}:80`, 'unhealthy', 'Target.Timeout'));
  const trip = [...atRest(), ...sick, ...acts(AT, move('secondary'))].map(owned);
  const added = (atMs: number): Evidence => ({
    ...{ atMs, kind: 'recorded', service: 'web', weights: { seoul: 100, tokyo: 0, sydney: 0 } },
  });

  it('is seen when it was there before the move was saved, though not right before the write', () => {
    expect(broken(trip)).toEqual([]);
    expect(broken([...trip, added(AT + 50)])).toEqual(['10-weights']);
    expect(broken([...trip, added(AT + 300)])).toEqual([]);
  });

  it('is not seen while the record cannot be read', () => {
    expect(broken([...trip, added(AT - SECOND), trouble(AT - SECOND, 'readings', AT + SECOND)])).toEqual([]);
    expect(broken([...trip, added(AT - SECOND), trouble(AT - MINUTE, 'readings')])).toEqual(['10-weights']);
  });
});

describe('clocks that are wrong', () => {
  const late = acts(AT, resize(1, 2)).map((one) => (one.kind === 'write' ? { ...one, sentMs: AT + 6 * SECOND } : one));
  const times = [...atRest(), ...late.map((one) => (one.kind === 'write' ? { ...one, atMs: AT + 6 * SECOND } : one))];

  it('excuse what they may have made wrong, and no more', () => {
    expect(broken(times)).toContain('1-gate');
    expect(broken([...times, clock(T0, 1500)])).not.toContain('1-gate');
    expect(broken([...times, clock(T0, 100)])).toContain('1-gate');
  });

  it('are trouble until they are right', () => {
    const stuck = (clocks: readonly Evidence[]) => {
      const pending = [saved(AT, [park(0, 0)]), cycle(AT + 10 * MINUTE)];
      return broken([...atRest(), ...clocks, ...pending]);
    };
    expect(stuck([])).toContain('17-finished');
    expect(stuck([clock(T0, 10)])).not.toContain('17-finished');
    expect(stuck([clock(T0, 10), clock(T0 + MINUTE, 0)])).toContain('17-finished');
  });
});

describe('a steady load', () => {
  const swings = (at: number): Evidence[] => [
    ...acts(at, resize(2, 1)),
    ...acts(at + 10 * MINUTE, resize(1, 2)),
    ...acts(at + 20 * MINUTE, resize(2, 1)),
  ];
  const late = AT + 60 * MINUTE;
  const converges = (more: readonly Evidence[], policy: Policy = WEB): boolean =>
    !broken([...atRest(), ...more, ...swings(late)], policy).includes('18-converges');

  it('is not yet one while what has just ended is being answered', () => {
    expect(converges([])).toBe(false);
    expect(converges([trouble(late - 30 * MINUTE, 'world')])).toBe(false);
    expect(converges([trouble(late, 'world')])).toBe(true);
  });

  it('is not disturbed by what befalls another service', () => {
    const about = (only: string): Evidence => ({ atMs: late, kind: 'trouble', with: 'world', untilMs: late, only });
    expect(converges([about('other')])).toBe(false);
    expect(converges([about('web')])).toBe(true);
  });

  const forMissing = (one: Evidence): Evidence => {
    if (one.kind !== 'saved') return one;
    const pending = one.state.pending.map((p) => ({
      ...p,
      action: { ...p.action, reason: 'SIGNAL_MISSING_OUT' as const },
    }));
    return { ...one, state: { ...one.state, pending } };
  };

  it('is not answered by the step for a missing metric, which hides nothing else', () => {
    expect(broken([...atRest(), ...swings(late).map(forMissing)])).not.toContain('18-converges');
    const step = acts(late + 15 * MINUTE, resize(1, 2)).map(forMissing);
    expect(broken([...atRest(), ...swings(late), ...step])).toContain('18-converges');
  });

  const withSignal = (signal: object): Policy =>
    change(WEB, { scaling: { signals: [{ ...WEB.scaling?.signals[0], ...signal }] } } as never);

  it.each([
    [
      'bands that leap over each other',
      {
        target: undefined,
        steps: [
          { above: 60, add: 1 },
          { below: 50, remove: 1 },
        ],
      },
      true,
    ],
    [
      'bands with room between them',
      {
        target: undefined,
        steps: [
          { above: 80, add: 1 },
          { below: 20, remove: 1 },
        ],
      },
      false,
    ],
    [
      'a band that takes too much away',
      {
        target: undefined,
        steps: [
          { above: 30, add: 1 },
          { below: 29, remove: 2 },
        ],
      },
      true,
    ],
    ['a sum over all instances', { metric: { ...WEB.scaling?.signals[0]?.metric, statistic: 'Sum' } }, true],
    [
      'a sum of something else',
      { metric: { namespace: 'Shop', name: 'Orders', statistic: 'Sum', periodSeconds: 60, dimensions: {} } },
      false,
    ],
  ])('has no resting point for %s, and nobody is blamed', (_what, signal, isExcused) => {
    expect(converges([], withSignal(signal))).toBe(isExcused);
  });

  it('asks nothing of a policy that does not scale', () => {
    const { scaling: _, fleet: __, ...without } = WEB;
    expect(converges([], without as Policy)).toBe(false);
  });
});

describe('weights that a person set', () => {
  it('are the controller’s own once it has taken them over', () => {
    const edit: Evidence[] = [trouble(AT, 'record'), recorded(AT, 0, 100), { ...recorded(AT, 0, 100, 'served') }];
    const lost: Evidence[] = [
      {
        atMs: AT + MINUTE,
        kind: 'target',
        service: 'web',
        site: 'secondary',
        key: 'i-c:80',
        state: 'unhealthy',
        reason: undefined,
      },
      { atMs: AT + MINUTE, kind: 'instance', service: 'web', site: 'secondary', id: 'i-c', lifecycle: 'InService' },
    ];
    const state = initialState('web');
    const adopted: Evidence = {
      ...{ atMs: AT + 2 * MINUTE, kind: 'saved', service: 'web' },
      state: { ...state, failover: { ...state.failover, weights: { seoul: 0, tokyo: 100 } } },
    };
    const rounds = Array.from({ length: 60 }, (_, index) => cycle(AT + 3 * MINUTE + index * 5 * SECOND));
    expect(broken([...atRest(), ...edit, ...lost, ...rounds])).not.toContain('16-moved');
    expect(broken([...atRest(), ...edit, ...lost, adopted, ...rounds])).toContain('16-moved');
  });
});

describe('datapoints', () => {
  const policy = change(WEB, { scaling: { scaleIn: { stabilizationSeconds: 60 } } });
  const rest = (last: readonly Evidence[]): Evidence[] => [...atRest(), ...last, ...acts(AT, resize(2, 1))];

  it('of a period that runs do not count yet, and of one that is over the last that was shown', () => {
    const over = AT - 2 * MINUTE;
    expect(broken(rest([datapoint(over, 30)]), policy)).toEqual([]);
    const running: Evidence = { ...(datapoint(AT - 30 * SECOND, 99) as object), atMs: AT - 10 * SECOND } as Evidence;
    expect(broken(rest([datapoint(over, 30), running]), policy)).toEqual([]);
    const early: Evidence = { ...(datapoint(over, 99) as object), atMs: AT - 20 * SECOND } as Evidence;
    expect(broken(rest([{ ...early, atMs: AT - 30 * SECOND }, datapoint(over, 30)]), policy)).toEqual([]);
  });

  it('of a target group that the policy does not name stand against nothing', () => {
    const { health: _, failover: __, ...bare } = policy;
    const ill = target(AT - MINUTE, 'i-a:80', 'unhealthy', 'Target.Timeout');
    expect(broken(rest([datapoint(AT - 2 * MINUTE, 30), ill]), policy)).toContain('3-scale-in');
    expect(broken(rest([datapoint(AT - 2 * MINUTE, 30), ill]), bare as Policy)).toEqual([]);
  });
});
