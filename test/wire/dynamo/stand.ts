/**
 * Where several controllers meet: the production ports of each over its own memory, clock and connections, one simulated
 * account to act on, and one real DynamoDB table over HTTP.
 *
 * The account lives on a virtual clock and the table does not. So virtual time stands still while any call to the table is
 * on its way, and each call takes a drawn time of virtual milliseconds before it is sent and again after it is answered.
 * What interleaves is thereby drawn from the seed, a process can be frozen or killed between any two steps, and calls that
 * fall on the same millisecond race for real.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { portsOver } from '../../../handlers/runtime.ts';
import { awsState } from '../../../lib/aws/state.ts';
import { type Memory, newMemory } from '../../../lib/controller/cycle.ts';
import type { Policy } from '../../../lib/core/model.ts';
import type { Clock, Ports, StatePort } from '../../../lib/ports.ts';
import type { CallerHandle } from '../../../lib/sim/clients.ts';
import type { Sleeper } from '../../../lib/sim/clock.ts';
import { createRandom, type Random } from '../../../lib/sim/random.ts';
import { createWorld, type SimulatedClients, type World, type WorldOptions } from '../../../lib/sim/world.ts';
import type { DynamoServer } from '../../contract/dynamo-server.ts';

/** One call of a controller: to the table (`PutItem`) or to the account (`SetDesiredCapacity`). */
export interface StandCall {
  readonly caller: string;
  readonly operation: string;
  readonly input: unknown;
}

/** A call to the table that was carried out, in the order of the answers. */
export interface TableCall extends StandCall {
  readonly output: unknown;
  /** When it was answered. */
  readonly atMs: number;
}

/** What a test does to calls. `before` may hand back another command to be sent in its place. */
export interface Twist {
  before?(call: StandCall, sleeper: Sleeper): object | undefined;
  /** The call had its effect; its answer is not known to the caller yet. */
  after?(call: StandCall, sleeper: Sleeper): void;
}

interface Controller {
  readonly name: string;
  readonly ports: Ports;
  readonly memory: Memory;
  readonly sleeper: Sleeper;
}

export interface ControllerOptions {
  /** By how much its clock is ahead of the world's, at each moment. */
  readonly skewMs?: (worldMs: number) => number;
  readonly twist?: Twist;
}

export interface Stand {
  readonly world: World;
  readonly random: Random;
  readonly tableName: string;
  /** Calls to the table, by all controllers. */
  readonly tableCalls: readonly TableCall[];
  /** Entries of all journals that a person must see. */
  readonly errors: readonly string[];
  controller(name: string, options?: ControllerOptions): Controller;
  /** A controller whose state is `state`, for what comes before a race. */
  rehearser(state: StatePort): Controller;
  /** The table without a controller: what a person sees of it, and tests prepare. */
  readonly table: StatePort;
  /** Lets virtual time pass until the promise is done. */
  until<T>(promise: Promise<T>): Promise<T>;
  nowMs(): number;
  /** Does something to the table at this very moment: virtual time stands still until it is done. */
  meanwhile(act: () => Promise<unknown>): void;
}

const LONGEST_MS = 1_200_000;

/** A count of what is on its way, and the wait until nothing is. */
function inFlight() {
  let count = 0;
  let landed = Promise.withResolvers<void>();
  return {
    async fly<T>(call: () => Promise<T>): Promise<T> {
      count += 1;
      try {
        return await call();
      } finally {
        count -= 1;
        landed.resolve();
        landed = Promise.withResolvers<void>();
      }
    },
    async settle(): Promise<void> {
      for (;;) {
        await new Promise((done) => setImmediate(done));
        if (count === 0) return;
        await landed.promise;
      }
    },
  };
}

interface Command {
  readonly input: unknown;
}
interface Sender {
  send(command: Command): Promise<object>;
}

/** The same client with another way to send. */
export function sending<T extends object>(
  client: T,
  send: (command: Command, sent: Sender['send']) => Promise<object>,
): T {
  const sent = (client as unknown as Sender).send.bind(client);
  return Object.assign(Object.create(client) as T, { send: (command: Command) => send(command, sent) });
}

