import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { policyJsonSchema } from '../../lib/policy/json-schema.ts';
import { policyText } from './base.ts';

type Node = {
  [key: string]: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  description?: string;
};

/** Every named field of the schema with its path. */
function fieldsOf(node: Node, path = ''): [string, Node][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]): [string, Node][] => [
    [`${path}${name}`, field],
    ...fieldsOf(field, `${path}${name}.`),
  ]);
  return [
    ...own,
    ...[...(node.items ? [node.items] : []), ...(node.anyOf ?? [])].flatMap((inner) => fieldsOf(inner, path)),
  ];
}

describe('policy.schema.json', () => {
  test('is current; when it is not: npm run -s evenkeel -- schema > policies/policy.schema.json, then npm run format', () => {
    const committed: unknown = JSON.parse(
      readFileSync(new URL('../../policies/policy.schema.json', import.meta.url), 'utf8'),
    );
    expect(committed).toEqual(policyJsonSchema());
  });

  test('helps with every field', () => {
    const fields = fieldsOf(policyJsonSchema() as Node);
    expect(fields.length).toBeGreaterThan(70);
    expect(fields.filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
  });

  test('asks for what has no default, and for nothing else', () => {
    const fields = fieldsOf({ properties: { policy: policyJsonSchema() as Node } });
    expect(Object.fromEntries(fields.flatMap(([path, { required }]) => (required ? [[path, required]] : [])))).toEqual({
      policy: ['service', 'region'],
      'policy.fleet': ['autoScalingGroup', 'capacity'],
      'policy.fleet.capacity': ['min', 'max'],
      'policy.scaling': ['signals'],
      'policy.scaling.signals.metric': ['namespace', 'name', 'dimensions'],
      'policy.health': ['targetGroup'],
      'policy.failover': ['hostedZoneId', 'record', 'primary', 'secondary'],
      'policy.failover.record': ['name'],
      'policy.failover.primary': ['setIdentifier', 'region', 'targetGroup'],
      'policy.failover.secondary': ['setIdentifier', 'region', 'targetGroup'],
      'policy.notify': ['topicArn'],
    });
  });

  test.each(['api.yml', 'fleet.yml', 'web.yml'])('%s names it in its first line', (file) => {
    expect(policyText(file)).toMatch(/^# yaml-language-server: \$schema=\.\/policy\.schema\.json\n/);
  });
});
