import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonStatements, managedPolicies, policyStatements } from '../../lib/deploy/permissions.ts';
import type { Statement } from '../../lib/deploy/template.ts';
import { filledIn, lab, policyOf } from './policies.ts';
import { FUNCTION_FILES, sentByFunction } from './sent.ts';

/** By action: the resources that it is allowed on. */
function granted(statements: readonly Statement[]): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const { Action, Resource } of statements) {
    for (const action of Action) all[action] = [...(all[action] ?? []), ...Resource.map((arn) => filledIn(arn))];
  }
  return all;
}

const SEOUL_GROUP =
  'arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:*:autoScalingGroupName/exercise-group';
const TOKYO_GROUP =
  'arn:aws:autoscaling:ap-northeast-1:111122223333:autoScalingGroup:*:autoScalingGroupName/exercise-standby-group';
const TARGETS = 'arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/exercise-target-group/*';
const ZONE = 'arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ';
const READS = {
  'route53:ListResourceRecordSets': [ZONE],
  'route53:GetChange': ['arn:aws:route53:::change/*'],
  'sns:Publish': ['arn:aws:sns:ap-northeast-1:111122223333:on-call'],
};

describe('what the functions may do', () => {
  it('is what the policy names, and nothing else', () => {
    expect(granted(policyStatements([lab()]))).toEqual({
      ...READS,
      'autoscaling:SetDesiredCapacity': [SEOUL_GROUP, TOKYO_GROUP],
      'autoscaling:UpdateAutoScalingGroup': [SEOUL_GROUP],
      'autoscaling:SetInstanceHealth': [SEOUL_GROUP],
      'elasticloadbalancing:DeregisterTargets': [TARGETS],
      'elasticloadbalancing:RegisterTargets': [TARGETS],
      'route53:ChangeResourceRecordSets': [ZONE],
    });
  });

  it('holds no write for a service in observe mode', () => {
    expect(granted(policyStatements([lab({ 'mode: enforce': 'mode: observe' })]))).toEqual(READS);
  });

  it('holds no instance for a service that only deregisters', () => {
    const statements = policyStatements([lab({ 'onUnhealthy: replace': 'onUnhealthy: deregister' })]);
    expect(granted(statements)).not.toHaveProperty('autoscaling:SetInstanceHealth');
  });

  it('is nothing at all without policies', () => {
    expect(policyStatements([])).toEqual([]);
    expect(managedPolicies([])).toEqual({});
  });

  it('pins the record by name, types and actions, spelled as IAM compares them', () => {
    const conditionOf = (record: string) =>
      policyStatements([lab({ '{ name: www.example.com, type: A }': record })]).find(({ Condition }) => Condition)
        ?.Condition;
    expect(conditionOf('{ name: WWW.Example.com., type: AAAA }')).toEqual({
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['www.example.com'],
        'route53:ChangeResourceRecordSetsRecordTypes': ['A', 'AAAA'],
        'route53:ChangeResourceRecordSetsActions': ['CREATE', 'DELETE'],
      },
    });
    expect(conditionOf('{ name: "*.example.com", type: CNAME }')).toMatchObject({
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['\\052.example.com'],
        'route53:ChangeResourceRecordSetsRecordTypes': ['CNAME'],
      },
    });
  });

  it('says the zone and the actions once for all records of a zone that are of one kind', () => {
    const records = ['{ name: b.example.com }', '{ name: c.example.com, type: CNAME }'].map((record) =>
      lab({ '{ name: www.example.com, type: A }': record }),
    );
    const moves = policyStatements([lab(), ...records]).filter(({ Condition }) => Condition);
    const name = 'route53:ChangeResourceRecordSetsNormalizedRecordNames';
    expect(moves.map(({ Condition }) => Condition?.['ForAllValues:StringEquals']?.[name])).toEqual([
      ['www.example.com', 'b.example.com'],
      ['c.example.com'],
    ]);
  });

  it('takes a target group by its ARN as it stands', () => {
    const arn =
      'arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/exercise-target-group/73e2d6bc24d8a067';
    const statements = policyStatements([lab({ 'targetGroup: exercise-target-group': `targetGroup: ${arn}` })]);
    expect(granted(statements)['elasticloadbalancing:RegisterTargets']).toEqual([arn]);
  });

  it('lets no group name act as a pattern for others', () => {
    const policy = lab({ 'autoScalingGroup: exercise-group': "autoScalingGroup: 'a*${b?'" });
    expect(granted(policyStatements([policy]))['autoscaling:UpdateAutoScalingGroup']).toEqual([
      'arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:*:autoScalingGroupName/a??{b?',
    ]);
  });

  it('has a standby without a group, and a service with nothing but a target group', () => {
    const bare = lab({ ', autoScalingGroup: exercise-standby-group': '' });
    const api = policyOf('{ service: api, region: eu-west-1, health: { targetGroup: api } }');
    expect(granted(policyStatements([bare, api]))).toMatchObject({
      'autoscaling:SetDesiredCapacity': [SEOUL_GROUP],
      'elasticloadbalancing:RegisterTargets': [
        TARGETS,
        'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/*',
      ],
    });
  });

  it('names a topic once, however many services share it', () => {
    const other = lab({ 'service: web': 'service: shop' });
    expect(granted(policyStatements([lab(), other]))['sns:Publish']).toHaveLength(1);
  });
});

