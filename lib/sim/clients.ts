/** The SDK clients of one caller: every command takes its time, its chances with the faults of the day, and its effect. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { AuthorizationErrorException, SNSClient } from '@aws-sdk/client-sns';
import type { ProbePort } from '../ports.ts';
import type { Account, ActiveApiFault, Region, Site } from './account.ts';
import { meetFault } from './api-faults.ts';
import { autoScalingOperations } from './auto-scaling-api.ts';
import type { Sleeper } from './clock.ts';
import { dnsOperations, exceedsRate } from './dns-api.ts';
import type { ApiName } from './faults.ts';
import { exceedsReads, loadBalancerOperations } from './load-balancer-api.ts';
import { metricOperations } from './metrics-api.ts';
import { notifyOperations } from './notify-api.ts';
import type { CommandClass, Operation } from './operations.ts';
import { metadata, serviceError, timeoutError } from './operations.ts';
import { regionOf, sitesOf } from './places.ts';
import { type Strike, sending } from './strikes.ts';
import { tableOf } from './table.ts';
import { workingTargets } from './traffic.ts';
import type { Caller, SimulatedClients } from './world.ts';

/** The clients' patience in production (`lib/aws/clients.ts`): a call without an answer is given up after this. */
export const REQUEST_TIMEOUT_MS = 1500;

/** Where Route 53's control plane lives: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html */
const ROUTE_53_REGION = 'us-east-1';

const OPERATIONS: ReadonlyMap<unknown, Operation> = new Map(
  [...autoScalingOperations, ...loadBalancerOperations, ...metricOperations, ...dnsOperations, ...notifyOperations].map(
    (operation): [CommandClass, Operation] => [operation.command, operation],
  ),
);

/** A caller with what the simulator itself needs of it. */
export interface CallerHandle extends Caller {
  readonly name: string;
  readonly sleeper: Sleeper;
  /** What befalls the caller when it sends its n-th call from now. */
  strikes: Strike[];
}

/** How often each operation was called, and how long each takes: drawn once, so that runs of one seed stay comparable. */
export interface Meter {
  readonly counts: Map<string, number>;
  readonly latencyMs: Map<string, number>;
}

/** By how much the fault makes a call slower. */
export function slowMsOf(fault: ActiveApiFault['fault'] | undefined): number {
  return fault?.how === 'slow' ? (fault.slowMs ?? 1000) : 0;
}

/** What a call of this operation takes, when nothing is wrong. */
export function latencyOf(account: Account, meter: Meter, name: string, writes: boolean): number {
  let latencyMs = meter.latencyMs.get(name);
  if (latencyMs === undefined) {
    const stream = account.random.fork(`latency/${name}`);
    latencyMs = writes ? stream.int(80, 400) : stream.int(20, 120);
    meter.latencyMs.set(name, latencyMs);
  }
  return latencyMs;
}

/** What AWS answers instead of doing it. */
function refusalFor(how: ActiveApiFault['fault']['how'] | undefined, operation: Operation): Error | null {
  const { api, name } = operation;
  if (how === 'throttled') return serviceError(api, 'Throttling', 'Rate exceeded', 400);
  if (how === 'server-error') return serviceError(api, 'ServiceUnavailable', 'Service Unavailable', 503);
  if (how !== 'denied') return null;
  const message = `User is not authorized to perform: ${name}`;
  // SNS has a name of its own for it: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
  if (api === 'sns') return new AuthorizationErrorException({ message, $metadata: metadata(403) });
  return serviceError(api, 'AccessDenied', message, 403);
}

interface Outcome {
  /** The SDK's answer or its error. */
  readonly answer: object;
  readonly failed: boolean;
  readonly effective: boolean;
  readonly answered: boolean;
}

const LOST: Omit<Outcome, 'answer'> = { failed: true, effective: false, answered: false };

