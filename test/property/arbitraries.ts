/**
 * fast-check arbitraries for the pure core: policies over the whole legal space, and observations of any world, coherent
 * or not. Ids, ports and times come from small sets, so that parts that are drawn apart still meet. States are in
 * `arbitrary-state.ts`.
 */
import fc from 'fast-check';
import type {
  Band,
  Datapoint,
  DnsView,
  FailoverPolicy,
  FleetView,
  ForecastPolicy,
  HealthPolicy,
  InstanceView,
  MissingReason,
  Observation,
  Policy,
  Reading,
  ScalingPolicy,
  Signal,
  TargetGroupView,
  TargetState,
  TargetView,
} from '../../lib/core/model.ts';
import { recordSet, T0 } from '../core/builders.ts';

/** Checks a property on 1,000 cases. A failure prints the seed and the smallest counterexample. */
export function always<T>(value: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(value, check), { numRuns: 1000 });
}

export const INSTANCE_IDS = ['i-1', 'i-2', 'i-3', 'i-4', 'i-5', 'i-6'] as const;
export const PORTS = [80, 8080] as const;

/** Mostly the first, now and then one of the others. */
export function mostly<T>(usual: fc.Arbitrary<T>, ...seldom: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 8, arbitrary: usual }, ...seldom.map((arbitrary) => ({ weight: 1, arbitrary })));
}

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

const band: fc.Arbitrary<Band> = fc.oneof(
  fc.record({ above: real(-10, 200), add: int(1, 5) }),
  fc.record({ below: real(-10, 200), remove: int(1, 5) }),
);

function signal(name: string): fc.Arbitrary<Signal> {
  const metric = fc.record({
    namespace: fc.constant('AWS/EC2'),
    name: fc.constant('CPUUtilization'),
    statistic: fc.constantFrom('Average', 'Sum', 'p99'),
    periodSeconds: fc.constantFrom(10, 60, 300),
    dimensions: fc.constant({ AutoScalingGroupName: 'exercise-group' }),
  });
  const onMissing = fc.constantFrom<Signal['onMissing'][]>('hold', 'scaleOut');
  return fc.oneof(
    fc.record({ name: fc.constant(name), metric, onMissing, target: real(0.001, 1000) }),
    fc.record({ name: fc.constant(name), metric, onMissing, steps: fc.array(band, { minLength: 1, maxLength: 4 }) }),
  );
}

export const forecast: fc.Arbitrary<ForecastPolicy> = fc.record({
  leadSeconds: int(1, 7200),
  trend: fc.boolean(),
  season: fc.constantFrom('none', 'daily', 'weekly'),
  overloadCostMinutes: fc.constantFrom(0, 1, 10, 500),
});

const anyScaling: fc.Arbitrary<ScalingPolicy> = fc.record({
  signals: int(1, 3).chain((n) => fc.tuple(...['cpu', 'requests', 'queue'].slice(0, n).map(signal))),
  tolerance: real(0, 0.5),
  warmupSeconds: int(1, 3600),
  scaleOut: fc.record({ maxStep: int(1, 1000), cooldownSeconds: int(1, 3600) }),
  scaleIn: fc.record({ maxStep: int(1, 1000), stabilizationSeconds: int(1, 7200) }),
  forecast: fc.option(forecast, { nil: undefined }),
});

const anyCheck: fc.Arbitrary<HealthPolicy['check']> = fc.record({
  path: fc.constant('/health'),
  intervalSeconds: fc.constantFrom(5, 5, 10, 30, 300),
  timeoutSeconds: fc.constant(2),
  healthyThreshold: int(2, 10),
  unhealthyThreshold: int(2, 10),
  matcher: fc.constant('200'),
});

function anyHealth(withFleet: boolean): fc.Arbitrary<HealthPolicy> {
  const kinds: HealthPolicy['onUnhealthy'][] = withFleet ? ['replace', 'deregister'] : ['deregister'];
  return fc.record({
    targetGroup: fc.constant('exercise-target-group'),
    check: anyCheck,
    rounds: fc.record({ unhealthy: int(1, 4), healthy: int(1, 4) }),
    onUnhealthy: fc.constantFrom(...kinds),
    limits: fc.record({
      maxEjectedPercent: int(0, 100),
      minHealthy: int(0, 4),
      panicPercent: int(0, 100),
      replacedPer5Minutes: int(0, 5),
    }),
    readmit: int(1, 600).chain((afterSeconds) =>
      fc.record({ afterSeconds: fc.constant(afterSeconds), maxSeconds: int(afterSeconds, 3600) }),
    ),
  });
}

