import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsClients } from '../../lib/aws/clients.ts';
import { awsState } from '../../lib/aws/state.ts';
import { initialState } from '../../lib/core/state.ts';
import type { DynamoServer } from '../contract/dynamo-server.ts';
import { startDynamo } from '../contract/dynamo-server.ts';
import type { Asked } from './aws-server.ts';
import { awsServer, json, jsonError } from './aws-server.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

async function open() {
  const table = await dynamo.createTable();
  return { table, state: awsState(() => dynamo.client, table) };
}

describe('the table', () => {
  test('has its items where the documentation says', async () => {
    const { table, state } = await open();
    await state.save(initialState('web'));
    await state.log([{ service: 'web', atMs: NOON, id: 'd-1', body: { reason: 'COOLDOWN' } }]);
    await state.takeLease('tick-1', NOON, NOON + 75_000, false);
    await state.setFrozen(true, NOON);
    await state.charge('failbacks', { id: 'f-1', service: 'web', atMs: NOON }, 2, 3_600_000);
    await state.savePolicy('web.yml', { service: 'web', mode: 'observe', region: 'eu-west-1' });
    const { Items } = await dynamo.client.send(new ScanCommand({ TableName: table }));
    const byKey = new Map(Items?.map((item) => [`${item.pk?.S} ${item.sk?.S}`, item]));
    expect([...byKey.keys()].sort()).toEqual([
      'controller budget',
      'controller freeze',
      'controller lease',
      'controller policy#web.yml',
      'service#web decision#2026-11-21T12:00:00.000Z#d-1',
      'service#web state',
    ]);
    expect(byKey.get('service#web state')).toMatchObject({ version: { N: '1' } });
    expect(byKey.get('controller freeze')).toMatchObject({ frozen: { BOOL: true }, atMs: { N: String(NOON) } });
  });

  test('that is not there is told with where it was looked for, and a way out', async () => {
    const state = awsState(() => dynamo.client, 'evenkeel-prod');
    const region = await dynamo.client.config.region();
    const message = expect.stringContaining(
      `there is no table evenkeel-prod in ${region}: deploy first, or is the stage or the region another?`,
    );
    const loads = [state.load(['web']), state.loadController(), state.setFrozen(true, NOON)];
    for (const load of loads) await expect(load).rejects.toMatchObject({ kind: 'NotFound', message });
  });

  test('keeps a decision for 30 days, by a time to live in seconds', async () => {
    const { table, state } = await open();
    await state.log([{ service: 'web', atMs: NOON, id: 'd-1', body: { reason: 'COOLDOWN' } }]);
    const Key = { pk: { S: 'service#web' }, sk: { S: 'decision#2026-11-21T12:00:00.000Z#d-1' } };
    const { Item } = await dynamo.client.send(new GetItemCommand({ TableName: table, Key }));
    expect(Item?.ttl?.N).toBe(String(Date.UTC(2026, 11, 21, 12) / 1000));
    expect(JSON.parse(Item?.body?.S ?? '')).toEqual({ reason: 'COOLDOWN' });
  });

  test('says which item it cannot read, and does not take it for "never saved"', async () => {
    const { table, state } = await open();
    const Item = { pk: { S: 'service#web' }, sk: { S: 'state' }, version: { N: '1' }, body: { S: '{"service":' } };
    await dynamo.client.send(new PutItemCommand({ TableName: table, Item }));
    const saved = await state.save(initialState('api'));
    const loaded = await state.load(['web', 'api']);
    expect(loaded.states).toEqual(new Map([['api', saved]]));
    expect(loaded.unreadable.get('web')).toMatch('item service#web / state of the state table is not readable');
  });

  test.each(['{"replacements":', '{}', 'null', '{"replacements": [], "failbacks": 3}'])(
    'with a budget that nobody understands (%s) serves all the same, and grants nothing',
    async (S) => {
      const { table, state } = await open();
      const Item = { pk: { S: 'controller' }, sk: { S: 'budget' }, version: { N: '1' }, body: { S } };
      await dynamo.client.send(new PutItemCommand({ TableName: table, Item }));
      const saved = await state.save(initialState('api'));
      const loaded = await state.load(['api']);
      expect(loaded.states).toEqual(new Map([['api', saved]]));
      expect(loaded.budget).toBeNull();
      expect((await state.loadController()).budget).toBeNull();
      const entry = { id: 'api:1:1', service: 'api', atMs: NOON };
      const message = expect.stringContaining('restore the item controller / budget from a backup, or delete it');
      for (const change of [state.charge('replacements', entry, 3, 300_000), state.releaseFailback('api')])
        await expect(change).rejects.toMatchObject({ kind: 'Unavailable', message });
    },
  );

  test('saved by a version that knew less begins the rest as new', async () => {
    const { table, state } = await open();
    const { pace: _, ...older } = initialState('web');
    const Item = {
      pk: { S: 'service#web' },
      sk: { S: 'state' },
      version: { N: '1' },
      body: { S: JSON.stringify(older) },
    };
    await dynamo.client.send(new PutItemCommand({ TableName: table, Item }));
    expect((await state.load(['web'])).states.get('web')).toEqual(initialState('web'));
  });

  test('with a lease by a version that wrote one round for all knows of no round of any', async () => {
    const { table, state } = await open();
    const numbers = { epoch: { N: '7' }, untilMs: { N: '5000' }, roundMs: { N: '4000' } };
    const Item = { pk: { S: 'controller' }, sk: { S: 'lease' }, owner: { S: 'older' }, ...numbers };
    await dynamo.client.send(new PutItemCommand({ TableName: table, Item }));
    const older = { epoch: 7, owner: 'older', untilMs: 5000, rounds: new Map() };
    expect((await state.loadController()).lease).toEqual(older);
    const taken = await state.takeLease('newer', 5000, 80_000, false);
    expect(taken).toEqual({ epoch: 8, owner: 'newer', untilMs: 80_000, rounds: new Map() });
    await state.renewLease(taken, new Map([['web', 10_000]]));
    expect((await state.loadController()).lease?.rounds).toEqual(new Map([['web', 10_000]]));
  });

  test('that does not exist is not found', async () => {
    const nowhere = awsState(() => dynamo.client, 'no-such-table');
    await expect(nowhere.load(['web'])).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(nowhere.save(initialState('web'))).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(nowhere.endLease({ epoch: 1, owner: 'me', untilMs: 0, rounds: new Map() }, 0)).rejects.toMatchObject({
      kind: 'NotFound',
    });
  });
});

