/**
 * The state behind its port, in one DynamoDB table. Partition key `pk`, sort key `sk`, both strings:
 *
 * | pk               | sk                     | attributes                                           |
 * |------------------|------------------------|------------------------------------------------------|
 * | `service#<name>` | `state`                | `version`, `body`                                    |
 * | `service#<name>` | `decision#<time>#<id>` | `body`, `ttl` (seconds since the epoch)              |
 * | `controller`     | `lease`                | `epoch`, `owner`, `untilMs`, `roundMs`               |
 * | `controller`     | `freeze`               | `frozen`, `atMs`                                     |
 * | `controller`     | `budget`               | `version`, `body`                                    |
 * | `controller`     | `policy#<file>`        | `body`                                               |
 *
 * `body` is JSON. What is written over what was read is written on a condition, so that of several writers one wins.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { charged, EMPTY_BUDGET, released } from '../core/budget.ts';
import type { Budget, Policy, ServiceState } from '../core/model.ts';
import type { ControllerItems, Lease, StatePort } from '../ports.ts';
import { PortError } from '../ports.ts';
import { calling, present } from './errors.ts';
import type { Item, Key } from './table.ts';
import { getAll, keyOf, numberOf, putAll, textOf } from './table.ts';

const LEASE = keyOf('controller', 'lease');
const FREEZE = keyOf('controller', 'freeze');
const BUDGET = keyOf('controller', 'budget');
const CONTROLLER = [LEASE, FREEZE, BUDGET];

const DECISIONS_KEPT_SECONDS = 30 * 24 * 3600;

/** DynamoDB takes items up to 400 KB; the rest is for the keys and for the state to grow until somebody has read this. */
const LARGEST_BODY_BYTES = 350 * 1024;

/** Writers of the budget meet seldom, and one of them always wins: this many losses in a row mean something else. */
const BUDGET_TRIES = 10;

/** The clauses that conditions are made of. Names are behind `#`: `owner` is one of DynamoDB's reserved words. */
const CLAUSE = {
  absent: 'attribute_not_exists(#pk)',
  versionIsStill: '#version = :expected',
  ranOut: '#untilMs <= :nowMs',
  epochIsStill: '#epoch = :epoch',
};

const serviceKey = (service: string): Key => keyOf(`service#${service}`, 'state');
const policyKey = (file: string): Key => keyOf('controller', `policy#${file}`);

function isConflict(error: unknown): boolean {
  return error instanceof PortError && error.kind === 'Conflict';
}

/** @throws Error when it is too large for an item. */
function bodyOf(what: string, value: unknown): { S: string } {
  const body = JSON.stringify(value);
  const bytes = Buffer.byteLength(body);
  if (bytes > LARGEST_BODY_BYTES) {
    const found = `${what} takes ${Math.ceil(bytes / 1024)} KB, and an item of the table holds at most 350 KB`;
    throw new Error(`${found}; split the service, or let fewer targets and signals belong to one policy`);
  }
  return { S: body };
}

function parsed<T>(item: Item): T {
  try {
    return JSON.parse(textOf(item, 'body')) as T;
  } catch (cause) {
    const key = `${textOf(item, 'pk')} / ${textOf(item, 'sk')}`;
    throw new Error(`item ${key} of the state table is not readable; restore it from a backup, or delete it`, {
      cause,
    });
  }
}

function leaseOf(item: Item): Lease {
  return {
    epoch: numberOf(item, 'epoch'),
    owner: textOf(item, 'owner'),
    untilMs: numberOf(item, 'untilMs'),
    roundMs: numberOf(item, 'roundMs'),
  };
}

function controllerItems(items: ReadonlyMap<string, Item>): ControllerItems {
  const lease = items.get('controller lease');
  const freeze = items.get('controller freeze');
  const budget = items.get('controller budget');
  return {
    lease: lease === undefined ? null : leaseOf(lease),
    frozen: freeze?.frozen?.BOOL === true,
    budget: budget === undefined ? EMPTY_BUDGET : parsed<Budget>(budget),
  };
}

/** A write of a whole item on condition that its version is still `expected`; 0: that there is none. */
function versionedPut(table: string, key: Key, expected: number, body: { S: string }): PutItemCommand {
  const item = { ...key, version: { N: String(expected + 1) }, body };
  if (expected === 0) {
    return new PutItemCommand({
      TableName: table,
      Item: item,
      ConditionExpression: CLAUSE.absent,
      ExpressionAttributeNames: { '#pk': 'pk' },
    });
  }
  return new PutItemCommand({
    TableName: table,
    Item: item,
    ConditionExpression: CLAUSE.versionIsStill,
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':expected': { N: String(expected) } },
  });
}

async function getItem(client: DynamoDBClient, table: string, key: Key): Promise<Item | undefined> {
  const answer = await client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }));
  return answer.Item;
}

/**
 * Reads the budget, changes it and writes it on condition that nobody else did; again from the start when somebody did.
 * @param change the new budget; the same one to write nothing; `null` to write nothing and refuse.
 * @returns whether `change` did not refuse.
 */
async function changeBudget(
  client: DynamoDBClient,
  table: string,
  change: (budget: Budget) => Budget | null,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const item = await getItem(client, table, BUDGET);
    const before = item === undefined ? EMPTY_BUDGET : parsed<Budget>(item);
    const after = change(before);
    if (after === null) return false;
    if (after === before) return true;
    const version = item === undefined ? 0 : numberOf(item, 'version');
    try {
      const put = versionedPut(table, BUDGET, version, bodyOf('the budget', after));
      await calling('save the budget', () => client.send(put));
      return true;
    } catch (error) {
      if (!isConflict(error) || attempt === BUDGET_TRIES) throw error;
    }
  }
}

