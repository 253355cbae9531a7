/** A process that is frozen for 40 s, or killed, at each step between reading the table and knowing what came of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runRound } from '../../../lib/controller/cycle.ts';
import { runTick } from '../../../lib/controller/rounds.ts';
import type { Sleeper } from '../../../lib/sim/clock.ts';
import type { WriteEvent } from '../../../lib/sim/history.ts';
import { type DynamoServer, startDynamo } from '../../contract/dynamo-server.ts';
import { judge } from './evidence.ts';
import { prepare } from './race.ts';
import { oneServerFails, ROUND_MS, type Scene, siteFails } from './scenes.ts';
import { createStand, type Stand, type StandCall, type Twist } from './stand.ts';

let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const FROZEN_MS = 40_000;
const TICK_MS = 60_000;

/** Where a cycle stands: the calls of one that acts, in their order. */
type Step =
  | 'after loading'
  | 'decided, before saving'
  | 'saved, before acting'
  | 'in the gate, before the table answers'
  | 'in the gate, before the account answers'
  | 'in the gate, before the charge'
  | 'in the gate, the charge made';

interface Moment {
  readonly when: 'before' | 'after';
  readonly matches: (call: StandCall) => boolean;
}

const isSave = ({ operation, input }: StandCall): boolean =>
  operation === 'PutItem' && (input as { Item: { sk: { S: string } } }).Item.sk.S === 'state';
const isCharge = ({ operation, input }: StandCall): boolean =>
  operation === 'PutItem' && (input as { Item: { sk: { S: string } } }).Item.sk.S === 'budget';
const isCall =
  (...operations: string[]) =>
  ({ operation }: StandCall): boolean =>
    operations.includes(operation);

/** The moments of a step, one after the other. */
const STEPS: Readonly<Record<Step, readonly Moment[]>> = {
  'after loading': [{ when: 'after', matches: isCall('BatchGetItem') }],
  'decided, before saving': [{ when: 'before', matches: isSave }],
  'saved, before acting': [{ when: 'after', matches: isSave }],
  'in the gate, before the table answers': [
    { when: 'after', matches: isSave },
    { when: 'after', matches: isCall('BatchGetItem') },
  ],
  'in the gate, before the account answers': [
    { when: 'after', matches: isSave },
    { when: 'after', matches: isCall('DescribeTargetHealth', 'DescribeAutoScalingGroups') },
  ],
  'in the gate, before the charge': [{ when: 'before', matches: isCharge }],
  'in the gate, the charge made': [{ when: 'after', matches: isCharge }],
};

/** Calls `strike` when the moments have come one after the other, once it is armed. */
function striking(step: readonly Moment[], strike: (sleeper: Sleeper) => void) {
  let left = step;
  const look =
    (when: Moment['when']) =>
    (call: StandCall, sleeper: Sleeper): undefined => {
      const [next, ...rest] = left;
      if (!trap.isArmed || next === undefined || next.when !== when || !next.matches(call)) return;
      left = rest;
      if (rest.length === 0) strike(sleeper);
    };
  const twist: Twist = { before: look('before'), after: look('after') };
  const trap = { isArmed: false, twist, hasStruck: () => left.length === 0 };
  return trap;
}

/** Whether the next round acts: one more round of what the last one saw. */
async function isDecisive(stand: Stand): Promise<boolean> {
  const state = (await stand.table.load(['web'])).states.get('web');
  return state !== undefined && (state.failover.primary.bad > 0 || Object.keys(state.health.targets).length > 0);
}

const writesOf = (stand: Stand, caller: string): WriteEvent[] =>
  stand.world.history.events.filter((e): e is WriteEvent => e.kind === 'write' && e.caller === caller);

interface Struck {
  readonly stand: Stand;
  readonly markMs: number;
  /** When the process was frozen or killed. */
  readonly struckMs: number;
}

/** Rounds of a loop until something happens to it in the one in which it acts. */
async function strike(
  scene: Scene,
  seed: number,
  step: readonly Moment[],
  how: (sleeper: Sleeper, nowMs: number) => void,
): Promise<Struck> {
  const tableName = await dynamo.createTable();
  const stand = createStand({ dynamo, tableName, seed, policies: scene.policies, options: scene.options ?? {} });
  const markMs = await prepare(scene, stand);
  let struckMs = 0;
  const trap = striking(step, (sleeper) => {
    struckMs = stand.nowMs();
    how(sleeper, struckMs);
  });
  const { ports, memory } = stand.controller('unlucky', { twist: trap.twist });
  const { lease } = await stand.table.loadController();
  if (lease === null) throw new Error('the lease was not taken');
  for (let atMs = markMs; !trap.isArmed; atMs += ROUND_MS) {
    trap.isArmed = await isDecisive(stand);
    await stand.world.run(atMs);
    const round = runRound(ports, memory, scene.policies, lease, atMs);
    round.catch(() => undefined);
    await stand.world.run(atMs + ROUND_MS - 600);
  }
  if (!trap.hasStruck()) throw new Error('the step did not come');
  return { stand, markMs, struckMs };
}

/** Ticks as the schedule sends them, each taking over from the one before. */
async function ticks(stand: Stand, scene: Scene, fromMs: number, count: number): Promise<void> {
  const running = Array.from({ length: count }, async (_, index) => {
    const owner = `tick-${index}`;
    const { ports, memory } = stand.controller(owner);
    await stand.world.clock.sleep(fromMs + index * TICK_MS - stand.nowMs());
    const untilMs = fromMs + (index + 1) * TICK_MS + 15_000;
    return runTick(ports, memory, scene.policies, { owner, rounds: null, untilMs });
  });
  const answers = await stand.until(Promise.all(running));
  expect(answers.flatMap(({ problems }) => problems)).toEqual([]);
}

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
    const struck = await strike(scene, 11, STEPS[step], freeze);
    const { stand, struckMs } = struck;
    const before = writesOf(stand, 'unlucky').length;
    await stand.world.run(struckMs + FROZEN_MS + 5000);
    expect(writesOf(stand, 'unlucky').slice(before)).toEqual([]);
    // Whoever comes later does what is left, once.
    await ticks(stand, scene, struckMs + FROZEN_MS + 6000, 1);
    expect(await verdict(scene, struck)).toEqual([]);
  });

  test('a process that is frozen for 40 s acts on nothing when it wakes beside a successor that did it', async () => {
    const struck = await strike(scene, 12, STEPS[step], freeze);
    const { stand, struckMs } = struck;
    const before = writesOf(stand, 'unlucky').length;
    await ticks(stand, scene, struckMs + 5000, 1);
    expect(writesOf(stand, 'unlucky').slice(before)).toEqual([]);
    expect(await verdict(scene, struck)).toEqual([]);
  });

  test('a process that is killed is made up for within two ticks, and nothing is done twice', async () => {
    const struck = await strike(scene, 13, STEPS[step], (sleeper) => {
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
    const struck = await strike(scene, 14, [{ when: 'after', matches: isCall(operation) }], (sleeper) => {
      sleeper.killed = true;
    });
    await ticks(struck.stand, scene, struck.struckMs + TICK_MS / 2, 2);
    expect(await verdict(scene, struck)).toEqual([]);
  });
});
