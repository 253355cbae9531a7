/** What the controllers race for: a service in which something has just begun, and what has to be done about it, once. */
import { readFileSync } from 'node:fs';
import type { Policy, ServiceState } from '../../../lib/core/model.ts';
import type { ServiceOrder } from '../../../lib/core/orders.ts';
import { loadPolicy } from '../../../lib/policy/load.ts';
import type { WorldOptions } from '../../../lib/sim/world.ts';
import type { Stand } from './stand.ts';

/** Between two rounds, by every policy here. */
export const ROUND_MS = 5000;

const WEB = readFileSync(new URL('../../../policies/web.yml', import.meta.url), 'utf8');

/** policies/web.yml, each edit replacing one piece of its text. */
export function webPolicy(edits: Readonly<Record<string, string>> = {}): Policy {
  let text = WEB;
  for (const [from, to] of Object.entries(edits)) {
    if (!text.includes(from)) throw new Error(`web.yml has no ${from}`);
    text = text.replaceAll(from, to);
  }
  const { policy, problems } = loadPolicy('web.yml', text);
  if (policy === null) throw new Error(JSON.stringify(problems));
  return policy;
}

/** A second service beside web, without a standby. */
function apiPolicy(size: string): Policy {
  const { failover: __, ...policy } = webPolicy({
    'service: web': 'service: api',
    exercise: 'api',
    'www.example.com': 'api.example.com',
    '{ min: 1, max: 2 }': size,
  });
  return policy;
}

export interface Scene {
  readonly name: string;
  readonly policies: readonly Policy[];
  readonly options?: WorldOptions;
  /** Brings about what the race is for, with a controller at work that nobody disturbs; ends when the race may begin. */
  prepare(stand: Stand, rehearse: Rehearse): Promise<void>;
  /** Whether one more round of what was seen so far acts. */
  readonly isDecisive?: (state: ServiceState) => boolean;
  /** What a person orders in the middle of it. */
  readonly order?: ServiceOrder;
  /** How often each operation must have had its effect when the race is over (or at least and at most); no other may. */
  readonly effects: Readonly<Record<string, number | readonly [least: number, most: number]>>;
}

/** Runs rounds of an undisturbed controller until that is so of the states that it saved. */
type Rehearse = (isReady: (states: ReadonlyMap<string, ServiceState>) => boolean) => Promise<void>;

const LARGE = '{ min: 2, max: 20 }';
const GROWING = { '{ min: 1, max: 2 }': LARGE };
/** From the first of them on: the load balancer checks each target at its own second. */
const isFailing = (stand: Stand, service = 'web'): boolean => stand.world.view(service).primary.targets.unhealthy > 0;

function server(stand: Stand, which: 'all' | number, condition: 'refuses' | 'ok' = 'refuses', service = 'web'): void {
  stand.world.apply({ kind: 'server', service, site: 'primary', which, condition });
}

const { scaling: _, ...UNSCALED } = webPolicy(GROWING);

export const oneServerFails: Scene = {
  name: 'one of four servers fails',
  // The three that are left have more to do, and that is not what this is about.
  policies: [UNSCALED],
  options: { servers: 4 },
  async prepare(stand, rehearse) {
    server(stand, 0);
    await rehearse(() => isFailing(stand));
  },
  isDecisive: ({ health }) => Object.keys(health.targets).length > 0,
  effects: { DeregisterTargets: 1, SetInstanceHealth: 1 },
};

const manyServersFail: Scene = {
  name: 'five of twelve servers fail, three may be replaced',
  policies: [webPolicy(GROWING)],
  options: { servers: 12 },
  async prepare(stand, rehearse) {
    for (const which of [0, 1, 2, 3, 4]) server(stand, which);
    await rehearse(() => isFailing(stand));
  },
  // One that is out and could not be replaced in the same round may find the budget used by those that came after it.
  effects: { DeregisterTargets: [3, 5], SetInstanceHealth: 3 },
};

const budgetShared: Scene = {
  name: 'two servers fail in each of two services, three may be replaced in all',
  policies: [webPolicy(GROWING), apiPolicy(LARGE)],
  options: { servers: 8 },
  async prepare(stand, rehearse) {
    for (const service of ['web', 'api']) for (const which of [0, 1]) server(stand, which, 'refuses', service);
    await rehearse(() => isFailing(stand) || isFailing(stand, 'api'));
  },
  effects: { DeregisterTargets: [3, 4], SetInstanceHealth: 3 },
};

export const siteFails: Scene = {
  name: 'every server of the primary fails',
  // By replacing one server after the other the site would heal itself after the move, which is not what this is about.
  policies: [webPolicy({ 'onUnhealthy: replace ': 'onUnhealthy: deregister ' })],
  options: { servers: 2 },
  async prepare(stand, rehearse) {
    server(stand, 'all');
    await rehearse(() => isFailing(stand));
  },
  isDecisive: ({ failover }) => failover.primary.bad > 0,
  // The standby may have been raised before the race began.
  effects: { SetDesiredCapacity: [0, 1], ChangeResourceRecordSets: 1 },
};

const surge: Scene = {
  name: 'the CPU passes its target',
  policies: [webPolicy(GROWING)],
  options: { servers: 2, cpuPercent: 60 },
  async prepare(stand, rehearse) {
    await rehearse(() => true);
    stand.world.apply({ kind: 'signal', service: 'web', signal: 'cpu', value: 110 });
    // The minute's datapoint is published a minute after its end, at the mark of a round.
    const publishedMs = Math.ceil(stand.nowMs() / 60_000) * 60_000 + 60_000;
    await rehearse(() => stand.nowMs() + ROUND_MS > publishedMs);
  },
  effects: { SetDesiredCapacity: 1 },
};

export const capacityOrdered: Scene = {
  name: 'a person orders five servers',
  policies: [webPolicy(GROWING)],
  options: { servers: 2 },
  prepare: (_, rehearse) => rehearse(() => true),
  order: { order: 'capacity', capacity: 5, expiresInSeconds: 3600 },
  effects: { SetDesiredCapacity: 1 },
};

const FAILBACK_SECONDS = 60;
const failback: Scene = {
  name: 'the primary has been good for long enough',
  // Nothing is ejected, so that the primary is whole as soon as its servers answer again.
  policies: [
    webPolicy({
      'afterHealthySeconds: 300': `afterHealthySeconds: ${FAILBACK_SECONDS}`,
      'onUnhealthy: replace ': 'onUnhealthy: deregister ',
      'minHealthy: 1': 'minHealthy: 2',
    }),
  ],
  options: { servers: 2 },
  async prepare(stand, rehearse) {
    server(stand, 'all');
    await rehearse((states) => states.get('web')?.failover.phase === 'secondary');
    server(stand, 'all', 'ok');
    await rehearse((states) => {
      const sinceMs = states.get('web')?.failover.primary.goodSinceMs ?? Number.POSITIVE_INFINITY;
      return stand.nowMs() + ROUND_MS > sinceMs + FAILBACK_SECONDS * 1000;
    });
  },
  effects: { ChangeResourceRecordSets: 1 },
};

export const SCENES: readonly Scene[] = [
  oneServerFails,
  siteFails,
  surge,
  capacityOrdered,
  manyServersFail,
  failback,
  budgetShared,
];
