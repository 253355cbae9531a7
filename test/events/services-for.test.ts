import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Policy, Signal } from '../../lib/core/model.ts';
import { servicesFor } from '../../lib/events/services-for.ts';
import type { AlarmTrigger, Trigger } from '../../lib/events/trigger.ts';

const SEOUL = 'ap-northeast-2';
const TOKYO = 'ap-northeast-1';
const WEB_TARGETS = 'targetgroup/exercise-target-group/73e2d6bc24d8a067';

function signal(name: string): Signal {
  const metric = {
    namespace: 'AWS/EC2',
    name: 'CPUUtilization',
    statistic: 'Average',
    periodSeconds: 60,
    dimensions: {},
  };
  return { name, metric, target: 80, onMissing: 'hold' };
}

function policy(service: string, signals: readonly string[] = ['cpu'], parts: Partial<Policy> = {}): Policy {
  return {
    service,
    mode: 'enforce',
    region: SEOUL,
    fleet: { autoScalingGroup: `${service}-group`, capacity: { min: 1, max: 2 } },
    scaling: {
      signals: signals.map(signal),
      tolerance: 0.1,
      warmupSeconds: 120,
      scaleOut: { maxStep: 4, cooldownSeconds: 60 },
      scaleIn: { maxStep: 1, stabilizationSeconds: 300 },
    },
    ...parts,
  };
}

function health(targetGroup: string): NonNullable<Policy['health']> {
  return {
    targetGroup,
    check: {
      path: '/health',
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      matcher: '200',
    },
    rounds: { unhealthy: 2, healthy: 2 },
    onUnhealthy: 'deregister',
    limits: { maxEjectedPercent: 50, minHealthy: 1, panicPercent: 50, replacedPer5Minutes: 3 },
    readmit: { afterSeconds: 30, maxSeconds: 300 },
  };
}

const FAILOVER: NonNullable<Policy['failover']> = {
  hostedZoneId: 'Z0123456789ABCDEFGHIJ',
  record: { name: 'www.example.com', type: 'A' },
  primary: { setIdentifier: 'seoul', region: SEOUL, targetGroup: 'exercise-target-group' },
  secondary: {
    setIdentifier: 'tokyo',
    region: TOKYO,
    targetGroup: `arn:aws:elasticloadbalancing:${TOKYO}:111122223333:targetgroup/exercise-standby/0123456789abcdef`,
    autoScalingGroup: 'exercise-standby-group',
    minReadyPercent: 50,
  },
  trip: { healthyPercentBelow: 50, rounds: 2, missingRounds: 6 },
  failback: { mode: 'automatic', afterHealthySeconds: 300 },
  limits: { failbacksPerHour: 2 },
};

const WEB = policy('web', ['cpu'], {
  fleet: { autoScalingGroup: 'exercise-group', capacity: { min: 1, max: 2 } },
  health: health('exercise-target-group'),
  failover: FAILOVER,
});
const API = policy('api');
const BOTH = [WEB, API];

function alarm(parts: Partial<AlarmTrigger>): AlarmTrigger {
  return {
    kind: 'alarm',
    alarmName: 'someone-elses',
    state: 'ALARM',
    atMs: 0,
    region: SEOUL,
    dimensions: [],
    composite: false,
    ...parts,
  };
}

const concerned = (trigger: Trigger, policies: readonly Policy[]) => servicesFor(trigger, policies, 'evenkeel-prod');
const named = (alarmName: string) => alarm({ alarmName, composite: true });
const dimension = (name: string, value: string, region: string | null) =>
  alarm({ region, dimensions: [{ name, value }] });

