import { describe, expect, it } from 'vitest';
import { SITE_DRILL_REASON } from '../../lib/core/live-drill.ts';
import type { Area, Result } from '../../lib/core/model.ts';
import { messageOf, REASONS, type ReasonCode, reasonOf } from '../../lib/core/reasons.ts';
import type { HEALTH } from '../../lib/core/reasons-health.ts';
import type { SCALING } from '../../lib/core/reasons-scaling.ts';
import { fleetOf, groupIn, groupOf, ids, instance, MINUTE, missing, policyOf, SECOND, T0, target } from './builders.ts';
import { memoryOf, PROVED } from './forecast-scene.ts';
import { decideSick, type Sick, worldFor } from './health-worlds.ts';
import { decideIn, type Scene } from './scaling-scene.ts';

const IDLE: Scene = { count: 4, cpu: [20, 20, 20, 20, 20] };
const PAIR = { failover: policyOf().failover };
const SICK: Sick = { count: 4, failing: ['i-1'] };

const idle = (scene: Partial<Scene>): Result => decideIn({ ...IDLE, ...scene });
const sick = (more: Partial<Sick>): Result => decideSick({ ...SICK, ...more });
const limits = (changes: object): Partial<Sick> => ({ policy: { health: { limits: changes } } });
const world = (changes: Sick['world']): Partial<Sick> => ({ world: { ...worldFor(SICK), ...changes } });

const trusting: Partial<Scene> = {
  policy: { scaling: { tolerance: 0, forecast: { leadSeconds: 180, trend: true, season: 'none' } } },
  state: { scaling: { forecast: { cpu: memoryOf({ trendSkill: PROVED }) } } },
};

/** Reached by deciding, with the message that the on-call engineer then reads. */
type Shown<Code extends string> = Readonly<Record<Code, readonly [() => Result, string]>>;

const within = (capacity: { min?: number; max?: number }): Result => idle({ policy: { fleet: { capacity } } });
const [cpu] = policyOf().scaling?.signals ?? [];
const unread = { signals: [missing('denied')] };
const stepping = cpu === undefined ? [] : [{ ...cpu, onMissing: 'scaleOut' as const }];

const OF_SCALING: Shown<
  | keyof typeof SCALING
  | 'NOT_CONFIGURED'
  | 'PENDING'
  | 'FLEET_MISSING'
  | 'DNS_MISSING'
  | 'FLEET_REFUSED'
  | 'PARKED'
  | 'DEPLOYMENT'
  | 'DEPLOYMENT_UNKNOWN'
  | 'TARGETS_MISSING'
