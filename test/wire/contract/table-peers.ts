/** Who plays DynamoDB, which the simulator does not: moto and dynalite, each with boto3 as the other client. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { vi } from 'vitest';
import { awsClients } from '../../../lib/aws/clients.ts';
import { startDynamo } from '../../contract/dynamo-server.ts';
import { STANDBY } from '../lab.ts';
import { startMoto } from '../moto.ts';
import { allBut, asUser, speakTo } from '../users.ts';

type Boto = (
  operation: string,
  args: Readonly<Record<string, unknown>>,
) => ReturnType<Awaited<ReturnType<typeof startMoto>>['boto']>;

export interface TablePeer {
  readonly name: 'moto' | 'dynalite';
  readonly client: DynamoDBClient;
  /** Another client's view. */
  readonly boto: Boto;
  /** An empty table with the keys of the state table; its name. */
  createTable(): Promise<string>;
  /** Sends as somebody who may do everything but `action`. */
  denied<T>(action: string, send: (client: DynamoDBClient) => Promise<T>): Promise<T>;
}

function tables(boto: Boto): TablePeer['createTable'] {
  let count = 0;
  return async () => {
    count += 1;
    const TableName = `contract-${count}`;
    await boto('create_table', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
    while ((await boto('describe_table', { TableName })).Table.TableStatus !== 'ACTIVE') await sleep(5);
    return TableName;
  };
}

export async function motoTables(): Promise<TablePeer & { stop(): Promise<void> }> {
  const moto = await startMoto();
  speakTo(moto.url);
  const boto: Boto = (operation, args) => moto.boto('dynamodb', STANDBY, operation, args);
  return {
    name: 'moto',
    client: awsClients().dynamoDb(),
    boto,
    createTable: tables(boto),
    denied: (action, send) => asUser(moto, allBut(action), () => send(awsClients().dynamoDb())),
    async stop() {
      vi.unstubAllEnvs();
      await moto.stop();
    },
  };
}

export async function dynaliteTables(): Promise<TablePeer & { stop(): Promise<void> }> {
  const [moto, dynamo] = await Promise.all([startMoto(), startDynamo()]);
  speakTo(dynamo.url);
  const client = awsClients().dynamoDb();
  const boto: Boto = (operation, args) => moto.boto('dynamodb', STANDBY, operation, args, dynamo.url);
  return {
    name: 'dynalite',
    client,
    boto,
    createTable: tables(boto),
    // It knows no users.
    denied: (_action, send) => send(client),
    async stop() {
      vi.unstubAllEnvs();
      client.destroy();
      await Promise.all([dynamo.stop(), moto.stop()]);
    },
  };
}
