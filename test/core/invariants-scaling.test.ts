import { describe, expect, it } from 'vitest';
import type { Evidence, ReadApi } from '../../lib/core/invariants-evidence.ts';
import type { Policy } from '../../lib/core/model.ts';
import { change } from './builders.ts';
import {
  acts,
  atRest,
  audit,
  broken,
  datapoint,
  deregister,
  group,
  instance,
  look,
  MINUTE,
  old,
  park,
  recorded,
  resize,
  SECOND,
  saved,
  T0,
  target,
  trouble,
  write,
} from './invariants-stream.ts';
import { WEB } from './web-policy.ts';

const AT = T0 + 20 * MINUTE;
/** Datapoints of ten minutes, the newest published right before `AT`. */
const points = (value: number, less = 0): Evidence[] =>
  Array.from({ length: 10 - less }, (_, index) => datapoint(AT - (12 - index) * MINUTE, value));
const calm = points(30);
const without = (...keys: (keyof Policy)[]): Policy =>
  Object.fromEntries(Object.entries(WEB).filter(([key]) => !keys.includes(key as keyof Policy))) as unknown as Policy;

describe('2: bounds', () => {
  it('catches a capacity outside of the policy’s and of the group’s bounds', () => {
    expect(broken([...atRest(), ...acts(AT, resize(2, 3))])).toEqual(['2-bounds']);
    const wide = change(WEB, { fleet: { capacity: { max: 10 } } });
    expect(broken([...atRest(), ...acts(AT, resize(2, 3))], wide)).toEqual(['2-bounds']);
  });

  it('lets capacity come back from outside one step at a time, and no farther', () => {
    const many = change(WEB, { fleet: { capacity: { max: 9 } }, scaling: { scaleIn: { maxStep: 2 } } });
    const from = (desired: number): Evidence[] => [...atRest(), group(T0 + 1, desired, 'primary', 1, 9), ...calm];
    const bounds = (evidence: Evidence[], policy = WEB) =>
      audit(evidence, policy).filter((v) => v.invariant === '2-bounds');
    expect(bounds([...from(9), ...acts(AT, resize(9, 8))])).toEqual([]);
    expect(bounds([...from(9), ...acts(AT, resize(9, 5))])).toHaveLength(1);
    expect(bounds([...from(9), ...acts(AT, resize(9, 7))], change(many, { fleet: { capacity: { max: 5 } } }))).toEqual(
      [],
    );
    const high = change(WEB, { fleet: { capacity: { min: 8, max: 9 } } });
    expect(bounds([...from(2), ...acts(AT, resize(2, 6))], high)).toEqual([]);
    expect(bounds([...from(2), ...acts(AT, resize(2, 7))], high)).toHaveLength(1);
    expect(bounds([...from(9), ...acts(AT, resize(9, 1))], high)).toHaveLength(2);
  });

  it('catches more than a step at once, out and in', () => {
    const many = change(WEB, { fleet: { capacity: { max: 9 } } });
    const from = (desired: number): Evidence[] => [...atRest(), group(T0 + 1, desired, 'primary', 1, 9)];
    expect(broken([...from(2), ...acts(AT, resize(2, 6))], many)).toEqual([]);
    expect(broken([...from(2), ...acts(AT, resize(2, 7))], many)).toEqual(['2-bounds']);
    expect(broken([...from(6), ...acts(AT, resize(6, 4))], many)).toContain('2-bounds');
  });

  it('catches scaling out again within the cool-down, unless it must or may not know', () => {
    const many = change(WEB, { fleet: { capacity: { max: 9 } } });
    const again = AT + 30 * SECOND;
    const twice = (atMs: number, between: Evidence[] = [], policy = many) => {
      const outs = [...acts(AT, resize(2, 3)), ...between, ...acts(atMs, resize(3, 4))];
      const wide = outs.map((one) => (one.kind === 'group' && one.site === 'primary' ? { ...one, maxSize: 9 } : one));
      return broken([...atRest(), group(T0 + 1, 2, 'primary', 1, 9), ...wide], policy);
    };
    expect(twice(again)).toEqual(['2-bounds']);
    expect(twice(AT + 61 * SECOND)).toEqual([]);
    expect(twice(again, [trouble(AT + SECOND, 'readings')])).toEqual([]);
    expect(twice(again, [], change(many, { fleet: { capacity: { min: 4 } } }))).toEqual([]);
    expect(twice(again, [group(AT + SECOND, 4, 'secondary', 0, 4)])).toEqual([]);
    const { failover: _, ...alone } = many;
    expect(twice(again, [], alone)).toEqual(['2-bounds']);
    const ahead = [...acts(AT, { ...resize(2, 3), reason: 'FORECAST_OUT' }), ...acts(again, resize(3, 4))];
    const wide = ahead.map((one) => (one.kind === 'group' && one.site === 'primary' ? { ...one, maxSize: 9 } : one));
    expect(broken([...atRest(), group(T0 + 1, 2, 'primary', 1, 9), ...wide], many)).toEqual([]);
  });

  it('catches a standby that is raised above the primary, or out of its own bounds', () => {
    expect(broken([...atRest(), ...acts(AT, resize(1, 2, 'secondary'))])).toEqual([]);
    expect(broken([...atRest(), ...acts(AT, resize(1, 3, 'secondary'))])).toEqual(['2-bounds']);
    expect(broken([...atRest(), group(T0, 9, 'primary'), ...acts(AT, resize(1, 5, 'secondary'))])).toEqual([
      '2-bounds',
    ]);
  });

  it('takes the servers that there ever were for what a primary without a group wants', () => {
    const bare = without('fleet', 'scaling');
    expect(broken([...atRest(), ...acts(AT, resize(1, 2, 'secondary'))], bare)).toEqual([]);
    expect(broken([...atRest(), ...acts(AT, resize(1, 3, 'secondary'))], bare)).toEqual(['2-bounds']);
    // A later policy may name a group that is not there (seed 8314).
    const unseen = atRest().filter((one) => one.kind !== 'group' || one.site === 'secondary');
    const named: Evidence = { atMs: T0 + 1, kind: 'serves', service: 'web', caller: 'onTick/0', policy: WEB };
    expect(broken([...unseen, named, ...acts(AT, resize(1, 2, 'secondary'))], bare)).toEqual([]);
    expect(broken([...unseen, named, ...acts(AT, resize(1, 3, 'secondary'))], bare)).toEqual(['2-bounds']);
  });

  it('catches a capacity where the policy has no fleet', () => {
    const bare = without('fleet', 'scaling');
    expect(broken([...atRest(), ...acts(AT, resize(1, 2))], bare)).toContain('2-bounds');
    expect(broken([...atRest(), ...calm, ...acts(AT, resize(2, 1))], bare)).toContain('3-scale-in');
  });

  it('allows any step to a fleet without scaling, and says nothing of a group it never saw', () => {
    const orders = change(without('scaling'), { fleet: { capacity: { min: 8, max: 9 } } });
    expect(broken([...atRest(), group(T0 + 1, 2, 'primary', 1, 9), ...acts(AT, resize(2, 8))], orders)).toEqual([]);
    const unseen = atRest().filter(({ kind }) => kind !== 'group');
    expect(broken([...unseen, ...acts(AT, resize(1, 2))])).toEqual([]);
  });

  it('lets a person park the service', () => {
    expect(broken([...atRest(), ...acts(AT, park(0, 0)), ...acts(AT + MINUTE, park(1, 2, 'unparkFleet'))])).toEqual([]);
  });
});