/** What becomes of a call at the moment at which it reaches AWS. */
function carryOut(
  account: Account,
  operation: Operation,
  region: Region,
  input: object,
  active: ActiveApiFault | undefined,
): Outcome {
  if (region.lost) return { ...LOST, answer: timeoutError(REQUEST_TIMEOUT_MS) };
  const how = active?.fault.how;
  if (how === 'silence') return { ...LOST, answer: timeoutError(REQUEST_TIMEOUT_MS) };
  const exceeds =
    (operation.api === 'route53' && exceedsRate(account)) ||
    (operation.api === 'elbv2' && !operation.writes && exceedsReads(region.elbReads, account.clock.nowMs()));
  const refusal = refusalFor(exceeds ? 'throttled' : how, operation);
  if (refusal !== null) return { answer: refusal, failed: true, effective: false, answered: true };
  const stale = how === 'stale' ? active : undefined;
  const readMs = stale?.fromMs ?? account.clock.nowMs();
  try {
    const output = operation.apply({ account, region, readMs, snapshot: stale?.snapshot ?? null }, input);
    if (how === 'timeout-after-effect') {
      return { answer: timeoutError(REQUEST_TIMEOUT_MS), failed: true, effective: true, answered: false };
    }
    return {
      answer: Object.assign(output, { $metadata: metadata(200) }),
      failed: false,
      effective: true,
      answered: true,
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { answer: error, failed: true, effective: false, answered: true };
  }
}

/**
 * Sends one command. It reaches AWS halfway between being sent and being answered; a slow one may do so when the caller
 * has given up.
 */
function sendCommand(
  account: Account,
  meter: Meter,
  caller: CallerHandle,
  region: Region,
  operation: Operation,
  command: object,
) {
  const { api, name, writes } = operation;
  meter.counts.set(name, (meter.counts.get(name) ?? 0) + 1);
  const { clock } = account;
  const sentMs = clock.nowMs();
  const active = meetFault(account, { api, name, writes, region: region.name });
  const slowMs = slowMsOf(active?.fault);
  const latencyMs = latencyOf(account, meter, name, writes) + slowMs;
  const late = latencyMs > REQUEST_TIMEOUT_MS;
  const input = (command as { input: object }).input;
  return new Promise<object>((resolve, reject) => {
    if (late) clock.wake(sentMs + REQUEST_TIMEOUT_MS, caller.sleeper, () => reject(timeoutError(REQUEST_TIMEOUT_MS)));
    clock.at(sentMs + (latencyMs >> 1), () => {
      const effectMs = clock.nowMs();
      const outcome = carryOut(account, operation, region, input, active);
      const answerMs = sentMs + (outcome.answered && !late ? latencyMs : REQUEST_TIMEOUT_MS);
      if (writes) {
        account.history.append({
          kind: 'write',
          atMs: effectMs,
          caller: caller.name,
          region: region.name,
          operation: name,
          input,
          sentMs,
          effectMs: outcome.effective ? effectMs : null,
          answerMs,
          result: late ? 'TimeoutError' : outcome.failed ? (outcome.answer as Error).name : 'ok',
        });
      }
      if (late) return;
      clock.wake(answerMs, caller.sleeper, () => (outcome.failed ? reject(outcome.answer) : resolve(outcome.answer)));
    });
  });
}

/** An object that the SDK's paginators and `instanceof` take for a client, with a `send` of its own. */
function client<Client extends object>(prototype: Client, send: (command: object) => Promise<object>): Client {
  return Object.assign(Object.create(prototype) as Client, { send });
}

function perRegion<T>(make: (region: string) => T): (region: string) => T {
  const made = new Map<string, T>();
  return (region) => {
    const known = made.get(region) ?? make(region);
    made.set(region, known);
    return known;
  };
}

function clientsOf(account: Account, meter: Meter, caller: () => CallerHandle): SimulatedClients {
  const sender = (api: ApiName, region: string) => {
    const place = regionOf(account, region);
    return (command: object) => {
      const operation = OPERATIONS.get(command.constructor);
      if (operation?.api !== api)
        return Promise.reject(new TypeError(`the simulated ${api} client does not know ${command.constructor.name}`));
      // A notification changes nothing at AWS.
      const moment = operation.writes && api !== 'sns' ? 'write' : null;
      return sending(caller(), moment, () => sendCommand(account, meter, caller(), place, operation, command));
    };
  };
  const route53 = perRegion((region) => client(Route53Client.prototype, sender('route53', region)));
  return {
    autoScaling: perRegion((region) => client(AutoScalingClient.prototype, sender('auto-scaling', region))),
    loadBalancing: perRegion((region) => client(ElasticLoadBalancingV2Client.prototype, sender('elbv2', region))),
    cloudWatch: perRegion((region) => client(CloudWatchClient.prototype, sender('cloudwatch', region))),
    sns: perRegion((region) => client(SNSClient.prototype, sender('sns', region))),
    route53: () => route53(ROUTE_53_REGION),
  };
}

function siteProbedAt(account: Account, url: string): Site | undefined {
  for (const service of account.services.values()) {
    if (service.options.probesBlocked) continue;
    const site = sitesOf(service).find((one) => one.probe === url);
    if (site !== undefined) return site;
  }
  return undefined;
}

/** The site answers when a target that gets requests does. A lost region, an address of nobody, and what is blocked never answer. */
function probeOf(account: Account, meter: Meter, sleeper: Sleeper): ProbePort {
  return {
    probe: (url, timeoutMs) => {
      meter.counts.set('Probe', (meter.counts.get('Probe') ?? 0) + 1);
      const { clock } = account;
      const sentMs = clock.nowMs();
      const latencyMs = latencyOf(account, meter, 'Probe', false);
      return new Promise((resolve) => {
        clock.at(sentMs + (latencyMs >> 1), () => {
          const site = siteProbedAt(account, url);
          const reached = site !== undefined && !site.region.lost && latencyMs <= timeoutMs;
          const answer = reached && workingTargets(site) > 0;
          clock.wake(sentMs + (reached ? latencyMs : timeoutMs), sleeper, () => resolve(answer));
        });
      });
    },
  };
}

/** A caller that is awake. */
export function createCaller(account: Account, meter: Meter, name: string, region: string): CallerHandle {
  const sleeper: Sleeper = { pausedUntilMs: 0, killed: false };
  const caller: CallerHandle = {
    name,
    region,
    sleeper,
    strikes: [],
    clock: account.clock.of(sleeper),
    table: (state, latencyMs) => tableOf(account, caller, state, latencyMs),
    clients: clientsOf(account, meter, () => caller),
    probe: probeOf(account, meter, sleeper),
  };
  return caller;
}
