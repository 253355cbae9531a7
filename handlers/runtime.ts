/**
 * The only place that reads process.env, builds SDK clients and composes middy. Everything behind it gets what it needs
 * as an argument, so that a drill runs the same functions over a simulated account.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { type AwsClients, awsClients } from '../lib/aws/clients.ts';
import { awsDns } from '../lib/aws/dns.ts';
import { awsFleet } from '../lib/aws/fleet.ts';
import { awsMetrics } from '../lib/aws/metrics.ts';
import { snsNotify } from '../lib/aws/notify.ts';
import { httpProbe } from '../lib/aws/probe.ts';
import { awsState } from '../lib/aws/state.ts';
import { awsTargets } from '../lib/aws/targets.ts';
import { type Memory, newMemory } from '../lib/controller/cycle.ts';
import type { Journal, Ports, StatePort } from '../lib/ports.ts';
import { memoryState } from '../lib/sim/state-memory.ts';
import { compactJournal } from './journal.ts';
import { loadServed, type Served } from './served.ts';

/** What the functions need: the world, the policies, and the memory of this process. */
export interface Runtime {
  readonly ports: Ports;
  readonly memory: Memory;
  /** The policies served, read once; `keepGood` also writes the good ones down, to be served when a file breaks. */
  policies(keepGood: boolean): Promise<Served>;
  readonly middlewares: readonly MiddlewareObj[];
}

/** The part of Lambda's context that the functions use. */
export type Invocation = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>;

/** One function: its runtime in, the handler out. */
export type Build = (runtime: Runtime) => (event: unknown, invocation: Invocation) => Promise<unknown>;

/** The clients that the ports are made of; the state table has its own. */
export type PortClients = Omit<AwsClients, 'dynamoDb'>;

/** The ports over these SDK clients, real or simulated. */
export function portsOver(clients: PortClients, rest: Pick<Ports, 'clock' | 'probe' | 'state' | 'journal'>): Ports {
  return {
    ...rest,
    fleet: awsFleet(clients.autoScaling),
    targets: awsTargets(clients.loadBalancing),
    metrics: awsMetrics(clients.cloudWatch),
    dns: awsDns(clients.route53),
    notify: snsNotify(clients.sns),
  };
}

/** What middy returns for this function over this runtime: the very thing that Lambda calls. */
export function compose(build: Build, runtime: Runtime): (event: unknown, context: Context) => Promise<unknown> {
  const run = build(runtime);
  // Rounds have their own deadlines; middy's early timeout would only keep a real timer beside a virtual clock.
  return middy((event: unknown, context: Context) => run(event, context), { timeoutEarlyInMillis: 0 }).use([
    ...runtime.middlewares,
  ]) as (event: unknown, context: Context) => Promise<unknown>;
}

function stateFrom(env: NodeJS.ProcessEnv, clients: AwsClients, journal: Journal): StatePort {
  const table = env.EVENKEEL_TABLE;
  if (table !== undefined && table !== '') return awsState(clients.dynamoDb, table);
  journal.write('warn', 'EVENKEEL_TABLE is not set: the state is kept in memory and ends with this process', {});
  return memoryState();
}

/** `serverless invoke local` sets Lambda's variables too, and IS_LOCAL beside them. */
function assertTable(env: NodeJS.ProcessEnv): void {
  const inLambda = env.AWS_LAMBDA_FUNCTION_NAME !== undefined && env.IS_LOCAL === undefined;
  if (inLambda && (env.EVENKEEL_TABLE ?? '') === '') {
    throw new Error(
      'EVENKEEL_TABLE is not set: in Lambda the state must be in a DynamoDB table; name it in the function’s environment',
    );
  }
}

function productionRuntime(env: NodeJS.ProcessEnv): Runtime {
  const logger = new Logger();
  const metrics = new Metrics();
  const tracer = new Tracer();
  const journal = compactJournal({
    write: (level, message, fields) => logger[level](message, { ...fields }),
    count: (metric, value, policy) => {
      if (policy === undefined) metrics.addMetric(metric, MetricUnit.Count, value);
      else metrics.singleMetric().addDimension('policy', policy).addMetric(metric, MetricUnit.Count, value);
    },
  });
  const clients = awsClients();
  const clock = { nowMs: () => Date.now(), sleep: async (ms: number) => void (await wait(Math.max(0, ms))) };
  const ports = portsOver(clients, { clock, probe: httpProbe(), state: stateFrom(env, clients, journal), journal });
  const folder = env.EVENKEEL_POLICIES ?? fileURLToPath(new URL('../policies/', import.meta.url));
  const middlewares = [
    injectLambdaContext(logger),
    logMetrics(metrics),
    captureLambdaHandler(tracer, { captureResponse: false }),
  ];
  let served: Promise<Served> | undefined;
  const policies = (keepGood: boolean): Promise<Served> => {
    served ??= loadServed(ports, folder, keepGood);
    return served;
  };
  return { ports, memory: newMemory(), policies, middlewares: middlewares as MiddlewareObj[] };
}

let shared: Runtime | undefined;

/**
 * The exported handler of a function. The environment is checked when the module loads, so that a broken deployment
 * fails at its start; clients and policies are made with the first event.
 */
export function lambda(build: Build): (event: unknown, context: Context) => Promise<unknown> {
  assertTable(process.env);
  let handler: ((event: unknown, context: Context) => Promise<unknown>) | undefined;
  return (event, context) => {
    shared ??= productionRuntime(process.env);
    handler ??= compose(build, shared);
    return handler(event, context);
  };
}
