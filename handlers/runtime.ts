/**
 * The only place that reads process.env and composes middy; what runs in Lambda is made in production.ts and tracing.ts. Everything
 * behind it gets what it needs as an argument, so that a drill runs the same functions over a simulated account.
 */
import { setFlagsFromString } from 'node:v8';
import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { awsAlarms } from '../lib/aws/alarms.ts';
import type { AwsClients } from '../lib/aws/clients.ts';
import { awsDns } from '../lib/aws/dns.ts';
import { awsFleet } from '../lib/aws/fleet.ts';
import { awsMetrics } from '../lib/aws/metrics.ts';
import { snsNotify } from '../lib/aws/notify.ts';
import { awsTargets } from '../lib/aws/targets.ts';
import type { Memory } from '../lib/controller/cycle.ts';
import { pacedDns } from '../lib/controller/paced-dns.ts';
import { LOOP_PACE, pacedTargets, type TargetPace } from '../lib/controller/paced-targets.ts';
import type { Ports } from '../lib/ports.ts';
import { productionRuntime } from './production.ts';
import type { Served } from './served.ts';

/** What the functions need: the world, the policies, and the memory of this process. */
export interface Runtime {
  /** The controller's own name, with which the names of its alarms begin. */
  readonly name: string;
  readonly ports: Ports;
  readonly memory: Memory;
  /** Where the functions stand; `null` when nobody said: the SDK finds its own. */
  readonly region: string | null;
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
export function portsOver(
  clients: PortClients,
  rest: Pick<Ports, 'clock' | 'probe' | 'state' | 'journal'>,
  pace: TargetPace = LOOP_PACE,
): Ports {
  return {
    ...rest,
    fleet: awsFleet(clients.autoScaling),
    targets: pacedTargets(awsTargets(clients.loadBalancing), rest.clock, pace),
    metrics: awsMetrics(clients.cloudWatch),
    dns: pacedDns(awsDns(clients.route53), rest.clock),
    alarms: awsAlarms(clients.cloudWatch),
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

/** `serverless invoke local` sets Lambda's variables too, and IS_LOCAL beside them. */
function assertTable(env: NodeJS.ProcessEnv): void {
  const inLambda = env.AWS_LAMBDA_FUNCTION_NAME !== undefined && env.IS_LOCAL === undefined;
  if (inLambda && (env.EVENKEEL_TABLE ?? '') === '') {
    throw new Error(
      'EVENKEEL_TABLE is not set: in Lambda the state must be in a DynamoDB table; name it in the function’s environment',
    );
  }
}

let shared: Promise<Runtime> | undefined;

/**
 * The tracer is loaded only where it is used: its library hooks into every promise of the process, which more than halved
 * the speed of a simulation when it was measured both ways (34,000 against 74,000 times real time). All else is imported
 * as usual: what is reached only through `import()` esbuild bundles whole, which made each zip 70 KB larger.
 */
async function production(): Promise<Runtime> {
  const { tracing } = await import('./tracing.ts');
  return productionRuntime(process.env, tracing());
}

/**
 * The exported handler of a function. The environment is checked when the module loads, so that a broken deployment
 * fails at its start; policies are read with the first event.
 */
export function lambda(build: Build): (event: unknown, context: Context) => Promise<unknown> {
  assertTable(process.env);
  if (process.env.AWS_LAMBDA_FUNCTION_NAME !== undefined) {
    // Nearly all that a round makes is garbage when it ends. V8 would let the young generation grow to 75 MB before it
    // looks: a tick over 100 services took 204 MB so, and takes 135 MB now.
    setFlagsFromString('--semi-space-growth-factor=1');
    // In Lambda loading belongs to the start: no event waits for it.
    shared ??= production();
  }
  let handler: ((event: unknown, context: Context) => Promise<unknown>) | undefined;
  return async (event, context) => {
    shared ??= production();
    handler ??= compose(build, await shared);
    return handler(event, context);
  };
}