describe('the services that an alarm concerns', () => {
  it.each([
    ['the group', 'AutoScalingGroupName', 'exercise-group', SEOUL],
    ["the standby's group", 'AutoScalingGroupName', 'exercise-standby-group', TOKYO],
    ['the target group, by name', 'TargetGroup', WEB_TARGETS, SEOUL],
    ["the standby's target group, by ARN", 'TargetGroup', 'targetgroup/exercise-standby/0123456789abcdef', TOKYO],
    ['the group, in an event that names no region', 'AutoScalingGroupName', 'exercise-group', null],
  ])('are those whose dimension is %s', (_, name, value, region) => {
    expect(concerned(dimension(name, value, region), BOTH)).toEqual(['web']);
  });

  it.each([
    ['of the same name in another region', 'AutoScalingGroupName', 'exercise-group', TOKYO],
    ['whose name merely begins alike', 'AutoScalingGroupName', 'exercise-group-2', SEOUL],
    [
      'that is a target group whose name merely begins alike',
      'TargetGroup',
      'targetgroup/exercise-target-group-2/73e2d6bc24d8a067',
      SEOUL,
    ],
    [
      'that is a target group of the same name but another id than the ARN',
      'TargetGroup',
      'targetgroup/exercise-standby/ffffffffffffffff',
      TOKYO,
    ],
    ['of another kind', 'InstanceId', 'exercise-group', SEOUL],
  ])('do not include one with a dimension %s', (_, name, value, region) => {
    expect(concerned(dimension(name, value, region), BOTH)).toEqual([]);
  });

  it('are matched by name where there is no dimension, as with a composite alarm', () => {
    expect(concerned(named('evenkeel-prod-web-cpu-high'), BOTH)).toEqual(['web']);
    expect(concerned(named('evenkeel-prod-api-cpu-low'), BOTH)).toEqual(['api']);
    expect(concerned(named('evenkeel-prod-web-healthy-hosts-low'), BOTH)).toEqual(['web']);
    expect(concerned(named('evenkeel-prod-web-anything-at-all-high'), BOTH)).toEqual(['web']);
  });

  it.each([
    'evenkeel-prod-web-cpu',
    'evenkeel-prod-web-high',
    'web-cpu-high',
    'prod-web-cpu-high',
    'evenkeel-prod-shop-cpu-high',
    'evenkeel-prod-webshop-cpu-high',
    'Evenkeel-prod-web-cpu-high',
  ])('are none for the name %s', (alarmName) => {
    expect(concerned(named(alarmName), BOTH)).toEqual([]);
  });

  it.each(['evenkeel-staging-web-cpu-high', 'evenkeel-prod-eu-web-cpu-high', 'evenkeel-staging-healthy-hosts-low'])(
    'are none of this stage for the alarm of another, %s',
    (alarmName) => {
      expect(concerned(named(alarmName), BOTH)).toEqual([]);
    },
  );

  it("are known by a person's alarm that leaves the stage out, unless it is in the name of a service", () => {
    expect(concerned(named('evenkeel-web-trouble-high'), BOTH)).toEqual(['web']);
    const policies = [policy('web'), policy('prod-web')];
    expect(concerned(named('evenkeel-prod-web-cpu-high'), policies)).toEqual(['web']);
    expect(concerned(named('evenkeel-prod-prod-web-cpu-high'), policies)).toEqual(['prod-web']);
  });

  it('prefer service and signal as a policy has them, then the longest service that fits', () => {
    const policies = [policy('web', ['cpu', 'api-latency']), policy('web-api', ['cpu'])];
    expect(concerned(named('evenkeel-prod-web-api-latency-high'), policies)).toEqual(['web']);
    expect(concerned(named('evenkeel-prod-web-api-cpu-high'), policies)).toEqual(['web-api']);
    expect(concerned(named('evenkeel-prod-web-api-queue-high'), policies)).toEqual(['web-api']);
    expect(concerned(named('evenkeel-prod-web-queue-high'), policies)).toEqual(['web']);
  });

  it('are both when the name is that of a signal of either', () => {
    const policies = [policy('web', ['api-cpu']), policy('web-api', ['cpu'])];
    expect(concerned(named('evenkeel-prod-web-api-cpu-high'), policies)).toEqual(['web', 'web-api']);
  });

  it('are named once each, in the order of the policies', () => {
    const dimensions = ['api-group', 'exercise-group', 'api-group'].map((value) => ({
      name: 'AutoScalingGroupName',
      value,
    }));
    expect(concerned(alarm({ alarmName: 'evenkeel-prod-web-cpu-high', dimensions }), BOTH)).toEqual(['web', 'api']);
  });

  it('are all at a tick', () => {
    expect(concerned({ kind: 'tick', byHand: false, rounds: null }, BOTH)).toEqual(['web', 'api']);
  });
});

const NAME = fc.stringMatching(/^[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,4}){0,2}$/);
const RUNS = { numRuns: 1000 };

describe('always', () => {
  const world = fc.uniqueArray(
    fc.record({ service: NAME, signals: fc.uniqueArray(NAME, { minLength: 1, maxLength: 3 }) }),
    {
      selector: (entry) => entry.service,
      minLength: 1,
      maxLength: 6,
    },
  );

  it('the alarm that evenkeel makes for a signal concerns its service', () => {
    fc.assert(
      fc.property(world, fc.nat(), fc.nat(), fc.constantFrom('high', 'low'), (entries, at, nth, side) => {
        const policies = entries.map((entry) => policy(entry.service, entry.signals));
        const entry = entries[at % entries.length] as (typeof entries)[number];
        const signalName = entry.signals[nth % entry.signals.length];
        expect(concerned(named(`evenkeel-prod-${entry.service}-${signalName}-${side}`), policies)).toContain(
          entry.service,
        );
      }),
      RUNS,
    );
  });

  it('the order of the policies does not change which services are concerned', () => {
    fc.assert(
      fc.property(world, fc.nat(), NAME, (entries, at, rest) => {
        const policies = entries.map((entry) => policy(entry.service, entry.signals));
        const trigger = named(
          `evenkeel-prod-${(entries[at % entries.length] as (typeof entries)[number]).service}-${rest}-high`,
        );
        const backwards = concerned(trigger, policies.toReversed()).toReversed();
        expect(backwards).toEqual(concerned(trigger, policies));
      }),
      RUNS,
    );
  });

  it('an alarm on a group concerns exactly the services that own it in that region', () => {
    fc.assert(
      fc.property(world, fc.nat(), fc.constantFrom(SEOUL, TOKYO), (entries, at, region) => {
        const policies = entries.map((entry) => policy(entry.service, entry.signals));
        const { service } = entries[at % entries.length] as (typeof entries)[number];
        const found = concerned(dimension('AutoScalingGroupName', `${service}-group`, region), policies);
        expect(found).toEqual(region === SEOUL ? [service] : []);
      }),
      RUNS,
    );
  });
});
