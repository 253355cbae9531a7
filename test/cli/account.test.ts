import { afterEach, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../lib/cli/account.ts';
import { evenkeel } from './capture.ts';

it('ends the sleeps that nobody waits for any more', async () => {
  const { clock, end } = realClock();
  const startedMs = clock.nowMs();
  const sleep = clock.sleep(60_000);
  await clock.sleep(-1);
  end();
  await sleep;
  await clock.sleep(60_000);
  expect(clock.nowMs() - startedMs).toBeLessThan(5000);
});

describe('an endpoint that the environment names', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['AWS_ENDPOINT_URL', 'nonsense'],
    ['AWS_ENDPOINT_URL', 'localhost:4566'],
    ['AWS_ENDPOINT_URL', 'http://'],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'ftp://localhost'],
    ['AWS_ENDPOINT_URL_ROUTE_53', '4566'],
  ])('is refused by its name before anything is asked: %s=%s', async (name, value) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
    vi.stubEnv(name, value);
    for (const argv of [
      ['plan', 'web'],
      ['doctor', 'policies/web.yml'],
      ['backtest', '--policy', 'policies/web.yml', '--cloudwatch', '2', '--fleet-size', '2'],
    ]) {
      const { code, out, err } = await evenkeel(argv);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(`error: ${name}: found ${value}; expected a URL like http://localhost:4566\n`);
    }
  });
});
