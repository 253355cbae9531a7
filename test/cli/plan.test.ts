// Over HTTP to a server that answers as AWS does; moto is asked in test/wire.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { awsServer, jsonError, xmlError } from '../aws/aws-server.ts';
import { answerFor, policyTexts } from '../doctor/many-services.ts';
import { evenkeel } from './capture.ts';

const aws = awsServer();
const COUNT = 23;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-plan-'));
  await Promise.all(policyTexts(COUNT).map((text, index) => writeFile(join(folder, `s${index}.yml`), text)));
});
beforeEach(() => {
  aws.answer = (asked) => answerFor(asked, COUNT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const plan = (...args: string[]) => evenkeel(['plan', '--policy', folder, ...args]);

describe('plan', () => {
  it('looks at all services, ten at a time, with the state of the table that the stage has', async () => {
    const { code, out, err } = await plan('--stage', 'dev');
    expect(err).toBe('');
    expect(out).toContain('State from table evenkeel-dev in ap-northeast-1\n\ns0 (mode enforce)\n');
    expect(out.match(/STEADY +steady at 1: the signals ask for 1/g)).toHaveLength(COUNT);
    expect(out).toMatch(/23 services looked at: 0 would be changed, 23 not\. Nothing was changed\.\n$/);
    expect(code).toBe(0);
    // Once to see whether there is a table, and once for each look.
    expect(aws.asked.filter(({ operation }) => operation === 'BatchGetItem')).toHaveLength(4);
  });

  it('explains in words or prints JSON, which has every decision in full', async () => {
    const { code, err } = await plan('--json', '--explain');
    expect(code).toBe(2);
    expect(err).toContain('error: found both --json and --explain; expected one of them');
    expect(aws.asked).toEqual([]);
  });

  it('looks at those that are named', async () => {
    const { out } = await plan('s3', 's5', '--region', 'eu-north-1');
    expect(out).toContain('in eu-north-1');
    expect(out.match(/\(mode enforce\)/g)).toHaveLength(2);
  });

  it('tells a table that it may not read, and does not take it for an empty one', async () => {
    aws.answer = (asked) =>
      asked.operation === 'BatchGetItem'
        ? jsonError('AccessDeniedException', 'not authorized to perform: dynamodb:BatchGetItem')
        : answerFor(asked, COUNT);
    const { code, out, err } = await plan();
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('not authorized to perform: dynamodb:BatchGetItem');
  });

  it('tells credentials that AWS refuses', async () => {
    aws.answer = () => jsonError('UnrecognizedClientException', 'The security token is invalid.');
    const { code, err } = await plan();
    expect(code).toBe(2);
    expect(err).toContain('error: AWS refuses your credentials (UnrecognizedClientException: The security token');
  });

  it('does not take a web server that knows no AWS for an account without a table', async () => {
    aws.answer = () => ({ status: 404, type: 'text/html', body: '<html><body><h1>404 Not Found</h1></body></html>' });
    const { code, out, err } = await plan();
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('the state cannot be read, and without it nothing can be said');
  });

  it('ends with 1 when a policy cannot be read, and plans the others', async () => {
    const bad = join(folder, 'bad.yaml');
    await writeFile(bad, 'service: x\n');
    const { code, out } = await evenkeel(['plan', '--policy', bad, '--policy', join(folder, 's0.yml')]);
    await rm(bad);
    expect(out).toContain('1 service looked at');
    expect(code).toBe(1);
  });

  it('says what could not be read, decides nothing from it, and ends with 1', async () => {
    aws.answer = (asked) =>
      asked.operation === 'DescribeTargetHealth' ? xmlError('AccessDenied', 'no', 403) : answerFor(asked, COUNT);
    const { code, out } = await plan('s0');
    expect(out).toContain('  not read  primary.targets: denied\n');
    expect(out).toMatch(
      /0 would be changed, 1 not\. .+ 1 could not be seen in full: npm run -s evenkeel -- doctor \S+ finds out more\.\n$/,
    );
    expect(code).toBe(1);
  });

  it('ends with 1 when a group is not there: it was not looked at', async () => {
    aws.answer = (asked) => {
      if (asked.operation === 'DescribeAutoScalingGroups') asked.form.delete('AutoScalingGroupNames.member.1');
      return answerFor(asked, COUNT);
    };
    const { code, out } = await plan('s0', 's1');
    expect(out).toContain('  not read  primary.fleet: not-found\n');
    expect(out).toContain('2 services looked at: 0 would be changed, 2 not. Nothing was changed. 1 could not be seen');
    expect(code).toBe(1);
    expect((await plan('s0', '--json')).code).toBe(1);
  });
});