describe('a table under load', () => {
  const aws = awsServer();
  const state = awsState(awsClients().dynamoDb, 'evenkeel');

  interface Keys {
    readonly RequestItems: {
      readonly evenkeel: { readonly Keys: readonly object[]; readonly ConsistentRead: boolean };
    };
  }
  interface Puts {
    readonly RequestItems: { readonly evenkeel: readonly object[] };
  }
  const keysOf = (asked: Asked) => (JSON.parse(asked.body) as Keys).RequestItems.evenkeel.Keys;
  const putsOf = (asked: Asked) => (JSON.parse(asked.body) as Puts).RequestItems.evenkeel;
  const saved = (service: string) => ({
    pk: { S: `service#${service}` },
    sk: { S: 'state' },
    body: { S: JSON.stringify({ ...initialState(service), version: 1 }) },
  });

  test('reads 100 keys a call, strongly consistent, the controller’s four among them', async () => {
    aws.answer = () => json({ Responses: { evenkeel: [] }, UnprocessedKeys: {} });
    await state.load(Array.from({ length: 150 }, (_, index) => `service-${index}`));
    expect(aws.asked.map((asked) => keysOf(asked).length).sort()).toEqual([100, 54]);
    expect(aws.asked.every((asked) => asked.body.includes('"ConsistentRead":true'))).toBe(true);
  });

  test('asks again for keys that were left undone', async () => {
    aws.answer = (asked) => {
      const keys = keysOf(asked);
      return keys.length > 1
        ? json({ Responses: { evenkeel: [saved('web')] }, UnprocessedKeys: { evenkeel: { Keys: keys.slice(-1) } } })
        : json({ Responses: { evenkeel: [saved('api')] }, UnprocessedKeys: {} });
    };
    const { states } = await state.load(['web', 'api']);
    expect([...states.keys()]).toEqual(['web', 'api']);
    expect(aws.asked.map((asked) => keysOf(asked).length)).toEqual([6, 1]);
  });

  test('that leaves keys undone time and again is throttled, and no state is taken for "never saved"', async () => {
    aws.answer = (asked) =>
      json({ Responses: { evenkeel: [] }, UnprocessedKeys: { evenkeel: { Keys: keysOf(asked).slice(-1) } } });
    await expect(state.load(['web'])).rejects.toMatchObject({
      kind: 'Throttled',
      message: 'load the state of web from evenkeel: DynamoDB left 1 of 5 items undone',
    });
    expect(aws.asked).toHaveLength(5);
  });

  test('takes an answer that does not name the table for no answer', async () => {
    aws.answer = () => json({ Responses: {} });
    await expect(state.load(['web'])).rejects.toMatchObject({ kind: 'Unavailable' });
  });

  test('reads on after an answer that left every key undone', async () => {
    aws.answer = (asked) =>
      aws.asked.length === 1
        ? json({ Responses: {}, UnprocessedKeys: { evenkeel: { Keys: keysOf(asked) } } })
        : json({ Responses: { evenkeel: [saved('web')] } });
    expect([...(await state.load(['web'])).states.keys()]).toEqual(['web']);
  });

  test('logs 25 decisions a call, and again what was left undone', async () => {
    let refusedOnce = false;
    aws.answer = (asked) => {
      const puts = putsOf(asked);
      if (refusedOnce || puts.length < 25) return json({ UnprocessedItems: {} });
      refusedOnce = true;
      return json({ UnprocessedItems: { evenkeel: puts.slice(-2) } });
    };
    const records = Array.from({ length: 60 }, (_, index) => ({
      service: 'web',
      atMs: NOON + index,
      id: 'd',
      body: {},
    }));
    await state.log(records);
    expect(aws.asked.map((asked) => putsOf(asked).length)).toEqual([25, 25, 10, 2]);
  });

  test('lets a charge lose to other writers ten times, and then says so', async () => {
    aws.answer = (asked) =>
      asked.operation === 'GetItem'
        ? json({})
        : jsonError('ConditionalCheckFailedException', 'The conditional request failed');
    const charge = state.charge('replacements', { id: 'a', service: 'web', atMs: NOON }, 3, 300_000);
    await expect(charge).rejects.toMatchObject({ kind: 'Conflict' });
    expect(aws.asked.filter((asked) => asked.operation === 'PutItem')).toHaveLength(10);
  });

  test('does not repeat a charge whose outcome is unclear', async () => {
    aws.answer = (asked) => (asked.operation === 'GetItem' ? json({}) : 'hang up');
    const charge = state.charge('replacements', { id: 'a', service: 'web', atMs: NOON }, 3, 300_000);
    await expect(charge).rejects.toMatchObject({ kind: 'Unavailable' });
    expect(aws.asked.filter((asked) => asked.operation === 'PutItem')).toHaveLength(1);
  });

  test.each([
    ['ProvisionedThroughputExceededException', 400, 'Throttled'],
    ['AccessDeniedException', 400, 'Denied'],
    ['InternalServerError', 500, 'Unavailable'],
  ])('that answers %s (%i) is %s', async (code, status, kind) => {
    aws.answer = () => jsonError(code, 'no', status);
    await expect(state.save(initialState('web'))).rejects.toMatchObject({ kind });
    await expect(state.loadPolicy('web.yml')).rejects.toMatchObject({ kind });
  });
});
