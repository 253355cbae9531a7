/** Something happens to a process at one step of a cycle that acts: it is frozen, or killed. */
import { expect } from 'vitest';
import { runRound } from '../../../lib/controller/cycle.ts';
import { runTick } from '../../../lib/controller/rounds.ts';
import type { Sleeper } from '../../../lib/sim/clock.ts';
import type { WriteEvent } from '../../../lib/sim/history.ts';
import type { DynamoServer } from '../../contract/dynamo-server.ts';
import { prepare } from './race.ts';
import { ROUND_MS, type Scene } from './scenes.ts';
import { type ControllerOptions, createStand, type Stand, type StandCall, type Twist } from './stand.ts';

export const TICK_MS = 60_000;

/** Where a cycle stands: the calls of one that acts, in their order. */
export type Step =
  | 'after loading'
  | 'decided, before saving'
  | 'saved, before acting'
  | 'in the gate, before the table answers'
  | 'in the gate, before the account answers'
  | 'in the gate, before the charge'
  | 'in the gate, the charge made';

export interface Moment {
  readonly when: 'before' | 'after';
  readonly matches: (call: StandCall) => boolean;
}

const isSave = ({ operation, input }: StandCall): boolean =>
  operation === 'PutItem' && (input as { Item: { sk: { S: string } } }).Item.sk.S === 'state';
const isCharge = ({ operation, input }: StandCall): boolean =>
  operation === 'PutItem' && (input as { Item: { sk: { S: string } } }).Item.sk.S === 'budget';
export const isCall =
  (...operations: string[]) =>
  ({ operation }: StandCall): boolean =>
    operations.includes(operation);

/** The moments of a step, one after the other. */
export const STEPS: Readonly<Record<Step, readonly Moment[]>> = {
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

export const writesOf = (stand: Stand, caller: string): WriteEvent[] =>
  stand.world.history.events.filter((e): e is WriteEvent => e.kind === 'write' && e.caller === caller);

export interface Struck {
  readonly stand: Stand;
  readonly markMs: number;
  /** When the process was frozen or killed. */
  readonly struckMs: number;
}

/** Rounds of a loop until something happens to it in the one in which it acts. */
export async function strike(
  dynamo: DynamoServer,
  scene: Scene,
  seed: number,
  step: readonly Moment[],
  how: (sleeper: Sleeper, nowMs: number, stand: Stand) => void,
  options: ControllerOptions = {},
): Promise<Struck> {
  const tableName = await dynamo.createTable();
  const stand = createStand({ dynamo, tableName, seed, policies: scene.policies, options: scene.options ?? {} });
  const markMs = await prepare(scene, stand);
  let struckMs = 0;
  const trap = striking(step, (sleeper) => {
    struckMs = stand.nowMs();
    how(sleeper, struckMs, stand);
  });
  const { ports, memory } = stand.controller('unlucky', { ...options, twist: trap.twist });
  const { lease } = await stand.table.loadController();
  if (lease === null) throw new Error('the lease was not taken');
  for (let atMs = markMs; !trap.isArmed; atMs += ROUND_MS) {
    const state = (await stand.table.load(['web'])).states.get('web');
    trap.isArmed = state !== undefined && scene.isDecisive?.(state) === true;
    await stand.world.run(atMs);
    const round = runRound(ports, memory, scene.policies, lease, atMs);
    round.catch(() => undefined);
    await stand.world.run(atMs + ROUND_MS - 600);
  }
  if (!trap.hasStruck()) throw new Error('the step did not come');
  return { stand, markMs, struckMs };
}

/** Ticks as the schedule sends them, each taking over from the one before. */
export async function ticks(stand: Stand, scene: Scene, fromMs: number, count: number): Promise<void> {
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
