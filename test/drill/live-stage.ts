/** Live drills in a simulated world: the scheduled controller in its sandboxes, and the drill function in one of its own. */
import { drill } from '../../handlers/drill.ts';
import { operate } from '../../handlers/operate.ts';
import { rig, runtimeOf, serve } from '../../handlers/rehearsal.ts';
import type { Build, Runtime } from '../../handlers/runtime.ts';
import type { ServiceResult } from '../../lib/controller/record.ts';
import type { Policy } from '../../lib/core/model.ts';
import type { LiveDrillResult } from '../../lib/drill/live.ts';
import type { Rig } from '../../lib/drill/rig.ts';
import { createStage } from '../../lib/drill/stage.ts';
import type { EventProblem } from '../../lib/events/problem.ts';
import type { Ports } from '../../lib/ports.ts';
import type { CallerHandle } from '../../lib/sim/clients.ts';
import type { HistoryEvent } from '../../lib/sim/history.ts';
import type { SimulatedContext, WorldOptions } from '../../lib/sim/world.ts';

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

/** As in serverless.yml. */
const TIMEOUT_MS = 900_000;

export const REQUEST = {
  scenario: 'server-stops',
  mode: 'live',
  service: 'web',
  confirm: 'web',
  expiresInSeconds: 300,
  abortWhen: ['evenkeel-web-cpu-high'],
} as const;

export const FAILOVER = { ...REQUEST, scenario: 'targets-fail' } as const;

type Of<Kind extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: Kind }>;

export interface Setting {
  readonly policies?: readonly Policy[];
  readonly seed?: number;
  readonly options?: WorldOptions;
  /** The controller's functions; the production ones unless told otherwise. */
  readonly by?: Rig;
  /** Puts faults into the ports of the drill function. */
  readonly faulty?: (ports: Ports) => Ports;
  /** How long the world rests before the drill is asked for. */
  readonly restSeconds?: number;
}

export type Play = Awaited<ReturnType<typeof play>>;

/** A world that has rested, with the ways to ask for a drill in it. */
export async function play(policy: Policy, setting: Setting = {}) {
  const { policies, seed = 1, options, by = rig, restSeconds = 400, faulty = (ports) => ports } = setting;
  const runtimes: Runtime[] = [];
  const callers: CallerHandle[] = [];
  const cycles: { readonly atMs: number; readonly result: ServiceResult }[] = [];
  const broken: string[] = [];
  const own: Rig = (...sandbox) => {
    runtimes.push(runtimeOf(...sandbox));
    // The simulator's callers carry the handle by which it kills them.
    callers.push(sandbox[0] as CallerHandle);
    return by(...sandbox);
  };
  const stage = createStage(
    { policies: policies ?? [policy], seed, rig: own, settle, ...(options === undefined ? {} : { options }) },
    { cycle: (result, atMs) => cycles.push({ atMs, result }), broke: (words) => broken.push(words) },
  );
  const { world } = stage;
  const runtimeNamed = (name: string): Runtime => {
    stage.sandbox(name);
    return runtimes.at(-1) as Runtime;
  };
  await world.run(world.startMs + restSeconds * 1000);

  const invoke = (build: Build, event: unknown, timeoutMs: number): Promise<unknown> => {
    const name = `by-hand/${runtimes.length}`;
    const endMs = world.clock.nowMs() + timeoutMs;
    const context = {
      awsRequestId: name,
      logStreamName: name,
      getRemainingTimeInMillis: () => endMs - world.clock.nowMs(),
    } as SimulatedContext;
    const runtime = runtimeNamed(name);
    return serve(build, { ...runtime, ports: faulty(runtime.ports) })(event, context);
  };
  const finish = async <T>(answer: Promise<T>): Promise<T> => {
    let done = false;
    const over = answer.finally(() => {
      done = true;
    });
    over.catch(() => undefined);
    for (await settle(); !done; await settle()) await world.run(world.clock.nowMs() + 250);
    return over;
  };
  return {
    ...{ world, stage, cycles, broken, finish, runtimeNamed },
    /** Asks, and does not wait. */
    ask: (event: object = REQUEST, timeoutMs = TIMEOUT_MS) =>
      invoke(drill, event, timeoutMs) as Promise<LiveDrillResult>,
    async drill(event: object = REQUEST): Promise<LiveDrillResult> {
      return (await finish(invoke(drill, event, TIMEOUT_MS))) as LiveDrillResult;
    },
    /** What a request is refused with. */
    async refusal(event: object = REQUEST, timeoutMs = TIMEOUT_MS): Promise<EventProblem | undefined> {
      const answer = await finish(invoke(drill, event, timeoutMs));
      return (answer as { problems?: EventProblem[] }).problems?.[0];
    },
    /** Takes the drill function's process away: nothing of it goes on. */
    crash(): void {
      const sandbox = callers.find(({ name }) => name.startsWith('by-hand'));
      if (sandbox === undefined) throw new Error('no drill was asked for');
      sandbox.sleeper.killed = true;
    },
    order: (event: object): Promise<unknown> => finish(invoke(operate, event, 30_000)),
    run: (seconds: number): Promise<void> => world.run(world.clock.nowMs() + seconds * 1000),
    /** Changes that were accepted since `fromMs`, by operation. */
    writes: (fromMs: number): string[] =>
      world.history.events
        .filter((e): e is Of<'write'> => e.kind === 'write' && e.atMs >= fromMs && e.result === 'ok')
        .map((e) => e.operation),
    told: (fromMs: number): string[] =>
      world.history.events
        .filter((e): e is Of<'notification'> => e.kind === 'notification' && e.atMs >= fromMs)
        .map((e) => `${e.subject} | ${e.message}`),
  };
}

/** Plays a drill until its beginning stands in the table. */
export async function begun(policy: Policy, request: object = REQUEST, setting: Setting = {}) {
  const played = await play(policy, setting);
  const fromMs = played.world.clock.nowMs();
  const answer = played.ask(request);
  // Whoever plays on hears of its failure when they wait for it.
  answer.catch(() => undefined);
  const state = played.runtimeNamed('look').ports.state;
  const read = () => played.finish(state.loadController());
  for (let tries = 0; (await read()).drill === null; tries += 1) {
    if (tries > 50) throw new Error('the drill did not begin');
    await played.run(0.1);
  }
  return { played, answer, fromMs, drill: async () => (await read()).drill };
}
