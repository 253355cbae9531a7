import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TARGET_READS_PER_SECOND } from '../../lib/core/target-reads.ts';
import { outpost, policiesOf, resources } from '../../lib/deploy/generate.ts';
import { controllerName, METRIC_NAMESPACE } from '../../lib/deploy/names.ts';
import EvenkeelPlugin from '../../lib/deploy/plugin.ts';
import { controllerResources, outpostRegions, outpostResources } from '../../lib/deploy/stack.ts';
import { lab, policyOf } from './policies.ts';

const TOKYO = { stage: 'prod', region: 'ap-northeast-1' };

describe("the controller's stack", () => {
  it('keeps state in a table on demand, with recovery to any point and expiry by ttl', () => {
    const { StateTable } = controllerResources([lab()], TOKYO);
    expect(StateTable).toMatchObject({
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'evenkeel-prod',
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      },
    });
  });

  it('has a dead man alarm: no heartbeat for three minutes breaches, and tells those that the policies notify', () => {
    const told = ['arn:aws:sns:ap-northeast-1:111122223333:on-call'];
    const made = controllerResources([lab()], TOKYO);
    expect(made.HeartbeatAlarm?.Properties).toMatchObject({
      Namespace: 'Evenkeel',
      MetricName: 'Heartbeat',
      Dimensions: [{ Name: 'service', Value: 'evenkeel-prod' }],
      Period: 60,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
      AlarmActions: told,
      OKActions: told,
    });
    expect(made.DeadLetterAlarm?.Properties).toMatchObject({ AlarmActions: told });
    expect(made.HealthyHostsXweb?.Properties).toMatchObject({ AlarmActions: told });
  });

  it('tells of any broken cycle of five minutes, and takes silence for none', () => {
    expect(controllerResources([lab()], TOKYO).BrokenCyclesAlarm?.Properties).toMatchObject({
      AlarmName: 'evenkeel-prod-broken-cycles',
      Namespace: 'Evenkeel',
      MetricName: 'BrokenCycles',
      Dimensions: [{ Name: 'service', Value: 'evenkeel-prod' }],
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      TreatMissingData: 'notBreaching',
      AlarmActions: ['arn:aws:sns:ap-northeast-1:111122223333:on-call'],
    });
  });

  it('tells of notices that reached no topic over one that is no policy’s, too, as far as an alarm can name them', () => {
    const told = (count: number) => {
      const policies = Array.from({ length: count }, (_, i) =>
        lab({ 'service: web': `service: web-${i}`, ':on-call': `:on-call-${i}` }),
      );
      const { AlertTopic, UnsentNoticesAlarm } = controllerResources(policies, TOKYO);
      expect(AlertTopic).toMatchObject({ Type: 'AWS::SNS::Topic', Properties: { TopicName: 'evenkeel-prod-alerts' } });
      expect(UnsentNoticesAlarm?.Properties).toMatchObject({
        AlarmName: 'evenkeel-prod-unsent-notices',
        MetricName: 'UnsentNotices',
        Dimensions: [{ Name: 'service', Value: 'evenkeel-prod' }],
        Statistic: 'Sum',
        Period: 300,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        TreatMissingData: 'notBreaching',
      });
      return UnsentNoticesAlarm?.Properties.AlarmActions;
    };
    const own = { Ref: 'AlertTopic' };
    expect(told(1)).toEqual([own, 'arn:aws:sns:ap-northeast-1:111122223333:on-call-0']);
    expect(told(4)).toHaveLength(5);
    expect(told(5)).toEqual([own]);
    expect(told(0)).toEqual([own]);
  });

  it('tells a topic of its own when the policies name none in this region', () => {
    const made = controllerResources([lab({ 'sns:ap-northeast-1': 'sns:ap-northeast-2' })], TOKYO);
    expect(made.AlertTopic).toMatchObject({ Type: 'AWS::SNS::Topic' });
    expect(made.HeartbeatAlarm?.Properties).toMatchObject({ AlarmActions: [{ Ref: 'AlertTopic' }] });
  });

  it('tells each service’s own topic of its targets, and a topic of the stack when there are more than an alarm can name', () => {
    const policies = Array.from({ length: 6 }, (_, i) =>
      lab({ 'service: web': `service: web-${i}`, ':on-call': `:on-call-${i}` }),
    );
    const few = controllerResources(policies.slice(0, 5), TOKYO);
    expect(few.HeartbeatAlarm?.Properties.AlarmActions).toHaveLength(5);
    expect(few.HealthyHostsXwebD3?.Properties.AlarmActions).toEqual([
      'arn:aws:sns:ap-northeast-1:111122223333:on-call-3',
    ]);
    const many = controllerResources(policies, TOKYO);
    expect(many.HeartbeatAlarm?.Properties.AlarmActions).toEqual([{ Ref: 'AlertTopic' }]);
    expect(many.AlertTopic).toMatchObject({ Type: 'AWS::SNS::Topic' });
    expect(many.HealthyHostsXwebD3?.Properties.AlarmActions).toEqual([
      'arn:aws:sns:ap-northeast-1:111122223333:on-call-3',
    ]);
  });

  it('holds the alarms of its own region, and the healthy-host alarm of every service', () => {
    const near = policyOf(
      '{ service: jobs, region: ap-northeast-1, fleet: { autoScalingGroup: jobs, capacity: { min: 1, max: 2 } }, scaling: { signals: [{ name: cpu, target: 50 }] } }',
    );
    const names = Object.values(controllerResources([lab(), near], TOKYO)).map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(names.filter((name) => typeof name === 'string').sort()).toEqual([
      'evenkeel-prod-broken-cycles',
      'evenkeel-prod-dead-letters',
      'evenkeel-prod-heartbeat',
      'evenkeel-prod-jobs-cpu-high',
      'evenkeel-prod-jobs-cpu-low',
      'evenkeel-prod-unsent-notices',
      'evenkeel-prod-web-healthy-hosts-low',
    ]);
    expect(outpostRegions([lab(), near], TOKYO.region)).toEqual(['ap-northeast-2']);
  });
});

