import type { Policy } from '../../lib/core/model.ts';
import type { Statement } from '../../lib/deploy/template.ts';
import { loadPolicy } from '../../lib/policy/load.ts';

/** The policy that this text makes, every default filled in. Throws when it makes none, so that a test cannot pass on it. */
export function policyOf(text: string): Policy {
  const { policy, problems } = loadPolicy('test.yml', text);
  if (policy === null) {
    throw new Error(problems.map(({ message }) => message).join('\n'));
  }
  return policy;
}

/** The course's lab, as DESIGN section 4 gives it; with other text put in the place of some. */
export function lab(changes: Readonly<Record<string, string>> = {}): Policy {
  const text = Object.entries(changes).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`the lab's policy has no ${from}`);
    return before.replaceAll(from, to);
  }, LAB);
  return policyOf(text);
}

/** An ARN as CloudFormation would fill it in, in this account. */
export function filledIn(arn: Statement['Resource'][number], account = '111122223333'): string {
  if (typeof arn === 'string') return arn;
  if ('Fn::GetAtt' in arn) return arn['Fn::GetAtt'].join('.');
  const values: Record<string, string> = { 'AWS::Partition': 'aws', 'AWS::AccountId': account };
  return arn['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : (values[part.Ref] ?? part.Ref))).join('');
}

const LAB = `
service: web
mode: enforce
region: ap-northeast-2
fleet:
  autoScalingGroup: exercise-group
  capacity: { min: 1, max: 2 }
scaling:
  signals:
    - name: cpu
      target: 80
  tolerance: 0.1
  scaleIn: { maxStep: 1, stabilizationSeconds: 300 }
health:
  targetGroup: exercise-target-group
  onUnhealthy: replace
  limits: { minHealthy: 1 }
failover:
  hostedZoneId: Z0123456789ABCDEFGHIJ
  record: { name: www.example.com, type: A }
  primary: { setIdentifier: seoul, region: ap-northeast-2, targetGroup: exercise-target-group }
  secondary: { setIdentifier: tokyo, region: ap-northeast-1, targetGroup: exercise-standby, autoScalingGroup: exercise-standby-group }
notify: { topicArn: arn:aws:sns:ap-northeast-1:111122223333:on-call }
`;
