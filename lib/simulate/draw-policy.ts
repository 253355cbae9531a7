/** Policies over the whole space that the schema allows, as files; what is usual comes more often. */
import type { PolicyText } from '../policy/load.ts';
import type { Chance } from './chance.ts';

/** What a policy is drawn for: the place that the world gives it. */
export interface Berth {
  readonly service: string;
  readonly region: string;
  readonly standbyRegion: string;
  /** Servers that the service starts with. */
  readonly servers: number;
}

type Fields = Readonly<Record<string, unknown>>;

function seconds(chance: Chance, usual: number, max: number): number {
  return chance.weighted([
    [8, chance.small(1, Math.min(usual, max))],
    [1, chance.small(1, max)],
  ]);
}

function drawFleet(chance: Chance, { service, servers }: Berth): Fields {
  const min = chance.weighted([
    [4, Math.min(servers, 1)],
    [3, servers],
    [2, chance.int(0, servers)],
  ]);
  const max = Math.max(
    1,
    servers +
      chance.weighted([
        [2, 0],
        [3, chance.small(1, 4)],
        [2, servers],
        [1, 100],
      ]),
  );
  return { autoScalingGroup: `${service}-group`, capacity: { min, max } };
}

function drawSteps(chance: Chance): Fields[] {
  const high = chance.int(50, 90);
  const low = chance.int(5, high - 5);
  const above = [{ above: high, add: chance.small(1, 3) }];
  if (chance.maybe(0.4)) above.push({ above: high + chance.int(1, 9), add: chance.small(2, 1000) });
  const below = chance.maybe(0.8) ? [{ below: low, remove: chance.small(1, 5) }] : [];
  return [...above, ...below];
}

function drawMetric(chance: Chance, name: string): Fields {
  const periodSeconds = chance.weighted([
    [8, undefined],
    [1, 60],
    [1, chance.pick([10, 20, 30])],
    [1, chance.pick([120, 300, 900, 3600])],
  ]);
  const metric = chance.weighted([
    [2, { namespace: 'AWS/ApplicationELB', name: 'RequestCountPerTarget', dimensions: { TargetGroup: name } }],
    [2, { namespace: 'Shop', name: 'Queue Length', dimensions: { Stage: name, Queue: 'orders' } }],
    [1, { namespace: 'Shop', name: `Latency of ${name}`, dimensions: {} }],
  ]);
  const statistic = chance.optional(0.6, () =>
    chance.pick(['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p99.9']),
  );
  return { ...metric, periodSeconds, statistic };
}

function drawSignal(chance: Chance, berth: Berth, index: number): Fields {
  const isCpu = index === 0 ? chance.maybe(0.7) : chance.maybe(0.1);
  const measure = chance.maybe(0.7)
    ? {
        target: isCpu
          ? chance.int(20, 95)
          : chance.weighted([
              [6, chance.int(1, 1000)],
              [1, 0.001],
              [1, 1e9],
            ]),
      }
    : { steps: drawSteps(chance) };
  return {
    name: index === 0 && isCpu ? 'cpu' : `signal-${index}`,
    metric: isCpu ? undefined : drawMetric(chance, `${berth.service}-${index}`),
    ...measure,
    onMissing: chance.optional(0.5, () => chance.pick(['hold', 'scaleOut'])),
  };
}

/** Whether the loader lets this signal be forecast. */
function isForecast({ target, metric }: Fields): boolean {
  const { periodSeconds = 60 } = (metric ?? {}) as { readonly periodSeconds?: number };
  return target !== undefined && periodSeconds <= 300;
}

function drawForecast(chance: Chance): Fields {
  return {
    leadSeconds: chance.optional(0.5, () => seconds(chance, 300, 7200)),
    trend: chance.optional(0.4, () => chance.maybe(0.5)),
    season: chance.optional(0.6, () => chance.pick(['none', 'daily', 'weekly'])),
    overloadCostMinutes: chance.optional(0.4, () => chance.pick([0, 1, 10, 50, 500])),
  };
}

function drawScaling(chance: Chance, berth: Berth): Fields {
  const count = chance.weighted([
    [6, 1],
    [2, 2],
    [1, chance.int(3, 6)],
  ]);
  const signals = Array.from({ length: count }, (_, index) => drawSignal(chance, berth, index));
  return {
    signals,
    tolerance: chance.optional(0.4, () => chance.pick([0, 0.05, 0.2, 0.5])),
    warmupSeconds: chance.optional(0.7, () => seconds(chance, 120, 3600)),
    scaleOut: chance.optional(0.6, () => ({
      maxStep: chance.optional(0.7, () => chance.small(1, 1000)),
      cooldownSeconds: chance.optional(0.7, () => seconds(chance, 120, 3600)),
    })),
    scaleIn: chance.optional(0.8, () => ({
      maxStep: chance.optional(0.7, () => chance.small(1, 1000)),
      stabilizationSeconds: chance.optional(0.8, () => seconds(chance, 300, 7200)),
    })),
    forecast: signals.some(isForecast) ? chance.optional(0.4, () => drawForecast(chance)) : undefined,
  };
}

