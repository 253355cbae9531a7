/**
 * A hundred services of the lab's shape: on two moto servers, one for each of their regions, since one alone is a single
 * Python process that takes some milliseconds for every answer. The table is dynalite's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { portsOver } from '../../handlers/runtime.ts';
import { awsClients } from '../../lib/aws/clients.ts';
import { httpProbe } from '../../lib/aws/probe.ts';
import { awsState } from '../../lib/aws/state.ts';
import { newMemory, type RoundResult, runRound } from '../../lib/controller/cycle.ts';
import { LOOP_PACE } from '../../lib/controller/paced-targets.ts';
import type { Policy } from '../../lib/core/model.ts';
import { startDynamo } from '../contract/dynamo-server.ts';
import { buildLab, buildZone, HOME, labText, policyFrom, reportCpu } from './lab.ts';
import { type Moto, startMoto } from './moto.ts';
import { startProxy, type WireCall } from './proxy.ts';
import { fillGaps } from './wire.ts';

const ROUND_MS = 5000;
/** moto looks through all records of a zone for every list, and it is the slowest of all here. */
const SERVICES_PER_ZONE = 10;
/** Longer than anything here lasts. */
const LEASE_MS = 3_600_000;

export interface MeasuredRound {
  readonly result: RoundResult;
  readonly tookMs: number;
  readonly calls: readonly WireCall[];
}

export interface Hundred {
  readonly policies: readonly Policy[];
  readonly buildMs: number;
  /** One round over all services, 5 s after the last by the clock that is passed in; every call takes so much longer. */
  round(latencyMs: number): Promise<MeasuredRound>;
  stop(): Promise<void>;
}

/** One moto for HOME and another for the rest, asked as if they were one. */
async function startPair(): Promise<Moto & { urlFor(region: string): string }> {
  const [home, rest] = await Promise.all([startMoto(), startMoto()]);
  const of = (region: string): Moto => (region === HOME ? home : rest);
  return {
    url: rest.url,
    urlFor: (region) => of(region).url,
    boto: (service, region, ...more) => of(region).boto(service, region, ...more),
    admin: async (...args) => void (await Promise.all([home.admin(...args), rest.admin(...args)])),
    stop: async () => void (await Promise.all([home.stop(), rest.stop()])),
  };
}

async function build(moto: Moto, count: number): Promise<Policy[]> {
  const zones: string[] = [];
  for (let n = 0; n < count; n += SERVICES_PER_ZONE) zones.push(await buildZone(moto));
  const zoneOf = (n: number): string => zones[Math.floor(n / SERVICES_PER_ZONE)] ?? '';
  const policies = Array.from({ length: count }, (_, n) => policyFrom(labText(zoneOf(n), n + 1)));
  const [first, ...others] = policies;
  // The first brings what all of a region share; of the others each server builds its side, one call after the other.
  if (first !== undefined) await buildLab(moto, first);
  await Promise.all(others.map((policy) => buildLab(moto, policy)));
  await Promise.all(policies.map(({ fleet }) => reportCpu(moto, HOME, fleet?.autoScalingGroup ?? '', 80, 12)));
  return policies;
}

/**
 * Builds it all and connects the production ports to it. `setEnv` gets the variables that point the SDK at it, before
 * the first client is made.
 */
export async function startHundred(setEnv: (name: string, value: string) => void, count = 100): Promise<Hundred> {
  const beganMs = performance.now();
  const [moto, dynamo] = await Promise.all([startPair(), startDynamo()]);
  const [aws, table] = await Promise.all([startProxy(({ region }) => moto.urlFor(region)), startProxy(dynamo.url)]);
  aws.rule = fillGaps;
  setEnv('AWS_ENDPOINT_URL', aws.url);
  setEnv('AWS_ENDPOINT_URL_DYNAMODB', table.url);
  setEnv('AWS_REGION', 'ap-northeast-1');
  setEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  setEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
  const policies = await build(moto, count);
  const name = await dynamo.createTable();
  const buildMs = performance.now() - beganMs;

  const clients = awsClients();
  let aheadMs = 0;
  const clock = {
    nowMs: () => Date.now() + aheadMs,
    sleep: async (ms: number) => void (await sleep(Math.max(0, ms))),
  };
  const journal = { write: () => undefined, count: () => undefined };
  const rest = { clock, probe: httpProbe(), state: awsState(clients.dynamoDb, name), journal };
  // An account whose limit AWS has raised: all services in each round, none waits for its turn.
  const ports = portsOver(clients, rest, { ...LOOP_PACE, readsPerSecond: 100 });
  const memory = newMemory();
  let lastMs = clock.nowMs();
  const lease = await ports.state.takeLease('hundred', lastMs, lastMs + LEASE_MS, true);
  return {
    policies,
    buildMs,
    async round(latencyMs) {
      aheadMs += Math.max(0, lastMs + ROUND_MS - clock.nowMs());
      lastMs = clock.nowMs();
      for (const proxy of [aws, table]) {
        proxy.latencyMs = latencyMs;
        proxy.calls.length = 0;
      }
      const startMs = performance.now();
      const result = await runRound(ports, memory, policies, lease, lastMs);
      // As the loop of a tick does: a steady round is not saved, and the lease says how far it got.
      await ports.state.renewLease(lease, new Map(memory.rounds));
      const tookMs = performance.now() - startMs;
      return { result, tookMs, calls: [...aws.calls, ...table.calls] };
    },
    async stop() {
      // What a round left under way is lost after 1.5 s at the latest; dynalite does not like to be closed meanwhile.
      await sleep(1600);
      await Promise.all([aws.stop(), table.stop()]);
      await Promise.all([moto.stop(), dynamo.stop()]);
    },
  };
}

/** How often each operation was called. */
export function countsOf(calls: readonly WireCall[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}
