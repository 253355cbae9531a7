/** What a request to AWS is, read off the wire: the same for all protocols that our six clients speak. */
import type { IncomingMessage } from 'node:http';

export interface WireCall {
  /** As the signature names it: autoscaling, elasticloadbalancing, monitoring, route53, dynamodb, sns. */
  readonly service: string;
  readonly region: string;
  /** The SDK's name of the operation, like SetDesiredCapacity. */
  readonly operation: string;
  readonly body: string;
  /** With its query: Route 53 says there what it asks for. */
  readonly path: string;
  readonly atMs: number;
}

/** Route 53 is REST: the operation follows from method and path. */
function restOperation(method: string, path: string): string {
  if (path.includes('/change/')) return 'GetChange';
  if (path.includes('/rrset')) return method === 'POST' ? 'ChangeResourceRecordSets' : 'ListResourceRecordSets';
  return `${method} ${path}`;
}

/** @param body the request's body, byte by byte (latin1). */
export function callOf(incoming: IncomingMessage, body: string): WireCall {
  const signature = String(incoming.headers.authorization ?? '');
  const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(signature) ?? [];
  const target = incoming.headers['x-amz-target'];
  // A client may also speak CBOR over /service/…/operation/…: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
  const path = incoming.url ?? '/';
  const rpc = /\/operation\/(\w+)/.exec(path)?.[1];
  const form = new URLSearchParams(body).get('Action');
  const operation =
    rpc ??
    (target === undefined ? (form ?? restOperation(incoming.method ?? '', path)) : String(target).split('.').at(-1));
  return { service, region, operation: operation ?? '', body, path, atMs: Date.now() };
}