> = {
  STEADY: [() => idle({ cpu: [80] }), 'steady at 4: the signals ask for 4'],
  SCALE_OUT: [() => idle({ cpu: [100] }), 'scale out from 4 to 5: cpu needs 5'],
  FORECAST_OUT: [
    () => idle({ cpu: [60, 65, 70, 75, 80], ...trusting }),
    'scale out from 4 to 5 ahead of need: forecast cpu 122 % of target in 3 min from the trend of 5 min',
  ],
  FORECAST_HOLD: [
    () => idle({ cpu: [30, 35, 40, 45, 50], ...trusting }),
    'need 3 below 4, but forecast cpu 84 % of target in 3 min from the trend of 5 min',
  ],
  SCALE_IN: [() => idle({}), 'scale in from 4 to 3: no signal needed more than 1 for 300 s'],
  BELOW_MINIMUM: [() => within({ min: 5 }), 'raise from 4 to 5: the lower bound is 5'],
  ABOVE_MAXIMUM: [() => within({ max: 2 }), 'lower from 4 to 3: the upper bound is 2'],
  AT_MAXIMUM: [
    () => idle({ cpu: [100], policy: { fleet: { capacity: { max: 4 } } } }),
    'need 5, but the upper bound is 4',
  ],
  AT_MINIMUM: [() => within({ min: 4 }), 'need 1, kept at the lower bound 4'],
  COOLDOWN: [
    () => idle({ cpu: [100], state: { scaling: { lastScaleOutMs: T0 - 20 * SECOND } } }),
    '5 wanted above 4, waiting 40 s more since the last scale-out',
  ],
  STABILIZING: [
    () => idle({ cpu: [70, 20] }),
    'need 1 below 4, but the window of 300 s asks for 4 on 2 of 5 datapoints',
  ],
  SIGNAL_MISSING: [() => idle({ cpu: [] }), 'no fresh datapoint of cpu: hold at 4'],
  SIGNAL_UNREADABLE: [() => idle({ cpu: [], world: unread }), 'cpu cannot be read: hold at 4'],
  SIGNAL_MISSING_OUT: [
    () => idle({ cpu: [], policy: { scaling: { signals: stepping } } }),
    'no fresh datapoint of cpu: one step out from 4 to 5',
  ],
  INSTANCES_PENDING: [
    () => idle({ world: { fleet: fleetOf(4, { instances: ids(3).map((id) => instance(id)) }) } }),
    'need 1 below 4, but instances are on their way: 1',
  ],
  INSTANCES_WARMING: [
    () => idle({ state: { scaling: { inServiceSince: { 'i-4': T0 - MINUTE } } } }),
    'instances are still warming up: 1',
  ],
  INSTANCES_TERMINATING: [
    () =>
      idle({
        world: {
          fleet: fleetOf(4, {
            instances: [...ids(4).map((id) => instance(id)), instance('i-5', { lifecycle: 'Terminating' })],
          }),
        },
      }),
    'need 1 below 4, but instances are terminating: 1',
  ],
  TARGETS_FAILING: [
    () => idle({ world: { targets: groupIn('unhealthy', 'healthy', 'healthy', 'healthy') } }),
    'need 1 below 4, but targets are failing, ejected, draining, not serving yet or not registered: 1',
  ],
  TARGETS_MISSING: [
    () => idle({ world: { targets: missing('denied') } }),
    'the targets cannot be read (denied): nothing is concluded from that',
  ],
  FAILED_OVER: [
    () => idle({ policy: PAIR, state: { failover: { phase: 'secondary' } }, world: { dns: missing() } }),
    'need 1 below 4, but the service is failed over',
  ],
  DNS_MISSING: [() => idle({ policy: PAIR, world: { dns: missing('denied') } }), 'the record cannot be read (denied)'],
  TRAFFIC_UNKNOWN: [
    () => idle({ policy: PAIR, world: { dns: { sets: [] } } }),
    'need 1 below 4, but nobody knows whether the primary has traffic: there is no A record of this name',
  ],
  OTHER_SCALER: [
    () => idle({ world: { scalers: ['policy x'] } }),
    'need 1 below 4, but another scaler is active: policy x',
  ],
  OTHER_SCALER_UNKNOWN: [
    () => idle({ world: { scalers: missing() } }),
    'need 1 below 4, but whether another scaler is active cannot be read',
  ],
  BOUNDS_CONFLICT: [
    () => idle({ world: { fleet: fleetOf(4, { minSize: 12 }) } }),
    'no capacity fits: lower bound 12, upper bound 10',
  ],
  CAPACITY_ORDER: [
    () => idle({ state: { orders: { capacity: { capacity: 5, untilMs: null } } } }),
    'raise from 4 to 5: ordered by hand',
  ],
  UNPARK: [
    () =>
      idle({
        count: 0,
        world: { fleet: fleetOf(0, { minSize: 0 }) },
        state: { orders: { parked: { minSize: 1, desired: 2 } } },
      }),
    'restore the group to minimum 1 and desired 2',
  ],
  NOT_CONFIGURED: [() => idle({ policy: { scaling: undefined } }), 'not configured'],
  PENDING: [
    () => {
      const { actions } = idle({ cpu: [100] });
      return idle({ cpu: [100], state: { pending: actions.map((action) => ({ action, atMs: T0, acceptedMs: T0 })) } });
    },
    'waiting for setCapacity to be confirmed',
  ],
  FLEET_MISSING: [() => idle({ world: { fleet: missing('throttled') } }), 'the group cannot be read (throttled)'],
  FLEET_REFUSED: [
    () => idle({ world: { fleet: fleetOf(4, { refused: 'it is managed by another' }) } }),
    'the group cannot be steered: it is managed by another',
  ],
  PARKED: [() => idle({ state: { orders: { capacity: { capacity: 0, untilMs: null } } } }), 'parked by hand'],
  DEPLOYMENT: [
    () => idle({ world: { refresh: true } }),
    'a deployment is under way (instance refresh): nothing destructive',
  ],
  DEPLOYMENT_UNKNOWN: [
    () => idle({ world: { refresh: missing() } }),
    'whether a deployment runs cannot be read: nothing destructive',
  ],
};

const OF_HEALTH: Shown<
  | keyof typeof HEALTH
  | 'NOT_CONFIGURED'
  | 'PENDING'
  | 'FLEET_MISSING'
  | 'FLEET_REFUSED'
  | 'PARKED'
  | 'DEPLOYMENT'
  | 'DEPLOYMENT_UNKNOWN'
  | 'INSTANCES_WARMING'
