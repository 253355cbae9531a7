/** The production functions over one sandbox of a simulated account: what a drill runs. */
import type { Context } from 'aws-lambda';
import { newMemory } from '../lib/controller/cycle.ts';
import type { Rig } from '../lib/drill/rig.ts';
import type { SimulatedContext } from '../lib/sim/world.ts';
import { onAlarm } from './on-alarm.ts';
import { onTick } from './on-tick.ts';
import { operate } from './operate.ts';
import { type Build, compose, portsOver, type Runtime } from './runtime.ts';
import { serving } from './served.ts';

/** Lambda's deprecated callbacks, which nothing of ours calls. */
const NO_CALLBACKS = { done: () => undefined, fail: () => undefined, succeed: () => undefined };

export const rig: Rig = (caller, shared, policies, files) => {
  const ports = portsOver(caller.clients, { clock: caller.clock, probe: caller.probe, ...shared });
  const served = { policies, problems: [] };
  const serve =
    files === undefined
      ? () => Promise.resolve(served)
      : serving(ports, async () => ({ sources: files(), problems: [] }));
  const runtime: Runtime = { ports, memory: newMemory(), policies: serve, middlewares: [] };
  const handle = (build: Build) => {
    const handler = compose(build, runtime);
    return (event: unknown, context: SimulatedContext) => handler(event, { ...context, ...NO_CALLBACKS } as Context);
  };
  return { onTick: handle(onTick), onAlarm: handle(onAlarm), operate: handle(operate) };
};