describe('3: scaling in', () => {
  const scaleIn = acts(AT, resize(2, 1));

  it('is right when every datapoint of the window asks for less and nothing stands against it', () => {
    expect(audit([...atRest(), ...calm, ...scaleIn])).toEqual([]);
  });

  it('catches it without a fresh datapoint', () => {
    expect(broken([...atRest(), ...scaleIn])).toEqual(['3-scale-in']);
    expect(broken([...atRest(), ...points(30, 4), ...scaleIn])).toEqual(['3-scale-in']);
  });

  it('catches it when one datapoint of the window asks for more, is missing, or is older than the last change', () => {
    const others = calm.filter((_, index) => index !== 7);
    expect(broken([...atRest(), ...others, ...scaleIn])).toEqual(['3-scale-in']);
    expect(broken([...atRest(), ...others, datapoint(AT - 5 * MINUTE, 70), ...scaleIn])).toEqual(['3-scale-in']);
    const changed = [group(AT - 6 * MINUTE, 1), group(AT - 5 * MINUTE, 2)];
    expect(broken([...atRest(), ...calm, ...changed, ...scaleIn])).toEqual(['3-scale-in']);
    // By a clock that is behind, the change came before the datapoint (seed 306).
    const behind: Evidence[] = [5000, 0].map((offMs) => ({ atMs: AT - 10 * MINUTE + offMs, kind: 'clock', offMs }));
    const justChanged = [group(AT - 8 * MINUTE, 1), group(AT - 7 * MINUTE + 4000, 2)];
    expect(broken([...atRest(), ...calm, ...justChanged, ...scaleIn])).toEqual(['3-scale-in']);
    expect(broken([...atRest(), ...calm, ...behind, ...justChanged, ...scaleIn])).toEqual([]);
  });

  it('is judged by what was published when its cycle could have read it (seed 104413402)', () => {
    const published = (beforeMs: number) => ({ ...datapoint(AT - 2 * MINUTE, 90), atMs: AT + 100 - beforeMs });
    expect(broken([...atRest(), ...calm, published(50), ...scaleIn])).toEqual([]);
    expect(broken([...atRest(), ...calm, published(5 * SECOND), ...scaleIn])).toEqual(['3-scale-in']);
  });

  it('asks for no datapoint from before anything was watched', () => {
    const start = AT - 5 * MINUTE;
    expect(broken([...atRest(start), ...calm.filter(({ atMs }) => atMs >= AT - 3 * MINUTE), ...scaleIn])).toEqual([]);
  });

  it.each([
    ['an instance is pending', [instance(AT - MINUTE, 'i-d', 'Pending')]],
    ['an instance is warming up', [instance(AT - MINUTE, 'i-d', 'InService')]],
    ['a target fails', [target(AT - MINUTE, 'i-a:80', 'unhealthy', 'Target.Timeout')]],
    ['a target drains', [target(AT - MINUTE, 'i-a:80', 'draining')]],
    ['the service is failed over', [recorded(AT - MINUTE, 0, 100)]],
    ['a deployment runs', [{ atMs: AT - MINUTE, kind: 'deployment', service: 'web', active: true }]],
    ['another scaler is active', [{ atMs: AT - 5 * MINUTE, kind: 'scaler', service: 'web', active: true }]],
  ] as [string, Evidence[]][])('catches it while %s', (_, against) => {
    expect(broken([...atRest(), ...calm, ...against, ...scaleIn])).toEqual(['3-scale-in']);
  });

  it('gives who reads the record once a minute time to see what somebody else did to it', () => {
    const moved = (atMs: number) => [trouble(atMs, 'record'), recorded(atMs, 0, 100)];
    expect(broken([...atRest(), ...calm, ...moved(AT - MINUTE), ...scaleIn])).toEqual([]);
    expect(broken([...atRest(), ...calm, ...moved(AT - 5 * MINUTE), ...scaleIn])).toEqual(['3-scale-in']);
    // Who gets no answer, or reads another record, does not know that there is traffic (seeds 1712, 9972, 2897618468).
    const other = change(WEB, { failover: { hostedZoneId: 'ZOTHER' } });
    const named: Evidence = { atMs: T0 + 1, kind: 'serves', service: 'web', caller: 'onTick/0', policy: other };
    expect(broken([...atRest(), ...calm, named, ...moved(AT - 5 * MINUTE), ...scaleIn])).toEqual(['3-scale-in']);
    const unanswered = trouble(AT - 5 * MINUTE, 'readings', AT - MINUTE);
    expect(broken([...atRest(), ...calm, ...moved(AT - 5 * MINUTE), unanswered, ...scaleIn])).toEqual(['3-scale-in']);
  });

  it('takes a period for over that is over by a clock which is ahead', () => {
    const shown = [group(AT - 2.5 * MINUTE, 1), group(AT - 2.5 * MINUTE + 1, 2), ...calm];
    const sum = change(WEB, { scaling: { ...WEB.scaling, scaleIn: { maxStep: 1, stabilizationSeconds: 60 } } });
    const early = { ...datapoint(AT - MINUTE + 500, 30), atMs: AT - SECOND };
    const ahead: Evidence = { atMs: AT - 10 * MINUTE, kind: 'clock', offMs: 900 };
    const right: Evidence = { ...ahead, atMs: AT - 9 * MINUTE, offMs: 0 };
    expect(broken([...atRest(), ahead, right, ...shown, early, ...scaleIn], sum)).toEqual([]);
    expect(broken([...atRest(), ...shown, early, ...scaleIn], sum)).toEqual(['3-scale-in']);
  });

  it.each([
    ['auto-scaling', [instance(AT - MINUTE, 'i-d', 'Pending')]],
    ['elbv2', [target(AT - MINUTE, 'i-a:80', 'draining')]],
    ['route53', [recorded(AT - MINUTE, 0, 100)]],
    ['cloudwatch', [datapoint(AT - 5 * MINUTE, 90)]],
  ] as [ReadApi, Evidence[]][])('excuses it by old answers of %s alone', (api, against) => {
    const all = ['auto-scaling', 'elbv2', 'route53', 'cloudwatch'] as const;
    const excusing = all.filter(
      (one) => broken([...atRest(), ...calm, ...against, old(AT - 2 * MINUTE, one, AT), ...scaleIn]).length === 0,
    );
    expect(excusing).toEqual(api === 'auto-scaling' ? [api] : ['auto-scaling', api]);
  });

  it('takes an instance for old that was there when the group was seen again after a policy of another (seed 62442)', () => {
    const young = instance(AT - MINUTE, 'i-d', 'InService');
    const serves = (atMs: number, policy: Policy): Evidence => {
      return { kind: 'serves', caller: 'onTick/0', service: 'web', atMs, policy };
    };
    const other = change(WEB, { fleet: { autoScalingGroup: 'another' } });
    const edited = (fromMs: number) => [serves(fromMs, other), serves(fromMs + SECOND, WEB)];
    expect(broken([...atRest(), ...calm, young, ...edited(AT - 30 * SECOND), ...scaleIn])).toEqual([]);
    expect(broken([...atRest(), ...calm, ...edited(AT - 2 * MINUTE), young, ...scaleIn])).toEqual(['3-scale-in']);
  });

  it('catches it while a target is ejected', () => {
    const sickMs = AT - MINUTE;
    const ejected = [
      target(sickMs, 'i-a:80', 'unhealthy', 'Target.Timeout'),
      ...acts(sickMs + 10 * SECOND, deregister('i-a')),
    ];
    const gone = target(sickMs + 45 * SECOND, 'i-a:80', null);
    expect(broken([...atRest(), ...calm, ...ejected, gone, ...scaleIn])).toEqual(['3-scale-in']);
    // Whoever serves by a policy of another target group tells a person of what is left out.
    const serves = (atMs: number, policy: typeof WEB): Evidence => ({
      ...{ atMs, kind: 'serves', service: 'web', caller: 'onTick/0', policy },
    });
    const elsewhere = change(WEB, { health: { targetGroup: 'renamed' } });
    const renamed = [serves(sickMs + 20 * SECOND, elsewhere), serves(sickMs + 30 * SECOND, WEB)];
    expect(broken([...atRest(), ...calm, ...ejected, ...renamed, gone, ...scaleIn])).not.toContain('3-scale-in');
  });

  it('does not take a scale-out for one that a person has overtaken since the gate looked (seed 55776)', () => {
    const at = T0 + MINUTE;
    const written = [group(at + 500, 3), write(at + 500, { kind: 'capacity', site: 'primary', to: 3 })];
    const overtaken = (ms: number) => [
      ...[...atRest(), look(at), saved(at + 100, [resize(2, 3)])],
      ...(ms < 400 ? [group(at + ms, 5), look(at + 400)] : [look(at + 400), group(at + ms, 5)]),
      ...written,
    ];
    expect(broken(overtaken(450))).toEqual([]);
    expect(broken(overtaken(300))).toEqual([]);
    expect(broken(overtaken(200))).toContain('3-scale-in');
    const unseen = [look(at), saved(at + 100, [resize(2, 3)]), group(at + 200, 5), ...written];
    expect(broken([...atRest(), ...unseen])).toEqual(['1-gate']);
  });

  it('forgives what was over, or had only begun, when the controller looked', () => {
    const over = [instance(AT - 30 * MINUTE, 'i-d', 'Pending'), instance(AT - SECOND, 'i-d', null)];
    const begun = [target(AT - SECOND, 'i-a:80', 'unhealthy', 'Target.Timeout'), recorded(AT - SECOND, 0, 100)];
    expect(broken([...atRest(T0 - 30 * MINUTE), ...calm, ...over, ...begun, ...scaleIn])).toEqual([]);
  });

  it('leaves scaling out and the standby alone, and needs no failover and no warm-up', () => {
    const back = [group(T0 + 1, 2, 'secondary', 0, 4), ...acts(AT, resize(2, 1, 'secondary'))];
    expect(broken([...atRest(), ...back])).toEqual([]);
    expect(broken([...atRest(), ...calm, ...scaleIn], without('failover', 'health'))).toEqual([]);
  });
});

