/** 20: what the controller has to do, by what is true, and leaves. */
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../lib/core/invariants-evidence.ts';
import { SITE_DRILL_REASON } from '../../lib/core/live-drill.ts';
import type { Orders, Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  audit,
  cycle,
  datapoint,
  deregister,
  group,
  instance,
  MINUTE,
  move,
  reach,
  recorded,
  replace,
  resize,
  saved,
  serves,
  T0,
  target,
  told,
  trouble,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const AT = T0 + 10 * MINUTE;

/** Rounds, with nothing done in them. */
const rounds = (fromMs: number, toMs: number): Evidence[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / 5000) }, (_, index) => cycle(fromMs + index * 5000));

const state = (atMs: number, failover: Partial<ServiceState['failover']>, orders: Orders = {}): Evidence => {
  const fresh = initialState('web');
  return {
    atMs,
    kind: 'saved',
    service: 'web',
    state: { ...fresh, orders, failover: { ...fresh.failover, ...failover } },
  };
};

const points = (minutes: number, value: number, signal?: string): Evidence[] =>
  Array.from({ length: minutes }, (_, index) => datapoint(AT + (index - 4) * MINUTE, value, signal));

/** What is said of (20) in rounds from `AT` on. */
function neglects(evidence: readonly Evidence[], policy: Policy = WEB, minutes = 20): string[] {
  const all = [...atRest(), saved(T0 + 1, []), ...evidence, ...rounds(AT, AT + minutes * MINUTE)];
  return audit(all, policy).flatMap(({ invariant, message }) => (invariant === '20-due' ? [message] : []));
}

const sick = target(AT, 'i-a:80', 'unhealthy', 'Target.Timeout');
const active = (atMs: number, kind: 'deployment' | 'scaler' | 'hindered'): Evidence => ({
  atMs,
  kind,
  service: 'web',
  active: true,
});

describe('20: a target that goes on failing', () => {
  it('is taken out after its rounds', () => {
    expect(neglects([sick])).toEqual([expect.stringContaining('i-a:80 fails and is not taken out')]);
    expect(neglects([])).toEqual([]);
    expect(neglects([sick, ...acts(AT + 12_000, deregister('i-a')), instance(AT + MINUTE, 'i-a', null)])).toEqual([]);
  });

  it.each<[string, Evidence[], Policy]>([
    ['the mode is observe', [], change(WEB, { mode: 'observe' })],
    ['there is no health', [], { ...WEB, health: undefined } as unknown as Policy],
    ['all writes are frozen', [{ atMs: AT, kind: 'frozen', frozen: true }], WEB],
    ['something hinders it that nothing else shows', [active(AT, 'hindered')], WEB],
    ['a deployment runs', [active(AT, 'deployment')], WEB],
    ['an instance waits for a hook', [instance(AT, 'i-d', 'Pending:Wait')], WEB],
    ['another policy serves', [serves(AT, change(WEB, { fleet: { capacity: { max: 3 } } }))], WEB],
    ['a clock has been wrong', [{ atMs: T0, kind: 'clock', offMs: 900 }], WEB],
    ['its group is refused', [told(AT, 'health:GROUP_REFUSED')], WEB],
    ['the service is held', [saved(AT, [], { hold: { atMs: AT } })], WEB],
    ['the service is parked', [saved(AT, [], { capacity: { capacity: 0, untilMs: null } })], WEB],
    ['the service is to be unparked', [saved(AT, [], { parked: { minSize: 1, desired: 2 } })], WEB],
    ['functions are in trouble', [trouble(AT, 'functions', AT + 20 * MINUTE)], WEB],
    ['the world is in trouble', [trouble(AT, 'world', AT + 20 * MINUTE)], WEB],
    ['a person set the weights', [trouble(AT, 'record')], WEB],
    ['a site cannot be read', [reach(AT, 'secondary', false, true)], WEB],
    ['its instance leaves', [instance(AT, 'i-a', 'Terminating')], WEB],
    [
      'its instance is not known',
      [target(AT, 'i-a:80', 'healthy'), target(AT, 'i-d:80', 'unhealthy', 'Target.Timeout')],
      WEB,
    ],
    ['it is in no group', [instance(AT, 'i-a', null)], WEB],
    [
      'its instance warms up',
      [instance(AT + 1, 'i-a', 'InService')],
      change(WEB, { scaling: { warmupSeconds: 3600 } }),
    ],
    [
      'another one has just been replaced',
      [instance(T0, 'i-z', 'InService'), target(T0, 'i-z:80', 'healthy'), ...acts(AT, replace('i-z'))],
      WEB,
    ],
    ['too few are healthy', [target(AT, 'i-b:80', 'initial')], WEB],
    ['most fail', [...['i-d', 'i-e'].map((id) => target(AT, `${id}:80`, 'unhealthy', 'Target.Timeout'))], WEB],
    ['it only seems to, in a drill', [target(AT + 1, 'i-a:80', 'unhealthy', SITE_DRILL_REASON)], WEB],
  ])('is not asked for while %s', (_, against, policy) => {
    const minutes = against.some((one) => one.kind === 'write') ? 5 : 20;
    expect(neglects([sick, ...against], policy, minutes)).toEqual([]);
  });

  it('is asked for where it is only deregistered, whatever was replaced', () => {
    const { scaling: _, ...rest } = change(WEB, { health: { onUnhealthy: 'deregister' } });
    expect(neglects([sick], rest as Policy)).toHaveLength(1);
    expect(neglects([sick], { ...WEB, scaling: undefined } as unknown as Policy)).toHaveLength(1);
  });
});

