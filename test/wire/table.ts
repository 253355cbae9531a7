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
