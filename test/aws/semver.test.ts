import { expect, test } from 'vitest';
import { gte } from '../../lib/aws/semver.ts';

test.each([
  ['24.21.0', '8.0.0', true],
  ['8.0.0', '8.0.0', true],
  ['3.1142.0', '3.22.9', true],
  ['2.7.14', '2.7.15', false],
  ['7.9.9', '8.0.0', false],
  ['9.0.0-rc.1', '8.0.0', true],
])('%s is at least %s: %s', (a, b, is) => {
  expect(gte(a, b)).toBe(is);
});
