/** What DynamoDB does with items by the batch: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html */
import { BatchGetItemCommand, BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { type Case, casesOf, refused } from './case.ts';
import { DENIED, fill, INVALID, type Item, item, key, keys, NO_TABLE, put, seen } from './table.ts';
import type { TablePeer } from './table-peers.ts';

const getting = (table: string, Keys: Item[]) =>
  new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });

const batchGet = casesOf<TablePeer>('BatchGetItem', {
  success: {
    'the items that there are, of up to 100 keys': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, item('decision#3', 3));
      await put(peer, table, item('decision#99', 99));
      const { Responses, UnprocessedKeys } = await peer.client.send(getting(table, keys(100)));
      const found = Responses?.[table]?.map(({ version }) => version?.N);
      expect(found?.sort()).toEqual(['3', '99']);
      expect(UnprocessedKeys).toEqual({});
    },
  },
  'not found': {
    'of keys without items the table has an empty list': async (peer) => {
      const table = await peer.createTable();
      expect((await peer.client.send(getting(table, keys(2)))).Responses).toEqual({ [table]: [] });
    },
    'no such table': (peer) => refused(peer.client.send(getting('nobody', keys(1))), NO_TABLE),
  },
  denied: {
    'is refused': async (peer) => {
      const table = await peer.createTable();
      await refused(
        peer.denied('dynamodb:BatchGetItem', (client) => client.send(getting(table, keys(1)))),
        DENIED,
      );
    },
  },
  invalid: {
    'more than 100 keys': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(getting(table, keys(101))), INVALID);
    },
    'a key twice': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(getting(table, [key('a'), key('a')])), { ...INVALID, says: /duplicates/ });
    },
  },
  pages: {
    'what is left undone comes when it is asked for again': async (peer) => {
      const table = await peer.createTable();
      const all = await fill(peer, table, 8);
      const found: Item[] = [];
      for (let left = all, asked = 0; left.length > 0 && asked < 8; asked += 1) {
        const { Responses, UnprocessedKeys } = await peer.client.send(getting(table, left));
        found.push(...(Responses?.[table] ?? []));
        left = UnprocessedKeys?.[table]?.Keys ?? [];
      }
      expect(found.map(({ sk }) => sk?.S).sort()).toEqual(all.map(({ sk }) => sk?.S).sort());
    },
    'an answer holds up to 16 MB': async (peer) => {
      const table = await peer.createTable();
      const all = await fill(peer, table, 50);
      // A peer in Python takes longer for so much than a round lets it.
      const patient = new DynamoDBClient({});
      const { Responses, UnprocessedKeys } = await patient.send(getting(table, all));
      const [found, left] = [Responses?.[table] ?? [], UnprocessedKeys?.[table]?.Keys ?? []];
      expect(found.length).toBeGreaterThan(40);
      expect(left.length).toBeGreaterThan(0);
      const keysOf = [...found, ...left].map(({ sk }) => sk?.S);
      expect(keysOf.sort()).toEqual(all.map(({ sk }) => sk?.S).sort());
      patient.destroy();
    },
  },
});

const writing = (table: string, items: Item[]) =>
  new BatchWriteItemCommand({ RequestItems: { [table]: items.map((Item) => ({ PutRequest: { Item } })) } });

const batchWrite = casesOf<TablePeer>('BatchWriteItem', {
  success: {
    'up to 25 items, those that exist replaced': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, { ...item('decision#0', 1), owner: { S: 'somebody' } });
      const items = keys(25).map((one) => ({ ...one, ttl: { N: '1767225600' } }));
      expect((await peer.client.send(writing(table, items))).UnprocessedItems).toEqual({});
      expect(await seen(peer, table, 'decision#0')).toEqual(items[0]);
      expect(await seen(peer, table, 'decision#24')).toEqual(items[24]);
    },
  },
  'not found': {
    'no such table': (peer) => refused(peer.client.send(writing('nobody', keys(1))), NO_TABLE),
  },
  denied: {
    'writes nothing': async (peer) => {
      const table = await peer.createTable();
      await refused(
        peer.denied('dynamodb:BatchWriteItem', (client) => client.send(writing(table, keys(1)))),
        DENIED,
      );
      expect(await seen(peer, table, 'decision#0')).toBeUndefined();
    },
  },
  invalid: {
    'more than 25 items': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(writing(table, keys(26))), INVALID);
      expect(await seen(peer, table, 'decision#0')).toBeUndefined();
    },
    'an item twice': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(writing(table, [key('a'), key('a')])), { ...INVALID, says: /duplicates/ });
      expect(await seen(peer, table, 'a')).toBeUndefined();
    },
  },
});

export const batchCases: readonly Case<TablePeer>[] = [...batchGet, ...batchWrite];