describe('20: a service of which no group is known', () => {
  const groupless = (evidence: readonly Evidence[]): string[] =>
    audit(
      [
        ...atRest().filter(({ kind }) => kind !== 'group'),
        saved(T0 + 1, []),
        ...evidence,
        ...rounds(AT, AT + 20 * MINUTE),
      ].sort((a, b) => a.atMs - b.atMs),
      change(WEB, { health: { onUnhealthy: 'deregister' } }),
    ).flatMap(({ invariant, message }) => (invariant === '20-due' ? [message] : []));

  it('has what fails taken out all the same', () => {
    expect(groupless([sick])).toEqual([expect.stringContaining('i-a:80 fails and is not taken out')]);
    expect(groupless(points(24, 100))).toEqual([]);
  });
});

describe('20: an order of capacity that has run out', () => {
  it('does not stand any longer', () => {
    const order = (untilMs: number | null) => saved(T0 + 2, [], { capacity: { capacity: 1, untilMs } });
    expect(neglects([order(AT)])).toEqual([expect.stringContaining('has run out')]);
    expect(neglects([order(null)])).toEqual([]);
    expect(neglects([order(AT + 60 * MINUTE)])).toEqual([]);
  });
});

describe('20: a fleet that is asked for more', () => {
  const small = [group(T0 + 1, 1), instance(T0 + 1, 'i-b', null), target(T0 + 1, 'i-b:80', null)];

  it('grows', () => {
    expect(neglects([...small, ...points(24, 100)])).toEqual([expect.stringContaining('although cpu asks for 2')]);
    expect(neglects([...small, ...points(24, 80)])).toEqual([]);
    expect(neglects([...small, ...points(24, 100)], { ...WEB, scaling: undefined } as unknown as Policy)).toEqual([]);
    expect(neglects([...points(24, 100)])).toEqual([]);
    expect(neglects([...small, ...points(5, 100)])).toEqual([]);
  });

  it('grows to what it must have', () => {
    const two = change(WEB, { fleet: { capacity: { min: 2 } } });
    expect(neglects(small, two)).toEqual([expect.stringContaining('although it must have 2')]);
    expect(neglects([...small, saved(T0 + 2, [], { capacity: { capacity: 9, untilMs: null } })])).toHaveLength(1);
    const away = [recorded(T0 + 2, 0, 100), group(T0 + 2, 2, 'secondary', 0, 4), state(T0 + 3, { phase: 'secondary' })];
    expect(neglects([...small, ...away])).toHaveLength(1);
    expect(neglects([...small, group(T0 + 2, 1, 'primary', 3, 9)], two)).toEqual([]);
  });
});

