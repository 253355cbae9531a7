/** The runtime of the real functions: SDK clients, the real clock, Powertools, and the policies of a folder. */
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { MiddlewareObj } from '@middy/core';
import { type AwsClients, awsClients } from '../lib/aws/clients.ts';
import { httpProbe } from '../lib/aws/probe.ts';
import { awsState } from '../lib/aws/state.ts';
import { newMemory } from '../lib/controller/cycle.ts';
import type { Journal, StatePort } from '../lib/ports.ts';
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

/** @param env the process's environment: `EVENKEEL_TABLE`, `EVENKEEL_POLICIES`. Everything else is the SDK's and Powertools' own. */
export function productionRuntime(env: NodeJS.ProcessEnv): Runtime {
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
  return { ports, memory: newMemory(), policies: serving(ports, folder), middlewares: middlewares as MiddlewareObj[] };
}