const operationOf = (command: object): string => command.constructor.name.replace(/Command$/, '');

const quietJournal = (errors: string[]) => ({
  write: (level: string, message: string) => void (level === 'error' && errors.push(message)),
  count: () => undefined,
});

export interface StandSpec {
  readonly dynamo: DynamoServer;
  /** One table for all runs of a file; its services are told apart by name, so each run needs names of its own. */
  readonly tableName: string;
  readonly policies: readonly Policy[];
  readonly seed: number;
  readonly options?: WorldOptions;
  /** Longest virtual time before and after each call. */
  readonly jitterMs?: number;
}

export function createStand({ dynamo, tableName, policies, seed, options = {}, jitterMs = 30 }: StandSpec): Stand {
  const air = inFlight();
  const world = createWorld({ policies, seed, settle: air.settle, options });
  const random = createRandom(seed, 'stand');
  const tableCalls: TableCall[] = [];
  const errors: string[] = [];

  /** Each call takes its time before and after, during which its caller may be frozen, and is told to the twist. */
  const through =
    (name: string, own: Clock, sleeper: Sleeper, twist: Twist, isTable: boolean) =>
    async (command: Command, sent: Sender['send']): Promise<object> => {
      const jitter = random.fork(`${name}/${tableCalls.length}/${world.clock.nowMs()}`);
      const call: StandCall = { caller: name, operation: operationOf(command), input: command.input };
      const instead = twist.before?.(call, sleeper) as Command | undefined;
      await own.sleep(jitter.int(1, jitterMs));
      const send = (): Promise<object> => sent(instead ?? command);
      try {
        const output = await (isTable ? air.fly(send) : send());
        if (isTable) tableCalls.push({ ...call, output, atMs: world.clock.nowMs() });
        twist.after?.(call, sleeper);
        return output;
      } finally {
        await own.sleep(jitter.int(1, jitterMs));
      }
    };

  const make = (name: string, state: StatePort | null, { skewMs, twist = {} }: ControllerOptions): Controller => {
    // The world hands out callers without the handle by which they are frozen and killed.
    const { clock: own, clients, probe, sleeper } = world.as(name) as CallerHandle;
    const aws = through(name, own, sleeper, twist, false);
    const jittered: SimulatedClients = {
      autoScaling: (region) => sending(clients.autoScaling(region), aws),
      loadBalancing: (region) => sending(clients.loadBalancing(region), aws),
      cloudWatch: (region) => sending(clients.cloudWatch(region), aws),
      sns: (region) => sending(clients.sns(region), aws),
      route53: () => sending(clients.route53(), aws),
    };
    const dynamoDb: DynamoDBClient = sending(dynamo.client, through(name, own, sleeper, twist, true));
    const clock: Clock =
      skewMs === undefined ? own : { ...own, nowMs: () => own.nowMs() + skewMs(world.clock.nowMs()) };
    const rest = { clock, probe, journal: quietJournal(errors), state: state ?? awsState(() => dynamoDb, tableName) };
    return { name, ports: portsOver(state === null ? jittered : clients, rest), memory: newMemory(), sleeper };
  };

  return {
    world,
    random,
    tableName,
    tableCalls,
    errors,
    controller: (name, given = {}) => make(name, null, given),
    rehearser: (state) => make('rehearser', state, {}),
    table: awsState(() => dynamo.client, tableName),
    nowMs: () => world.clock.nowMs(),
    meanwhile: (act) => void air.fly(act).catch((error: unknown) => errors.push(String(error))),
    async until(promise) {
      let isDone = false;
      const done = (): void => {
        isDone = true;
      };
      promise.then(done, done);
      const endMs = world.clock.nowMs() + LONGEST_MS;
      while (!isDone && world.clock.nowMs() < endMs) await world.run(world.clock.nowMs() + 50);
      if (!isDone) throw new Error(`nothing came of it within ${LONGEST_MS / 1000} s`);
      return promise;
    },
  };
}
