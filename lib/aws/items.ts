/** Items of the state table: their keys, and the few attribute types that they are made of. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { present } from './errors.ts';

export type Item = Record<string, AttributeValue>;
export type Key = { pk: { S: string }; sk: { S: string } };

/**
 * An item may take 400 KB, names and keys included:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
 */
const LARGEST_BODY_BYTES = 396 * 1024;

/** A longer body is packed: ids of instances and times, thousands of them, take a third of their text. */
const PACKED_ABOVE_BYTES = 32 * 1024;

/** A good deal smaller than the default for the time that it takes, which is 10 ms for half a megabyte. */
const PACKING = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 };

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
 * A value as the attribute `body`: JSON, and above 32 KB its Brotli form, as bytes. What is stored is bounded so that it
 * fits (test/aws/largest.test.ts has the largest of each).
 * @param what the value in words, for the message.
 * @throws Error when it is too large for an item, which is a bug of ours.
 */
export function bodyOf(what: string, value: unknown): { S: string } | { B: Uint8Array } {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= PACKED_ABOVE_BYTES) return { S: text };
  const packed = brotliCompressSync(text, { params: { ...PACKING, [constants.BROTLI_PARAM_SIZE_HINT]: bytes } });
  if (packed.length > LARGEST_BODY_BYTES) {
    throw new Error(
      `${what} takes ${Math.ceil(packed.length / 1024)} KB, and an item of the table holds at most 396 KB`,
    );
  }
  return { B: packed };
}

/** The JSON text in the attribute `body`. */
function bodyText(item: Item): string {
  const packed = item.body?.B;
  return packed === undefined ? textOf(item, 'body') : brotliDecompressSync(packed).toString();
}

/**
 * The value of `body`.
 * @throws Error that names the item, when it is not JSON.
 */
export function parsed<T>(item: Item): T {
  try {
    return JSON.parse(bodyText(item)) as T;
  } catch (cause) {
    const key = `${textOf(item, 'pk')} / ${textOf(item, 'sk')}`;
    throw new Error(`item ${key} of the state table is not readable; restore it from a backup, or delete it`, {
      cause,
    });
  }
}
