/** Scaling decisions of all kinds, and of such worlds as nearly let the fleet be scaled in. */
import fc from 'fast-check';
import { decide } from '../../lib/core/decide.ts';
import type {
  Action,
  Decision,
  FleetView,
  Observation,
  Point,
  Policy,
  ServiceState,
  Signal,
  TargetState,
  TargetView,
} from '../../lib/core/model.ts';
import { T0 } from '../core/builders.ts';
import { anyObservation, INSTANCE_IDS, policyWith } from './arbitraries.ts';
import { anyState } from './arbitrary-state.ts';

export interface Scaled {
  readonly policy: Policy;
  readonly before: ServiceState;
  readonly obs: Observation;
  readonly after: ServiceState;
  readonly decision: Decision;
  readonly fleet: FleetView | null;
  readonly action: (Action & { kind: 'setCapacity' }) | null;
}

/** The case with what is decided on it. */
export function scaled(policy: Policy, before: ServiceState, obs: Observation): Scaled {
  const { decisions, state: after } = decide(policy, before, obs, T0);
  const decision = decisions.find((d) => d.area === 'scaling') as Decision;
  const fleet = obs.primary.fleet?.known === true ? obs.primary.fleet.value : null;
  const action = decision.action?.kind === 'setCapacity' ? decision.action : null;
  return { policy, before, obs, after, decision, fleet, action };
}

const anyScaled: fc.Arbitrary<Scaled> = fc
  .constantFrom({ failover: false, health: true }, { failover: true, health: true }, { failover: false, health: false })
  .chain((has) => policyWith({ fleet: true, scaling: true, ...has }))
  .chain((policy) => fc.tuple(fc.constant(policy), anyState(policy), anyObservation(policy)))
  .map(([policy, before, obs]) => scaled(policy, before, obs));

/** What may be drawn to stand against scaling in. */
const AGAINST = [
  'stale',
  'points',
  'signals',
  'change',
  'pending',
  'failover',
  'health',
  'young',
  'fleet',
  'instance',
  'targets',
  'target',
  'shift',
  'refresh',
  'scalers',
] as const;

/** Four servers of the group, in service but for the first. */
function fourServers(lifecycle: string): FleetView {
  const instances = INSTANCE_IDS.slice(0, 4).map((id, i) => {
    return { id, zone: 'a', lifecycle: i === 0 ? lifecycle : 'InService', healthy: true, protectedFromScaleIn: false };
  });
  return { name: 'exercise-group', minSize: 1, maxSize: 10, desired: 4, instances, suspended: [] };
}

/** A full window of datapoints far below need, the newest so many periods ago. */
function idlePoints({ metric }: Signal, late: number): Point[] {
  const periodMs = metric.periodSeconds * 1000;
  const lastMs = (Math.floor(T0 / periodMs) - 1 - late) * periodMs;
  return Array.from({ length: 12 }, (_, i) => ({ startMs: lastMs - (11 - i) * periodMs, value: -20, covered: 4 }));
}

/** A calm world in which scaling in is right, but for one thing that stands against it, if any: each is drawn. */
export const nearlyIdle: fc.Arbitrary<Scaled> = policyWith({ fleet: true, scaling: true, health: true, failover: true })
  .map((drawn): Policy => {
    const scaling = drawn.scaling as NonNullable<Policy['scaling']>;
    return {
      ...drawn,
      fleet: { autoScalingGroup: 'exercise-group', capacity: { min: 1, max: 10 } },
      scaling: { ...scaling, scaleIn: { maxStep: 2, stabilizationSeconds: 120 } },
    };
  })
  .chain((policy) =>
    fc.tuple(
      fc.constant(policy),
      anyState(policy),
      anyObservation(policy),
      fc.constantFrom('nothing', ...AGAINST),
      fc.constantFrom('Pending', 'Terminating', 'Standby', 'Detached'),
      fc.constantFrom<TargetState[]>('unhealthy', 'draining', 'initial', 'unused'),
      fc.integer({ min: 0, max: 25 }),
    ),
  )
  .map(([policy, state, obs, against, lifecycle, targetState, late]) => {
    const now = <T>(value: T) => ({ known: true, atMs: T0, value }) as const;
    const drawn = (what: (typeof AGAINST)[number]): boolean => against === what;
    const signals = policy.scaling?.signals ?? [];
    const points = signals.map((s, i) => [s.name, idlePoints(s, drawn('stale') && i === 0 ? late : 0)]);
    const targets = INSTANCE_IDS.slice(0, 4).map((id, i): TargetView => {
      const one = drawn('target') && i === 0 ? targetState : 'healthy';
      return { key: `${id}:80`, id, port: 80, state: one, zonalShift: drawn('shift') && i === 0 };
    });
    const before: ServiceState = {
      ...state,
      orders: {},
      pending: drawn('pending') ? state.pending : [],
      failover: drawn('failover')
        ? state.failover
        : { ...state.failover, phase: 'primary', change: null, weights: null },
      health: drawn('health') ? state.health : { targets: {}, ejected: {}, history: {}, replaced: {} },
      scaling: {
        ...state.scaling,
        points: drawn('points') ? state.scaling.points : Object.fromEntries(points),
        counts: [{ fromMs: 0, count: 4 }],
        desired: 4,
        lastChangeMs: drawn('change') ? state.scaling.lastChangeMs : 0,
        inServiceSince: drawn('young')
          ? state.scaling.inServiceSince
          : Object.fromEntries(INSTANCE_IDS.slice(0, 4).map((id) => [id, 0])),
      },
    };
    return scaled(policy, before, {
      ...obs,
      primary: {
        ...obs.primary,
        fleet: drawn('fleet') ? obs.primary.fleet : now(fourServers(drawn('instance') ? lifecycle : 'InService')),
        targets: drawn('targets') ? obs.primary.targets : now({ arn: 'x', targetType: 'instance', targets }),
      },
      signals: drawn('signals') ? obs.signals : signals.map(() => ({ known: false, atMs: T0, why: 'not-read' })),
      refresh: drawn('refresh') ? obs.refresh : now(false),
      scalers: drawn('scalers') ? obs.scalers : now([]),
    });
  });

export const anyCase = fc.oneof(anyScaled, nearlyIdle);