const anyFailover: fc.Arbitrary<FailoverPolicy> = fc.record({
  hostedZoneId: fc.constant('Z0123456789ABCDEFGHIJ'),
  record: fc.record({
    name: fc.constant('www.example.com'),
    type: fc.constantFrom<FailoverPolicy['record']['type'][]>('A', 'AAAA', 'CNAME'),
  }),
  primary: fc.constant({ setIdentifier: 'seoul', region: 'ap-northeast-2', targetGroup: 'exercise-target-group' }),
  secondary: fc.record({
    setIdentifier: fc.constant('tokyo'),
    region: fc.constant('ap-northeast-1'),
    targetGroup: fc.constant('exercise-standby'),
    autoScalingGroup: fc.constantFrom(undefined, 'exercise-standby-group'),
    minReadyPercent: int(0, 100),
  }),
  trip: fc.record({ healthyPercentBelow: int(0, 100), rounds: int(1, 4), missingRounds: int(1, 8) }),
  failback: fc.record({
    mode: fc.constantFrom<FailoverPolicy['failback']['mode'][]>('automatic', 'manual'),
    afterHealthySeconds: int(1, 900),
  }),
  limits: fc.record({ failbacksPerHour: int(1, 4) }),
});

/** Which sections a policy has. */
interface Sections {
  readonly fleet: boolean;
  readonly scaling: boolean;
  readonly health: boolean;
  readonly failover: boolean;
}

const sections: fc.Arbitrary<Sections> = fc
  .record({
    fleet: mostly(fc.constant(true), fc.constant(false)),
    scaling: fc.boolean(),
    health: fc.boolean(),
    failover: fc.boolean(),
  })
  .map((s) => ({ ...s, scaling: s.scaling && s.fleet }))
  .filter((s) => s.scaling || s.health || s.failover);

const absent = fc.constant(undefined);

/** Any policy that the schema lets pass, `name` its service. Give sections to have just these. */
export function anyPolicy(wanted: fc.Arbitrary<Sections> = sections): fc.Arbitrary<Policy> {
  return wanted.chain((has) =>
    fc.record({
      service: fc.constant('web'),
      mode: fc.constantFrom<Policy['mode'][]>('enforce', 'observe'),
      region: fc.constant('ap-northeast-2'),
      fleet: has.fleet
        ? fc.record({
            autoScalingGroup: fc.constant('exercise-group'),
            capacity: fc.tuple(int(0, 5), int(0, 6)).map(([min, more]) => ({ min, max: Math.max(1, min + more) })),
          })
        : absent,
      scaling: has.scaling ? anyScaling : absent,
      health: has.health ? anyHealth(has.fleet) : absent,
      failover: has.failover ? anyFailover : absent,
    }),
  );
}

/** A policy with all sections, or with just these. */
export function policyWith(wanted: Partial<Sections>): fc.Arbitrary<Policy> {
  return anyPolicy(fc.constant({ fleet: false, scaling: false, health: false, failover: false, ...wanted }));
}

const WHY: MissingReason[] = ['not-found', 'denied', 'throttled', 'conflict', 'unavailable', 'deadline', 'not-read'];

/** A reading of now, now and then an old one or none. */
export function anyReading<T>(value: fc.Arbitrary<T>, nowMs: number): fc.Arbitrary<Reading<T>> {
  const at = (atMs: number): fc.Arbitrary<Reading<T>> => value.map((v) => ({ known: true, atMs, value: v }));
  const missing = fc.constantFrom(...WHY).map((why): Reading<T> => ({ known: false, atMs: nowMs, why }));
  return mostly(at(nowMs), at(nowMs - 60_000), at(nowMs - 400_000), missing);
}

const anyInstance = (id: string): fc.Arbitrary<InstanceView> =>
  fc.record({
    id: fc.constant(id),
    zone: fc.constantFrom('ap-northeast-2a', 'ap-northeast-2b'),
    lifecycle: mostly(
      fc.constant('InService'),
      fc.constantFrom('Pending', 'Pending:Wait', 'Terminating', 'Terminating:Wait', 'Standby', 'Detached'),
    ),
    healthy: mostly(fc.constant(true), fc.constant(false)),
    protectedFromScaleIn: mostly(fc.constant(false), fc.constant(true)),
  });

/** Any group over any subset of the instances; sizes need not fit together. */
const anyFleet: fc.Arbitrary<FleetView> = fc.record({
  name: fc.constant('exercise-group'),
  minSize: int(0, 4),
  maxSize: int(1, 12),
  desired: int(0, 10),
  instances: fc.subarray([...INSTANCE_IDS]).chain((ids) => fc.tuple(...ids.map(anyInstance))),
  suspended: mostly(fc.constant<string[]>([]), fc.subarray(['Launch', 'Terminate', 'ReplaceUnhealthy', 'AZRebalance'])),
  refused: mostly(fc.constant<string | undefined>(undefined), fc.constant('the group is managed by another')),
});

const STATES: TargetState[] = ['initial', 'unhealthy.draining', 'unused', 'draining', 'unavailable'];

