import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAMEWORK_RESOURCES } from '../../lib/deploy/limits.ts';
import { labText } from './lab.ts';
import { copyOfRepository, outpostIn, type Packaged, packageIn } from './packaged.ts';

const CFN_LINT = fileURLToPath(new URL('../../.venv/bin/cfn-lint', import.meta.url));
const run = promisify(execFile);

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the kind of resource has.
  readonly Properties: any;
}

function resourcesOf({ template }: Packaged): Record<string, Resource> {
  return JSON.parse(readFileSync(template, 'utf8')).Resources;
}

/** Everything that cfn-lint has to say of a template; nothing when it is well. */
async function lint({ template }: Packaged): Promise<string> {
  const said = await run(CFN_LINT, ['--non-zero-exit-code', 'none', template]).catch((error: Error) => error);
  if (said instanceof Error) throw new Error(`cfn-lint did not run: ${said.message}`);
  return said.stdout + said.stderr;
}

let home: Packaged;
let resources: Record<string, Resource>;
const ofType = (type: string): Resource[] => Object.values(resources).filter(({ Type }) => Type === type);

beforeAll(async () => {
  home = await packageIn(copyOfRepository());
  resources = resourcesOf(home);
}, 120_000);

afterAll(() => home.remove());

describe('the compiled stack', () => {
  it('runs four functions on arm64 and Node 24, traced, with their concurrency reserved', () => {
    const functions = ofType('AWS::Lambda::Function').map(({ Properties }) => Properties);
    expect(functions).toHaveLength(4);
    for (const one of functions) {
      expect(one).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        ReservedConcurrentExecutions: expect.any(Number),
      });
    }
  });

  it('tries no event twice, takes none older than a minute, and keeps those that failed and nobody waits for', () => {
    const configs = ofType('AWS::Lambda::EventInvokeConfig').map(({ Properties }) => Properties);
    expect(configs).toHaveLength(4);
    for (const one of configs) expect(one).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    const kept = configs.filter(({ DestinationConfig }) => DestinationConfig.OnFailure !== undefined);
    expect(kept.map(({ FunctionName }) => FunctionName.Ref)).toEqual(['OnTickLambdaFunction', 'OnAlarmLambdaFunction']);
  });

  it('keeps the log of each function for 30 days', () => {
    expect(ofType('AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays)).toEqual([30, 30, 30, 30]);
  });

  it('is woken every minute, by the alarms of its stage, and by an alarm that has it as its action', () => {
    const rules = ofType('AWS::Events::Rule').map(({ Properties }) => Properties);
    expect(rules).toMatchObject([
      { ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' },
      {
        EventPattern: {
          source: ['aws.cloudwatch'],
          'detail-type': ['CloudWatch Alarm State Change'],
          detail: { alarmName: [{ prefix: 'evenkeel-prod-' }] },
        },
        State: 'ENABLED',
      },
    ]);
    const callers = ofType('AWS::Lambda::Permission').map(({ Properties }) => Properties.Principal);
    expect(callers.sort()).toEqual([
      'events.amazonaws.com',
      'events.amazonaws.com',
      'lambda.alarms.cloudwatch.amazonaws.com',
    ]);
  });

  it('allows nothing on everything but reading, and nothing beyond what the generators wrote and Lambda itself needs', () => {
    const statements: { Action: string | string[]; Resource: unknown }[] = [
      ...ofType('AWS::IAM::ManagedPolicy').map(({ Properties }) => Properties.PolicyDocument),
      ...ofType('AWS::IAM::Role').flatMap(({ Properties }) =>
        Properties.Policies.map((policy: { PolicyDocument: unknown }) => policy.PolicyDocument),
      ),
    ].flatMap(({ Statement }) => Statement);
    const onEverything = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
    const broad = onEverything.flatMap(({ Action }) => Action);
    expect(broad.filter((action) => !/:(Describe|Get)/.test(action))).toEqual([
      // What active tracing needs: https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
    ]);
    for (const { Action } of statements) for (const one of [Action].flat()) expect(one).not.toContain('*');
    const known = /^(autoscaling|cloudwatch|dynamodb|elasticloadbalancing|route53|sns):/;
    const lambdas = statements.flatMap(({ Action }) => Action).filter((action) => !known.test(action));
    expect([...new Set(lambdas)].sort()).toEqual([
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'logs:TagResource',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('has a dashboard, a dead-letter queue, and alarms on the controller itself', () => {
    expect(ofType('AWS::CloudWatch::Dashboard').map(({ Properties }) => Properties.DashboardName)).toEqual([
      'evenkeel-prod-ap-northeast-1',
    ]);
    expect(ofType('AWS::SQS::Queue')).toHaveLength(1);
    const names = ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName);
    expect(names).toEqual(expect.arrayContaining(['evenkeel-prod-heartbeat', 'evenkeel-prod-dead-letters']));
  });

  it('leaves no more to the framework than the limits reckon with', () => {
    const ours = Object.entries(resources).filter(
      ([id]) => !/^(Serverless|IamRole|OnTick|OnAlarm|Drill|Operate|Evenkeel)/.test(id),
    );
    expect(Object.keys(resources).length - ours.length).toBeLessThanOrEqual(FRAMEWORK_RESOURCES);
  });

  it('has nothing that cfn-lint would warn of', async () => {
    expect(await lint(home)).toBe('');
  });
});

describe('packaged again', () => {
  it('a policy file that was added has its alarms, permissions and dashboard, and is in the zips', async () => {
    const zone = 'Z0123456789ABCDEFGHIJ';
    writeFileSync(join(home.folder, 'policies/shop.yml'), labText(zone, 7).replace('service: web-7', 'service: shop'));
    const again = await packageIn(home.folder, '--region', 'ap-northeast-2');
    const text = readFileSync(again.template, 'utf8');
    for (const one of [
      'evenkeel-prod-shop-cpu-high',
      'evenkeel-prod-shop-cpu-low',
      'evenkeel-prod-shop-healthy-hosts-low',
    ]) {
      expect(text).toContain(`"AlarmName": "${one}"`);
    }
    expect(text).toContain('autoScalingGroupName/exercise-group-7');
    expect(text).toContain('www-7.example.com');
    expect(text).toContain('shop: signals');
    expect(again.zip('onTick').includes('policies/shop.yml')).toBe(true);
    expect(await lint(again)).toBe('');
  });

  it.each(['ap-northeast-2', 'eu-west-1'])('the stack of %s has nothing to warn of either', async (region) => {
    expect(await lint(await outpostIn(home.folder, region))).toBe('');
  });

  it('110 services still make stacks without a warning', async () => {
    for (let i = 1; i <= 107; i += 1) {
      writeFileSync(join(home.folder, `policies/web-${i}.yml`), labText('Z0123456789ABCDEFGHIJ', i + 100));
    }
    const large = await packageIn(home.folder);
    expect(await lint(large)).toBe('');
    const far = await outpostIn(home.folder, 'ap-northeast-2');
    expect(Object.values(resourcesOf(far)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')).toHaveLength(
      2 * 109,
    );
    expect(await lint(far)).toBe('');
  }, 180_000);

  it('a thousand are refused with the numbers and the way out', async () => {
    for (let i = 108; i <= 1000; i += 1) {
      writeFileSync(join(home.folder, `policies/web-${i}.yml`), labText('Z0123456789ABCDEFGHIJ', i + 100));
    }
    await expect(packageIn(home.folder)).rejects.toThrow(
      /1004 services need \d+ records read once a minute, and it reads 110; \d+ resources, and AWS takes 500;.*second controller/s,
    );
  }, 120_000);
});
