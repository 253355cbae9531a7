import { describe, expect, test } from 'vitest';
import { loadPolicy } from '../../lib/policy/load.ts';
import { edited, policyText, shown } from './base.ts';

const WEB = policyText('web.yml');
const CPU = 'target: 80                   # percent';

/** The warnings of web.yml with changes: `line:column CODE`; the policy must be served all the same. */
function warnings(...changes: (readonly [string, string])[]): string[] {
  const { policy, problems } = loadPolicy('web.yml', edited(WEB, ...changes));
  expect(policy, problems.map(shown).join('\n')).not.toBeNull();
  return problems.map(({ line, column, severity, code }) => {
    expect(severity).toBe('warning');
    return `${line}:${column} ${code}`;
  });
}

describe('a warning stands at its field', () => {
  test.each<[string, string, string]>([
    ['intervalSeconds: 5, timeoutSeconds: 2', 'intervalSeconds: 3, timeoutSeconds: 2', '28:44 INTERVAL_NOT_OFFERED'],
    ['timeoutSeconds: 2', 'timeoutSeconds: 1', '28:63 TIMEOUT_NOT_OFFERED'],
    ['stabilizationSeconds: 300', 'stabilizationSeconds: 59', '24:49 STABILIZATION_BELOW_PERIOD'],
    ['warmupSeconds: 120', 'warmupSeconds: 30', '22:18 WARMUP_BELOW_PERIOD'],
    ['cooldownSeconds: 60', 'cooldownSeconds: 5', '23:44 COOLDOWN_BELOW_PERIOD'],
    ['target: 80', 'target: 100', '19:15 CPU_OUT_OF_REACH'],
    ['target: 80', 'target: 91', '19:15 TOLERANCE_OUT_OF_REACH'],
    ['tolerance: 0.1', 'tolerance: 0.25', '19:15 TOLERANCE_OUT_OF_REACH'],
    ['min: 1, max: 2', 'min: 2, max: 2', '14:3 FIXED_CAPACITY'],
    ['min: 1, max: 2', 'min: 0, max: 2', '14:20 EMPTY_FLEET'],
    ['maxEjectedPercent: 50', 'maxEjectedPercent: 0', '31:32 ZERO_EJECTS_ONE'],
    ['minHealthy: 1', 'minHealthy: 2', '31:48 MIN_HEALTHY_BLOCKS'],
    ['panicPercent: 50', 'panicPercent: 100', '31:65 NEVER_PANICS'],
    ['panicPercent: 50', 'panicPercent: 49', '31:65 PANIC_BEFORE_LIMIT'],
    ['replacedPer5Minutes: 3', 'replacedPer5Minutes: 0', '31:90 NEVER_REPLACES'],
    ['replacedPer5Minutes: 3', 'replacedPer5Minutes: 4', '31:90 ABOVE_ACCOUNT_LIMIT'],
    ['missingRounds: 6', 'missingRounds: 2', '42:66 FEW_MISSING_ROUNDS'],
    ['healthyPercentBelow: 50', 'healthyPercentBelow: 0', '42:36 NEVER_TRIPS'],
    ['healthyPercentBelow: 50', 'healthyPercentBelow: 100', '42:36 TRIPS_ON_ONE'],
    ['afterHealthySeconds: 300', 'afterHealthySeconds: 59', '43:53 FAILBACK_TOO_SOON'],
    ['minReadyPercent: 50', 'minReadyPercent: 0', '41:24 ALWAYS_READY'],
    ['https://seoul', 'http://seoul', '38:96 PROBE_NOT_TLS'],
    ['https://seoul.example.com', 'https://WWW.example.com', '38:96 PROBE_FOLLOWS_RECORD'],
    ['https://tokyo', 'https://seoul', '41:35 SAME_PROBE'],
    [', probe: https://seoul.example.com/health', '', '37:3 NO_PROBE'],
    [', probe: https://tokyo.example.com/health', '', '39:3 NO_PROBE'],
    [', autoScalingGroup: exercise-standby-group', '', '39:3 STANDBY_NOT_RAISED'],
    ['tokyo, region: ap-northeast-1', 'tokyo, region: ap-northeast-2', '40:37 SAME_REGION'],
    ['sns:ap-northeast-1', 'sns:ap-northeast-2', '47:21 NOTIFY_IN_PRIMARY_REGION'],
    ['notify: { topicArn: arn:aws:sns:ap-northeast-1:111122223333:on-call }', '', '8:1 NO_NOTIFY'],
  ])('%s -> %s', (from, to, expected) => {
    expect(warnings([from, to])).toEqual([expected]);
  });

  test('as many healthy targets wanted as the fleet has at its smallest: one dead server would stay', () => {
    const wanted = (minHealthy: number, min: number): string[] =>
      warnings(['min: 1, max: 2', `min: ${min}, max: 6`], ['minHealthy: 1', `minHealthy: ${minHealthy}`]);
    expect(wanted(2, 2)).toEqual(['31:48 MIN_HEALTHY_IS_MINIMUM']);
    expect(wanted(3, 1)).toEqual(['31:48 MIN_HEALTHY_IS_MINIMUM']);
    expect(wanted(1, 1)).toEqual([]);
    expect(wanted(2, 3)).toEqual([]);
    expect(wanted(6, 2)).toEqual(['31:48 MIN_HEALTHY_BLOCKS']);
  });

  test('with as many healthy targets wanted as there ever are, one dead server waits until all are', () => {
    const text = edited(WEB, ['minHealthy: 1', 'minHealthy: 2']);
    expect(loadPolicy('web.yml', text).problems.map(shown)).toEqual([
      '31:48 warning MIN_HEALTHY_BLOCKS health.limits.minHealthy: found 2 with at most 2 instances; while others are healthy a failing target is never ejected, because fewer than 2 healthy ones are left. Set it below capacity.max',
    ]);
  });

  test.each(['replace', 'deregister'])('a fleet of one has no others whose number could matter: %s', (onUnhealthy) => {
    const lone = ['min: 1, max: 2', 'min: 1, max: 1'] as const;
    expect(warnings(lone, ['onUnhealthy: replace', `onUnhealthy: ${onUnhealthy}`])).toEqual(['14:3 FIXED_CAPACITY']);
  });

  test('a CPU target is within reach as long as CPU can exceed it and its tolerance', () => {
    expect(warnings(['target: 80', 'target: 90'])).toEqual([]);
    expect(warnings(['target: 80', 'target: 99'], ['tolerance: 0.1', 'tolerance: 0.01'])).toEqual([]);
    const { problems } = loadPolicy('web.yml', edited(WEB, ['target: 80', 'target: 95']));
    expect(problems.map(({ message }) => message)).toEqual([
      'scaling.signals[0].target: found 95 with tolerance 0.1; up to 104.5 percent nothing scales out, and CPUUtilization ends at 100. Set 90 or less, or a smaller tolerance',
    ]);
  });

  test('and it says what to set', () => {
    const text = edited(WEB, ['min: 1, max: 2', 'min: 4, max: 6'], ['minHealthy: 1', 'minHealthy: 4']);
    expect(loadPolicy('web.yml', text).problems.map(shown)).toEqual([
      '31:48 warning MIN_HEALTHY_IS_MINIMUM health.limits.minHealthy: found 4 with capacity.min 4; when 4 instances are left and one of them is dead, it is never ejected or replaced, because that waits for 4 healthy ones. Set 3 or less, or capacity.min above 4',
    ]);
  });

  test('a warning about a default stands at the nearest key that is there', () => {
    const text =
      'service: a\nregion: eu-west-1\nfleet: { autoScalingGroup: a, capacity: { min: 1, max: 3 } }\nhealth:\n  targetGroup: a\n  limits: { maxEjectedPercent: 60 }\n';
    expect(loadPolicy('a.yml', text).problems.map(shown)).toEqual([
      '1:1 warning NO_NOTIFY notify: missing; incidents (panic, both sites bad, a change refused by AWS) reach nobody. Add notify.topicArn',
      '6:3 warning PANIC_BEFORE_LIMIT health.limits.panicPercent: found 50, below maxEjectedPercent 60; panic stops ejecting before that limit is reached. Set it to at least 60',
    ]);
  });
});

