import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { alarmNames } from '../../lib/deploy/alarms.ts';
import { commonStatements, managedPolicies, policyStatements } from '../../lib/deploy/permissions.ts';
import { asProcess, doctoring, type Found, news } from './doctoring.ts';
import { buildHealthyLab } from './healthy-lab.ts';
import { STANDBY } from './lab.ts';
import { startWire } from './wire.ts';

const about = doctoring();

describe('doctor --stage', () => {
  const ROLE = 'evenkeel-prod-ap-northeast-1-lambdaRole';
  const codes = async () => {
    const { findings, code } = await about.doctor('--stage', 'prod');
    return { code, news: news(findings), findings };
  };

  it('says that the stage is not deployed', async () => {
    expect(await codes()).toMatchObject({ code: 1, news: ['error NOT_DEPLOYED policy'] });
  });

  it('compares what the role may do with what the policies need now', async () => {
    const assume = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    };
    await about.boto('iam', STANDBY, 'create_role', {
      RoleName: ROLE,
      AssumeRolePolicyDocument: JSON.stringify(assume),
    });
    await about.boto('dynamodb', STANDBY, 'create_table', {
      TableName: 'evenkeel-prod',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
    // As CloudFormation fills the template in, deployed while the policy only observed.
    const filled = (value: unknown): string =>
      JSON.stringify(value, (_, part) => {
        if (part === null || typeof part !== 'object') return part;
        if ('Fn::GetAtt' in part) return `arn:aws:dynamodb:${STANDBY}:123456789012:table/evenkeel-prod`;
        if (!('Fn::Join' in part)) return part;
        const refs = { 'AWS::Partition': 'aws', 'AWS::AccountId': '123456789012' };
        const parts = part['Fn::Join'][1] as (string | { Ref: keyof typeof refs })[];
        return parts.map((one) => (typeof one === 'string' ? one : refs[one.Ref])).join('');
      });
    await about.boto('iam', STANDBY, 'put_role_policy', {
      RoleName: ROLE,
      PolicyName: 'common',
      PolicyDocument: filled({ Version: '2012-10-17', Statement: commonStatements() }),
    });
    const deploy = async (mode: 'observe' | 'enforce') => {
      const pages = Object.values(managedPolicies(policyStatements([{ ...about.lab.policy, mode }])));
      for (const [index, { Properties }] of pages.entries()) {
        const { Policy } = await about.boto('iam', STANDBY, 'create_policy', {
          PolicyName: `ControllerPolicy-${mode}-${index}`,
          PolicyDocument: filled(Properties.PolicyDocument),
        });
        await about.boto('iam', STANDBY, 'attach_role_policy', { RoleName: ROLE, PolicyArn: Policy.Arn });
      }
    };
    await deploy('observe');
    const observing = await codes();
    expect(observing.news).toEqual([
      'error ROLE_LACKS policy',
      'warning TABLE_GROWS policy',
      'warning TABLE_NO_RECOVERY policy',
      // Here, and where the service is.
      'warning ALARMS_MISSING policy',
      'warning ALARMS_MISSING policy',
    ]);
    const lacks = observing.findings.find(({ code }) => code === 'ROLE_LACKS');
    expect(lacks?.found).toContain('route53:ChangeResourceRecordSets');
    expect(lacks?.found).toContain('autoscaling:SetDesiredCapacity');
    expect(lacks?.found).not.toContain('Describe');
    expect(lacks?.wayOut).toBe('npx serverless deploy --stage prod');

    await deploy('enforce');
    await about.boto('dynamodb', STANDBY, 'update_time_to_live', {
      TableName: 'evenkeel-prod',
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' },
    });
    await about.boto('dynamodb', STANDBY, 'update_continuous_backups', {
      TableName: 'evenkeel-prod',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    for (const [region, names] of alarmNames(about.lab.policy, { name: 'evenkeel-prod', region: STANDBY })) {
      for (const AlarmName of names) {
        const metric = { Namespace: 'Evenkeel', MetricName: 'HealthyTargets', Statistic: 'Minimum', Period: 60 };
        const rule = { EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'LessThanThreshold' };
        await about.boto('cloudwatch', region, 'put_metric_alarm', { AlarmName, ...metric, ...rule });
      }
    }
    expect(await codes()).toMatchObject({ code: 0, news: [] });
  });
});

describe('doctor and credentials', () => {
  it('says how to sign in when there are none', async () => {
    const env = {
      AWS_ENDPOINT_URL: about.here.env.AWS_ENDPOINT_URL,
      AWS_EC2_METADATA_DISABLED: 'true',
      HOME: tmpdir(),
    };
    const ended = await asProcess(['doctor', about.lab.file], env);
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/^error: found no AWS credentials \(.+\); sign in first \(aws sso login\)/);
  });

  it('names each action that IAM does not allow, and stops when IAM does not know who asks', async () => {
    const own = await startWire();
    onTestFinished(() => own.stop());
    const file = (await buildHealthyLab(own.moto)).file;
    await own.moto.boto('iam', STANDBY, 'create_user', { UserName: 'reader' });
    await own.moto.boto('iam', STANDBY, 'put_user_policy', {
      UserName: 'reader',
      PolicyName: 'some',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: ['autoscaling:DescribeAutoScalingGroups', 'route53:List*'], Resource: '*' },
        ],
      }),
    });
    const { AccessKey } = await own.moto.boto('iam', STANDBY, 'create_access_key', { UserName: 'reader' });
    await own.moto.admin('reset-auth', '0');
    const asking = (id: string, secret: string) =>
      asProcess(['doctor', file, '--json'], { ...own.env, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret });
    const known = await asking(AccessKey.AccessKeyId, AccessKey.SecretAccessKey);
    expect(known.code).toBe(1);
    const { findings } = JSON.parse(known.out) as { findings: Found[] };
    const denied = findings.filter(({ code }) => code === 'MISSING_PERMISSION').map(({ expected }) => expected);
    expect([...new Set(denied)].sort()).toEqual([
      'autoscaling:DescribePolicies and autoscaling:DescribeScheduledActions allowed',
      'cloudwatch:GetMetricData allowed',
      'elasticloadbalancing:DescribeTargetGroups allowed',
      'sns:GetTopicAttributes allowed',
    ]);
    // Nothing at all may be read: moto has no answer to this one, and the proxy's own is not IAM's.
    own.proxy.rule = ({ operation }) =>
      operation === 'DescribeInstanceRefreshes' ? { kind: 'error', status: 403, code: 'InvalidClientTokenId' } : null;
    const unknown = await asking('AKIAUNKNOWN000000000', 'x');
    expect(unknown.err).toMatch(/^error: AWS refuses your credentials/);
    expect(unknown.code).toBe(2);
  });
});
