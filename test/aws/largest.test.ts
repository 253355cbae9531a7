/**
 * The largest of everything that the state table has to hold. An item ends at 400 KB, here as in AWS; that these fit is
 * what the bounds in core and policy are for. Ids, times and values are drawn: what is alike packs too well.
 */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsState } from '../../lib/aws/state.ts';
import { newMemory } from '../../lib/controller/cycle.ts';
import { recordOf, resultOf, viewOf } from '../../lib/controller/record.ts';
import { emptyCurve, logOf, withSlot } from '../../lib/core/curve.ts';
import { decide } from '../../lib/core/decide.ts';
import type { Action, ForecastMemory, Pending, Policy, ServiceState } from '../../lib/core/model.ts';
import { MOST_INSTANCES_KEPT } from '../../lib/core/scaling-memory.ts';
import { initialState, settle } from '../../lib/core/state.ts';
import { MOST_TARGETS_KEPT } from '../../lib/core/targets.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import { MAX_BYTES } from '../../lib/policy/source.ts';
import { createRandom } from '../../lib/sim/random.ts';
import type { DynamoServer } from '../contract/dynamo-server.ts';
import { startDynamo } from '../contract/dynamo-server.ts';
import { fleetOf, groupOf, instance, observe, outcomesOf, policyOf, T0, target } from '../core/builders.ts';

const ITEM_BYTES = 400 * 1024;

let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const random = createRandom(1, 'largest');
const ARN = `arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/${'t'.repeat(32)}/0123456789abcdef`;
const ids = Array.from({ length: MOST_INSTANCES_KEPT }, () => `i-0${random.hex(16)}`);
/** Rounds of the last hours: many instances come in the same one. */
const times = Array.from({ length: 2000 }, () => T0 - random.int(0, 36_000_000));
const time = (): number => times[random.int(0, times.length - 1)] ?? T0;
const byTarget = <T>(from: number, make: (id: string) => T): Record<string, T> =>
  Object.fromEntries(ids.slice(from, from + MOST_TARGETS_KEPT).map((id) => [`${id}:8080`, make(id)]));
const some = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Two rounds of what one may decide at most (lib/core/health.ts), those of the first accepted and not seen yet. */
function pending(): Pending[] {
  const base = { region: 'ap-northeast-2', reason: 'EJECT', targetGroup: ARN } as const;
  const of = (action: Action): Pending => ({ action, atMs: time(), acceptedMs: time() });
  return some(100, (n) => {
    const id = ids[n] ?? '';
    const what = { ...base, id: `${'s'.repeat(40)}:123456:${n}`, target: { key: `${id}:8080`, id, port: 8080 } };
    return [of({ ...what, kind: 'deregisterTarget', replace: true }), of({ ...what, kind: 'registerTarget' })];
  }).flat();
}

/** 20 signals whose metrics are named as long as a policy file allows. */
const metrics = Object.fromEntries(
  some(20, (n) => [
    `signal-${n}`,
    JSON.stringify(['Own', 'M', 'p99.9', 60, [['Dimension', random.hex(MAX_BYTES / 20)]]]),
  ]),
);

/** A whole week learnt of a signal. */
function learned(): ForecastMemory {
  const skill = { came: random.next(), foretold: random.next() };
  const index = random.int(1, 3_000_000);
  const curve = some(1008, (slot) => slot).reduce(
    (text, slot) => withSlot(text, slot, logOf(random.next() * 1000)),
    emptyCurve('weekly'),
  );
  return {
    unit: random.next() * 1000,
    season: curve,
    slot: { index, sum: random.next() * 1e6, points: 60, hidden: false },
    before: { index, log: random.next(), foretold: random.next() },
    learntMs: time(),
    awayMs: time(),
    seasonSkill: skill,
    trendSkill: skill,
    bet: { dueMs: time(), fromLog: random.next(), change: random.next() },
  };
}

function largestState(): ServiceState {
  const fresh = initialState('s'.repeat(40));
  return {
    ...fresh,
    scaling: {
      ...fresh.scaling,
      // 2,400 datapoints are the most that a policy may ask for (lib/policy/rules.ts).
      points: Object.fromEntries(
        some(20, (n) => [
          `signal-${n}`,
          some(120, (k) => ({ startMs: T0 + k * 60_000, value: random.next() * 100, covered: random.int(1, 10_000) })),
        ]),
      ),
      // A count of another size in each second of the longest window.
      counts: some(7380, (n) => ({ fromMs: T0 + n * 1000 + random.int(0, 99), count: random.int(1, 10_000) })),
      inServiceSince: Object.fromEntries(ids.map((id) => [id, time()])),
      forecast: Object.fromEntries(some(20, (n) => [`signal-${n}`, learned()])),
    },
    health: {
      targets: byTarget(0, () => ({ failing: random.int(1, 60), passing: 0 })),
      ejected: byTarget(3000, (id) => ({ id, port: 8080, atMs: time(), times: random.int(1, 9), replace: false })),
      history: byTarget(6000, () => ({ times: random.int(1, 9), lastMs: time() })),
      replaced: Object.fromEntries(ids.slice(0, 36).map((id) => [id, time()])),
    },
    failover: { ...fresh.failover, failbacksMs: some(60, time) },
    pending: pending(),
    incidents: Object.fromEntries(some(60, (n) => [`health:REASON_${n}`, { sinceMs: time(), lastMs: time() }])),
    basis: {
      fleet: 'x'.repeat(255),
      targetGroup: ARN,
      record: 'r'.repeat(255),
      metrics,
      key: JSON.stringify({ metrics }),
    },
  };
}