/** IAM's prefix for the actions of each client package; a command's action has its name. */
const PREFIX: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  cloudwatch: 'cloudwatch',
  dynamodb: 'dynamodb',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'route-53': 'route53',
  sns: 'sns',
};

describe('the actions in the template', () => {
  it('are those that the functions can send, both ways', () => {
    const sent = FUNCTION_FILES.flatMap(sentByFunction).map(({ client, command }) => `${PREFIX[client]}:${command}`);
    expect(sent.length).toBeGreaterThan(20);
    const allowed = Object.keys(granted([...commonStatements(), ...policyStatements([lab()])]));
    expect(new Set(allowed)).toEqual(new Set(sent));
  });
});

function recordNames(statements: readonly Statement[]): string[] {
  const pinned = statements.flatMap(({ Condition }) => (Condition ? [Condition['ForAllValues:StringEquals']] : []));
  return pinned.flatMap((one) => one?.['route53:ChangeResourceRecordSetsNormalizedRecordNames'] ?? []);
}

describe('managed policies', () => {
  it('hold every statement for any number of services, each within what IAM takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 250 }), (count, length) => {
        const policies = Array.from({ length: count }, (_, index) =>
          lab({
            'service: web': `service: web-${index}`,
            'autoScalingGroup: exercise-group': `autoScalingGroup: ${'g'.repeat(length)}${index}`,
            'www.example.com': `w${index}.example.com`,
          }),
        );
        const statements = policyStatements(policies);
        const pages = Object.values(managedPolicies(statements)).map(
          ({ Properties }) => Properties.PolicyDocument as { Statement: Statement[] },
        );
        // As IAM counts: what CloudFormation made of it, without white space.
        for (const page of pages) {
          const text = JSON.stringify({
            ...page,
            Statement: page.Statement.map((one) => ({ ...one, Resource: one.Resource.map((arn) => filledIn(arn)) })),
          });
          expect(text.length).toBeLessThanOrEqual(6_144);
        }
        const paged = pages.flatMap((page) => page.Statement);
        const { 'route53:ChangeResourceRecordSets': zones, ...others } = granted(paged);
        expect({ ...others, 'route53:ChangeResourceRecordSets': [...new Set(zones)] }).toEqual(granted(statements));
        expect(recordNames(paged)).toEqual(recordNames(statements));
        expect(recordNames(paged)).toHaveLength(count);
      }),
      { numRuns: 25 },
    );
  });
});
