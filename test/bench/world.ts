/** A simulated account at rest, with the production functions in it, for measuring. */
import { readFileSync } from 'node:fs';
import { rig } from '../../handlers/rehearsal.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { Functions } from '../../lib/drill/rig.ts';
import { loadPolicies } from '../../lib/policy/load.ts';
import type { StatePort } from '../../lib/ports.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';
import { createWorld, type World, type WorldOptions } from '../../lib/sim/world.ts';

const WEB = new URL('../../policies/web.yml', import.meta.url);

/** The course's lab, its names made those of service number `index`. */
export function labPolicy(index = 0): Policy {
  const text = readFileSync(WEB, 'utf8');
  const { policies } = loadPolicies([{ file: 'web.yml', text: index === 0 ? text : renamed(text, index) }]);
  const policy = policies[0]?.policy;
  if (policy === undefined) throw new Error('policies/web.yml does not load');
  return policy;
}

function renamed(text: string, index: number): string {
  return text
    .replaceAll(/exercise-(group|target-group|standby-group|standby)\b/g, `exercise-$1-${index}`)
    .replace('service: web', `service: web-${index}`)
    .replaceAll('www.example.com', `www-${index}.example.com`);
}

export interface Bench {
  readonly world: World;
  /** Calls of the state's methods so far. */
  readonly stateCalls: Map<string, number>;
}

function counted(state: StatePort, calls: Map<string, number>): StatePort {
  return new Proxy(state, {
    get(target, name: string) {
      const method = Reflect.get(target, name);
      return (...args: unknown[]) => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return Reflect.apply(method, target, args);
      };
    },
  });
}

/** Starts the functions over a world made from these policies; nothing has run yet. */
export function startBench(policies: readonly Policy[], options: WorldOptions): Bench {
  const settle = () => new Promise((done) => setImmediate(done));
  const world = createWorld({ policies, seed: 1, settle, options });
  const stateCalls = new Map<string, number>();
  const state = counted(memoryState(), stateCalls);
  const journal = { write: () => undefined, count: () => undefined };
  const sandboxes = new Map<string, Functions>();
  const sandbox = (name: string): Functions => {
    const known = sandboxes.get(name) ?? rig(world.as(name), { state, journal }, policies);
    sandboxes.set(name, known);
    return known;
  };
  world.handlers.onTick = (event, context) => sandbox(context.logStreamName).onTick(event, context);
  world.handlers.onAlarm = (event, context) => sandbox(context.logStreamName).onAlarm(event, context);
  return { world, stateCalls };
}
