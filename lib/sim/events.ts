/** EventBridge and Lambda: ticks, alarm events, and the functions that they are delivered to. */
import type { Account, AlarmTransition } from './account.ts';
import { ACCOUNT_ID, MINUTE_MS } from './account.ts';
import type { CallerHandle } from './clients.ts';
import { alarmEvent, tickEvent, uuid } from './event-payloads.ts';
import type { Fault } from './faults.ts';
import type { FunctionName, HistoryEvent } from './history.ts';
import { regionOf } from './places.ts';
import type { Strike, When } from './strikes.ts';
import type { Handlers, SimulatedContext } from './world.ts';

/** Both functions' timeout, and how many may run at once: onTick's as in serverless.yml, onAlarm's wide enough not to matter. */
const TIMEOUT_MS = 90_000;
const CONCURRENCY: Readonly<Record<FunctionName, number>> = { onTick: 2, onAlarm: 10 };
/** An asynchronous event that found no free place waits this long. */
const EVENT_AGE_MS = 60_000;

interface Invocation {
  readonly requestId: string;
  readonly sandbox: CallerHandle;
  /** The sandbox takes no other event after this one: the functions were deployed anew. */
  last: boolean;
  over: boolean;
}

interface Lane {
  readonly name: FunctionName;
  readonly idle: CallerHandle[];
  readonly running: Set<Invocation>;
  readonly queue: { readonly event: unknown; readonly sinceMs: number }[];
  sandboxes: number;
  youngest: CallerHandle | null;
  /** What waits for the next invocation to strike it. */
  readonly strikes: ((invocation: Invocation) => void)[];
  /** What waits for a call of any invocation. */
  standing: Strike[];
  /** Events held back to be delivered in another order. */
  held: unknown[];
}

export interface Functions {
  /** Begins the ticks, one a minute. */
  start(): void;
  /** Delivers an alarm's transition. */
  alarm(transition: AlarmTransition): void;
  /** Freezes an invocation. */
  pause(fault: Extract<Fault, { kind: 'pause' }>): void;
  /** Ends an invocation without a trace. */
  crash(fault: Extract<Fault, { kind: 'crash' }>): void;
  /** Puts the clock of the youngest sandbox wrong; both 0: all clocks of the function right. */
  setClock(name: FunctionName, stepMs: number, driftPpm: number): void;
  /** Every new invocation gets a new sandbox. */
  deploy(): void;
  /** Ends all that runs: their region is lost. */
  lose(): void;
}

interface Runtime {
  readonly account: Account;
  readonly handlers: Handlers;
  readonly makeCaller: (name: string) => CallerHandle;
  readonly lanes: Readonly<Record<FunctionName, Lane>>;
  invocations: number;
  events: number;
}

function nextId(runtime: Runtime, kind: 'event' | 'invocation'): string {
  const number = kind === 'event' ? runtime.events++ : runtime.invocations++;
  return uuid(runtime.account.random.fork(`${kind}/${number}`).hex(32));
}

function record(
  runtime: Runtime,
  lane: Lane,
  invocation: { requestId: string; sandbox: { name: string } },
  phase: Extract<HistoryEvent, { kind: 'invocation' }>['phase'],
  more: { readonly error?: unknown; readonly seconds?: number } = {},
): void {
  runtime.account.history.append({
    kind: 'invocation',
    atMs: runtime.account.clock.nowMs(),
    function: lane.name,
    requestId: invocation.requestId,
    sandbox: invocation.sandbox.name,
    phase,
    ...more,
  });
}

