import { describe, expect, it } from 'vitest';
import { policyJsonSchema } from '../../lib/policy/json-schema.ts';
import { policyKeysMarkdown } from '../../lib/report/policy-keys.ts';

const valuesOf = (field: object): string | undefined =>
  policyKeysMarkdown({ properties: { key: field } })
    .split('\n')
    .find((line) => line.startsWith('| `key` |'))
    ?.split(' | ')[1];

describe('the values of a policy key', () => {
  it.each([
    [{ type: 'boolean' }, '`true`, `false`'],
    [{ type: 'number' }, 'number'],
    [{ type: 'integer', minimum: 1, maximum: 9 }, '1 to 9'],
    [{ type: 'string' }, 'text'],
    [{ type: 'string', enum: ['a', 'b'] }, '`a`, `b`'],
    [{ type: 'array', items: { type: 'string' } }, 'list'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'map'],
    [{ type: 'object', properties: {} }, 'section'],
  ])('of %j are %s', (field, values) => {
    expect(valuesOf(field)).toBe(values);
  });

  it('name true and false for what a policy turns on and off', () => {
    expect(policyKeysMarkdown(policyJsonSchema())).toMatch(/^\| `scaling\.forecast\.trend` \| `true`, `false` \|/m);
  });
});