/** Targets in every state, healthy and unhealthy ones the most. */
const anyTarget = (id: string, port: number): fc.Arbitrary<TargetView> =>
  fc.record({
    key: fc.constant(`${id}:${port}`),
    id: fc.constant(id),
    port: fc.constant(port),
    state: fc.oneof(
      { weight: 4, arbitrary: fc.constant<TargetState>('healthy') },
      { weight: 4, arbitrary: fc.constant<TargetState>('unhealthy') },
      { weight: 1, arbitrary: fc.constantFrom(...STATES) },
    ),
    reason: mostly(
      fc.constant<string | undefined>('Target.FailedHealthChecks'),
      fc.constant(undefined),
      fc.constant('Elb.InternalError'),
    ),
    zonalShift: mostly(fc.constant(false), fc.constant(false), fc.constant(true)),
  });

/** Any targets of these instances on one or two ports. */
const anyGroup: fc.Arbitrary<TargetGroupView> = fc.record({
  arn: fc.constant('arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/x/1'),
  targetType: mostly(
    fc.constant<TargetGroupView['targetType']>('instance'),
    fc.constantFrom<TargetGroupView['targetType'][]>('ip', 'lambda', 'alb'),
  ),
  targets: fc
    .subarray(INSTANCE_IDS.flatMap((id) => PORTS.map((port): [string, number] => [id, port])))
    .chain((members) => fc.tuple(...members.map(([id, port]) => anyTarget(id, port)))),
});

const anyValue = mostly(real(0, 300), fc.constantFrom(0, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY));

/** Datapoints on the grid of the signal's period: out of order and with holes, as the read may have it. */
function anyDatapoints(periodSeconds: number, nowMs: number): fc.Arbitrary<readonly Datapoint[]> {
  const startMs = int(-1, 12).map((n) => (Math.floor(nowMs / (periodSeconds * 1000)) - n) * periodSeconds * 1000);
  return fc.uniqueArray(fc.record({ startMs, value: anyValue }), { maxLength: 12, selector: (p) => p.startMs });
}

const anyDns: fc.Arbitrary<DnsView> = fc
  .array(
    fc
      .tuple(
        fc.constantFrom('seoul', 'tokyo', 'somebody-else'),
        fc.constantFrom(0, 0, 1, 100),
        fc.constantFrom('A', 'AAAA'),
        mostly(fc.constant('weighted' as const), fc.constantFrom('simple' as const, 'other' as const)),
      )
      .map(([id, weight, type, routing]) => recordSet(id, weight, { type, routing })),
    { maxLength: 4 },
  )
  .map((sets) => ({ sets }));

/** The record in order: all on one site. */
const orderlyDns: fc.Arbitrary<DnsView> = fc
  .constantFrom([100, 0], [0, 100], [1, 1], [0, 0])
  .map(([seoul = 0, tokyo = 0]) => ({ sets: [recordSet('seoul', seoul), recordSet('tokyo', tokyo)] }));

/** Any world that a cycle may read for this policy. */
export function anyObservation(policy: Policy, nowMs: number = T0): fc.Arbitrary<Observation> {
  const reading = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Reading<T>> => anyReading(value, nowMs);
  const when = <T>(asked: boolean, value: fc.Arbitrary<T>): fc.Arbitrary<Reading<T> | undefined> =>
    asked ? mostly<Reading<T> | undefined>(reading(value)) : fc.constant(undefined);
  const { fleet, scaling, health, failover } = policy;
  const targeted = health !== undefined || failover !== undefined;
  const probe = when(failover !== undefined, fc.boolean());
  const charge = fc.record({
    id: fc.uuid(),
    service: fc.constantFrom('web', 'api'),
    atMs: int(nowMs - 900_000, nowMs),
  });
  return fc.record({
    roundMs: mostly(fc.constant(nowMs), fc.constant(nowMs - 2000)),
    primary: fc.record({ fleet: when(fleet !== undefined, anyFleet), targets: when(targeted, anyGroup), probe }),
    secondary:
      failover === undefined
        ? fc.constant(undefined)
        : fc.record({
            fleet: when(failover.secondary.autoScalingGroup !== undefined, anyFleet),
            targets: when(true, anyGroup),
            probe,
          }),
    signals: fc.tuple(...(scaling?.signals ?? []).map((s) => reading(anyDatapoints(s.metric.periodSeconds, nowMs)))),
    refresh: when(fleet !== undefined, mostly(fc.constant(false), fc.constant(true))),
    scalers: when(scaling !== undefined, mostly(fc.constant<string[]>([]), fc.constant<string[]>(['policy other']))),
    dns: when(failover !== undefined, mostly(orderlyDns, anyDns)),
    dnsChange: fc.option(reading(fc.constantFrom<('PENDING' | 'INSYNC')[]>('PENDING', 'INSYNC')), { nil: undefined }),
    budget: reading(
      fc.record({ replacements: fc.array(charge, { maxLength: 4 }), failbacks: fc.array(charge, { maxLength: 3 }) }),
    ),
  });
}
