/** A process that is frozen for 40 s, or killed, at each step between reading the table and knowing what came of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sleeper } from '../../../lib/sim/clock.ts';
import { type DynamoServer, startDynamo } from '../../contract/dynamo-server.ts';
import { judge } from './evidence.ts';
import { oneServerFails, type Scene, siteFails } from './scenes.ts';
import { isCall, STEPS, type Step, type Struck, strike, TICK_MS, ticks, writesOf } from './strike.ts';

let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const FROZEN_MS = 40_000;

const verdict = async (scene: Scene, { stand, markMs }: Struck): Promise<readonly string[]> =>
  (await judge(scene, { stand, markMs, reports: [], problems: {} })).wrong;

const CHARGING: readonly Step[] = ['in the gate, before the charge', 'in the gate, the charge made'];
const CASES = (Object.keys(STEPS) as Step[]).flatMap((step): [Step, string, Scene][] => [
  [step, oneServerFails.name, oneServerFails],
  // A trip reads nothing more than the table at the gate: the move itself is the check.
  ...(CHARGING.includes(step) || step === 'in the gate, before the account answers'
    ? []
    : [[step, siteFails.name, siteFails] as [Step, string, Scene]]),
]);

describe.each(CASES)('%s, when %s', (step, _, scene) => {
  const freeze = (sleeper: Sleeper, nowMs: number): void => {
    sleeper.pausedUntilMs = nowMs + FROZEN_MS;
  };

  test('a process that is frozen for 40 s acts on nothing when it wakes, though nobody else did anything', async () => {
    const struck = await strike(dynamo, scene, 11, STEPS[step], freeze);
    const { stand, struckMs } = struck;
    const before = writesOf(stand, 'unlucky').length;
    await stand.world.run(struckMs + FROZEN_MS + 5000);
    expect(writesOf(stand, 'unlucky').slice(before)).toEqual([]);
    // Whoever comes later does what is left, once.
    await ticks(stand, scene, struckMs + FROZEN_MS + 6000, 1);
    expect(await verdict(scene, struck)).toEqual([]);
  });

  test('a process that is frozen for 40 s acts on nothing when it wakes beside a successor that did it', async () => {
    const struck = await strike(dynamo, scene, 12, STEPS[step], freeze);
    const { stand, struckMs } = struck;
    const before = writesOf(stand, 'unlucky').length;
    await ticks(stand, scene, struckMs + 5000, 1);
    expect(writesOf(stand, 'unlucky').slice(before)).toEqual([]);
    expect(await verdict(scene, struck)).toEqual([]);
  });

  test('a process that is killed is made up for within two ticks, and nothing is done twice', async () => {
    const struck = await strike(dynamo, scene, 13, STEPS[step], (sleeper) => {
      sleeper.killed = true;
    });
    const { stand, struckMs } = struck;
    await ticks(stand, scene, struckMs + TICK_MS / 2, 2);
    expect(await verdict(scene, struck)).toEqual([]);
  });
});

describe('killed after the account was changed and before that was saved', () => {
  test.each<[string, Scene]>([
    ['DeregisterTargets', oneServerFails],
    ['SetInstanceHealth', oneServerFails],
    ['ChangeResourceRecordSets', siteFails],
  ])('%s is not done again', async (operation, scene) => {
    const struck = await strike(dynamo, scene, 14, [{ when: 'after', matches: isCall(operation) }], (sleeper) => {
      sleeper.killed = true;
    });
    await ticks(struck.stand, scene, struck.struckMs + TICK_MS / 2, 2);
    expect(await verdict(scene, struck)).toEqual([]);
  });
});