async function open() {
  const table = await dynamo.createTable();
  const state = awsState(() => dynamo.client, table);
  const bytes = async (pk: string, sk: string): Promise<number> => {
    const Key = { pk: { S: pk }, sk: { S: sk } };
    const { Item } = await dynamo.client.send(new GetItemCommand({ TableName: table, Key }));
    return (Item?.body?.B ?? Buffer.from(Item?.body?.S ?? '')).length;
  };
  return { state, bytes };
}

describe('what an item of 400 KB holds', () => {
  test('the largest state: it is packed, fits, and comes back whole', async () => {
    const { state, bytes } = await open();
    const largest = largestState();
    expect(JSON.stringify(largest).length).toBeGreaterThan(3 * ITEM_BYTES);
    const saved = await state.save(largest);
    expect((await state.load([saved.service])).states.get(saved.service)).toEqual(saved);
    const size = await bytes(`service#${saved.service}`, 'state');
    expect(size).toBeGreaterThan(ITEM_BYTES / 2);
    expect(size).toBeLessThan(ITEM_BYTES - 1024);
  });

  test('nothing beyond that: what no bound covers is a bug, and says so before DynamoDB does', async () => {
    const { state } = await open();
    const incidents = { [random.hex(900_000)]: { sinceMs: 0, lastMs: 0 } };
    await expect(state.save({ ...initialState('web'), incidents })).rejects.toThrow(
      /^the state of web takes 4\d\d KB, and an item of the table holds at most 396 KB$/,
    );
    expect((await state.load(['web'])).states.size).toBe(0);
  });

  test('a small state, readable as it is', async () => {
    const { state, bytes } = await open();
    const saved = await state.save(initialState('web'));
    expect(await bytes('service#web', 'state')).toBe(JSON.stringify(saved).length);
  });

  test('the largest policy', async () => {
    const { state } = await open();
    const head =
      'service: web\nregion: eu-west-1\nfleet: { autoScalingGroup: g, capacity: { min: 1, max: 2 } }\nscaling:\n  signals:\n';
    const signal = (n: number): string => {
      const dimensions = some(3, (k) => `D${k}: "${random.hex(1000)}"`).join(', ');
      return `    - { name: s${n}, target: 1, metric: { namespace: N, name: M, dimensions: { ${dimensions} } } }\n`;
    };
    const text = head + some(20, signal).join('');
    expect(text.length).toBeGreaterThan(MAX_BYTES * 0.95);
    const { policy } = loadPolicy('web.yml', text);
    if (policy === null) throw new Error('it is a good policy');
    await state.savePolicy('web.yml', policy);
    expect(await state.loadPolicy('web.yml')).toEqual(policy);
  });
});

/** Everything may be taken out, and nothing keeps the controller from it. */
const RECKLESS: Policy = policyOf({
  fleet: undefined,
  scaling: undefined,
  failover: undefined,
  health: {
    targetGroup: ARN,
    onUnhealthy: 'deregister',
    limits: { maxEjectedPercent: 100, panicPercent: 100, minHealthy: 0 },
  },
});

describe('a service of 10,000 targets of which all but one fail', () => {
  /** Rounds in which each ejection is done at once. */
  async function play(count: number): Promise<{ states: ServiceState[]; stored: number; acting: number[] }> {
    const { state, bytes } = await open();
    const memory = newMemory();
    const states: ServiceState[] = [];
    const acting: number[] = [];
    let now = await state.save(initialState('web'));
    let stored = 0;
    for (let round = 0; round < count; round += 1) {
      const atMs = T0 + round * 5000;
      const out = new Set(Object.keys(now.health.ejected));
      const targets = ids.map((id, n) => target(`${id}:8080`, n === 0 ? 'healthy' : 'unhealthy'));
      const group = groupOf(targets.filter(({ key }) => !out.has(key)));
      const observation = observe(atMs, { fleet: undefined, targets: group, signals: [] });
      const result = decide(RECKLESS, now, observation, atMs);
      acting.push(result.actions.length);
      const views = result.decisions.map((d) => viewOf(d, []));
      const answer = resultOf(RECKLESS, now, views, { observation, drill: null }, atMs);
      const record = recordOf(memory.stored, answer, now.version, atMs);
      if (record !== null) {
        await state.log([record]);
        stored = Math.max(stored, await bytes('service#web', `decision#${new Date(atMs).toISOString()}#${record.id}`));
      }
      now = await state.save(settle(result.state, outcomesOf(result, atMs)));
      states.push(now);
    }
    return { states, stored, acting };
  }

  test('is ejected from in portions that a round can carry out, and its state and records stay small', async () => {
    const { states, stored, acting } = await play(7);
    expect(acting[0]).toBe(0);
    expect(Math.max(...acting)).toBe(50);
    expect(states.every((s) => Object.keys(s.health.targets).length <= MOST_TARGETS_KEPT)).toBe(true);
    expect(stored).toBeGreaterThan(1000);
    expect(stored).toBeLessThan(ITEM_BYTES / 4);
  });
});

test('a fleet above the largest is not remembered by its members', () => {
  const crowd = [...ids, 'i-one-more'].map((id) => instance(id));
  const fleet = fleetOf(crowd.length, { maxSize: 20_000, instances: crowd });
  const { state } = decide(policyOf(), initialState('web'), observe(T0, { fleet }), T0);
  expect(state.scaling.inServiceSince).toEqual({});
});
