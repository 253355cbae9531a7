/** EventBridge and Lambda: ticks, alarm events, and the functions that they are delivered to. */
import type { Account, AlarmTransition } from './account.ts';
import { ACCOUNT_ID, MINUTE_MS } from './account.ts';
import type { CallerHandle } from './clients.ts';
import type { FunctionName } from './history.ts';
import type { Handlers, SimulatedContext } from './world.ts';

/** Both functions' timeout, and how many may run at once: onTick's as in serverless.yml, onAlarm's wide enough not to matter. */
const TIMEOUT_MS = 90_000;
const CONCURRENCY: Readonly<Record<FunctionName, number>> = { onTick: 2, onAlarm: 10 };
/** An asynchronous event that found no free place waits this long. */
const EVENT_AGE_MS = 60_000;

interface Invocation {
  readonly requestId: string;
  readonly sandbox: CallerHandle;
  /** Deployed after it began: its sandbox is not used again. */
  outdated: boolean;
  over: boolean;
}

interface Lane {
  readonly name: FunctionName;
  readonly idle: CallerHandle[];
  readonly running: Set<Invocation>;
  readonly queue: { readonly event: unknown; readonly sinceMs: number }[];
  sandboxes: number;
  /** Events held back to be delivered in another order. */
  held: unknown[];
}

export interface Functions {
  /** Begins the ticks, one a minute. */
  start(): void;
  /** Delivers an alarm's transition. */
  alarm(transition: AlarmTransition): void;
  /** Freezes the running invocation of that sandbox, or the latest. */
  pause(name: FunctionName, seconds: number, sandbox?: string): void;
  /** Ends the latest running invocation without a trace. */
  crash(name: FunctionName): void;
  /** Puts other code in place: sandboxes of before get no more events. */
  deploy(): void;
}

interface Runtime {
  readonly account: Account;
  readonly handlers: Handlers;
  readonly makeCaller: (name: string) => CallerHandle;
  readonly lanes: Readonly<Record<FunctionName, Lane>>;
  /** Where the functions stand: events and ARNs name it. */
  readonly region: string;
  invocations: number;
  events: number;
}

const isoSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
/** CloudWatch writes times in alarms with milliseconds and a numeric zone. */
const alarmTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

function uuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function nextId(runtime: Runtime, kind: 'event' | 'invocation'): string {
  const number = kind === 'event' ? runtime.events++ : runtime.invocations++;
  return uuid(runtime.account.random.fork(`${kind}/${number}`).hex(32));
}

function record(
  runtime: Runtime,
  lane: Lane,
  invocation: { requestId: string; sandbox: { name: string } },
  phase: 'started' | 'ended' | 'failed' | 'timed-out' | 'crashed' | 'dropped',
  error?: unknown,
): void {
  runtime.account.history.append({
    kind: 'invocation',
    atMs: runtime.account.clock.nowMs(),
    function: lane.name,
    requestId: invocation.requestId,
    sandbox: invocation.sandbox.name,
    phase,
    ...(error === undefined ? {} : { error }),
  });
}

