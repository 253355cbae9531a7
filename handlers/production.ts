/** The runtime of the real functions: SDK clients, the real clock, Powertools, and the policies of a folder. */
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import { type AwsClients, awsClients } from '../lib/aws/clients.ts';
import { httpProbe } from '../lib/aws/probe.ts';
import { awsState } from '../lib/aws/state.ts';
import { newMemory } from '../lib/controller/cycle.ts';
import { LOOP_PACE, type TargetPace } from '../lib/controller/paced-targets.ts';
import { EVENKEEL } from '../lib/policy/alarm-name.ts';
import type { Clock, Journal, StatePort } from '../lib/ports.ts';
import { memoryState } from '../lib/sim/state-memory.ts';
import { compactJournal } from './journal.ts';
import { portsOver, type Runtime } from './runtime.ts';
import { serving } from './served.ts';

function stateFrom(env: NodeJS.ProcessEnv, clients: AwsClients, journal: Journal): StatePort {
  const table = env.EVENKEEL_TABLE;
  if (table !== undefined && table !== '') return awsState(clients.dynamoDb, table);
  journal.write('warn', 'EVENKEEL_TABLE is not set: the state is kept in memory and ends with this process', {});
  return memoryState();
}

/** Two reads are what a service with a standby needs at once, and five seconds' worth has to leave the gate its own. */
const LEAST_READS = 2;
const MOST_READS = 1000;

/** What the loop may read a second, where the account's own limit is another, or several controllers share it. */
function paceFrom({ EVENKEEL_TARGET_READS_PER_SECOND: given = '' }: NodeJS.ProcessEnv): TargetPace {
  if (given === '') return LOOP_PACE;
  const readsPerSecond = Number(given);
  if (!(readsPerSecond >= LEAST_READS && readsPerSecond <= MOST_READS)) {
    throw new Error(
      `EVENKEEL_TARGET_READS_PER_SECOND is "${given}": it must be a number from ${LEAST_READS} to ${MOST_READS}, how many target groups may be read a second in each region`,
    );
  }
  return { ...LOOP_PACE, readsPerSecond };
}

/** Powertools' own middleware warns when there is nothing to publish, which for a tick by hand means that all is well. */
function publishing(metrics: Metrics): MiddlewareObj {
  const publish = (): void => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
}

/** Rounds are this far apart: a connection that is idle for as long while the process runs is as good as in use. */
const REST_MS = 5000;

/**
 * Between two invocations the process is frozen, and does not see its connections end: "Lambda purges idle connections over
 * time. Attempting to reuse an idle connection when invoking a function will result in a connection error",
 * https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html. Nobody repeats a call that such a connection fails
 * (https://github.com/aws/aws-sdk-js-v3/issues/1196), so after a rest all begins on new ones.
 */
function connectingAnew(clock: Clock, disconnect: () => void): MiddlewareObj {
  let endedMs = Number.POSITIVE_INFINITY;
  const end = (): void => {
    endedMs = clock.nowMs();
  };
  const begin = (): void => {
    if (clock.nowMs() - endedMs > REST_MS) disconnect();
  };
  return { before: begin, after: end, onError: end };
}

/**
 * @param env the process's environment: `EVENKEEL_TABLE`, `EVENKEEL_POLICIES`, `EVENKEEL_TARGET_READS_PER_SECOND`, `AWS_REGION`, `POWERTOOLS_SERVICE_NAME`. Everything else is the SDK's and Powertools' own.
 * @param tracing the middleware that traces a function: see tracing.ts.
 */
export function productionRuntime(env: NodeJS.ProcessEnv, tracing: MiddlewareObj): Runtime {
  const logger = new Logger();
  const metrics = new Metrics();
  const clock = { nowMs: () => Date.now(), sleep: async (ms: number) => void (await wait(Math.max(0, ms))) };
  const raw: Journal = {
    // Powertools keeps `service` for the controller's own name and drops it from fields, with a warning each time.
    write: (level, message, { service, ...fields }) =>
      logger[level](message, service === undefined ? fields : { policy: service, ...fields }),
    count: (metric, value, policy) => {
      if (policy === undefined) metrics.addMetric(metric, MetricUnit.Count, value);
      else metrics.singleMetric().addDimension('policy', policy).addMetric(metric, MetricUnit.Count, value);
    },
  };
  const journal = compactJournal(raw, clock.nowMs);
  const clients = awsClients();
  const rest = { clock, probe: httpProbe(), state: stateFrom(env, clients, journal), journal };
  const ports = portsOver(clients, rest, paceFrom(env));
  const folder = env.EVENKEEL_POLICIES ?? fileURLToPath(new URL('../policies/', import.meta.url));
  // The first begins first and ends last.
  const middlewares = [
    connectingAnew(clock, clients.disconnect),
    injectLambdaContext(logger),
    publishing(metrics),
    tracing,
  ] as MiddlewareObj[];
  const region = env.AWS_REGION ?? null;
  const name = env.POWERTOOLS_SERVICE_NAME ?? EVENKEEL;
  return { name, ports, memory: newMemory(), region, policies: serving(ports, folder), middlewares };
}
