import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAlarm } from '../../lib/events/alarm.ts';
import { parseDrillRequest } from '../../lib/events/drill-request.ts';
import { parseOrder } from '../../lib/events/order.ts';
import type { Parsed } from '../../lib/events/problem.ts';
import { parseTick } from '../../lib/events/tick.ts';

const FOLDER = new URL('../../events/', import.meta.url);
const RECORDED: unknown[] = readdirSync(FOLDER).map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
const PARSERS: [string, (event: unknown) => Parsed<unknown>][] = [
  ['parseAlarm', parseAlarm],
  ['parseTick', parseTick],
  ['parseOrder', parseOrder],
  ['parseDrillRequest', parseDrillRequest],
];

/** Every place inside a value, as the path to it. */
function places(value: unknown): (string | number)[][] {
  const children = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  return [[], ...children.flatMap(([key, child]) => places(child).map((rest) => [key, ...rest]))];
}

/** `value` with another one in the place of `path`. */
function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return by;
  }
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** A recorded event with one place in it spoilt: what wholly random JSON would hardly ever come near. */
const SPOILT = fc.tuple(fc.constantFrom(...RECORDED), fc.nat(), fc.jsonValue()).map(([event, at, by]) => {
  const all = places(event);
  return replaced(event, all[at % all.length] ?? [], by);
});

describe.each(PARSERS)('%s', (_, parse) => {
  it('never throws, and names a field and the expectation in every refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), SPOILT), (event) => {
        const parsed = parse(event);
        if (!parsed.ok) {
          expect(parsed.problem.code).toBe('BAD_EVENT');
          expect(parsed.problem.message.startsWith(`${parsed.problem.field}: `)).toBe(true);
          expect(parsed.problem.message).toMatch(/expected .|unknown key; ./);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('survives deep nesting, and keys that mean something to JavaScript', () => {
    const deep = JSON.parse(`${'{"detail":'.repeat(5000)}1${'}'.repeat(5000)}`);
    for (const event of [
      deep,
      JSON.parse('{"__proto__": {"order": "freeze"}, "constructor": 1}'),
      { Records: { length: 1 } },
    ]) {
      expect(parse(event).ok).toBe(false);
    }
  });
});
