/** An HTTP proxy between the SDK and moto: counts calls, adds latency, fills moto's gaps, and breaks what a test wants broken. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WireCall {
  /** As the signature names it: autoscaling, elasticloadbalancing, monitoring, route53, dynamodb, sns. */
  readonly service: string;
  readonly region: string;
  /** The SDK's name of the operation, like SetDesiredCapacity. */
  readonly operation: string;
  readonly body: string;
  readonly atMs: number;
}

/** What happens to a call instead of its answer. Codes and statuses as AWS sends them. */
export type Fault =
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message?: string }
  /** The connection is reset before anything was done. */
  | { readonly kind: 'reset' }
  /** Half of the true answer, then nothing more. */
  | { readonly kind: 'half' }
  /** Nothing was done and nothing is said for so long. */
  | { readonly kind: 'silence'; readonly ms: number }
  /** The call had its effect, but its answer comes so late. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The call had its effect, and then the connection is reset. */
  | { readonly kind: 'effect-then-reset' };

/** An answer in place of moto's, for what moto lacks. */
export interface Canned {
  readonly kind: 'canned';
  readonly body: string;
}

export interface WireProxy {
  readonly url: string;
  readonly calls: WireCall[];
  /** Decides for each call; `null` lets it pass. */
  rule: (call: WireCall) => Fault | Canned | null;
  /** Added to every call. */
  latencyMs: number;
  stop(): Promise<void>;
}

/** Route 53 is REST: the operation follows from method and path. */
function restOperation(method: string, path: string): string {
  if (path.includes('/change/')) return 'GetChange';
  if (path.includes('/rrset')) return method === 'POST' ? 'ChangeResourceRecordSets' : 'ListResourceRecordSets';
  return `${method} ${path}`;
}

function callOf(incoming: IncomingMessage, body: string): WireCall {
  const signature = String(incoming.headers.authorization ?? '');
  const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(signature) ?? [];
  const target = incoming.headers['x-amz-target'];
  // CloudWatch speaks CBOR over /service/…/operation/…: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
  const path = incoming.url ?? '/';
  const rpc = /\/operation\/(\w+)/.exec(path)?.[1];
  const form = new URLSearchParams(body).get('Action');
  const operation =
    rpc ??
    (target === undefined ? (form ?? restOperation(incoming.method ?? '', path)) : String(target).split('.').at(-1));
  return { service, region, operation: operation ?? '', body, atMs: Date.now() };
}

const jsonError = (code: string, message: string): string => JSON.stringify({ __type: code, message });
const xmlError = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`;

function sayError(call: WireCall, fault: Fault & { kind: 'error' }, response: ServerResponse): void {
  const message = fault.message ?? `injected ${fault.code}`;
  const json = call.service === 'dynamodb' || call.service === 'monitoring';
  response.writeHead(fault.status, { 'content-type': json ? 'application/x-amz-json-1.0' : 'text/xml' });
  response.end(json ? jsonError(fault.code, message) : xmlError(fault.code, message));
}

export async function startProxy(upstream: string): Promise<WireProxy> {
  const { hostname, port: upstreamPort } = new URL(upstream);
  const abort = new AbortController();

  const forward = (incoming: IncomingMessage, body: Buffer): Promise<{ head: IncomingMessage; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const { method, url: path, headers } = incoming;
      const out = request({ hostname, port: upstreamPort, method, path, headers }, (head) => {
        const chunks: Buffer[] = [];
        head.on('data', (chunk: Buffer) => chunks.push(chunk));
        head.on('end', () => resolve({ head, body: Buffer.concat(chunks) }));
        head.on('error', reject);
      });
      out.on('error', reject);
      out.end(body);
    });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const call = callOf(incoming, body.toString('latin1'));
    proxy.calls.push(call);
    if (proxy.latencyMs > 0) await sleep(proxy.latencyMs, undefined, { signal: abort.signal });
    const rule = proxy.rule(call);
    if (rule?.kind === 'error') return sayError(call, rule, response);
    if (rule?.kind === 'canned') return void response.writeHead(200, { 'content-type': 'text/xml' }).end(rule.body);
    if (rule?.kind === 'reset') return void incoming.socket.resetAndDestroy();
    if (rule?.kind === 'silence') {
      await sleep(rule.ms, undefined, { signal: abort.signal });
      return void incoming.socket.destroy();
    }
    const answer = await forward(incoming, body);
    if (rule?.kind === 'effect-then-reset') return void incoming.socket.resetAndDestroy();
    if (rule?.kind === 'late') await sleep(rule.ms, undefined, { signal: abort.signal });
    const { 'transfer-encoding': _, ...headers } = answer.head.headers;
    response.writeHead(answer.head.statusCode ?? 502, { ...headers, 'content-length': answer.body.length });
    if (rule?.kind === 'half') response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)));
    else response.end(answer.body);
  }

  const server = createServer((incoming, response) => {
    // A client that went away, or the end of the test.
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const proxy: WireProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    rule: () => null,
    latencyMs: 0,
    async stop() {
      abort.abort();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return proxy;
}
