/** What a state keeps, and what it forgets, when its policy is edited. */
import { describe, expect, it } from 'vitest';
import { fitToPolicy } from '../../lib/core/basis.ts';
import type { Policy, ServiceState } from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { change, MINUTE, type Part, policyOf, stateOf, T0 } from './builders.ts';
import { decideIn, type Scene } from './scaling-scene.ts';

const ejection = { id: 'i-1', port: 80, atMs: T0, times: 1, replace: false };
const point = { startMs: T0 - 2 * MINUTE, value: 20, covered: 2 };

/** A state that has decided on the first policy. */
function settledOn(policy: Policy, more: Part<ServiceState> = {}): ServiceState {
  const state = stateOf({
    scaling: { points: { cpu: [point] }, publishLagMs: { cpu: 60_000 }, desired: 2 },
    health: { targets: { 'i-2:80': { failing: 1, passing: 0 } }, ejected: { 'i-1:80': ejection } },
    failover: { phase: 'secondary', weights: { seoul: 0, tokyo: 100 } },
    ...more,
  });
  return fitToPolicy(policy, state).state;
}

const BEFORE = policyOf();
const edited = (changes: Part<Policy>): Policy => change(policyOf(), changes);

describe('a policy', () => {
  it('that means the same leaves the state as it is, whatever numbers changed', () => {
    const state = settledOn(BEFORE);
    expect(fitToPolicy(edited({ health: { rounds: { unhealthy: 5 } } }), state)).toEqual({
      state,
      left: null,
      raised: null,
    });
    expect(fitToPolicy(policyOf(), state).state).toBe(state);
  });

  it('seen for the first time is taken as it is', () => {
    const { state, left } = fitToPolicy(BEFORE, stateOf());
    expect(state.basis?.targetGroup).toBe('ap-northeast-2/exercise-target-group');
    expect(left).toBeNull();
  });

  it('with another metric under the same name starts with an empty window', () => {
    const metric = { namespace: 'AWS/ApplicationELB', name: 'RequestCountPerTarget', statistic: 'Sum' };
    const signals = BEFORE.scaling?.signals.map((s) => ({ ...s, metric: { ...s.metric, ...metric } })) ?? [];
    const { scaling } = fitToPolicy(edited({ scaling: { signals } }), settledOn(BEFORE)).state;
    expect(scaling.points).toEqual({});
    expect(scaling.publishLagMs).toEqual({});
    expect(scaling.desired).toBe(2);
  });

  it('never scales in on the datapoints of the metric that was there before', () => {
    const quiet: Scene = { count: 4, cpu: [20, 20, 20, 20, 20] };
    const { state } = decideIn({ ...quiet, cpu: [78, 78, 78, 78, 78] });
    const signals =
      BEFORE.scaling?.signals.map((s) => ({ ...s, target: 1000, metric: { ...s.metric, name: 'Requests' } })) ?? [];
    const { decisions } = decideIn({
      ...quiet,
      cpu: [78, 78, 78, 78, 78],
      policy: { scaling: { signals } },
      state: { basis: state.basis } as never,
    });
    expect(decisions.find((d) => d.area === 'scaling')).toMatchObject({ reason: 'SIGNAL_MISSING', action: null });
  });

  it('with another group forgets the sizes, the members and the parking of the old one', () => {
    const parked = { orders: { parked: { minSize: 1, desired: 2 } } };
    const { state } = fitToPolicy(edited({ fleet: { autoScalingGroup: 'another' } }), settledOn(BEFORE, parked));
    expect(state.scaling).toEqual(initialState('web').scaling);
    expect(state.orders.parked).toBeUndefined();
  });

  it('without a group remembers when the old one last grew and what was parked of it, until another is named (seed 3000274907)', () => {
    const scaling = { lastScaleOutMs: T0, lastChangeMs: T0, counts: [{ fromMs: T0, count: 2 }] };
    const settled = settledOn(BEFORE, { scaling, orders: { parked: { minSize: 1, desired: 2 } } });
    const without = edited({ fleet: undefined, scaling: undefined });
    const bare = fitToPolicy(without, settled).state;
    expect(fitToPolicy(without, bare).state).toBe(bare);
    const back = fitToPolicy(BEFORE, bare).state;
    expect(back.basis).toEqual(settled.basis);
    expect(back.orders.parked).toEqual({ minSize: 1, desired: 2 });
    // What became of the group, and of its load, nobody has seen meanwhile.
    expect(back.scaling).toEqual({ ...initialState('web').scaling, lastScaleOutMs: T0 });
    const another = fitToPolicy(edited({ fleet: { autoScalingGroup: 'another' } }), bare).state;
    expect(another.scaling).toEqual(initialState('web').scaling);
    expect(another.orders.parked).toBeUndefined();
  });

  it('with another probe forgets what is known of the old one, and nothing else of the sites', () => {
    const probe = { proved: true, failingSinceMs: null };
    const site = { good: 2, goodSinceMs: T0, lastHealthy: 2, probe };
    const settled = settledOn(BEFORE, { failover: { primary: site, secondary: site } });
    expect(fitToPolicy(BEFORE, settled).state.failover.primary.probe).toBe(settled.failover.primary.probe);
    const { failover } = fitToPolicy(
      edited({ failover: { primary: { probe: 'https://other.example.com/' } } }),
      settled,
    ).state;
    expect(failover.primary).toEqual({ ...settled.failover.primary, probe: undefined });
    expect(failover.secondary).toEqual(settled.failover.secondary);
  });

  it('without failover for a while forgets the sites, but not what is known of their probes (seed 5809)', () => {
    const probe = { proved: true, failingSinceMs: null };
    const settled = settledOn(BEFORE, { failover: { primary: { good: 2, probe }, secondary: { good: 2, probe } } });
    const bare = fitToPolicy(edited({ failover: undefined }), settled).state;
    expect(bare.failover.primary).toEqual({ ...initialState('web').failover.primary, probe });
    expect(fitToPolicy(BEFORE, bare).state.failover).toEqual(bare.failover);
    const elsewhere = edited({ failover: { primary: { probe: 'https://other.example.com/' } } });
    const moved = fitToPolicy(elsewhere, bare).state.failover;
    expect([moved.primary.probe, moved.secondary.probe]).toEqual([undefined, probe]);
  });

  it.each([
    ['another target group', { health: { targetGroup: 'another' } }],
    ['no health any more', { health: undefined }],
  ])('with %s forgets counters and ejections, and tells what stays out', (_, changes) => {
    const { state, left } = fitToPolicy(edited(changes), settledOn(BEFORE));
    expect(state.health).toMatchObject({ targets: {}, ejected: {} });
    expect(left).toEqual({ targetGroup: 'ap-northeast-2/exercise-target-group', ejected: [ejection] });
  });

  it('tells nothing of a target whose instance is being replaced: it goes by itself', () => {
    const ejected = { 'i-1:80': { ...ejection, replace: true } };
    expect(
      fitToPolicy(edited({ health: { targetGroup: 'another' } }), settledOn(BEFORE, { health: { ejected } })).left,
    ).toBeNull();
  });

  it('tells of what may be out as well: a deregistration that was saved and never answered (seed 21086)', () => {
    const base = { id: 'web:1:1', region: 'ap-northeast-2', reason: 'EJECT', targetGroup: 'g' } as const;
    const out = (id: string, replace: boolean) => ({
      action: { ...base, kind: 'deregisterTarget' as const, target: { key: `${id}:80`, id, port: 80 }, replace },
      ...{ atMs: T0, acceptedMs: null },
    });
    const pending = [out('i-1', false), out('i-2', false), out('i-3', true)];
    const { left } = fitToPolicy(edited({ health: { targetGroup: 'another' } }), settledOn(BEFORE, { pending }));
    expect(left?.ejected.map(({ id }) => id)).toEqual(['i-1', 'i-2']);
  });

  it('that begins with health had nothing to leave out', () => {
    expect(fitToPolicy(BEFORE, settledOn(edited({ health: undefined }), { health: { ejected: {} } })).left).toBeNull();
  });

  it.each([
    ['another record', { failover: { record: { name: 'api.example.com' } } }],
    ['no failover any more', { failover: undefined }],
  ])('with %s forgets where the old one pointed', (_, changes) => {
    const { failover } = fitToPolicy(edited(changes), settledOn(BEFORE)).state;
    expect(failover).toMatchObject({ phase: 'primary', weights: null });
  });
});