describe('a region that this version does not know', () => {
  const GUESS = 'If it is newer than this version, all is well';

  test('is a warning at each place, with the one that was most likely meant', () => {
    const { policy, problems } = loadPolicy('web.yml', WEB.replaceAll('ap-northeast-2', 'ap-northest-2'));
    expect(policy?.region).toBe('ap-northest-2');
    expect(problems.map(shown)).toEqual([
      `10:9 warning UNKNOWN_REGION region: found ap-northest-2, no region that this version knows; did you mean ap-northeast-2? ${GUESS}`,
      `38:37 warning UNKNOWN_REGION failover.primary.region: found ap-northest-2, no region that this version knows; did you mean ap-northeast-2? ${GUESS}`,
    ]);
  });

  test('is told too where nothing like it is known, and in the ARN of the topic', () => {
    expect(warnings(['tokyo, region: ap-northeast-1', 'tokyo, region: mars-north-1'])).toEqual([
      '40:37 UNKNOWN_REGION',
    ]);
    const { problems } = loadPolicy('web.yml', edited(WEB, ['sns:ap-northeast-1', 'sns:mars-north-1']));
    expect(problems.map(shown)).toEqual([
      `47:21 warning UNKNOWN_REGION notify.topicArn: found mars-north-1, no region that this version knows; expected the code of one. ${GUESS}`,
    ]);
  });

  test.each(['us-gov-west-1', 'cn-northwest-1', 'eusc-de-east-1', 'us-isob-east-1', 'mx-central-1', 'ap-southeast-7'])(
    'is none of AWS itself: %s',
    (region) => {
      expect(warnings(['tokyo, region: ap-northeast-1', `tokyo, region: ${region}`])).toEqual([]);
    },
  );
});