describe('20: a fleet that all signals ask less of', () => {
  const calm = points(34, 30);
  const fresh = initialState('web');
  const track = { failing: 1, passing: 0 };
  const counted: Evidence = {
    ...{ atMs: T0 + 2, kind: 'saved', service: 'web' },
    state: { ...fresh, health: { ...fresh.health, targets: { 'i-a:80': track } } },
  };
  const { failover: _, ...alone } = WEB;

  it('shrinks', () => {
    expect(neglects(calm, WEB, 30)).toEqual([expect.stringContaining('although all signals ask for fewer')]);
    expect(neglects(calm, alone as Policy, 30)).toHaveLength(1);
    expect(neglects([...calm, ...acts(AT + 10_000, resize(2, 1))], WEB, 30)).toEqual([]);
  });

  it.each<[string, Evidence[], Policy]>([
    ['one asks for as many', points(34, 60), WEB],
    ['a target is not healthy', [target(AT, 'i-a:80', 'initial')], WEB],
    ['a server is no target', [target(AT, 'i-a:80', null)], WEB],
    ['an instance is on its way', [instance(AT, 'i-d', 'Pending')], WEB],
    ['an instance is put aside', [instance(AT, 'i-a', 'Standby')], WEB],
    ['another scaler is active', [active(AT, 'scaler')], WEB],
    ['it is the least', [group(T0 + 1, 2, 'primary', 2)], WEB],
    ['the record has changed a moment ago', [recorded(AT + 12 * MINUTE, 50, 50, 'served')], WEB],
    ['the traffic is away', [recorded(T0 + 1, 0, 100, 'served')], WEB],
    [
      'a forecast may want them',
      [],
      change(WEB, {
        scaling: { forecast: { leadSeconds: 300, trend: true, season: 'none', overloadCostMinutes: 10 } },
      } as never),
    ],
    ['a target has a counter', [counted], WEB],
    ['a target is ejected', acts(AT, deregister('i-a')), WEB],
  ])('does not while %s', (_, against, policy) => {
    const own = against[0]?.kind === 'datapoint' ? [] : calm;
    const found = neglects([...own, ...against], policy, 30);
    expect(found.filter((one) => one.includes('fewer'))).toEqual([]);
  });
});