function drawCheck(chance: Chance): Fields {
  const intervalSeconds = chance.weighted([
    [10, 5],
    [3, chance.int(6, 30)],
    [1, chance.int(31, 300)],
    [1, chance.int(2, 4)],
  ]);
  return {
    path: chance.optional(0.3, () => '/livez?deep=1'),
    intervalSeconds,
    timeoutSeconds: chance.small(1, Math.min(120, intervalSeconds - 1)),
    healthyThreshold: chance.optional(0.4, () => chance.small(2, 10)),
    unhealthyThreshold: chance.optional(0.4, () => chance.small(2, 10)),
    matcher: chance.optional(0.3, () => chance.pick(['200,204', '200-299'])),
  };
}

function drawReadmit(chance: Chance): Fields {
  const [a, b] = [seconds(chance, 120, 86_400), seconds(chance, 600, 86_400)];
  return { afterSeconds: Math.min(a, b), maxSeconds: Math.max(a, b) };
}

function drawHealth(chance: Chance, berth: Berth, hasFleet: boolean): Fields {
  return {
    targetGroup: `${berth.service}-targets`,
    check: chance.optional(0.7, () => drawCheck(chance)),
    rounds: chance.optional(0.6, () => ({ unhealthy: chance.small(1, 60), healthy: chance.small(1, 60) })),
    onUnhealthy: chance.optional(0.6, () => (hasFleet ? chance.pick(['replace', 'deregister']) : 'deregister')),
    limits: chance.optional(0.6, () => ({
      maxEjectedPercent: chance.optional(0.5, () => chance.int(0, 100)),
      minHealthy: chance.optional(0.5, () => chance.small(0, 1000)),
      panicPercent: chance.optional(0.5, () => chance.int(0, 100)),
      replacedPer5Minutes: chance.optional(0.5, () => chance.small(0, 100)),
    })),
    readmit: chance.optional(0.7, () => drawReadmit(chance)),
  };
}

function drawFailover(chance: Chance, berth: Berth): Fields {
  const { service, region, standbyRegion } = berth;
  const probe = (site: string) => chance.optional(0.8, () => `https://${site}.${service}.example.com/health`);
  return {
    hostedZoneId: chance.weighted([
      [4, 'Z0'],
      [1, 'ZOTHER'],
    ]),
    record: {
      name: `${service}.example.com`,
      type: chance.optional(0.4, () => chance.pick(['A', 'AAAA', 'CNAME'])),
    },
    primary: { setIdentifier: 'here', region, targetGroup: `${service}-targets`, probe: probe('here') },
    secondary: {
      setIdentifier: 'there',
      region: standbyRegion,
      targetGroup: `${service}-standby`,
      autoScalingGroup: chance.optional(0.7, () => `${service}-standby-group`),
      minReadyPercent: chance.optional(0.5, () => chance.int(0, 100)),
      probe: probe('there'),
    },
    trip: chance.optional(0.6, () => ({
      healthyPercentBelow: chance.optional(0.6, () => chance.int(0, 100)),
      rounds: chance.optional(0.6, () => chance.small(1, 60)),
      missingRounds: chance.optional(0.6, () => chance.small(1, 120)),
    })),
    failback: chance.optional(0.9, () => ({
      mode: chance.optional(0.4, () => chance.pick(['automatic', 'manual'])),
      afterHealthySeconds: chance.optional(0.9, () => seconds(chance, 300, 86_400)),
    })),
    // A budget that an hour can use up, most often.
    limits: chance.optional(0.7, () => ({ failbacksPerHour: chance.maybe(0.6) ? 1 : chance.small(1, 60) })),
  };
}

const TOPIC = 'arn:aws:sns:ap-northeast-1:111122223333:on-call';

/** A policy for this berth; the loader takes it. */
export function drawPolicy(chance: Chance, berth: Berth): PolicyText {
  const hasFleet = chance.maybe(0.85);
  const scales = hasFleet && chance.maybe(0.75);
  const checks = chance.maybe(0.85);
  const moves = chance.maybe(0.6) || !(scales || checks);
  const policy = {
    service: berth.service,
    mode: chance.optional(0.3, () =>
      chance.weighted([
        [2, 'enforce'],
        [1, 'observe'],
      ]),
    ),
    region: berth.region,
    fleet: hasFleet ? drawFleet(chance, berth) : undefined,
    scaling: scales ? drawScaling(chance.fork('scaling'), berth) : undefined,
    health: checks ? drawHealth(chance.fork('health'), berth, hasFleet) : undefined,
    failover: moves ? drawFailover(chance.fork('failover'), berth) : undefined,
    notify: chance.optional(0.8, () => ({ topicArn: TOPIC })),
  };
  // Every JSON text is YAML.
  return { file: `${berth.service}.yml`, text: JSON.stringify(policy, null, 2) };
}