function contextOf(runtime: Runtime, lane: Lane, invocation: Invocation): SimulatedContext {
  const deadlineMs = runtime.account.clock.nowMs() + TIMEOUT_MS;
  const functionName = `evenkeel-${lane.name}`;
  return {
    awsRequestId: invocation.requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${runtime.account.home}:${ACCOUNT_ID}:function:${functionName}`,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: invocation.sandbox.name,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - runtime.account.clock.nowMs()),
  };
}

/** Freezes the sandbox, frees the place and takes the next event that waits for one. */
function release(runtime: Runtime, lane: Lane, invocation: Invocation): void {
  invocation.over = true;
  lane.running.delete(invocation);
  // As Lambda does with the answer: see lib/controller/late.ts.
  invocation.sandbox.sleeper.frozen ??= [];
  if (!invocation.sandbox.sleeper.killed && !invocation.last) lane.idle.push(invocation.sandbox);
  for (let next = lane.queue.shift(); next !== undefined; next = lane.queue.shift()) {
    if (runtime.account.clock.nowMs() - next.sinceMs <= EVENT_AGE_MS) {
      invoke(runtime, lane, next.event);
      return;
    }
    record(runtime, lane, { requestId: '', sandbox: { name: '' } }, 'dropped');
  }
}

/** Ends an invocation from outside: nothing that it awaits ever comes, as when Lambda takes the process away. */
function kill(runtime: Runtime, lane: Lane, invocation: Invocation, phase: 'timed-out' | 'crashed'): void {
  if (invocation.over) return;
  invocation.sandbox.sleeper.killed = true;
  record(runtime, lane, invocation, phase);
  release(runtime, lane, invocation);
}

async function run(runtime: Runtime, lane: Lane, invocation: Invocation, event: unknown): Promise<void> {
  const handler = runtime.handlers[lane.name];
  try {
    await handler?.(event, contextOf(runtime, lane, invocation));
    if (!invocation.over) record(runtime, lane, invocation, 'ended');
  } catch (error) {
    if (!invocation.over) record(runtime, lane, invocation, 'failed', { error });
  }
  if (!invocation.over) release(runtime, lane, invocation);
}

function newSandbox(runtime: Runtime, lane: Lane): CallerHandle {
  const sandbox = runtime.makeCaller(`${lane.name}/${lane.sandboxes++}`);
  lane.standing = lane.standing.filter(({ left }) => left > 0);
  sandbox.strikes.push(...lane.standing);
  lane.youngest = sandbox;
  return sandbox;
}

function invoke(runtime: Runtime, lane: Lane, event: unknown): void {
  const nowMs = runtime.account.clock.nowMs();
  if (lane.running.size >= CONCURRENCY[lane.name]) {
    lane.queue.push({ event, sinceMs: nowMs });
    return;
  }
  const sandbox = lane.idle.shift() ?? newSandbox(runtime, lane);
  const invocation: Invocation = { requestId: nextId(runtime, 'invocation'), sandbox, last: false, over: false };
  lane.running.add(invocation);
  for (const arm of lane.strikes.splice(0)) arm(invocation);
  record(runtime, lane, invocation, 'started');
  runtime.account.clock.thaw(sandbox.sleeper);
  runtime.account.clock.at(nowMs + TIMEOUT_MS, () => kill(runtime, lane, invocation, 'timed-out'));
  // A handler starts as any other promise goes on: when its sandbox wakes.
  runtime.account.clock.wake(nowMs, sandbox.sleeper, () => void run(runtime, lane, invocation, event));
}

function flushHeld(runtime: Runtime, lane: Lane): void {
  const events = lane.held;
  lane.held = [];
  for (const event of events.reverse()) invoke(runtime, lane, event);
}

/** Delivers an event to its function: a moment later, and through the faults of the day. */
function deliver(runtime: Runtime, lane: Lane, event: unknown): void {
  if (runtime.handlers[lane.name] === undefined || regionOf(runtime.account, runtime.account.home).lost) return;
  const { clock, delays, eventFaults } = runtime.account;
  const nowMs = clock.nowMs();
  const atMs = nowMs + delays.deliveryMs;
  const later = (ms: number): void => clock.at(ms, () => invoke(runtime, lane, event));
  const active = eventFaults.find(({ fault, untilMs }) => fault.function === lane.name && nowMs < untilMs)?.fault;
  const extraMs = (active?.seconds ?? 0) * 1000;
  switch (active?.how) {
    case 'dropped':
      return;
    case 'delayed':
      later(atMs + extraMs);
      return;
    case 'reordered':
      if (lane.held.push(event) === 1) clock.at(atMs + extraMs, () => flushHeld(runtime, lane));
      return;
    case 'duplicated':
      later(atMs + extraMs);
      later(atMs);
      return;
    default:
      later(atMs);
  }
}

function tick(runtime: Runtime): void {
  deliver(runtime, runtime.lanes.onTick, tickEvent(runtime.account, nextId(runtime, 'event')));
  runtime.account.clock.at(runtime.account.clock.nowMs() + MINUTE_MS, () => tick(runtime));
}

const latest = (lane: Lane): Invocation | undefined => [...lane.running].at(-1);

function createLane(name: FunctionName): Lane {
  return {
    name,
    idle: [],
    running: new Set(),
    queue: [],
    sandboxes: 0,
    youngest: null,
    strikes: [],
    standing: [],
    held: [],
  };
}

/** Waits for the n-th of these calls, whichever invocation sends it. */
function strikeAny(account: Account, lane: Lane, when: When, run: (invocation: Invocation) => void): void {
  const { atCall = 1, of, unsent, forSeconds } = when;
  const untilMs = forSeconds === undefined ? Number.POSITIVE_INFINITY : account.clock.nowMs() + forSeconds * 1000;
  const strike: Strike = {
    ...{ left: atCall, of, unsent },
    run(caller) {
      const struck = [...lane.running].find(({ sandbox }) => sandbox === caller);
      if (struck !== undefined && account.clock.nowMs() < untilMs) run(struck);
    },
  };
  lane.standing.push(strike);
  for (const sandbox of [...lane.idle, ...[...lane.running].map((one) => one.sandbox)]) sandbox.strikes.push(strike);
}

/** Strikes the latest running invocation: at once, or when it (or the next one) sends its n-th call. */
function strikeAt(account: Account, lane: Lane, when: When, run: (invocation: Invocation) => void): void {
  const { atCall, of, unsent } = when;
  const now = latest(lane);
  const arm = (invocation: Invocation): void => {
    invocation.sandbox.strikes.push({ left: atCall ?? 1, unsent, run: () => run(invocation) });
  };
  if (of !== undefined) strikeAny(account, lane, when, run);
  else if (atCall === undefined) {
    if (now !== undefined) run(now);
  } else if (now !== undefined) arm(now);
  else lane.strikes.push(arm);
}

function setClock(account: Account, lane: Lane, stepMs: number, driftPpm: number): void {
  const right = stepMs === 0 && driftPpm === 0;
  const sandboxes = [...lane.idle, ...[...lane.running].map(({ sandbox }) => sandbox)];
  if (right) for (const { sleeper } of sandboxes) sleeper.skew = undefined;
  else if (lane.youngest !== null) lane.youngest.sleeper.skew = { sinceMs: account.clock.nowMs(), stepMs, driftPpm };
}

/** The functions of one world. */
export function createFunctions(
  account: Account,
  handlers: Handlers,
  makeCaller: (name: string) => CallerHandle,
): Functions {
  const lanes = { onTick: createLane('onTick'), onAlarm: createLane('onAlarm') };
  const runtime: Runtime = { account, handlers, makeCaller, lanes, invocations: 0, events: 0 };
  return {
    start() {
      const firstMs = account.clock.nowMs() + account.random.fork('tick').int(1, MINUTE_MS);
      account.clock.at(firstMs, () => tick(runtime));
    },
    alarm: (transition) => deliver(runtime, lanes.onAlarm, alarmEvent(account, nextId(runtime, 'event'), transition)),
    pause({ function: name, seconds, sandbox: named, ...when }) {
      const freeze = (invocation: Invocation): void => {
        const { sandbox } = invocation;
        record(runtime, lanes[name], invocation, 'paused', { seconds });
        sandbox.sleeper.pausedUntilMs = account.clock.nowMs() + seconds * 1000;
      };
      const meant = [...lanes[name].running].find(({ sandbox }) => sandbox.name === named);
      if (named === undefined) strikeAt(account, lanes[name], when, freeze);
      else if (meant !== undefined) freeze(meant);
    },
    crash({ function: name, ...when }) {
      strikeAt(account, lanes[name], when, (invocation) => kill(runtime, lanes[name], invocation, 'crashed'));
    },
    setClock: (name, stepMs, driftPpm) => setClock(account, lanes[name], stepMs, driftPpm),
    deploy() {
      for (const lane of Object.values(lanes)) {
        lane.idle.length = 0;
        for (const invocation of lane.running) invocation.last = true;
      }
    },
    lose() {
      for (const lane of Object.values(lanes)) {
        lane.queue.length = 0;
        for (const invocation of [...lane.running]) kill(runtime, lane, invocation, 'crashed');
      }
    },
  };
}
