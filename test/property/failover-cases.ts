/** Worlds in which failover has something to decide: record and state fit together, counters stand at their thresholds. */
import fc from 'fast-check';
import type {
  Observation,
  Policy,
  ProbeTrack,
  Reading,
  ServiceState,
  SiteObservation,
  SiteTrack,
} from '../../lib/core/model.ts';
import { dnsOf, fleetOf, groupOf, T0, target } from '../core/builders.ts';
import { anyObservation, anyReading, mostly, policyWith } from './arbitraries.ts';
import { anyState } from './arbitrary-state.ts';

export interface Case {
  readonly policy: Policy;
  readonly state: ServiceState;
  readonly obs: Observation;
}

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const pairPolicy: fc.Arbitrary<Policy> = fc
  .oneof(policyWith({ fleet: true, health: true, failover: true }), policyWith({ failover: true }))
  .map((policy) => {
    const { failover } = policy;
    if (failover === undefined) return policy;
    return { ...policy, failover: { ...failover, record: { ...failover.record, type: 'A' as const } } };
  });

/** A site with so many healthy and failing servers, now and then out of reach, its probe passing or failing. */
function anySite(prefix: string): fc.Arbitrary<SiteObservation> {
  const group = fc
    .tuple(int(0, 3), int(0, 3))
    .map(([healthy, failing]) =>
      groupOf([
        ...Array.from({ length: healthy }, (_, n) => target(`${prefix}-h${n}`)),
        ...Array.from({ length: failing }, (_, n) => target(`${prefix}-f${n}`, 'unhealthy')),
      ]),
    );
  return fc.record({
    fleet: anyReading(
      int(0, 6).map((n) => fleetOf(n)),
      T0,
    ),
    targets: fc.oneof({ weight: 5, arbitrary: group.map(now) }, { weight: 2, arbitrary: fc.constant(unread<never>()) }),
    probe: fc.constantFrom(now(true), now(false), unread<boolean>()),
  });
}

const now = <T>(value: T): Reading<T> => ({ known: true, atMs: T0, value });
const unread = <T>(): Reading<T> => ({ known: false, atMs: T0, why: 'unavailable' });

/** Passing, failing for a moment, and not believed. */
const PROBES: readonly ProbeTrack[] = [
  { proved: true, failingSinceMs: null },
  { proved: true, failingSinceMs: T0 - 60_000 },
  { proved: false, failingSinceMs: T0 - 900_000 },
];

/** Counters at or near what the policy asks for. */
function anyTrack({ failover }: Policy): fc.Arbitrary<SiteTrack> {
  const { rounds = 1, missingRounds = 1 } = failover?.trip ?? {};
  const since = fc.constantFrom(0, 10, 60, 300, 600, 900, 1800, 3600).map((seconds) => T0 - seconds * 1000);
  const counts = (good: number, bad: number) => ({ good: fc.constant(good), bad: fc.constant(bad) });
  const rest = {
    missing: fc.constantFrom(0, 1, missingRounds - 1, missingRounds),
    lastHealthy: int(0, 3),
    probe: fc.constantFrom(undefined, ...PROBES),
  };
  return fc.oneof(
    fc.record({ ...counts(rounds, 0), ...rest, goodSinceMs: since }),
    fc.record({ ...counts(Math.max(0, rounds - 1), 0), ...rest, goodSinceMs: since }),
    fc.record({ ...counts(0, rounds), ...rest, goodSinceMs: fc.constant(null) }),
    fc.record({ ...counts(0, Math.max(0, rounds - 1)), ...rest, goodSinceMs: fc.constant(null) }),
  );
}

