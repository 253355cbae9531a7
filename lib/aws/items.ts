/** Items of the state table: their keys, and the few attribute types that they are made of. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { present } from './errors.ts';

export type Item = Record<string, AttributeValue>;
export type Key = { pk: { S: string }; sk: { S: string } };

/** DynamoDB takes items up to 400 KB; the rest is for the keys and for the state to grow until somebody has read this. */
const LARGEST_BODY_BYTES = 350 * 1024;

export function keyOf(pk: string, sk: string): Key {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function textOf(item: Item, attribute: string): string {
  return present(item[attribute]?.S, attribute);
}

export function numberOf(item: Item, attribute: string): number {
  return Number(present(item[attribute]?.N, attribute));
}

/**
 * A value as the attribute `body`.
 * @param what the value in words, for the message.
 * @throws Error when it is too large for an item.
 */
export function bodyOf(what: string, value: unknown): { S: string } {
  const body = JSON.stringify(value);
  const bytes = Buffer.byteLength(body);
  if (bytes > LARGEST_BODY_BYTES) {
    const found = `${what} takes ${Math.ceil(bytes / 1024)} KB, and an item of the table holds at most 350 KB`;
    throw new Error(`${found}; split the service, or let fewer targets and signals belong to one policy`);
  }
  return { S: body };
}

/**
 * The value of `body`.
 * @throws Error that names the item, when it is not JSON.
 */
export function parsed<T>(item: Item): T {
  try {
    return JSON.parse(textOf(item, 'body')) as T;
  } catch (cause) {
    const key = `${textOf(item, 'pk')} / ${textOf(item, 'sk')}`;
    throw new Error(`item ${key} of the state table is not readable; restore it from a backup, or delete it`, {
      cause,
    });
  }
}
