/** A DynamoDB table: items one by one and by the batch, read strongly consistent and written on conditions. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttributeValue, DynamoDBClient, WriteRequest } from '@aws-sdk/client-dynamodb';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { PortError } from '../ports.ts';
import { calling, present } from './errors.ts';
import type { Item, Key } from './items.ts';
import { textOf } from './items.ts';

/** A table by name, with the client of its region. */
export interface Table {
  readonly client: () => DynamoDBClient;
  readonly name: string;
}

/**
 * Runs one call to the table, as `calling` does. A table that is not there is told with where it was looked for: that is what
 * whoever has not deployed yet, or names another stage or region, sees first.
 */
export function onTable<T>(table: Table, what: string, call: () => Promise<T>): Promise<T> {
  return calling(what, async () => {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
      const region = await table.client().config.region();
      const message = `there is no table ${table.name} in ${region}: deploy first, or is the stage or the region another?`;
      throw new PortError('NotFound', message, { cause: error });
    }
  });
}

/** The clauses that conditions are made of. Names are behind `#`: `owner` is one of DynamoDB's reserved words. */
export const CLAUSE = {
  absent: 'attribute_not_exists(#pk)',
  versionIsStill: '#version = :expected',
  ranOut: '#untilMs <= :nowMs',
  epochIsStill: '#epoch = :epoch',
  idIsStill: '#id = :id',
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const KEYS_PER_GET = 100;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const ITEMS_PER_WRITE = 25;

/** Waits before what DynamoDB left undone is asked for again: together shorter than a round, and few. */
const WAITS_MS = [25, 50, 100, 200];

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

/** One item, strongly consistent; `undefined`: there is none. */
export async function getOne(table: Table, key: Key): Promise<Item | undefined> {
  const input = { TableName: table.name, Key: key, ConsistentRead: true };
  return (await table.client().send(new GetItemCommand(input))).Item;
}

/** Writes an item, whatever was there. */
export async function putOne(table: Table, item: Item & Key): Promise<void> {
  await table.client().send(new PutItemCommand({ TableName: table.name, Item: item }));
}

/**
 * Writes `item` as version `expected + 1`, on condition that the saved version is still `expected`; 0: that there is none.
 * @throws ConditionalCheckFailedException when it is another.
 */
export async function putVersion(table: Table, item: Item & Key, expected: number): Promise<void> {
  const input = { TableName: table.name, Item: { ...item, version: { N: String(expected + 1) } } };
  const condition =
    expected === 0
      ? { ConditionExpression: CLAUSE.absent, ExpressionAttributeNames: { '#pk': 'pk' } }
      : {
          ConditionExpression: CLAUSE.versionIsStill,
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':expected': { N: String(expected) } },
        };
  await table.client().send(new PutItemCommand({ ...input, ...condition }));
}

/** The items that exist, by `pk sk`; strongly consistent. */
export async function getAll(table: Table, keys: readonly Key[]): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  const get = async (batch: Record<string, AttributeValue>[]) => {
    const request = { [table.name]: { Keys: batch, ConsistentRead: true } };
    const answer = await table.client().send(new BatchGetItemCommand({ RequestItems: request }));
    const left = answer.UnprocessedKeys?.[table.name]?.Keys ?? [];
    const items = answer.Responses?.[table.name] ?? [];
    // The table is named even when it has none of the keys, unless all of them were left undone.
    if (left.length < batch.length) present(answer.Responses?.[table.name], `items of ${table.name}`);
    for (const item of items) found.set(`${textOf(item, 'pk')} ${textOf(item, 'sk')}`, item);
    return left;
  };
  await Promise.all(chunks(keys, KEYS_PER_GET).map((batch) => insist(batch, get)));
  return found;
}

/** The items of one partition with a sort key in [from, to], in its order; strongly consistent, all pages. */
export async function getRange(table: Table, pk: string, from: string, to: string): Promise<Item[]> {
  const input = {
    TableName: table.name,
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
    ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
  };
  const found: Item[] = [];
  for await (const page of paginateQuery({ client: table.client() }, input))
    found.push(...present(page.Items, `items of ${table.name}`));
  return found;
}

/** Writes the items, replacing those that exist. Of several with the same key the last is written. */
export async function putAll(table: Table, items: readonly (Item & Key)[]): Promise<void> {
  // A batch that names a key twice is refused as a whole.
  const byKey = new Map(items.map((item) => [`${item.pk.S} ${item.sk.S}`, item]));
  const puts = [...byKey.values()].map((item): WriteRequest => ({ PutRequest: { Item: item } }));
  const write = async (batch: WriteRequest[]) => {
    const answer = await table.client().send(new BatchWriteItemCommand({ RequestItems: { [table.name]: batch } }));
    return answer.UnprocessedItems?.[table.name] ?? [];
  };
  await Promise.all(chunks(puts, ITEMS_PER_WRITE).map((batch) => insist(batch, write)));
}