/** What has happened so far stays: the epoch counts on, and the round of the last holder is where the next goes on. */
const TAKE_LEASE =
  'SET #epoch = if_not_exists(#epoch, :zero) + :one, #owner = :owner, #untilMs = :untilMs, #roundMs = if_not_exists(#roundMs, :zero)';

async function takeLease(
  client: DynamoDBClient,
  table: string,
  request: { owner: string; nowMs: number; untilMs: number; takeOver: boolean },
): Promise<Lease> {
  const names = { '#epoch': 'epoch', '#owner': 'owner', '#untilMs': 'untilMs', '#roundMs': 'roundMs' };
  const values = {
    ':zero': { N: '0' },
    ':one': { N: '1' },
    ':owner': { S: request.owner },
    ':untilMs': { N: String(request.untilMs) },
  };
  const update = { TableName: table, Key: LEASE, UpdateExpression: TAKE_LEASE, ReturnValues: 'ALL_NEW' as const };
  const command = request.takeOver
    ? new UpdateItemCommand({ ...update, ExpressionAttributeNames: names, ExpressionAttributeValues: values })
    : new UpdateItemCommand({
        ...update,
        ConditionExpression: `${CLAUSE.absent} OR ${CLAUSE.ranOut}`,
        ExpressionAttributeNames: { ...names, '#pk': 'pk' },
        ExpressionAttributeValues: { ...values, ':nowMs': { N: String(request.nowMs) } },
      });
  const answer = await client.send(command);
  return leaseOf(present(answer.Attributes, 'Attributes'));
}

/** Sets one time of the lease, on condition that it is still this one. */
async function setInLease(
  client: DynamoDBClient,
  table: string,
  lease: Lease,
  [attribute, ms]: ['untilMs' | 'roundMs', number],
): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: LEASE,
      UpdateExpression: 'SET #attribute = :ms',
      ConditionExpression: CLAUSE.epochIsStill,
      ExpressionAttributeNames: { '#epoch': 'epoch', '#attribute': attribute },
      ExpressionAttributeValues: { ':epoch': { N: String(lease.epoch) }, ':ms': { N: String(ms) } },
    }),
  );
}

/**
 * @param client the DynamoDB client of the table's region.
 * @param table the table's name; `ttl` is its time-to-live attribute.
 */
export function awsState(client: () => DynamoDBClient, table: string): StatePort {
  const put = (item: Item) => client().send(new PutItemCommand({ TableName: table, Item: item }));

  return {
    load: (services) =>
      calling(`load ${services.length} states from ${table}`, async () => {
        // A batch that names a key twice is refused.
        const keys = [...new Set(services)].map(serviceKey);
        const items = await getAll(client(), table, [...CONTROLLER, ...keys]);
        const states = new Map<string, ServiceState>();
        for (const service of services) {
          const item = items.get(`service#${service} state`);
          if (item !== undefined) states.set(service, parsed<ServiceState>(item));
        }
        return { ...controllerItems(items), states };
      }),

    loadController: () =>
      calling(`load lease, freeze and budget from ${table}`, async () =>
        controllerItems(await getAll(client(), table, CONTROLLER)),
      ),

    save: (state) =>
      calling(`save ${state.service} as version ${state.version + 1}`, async () => {
        const next = { ...state, version: state.version + 1 };
        const body = bodyOf(`the state of ${state.service}`, next);
        await client().send(versionedPut(table, serviceKey(state.service), state.version, body));
        return next;
      }),

    log: (records) =>
      calling(`log ${records.length} decisions`, () => {
        const items = records.map(({ service, atMs, id, body }) => ({
          ...keyOf(`service#${service}`, `decision#${new Date(atMs).toISOString()}#${id}`),
          body: bodyOf(`decision ${id} of ${service}`, body),
          ttl: { N: String(Math.floor(atMs / 1000) + DECISIONS_KEPT_SECONDS) },
        }));
        return putAll(client(), table, items);
      }),

    takeLease: (owner, nowMs, untilMs, takeOver) =>
      calling('take the lease', () => takeLease(client(), table, { owner, nowMs, untilMs, takeOver })),

    renewLease: (lease, roundMs) =>
      calling('write down the round in the lease', () => setInLease(client(), table, lease, ['roundMs', roundMs])),

    endLease: async (lease, nowMs) => {
      try {
        await calling('end the lease', () => setInLease(client(), table, lease, ['untilMs', nowMs]));
      } catch (error) {
        // Another has taken it: there is nothing of ours to end.
        if (!isConflict(error)) throw error;
      }
    },

    setFrozen: (frozen, nowMs) =>
      calling(frozen ? 'freeze' : 'unfreeze', async () => {
        await put({ ...FREEZE, frozen: { BOOL: frozen }, atMs: { N: String(nowMs) } });
      }),

    charge: (kind, entry, limit, windowMs) =>
      calling(`charge the ${kind} budget`, () =>
        changeBudget(client(), table, (budget) => charged(budget, kind, entry, limit, windowMs)),
      ),

    releaseFailback: (service) =>
      calling(`release the failback of ${service}`, async () => {
        await changeBudget(client(), table, (budget) => released(budget, service));
      }),

    loadPolicy: (file) =>
      calling(`load the last good ${file}`, async () => {
        const item = await getItem(client(), table, policyKey(file));
        return item === undefined ? null : parsed<Policy>(item);
      }),

    savePolicy: (file, policy) =>
      calling(`save ${file} as good`, async () => {
        await put({ ...policyKey(file), body: bodyOf(`policy ${file}`, policy) });
      }),
  };
}
