/** The items of the table one by one, under races and answers that do not come. */
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { awsState } from '../../../lib/aws/state.ts';
import { runRound } from '../../../lib/controller/cycle.ts';
import { runTick } from '../../../lib/controller/rounds.ts';
import { initialState } from '../../../lib/core/state.ts';
import { controllerResources } from '../../../lib/deploy/stack.ts';
import { type DynamoServer, startDynamo } from '../../contract/dynamo-server.ts';
import { startProxy, type WireProxy } from '../proxy.ts';
import { lostUpdates } from './evidence.ts';
import { prepare } from './race.ts';
import { capacityOrdered, oneServerFails, siteFails, webPolicy } from './scenes.ts';
import { createStand, sending } from './stand.ts';
import { STEPS, strike, writesOf } from './strike.ts';

let dynamo: DynamoServer;
let proxy: WireProxy;
beforeAll(async () => {
  dynamo = await startDynamo();
  proxy = await startProxy(dynamo.url);
});
afterEach(() => {
  proxy.rule = () => null;
});
afterAll(async () => {
  await proxy.stop();
  await dynamo.stop();
});

const NOON = Date.UTC(2026, 10, 21, 12);
const FIVE = [1, 2, 3, 4, 5];

async function openThrough(url: string) {
  const table = await dynamo.createTable();
  const client = dynamo.connect(url);
  return { table, state: awsState(() => client, table) };
}

test('five processes that meet a service for the first time make one version 1 of it', async () => {
  for (const seed of FIVE) {
    const tableName = await dynamo.createTable();
    const policies = [webPolicy()];
    const stand = createStand({ dynamo, tableName, policies, seed, jitterMs: 4 });
    const rounds = FIVE.map((n) => {
      const { ports, memory } = stand.controller(`alarm-${n}`);
      return runRound(ports, memory, policies, null, stand.nowMs());
    });
    const answers = await stand.until(Promise.all(rounds));
    expect(lostUpdates(stand.tableCalls)).toEqual([]);
    expect((await stand.table.load(['web'])).states.get('web')?.version).toBe(1);
    const lost = answers.flatMap(({ problems }) => problems.map(({ code }) => code));
    expect(lost).toEqual(Array(4).fill('LOST_RACE'));
  }
});

test('of five successors that take over at once each has an epoch of its own, and the last of them goes on alone', async () => {
  const tableName = await dynamo.createTable();
  const { policies, options = {} } = capacityOrdered;
  const stand = createStand({ dynamo, tableName, policies, seed: 3, options, jitterMs: 4 });
  const markMs = await prepare(capacityOrdered, stand);
  const ticks = FIVE.map((n) => {
    const { ports, memory } = stand.controller(`tick-${n}`);
    return runTick(ports, memory, policies, { owner: `tick-${n}`, rounds: null, untilMs: markMs + 18_000 });
  });
  const answers = await stand.until(Promise.all(ticks));
  expect(answers.flatMap(({ problems }) => problems)).toEqual([]);
  const taken = stand.tableCalls.flatMap(({ caller, output }) => {
    const epoch = (output as { Attributes?: { epoch: { N: string } } }).Attributes?.epoch.N;
    return epoch === undefined ? [] : [{ caller, epoch: Number(epoch) }];
  });
  expect(taken.map(({ epoch }) => epoch).sort()).toEqual([2, 3, 4, 5, 6]);
  const last = taken.find(({ epoch }) => epoch === 6)?.caller;
  const renewing = stand.tableCalls.filter(
    ({ operation, output, atMs }) =>
      operation === 'UpdateItem' && !('Attributes' in (output as object)) && atMs > markMs,
  );
  expect(renewing.length).toBeGreaterThan(2);
  expect(new Set(renewing.map(({ caller }) => caller))).toEqual(new Set([last]));
  expect((await stand.table.loadController()).lease).toMatchObject({ epoch: 6, owner: last });
});

test.each([oneServerFails, siteFails])('a freeze between save and act keeps the gate shut: $name', async (scene) => {
  const struck = await strike(dynamo, scene, 31, STEPS['saved, before acting'], (_, nowMs, stand) =>
    stand.meanwhile(() => stand.table.setFrozen(true, nowMs)),
  );
  const { stand, struckMs } = struck;
  await stand.world.run(struckMs + 4000);
  expect(writesOf(stand, 'unlucky').filter((w) => w.atMs >= struckMs)).toEqual([]);
  // Nothing is left pending of what was refused.
  expect((await stand.table.load(['web'])).states.get('web')?.pending).toEqual([]);
});

