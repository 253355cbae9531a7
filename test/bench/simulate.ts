/** How much faster than real time the simulator runs the production functions. */
import { rig } from '../../handlers/rehearsal.ts';
import { createSettle } from '../../lib/cli/settle.ts';
import { createStage } from '../../lib/drill/stage.ts';
import { labPolicy, startBench } from './world.ts';

const HOUR_MS = 3_600_000;
const TARGETS = 20;

/** Before measuring: by then what is called often is compiled, as it is for all but the first of many seeds. */
const WARM_MS = 6 * HOUR_MS;

/** Simulated time over real time, single-threaded, for one service with 20 targets and 5 s rounds, over `hours` hours. */
export async function simulatedOverReal(hours: number): Promise<number> {
  const lab = labPolicy();
  const policy =
    lab.fleet === undefined ? lab : { ...lab, fleet: { ...lab.fleet, capacity: { min: 1, max: TARGETS } } };
  const { world } = startBench([policy], { servers: TARGETS });
  await world.run(world.startMs + WARM_MS);
  const began = performance.now();
  await world.run(world.clock.nowMs() + hours * HOUR_MS);
  const realMs = performance.now() - began;
  const { healthy } = world.view(policy.service).primary.targets;
  if (healthy !== TARGETS)
    throw new Error(`${healthy} of ${TARGETS} targets are healthy: this measured something else`);
  return (hours * HOUR_MS) / realMs;
}

const SERVICES = 5;

/** The same for five services of two targets as `simulate` plays them, every invariant checked at each step. */
export async function auditedOverReal(hours: number): Promise<number> {
  const policies = Array.from({ length: SERVICES }, (_, index) => labPolicy(index));
  const { world, violations } = createStage({
    policies,
    seed: 1,
    rig,
    settle: createSettle(),
    options: { servers: 2 },
  });
  await world.run(world.startMs + WARM_MS);
  const began = performance.now();
  await world.run(world.clock.nowMs() + hours * HOUR_MS);
  const realMs = performance.now() - began;
  if (violations.length > 0) throw new Error(`${violations[0]?.message}: this measured something else`);
  return (hours * HOUR_MS) / realMs;
}
