import { expect, it } from 'vitest';
import { realClock } from '../../lib/cli/account.ts';

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
