/** fast-check arbitraries for the states of a service, and for what becomes of actions. */
import fc from 'fast-check';
import { emptyCurve, type Season, SLOT_MS } from '../../lib/core/curve.ts';
import type {
  Action,
  Ejection,
  FailoverState,
  ForecastMemory,
  HealthState,
  Orders,
  Outcome,
  Pending,
  Policy,
  Refusal,
  Result,
  ScalingState,
  ServiceState,
  SiteTrack,
} from '../../lib/core/model.ts';
import { initialState } from '../../lib/core/state.ts';
import { recordSet, T0 } from '../core/builders.ts';
import { INSTANCE_IDS, mostly, PORTS } from './arbitraries.ts';

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

/** Lately, seen from `nowMs`; on whole seconds, so that limits are met exactly now and then. */
function lately(nowMs: number, seconds = 900): fc.Arbitrary<number> {
  return int(0, seconds).map((s) => nowMs - s * 1000);
}

const KEYS = INSTANCE_IDS.flatMap((id) => PORTS.map((port) => ({ key: `${id}:${port}`, id, port })));

function byKey<T>(keys: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Readonly<Record<string, T>>> {
  return fc.subarray([...keys]).chain((chosen) => fc.record(Object.fromEntries(chosen.map((k) => [k, value]))));
}

function anyScalingState(policy: Policy, nowMs: number): fc.Arbitrary<ScalingState> {
  const signals = policy.scaling?.signals ?? [];
  const points = fc.record(
    Object.fromEntries(
      signals.map(({ name, metric }) => {
        const periodMs = metric.periodSeconds * 1000;
        const point = fc.record({ value: fc.double({ min: 0, max: 300, noNaN: true }), covered: int(0, 8) });
        const lastMs = Math.floor(nowMs / periodMs) * periodMs - periodMs;
        const all = fc
          .tuple(fc.array(point, { maxLength: 12 }), int(0, 4))
          .map(([list, late]) =>
            list.map((p, i) => ({ ...p, startMs: lastMs - (list.length - 1 - i + late) * periodMs })),
          );
        return [name, all];
      }),
    ),
  );
  return fc.record({
    points,
    missingStepTaken: fc.boolean(),
    counts: fc
      .array(fc.record({ fromMs: lately(nowMs), count: int(0, 8) }), { maxLength: 4 })
      .map((counts) => counts.sort((a, b) => a.fromMs - b.fromMs)),
    inServiceSince: byKey(INSTANCE_IDS, mostly(fc.constant(0), lately(nowMs))),
    lastChangeMs: mostly(fc.constant(0), lately(nowMs)),
    lastScaleOutMs: mostly(fc.constant(0), lately(nowMs)),
    desired: maybe(int(0, 10)),
    publishLagMs: fc.record(Object.fromEntries(signals.map((s) => [s.name, int(0, 200_000)]))),
    forecast: mostly(
      fc.record(Object.fromEntries(signals.map((s) => [s.name, anyForecastMemory(nowMs)]))),
      fc.constant(undefined),
    ),
  });
}

/** What may have been learnt: any curve, whole or with holes, of any season; lately or never without traffic. */
function anyForecastMemory(nowMs: number): fc.Arbitrary<ForecastMemory> {
  const skill = fc.record({
    came: fc.double({ min: -1, max: 1, noNaN: true }),
    foretold: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const log = fc.double({ min: -7, max: 9, noNaN: true });
  // Texts of a few slots over and over, some of them unknown: to draw each slot would take too long.
  const level = fc.constantFrom('AA', 'Vg', 'Vv', 'WA', 'Wv', '__');
  const season = fc
    .tuple(fc.constantFrom<Season[]>('none', 'daily', 'weekly'), fc.array(level, { minLength: 1, maxLength: 9 }))
    .map(([kind, levels]) => {
      const { length } = emptyCurve(kind);
      return levels.join('').repeat(length).slice(0, length);
    });
  const index = Math.floor(nowMs / SLOT_MS);
  return fc.record({
    unit: fc.constant(80),
    season,
    slot: fc.record({
      index: int(index - 2, index),
      sum: fc.double({ min: 0, max: 99, noNaN: true }),
      points: int(0, 10),
      hidden: fc.boolean(),
    }),
    before: maybe(fc.record({ index: int(index - 3, index - 1), log, foretold: maybe(log) })),
    learntMs: lately(nowMs),
    awayMs: mostly(fc.constant(0), lately(nowMs)),
    seasonSkill: skill,
    trendSkill: skill,
    bet: maybe(fc.record({ dueMs: lately(nowMs), fromLog: log, change: log })),
  });
}

function anyHealthState(policy: Policy, nowMs: number): fc.Arbitrary<HealthState> {
  const { unhealthy, healthy } = policy.health?.rounds ?? { unhealthy: 2, healthy: 2 };
  const track = fc.oneof(
    fc.record({ failing: int(1, unhealthy), passing: fc.constant(0) }),
    fc.record({ failing: fc.constant(0), passing: int(1, Math.max(1, healthy - 1)) }),
  );
  const wanted = policy.health?.onUnhealthy === 'replace' ? fc.boolean() : fc.constant(false);
  const ejected = fc.subarray(KEYS, { maxLength: 4 }).chain((chosen) =>
    fc.record(
      Object.fromEntries(
        chosen.map(({ key, id, port }): [string, fc.Arbitrary<Ejection>] => [
          key,
          fc.record({
            id: fc.constant(id),
            port: fc.constant(port),
            atMs: lately(nowMs),
            times: int(1, 9),
            replace: wanted,
          }),
        ]),
      ),
    ),
  );
  const keys = KEYS.map((k) => k.key);
  return fc.record({
    targets: byKey(keys, track),
    ejected: mostly(fc.constant({}), ejected, ejected, ejected),
    history: byKey(keys, fc.record({ times: int(1, 9), lastMs: lately(nowMs, 5000) })),
    replaced: mostly(fc.constant({}), byKey(INSTANCE_IDS, lately(nowMs, 5000))),
  });
}

function anyTrack(nowMs: number): fc.Arbitrary<SiteTrack> {
  return fc.record({
    good: int(0, 4),
    bad: int(0, 4),
    missing: int(0, 8),
    goodSinceMs: maybe(lately(nowMs)),
    lastHealthy: maybe(int(0, 6)),
    probe: fc.oneof(fc.constant(undefined), fc.record({ proved: fc.boolean(), failingSinceMs: maybe(lately(nowMs)) })),
  });
}

function anyFailoverState(nowMs: number): fc.Arbitrary<FailoverState> {
  const weights = fc.constantFrom({ seoul: 100, tokyo: 0 }, { seoul: 0, tokyo: 100 }, { seoul: 1, tokyo: 1 });
  return fc.record({
    phase: fc.constantFrom<FailoverState['phase'][]>('primary', 'failingOver', 'secondary', 'failingBack'),
    primary: anyTrack(nowMs),
    secondary: anyTrack(nowMs),
    primaryDesired: maybe(int(0, 10)),
    weights: maybe(weights),
    weightsMs: lately(nowMs),
    change: maybe(fc.record({ id: maybe(fc.constant('/change/C1')), atMs: lately(nowMs) })),
    byHand: fc.boolean(),
    relapses: int(0, 6),
    lastFailbackMs: maybe(lately(nowMs, 5000)),
    failbacksMs: fc.array(lately(nowMs, 5000), { maxLength: 3 }),
    standbyRaised: maybe(fc.record({ from: int(0, 4), to: int(1, 8) })),
  });
}

function anyOrders(nowMs: number): fc.Arbitrary<Orders> {
  const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    mostly<T | undefined>(fc.constant(undefined), value);
  return fc.record({
    hold: seldom(fc.record({ atMs: lately(nowMs) })),
    capacity: seldom(fc.record({ capacity: int(0, 12), untilMs: maybe(int(nowMs - 60_000, nowMs + 60_000)) })),
    move: seldom(
      fc.record({ to: fc.constantFrom<('primary' | 'secondary')[]>('primary', 'secondary'), atMs: lately(nowMs, 90) }),
    ),
    adoptDns: seldom(fc.constant(true as const)),
    parked: seldom(fc.record({ minSize: int(0, 3), desired: int(0, 6) })),
  });
}

/** Any action that a cycle before may have saved. */
const anyAction: fc.Arbitrary<Action> = fc
  .tuple(fc.uuid(), fc.constantFrom(...KEYS), int(0, 10), int(0, 10), fc.boolean())
  .chain(([id, target, from, to, replace]) => {
    const region = 'ap-northeast-2';
    const targetGroup = 'exercise-target-group';
    const group = 'exercise-group';
    const sizes = { from: { minSize: 1, desired: from }, to: { minSize: 0, desired: 0 } };
    return fc.constantFrom<Action[]>(
      { id, region, reason: 'SCALE_OUT', kind: 'setCapacity', site: 'primary', group, from, to },
      {
        id,
        region,
        reason: 'RAISE_STANDBY',
        kind: 'setCapacity',
        site: 'secondary',
        group: 'exercise-standby-group',
        from,
        to,
      },
      { id, region, reason: 'PARKED', kind: 'parkFleet', group, ...sizes },
      { id, region, reason: 'UNPARK', kind: 'unparkFleet', group, from: sizes.to, to: sizes.from },
      { id, region, reason: 'EJECT', kind: 'deregisterTarget', targetGroup, target, replace },
      { id, region, reason: 'READMIT', kind: 'registerTarget', targetGroup, target },
      { id, region, reason: 'REPLACE', kind: 'replaceInstance', group, instanceId: target.id, after: null },
      {
        id,
        region: 'us-east-1',
        reason: 'TRIP',
        kind: 'moveDns',
        hostedZoneId: 'Z0123456789ABCDEFGHIJ',
        name: 'www.example.com',
        to: replace ? 'secondary' : 'primary',
        cause: replace ? 'trip' : 'failback',
        sets: [recordSet('seoul', 100), recordSet('tokyo', 0)],
        weights: replace ? { seoul: 0, tokyo: 100 } : { seoul: 100, tokyo: 0 },
      },
    );
  });

function anyPending(nowMs: number): fc.Arbitrary<Pending> {
  return fc.record({ action: anyAction, atMs: lately(nowMs, 30), acceptedMs: maybe(lately(nowMs, 30)) });
}

/** Any state that was saved before `nowMs`; parts need not fit together. */
export function anyState(policy: Policy, nowMs: number = T0): fc.Arbitrary<ServiceState> {
  const known: fc.Arbitrary<ServiceState> = fc.record({
    service: fc.constant(policy.service),
    version: int(1, 1000),
    scaling: anyScalingState(policy, nowMs),
    health: anyHealthState(policy, nowMs),
    failover: anyFailoverState(nowMs),
    orders: anyOrders(nowMs),
    pending: mostly(fc.constant<Pending[]>([]), fc.array(anyPending(nowMs), { maxLength: 3 })),
    incidents: byKey(
      ['health:PANIC', 'scaling:AT_MAXIMUM'],
      fc.record({ sinceMs: lately(nowMs), lastMs: lately(nowMs) }),
    ),
    pace: fc.record({
      healthMs: lately(nowMs, 20),
      failoverMs: lately(nowMs, 20),
      goodMs: fc.record({ primary: lately(nowMs, 20), secondary: lately(nowMs, 20) }),
    }),
  });
  return mostly(known, fc.constant(initialState(policy.service)));
}

const REFUSALS: Refusal[] = [
  'PRECONDITION',
  'UNCHECKED',
  'HELD',
  'FENCED',
  'NOT_FIRST',
  'DENIED',
  'THROTTLED',
  'ACCOUNT_BUDGET',
];

/** What may become of each action of a result: `luck` decides, one number of it for each. */
export function outcomesBy(luck: readonly number[], result: Result, atMs: number): Outcome[] {
  return result.actions.map(({ id: actionId }, index): Outcome => {
    const n = luck[index % Math.max(1, luck.length)] ?? 0;
    if (n < 6) return { actionId, result: 'applied', atMs, changeId: `/change/${actionId}` };
    if (n < 8) return { actionId, result: 'unclear', atMs, detail: 'no answer' };
    return { actionId, result: 'refused', atMs, why: REFUSALS[n % REFUSALS.length] ?? 'PRECONDITION' };
  });
}

/** For `outcomesBy`: mostly applied. */
export const anyLuck: fc.Arbitrary<number[]> = fc.array(int(0, 12), { minLength: 1, maxLength: 4 });
