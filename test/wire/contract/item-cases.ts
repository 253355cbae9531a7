/** What DynamoDB does with single items: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html */
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { type Case, casesOf, refused } from './case.ts';
import { DENIED, INVALID, type Item, item, key, LOST, NO_TABLE, put, seen } from './table.ts';
import type { TablePeer } from './table-peers.ts';

const get = (TableName: string, Key = key('state')) => new GetItemCommand({ TableName, Key, ConsistentRead: true });

const getItem = casesOf<TablePeer>('GetItem', {
  success: {
    'what somebody else put': async (peer) => {
      const table = await peer.createTable();
      const given = { ...item('state', 3), body: { S: '{"a":"ü"}' }, frozen: { BOOL: true } };
      await put(peer, table, given);
      expect((await peer.client.send(get(table))).Item).toEqual(given);
    },
  },
  'not found': {
    'a key without an item has none, and is no error': async (peer) => {
      expect((await peer.client.send(get(await peer.createTable()))).Item).toBeUndefined();
    },
    'no such table': (peer) => refused(peer.client.send(get('nobody')), NO_TABLE),
  },
  denied: {
    'is refused': async (peer) => {
      const table = await peer.createTable();
      await refused(
        peer.denied('dynamodb:GetItem', (client) => client.send(get(table))),
        DENIED,
      );
    },
  },
  invalid: {
    'a key without its sort key': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(get(table, { pk: { S: 'service#web' } })), INVALID);
    },
  },
});

const putting = (TableName: string, Item: Item) => new PutItemCommand({ TableName, Item });

/** As lib/aws/table.ts saves a version. */
const saving = (TableName: string, version: number) =>
  new PutItemCommand({
    TableName,
    Item: item('state', version),
    ...(version === 1
      ? { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } }
      : {
          ConditionExpression: '#version = :expected',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':expected': { N: String(version - 1) } },
        }),
  });

const putItem = casesOf<TablePeer>('PutItem', {
  success: {
    'replaces the item as a whole': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, { ...item('state', 1), owner: { S: 'somebody' } });
      await peer.client.send(putting(table, item('state', 2)));
      expect(await seen(peer, table)).toEqual(item('state', 2));
    },
    'on a condition that holds': async (peer) => {
      const table = await peer.createTable();
      await peer.client.send(saving(table, 1));
      await peer.client.send(saving(table, 2));
      expect(await seen(peer, table)).toEqual(item('state', 2));
    },
  },
  'not found': {
    'no such table': (peer) => refused(peer.client.send(putting('nobody', item('state', 1))), NO_TABLE),
  },
  denied: {
    'writes nothing': async (peer) => {
      const table = await peer.createTable();
      const call = peer.denied('dynamodb:PutItem', (client) => client.send(putting(table, item('state', 1))));
      await refused(call, DENIED);
      expect(await seen(peer, table)).toBeUndefined();
    },
  },
  invalid: {
    'on a condition that does not hold nothing is written': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, item('state', 7));
      await refused(peer.client.send(saving(table, 1)), LOST);
      await refused(peer.client.send(saving(table, 7)), LOST);
      expect(await seen(peer, table)).toEqual(item('state', 7));
    },
    'an item above 400 KB': async (peer) => {
      const table = await peer.createTable();
      const large = { ...item('state', 1), body: { S: 'x'.repeat(401 * 1024) } };
      await refused(peer.client.send(putting(table, large)), { ...INVALID, says: /size/i });
      expect(await seen(peer, table)).toBeUndefined();
    },
    'an item without its sort key': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(putting(table, { pk: { S: 'service#web' } })), INVALID);
    },
  },
});

/** As lib/aws/state-controller.ts takes the lease. */
const taking = (TableName: string, UpdateExpression = 'SET #epoch = if_not_exists(#epoch, :zero) + :one') =>
  new UpdateItemCommand({
    TableName,
    Key: key('lease'),
    UpdateExpression,
    ConditionExpression: 'attribute_not_exists(#pk) OR #untilMs <= :nowMs',
    ExpressionAttributeNames: { '#epoch': 'epoch', '#pk': 'pk', '#untilMs': 'untilMs' },
    ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' }, ':nowMs': { N: '1000' } },
    ReturnValues: 'ALL_NEW',
  });

const leased = (untilMs: number): Item => ({
  ...key('lease'),
  epoch: { N: '4' },
  untilMs: { N: String(untilMs) },
  owner: { S: 'somebody' },
});

const updateItem = casesOf<TablePeer>('UpdateItem', {
  success: {
    'makes the item when there is none, and answers with all of it': async (peer) => {
      const table = await peer.createTable();
      const { Attributes } = await peer.client.send(taking(table));
      expect(Attributes).toEqual({ ...key('lease'), epoch: { N: '1' } });
      expect(await seen(peer, table, 'lease')).toEqual(Attributes);
    },
    'counts on, and leaves the other attributes': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, leased(1000));
      const { Attributes } = await peer.client.send(taking(table));
      expect(Attributes).toEqual({ ...leased(1000), epoch: { N: '5' } });
    },
  },
  'not found': {
    'no such table': (peer) => refused(peer.client.send(taking('nobody')), NO_TABLE),
  },
  denied: {
    'writes nothing': async (peer) => {
      const table = await peer.createTable();
      await refused(
        peer.denied('dynamodb:UpdateItem', (client) => client.send(taking(table))),
        DENIED,
      );
      expect(await seen(peer, table, 'lease')).toBeUndefined();
    },
  },
  invalid: {
    'on a condition that does not hold nothing is written': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, leased(1001));
      await refused(peer.client.send(taking(table)), LOST);
      expect(await seen(peer, table, 'lease')).toEqual(leased(1001));
    },
    'a reserved word that stands for itself': async (peer) => {
      const table = await peer.createTable();
      const call = peer.client.send(taking(table, 'SET #epoch = if_not_exists(#epoch, :zero) + :one, owner = :zero'));
      await refused(call, { ...INVALID, says: /reserved/i });
    },
  },
});

export const itemCases: readonly Case<TablePeer>[] = [...getItem, ...putItem, ...updateItem];