> = {
  LEFT_OUT: [
    () => {
      const policy = { health: { onUnhealthy: 'deregister' as const } };
      const before = decideSick({ count: 4, ejected: ['i-1'], policy }).state;
      const ejected = { 'i-1:80': { id: 'i-1', port: 80, atMs: T0, times: 1, replace: false } };
      const health = { ...before.health, ejected };
      return sick({
        failing: [],
        policy: { health: { targetGroup: 'another' } },
        state: { basis: before.basis, health } as never,
      });
    },
    'left out of ap-northeast-2/exercise-target-group, which the policy no longer names: i-1:80; register them by hand',
  ],
  HEALTHY: [() => sick({ failing: [] }), '4 of 4 targets healthy, none failing'],
  NO_TARGETS: [() => sick({ world: { targets: groupOf([]) } }), 'the target group is empty, 4 expected'],
  WATCHING: [() => sick({ rounds: 0 }), 'targets failing: 1; 2 rounds needed before one is believed'],
  LIVE_DRILL: [
    () =>
      sick(
        world({
          targets: groupOf(
            ids(4).map((id, n) => target(id, n > 0 ? 'healthy' : 'unhealthy', { reason: SITE_DRILL_REASON })),
          ),
        }),
      ),
    'targets that only seem to fail, in a live drill: 1; none is taken out',
  ],
  EJECT: [() => sick({}), 'eject i-1:80, which failed its 2 rounds; 3 of 4 stay healthy'],
  REPLACE: [() => sick({}), 'replace i-1, whose target was ejected'],
  READMIT: [
    () =>
      sick({
        failing: [],
        policy: { health: { onUnhealthy: 'deregister' } },
        state: {
          health: { ejected: { 'i-1:80': { id: 'i-1', port: 80, atMs: T0 - 60 * SECOND, times: 2, replace: false } } },
        },
        world: worldFor({ count: 4, ejected: ['i-1'] }),
      }),
    'readmit i-1:80, 60 s after ejection number 2',
  ],
  BACKOFF: [
    () => sick({ failing: [], ejected: ['i-1'], policy: { health: { onUnhealthy: 'deregister' } } }),
    'targets ejected: 1, the next may return in 20 s',
  ],
  ALLOWANCE: [
    () => sick({ failing: ['i-1', 'i-2'], ...limits({ maxEjectedPercent: 25 }) }),
    'targets failing: 2, but 1 of 1 allowed are out already',
  ],
  MIN_HEALTHY: [() => sick(limits({ minHealthy: 4 })), 'targets failing: 1, but only 3 healthy, 4 wanted'],
  PANIC: [() => sick({ failing: ids(4), rounds: 0 }), 'panic: 4 failing and 0 ejected of 4, 0 healthy; ejecting none'],
  PANIC_REPLACE: [() => sick({ failing: ids(4) }), 'panic: replace i-1:80 alone, 0 of 4 healthy'],
  REPLACE_BLOCKED: [
    () => sick(world({ fleet: fleetOf(4, { suspended: ['Launch'] }) })),
    'i-1:80 fails, but i-1 cannot be replaced: Launch is suspended on the group',
  ],
  REPLACE_BUDGET: [
    () => sick(limits({ replacedPer5Minutes: 0 })),
    'i-1:80 fails, but the replacements of 5 minutes are used up: 0 of 0',
  ],
  ACCOUNT_BUDGET: [() => sick(world({ budget: missing() })), 'the limit over all services is used up: unknown of 3'],
  TARGETS_MISSING: [
    () => sick({ world: { targets: missing('deadline') } }),
    'the targets cannot be read (deadline): nothing is concluded from that',
  ],
  GROUP_REFUSED: [
    () => sick({ world: { targets: groupOf([target('i-1')], 'lambda') } }),
    'a target group of type lambda cannot be served with onUnhealthy replace',
  ],
  NOT_CONFIGURED: [() => sick({ policy: { health: undefined } }), 'not configured'],
  PENDING: [
    () => sick({ failing: [], ejected: ['i-1'], state: { health: { replaced: { 'i-1': T0 - SECOND } } } }),
    'waiting for the replacement of i-1 to be confirmed',
  ],
  FLEET_MISSING: [
    () => sick({ policy: { fleet: undefined }, ...world({ fleet: undefined }) }),
    'the group cannot be read (not-read)',
  ],
  FLEET_REFUSED: [
    () => sick(world({ fleet: fleetOf(4, { refused: 'it is weighted' }) })),
    'the group cannot be steered: it is weighted',
  ],
  PARKED: [() => sick({ state: { orders: { capacity: { capacity: 0, untilMs: null } } } }), 'parked by hand'],
  DEPLOYMENT: [
    () => sick(world({ refresh: true })),
    'a deployment is under way (instance refresh): nothing destructive',
  ],
  DEPLOYMENT_UNKNOWN: [
    () => sick(world({ refresh: missing() })),
    'whether a deployment runs cannot be read: nothing destructive',
  ],
  INSTANCES_WARMING: [
    () =>
      sick({
        policy: { scaling: policyOf().scaling },
        state: { scaling: { inServiceSince: { 'i-1': T0 - MINUTE } } },
      }),
    'instances are still warming up: 1',
  ],
};

function shows(area: Area, code: string, result: Result): string[] {
  return result.decisions.filter((d) => d.area === area && d.reason === code).map(messageOf);
}

describe('every reason of scaling is reached, and says', () => {
  it.each(Object.entries(OF_SCALING))('%s', (code, [reach, message]) => {
    expect(shows('scaling', code, reach())[0]).toBe(message);
  });
});

describe('every reason of health is reached, and says', () => {
  it.each(Object.entries(OF_HEALTH))('%s', (code, [reach, message]) => {
    expect(shows('health', code, reach())[0]).toBe(message);
  });
});

describe('the table of reasons', () => {
  const codes = Object.keys(REASONS) as ReasonCode[];

  it('names every area that reaches a code, and no other', () => {
    const inArea = (area: Area): string[] => codes.filter((code) => reasonOf(code).areas.includes(area)).sort();
    expect(inArea('scaling')).toEqual(Object.keys(OF_SCALING).sort());
    expect(inArea('health')).toEqual(Object.keys(OF_HEALTH).sort());
  });
});