describe('what is pending', () => {
  const base = { id: 'web:1:1', region: 'ap-northeast-2', reason: 'EJECT' } as const;
  const target = { key: 'i-1:80', id: 'i-1', port: 80 };
  const actions = [
    { ...base, kind: 'setCapacity', site: 'primary', group: 'g', from: 1, to: 2 },
    { ...base, kind: 'setCapacity', site: 'secondary', group: 's', from: 1, to: 2 },
    { ...base, kind: 'registerTarget', targetGroup: 't', target },
    { ...base, kind: 'moveDns', hostedZoneId: 'Z', name: 'n', to: 'secondary', cause: 'trip', sets: [], weights: {} },
  ] as const;
  const pending = actions.map((action) => ({ action, atMs: T0, acceptedMs: null }));
  const kept = (changes: Part<Policy>): string[] =>
    fitToPolicy(edited(changes), settledOn(BEFORE, { pending })).state.pending.map(({ action }) =>
      action.kind === 'setCapacity' ? `${action.kind} ${action.site}` : action.kind,
    );

  it.each([
    ['the group', { fleet: { autoScalingGroup: 'another' } }, ['setCapacity secondary', 'registerTarget', 'moveDns']],
    // It waits until a group is named again: nobody sees what became of it, and it may have been applied.
    [
      'no group',
      { fleet: undefined, scaling: undefined },
      ['setCapacity primary', 'setCapacity secondary', 'registerTarget', 'moveDns'],
    ],
    [
      'the target group',
      { health: { targetGroup: 'another' } },
      ['setCapacity primary', 'setCapacity secondary', 'moveDns'],
    ],
    [
      'the record',
      { failover: { hostedZoneId: 'Z9' } },
      ['setCapacity primary', 'setCapacity secondary', 'registerTarget'],
    ],
  ])('goes with %s that it was about, and nothing else does', (_, changes, expected) => {
    expect(kept(changes)).toEqual(expected);
  });
});