describe('the stacks of two stages', () => {
  it('name nothing alike, in the region of either and in that of the alarms', () => {
    const namesOf = (stage: string): unknown[] =>
      [
        ...Object.values(controllerResources([lab()], { ...TOKYO, stage })),
        ...Object.values(outpostResources([lab()], 'ap-northeast-2', { ...TOKYO, stage })),
      ].flatMap(({ Properties }) =>
        ['AlarmName', 'DashboardName', 'QueueName', 'TableName', 'TopicName'].flatMap((key) => Properties[key] ?? []),
      );
    const prod = namesOf('prod');
    expect(prod.length).toBeGreaterThan(9);
    expect(namesOf('staging').filter((name) => prod.includes(name))).toEqual([]);
  });
});

describe('the stack of a region without the controller', () => {
  it("holds the alarms there, and hands every change of its stage's alarms on", () => {
    const made = outpostResources([lab()], 'ap-northeast-2', TOKYO);
    expect(Object.keys(made)).toEqual(['ForwardRole', 'ForwardRule', 'HighXwebXcpu', 'LowXwebXcpu']);
    expect(made.ForwardRule?.Properties).toMatchObject({
      EventPattern: {
        source: ['aws.cloudwatch'],
        'detail-type': ['CloudWatch Alarm State Change'],
        detail: { alarmName: [{ prefix: 'evenkeel-prod-' }] },
      },
      Targets: [{ RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] } }],
    });
    expect(JSON.stringify(made.ForwardRule)).toContain(':events:ap-northeast-1:');
    expect(JSON.stringify(made.ForwardRole)).toContain(':event-bus/default');
  });
});

describe('the variables of the serverless files', () => {
  const asked = (values: Record<string, string>) => ({ resolveVariable: async (name: string) => values[name] ?? name });

  it('make the stacks from the policies of this repository', async () => {
    const policies = await policiesOf('policies');
    const home = await resources(asked({ 'sls:stage': 'prod', 'self:provider.region': 'ap-northeast-1' }));
    expect(home).toEqual({ Resources: controllerResources(policies, TOKYO) });
    const away = await outpost(
      asked({
        'sls:stage': 'prod',
        'self:provider.region': 'ap-northeast-2',
        "param:controllerRegion, ''": 'ap-northeast-1',
      }),
    );
    expect(away).toEqual({ Resources: outpostResources(policies, 'ap-northeast-2', TOKYO) });
  });

  it('name the parameter of a region without the controller when it is left out, and the way out', async () => {
    const values: Record<string, string> = { 'sls:stage': 'dev', 'self:provider.region': 'ap-northeast-2' };
    // As the framework answers when it falls back on the empty text that it is given.
    const resolveVariable = async (name: string) => values[name] ?? '';
    await expect(outpost({ resolveVariable })).rejects.toThrow(
      /^found no --param controllerRegion=…; expected the region where the controller runs, to which alarms are handed on: npx serverless deploy --config serverless.outpost.yml --stage dev --region ap-northeast-2 --param controllerRegion=…$/,
    );
  });

  it('refuse to make a stack while a policy has an error, and say where', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    writeFileSync(join(folder, 'web.yml'), 'service: web\nregion: nowhere\n');
    await expect(policiesOf(folder)).rejects.toThrow(
      /cannot be used:.*web\.yml:2:9 BAD_FORMAT region: found "nowhere"/s,
    );
  });
});