describe('what is not unwise is not warned of', () => {
  test('a manual failback has no wait that could be too short', () => {
    expect(warnings(['mode: automatic, afterHealthySeconds: 300', 'mode: manual, afterHealthySeconds: 1'])).toEqual([]);
  });

  test('limits of replacement do not concern a service that only deregisters', () => {
    expect(
      warnings(
        ['onUnhealthy: replace', 'onUnhealthy: deregister'],
        ['replacedPer5Minutes: 3', 'replacedPer5Minutes: 9'],
      ),
    ).toEqual([]);
  });

  test('without a fleet no standby group is missed, and one that is named is useless', () => {
    const start = WEB.indexOf('fleet:');
    const end = WEB.indexOf('health:');
    const text = edited(WEB.slice(0, start) + WEB.slice(end), ['onUnhealthy: replace', 'onUnhealthy: deregister']);
    expect(loadPolicy('a.yml', text).problems.map(({ code }) => code)).toEqual(['STANDBY_WITHOUT_FLEET']);
    expect(loadPolicy('a.yml', edited(text, [', autoScalingGroup: exercise-standby-group', ''])).problems).toEqual([]);
  });

  test('a standby that shares the region of the topic is the point of it', () => {
    expect(
      warnings(
        ['tokyo, region: ap-northeast-1', 'tokyo, region: ap-northeast-2'],
        ['sns:ap-northeast-1', 'sns:ap-northeast-2'],
      ),
    ).toEqual(['40:37 SAME_REGION']);
  });
});

describe('signals', () => {
  const signal = (metric: string) => warnings([CPU, `target: 80\n      metric: ${metric}`]);

  test('a total is no target for one instance, a metric per target is', () => {
    expect(signal('{ namespace: AWS/ApplicationELB, name: RequestCount, statistic: Sum, dimensions: {} }')).toEqual([
      '20:79 TOTAL_AS_TARGET',
    ]);
    expect(
      signal('{ namespace: AWS/ApplicationELB, name: RequestCountPerTarget, statistic: Sum, dimensions: {} }'),
    ).toEqual([]);
  });

  test("AWS's own metrics have no shorter period than a minute, yours may", () => {
    expect(signal('{ namespace: AWS/EC2, name: NetworkIn, periodSeconds: 10, dimensions: {} }')).toEqual([
      '20:69 PERIOD_TOO_SHORT',
    ]);
    expect(signal('{ namespace: Shop, name: Queue, periodSeconds: 10, dimensions: {} }')).toEqual([]);
  });

  test('waits are measured against the slowest signal', () => {
    expect(signal('{ namespace: AWS/EC2, name: NetworkIn, periodSeconds: 300, dimensions: {} }')).toEqual([
      '23:18 WARMUP_BELOW_PERIOD',
      '24:44 COOLDOWN_BELOW_PERIOD',
    ]);
  });
});

