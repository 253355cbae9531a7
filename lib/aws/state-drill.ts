/** The live drill in the state table. Its item is listed in state.ts. */
import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { isOn, type LiveDrill } from '../core/live-drill.ts';
import type { StatePort } from '../ports.ts';
import { PortError } from '../ports.ts';
import type { Item } from './items.ts';
import { bodyOf, keyOf, numberOf, parsed } from './items.ts';
import type { Table } from './table.ts';
import { CLAUSE, getOne, onTable } from './table.ts';

export const DRILL = keyOf('controller', 'drill');

/** Long enough after its end for notifications to say that there was one. Then DynamoDB may delete it, which it does "within a few days" (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html): the item's own times decide. */
const KEPT_SECONDS = 3600;

function isDrill(value: unknown): value is Omit<LiveDrill, 'untilMs'> {
  if (value === null || typeof value !== 'object') return false;
  const { id, service, scenario, region, targetGroup, targets, startedMs } = value as Partial<LiveDrill>;
  const texts = [id, service, scenario, region, targetGroup];
  return (
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(targets) &&
    targets.every((key) => typeof key === 'string') &&
    Number.isFinite(startedMs)
  );
}

/** The drill of this item; `null` for one that is not readable: it drills nothing, and keeps nobody from their rounds. */
export function drillOf(item: Item | undefined): LiveDrill | null {
  if (item === undefined) return null;
  try {
    const body: unknown = parsed(item);
    const untilMs = numberOf(item, 'untilMs');
    return isDrill(body) && Number.isFinite(untilMs) ? { ...body, untilMs } : null;
  } catch {
    return null;
  }
}

async function beginDrill(table: Table, drill: LiveDrill, nowMs: number): Promise<void> {
  const item = await getOne(table, DRILL);
  const last = drillOf(item);
  if (last !== null && isOn(last, nowMs))
    throw new PortError('Conflict', `that of ${last.service} is on until ${new Date(last.untilMs).toISOString()}`);
  const id = item?.id?.S;
  await table.client().send(
    new PutItemCommand({
      TableName: table.name,
      Item: {
        ...DRILL,
        id: { S: drill.id },
        untilMs: { N: String(drill.untilMs) },
        body: bodyOf('the live drill', drill),
        ttl: { N: String(Math.ceil(drill.untilMs / 1000) + KEPT_SECONDS) },
      },
      // Nobody else began one since it was read.
      ConditionExpression: id === undefined ? 'attribute_not_exists(#id)' : CLAUSE.idIsStill,
      ExpressionAttributeNames: { '#id': 'id' },
      ...(id === undefined ? {} : { ExpressionAttributeValues: { ':id': { S: id } } }),
    }),
  );
}

type Drills = Pick<StatePort, 'beginDrill' | 'endDrill'>;

export function tableDrills(table: Table): Drills {
  return {
    beginDrill: (drill, nowMs) => onTable(table, 'begin a live drill', () => beginDrill(table, drill, nowMs)),

    endDrill: async (id, nowMs) => {
      const end = new UpdateItemCommand({
        TableName: table.name,
        Key: DRILL,
        UpdateExpression: 'SET #untilMs = :nowMs',
        ConditionExpression: `${CLAUSE.idIsStill} AND #untilMs > :nowMs`,
        ExpressionAttributeNames: { '#id': 'id', '#untilMs': 'untilMs' },
        ExpressionAttributeValues: { ':id': { S: id }, ':nowMs': { N: String(nowMs) } },
      });
      try {
        await onTable(table, 'end the live drill', () => table.client().send(end));
      } catch (error) {
        // It has ended before, or there is another: nothing of ours to end.
        if (!(error instanceof PortError && error.kind === 'Conflict')) throw error;
      }
    },
  };
}