describe('18: a steady load converges', () => {
  const resizes = (at: number): Evidence[] => [
    ...acts(at, resize(2, 1)),
    ...acts(at + 10 * MINUTE, resize(1, 2)),
    ...acts(at + 20 * MINUTE, resize(2, 1)),
  ];

  it('catches capacity that goes in, out and in again', () => {
    expect(broken([...atRest(), ...resizes(AT)])).toContain('18-converges');
  });

  it('begins anew with every trouble and every order', () => {
    expect(broken([...atRest(), ...resizes(AT), trouble(AT + 5 * MINUTE, 'world')])).not.toContain('18-converges');
    const ordered = saved(AT + 5 * MINUTE, [], { capacity: { capacity: 2, untilMs: null } });
    expect(broken([...atRest(), ...resizes(AT), ordered])).not.toContain('18-converges');
  });

  it('asks for no rest while clients choose between two sites (seed 41688)', () => {
    const split = recorded(T0 + 1, 60, 40, 'served');
    expect(broken([...atRest(), split, ...resizes(AT)])).not.toContain('18-converges');
  });

  it('counts steps in one direction as one', () => {
    const many = change(WEB, { fleet: { capacity: { max: 9 } } });
    const ups = [
      acts(AT, resize(2, 3)),
      acts(AT + 2 * MINUTE, resize(3, 4)),
      acts(AT + 4 * MINUTE, resize(4, 5)),
    ].flat();
    const wide = ups.map((one) => (one.kind === 'group' ? { ...one, maxSize: 9 } : one));
    expect(broken([...atRest(), group(T0 + 1, 2, 'primary', 1, 9), ...wide], many)).toEqual([]);
  });
});