describe('a forecast', () => {
  const after = '  warmupSeconds: 120               # a younger instance blocks scale-in\n';
  const forecast = (keys: string, ...more: (readonly [string, string])[]): string[] =>
    warnings([after, `${after}  forecast: ${keys}\n`], ...more);

  test('is fine as it is by default', () => {
    expect(forecast('{}')).toEqual([]);
  });

  test('comes too late with a lead shorter than the warm-up', () => {
    expect(forecast('{ leadSeconds: 119 }')).toEqual(['23:28 LEAD_BELOW_WARMUP']);
    expect(forecast('{ leadSeconds: 120 }')).toEqual([]);
  });

  test('sees no trend in datapoints that are far apart', () => {
    const every = (seconds: number) =>
      [CPU, `target: 8\n      metric: { namespace: Own, name: N, periodSeconds: ${seconds}, dimensions: {} }`] as const;
    expect(forecast('{ trend: true, leadSeconds: 900 }', every(180))).toContain('24:22 TREND_WITHOUT_POINTS');
    expect(forecast('{ trend: false, leadSeconds: 900 }', every(180)).join()).not.toContain('TREND');
    expect(forecast('{ trend: true, leadSeconds: 900 }', every(120)).join()).not.toContain('TREND');
  });

  test('learns no room without CPU, which alone tells what a server can carry', () => {
    const own = [CPU, 'target: 8\n      metric: { namespace: Own, name: N, dimensions: {} }'] as const;
    expect(forecast('{ overloadCostMinutes: 1 }')).toEqual([]);
    expect(forecast('{ overloadCostMinutes: 1 }', own).join()).toContain('OVERLOAD_WITHOUT_CPU');
    expect(forecast('{ overloadCostMinutes: 0 }', own).join()).not.toContain('OVERLOAD');
  });
});

describe('bands', () => {
  const steps = (bands: string) => warnings([CPU, `steps: [${bands}]`]);

  test('adding above and removing below, apart from each other, is fine', () => {
    expect(
      steps('{ above: 60, add: 1 }, { above: 80, add: 2 }, { below: 40, remove: 1 }, { below: 20, remove: 2 }'),
    ).toEqual([]);
    expect(steps('{ above: 60, add: 1 }, { below: 60, remove: 1 }')).toEqual([]);
  });

  test('a band below that reaches above a band above contradicts it', () => {
    expect(steps('{ above: 60, add: 1 }, { below: 70, remove: 1 }')).toEqual(['19:38 CONTRADICTING_BANDS']);
  });

  test('a further band that asks for no more is pointless, above and below', () => {
    expect(steps('{ above: 60, add: 2 }, { above: 80, add: 2 }, { below: 20, remove: 1 }')).toEqual([
      '19:38 OVERLAPPING_BANDS',
    ]);
    expect(steps('{ above: 60, add: 1 }, { below: 20, remove: 1 }, { below: 40, remove: 3 }')).toEqual([
      '19:38 OVERLAPPING_BANDS',
    ]);
  });

  test('two bands at the same value are warned of once, at the later', () => {
    expect(steps('{ above: 60, add: 2 }, { above: 60, add: 1 }, { below: 20, remove: 1 }')).toEqual([
      '19:38 OVERLAPPING_BANDS',
    ]);
    expect(steps('{ above: 60, add: 1 }, { above: 60, add: 2 }, { below: 20, remove: 1 }')).toEqual([
      '19:38 OVERLAPPING_BANDS',
    ]);
  });

  test('bands in one direction only never come back', () => {
    expect(steps('{ above: 60, add: 2 }')).toEqual(['19:7 ONE_WAY_STEPS']);
    expect(steps('{ below: 60, remove: 2 }')).toEqual(['19:7 ONE_WAY_STEPS']);
  });

  test('a band above 100 percent CPU is never entered', () => {
    expect(steps('{ above: 100, add: 2 }, { below: 60, remove: 2 }')).toEqual(['19:7 CPU_OUT_OF_REACH']);
  });
});
