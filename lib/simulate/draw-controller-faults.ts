/** Faults that the controller meets without the world being broken: its calls, its events, its processes, its clocks, its package. */
import type { Moment } from '../sim/faults.ts';
import type { Chance } from './chance.ts';
import { type Draw, forSome } from './ground.ts';

const OPERATIONS = {
  'auto-scaling': [
    'DescribeAutoScalingGroups',
    'DescribeInstanceRefreshes',
    'DescribePolicies',
    'SetDesiredCapacity',
    'SetInstanceHealth',
  ],
  elbv2: ['DescribeTargetHealth', 'DescribeTargetGroups', 'DeregisterTargets', 'RegisterTargets'],
  cloudwatch: ['GetMetricData'],
  route53: ['ListResourceRecordSets', 'GetChange', 'ChangeResourceRecordSets'],
  sns: ['Publish'],
  dynamodb: [
    'load',
    'save',
    'loadController',
    'takeLease',
    'renewLease',
    'charge',
    'log',
    'releaseFailback',
    'setFrozen',
  ],
} as const;

export const api: Draw = (chance, { regions }) => {
  const name = chance.maybe(0.9) ? chance.pick(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]) : undefined;
  const operation = name !== undefined && chance.maybe(0.5) ? { operation: chance.pick<string>(OPERATIONS[name]) } : {};
  const how = chance.pick([
    'throttled',
    'server-error',
    'denied',
    'silence',
    'timeout-after-effect',
    'stale',
    'slow',
  ] as const);
  return {
    what: {
      kind: 'api',
      how,
      ...(name === undefined ? {} : { api: name }),
      ...operation,
      ...(chance.maybe(0.2) ? { region: chance.pick(regions) } : {}),
      forSeconds: forSome(chance),
      ...(chance.maybe(0.3) ? { times: chance.small(1, 50) } : {}),
      ...(how === 'slow' ? { slowMs: chance.pick([100, 500, 1000, 1400, 2000, 5000]) } : {}),
    },
  };
};

export const events: Draw = (chance) => ({
  what: {
    kind: 'events',
    function: chance.pick(['onTick', 'onAlarm']),
    how: chance.pick(['duplicated', 'delayed', 'dropped', 'reordered']),
    seconds: chance.weighted([
      [3, chance.int(0, 30)],
      [2, chance.int(30, 180)],
    ]),
    forSeconds: forSome(chance),
  },
});

const functionOf = (chance: Chance) =>
  chance.weighted<'onTick' | 'onAlarm'>([
    [4, 'onTick'],
    [1, 'onAlarm'],
  ]);
/**
 * Near enough that it may be any call of a round, far enough that it may be one of the next round's; or around a change,
 * whenever one comes, for there the controller has the most to lose.
 */
const moment = (chance: Chance) =>
  chance.weighted<{ atCall?: number; of?: Moment; forSeconds?: number }>([
    [3, {}],
    [5, { atCall: chance.small(1, 200) }],
    [
      8,
      { atCall: chance.small(1, 6), of: chance.pick(['save', 'look', 'write', 'write']), forSeconds: forSome(chance) },
    ],
  ]);

export const pause: Draw = (chance) => ({
  what: { kind: 'pause', function: functionOf(chance), seconds: chance.small(1, 100), ...moment(chance) },
});

export const crash: Draw = (chance) => {
  const when = moment(chance);
  const unsent = when.atCall !== undefined && chance.maybe(0.4) ? { unsent: true } : {};
  return { what: { kind: 'crash', function: functionOf(chance), ...when, ...unsent } };
};

export const clock: Draw = (chance) => {
  const base = { kind: 'clock' as const, function: functionOf(chance) };
  const stepMs = chance.weighted([
    [6, chance.int(-900, 900)],
    [2, chance.int(-5000, 5000)],
    [1, chance.int(-60_000, 60_000)],
  ]);
  const driftPpm = chance.maybe(0.5) ? chance.int(-200, 200) : 0;
  return { what: { ...base, stepMs: stepMs === 0 ? 1 : stepMs, driftPpm }, end: { ...base, stepMs: 0, driftPpm: 0 } };
};

export const tick: Draw = (chance) => ({
  what: { kind: 'tick', rounds: chance.maybe(0.3) ? chance.small(1, 12) : null },
});

export const policy: Draw = (chance, ground) => {
  const { service } = chance.pick(ground.policies);
  const how = chance.maybe(0.35) ? ('broken' as const) : ('changed' as const);
  const text = ground.otherText(chance, service, how === 'broken');
  return {
    what: { kind: 'policy', service, how, text },
    end: { kind: 'policy', service, how: 'mended', text: ground.mendedText(service) },
  };
};
