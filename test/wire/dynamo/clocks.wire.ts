/**
 * Clocks that are 2 s off. What depends on whose clock:
 *
 * | guarantee                             | rests on                                                                 |
 * |---------------------------------------|--------------------------------------------------------------------------|
 * | one writer for each version           | the table's condition on the version; on no clock                        |
 * | one holder for each lease epoch       | the table's own counting; on no clock                                    |
 * | only the newest holder's loop acts    | epoch and version, read again at the gate; on no clock                   |
 * | how soon a lease may be taken by hand | the taker's clock against the holder's: 2 s ahead takes it 2 s early     |
 * | nothing is done 4 s after it was decided | one process's own clock; a step back of 2 s while it acts makes it 6 s |
 * | two rounds are an interval apart      | the marks of whoever counts: clocks 2 s apart count up to 2 s too early  |
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runRound } from '../../../lib/controller/cycle.ts';
import { runTick } from '../../../lib/controller/rounds.ts';
import { type DynamoServer, startDynamo } from '../../contract/dynamo-server.ts';
import { judge } from './evidence.ts';
import { prepare, race } from './race.ts';
import { oneServerFails, SCENES, siteFails } from './scenes.ts';
import { type ControllerOptions, createStand, type Stand } from './stand.ts';
import { STEPS, strike, ticks, writesOf } from './strike.ts';

let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const OFF_MS = 2000;
type Skew = NonNullable<ControllerOptions['skewMs']>;

/** Right at first, then off at once, after so much of the race. */
const stepping =
  (byMs: number, afterMs: number) =>
  (stand: Stand): Skew => {
    const stepMs = stand.nowMs() + afterMs;
    return (worldMs) => (worldMs < stepMs ? 0 : byMs);
  };
const always = (byMs: number) => (): Skew => () => byMs;
const RIGHT = always(0);

/** The clocks of five controllers: two loops, three alarms. */
const CLOCKS: readonly [string, readonly ((stand: Stand) => Skew)[]][] = [
  ['the first loop is 2 s ahead', [always(OFF_MS)]],
  ['the first loop is 2 s behind', [always(-OFF_MS)]],
  ['its successor is 2 s ahead', [RIGHT, always(OFF_MS)]],
  ['its successor is 2 s behind', [RIGHT, always(-OFF_MS)]],
  ['the alarms are 2 s ahead and behind', [RIGHT, RIGHT, always(OFF_MS), always(-OFF_MS), RIGHT]],
  ['the clock of a loop steps forward by 2 s', [stepping(OFF_MS, 5300)]],
  ['the clock of a loop steps back by 2 s', [stepping(-OFF_MS, 5300)]],
];

describe.each(CLOCKS)('%s', (_, clocks) => {
  test('five controllers race and act once', async () => {
    for (const [index, scene] of SCENES.entries()) {
      const options = (controller: number, stand: Stand): ControllerOptions => ({
        skewMs: (clocks[controller] ?? RIGHT)(stand),
      });
      const raced = await race({ dynamo, scene, seed: 100 + index, controllers: 5, options });
      const { wrong } = await judge(scene, raced);
      expect(wrong, scene.name).toEqual([]);
    }
  });
});

describe('a lease', () => {
  test('is taken by hand up to 2 s early with a clock 2 s ahead, and its holder acts no more from then on', async () => {
    const tableName = await dynamo.createTable();
    const { policies, options = {} } = oneServerFails;
    const stand = createStand({ dynamo, tableName, seed: 5, policies, options });
    const markMs = await prepare(oneServerFails, stand);
    const { lease } = await stand.table.loadController();
    if (lease === null) throw new Error('the lease was not taken');
    const byHand = stand.controller('by-hand', { skewMs: () => OFF_MS });
    const tick = (owner: string) =>
      stand.until(
        runTick(byHand.ports, byHand.memory, policies, { owner, rounds: 1, untilMs: Number.MAX_SAFE_INTEGER }),
      );
    await stand.world.run(lease.untilMs - OFF_MS - 200);
    expect((await tick('too-early')).problems).toMatchObject([{ code: 'LEASE_HELD' }]);
    await stand.world.run(lease.untilMs - OFF_MS + 200);
    const answered = tick('early');
    await answered;
    expect((await stand.table.loadController()).lease).toMatchObject({ epoch: lease.epoch + 1, owner: 'early' });
    const holder = stand.controller('holder');
    const round = await stand.until(runRound(holder.ports, holder.memory, policies, lease, markMs + 75_000));
    expect(round.leaseLost).toBe(true);
    expect(writesOf(stand, 'holder')).toEqual([]);
  });
});

describe('the 4 s after which nothing is done any more are those of one process’s own clock', () => {
  const frozenFor = (ms: number, stepMs: number, seed: number) => {
    let struckMs = Number.POSITIVE_INFINITY;
    return strike(
      dynamo,
      siteFails,
      seed,
      STEPS['saved, before acting'],
      (sleeper, nowMs) => {
        struckMs = nowMs;
        sleeper.pausedUntilMs = nowMs + ms;
      },
      { skewMs: (worldMs) => (worldMs > struckMs ? stepMs : 0) },
    );
  };
  const moves = (stand: Stand) => writesOf(stand, 'unlucky').filter((w) => w.operation === 'ChangeResourceRecordSets');

  test.each([
    ['a right clock: frozen for 3 s it still acts', 3000, 0, 1],
    ['a right clock: frozen for 5 s it does not', 5000, 0, 0],
    ['a step forward makes them 2 s', 3000, OFF_MS, 0],
    ['a step back makes them 6 s', 5000, -OFF_MS, 1],
    ['and no more than 6', 7000, -OFF_MS, 0],
  ])('%s', async (_, ms, stepMs, expected) => {
    const { stand, struckMs } = await frozenFor(ms, stepMs, 21);
    await stand.world.run(struckMs + ms + 4000);
    expect(moves(stand)).toHaveLength(expected);
  });

  test('what a step back lets through is still stopped by the epoch of a successor', async () => {
    const { stand, struckMs } = await frozenFor(7000, -OFF_MS - 2000, 22);
    await ticks(stand, siteFails, struckMs + 3000, 1);
    expect(moves(stand)).toEqual([]);
    expect(stand.world.view('web').weights.recorded).toEqual({ seoul: 0, tokyo: 100 });
  });
});
