// Over HTTP to a server that answers as AWS does; moto is asked in test/wire.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../lib/cli/run.ts';
import type { DoctorEntry } from '../../lib/report/doctor.ts';
import { awsServer, json, jsonError, result, xmlError } from '../aws/aws-server.ts';
import { answerFor, policyTexts, queriesOf } from '../doctor/many-services.ts';
import { evenkeel, sink } from './capture.ts';

const aws = awsServer();
const COUNT = 120;
let folder = '';
let few = '';

const callsOf = () => Object.groupBy(aws.asked, ({ operation }) => operation);
const countOf = (operation: string): number => callsOf()[operation]?.length ?? 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-doctor-'));
  few = join(folder, 'few');
  await mkdir(few);
  const texts = policyTexts(COUNT);
  await Promise.all(texts.map((text, index) => writeFile(join(folder, `s${index}.yml`), text)));
  await Promise.all(texts.slice(0, 3).map((text, index) => writeFile(join(few, `s${index}.yml`), text)));
});
beforeEach(() => {
  aws.answer = (asked) => answerFor(asked, COUNT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('doctor', () => {
  it('reads hundreds of services in batches, and finds nothing where all is well', async () => {
    const { code, out, err } = await evenkeel(['doctor', folder]);
    expect(err).toBe('');
    expect(out).toBe(`${COUNT} services looked at, controller in ap-northeast-1: 0 errors, 0 warnings, 0 notes\n`);
    expect(code).toBe(0);
    expect(countOf('DescribeAutoScalingGroups')).toBe(2);
    expect(countOf('GetMetricData')).toBe(1);
    expect(countOf('DescribePolicies') + countOf('DescribeScheduledActions')).toBe(2);
    expect(countOf('DescribeInstanceRefreshes')).toBe(1);
    expect(countOf('GetTopicAttributes')).toBe(1);
    expect(countOf('DescribeTargetHealth')).toBe(COUNT);
    // Two pages of all, and one to find each before its targets are read.
    expect(countOf('DescribeTargetGroups')).toBe(2 + COUNT);
  });

  it('reads on when CloudWatch refuses the batch for one metric, whose service alone is told', async () => {
    const broken = (asked: Parameters<typeof queriesOf>[0]) =>
      queriesOf(asked).some(({ MetricStat }) => MetricStat.Metric.Dimensions.some(({ Value }) => Value === 'group-1'));
    aws.answer = (asked) =>
      asked.operation === 'GetMetricData' && broken(asked)
        ? jsonError('ValidationError', 'The value of a dimension is invalid')
        : answerFor(asked, COUNT);
    const { code, out } = await evenkeel(['doctor', few, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      controllerRegion: 'ap-northeast-1',
      findings: [{ code: 'NOT_READ', severity: 'error', services: ['s1'], line: 4, key: 'scaling.signals[0].name' }],
      fixes: [],
    });
  });

  it('tells a metric that CloudWatch could not read, and does not take it for silent', async () => {
    aws.answer = (asked) => {
      const answer = answerFor(asked, COUNT);
      if (asked.operation !== 'GetMetricData') return answer;
      const { MetricDataResults } = JSON.parse(answer.body ?? '');
      return json({ MetricDataResults: MetricDataResults.with(1, { Id: 'q1', StatusCode: 'InternalError' }) });
    };
    const { out } = await evenkeel(['doctor', few, '--json']);
    expect(JSON.parse(out).findings).toMatchObject([
      {
        code: 'NOT_READ',
        services: ['s1'],
        found: 'that the metric of cpu cannot be read: CloudWatch gave no datapoint, and says that it is not done',
      },
    ]);
  });

  it('says once what several services have in common', async () => {
    aws.answer = (asked) =>
      asked.operation === 'DescribePolicies'
        ? xmlError('AccessDenied', 'not authorized to perform: autoscaling:DescribePolicies', 403)
        : answerFor(asked, COUNT);
    const { out } = await evenkeel(['doctor', few]);
    expect(out).toMatch(
      /s0\.yml:3:28 error MISSING_PERMISSION fleet\.autoScalingGroup: .+ \(also for s1, s2\)\n {2}way out: allow /,
    );
    expect(out).toContain('3 services looked at, controller in ap-northeast-1: 1 error, 0 warnings, 0 notes');
  });

  it('waits and asks again when it is throttled', async () => {
    let times = 0;
    aws.answer = (asked) => {
      if (asked.operation !== 'DescribeTargetHealth') return answerFor(asked, COUNT);
      times += 1;
      return times > 4 ? answerFor(asked, COUNT) : xmlError('Throttling', 'Rate exceeded');
    };
    expect(await evenkeel(['doctor', few])).toMatchObject({ code: 0, err: '' });
    expect(times).toBe(3 + 4);
  });

  it('tells a group that is not there, and nothing that follows from it', async () => {
    aws.answer = (asked) => {
      if (asked.operation === 'DescribeInstanceRefreshes' && asked.form.get('AutoScalingGroupName') === 'group-0')
        return xmlError('ValidationError', 'AutoScalingGroup name not found - null');
      if (asked.operation !== 'DescribeAutoScalingGroups') return answerFor(asked, COUNT);
      asked.form.delete('AutoScalingGroupNames.member.1');
      return answerFor(asked, COUNT);
    };
    const { out } = await evenkeel(['doctor', few, '--json']);
    const { findings } = JSON.parse(out) as { findings: { code: string; services: string[] }[] };
    expect(findings.map(({ code, services }) => `${code} ${services}`)).toEqual(['GROUP_MISSING s0']);
  });

  it('looks at the good policies, tells the bad ones, and fails for them', async () => {
    const bad = join(folder, 'bad');
    await mkdir(bad, { recursive: true });
    await writeFile(join(bad, 'bad.yml'), 'service: x\n');
    const { code, out, err } = await evenkeel(['doctor', few, bad]);
    expect(err).toMatch(/bad\.yml:1:1 error /);
    expect(out).toContain('3 services looked at');
    expect(code).toBe(1);
    for (const command of [['doctor'], ['plan', '--policy']]) {
      const none = await evenkeel([...command, bad]);
      expect(none.code).toBe(2);
      expect(none.err).toContain(`could be served; npm run -s evenkeel -- validate ${bad} says why`);
    }
  });

  it('takes the region of the controller from the command line', async () => {
    expect((await evenkeel(['doctor', few, '--region', 'eu-north-1'])).out).toContain('controller in eu-north-1');
  });

  it.each(['nowhere-1', 'US-EAST-1', 'ap_n'])(
    'refuses %s, which is no region, before it asks for anything',
    async (region) => {
      for (const command of [
        ['doctor', few],
        ['plan', '--policy', few],
      ]) {
        const { code, out, err } = await evenkeel([...command, '--region', region]);
        expect({ code, out }).toEqual({ code: 2, out: '' });
        expect(err).toContain(
          `error: --region: found ${region}; expected the code of an AWS region, like ap-northeast-2`,
        );
      }
      expect(aws.asked).toEqual([]);
    },
  );

  it('ends with 2 and one line when AWS cannot be reached', async () => {
    aws.answer = () => 'hang up';
    const { code, out, err } = await evenkeel(['doctor', join(few, 's0.yml'), '--stage', 'dev']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: AWS cannot be reached, and without it nothing can be said: read .+\n\(add --help/);
  });

  it('tells each part when AWS does answer, if only that it cannot', async () => {
    aws.answer = (asked) =>
      asked.operation === 'GetTopicAttributes' ? xmlError('AccessDenied', 'no', 403) : 'hang up';
    const { code, out } = await evenkeel(['doctor', join(few, 's0.yml')]);
    expect(out).toContain('error NOT_READ fleet.autoScalingGroup');
    expect(code).toBe(1);
  });

  it('ends with 2 when AWS refuses the credentials', async () => {
    aws.answer = ({ operation }) =>
      operation === 'GetMetricData'
        ? jsonError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403)
        : xmlError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
    const { code, out, err } = await evenkeel(['doctor', few]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('error: AWS refuses your credentials (InvalidClientTokenId: The security token');
  });

  it('refuses --yes alone, and --fix where nobody can be asked', async () => {
    const alone = await evenkeel(['doctor', few, '--yes']);
    expect(alone).toMatchObject({ code: 2, out: '' });
    expect(alone.err).toContain('found --yes without --fix');
    expect((await evenkeel(['doctor', few, '--fix'])).err).toContain('add --yes to change without asking');
    expect(aws.asked).toEqual([]);
  });

  it('sets a health check that differs, and counts what is left', async () => {
    let path = '/other';
    aws.answer = (asked) => {
      if (asked.operation === 'ModifyTargetGroup') {
        path = asked.form.get('HealthCheckPath') ?? path;
        return result('ModifyTargetGroup', '<TargetGroups/>');
      }
      const answer = answerFor(asked, COUNT);
      const body = answer.body?.replace('/health', path);
      return asked.operation === 'DescribeTargetGroups' ? { ...answer, body: body ?? '' } : answer;
    };
    const left = await evenkeel(['doctor', join(few, 's0.yml'), '--json']);
    expect(left.code).toBe(1);
    const [stdout, stderr] = [sink(), sink()];
    const stdin = Object.assign(Readable.from(['YES\n']), { isTTY: true });
    const code = await run(['doctor', join(few, 's0.yml'), '--fix'], {
      stdin,
      env,
      stdout: stdout.stream,
      stderr: Object.assign(stderr.stream, { isTTY: true }),
    });
    expect(stdout.text()).toContain('error CHECK_DIFFERS health.check.path: found /other on targets-0');
    expect(stdout.text()).toContain(
      `way out: npm run -s evenkeel -- doctor ${join(few, 's0.yml')} --fix, or aws elbv2 `,
    );
    expect(stdout.text()).toMatch(
      /: 1 error, 0 warnings, 0 notes\nAfter --fix: 1 service looked at, controller in ap-northeast-1: 0 errors, 0 warnings, 0 notes\n$/,
    );
    expect(stderr.text()).toContain('  path: /other -> /health\nSet it? y/N set, and read back as the policy says\n');
    expect(stderr.text()).toContain('\r  read 7 of 7');
    expect(code).toBe(0);
  });

  it('looks for the alarms of a stage in each region, and says how to deploy what lacks them', async () => {
    const there = new Set<string>();
    aws.answer = (asked) => {
      if (asked.operation === 'DescribeAlarms') {
        const { AlarmNames } = JSON.parse(asked.body) as { readonly AlarmNames: readonly string[] };
        const MetricAlarms = AlarmNames.filter((name) => there.has(name)).map((AlarmName) => ({
          AlarmName,
          StateValue: 'OK',
        }));
        return json({ MetricAlarms });
      }
      if (asked.operation === 'GetRole') return xmlError('AccessDenied', 'no', 403);
      return answerFor(asked, COUNT);
    };
    const found = async () => {
      const { out } = await evenkeel(['doctor', few, '--stage', 'dev', '--json']);
      const findings: DoctorEntry[] = JSON.parse(out).findings;
      return findings.filter(({ code }) => code === 'ALARMS_MISSING');
    };
    for (const at of [0, 1, 2]) there.add(`evenkeel-dev-s${at}-healthy-hosts-low`);
    for (const side of ['high', 'low']) there.add(`evenkeel-dev-s1-cpu-${side}`);
    expect(await found()).toMatchObject([
      {
        severity: 'warning',
        services: ['s0', 's2'],
        found: expect.stringContaining('that alarms of it are not in eu-west-1'),
        wayOut:
          'npx serverless deploy --config serverless.outpost.yml --stage dev --region eu-west-1 --param controllerRegion=ap-northeast-1',
      },
    ]);
    expect(countOf('DescribeAlarms')).toBe(2);
    there.clear();
    expect(await found()).toMatchObject([
      { services: ['s0', 's1', 's2'], wayOut: 'npx serverless deploy --stage dev' },
      { services: ['s0', 's1', 's2'], wayOut: expect.stringContaining('serverless.outpost.yml') },
    ]);
  });

  it('compares a deployed role and table when a stage is named', async () => {
    aws.answer = (asked) => {
      if (asked.operation === 'GetRole') return xmlError('NoSuchEntity', 'The role cannot be found.', 404);
      if (asked.operation === 'DescribeTimeToLive') return jsonError('ResourceNotFoundException', 'no table');
      return answerFor(asked, COUNT);
    };
    const { code, out } = await evenkeel(['doctor', few, '--stage', 'dev', '--json']);
    expect(code).toBe(1);
    const [finding, ...more] = JSON.parse(out).findings;
    expect(finding).toMatchObject({
      code: 'NOT_DEPLOYED',
      services: ['s0', 's1', 's2'],
      key: 'policy',
      found: 'no role evenkeel-dev-ap-northeast-1-lambdaRole',
      wayOut: 'npx serverless deploy --stage dev',
    });
    expect(more).toEqual([]);
  });
});
