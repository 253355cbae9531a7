/** What one API operation is to the simulator, and how AWS says no. */
import { AutoScalingServiceException } from '@aws-sdk/client-auto-scaling';
import { CloudWatchServiceException } from '@aws-sdk/client-cloudwatch';
import { ElasticLoadBalancingV2ServiceException } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53ServiceException } from '@aws-sdk/client-route-53';
import { SNSServiceException } from '@aws-sdk/client-sns';
import type { Account, Region, Snapshot } from './account.ts';

/** One call as it takes effect. */
export interface Call {
  readonly account: Account;
  readonly region: Region;
  /** The moment whose state a read shows: now, or earlier while reads are stale. */
  readonly readMs: number;
  /** What a stale read shows of that moment; `null`: what is. */
  readonly snapshot: Snapshot | null;
}

/** A command class of the SDK. Known by identity, not by its name: bundles rename classes. */
export type CommandClass = new (input: never) => object;

export interface Operation {
  readonly api: SdkApi;
  /** As AWS names it: `SetDesiredCapacity`. */
  readonly name: string;
  readonly command: CommandClass;
  readonly writes: boolean;
  /** Its effect and its answer without `$metadata`, or an exception of the SDK thrown. */
  readonly apply: (call: Call, input: object) => object;
}

/** The operations of one API; that a function's input is the command's own is checked here, so that a list may forget it. */
export function operationsOf(api: SdkApi) {
  const make =
    (writes: boolean) =>
    <Input extends object>(
      name: string,
      command: new (input: Input) => { readonly input: Input },
      apply: (call: Call, input: Input) => object,
    ): Operation => ({ api, name, command, writes, apply: (call, input) => apply(call, input as Input) });
  return { read: make(false), write: make(true) };
}

const BASE = {
  'auto-scaling': AutoScalingServiceException,
  elbv2: ElasticLoadBalancingV2ServiceException,
  cloudwatch: CloudWatchServiceException,
  route53: Route53ServiceException,
  sns: SNSServiceException,
} as const;

/** The APIs that have a client of the SDK; the state table stands behind its port. */
type SdkApi = keyof typeof BASE;

/** `$metadata` as the SDK fills it in for a call of one attempt. */
export function metadata(httpStatusCode: number) {
  return { httpStatusCode, requestId: '00000000-0000-4000-8000-000000000000', attempts: 1, totalRetryDelay: 0 };
}

/** An error that the SDK has no class for: its service's base class with the code that AWS sends as the name. */
export function serviceError(api: SdkApi, name: string, message: string, httpStatusCode = 400): Error {
  const $fault = httpStatusCode >= 500 ? 'server' : 'client';
  return new BASE[api]({ name, message, $fault, $metadata: metadata(httpStatusCode) });
}

/** What the SDK rejects with when no answer came in time (NodeHttpHandler with throwOnRequestTimeout). */
export function timeoutError(timeoutMs: number): Error {
  const message = `@smithy/node-http-handler - [ERROR] a request has exceeded the configured ${timeoutMs} ms requestTimeout.`;
  return Object.assign(new Error(message), {
    name: 'TimeoutError',
    code: 'ETIMEDOUT',
    $metadata: { attempts: 1, totalRetryDelay: 0 },
  });
}

/** One page of a list by number: the token is the index to go on from. */
export function pageOf<Item>(
  items: readonly Item[],
  token: string | undefined,
  size: number,
): { items: Item[]; next: string | undefined } {
  const from = token === undefined ? 0 : Number(token);
  const to = from + size;
  return { items: items.slice(from, to), next: to < items.length ? String(to) : undefined };
}
