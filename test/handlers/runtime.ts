/** A runtime over a simulated account, with its journal kept for the tests to read. */

import type { Build } from '../../handlers/runtime.ts';
import { compose, portsOver, type Runtime } from '../../handlers/runtime.ts';
import { newMemory } from '../../lib/controller/cycle.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { Ports, StatePort } from '../../lib/ports.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';
import { createWorld, type World, type WorldOptions } from '../../lib/sim/world.ts';
import { labPolicy } from '../bench/world.ts';

interface Entry {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Rehearsed {
  readonly world: World;
  readonly state: StatePort;
  readonly runtime: Runtime;
  readonly entries: Entry[];
  readonly counts: (readonly [metric: string, value: number, policy: string | undefined])[];
  /** Calls the function as Lambda would and lets virtual time pass until it answers. */
  call(build: Build, event: unknown, remainingMs?: number): Promise<unknown>;
}

/** One service (the course's lab unless told otherwise), at rest, at a whole minute; `faulty` puts faults into its ports. */
export function rehearse(
  policies: readonly Policy[] = [labPolicy()],
  options: WorldOptions = {},
  faulty: (ports: Ports) => Ports = (ports) => ports,
): Rehearsed {
  const settle = () => new Promise((done) => setImmediate(done));
  const world = createWorld({ policies, seed: 1, settle, startMs: Date.UTC(2026, 0, 5, 10), options });
  const caller = world.as('test');
  const state = memoryState();
  const entries: Entry[] = [];
  const counts: (readonly [string, number, string | undefined])[] = [];
  const journal = {
    write: (level: string, message: string, fields: Readonly<Record<string, unknown>>) =>
      void entries.push({ level, message, fields }),
    count: (metric: string, value: number, policy?: string) => void counts.push([metric, value, policy]),
  };
  const ports = faulty(portsOver(caller.clients, { clock: caller.clock, probe: caller.probe, state, journal }));
  const served = { policies, problems: [] };
  const { region } = caller;
  const runtime: Runtime = {
    name: 'evenkeel-prod',
    ports,
    memory: newMemory(),
    region,
    policies: () => Promise.resolve(served),
    middlewares: [],
  };
  let requests = 0;
  const call = async (build: Build, event: unknown, remainingMs = 90_000): Promise<unknown> => {
    requests += 1;
    const context = { awsRequestId: `request-${requests}`, getRemainingTimeInMillis: () => remainingMs };
    let answer: { readonly value: unknown } | undefined;
    const answered = compose(build, runtime)(event, context as Parameters<ReturnType<typeof compose>>[1]).then(
      (value) => {
        answer = { value };
      },
    );
    while (answer === undefined) {
      await settle();
      if (answer === undefined) await world.run(world.clock.nowMs() + 100);
    }
    await answered;
    return answer.value;
  };
  return { world, state, runtime, entries, counts, call };
}
