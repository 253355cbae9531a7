import { describe, expect, it } from 'vitest';
import { missingGrants } from '../../lib/deploy/grants.ts';
import { commonStatements, managedPolicies, policyStatements } from '../../lib/deploy/permissions.ts';
import type { Statement } from '../../lib/deploy/template.ts';
import { lab } from './policies.ts';

const ROLE = 'arn:aws-cn:iam::111122223333:role/evenkeel-prod';
const TABLE = 'arn:aws-cn:dynamodb:cn-north-1:111122223333:table/evenkeel-prod';
const NEEDED = [...commonStatements(), ...policyStatements([lab()])];

/** The documents as CloudFormation fills them in. */
function deployed(statements = NEEDED): unknown[] {
  const fill = (_: string, part: unknown): unknown => {
    if (part === null || typeof part !== 'object') return part;
    if ('Fn::GetAtt' in part) return TABLE;
    if (!('Fn::Join' in part)) return part;
    const [, parts] = part['Fn::Join'] as [string, (string | { Ref: string })[]];
    const value = (one: string | { Ref: string }): string =>
      typeof one === 'string' ? one : one.Ref === 'AWS::Partition' ? 'aws-cn' : '111122223333';
    return parts.map(value).join('');
  };
  const pages = Object.values(managedPolicies(statements)).map(({ Properties }) => Properties.PolicyDocument);
  return JSON.parse(JSON.stringify(pages, fill));
}

const allow = (Action: unknown, Resource: unknown, more: object = {}) => [
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource, ...more } },
];
/** One action on one resource: the group at home. */
const setDesired = NEEDED.filter(({ Action }) => Action.includes('autoscaling:SetDesiredCapacity'))
  .slice(0, 1)
  .map((one) => ({ ...one, Action: ['autoscaling:SetDesiredCapacity'], Resource: one.Resource.slice(0, 1) }));
const lacking = (documents: unknown[], needed: readonly Statement[] = setDesired) =>
  missingGrants(needed, documents, ROLE, TABLE).map(({ action }) => action);

describe('what a deployed role lacks', () => {
  it('is nothing right after the deployment', () => {
    expect(missingGrants(NEEDED, deployed(), ROLE, TABLE)).toEqual([]);
  });

  it('is nothing either where several services have their records in one zone, and so one statement', () => {
    const other = lab({ 'service: web': 'service: api', 'www.example.com': 'api.example.com' });
    const together = [...commonStatements(), ...policyStatements([lab(), other])];
    expect(missingGrants(NEEDED, deployed(together), ROLE, TABLE)).toEqual([]);
    expect(missingGrants(together, deployed(), ROLE, TABLE)).toMatchObject([
      { action: 'route53:ChangeResourceRecordSets' },
    ]);
  });

  it('is every write of a policy that only observed when it was deployed', () => {
    const before = deployed([...commonStatements(), ...policyStatements([lab({ 'mode: enforce': 'mode: observe' })])]);
    expect(new Set(lacking(before, NEEDED))).toEqual(
      new Set([
        'autoscaling:SetDesiredCapacity',
        'autoscaling:UpdateAutoScalingGroup',
        'autoscaling:SetInstanceHealth',
        'elasticloadbalancing:DeregisterTargets',
        'elasticloadbalancing:RegisterTargets',
        'route53:ChangeResourceRecordSets',
      ]),
    );
  });

  it('is the record that the policy has moved on from: conditions count', () => {
    const before = deployed([
      ...commonStatements(),
      ...policyStatements([lab({ 'www.example.com': 'old.example.com' })]),
    ]);
    expect(lacking(before, NEEDED)).toEqual(['route53:ChangeResourceRecordSets']);
  });

  it.each([
    ['any action on anything', allow('*', '*')],
    ['a wildcard, whatever its letters', allow(['autoscaling:set*'], ['*'])],
    ['one name in place of a list', allow('autoscaling:SetDesiredCapacity', '*')],
    [
      'a wider resource',
      allow(
        'autoscaling:SetDesiredCapacity',
        'arn:aws-cn:autoscaling:*:111122223333:autoScalingGroup:*:autoScalingGroupName/exercise-*',
      ),
    ],
  ])('is nothing that is granted by %s', (_, documents) => {
    expect(lacking(documents)).toEqual([]);
  });

  it.each([
    ['no document', []],
    ['another action', allow('autoscaling:SetInstanceHealth', '*')],
    ['another account', allow('autoscaling:*', 'arn:aws-cn:autoscaling:*:999999999999:*')],
    ['a condition that nothing asked for', allow('*', '*', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
    ['a denial', [{ Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }]],
    ['all actions but some', [{ Statement: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }] }]],
  ])('is not granted by %s', (_, documents) => {
    expect(lacking(documents)).toEqual(['autoscaling:SetDesiredCapacity']);
  });
});
