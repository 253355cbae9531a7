import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { portsOver } from '../../handlers/runtime.ts';
import { awsClients } from '../../lib/aws/clients.ts';
import { httpProbe } from '../../lib/aws/probe.ts';
import { newMemory, runRound } from '../../lib/controller/cycle.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';
import { buildLab, buildZone, groupNow, HOME, labText, policyFrom, reportCpu, weightsNow } from './lab.ts';
import { wire } from './wire.ts';

const here = wire();

it('grows the group of the course when its CPU passes 80 %', async () => {
  const { moto } = here;
  const policy = policyFrom(
    labText(await buildZone(moto), 0, (t) => t.replace('warmupSeconds: 120', 'warmupSeconds: 1')),
  );
  await buildLab(moto, policy, 1);
  await reportCpu(moto, HOME, 'exercise-group', 95);
  const clock = { nowMs: () => Date.now(), sleep: async (ms: number) => void (await sleep(Math.max(0, ms))) };
  const journal = { write: () => undefined, count: () => undefined };
  const ports = portsOver(awsClients(), { clock, probe: httpProbe(), state: memoryState(), journal });
  const round = await runRound(ports, newMemory(), [policy], null, Date.now());
  expect(round.problems).toEqual([]);
  expect((await groupNow(moto, HOME, 'exercise-group')).DesiredCapacity).toBe(2);
  expect(await weightsNow(moto, policy)).toEqual({ seoul: 100, tokyo: 0 });
});
