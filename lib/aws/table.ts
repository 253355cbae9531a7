/** Items of a DynamoDB table by the batch, and the few attribute types that the state needs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttributeValue, DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb';
import { BatchGetItemCommand, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { PortError } from '../ports.ts';
import { present } from './errors.ts';

export type Item = Record<string, AttributeValue>;
export type Key = { pk: { S: string }; sk: { S: string } };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const KEYS_PER_GET = 100;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const ITEMS_PER_WRITE = 25;

/** Waits before what DynamoDB left undone is asked for again: together shorter than a round, and few. */
const WAITS_MS = [25, 50, 100, 200];

export function keyOf(pk: string, sk: string): Key {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function textOf(item: Item, attribute: string): string {
  return present(item[attribute]?.S, attribute);
}

export function numberOf(item: Item, attribute: string): number {
  return Number(present(item[attribute]?.N, attribute));
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/**
 * Sends a batch, and what DynamoDB leaves undone once more, until nothing is left. It leaves things undone when the table
 * is throttled and when an answer grows beyond 16 MB; both pages above ask for a wait in between.
 * @param send sends one batch and returns what was left undone.
 * @throws PortError `Throttled` when something is left after the last wait.
 */
async function insist<T>(batch: T[], send: (batch: T[]) => Promise<T[]>): Promise<void> {
  let left = await send(batch);
  for (const wait of WAITS_MS) {
    if (left.length === 0) return;
    await sleep(wait);
    left = await send(left);
  }
  if (left.length > 0) throw new PortError('Throttled', `DynamoDB left ${left.length} of ${batch.length} items undone`);
}

/** The items that exist, by `pk sk`; strongly consistent. */
export async function getAll(
  client: DynamoDBClient,
  table: string,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  const get = async (batch: Record<string, AttributeValue>[]) => {
    const request = { [table]: { Keys: batch, ConsistentRead: true } };
    const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }));
    for (const item of present(answer.Responses, 'Responses')[table] ?? []) {
      found.set(`${textOf(item, 'pk')} ${textOf(item, 'sk')}`, item);
    }
    return answer.UnprocessedKeys?.[table]?.Keys ?? [];
  };
  await Promise.all(chunks(keys, KEYS_PER_GET).map((batch) => insist(batch, get)));
  return found;
}

/** Writes the items, replacing those that exist. Of several with the same key the last is written. */
export async function putAll(client: DynamoDBClient, table: string, items: readonly (Item & Key)[]): Promise<void> {
  // A batch that names a key twice is refused as a whole.
  const byKey = new Map(items.map((item) => [`${item.pk.S} ${item.sk.S}`, item]));
  const puts = [...byKey.values()].map((item): WriteRequest => ({ PutRequest: { Item: item } }));
  const write = async (batch: WriteRequest[]) => {
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: batch } }));
    return answer.UnprocessedItems?.[table] ?? [];
  };
  await Promise.all(chunks(puts, ITEMS_PER_WRITE).map((batch) => insist(batch, write)));
}
