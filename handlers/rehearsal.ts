/** The production functions over one sandbox of a simulated account: what a drill runs. */
import type { Context } from 'aws-lambda';
import { newMemory } from '../lib/controller/cycle.ts';
import type { Rig } from '../lib/drill/rig.ts';
import { EVENKEEL } from '../lib/policy/alarm-name.ts';
import type { Handler } from '../lib/sim/world.ts';
import { drillBy } from './drill-by.ts';
import { onAlarm } from './on-alarm.ts';
import { onTick } from './on-tick.ts';
import { operate } from './operate.ts';
import { type Build, compose, portsOver, type Runtime } from './runtime.ts';
import { type Served, servingFrom } from './served.ts';

/** Lambda's deprecated callbacks, which nothing of ours calls. */
const NO_CALLBACKS = { done: () => undefined, fail: () => undefined, succeed: () => undefined };

/** The runtime of one sandbox. */
export function runtimeOf(...[caller, { state, journal, onServed }, deployed]: Parameters<Rig>): Runtime {
  const ports = portsOver(caller.clients, { clock: caller.clock, probe: caller.probe, state, journal });
  const read =
    typeof deployed === 'function'
      ? servingFrom(ports, deployed)
      : (): Promise<Served> => Promise.resolve({ policies: deployed, problems: [] });
  const policies = async (keepGood: boolean): Promise<Served> => {
    const served = await read(keepGood);
    onServed?.(served.policies);
    return served;
  };
  // The simulated account has one controller, of no stage.
  return { name: EVENKEEL, ports, memory: newMemory(), region: caller.region, policies, middlewares: [] };
}

/** One function over a runtime, to be called with the simulator's context. */
export function serve(build: Build, runtime: Runtime): Handler {
  const handler = compose(build, runtime);
  return (event, context) => handler(event, { ...context, ...NO_CALLBACKS } as Context);
}

export const rig: Rig = (...sandbox) => {
  const runtime = runtimeOf(...sandbox);
  return {
    onTick: serve(onTick, runtime),
    onAlarm: serve(onAlarm, runtime),
    operate: serve(operate, runtime),
    drill: serve(drillBy(rig), runtime),
  };
};