describe('a charge', () => {
  const charge = (state: Awaited<ReturnType<typeof openThrough>>['state'], id: string) =>
    state.charge('replacements', { id, service: 'web', atMs: NOON }, 3, 300_000);
  const ids = async ({ state }: Awaited<ReturnType<typeof openThrough>>) =>
    (await state.loadController()).budget?.replacements.map(({ id }) => id);

  test('whose answer is lost after its effect is read back, and charged once', async () => {
    const open = await openThrough(proxy.url);
    await charge(open.state, 'a');
    proxy.rule = ({ operation }) => (operation === 'PutItem' ? { kind: 'effect-then-reset' } : null);
    expect(await charge(open.state, 'b')).toBe(true);
    proxy.rule = () => null;
    expect(await charge(open.state, 'b')).toBe(true);
    expect(await ids(open)).toEqual(['a', 'b']);
  });

  test('that never arrived stays unclear, and is granted when it is asked for again', async () => {
    const open = await openThrough(proxy.url);
    proxy.rule = ({ operation }) => (operation === 'PutItem' ? { kind: 'reset' } : null);
    await expect(charge(open.state, 'a')).rejects.toMatchObject({ kind: 'Unavailable' });
    proxy.rule = () => null;
    expect(await charge(open.state, 'a')).toBe(true);
    expect(await ids(open)).toEqual(['a']);
  });

  test('of twenty at once, answers lost now and then, is granted to no more than the budget has', async () => {
    const open = await openThrough(proxy.url);
    let puts = 0;
    proxy.rule = ({ operation }) => {
      if (operation !== 'PutItem') return null;
      puts += 1;
      return puts % 2 === 0 ? { kind: 'effect-then-reset' } : null;
    };
    const asked = Array.from({ length: 20 }, (_, n) => charge(open.state, `id-${n}`));
    const settled = await Promise.allSettled(asked);
    const granted = settled.flatMap((one, n) => (one.status === 'fulfilled' && one.value ? [`id-${n}`] : []));
    const charged = await ids(open);
    expect(charged).toHaveLength(3);
    // Whoever was granted is charged; whoever does not know may be.
    expect(charged).toEqual(expect.arrayContaining(granted));
  });
});

describe('batches of which DynamoDB leaves some undone', () => {
  /** Carries out a third of each batch and hands back the rest, as a throttled table does. */
  function throttled() {
    let calls = 0;
    const client = sending(dynamo.client, async (command, sent) => {
      calls += 1;
      const { RequestItems } = command.input as BatchGetItemCommandInput & BatchWriteItemCommandInput;
      const [[table, request] = ['', []]] = Object.entries(RequestItems ?? {});
      if (Array.isArray(request)) {
        const some = Math.ceil(request.length / 3);
        await sent(new BatchWriteItemCommand({ RequestItems: { [table]: request.slice(0, some) } }));
        return { UnprocessedItems: some < request.length ? { [table]: request.slice(some) } : {} };
      }
      const { Keys = [] } = request as { Keys?: Record<string, { S: string }>[] };
      const some = Math.ceil(Keys.length / 3);
      const part = { [table]: { Keys: Keys.slice(0, some), ConsistentRead: true } };
      const answer = await sent(new BatchGetItemCommand({ RequestItems: part }));
      const left = some < Keys.length ? { [table]: { Keys: Keys.slice(some) } } : {};
      return { ...answer, UnprocessedKeys: left };
    });
    return { client, calls: () => calls };
  }

  test('are written and read whole', async () => {
    const table = await dynamo.createTable();
    const { client, calls } = throttled();
    const state = awsState(() => client, table);
    const plain = awsState(() => dynamo.client, table);
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await plain.save(initialState(name));
    expect([...(await state.load(names)).states.keys()].sort()).toEqual(names);
    const before = calls();
    await state.log(Array.from({ length: 7 }, (_, n) => ({ service: 'a', atMs: NOON + n, id: `d-${n}`, body: { n } })));
    expect(calls()).toBeGreaterThan(before + 1);
    const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName: table }));
    expect(Items.filter((item) => item.sk?.S?.startsWith('decision#'))).toHaveLength(7);
  });
});

test('after a race decisions expire by the attribute that the table declares, and nothing else does', async () => {
  const struck = await strike(dynamo, oneServerFails, 41, STEPS['after loading'], () => undefined);
  const { stand } = struck;
  await stand.table.setFrozen(false, stand.nowMs());
  await stand.table.savePolicy('web.yml', webPolicy());
  const place = { stage: 'dev', region: 'ap-northeast-1' };
  const { StateTable } = controllerResources([webPolicy()], place);
  const declared = StateTable?.Properties?.TimeToLiveSpecification as { AttributeName: string } | undefined;
  expect(declared).toMatchObject({ Enabled: true });
  const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName: stand.tableName }));
  const lives = Items.map((item) => ({ sk: item.sk?.S ?? '', seconds: item[declared?.AttributeName ?? '']?.N }));
  const kinds = new Set(lives.map(({ sk }) => sk.split('#')[0]));
  expect(kinds).toEqual(new Set(['state', 'decision', 'lease', 'freeze', 'budget', 'policy']));
  for (const { sk, seconds } of lives) {
    const [kind, time = ''] = sk.split('#');
    const expected = kind === 'decision' ? String(Math.floor(Date.parse(time) / 1000) + 30 * 86_400) : undefined;
    expect(seconds, sk).toBe(expected);
  }
});
