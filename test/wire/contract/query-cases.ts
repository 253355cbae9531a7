/** How DynamoDB reads a part of a partition: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html */
import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { type Case, casesOf, refused } from './case.ts';
import { pagesOf } from './pages.ts';
import { DENIED, fill, INVALID, item, NO_TABLE, put } from './table.ts';
import type { TablePeer } from './table-peers.ts';

/** As lib/aws/table.ts reads a range. */
const range = (TableName: string, from: string, to: string, more: Partial<QueryCommandInput> = {}) => ({
  TableName,
  ConsistentRead: true,
  KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
  ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
  ExpressionAttributeValues: { ':pk': { S: 'service#web' }, ':from': { S: from }, ':to': { S: to } },
  ...more,
});

const query = (...asked: Parameters<typeof range>) => new QueryCommand(range(...asked));

export const queryCases: readonly Case<TablePeer>[] = casesOf<TablePeer>('Query', {
  success: {
    'the items of one partition in the range, both its ends with it, in its order': async (peer) => {
      const table = await peer.createTable();
      const names = ['decision#3', 'decision#1', 'decision#2', 'decision#4', 'state'];
      for (const [version, sk] of names.entries()) await put(peer, table, item(sk, version));
      await put(peer, table, { ...item('decision#2', 9), pk: { S: 'service#other' } });
      const { Items } = await peer.client.send(query(table, 'decision#1', 'decision#3'));
      expect(Items).toEqual([item('decision#1', 1), item('decision#2', 2), item('decision#3', 0)]);
    },
    'letters by their bytes: capitals before small ones': async (peer) => {
      const table = await peer.createTable();
      for (const sk of ['b', 'B', 'a', 'é']) await put(peer, table, item(sk, 1));
      const { Items } = await peer.client.send(query(table, 'A', '\u{10ffff}'));
      expect(Items?.map(({ sk }) => sk?.S)).toEqual(['B', 'a', 'b', 'é']);
    },
  },
  'not found': {
    'a range without items has an empty list, and is no error': async (peer) => {
      const table = await peer.createTable();
      await put(peer, table, item('state', 1));
      const answer = await peer.client.send(query(table, 'decision#1', 'decision#3'));
      expect(answer).toMatchObject({ Items: [], Count: 0 });
    },
    'no such table': (peer) => refused(peer.client.send(query('nobody', 'a', 'b')), NO_TABLE),
  },
  denied: {
    'is refused': async (peer) => {
      const table = await peer.createTable();
      await refused(
        peer.denied('dynamodb:Query', (client) => client.send(query(table, 'a', 'b'))),
        DENIED,
      );
    },
  },
  invalid: {
    'a range that ends before it begins': async (peer) => {
      const table = await peer.createTable();
      await refused(peer.client.send(query(table, 'b', 'a')), { ...INVALID, says: /BETWEEN/ });
    },
    'a condition that names no partition': async (peer) => {
      const table = await peer.createTable();
      const part = {
        KeyConditionExpression: '#sk BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#sk': 'sk' },
        ExpressionAttributeValues: { ':from': { S: 'a' }, ':to': { S: 'b' } },
      };
      await refused(peer.client.send(query(table, 'a', 'b', part)), { ...INVALID, says: /key schema element/ });
    },
  },
  pages: {
    'every item once and in order, an answer holds up to 1 MB': async (peer) => {
      const table = await peer.createTable();
      const all = await fill(peer, table, 8);
      const read = paginateQuery({ client: peer.client }, range(table, 'decision#', 'decision#~'));
      const pages = await pagesOf(read, ({ Items }) => Items);
      expect(pages.length).toBeGreaterThan(2);
      expect(pages.flat().map(({ sk }) => sk?.S)).toEqual(all.map(({ sk }) => sk?.S));
    },
  },
});
