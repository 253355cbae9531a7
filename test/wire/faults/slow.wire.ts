/** Everything that one service needs answers late, each call within its own time: together they are more than a round. */
import { expect, it } from 'vitest';
import { groupNow, HOME } from '../lab.ts';
import { expectInTime, expectServed } from './faults.ts';
import { stage } from './stage.ts';

const on = stage();

it('cuts the round for who is slow, serves the others and writes down what they did, and what became of the slow one', async () => {
  const its = await on.begin({ desired: 1, busy: true });
  its.breaks((call) => {
    const isIts = call.service === 'dynamodb' ? call.body.includes('"service#web"') : call.region === HOME;
    const isShared = call.operation === 'BatchWriteItem' || call.body.includes('#web-');
    return isIts && !isShared ? { kind: 'late', ms: 1200 } : null;
  });
  const round = await its.together();
  expectInTime(round);
  expect(round.result.problems).toMatchObject([{ code: 'ROUND_CUT', service: 'web' }]);
  await expectServed(on.moto, on.others, round.result);
  for (const { service } of on.others) expect(await its.log(service)).toHaveLength(1);

  // Its own write was under way when the round ended, and was done in time to be allowed.
  its.breaks(() => null);
  await expect
    .poll(async () => (await groupNow(on.moto, HOME, 'exercise-group')).DesiredCapacity, { timeout: 5000 })
    .toBe(2);
  await its.together();
  await its.together();
  expect(on.aws.calls.filter((c) => c.operation === 'SetDesiredCapacity' && c.region === HOME)).toHaveLength(1);
  const outs = (await its.log()).flatMap((l) => l.decisions).filter((d) => d.reason === 'SCALE_OUT');
  expect(outs).toMatchObject([{ applied: true }]);
});
