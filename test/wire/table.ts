/** The state table of the wire tests: dynalite behind a proxy of its own, and boto3 as the independent reader of it. */
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { type DynamoServer, startDynamo } from '../contract/dynamo-server.ts';
import { STANDBY } from './lab.ts';
import type { Moto } from './moto.ts';
import { startProxy, type WireProxy } from './proxy.ts';

export interface Table {
  readonly dynamo: DynamoServer;
  readonly proxy: WireProxy;
}

/** A table server for all tests of a file; faults and latency end with the test that set them. */
export function table(): Table {
  let dynamo: DynamoServer;
  let proxy: WireProxy;
  beforeAll(async () => {
    dynamo = await startDynamo();
    proxy = await startProxy(dynamo.url);
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', proxy.url);
  });
  afterEach(() => {
    proxy.rule = () => null;
    proxy.latencyMs = 0;
    proxy.calls.length = 0;
    proxy.answered.length = 0;
  });
  afterAll(async () => {
    await proxy.stop();
    await dynamo.stop();
  });
  return {
    get dynamo() {
      return dynamo;
    },
    get proxy() {
      return proxy;
    },
  };
}

/** One decision as it lies in the table. */
export interface Logged {
  readonly area: string;
  readonly reason: string;
  readonly applied: boolean;
  readonly notApplied?: string;
  readonly action: { readonly kind: string } | null;
}

/** One record of the decision log. */
export interface LogRecord {
  readonly state: string | null;
  readonly decisions: readonly Logged[];
  readonly missing: readonly string[];
}

/** The decision log of a service, oldest first, as boto3 reads it at `url`, past any proxy. */
export async function decisionLog({ boto }: Moto, url: string, name: string, service: string): Promise<LogRecord[]> {
  const query = {
    TableName: name,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
    ExpressionAttributeValues: { ':pk': { S: `service#${service}` }, ':sk': { S: 'decision#' } },
    ConsistentRead: true,
  };
  const { Items } = await boto('dynamodb', STANDBY, 'query', query, url);
  return Items.map(({ body }: { body: { S: string } }) => JSON.parse(body.S));
}

interface Attribute {
  readonly N?: string;
  readonly S?: string;
  readonly BOOL?: boolean;
  readonly M?: Attributes;
}
type Attributes = Readonly<Record<string, Attribute>>;

/** A table with the keys of the state table and this name. */
export async function createTable({ boto }: Moto, url: string, TableName: string): Promise<void> {
  const keys = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
  const KeySchema = keys.map(({ AttributeName }, n) => ({ AttributeName, KeyType: n === 0 ? 'HASH' : 'RANGE' }));
  const shape = { TableName, BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: keys, KeySchema };
  await boto('dynamodb', STANDBY, 'create_table', shape, url);
  for (;;) {
    const { Table } = await boto('dynamodb', STANDBY, 'describe_table', { TableName }, url);
    if (Table.TableStatus === 'ACTIVE') return;
  }
}

export async function emptyTable({ boto }: Moto, url: string, TableName: string): Promise<void> {
  const { Items } = await boto('dynamodb', STANDBY, 'scan', { TableName }, url);
  for (const { pk, sk } of Items) await boto('dynamodb', STANDBY, 'delete_item', { TableName, Key: { pk, sk } }, url);
}

/** One item as boto3 reads it; `undefined`: there is none. */
export async function itemNow(
  { boto }: Moto,
  url: string,
  TableName: string,
  pk: string,
  sk: string,
): Promise<Attributes | undefined> {
  const Key = { pk: { S: pk }, sk: { S: sk } };
  const { Item } = await boto('dynamodb', STANDBY, 'get_item', { TableName, Key, ConsistentRead: true }, url);
  return Item;
}
