import { env } from 'node:process';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../../lib/cli/run.ts';
import { evenkeel, sink } from '../cli/capture.ts';
import { type Call, doctoring, WRITES } from './doctoring.ts';
import { HOME } from './lab.ts';

const about = doctoring();

describe('doctor --fix', () => {
  const otherwise = {
    HealthCheckPath: '/',
    HealthCheckIntervalSeconds: 30,
    HealthCheckTimeoutSeconds: 5,
    UnhealthyThresholdCount: 5,
    Matcher: { HttpCode: '200-399' },
  };
  const asItWas = {
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    UnhealthyThresholdCount: 2,
    Matcher: { HttpCode: '200' },
  };
  const set = (args: object): Call => [
    'modify_target_group',
    { TargetGroupArn: about.lab.primaryTargetGroup, ...args },
  ];

  /** Runs it with somebody at a terminal who types this. */
  async function atTerminal(typed: string) {
    const [stdout, stderr] = [sink(), sink()];
    const io = {
      env,
      stdin: Object.assign(Readable.from([typed]), { isTTY: true }),
      stdout: stdout.stream,
      stderr: stderr.stream,
    };
    const code = await run(['doctor', about.lab.file, '--fix'], io);
    return { code, err: stderr.text() };
  }

  it('refuses without a terminal and without --yes, before it reads anything', async () => {
    const { code, err } = await evenkeel(['doctor', about.lab.file, '--fix']);
    expect(code).toBe(2);
    expect(err).toContain('add --yes to change without asking');
    expect(about.here.proxy.calls).toEqual([]);
  });

  it('asks with every change named, and changes nothing when the answer is no, or nothing', async () => {
    await about.broken('elbv2', HOME, set(otherwise), set(asItWas));
    for (const typed of ['n\n', '\n', '']) {
      const { code, err } = await atTerminal(typed);
      expect(err).toContain('web: the health check of exercise-target-group in ap-northeast-2\n  path: / -> /health\n');
      expect(err).toContain('  intervalSeconds: 30 -> 5\n');
      expect(err).toContain('Set it? y/N left as it is');
      expect(code).toBe(1);
    }
    expect(await about.targetGroup()).toMatchObject(otherwise);
  });

  it('changes what differs when the answer is yes', async () => {
    await about.broken('elbv2', HOME, set(otherwise), set(asItWas));
    const { code, err } = await atTerminal('y\n');
    expect(err).toContain('set, and read back as the policy says');
    expect(code).toBe(0);
    expect(await about.targetGroup()).toMatchObject(asItWas);
  });

  it('does not ask with --yes, and changes nothing else', async () => {
    await about.broken('elbv2', HOME, set({ HealthCheckPath: '/' }), set(asItWas));
    const before = await about.targetGroup();
    const { code, fixes } = await about.doctor('--fix', '--yes');
    expect(fixes).toMatchObject([{ service: 'web', targetGroup: 'exercise-target-group', result: 'set' }]);
    expect(code).toBe(0);
    expect(await about.targetGroup()).toEqual({ ...before, HealthCheckPath: '/health' });
    const [modify, ...more] = about.here.proxy.calls.filter(({ operation }) => WRITES.test(operation));
    expect(more).toEqual([]);
    expect(new URLSearchParams(modify?.body).get('HealthCheckIntervalSeconds')).toBeNull();
  });

  it('tells when AWS refuses, and when it shows something else afterwards', async () => {
    await about.broken('elbv2', HOME, set({ HealthCheckPath: '/' }), set(asItWas));
    about.here.proxy.rule = ({ operation }) =>
      operation === 'ModifyTargetGroup' ? { kind: 'error', status: 403, code: 'AccessDenied' } : null;
    const refused = await about.doctor('--fix', '--yes');
    expect(refused.fixes).toMatchObject([{ result: 'failed' }]);
    expect(refused.code).toBe(1);
    about.here.proxy.rule = ({ operation }) =>
      operation === 'ModifyTargetGroup'
        ? {
            kind: 'canned',
            body: '<ModifyTargetGroupResponse><ModifyTargetGroupResult><TargetGroups/></ModifyTargetGroupResult></ModifyTargetGroupResponse>',
          }
        : null;
    const unlike = await about.doctor('--fix', '--yes');
    expect(unlike.fixes).toMatchObject([
      { result: 'unlike', message: 'AWS accepted it, but path is / and not /health' },
    ]);
    expect(unlike.code).toBe(1);
  });
});
