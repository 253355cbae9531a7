/** The account-wide budgets, as arithmetic. */
import { describe, expect, test } from 'vitest';
import { charged, EMPTY_BUDGET, released, withoutReplacement } from '../../lib/core/budget.ts';
import { MINUTE, T0 } from './builders.ts';

const entry = (id: string, service = 'web', atMs = T0) => ({ id, service, atMs });
const FIVE = 5 * MINUTE;

describe('replacements', () => {
  const full = { ...EMPTY_BUDGET, replacements: ['a', 'b', 'c'].map((id) => ({ id, atMs: T0 })) };

  test('are granted up to the limit, whoever asks', () => {
    expect(charged(EMPTY_BUDGET, 'replacements', entry('a'), 1, FIVE)).toEqual({
      failbacks: [],
      replacements: [{ id: 'a', atMs: T0 }],
    });
    expect(charged(full, 'replacements', entry('d', 'api'), 3, FIVE)).toBeNull();
  });

  test('are charged once per id', () => {
    expect(charged(full, 'replacements', entry('b'), 3, FIVE)).toBe(full);
  });

  test('are given back by their id, and nothing else is', () => {
    expect(withoutReplacement(full, 'b').replacements.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(withoutReplacement(full, 'd')).toBe(full);
  });

  test('count for the window and are forgotten after it', () => {
    expect(charged(full, 'replacements', entry('d', 'web', T0 + FIVE - 1), 3, FIVE)).toBeNull();
    expect(charged(full, 'replacements', entry('d', 'web', T0 + FIVE), 3, FIVE)?.replacements).toEqual([
      { id: 'd', atMs: T0 + FIVE },
    ]);
  });
});

test('charges of a clock that was far ahead count no more, and those of one that is a little ahead do', () => {
  const from = (atMs: number) => ({ ...EMPTY_BUDGET, replacements: [{ id: 'a', atMs }] });
  expect(charged(from(T0 + FIVE), 'replacements', entry('b'), 1, FIVE)?.replacements).toEqual([{ id: 'b', atMs: T0 }]);
  expect(charged(from(T0 + FIVE - 1), 'replacements', entry('b'), 1, FIVE)).toBeNull();
});

describe('failbacks', () => {
  const two = { ...EMPTY_BUDGET, failbacks: [entry('a', 'api'), entry('s', 'shop')] };

  test('are granted to so many services at once', () => {
    expect(charged(two, 'failbacks', entry('w'), 2, FIVE)).toBeNull();
    expect(charged(two, 'failbacks', entry('w'), 3, FIVE)?.failbacks).toHaveLength(3);
  });

  test('of a service are one: another attempt takes the place of the one that did not come about', () => {
    expect(charged(two, 'failbacks', entry('a2', 'api'), 2, FIVE)?.failbacks).toEqual([
      entry('s', 'shop'),
      entry('a2', 'api'),
    ]);
  });

  test('are given back by the service that ended its own', () => {
    expect(released(two, 'api').failbacks).toEqual([entry('s', 'shop')]);
    expect(released(two, 'web')).toBe(two);
  });
});