describe('20: the way back', () => {
  const sites = [target(T0 + 1, 'i-d:80', 'healthy', undefined, 'secondary')];
  const ill = ['i-a', 'i-b'].map((id) => target(T0 + MINUTE, `${id}:80`, 'unhealthy', 'Target.Timeout'));
  const well = ['i-a', 'i-b'].map((id) => target(T0 + 3 * MINUTE, `${id}:80`, 'healthy'));
  const gone = (cause: 'trip' | 'order' = 'trip') => [
    ...sites,
    ...ill,
    ...acts(T0 + 2 * MINUTE, move('secondary', cause)),
    recorded(T0 + 2 * MINUTE + 30_000, 0, 100, 'served'),
    state(T0 + 2 * MINUTE + 31_000, { phase: 'secondary', weights: { seoul: 0, tokyo: 100 } }),
    ...well,
  ];

  it('is gone once the primary has been good for the wait', () => {
    expect(neglects(gone())).toEqual([expect.stringContaining('is not gone back to')]);
  });

  it.each<[string, Evidence[], Policy]>([
    ['failback is manual', gone(), change(WEB, { failover: { failback: { mode: 'manual' } } })],
    ['a person had moved it', gone('order'), WEB],
    ['the state says so', [...gone(), state(AT, { phase: 'secondary', byHand: true })], WEB],
    ['the primary is smaller', [...gone(), group(AT, 3, 'secondary', 0, 4)], WEB],
    ['an instance of the primary is on its way', [...gone(), instance(AT, 'i-z', 'Pending')], WEB],
    ['a deployment runs', [...gone(), active(AT, 'deployment')], WEB],
    [
      'it has not been good for the wait',
      [
        ...gone(),
        target(AT + 5 * MINUTE, 'i-a:80', 'unhealthy', 'Target.Timeout'),
        target(AT + 5 * MINUTE, 'i-b:80', 'unhealthy', 'Target.Timeout'),
        target(AT + 6 * MINUTE, 'i-a:80', 'healthy'),
        target(AT + 6 * MINUTE, 'i-b:80', 'healthy'),
      ],
      change(WEB, { failover: { failback: { afterHealthySeconds: 840 } } }),
    ],
    ['the budget of the hour is used up', gone(), change(WEB, { failover: { limits: { failbacksPerHour: 0 } } })],
  ])('is not asked for while %s', (_, evidence, policy) => {
    expect(neglects(evidence, policy).filter((one) => one.includes('gone back'))).toEqual([]);
  });

  it('is not asked for a second time within the hour, nor right after another service went', () => {
    const once = change(WEB, { failover: { limits: { failbacksPerHour: 1 } } });
    const again = (fromMs: number) => [
      ...['i-a', 'i-b'].map((id) => target(fromMs, `${id}:80`, 'unhealthy', 'Target.Timeout')),
      ...acts(fromMs + MINUTE, move('secondary')),
      recorded(fromMs + 90_000, 0, 100, 'served'),
      state(fromMs + 91_000, { phase: 'secondary', weights: { seoul: 0, tokyo: 100 } }),
      ...['i-a', 'i-b'].map((id) => target(fromMs + 2 * MINUTE, `${id}:80`, 'healthy')),
    ];
    const home = T0 + 9 * MINUTE;
    const both = [
      ...gone(),
      ...acts(home, move('primary', 'failback')),
      recorded(home + 30_000, 100, 0, 'served'),
      ...again(AT),
    ];
    expect(neglects(both, once, 40).filter((one) => one.includes('gone back'))).toEqual([]);
    expect(neglects(both, WEB, 40).filter((one) => one.includes('gone back'))).toHaveLength(1);
    expect(neglects(both, WEB, 9).filter((one) => one.includes('gone back'))).toEqual([]);
  });

  it('leads to a primary as large as the standby, where the standby has no group', () => {
    const groupless = gone().filter((one) => !(one.kind === 'group' && one.site === 'secondary'));
    const all = [
      ...atRest().filter((one) => !(one.kind === 'group' && one.site === 'secondary')),
      saved(T0 + 1, []),
      ...groupless,
    ];
    const found = audit([...all, ...rounds(AT, AT + 20 * MINUTE)]).filter(({ invariant }) => invariant === '20-due');
    expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('is not gone back to')]);
  });

  it('gives the standby its former size', () => {
    const raised = state(T0 + 3, { standbyRaised: { from: 1, to: 2 } });
    const big = group(T0 + 2, 2, 'secondary', 0, 4);
    expect(neglects([raised, big])).toEqual([expect.stringContaining('the standby is kept at 2, it was 1')]);
    expect(neglects([raised, group(T0 + 2, 3, 'secondary', 0, 4)])).toEqual([]);
    expect(neglects([raised, group(T0 + 2, 2, 'secondary', 2, 4)])).toEqual([]);
    expect(neglects([raised, big, instance(AT, 'i-z', 'Pending', 'secondary')])).toEqual([]);
    expect(neglects([raised, big, recorded(AT, 0, 100), recorded(AT + 16 * MINUTE, 100, 0)])).toEqual([]);
    expect(neglects([state(T0 + 3, { phase: 'secondary', standbyRaised: { from: 1, to: 2 } }), big])).toEqual([]);
  });
});
