import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { onAlarm } from '../../handlers/on-alarm.ts';
import { onTick } from '../../handlers/on-tick.ts';
import { operate } from '../../handlers/operate.ts';
import { productionRuntime } from '../../handlers/production.ts';
import { compose, lambda } from '../../handlers/runtime.ts';
import { tracing } from '../../handlers/tracing.ts';
import { PortError } from '../../lib/ports.ts';
import { rehearse } from './runtime.ts';

const POLICIES = fileURLToPath(new URL('../../policies/', import.meta.url));
const CONTEXT = { awsRequestId: 'r', getRemainingTimeInMillis: () => 30_000 } as Parameters<
  ReturnType<typeof lambda>
>[1];

/** Lines that Powertools wrote meanwhile: it has a console of its own. */
function listen(): string[] {
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  }
  return lines;
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the functions as they are deployed', () => {
  test('a Lambda without a table does not start', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'onAlarm');
    vi.stubEnv('EVENKEEL_TABLE', '');
    expect(() => lambda(onAlarm)).toThrow(/EVENKEEL_TABLE is not set/);
  });

  test('elsewhere the state is in memory, which is said once; an event that is no event is refused', async () => {
    vi.stubEnv('EVENKEEL_TABLE', '');
    vi.stubEnv('EVENKEEL_POLICIES', POLICIES);
    const lines = listen();
    const handler = lambda(onAlarm);
    for (let i = 0; i < 2; i += 1) {
      expect(await handler({ nothing: true }, CONTEXT)).toMatchObject({
        trigger: { kind: 'refused' },
        problems: [{ code: 'BAD_EVENT' }],
      });
    }
    expect(lines.filter((line) => line.includes('the state is kept in memory'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('RefusedEvents')).length).toBeGreaterThan(0);
  });

  test.each(['fast', '1', '1001', '-8'])(
    'a Lambda that is told to read %s target groups a second does not start',
    (given) => {
      const env = { EVENKEEL_POLICIES: POLICIES, EVENKEEL_TARGET_READS_PER_SECOND: given };
      expect(() => productionRuntime(env, tracing())).toThrow(
        `EVENKEEL_TARGET_READS_PER_SECOND is "${given}": it must be a number from 2 to 1000`,
      );
    },
  );

  test('reads as many target groups at once as five seconds bring', () => {
    listen();
    const left = (env: Record<string, string>): number =>
      productionRuntime({ EVENKEEL_POLICIES: POLICIES, ...env }, tracing()).ports.targets.readsLeft('eu-west-1');
    expect(left({})).toBe(40);
    expect(left({ EVENKEEL_TARGET_READS_PER_SECOND: '100' })).toBe(500);
  });

  test('the folder of the environment is served, with a real clock and a journal that counts by policy', async () => {
    const lines = listen();
    const env = {
      EVENKEEL_POLICIES: POLICIES,
      EVENKEEL_TABLE: 'evenkeel-test',
      POWERTOOLS_SERVICE_NAME: 'evenkeel-dev',
    };
    const runtime = productionRuntime(env, tracing());
    expect(runtime.name).toBe('evenkeel-dev');
    const { clock, journal } = runtime.ports;
    const beganMs = clock.nowMs();
    await clock.sleep(5);
    await clock.sleep(-1);
    expect(clock.nowMs()).toBeGreaterThan(beganMs);
    expect(() => journal.count('HealthyTargets', 2, 'web')).not.toThrow();
    journal.write('info', 'cycle', { service: 'web', decisions: [] });
    const [logged = '', ...others] = lines.filter((line) => line.includes('"message"'));
    expect(JSON.parse(logged)).toMatchObject({ message: 'cycle', policy: 'web', decisions: [] });
    expect(others).toEqual([]);
    const served = await runtime.policies(false);
    expect(served.policies.map((p) => p.service)).toEqual(['api', 'fleet', 'web']);
    expect(served.problems).toEqual([]);
  });

  test('publishes what was counted, also when the function fails, and does not warn when nothing was', async () => {
    const lines = listen();
    const warned = vi.spyOn(console, 'warn');
    const runtime = productionRuntime({ EVENKEEL_POLICIES: POLICIES }, tracing());
    await compose(() => async () => 'nothing to count', runtime)({}, CONTEXT);
    expect(lines.join('')).not.toContain('No application metrics');
    expect(warned).not.toHaveBeenCalled();
    const counts = () => async () => runtime.ports.journal.count('Ticks', 1);
    await compose(counts, runtime)({}, CONTEXT);
    const fails = () => async () => {
      runtime.ports.journal.count('Failures', 1);
      throw new Error('it failed');
    };
    await expect(compose(fails, runtime)({}, CONTEXT)).rejects.toThrow('it failed');
    for (const metric of ['Ticks', 'Failures'])
      expect(lines.filter((line) => line.includes('CloudWatchMetrics') && line.includes(`"${metric}"`))).toHaveLength(
        1,
      );
  });

  test('without a folder in the environment the packaged policies are served', async () => {
    listen();
    const served = await productionRuntime({}, tracing()).policies(false);
    expect(served.policies.map((p) => p.service)).toEqual(['api', 'fleet', 'web']);
  });

  test('without credentials every function says so by the same code, and how to sign in', async () => {
    const { runtime } = rehearse();
    const cause = Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
    const denied = () => Promise.reject(new PortError('Denied', 'load 1 states from evenkeel-prod', { cause }));
    const state = { ...runtime.ports.state, load: denied, loadController: denied };
    const without = { ...runtime, ports: { ...runtime.ports, state } };
    const alarm = JSON.parse(readFileSync(new URL('../../events/alarm-eventbridge.json', import.meta.url), 'utf8'));
    const message = expect.stringMatching(
      /: there are no AWS credentials \(.+Could not load.+\); sign in first \(aws sso/,
    );
    for (const answer of [
      operate(without)({ order: 'status' }, CONTEXT),
      onAlarm(without)(alarm, CONTEXT),
      onTick(without)({ rounds: 1 }, CONTEXT),
    ])
      expect(await answer).toMatchObject({ problems: [{ code: 'NO_STATE', message }] });
  });

  test('a table that does not answer an order is a problem of the answer, and a bug is a bug', async () => {
    const { runtime } = rehearse();
    const failing = (error: Error) => ({
      ...runtime,
      ports: { ...runtime.ports, state: { ...runtime.ports.state, load: () => Promise.reject(error) } },
    });
    const away = failing(new PortError('Unavailable', 'no answer from the table'));
    expect(await operate(away)({ order: 'status' }, CONTEXT)).toMatchObject({
      problems: [{ code: 'NO_STATE', message: 'nothing was done: no answer from the table' }],
    });
    await expect(operate(failing(new TypeError('ours')))({ order: 'status' }, CONTEXT)).rejects.toThrow('ours');
  });
});