function contextOf(runtime: Runtime, lane: Lane, invocation: Invocation): SimulatedContext {
  const deadlineMs = runtime.account.clock.nowMs() + TIMEOUT_MS;
  const functionName = `evenkeel-${lane.name}`;
  return {
    awsRequestId: invocation.requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${runtime.region}:${ACCOUNT_ID}:function:${functionName}`,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: invocation.sandbox.name,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - runtime.account.clock.nowMs()),
  };
}

/** Frees the place and takes the next event that waits for one. */
function release(runtime: Runtime, lane: Lane, invocation: Invocation): void {
  invocation.over = true;
  lane.running.delete(invocation);
  if (!invocation.sandbox.sleeper.killed && !invocation.outdated) lane.idle.push(invocation.sandbox);
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
    if (!invocation.over) record(runtime, lane, invocation, 'failed', error);
  }
  if (!invocation.over) release(runtime, lane, invocation);
}

function invoke(runtime: Runtime, lane: Lane, event: unknown): void {
  const nowMs = runtime.account.clock.nowMs();
  if (lane.running.size >= CONCURRENCY[lane.name]) {
    lane.queue.push({ event, sinceMs: nowMs });
    return;
  }
  const sandbox = lane.idle.shift() ?? runtime.makeCaller(`${lane.name}/${lane.sandboxes++}`);
  const invocation: Invocation = { requestId: nextId(runtime, 'invocation'), sandbox, outdated: false, over: false };
  lane.running.add(invocation);
  record(runtime, lane, invocation, 'started');
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
  if (runtime.handlers[lane.name] === undefined) return;
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

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function tickEvent(runtime: Runtime): object {
  return {
    version: '0',
    id: nextId(runtime, 'event'),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT_ID,
    time: isoSecond(runtime.account.clock.nowMs()),
    region: runtime.region,
    resources: [`arn:aws:events:${runtime.region}:${ACCOUNT_ID}:rule/evenkeel-tick`],
    detail: {},
  };
}

function tick(runtime: Runtime): void {
  deliver(runtime, runtime.lanes.onTick, tickEvent(runtime));
  runtime.account.clock.at(runtime.account.clock.nowMs() + MINUTE_MS, () => tick(runtime));
}

/** What `reasonData` says, a JSON text within the event. */
function reasonData({ source, alarm, value }: AlarmTransition, atMs: number): string {
  return JSON.stringify({
    version: '1.0',
    queryDate: alarmTime(atMs),
    statistic: source.signal.metric.statistic,
    period: source.signal.metric.periodSeconds,
    recentDatapoints: value === null ? [] : [value],
    threshold: alarm.threshold,
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html, single metric alarm */
function alarmEvent(runtime: Runtime, transition: AlarmTransition): object {
  const { service, source, alarm, previous } = transition;
  const { metric } = source.signal;
  const atMs = alarm.sinceMs;
  const region = service.policy.region;
  return {
    version: '0',
    id: nextId(runtime, 'event'),
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: ACCOUNT_ID,
    time: isoSecond(atMs),
    region,
    resources: [`arn:aws:cloudwatch:${region}:${ACCOUNT_ID}:alarm:${alarm.name}`],
    detail: {
      alarmName: alarm.name,
      configuration: {
        description: `${source.signal.name} of ${service.name}`,
        metrics: [
          {
            id: uuid(runtime.account.random.fork(`metric/${alarm.name}`).hex(32)),
            metricStat: {
              metric: { dimensions: metric.dimensions, name: metric.name, namespace: metric.namespace },
              period: metric.periodSeconds,
              stat: metric.statistic,
            },
            returnData: true,
          },
        ],
      },
      previousState: { reason: previous.reason, timestamp: alarmTime(previous.sinceMs), value: previous.state },
      state: {
        reason: alarm.reason,
        reasonData: reasonData(transition, atMs),
        timestamp: alarmTime(atMs),
        value: alarm.state,
      },
    },
  };
}

const latest = (lane: Lane): Invocation | undefined => [...lane.running].at(-1);

function createLane(name: FunctionName): Lane {
  return { name, idle: [], running: new Set(), queue: [], sandboxes: 0, held: [] };
}

/** The functions of one world. `region` is where they stand. */
export function createFunctions(
  account: Account,
  handlers: Handlers,
  region: string,
  makeCaller: (name: string) => CallerHandle,
): Functions {
  const lanes = { onTick: createLane('onTick'), onAlarm: createLane('onAlarm') };
  const runtime: Runtime = { account, handlers, makeCaller, lanes, region, invocations: 0, events: 0 };
  return {
    start() {
      const firstMs = account.clock.nowMs() + account.random.fork('tick').int(1, MINUTE_MS);
      account.clock.at(firstMs, () => tick(runtime));
    },
    alarm: (transition) => deliver(runtime, lanes.onAlarm, alarmEvent(runtime, transition)),
    pause(name, seconds, sandbox) {
      const meant = [...lanes[name].running].find((one) => one.sandbox.name === sandbox);
      const sleeper = (sandbox === undefined ? latest(lanes[name]) : meant)?.sandbox.sleeper;
      if (sleeper !== undefined) sleeper.pausedUntilMs = account.clock.nowMs() + seconds * 1000;
    },
    crash(name) {
      const invocation = latest(lanes[name]);
      if (invocation !== undefined) kill(runtime, lanes[name], invocation, 'crashed');
    },
    // An update replaces the code for what is invoked from then on; Lambda makes new execution environments for it:
    // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    deploy() {
      for (const lane of Object.values(lanes)) {
        lane.idle.length = 0;
        for (const invocation of lane.running) invocation.outdated = true;
      }
    },
  };
}