describe('serverless.yml', () => {
  const file = parse(readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8'), {
    customTags: [{ tag: '!GetAtt', resolve: (text: string) => text }],
  });

  it('gives table and metrics the names that the alarms and permissions are made for', () => {
    const stage = '$' + '{sls:stage}';
    expect(file.provider.environment).toEqual({
      EVENKEEL_TABLE: controllerName(stage),
      EVENKEEL_TARGET_READS_PER_SECOND: ['$' + '{param:targetReadsPerSecond,', `'${TARGET_READS_PER_SECOND}'}`].join(
        ' ',
      ),
      POWERTOOLS_SERVICE_NAME: controllerName(stage),
      POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
    });
  });

  it("is woken by the alarms of its own stage, as the other regions' rules hand them on", () => {
    const [{ eventBridge }] = file.functions.onAlarm.events;
    const { ForwardRule } = outpostResources([lab()], 'ap-northeast-2', { ...TOKYO, stage: '$' + '{sls:stage}' });
    expect(eventBridge.pattern).toEqual(ForwardRule?.Properties.EventPattern);
  });

  it('acts on no event twice, nor on one older than a minute, and keeps what failed', () => {
    for (const one of ['onTick', 'onAlarm']) {
      expect(file.functions[one]).toMatchObject({
        maximumRetryAttempts: 0,
        maximumEventAge: 60,
        destinations: '$' + '{self:custom.deadLetters}',
      });
    }
    for (const one of Object.values<{ reservedConcurrency: number }>(file.functions)) {
      expect(one.reservedConcurrency).toBeGreaterThan(0);
    }
  });
});

describe('the plugin', () => {
  function start(region: string, command = 'package') {
    const serviceDir = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    mkdirSync(join(serviceDir, '.esbuild'));
    mkdirSync(join(serviceDir, 'policies'));
    writeFileSync(join(serviceDir, '.esbuild/deleted-policy.yml'), '');
    writeFileSync(join(serviceDir, 'policies/web.yml'), readFileSync('policies/web.yml'));
    const said: string[] = [];
    const service = { provider: { region, stage: 'prod' }, functions: {} };
    const processedInput = { commands: [command] };
    const log = { notice: (text: string) => said.push(text) };
    const { hooks } = new EvenkeelPlugin({ serviceDir, processedInput, service }, {}, { log });
    return { serviceDir, hooks, said };
  }

  it('clears what an earlier build left, so that no deleted policy is shipped', async () => {
    const { serviceDir, hooks } = start('ap-northeast-1');
    await hooks.initialize?.();
    expect(() => readFileSync(join(serviceDir, '.esbuild/deleted-policy.yml'))).toThrow('ENOENT');
  });

  it('says after packaging which region needs a stack for its alarms, by the command that makes it', async () => {
    const { hooks, said } = start('ap-northeast-1');
    await hooks['after:package:finalize']?.();
    expect(said.join('\n')).toContain(
      'npx serverless deploy --config serverless.outpost.yml --stage prod --region ap-northeast-2 --param controllerRegion=ap-northeast-1',
    );
  });

  it('says so when deploying only once the deployment has succeeded, where it can still be read', async () => {
    const { hooks, said } = start('ap-northeast-1', 'deploy');
    await hooks['after:package:finalize']?.();
    expect(said).toEqual([]);
    await hooks['after:deploy:deploy']?.();
    expect(said.join('\n')).toContain('npx serverless deploy --config serverless.outpost.yml --stage prod');
  });

  it('says nothing when the controller stands where the alarms are', async () => {
    const { hooks, said } = start('ap-northeast-2');
    await hooks['after:package:finalize']?.();
    expect(said).toEqual([]);
  });
});
