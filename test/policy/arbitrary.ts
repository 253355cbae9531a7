import fc from 'fast-check';
import { forecastSignals } from '../../lib/core/forecast-memory.ts';
import type { Band, FailoverPolicy, HealthPolicy, Policy, ScalingPolicy, Signal } from '../../lib/core/model.ts';
import { forecast } from '../property/arbitraries.ts';

const letter = fc.constantFrom(...'abcxyz');
/** A few letters, so that names also collide. */
const name = fc.oneof(
  letter,
  fc.tuple(letter, fc.constantFrom('', '-', '0', '-7-'), letter).map((parts) => parts.join('')),
);
const probe = fc.constantFrom(
  'https://a.example.com/health',
  'http://192.0.2.1:8080/',
  'https://b.example.com/?q=%20#x',
);
const percent = fc.nat(100);
const region = fc.constantFrom('ap-northeast-1', 'ap-northeast-2', 'eu-west-1', 'us-gov-west-1');
const upTo = (max: number, min = 1) => fc.integer({ min, max });
/** JSON writes -0 as 0. */
const unsigned = (value: number) => (value === 0 ? 0 : value);
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(unsigned);

const band: fc.Arbitrary<Band> = fc.oneof(
  fc.record({ above: number, add: upTo(1000) }),
  fc.record({ below: number, remove: upTo(1000) }),
);

const signalBody = fc.oneof(
  fc.record({ target: fc.double({ min: Number.MIN_VALUE, max: 1e12, noNaN: true }) }),
  fc.record({ steps: fc.array(band, { minLength: 1, maxLength: 5 }) }),
);

const signal: fc.Arbitrary<Signal> = fc
  .record({
    name,
    metric: fc.record({
      namespace: fc.constantFrom('AWS/EC2', 'AWS/ApplicationELB', 'Shop'),
      name: fc.constantFrom('CPUUtilization', 'RequestCountPerTarget', 'Queue Length'),
      statistic: fc.constantFrom('Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p99.9', 'p100'),
      periodSeconds: fc.constantFrom(10, 20, 30, 60, 300, 3600),
      dimensions: fc.dictionary(
        fc.constantFrom('AutoScalingGroupName', 'TargetGroup', 'Stage'),
        fc.string({ minLength: 1, maxLength: 8 }),
      ),
    }),
    onMissing: fc.constantFrom('hold', 'scaleOut'),
    body: signalBody,
  })
  .map(({ body, ...rest }) => ({ ...rest, ...body }));

const scaling: fc.Arbitrary<ScalingPolicy> = fc.record({
  signals: fc.uniqueArray(signal, { minLength: 1, maxLength: 3, selector: (one) => one.name }),
  tolerance: fc.double({ min: 0, max: 0.5, noNaN: true }).map(unsigned),
  warmupSeconds: upTo(3600),
  scaleOut: fc.record({ maxStep: upTo(1000), cooldownSeconds: upTo(3600) }),
  scaleIn: fc.record({ maxStep: upTo(1000), stabilizationSeconds: upTo(7200) }),
  forecast: fc.option(forecast, { nil: undefined }),
});

/** A forecast needs a signal that can be forecast. */
const sound = (one: ScalingPolicy): ScalingPolicy =>
  forecastSignals(one).length > 0 ? one : { ...one, forecast: undefined };

const healthOf = (hasFleet: boolean): fc.Arbitrary<HealthPolicy> =>
  fc.record({
    targetGroup: name,
    check: upTo(300, 2).chain((intervalSeconds) =>
      fc.record({
        path: fc.constantFrom('/', '/health', '/livez?deep=1'),
        intervalSeconds: fc.constant(intervalSeconds),
        timeoutSeconds: upTo(Math.min(120, intervalSeconds - 1)),
        healthyThreshold: upTo(10, 2),
        unhealthyThreshold: upTo(10, 2),
        matcher: fc.constantFrom('200', '200,204', '200-299'),
      }),
    ),
    rounds: fc.record({ unhealthy: upTo(60), healthy: upTo(60) }),
    onUnhealthy: hasFleet ? fc.constantFrom('replace', 'deregister') : fc.constant('deregister'),
    limits: fc.record({
      maxEjectedPercent: percent,
      minHealthy: fc.nat(1000),
      panicPercent: percent,
      replacedPer5Minutes: percent,
    }),
    readmit: fc
      .tuple(upTo(86_400), upTo(86_400))
      .map(([a, b]) => ({ afterSeconds: Math.min(a, b), maxSeconds: Math.max(a, b) })),
  });

const failoverOf = (home: string, targetGroup: string): fc.Arbitrary<FailoverPolicy> =>
  fc.record({
    hostedZoneId: fc.constantFrom('Z0', 'ZABC', 'Z0123456789ABCDEFGHIJ'),
    record: fc.record({ name: name.map((one) => `${one}.example.com`), type: fc.constantFrom('A', 'AAAA', 'CNAME') }),
    primary: fc.record(
      {
        setIdentifier: fc.constant('here'),
        region: fc.constant(home),
        targetGroup: fc.constant(targetGroup),
        probe,
      },
      { requiredKeys: ['setIdentifier', 'region', 'targetGroup'] },
    ),
    secondary: fc.record(
      {
        setIdentifier: fc.constantFrom('there', 'yonder'),
        region,
        targetGroup: name.map((one) => `standby-${one}`),
        autoScalingGroup: name.map((one) => `standby-${one}`),
        minReadyPercent: percent,
        probe,
      },
      { requiredKeys: ['setIdentifier', 'region', 'targetGroup', 'minReadyPercent'] },
    ),
    trip: fc.record({ healthyPercentBelow: percent, rounds: upTo(60), missingRounds: upTo(120) }),
    failback: fc.record({ mode: fc.constantFrom('automatic', 'manual'), afterHealthySeconds: upTo(86_400) }),
    limits: fc.record({ failbacksPerHour: upTo(60) }),
  });

/** Any policy that the schema allows, every default written out. */
export const anyPolicy: fc.Arbitrary<Policy> = fc
  .record({ region, hasFleet: fc.boolean(), targetGroup: name })
  .chain(({ region: home, hasFleet, targetGroup }) =>
    fc
      .record(
        {
          service: name,
          mode: fc.constantFrom('enforce', 'observe'),
          region: fc.constant(home),
          fleet: fc.record({
            autoScalingGroup: name,
            capacity: fc
              .tuple(fc.nat(10_000), upTo(10_000))
              .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
          }),
          scaling: scaling.map(sound),
          health: healthOf(hasFleet).map((one) => ({ ...one, targetGroup })),
          failover: failoverOf(home, targetGroup),
          notify: fc.constant({ topicArn: 'arn:aws:sns:ap-northeast-1:111122223333:on-call' }),
        },
        { requiredKeys: ['service', 'mode', 'region', ...(hasFleet ? (['fleet'] as const) : [])] },
      )
      .map((policy) => (hasFleet ? policy : { ...policy, fleet: undefined, scaling: undefined })),
  )
  .filter(({ scaling: one, health, failover }) => one !== undefined || health !== undefined || failover !== undefined);
