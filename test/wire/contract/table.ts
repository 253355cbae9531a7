/** How the table is seen and filled by others, and how DynamoDB says no: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { TablePeer } from './table-peers.ts';

export const INVALID = { kind: 'bug', name: 'ValidationException', status: 400 } as const;
export const DENIED = { kind: 'Denied', name: 'AccessDeniedException', status: 400 } as const;
export const NO_TABLE = { kind: 'NotFound', name: 'ResourceNotFoundException', status: 400 } as const;
export const LOST = { kind: 'Conflict', name: 'ConditionalCheckFailedException', status: 400 } as const;

export type Item = Record<string, AttributeValue>;

export const key = (sk: string): Item => ({ pk: { S: 'service#web' }, sk: { S: sk } });
export const item = (sk: string, version: number): Item => ({ ...key(sk), version: { N: String(version) } });

export const keys = (count: number): Item[] => Array.from({ length: count }, (_, index) => key(`decision#${index}`));

/** Puts an item there as somebody else. */
export const put = (peer: TablePeer, TableName: string, Item: Item) => peer.boto('put_item', { TableName, Item });

/** What somebody else finds. */
export async function seen(peer: TablePeer, TableName: string, sk = 'state'): Promise<Item | undefined> {
  return (await peer.boto('get_item', { TableName, Key: key(sk), ConsistentRead: true })).Item;
}

/** Puts so many items of 350 KB there; their keys. */
export async function fill(peer: TablePeer, table: string, count: number): Promise<Item[]> {
  const body = { S: 'x'.repeat(350 * 1024) };
  for (const one of keys(count))
    await peer.client.send(new PutItemCommand({ TableName: table, Item: { ...one, body } }));
  return keys(count);
}
