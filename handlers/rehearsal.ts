/** The production functions over one sandbox of a simulated account: what a drill runs. */
import type { Context } from 'aws-lambda';
import { newMemory } from '../lib/controller/cycle.ts';
import type { Rig } from '../lib/drill/rig.ts';
import type { SimulatedContext } from '../lib/sim/world.ts';
import { onAlarm } from './on-alarm.ts';
import { onTick } from './on-tick.ts';
import { operate } from './operate.ts';
import { type Build, compose, portsOver, type Runtime } from './runtime.ts';
import { type Served, servingFrom } from './served.ts';

/** Lambda's deprecated callbacks, which nothing of ours calls. */
const NO_CALLBACKS = { done: () => undefined, fail: () => undefined, succeed: () => undefined };

export const rig: Rig = (caller, { state, journal, onServed }, deployed) => {
  const ports = portsOver(caller.clients, { clock: caller.clock, probe: caller.probe, state, journal });
  const serve =
    typeof deployed === 'function'
      ? servingFrom(ports, deployed)
      : (): Promise<Served> => Promise.resolve({ policies: deployed, problems: [] });
  const policies = async (keepGood: boolean): Promise<Served> => {
    const served = await serve(keepGood);
    onServed?.(served.policies);
    return served;
  };
  const runtime: Runtime = { ports, memory: newMemory(), policies, middlewares: [] };
  const over = (build: Build) => {
    const handler = compose(build, runtime);
    return (event: unknown, context: SimulatedContext) => handler(event, { ...context, ...NO_CALLBACKS } as Context);
  };
  return { onTick: over(onTick), onAlarm: over(onAlarm), operate: over(operate) };
};