function fitting(policy: Policy): fc.Arbitrary<Case> {
  const intervalMs = (policy.health?.check.intervalSeconds ?? 5) * 1000;
  const weights = fc.constantFrom({ seoul: 100, tokyo: 0 }, { seoul: 0, tokyo: 100 });
  const shown = mostly<[number, number] | null>(
    fc.constant(null),
    fc.constantFrom([0, 100], [100, 0], [50, 50], [0, 0]),
  );
  return fc
    .record({
      base: anyState(policy),
      world: anyObservation(policy),
      primary: anySite('p'),
      secondary: anySite('s'),
      tracks: fc.tuple(anyTrack(policy), anyTrack(policy)),
      goodAgo: fc.tuple(...[0, 1].map(() => fc.constantFrom(1, 1, 2, 3))),
      weights,
      shown,
      order: mostly<'primary' | 'secondary' | null>(fc.constant(null), fc.constantFrom('primary', 'secondary')),
      relapses: fc.constantFrom(0, 0, 1, 2),
      roundMs: mostly(fc.constant(T0), fc.constant(T0 - 2000)),
      primaryServed: fc.constantFrom(undefined, null, 1, 2, 3),
      standbyMatched: fc.constantFrom(undefined, true as const),
    })
    .map(({ base, world, ...c }) => {
      const [seoul, tokyo] = c.shown ?? [c.weights.seoul, c.weights.tokyo];
      const goodMs = {
        primary: T0 - (c.goodAgo[0] ?? 1) * intervalMs,
        secondary: T0 - (c.goodAgo[1] ?? 1) * intervalMs,
      };
      const failover = {
        ...base.failover,
        phase: c.weights.seoul > 0 ? ('primary' as const) : ('secondary' as const),
        primary: c.tracks[0],
        secondary: c.tracks[1],
        weights: c.weights,
        weightsMs: T0 - 900_000,
        change: null,
        relapses: c.relapses,
        byHand: base.failover.byHand && c.relapses > 0,
        primaryServed: c.primaryServed,
        standbyMatched: c.standbyMatched,
      };
      return {
        policy,
        state: {
          ...base,
          failover,
          orders: c.order === null ? {} : { move: { to: c.order, atMs: T0 - 10_000 } },
          pending: [],
          health: { ...base.health, ejected: {} },
          pace: { ...base.pace, failoverMs: T0 - intervalMs, goodMs },
        },
        obs: {
          ...world,
          roundMs: c.roundMs,
          primary: c.primary,
          secondary: c.secondary,
          dns: now(dnsOf(seoul, tokyo)),
          dnsChange: undefined,
        },
      };
    });
}

/** Cases that fit, and one in five that was drawn at random. */
export const anyCase: fc.Arbitrary<Case> = pairPolicy.chain((policy) =>
  fc.oneof(
    { weight: 4, arbitrary: fitting(policy) },
    {
      weight: 1,
      arbitrary: fc.record({ policy: fc.constant(policy), state: anyState(policy), obs: anyObservation(policy) }),
    },
  ),
);

/** The same on the secondary, which is not bad, the primary good for its rounds and for any time: a failback may be due. */
export const anyRecovery: fc.Arbitrary<Case> = pairPolicy.chain((policy) =>
  fitting(policy).map(({ state, obs }) => {
    const rounds = policy.failover?.trip.rounds ?? 1;
    const { primary: before, secondary, relapses } = state.failover;
    const goodSinceMs = before.goodSinceMs ?? T0 - 450_000;
    const failover = {
      ...state.failover,
      phase: 'secondary' as const,
      weights: { seoul: 0, tokyo: 100 },
      primary: { ...before, good: rounds, bad: 0, goodSinceMs },
      secondary: { ...secondary, good: rounds, bad: 0 },
      byHand: false,
    };
    const goodMs = { primary: state.pace.failoverMs, secondary: state.pace.failoverMs };
    const refresh = obs.refresh === undefined ? undefined : now(false);
    const whole = groupOf(['p-1', 'p-2', 'p-3'].map((id) => target(id)));
    const primary = relapses > 0 ? obs.primary : { ...obs.primary, targets: now(whole) };
    const changed = { dns: now(dnsOf(0, 100)), refresh, primary };
    return {
      policy,
      obs: { ...obs, ...changed },
      state: { ...state, failover, orders: {}, pace: { ...state.pace, goodMs } },
    };
  }),
);
