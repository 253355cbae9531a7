/** DynamoDB on the loopback, in this process: dynalite over HTTP, and the real SDK client to talk to it. */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

export interface DynamoServer {
  readonly url: string;
  readonly client: DynamoDBClient;
  /** Another client with connections of its own, as another process has; over `url`, or a proxy before it. */
  connect(url?: string): DynamoDBClient;
  /** Creates a table with the keys of the state table and returns its name. */
  createTable(): Promise<string>;
  stop(): Promise<void>;
}

export async function startDynamo(): Promise<DynamoServer> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const clients: DynamoDBClient[] = [];
  const connect = (endpoint = url): DynamoDBClient => {
    const client = new DynamoDBClient({
      region: 'ap-northeast-1',
      endpoint,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' },
      maxAttempts: 1,
    });
    clients.push(client);
    return client;
  };
  const client = connect();
  let tables = 0;

  return {
    url,
    client,
    connect,
    async createTable() {
      tables += 1;
      const TableName = `evenkeel-${tables}`;
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
        }),
      );
      // Active a turn of the event loop later, not at once.
      for (;;) {
        const { Table } = await client.send(new DescribeTableCommand({ TableName }));
        if (Table?.TableStatus === 'ACTIVE') return TableName;
        await sleep(5);
      }
    },
    async stop() {
      for (const one of clients) one.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
