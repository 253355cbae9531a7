import { describe, expect, it } from 'vitest';
import { some, whole } from '../../lib/cli/numbers.ts';

describe('a number on the command line', () => {
  it.each([
    ['1e9', 1e9],
    ['1.5E+3', 1500],
    ['25e-2', 0.25],
    ['1.1e1', 11],
    ['0.001', 0.001],
    ['999999999999999', 999_999_999_999_999],
    ['9e14', 9e14],
  ])('may be written with a power of ten: %s', (text, number) => {
    expect(some()(text)).toBe(number);
  });

  it('is whole where it must be, however it is written', () => {
    expect(whole(1)('2e3')).toBe(2000);
    expect(whole(1)('1.5e1')).toBe(15);
    expect(() => whole(1)('15e-1')).toThrow('Expected a whole number, 1 or more.');
  });

  it.each(['1e15', '1e99', '1e999', '1234567890123456', '0.1234567891', '1.1234567891e3'])(
    'has no more digits than are kept: %s',
    (text) => {
      expect(() => some()(text)).toThrow('Expected a number, 0.001 or more, with at most 15 digits and 9 decimals.');
    },
  );

  it.each(['', 'e9', '1e', '1e+', '-1', '+1', '0x10', '1_000', '1,000', 'Infinity', ' 1', '1e-9', '0.0001'])(
    'is refused: %j',
    (text) => {
      expect(() => some()(text)).toThrow('Expected a number, 0.001 or more.');
    },
  );

  it('keeps to its bounds', () => {
    expect(() => some(100)('1e3')).toThrow('Expected a number, 0.001 to 100.');
    expect(whole(0, 5)('5e0')).toBe(5);
  });
});
