/** Worlds for the tests of the simulator: the lab's policy, and the SDK's commands sent to it as any caller would. */
import { readFileSync } from 'node:fs';
import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import type { Policy, SiteName } from '../../lib/core/model.ts';
import { loadPolicy } from '../../lib/policy/load.ts';
import type { HistoryEvent } from '../../lib/sim/history.ts';
import type { World, WorldOptions, WorldSpec } from '../../lib/sim/world.ts';
import { createWorld } from '../../lib/sim/world.ts';

export const SEOUL = 'ap-northeast-2';
export const TOKYO = 'ap-northeast-1';
export const GROUP = 'exercise-group';
export const ZONE_ID = 'Z0123456789ABCDEFGHIJ';

function lab(): Policy {
  const file = new URL('../../policies/web.yml', import.meta.url);
  const { policy } = loadPolicy('web.yml', readFileSync(file, 'utf8'));
  if (policy === null) throw new Error('policies/web.yml does not load');
  return policy;
}

/** policies/web.yml. */
export const WEB: Policy = lab();

/** The lab with a fleet of other bounds. */
export function withCapacity(min: number, max: number): Policy {
  return { ...WEB, fleet: { autoScalingGroup: GROUP, capacity: { min, max } } };
}

export const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

/** On a whole minute, so that what a test says in seconds is easy to follow. */
export const START_MS = Date.UTC(2026, 0, 5, 12, 0, 0);

export function world(options: WorldOptions = {}, spec: Partial<WorldSpec> = {}): World {
  return createWorld({ policies: [WEB], seed: 1, startMs: START_MS, settle, options, ...spec });
}

/** Lets `seconds` pass. */
export async function pass(sim: World, seconds: number): Promise<void> {
  await sim.run(sim.clock.nowMs() + seconds * 1000);
}

/** Lets time pass until the promise is done: two seconds are enough for any call. */
export async function soon<T>(sim: World, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await pass(sim, 2);
  return promise;
}

/** The error that the promise is rejected with. */
export async function failure(
  sim: World,
  promise: Promise<unknown>,
): Promise<Error & { $metadata?: { httpStatusCode?: number } }> {
  const outcome = soon(sim, promise).then(
    () => null,
    (error: Error) => error,
  );
  const error = await outcome;
  if (error === null) throw new Error('expected a rejection');
  return error;
}

export const clients = (sim: World) => sim.as('test').clients;

export async function readGroup(sim: World, region = SEOUL): Promise<AutoScalingGroup> {
  const answer = await soon(sim, clients(sim).autoScaling(region).send(new DescribeAutoScalingGroupsCommand({})));
  const [group] = answer.AutoScalingGroups ?? [];
  if (group === undefined) throw new Error(`no group in ${region}`);
  return group;
}

/** State and reason by target: `i-…:80` → `healthy` or `unhealthy Target.Timeout`. */
export async function readTargets(
  sim: World,
  site: SiteName = 'primary',
  service = 'web',
): Promise<Record<string, string>> {
  const { region, targetGroupArn } = sim.place(service, site);
  const command = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn });
  const answer = await soon(sim, clients(sim).loadBalancing(region).send(command));
  return Object.fromEntries(
    (answer.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => [
      `${Target?.Id}:${Target?.Port}`,
      [TargetHealth?.State, TargetHealth?.Reason].filter((word) => word !== undefined).join(' '),
    ]),
  );
}

export async function readSets(sim: World): Promise<ResourceRecordSet[]> {
  const command = new ListResourceRecordSetsCommand({ HostedZoneId: ZONE_ID, StartRecordName: 'www.example.com' });
  const answer = await soon(sim, clients(sim).route53().send(command));
  return answer.ResourceRecordSets ?? [];
}

type Kind = HistoryEvent['kind'];

/** All events of one kind, in order. */
export function events<K extends Kind>(sim: World, kind: K): Extract<HistoryEvent, { kind: K }>[] {
  return sim.history.events.filter((event): event is Extract<HistoryEvent, { kind: K }> => event.kind === kind);
}

/** Seconds from `fromMs` to the first event of a kind that fits; throws when there is none. */
export function secondsTo<K extends Kind>(
  sim: World,
  fromMs: number,
  kind: K,
  fits: (event: Extract<HistoryEvent, { kind: K }>) => boolean,
): number {
  const found = events(sim, kind).find((event) => event.atMs >= fromMs && fits(event));
  if (found === undefined) throw new Error(`no such ${kind} event`);
  return (found.atMs - fromMs) / 1000;
}
