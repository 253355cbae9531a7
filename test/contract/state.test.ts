import { afterAll, beforeAll } from 'vitest';
import { awsState } from '../../lib/aws/state.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';
import type { DynamoServer } from './dynamo-server.ts';
import { startDynamo } from './dynamo-server.ts';
import { stateContract } from './state-contract.ts';

let dynamo: DynamoServer;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

stateContract('in memory', async () => memoryState());

stateContract('in DynamoDB', async () => {
  const table = await dynamo.createTable();
  return awsState(() => dynamo.client, table);
});
