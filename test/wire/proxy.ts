/** An HTTP proxy between the SDK and moto: counts calls, adds latency, fills moto's gaps, and breaks what a test wants broken. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Complaint, complaint, errorAnswer } from './aws-errors.ts';
import { callOf, type WireCall } from './wire-call.ts';

export type { WireCall } from './wire-call.ts';

/** What happens to a call instead of its answer. Codes and statuses as AWS sends them. */
export type Fault =
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message?: string }
  /** What AWS says of itself or of the caller, in this service's own code and status. */
  | { readonly kind: 'complaint'; readonly about: Complaint }
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

/** moto's own answer with something in it changed, for what moto cannot be brought to say. */
export interface Rewritten {
  readonly kind: 'rewritten';
  readonly rewrite: (body: string) => string;
}

export interface WireProxy {
  readonly url: string;
  /** Every call that arrived. */
  readonly calls: WireCall[];
  /** Those that the peer behind the proxy has answered: they had their effect, whatever became of the answer. */
  readonly answered: WireCall[];
  /** Decides for each call; `null` lets it pass. */
  rule: (call: WireCall) => Fault | Canned | Rewritten | null;
  /** Added to every call. */
  latencyMs: number;
  stop(): Promise<void>;
}

interface PeerAnswer {
  readonly head: IncomingMessage;
  readonly body: Buffer;
}

/** Asks the peer, and waits for all of its answer. */
function forward(upstream: URL, incoming: IncomingMessage, body: Buffer): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    const { method, url: path, headers } = incoming;
    const { hostname, port } = upstream;
    const out = request({ hostname, port, method, path, headers }, (head) => {
      const chunks: Buffer[] = [];
      head.on('data', (chunk: Buffer) => chunks.push(chunk));
      head.on('end', () => resolve({ head, body: Buffer.concat(chunks) }));
      head.on('error', reject);
    });
    out.on('error', reject);
    out.end(body);
  });
}

function sendAnswer({ head, body }: PeerAnswer, rule: ReturnType<WireProxy['rule']>, response: ServerResponse): void {
  const sent = rule?.kind === 'rewritten' ? Buffer.from(rule.rewrite(body.toString())) : body;
  const { 'transfer-encoding': _, ...headers } = head.headers;
  response.writeHead(head.statusCode ?? 502, { ...headers, 'content-length': sent.length });
  if (rule?.kind === 'half') response.write(sent.subarray(0, Math.floor(sent.length / 2)));
  else response.end(sent);
}

/** @param upstream where a call goes: one address, or one for each call (several peers behind one proxy). */
export async function startProxy(upstream: string | ((call: WireCall) => string)): Promise<WireProxy> {
  const abort = new AbortController();
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal: abort.signal });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const call = callOf(incoming, body.toString('latin1'));
    proxy.calls.push(call);
    if (proxy.latencyMs > 0) await pause(proxy.latencyMs);
    const rule = proxy.rule(call);
    if (rule?.kind === 'error' || rule?.kind === 'complaint') {
      const said =
        rule.kind === 'error' ? errorAnswer(call, rule.status, rule.code, rule.message) : complaint(call, rule.about);
      return void response.writeHead(said.status, said.headers).end(said.body);
    }
    if (rule?.kind === 'canned') return void response.writeHead(200, { 'content-type': 'text/xml' }).end(rule.body);
    if (rule?.kind === 'reset') return void incoming.socket.resetAndDestroy();
    if (rule?.kind === 'silence') {
      await pause(rule.ms);
      return void incoming.socket.destroy();
    }
    const answer = await forward(new URL(typeof upstream === 'string' ? upstream : upstream(call)), incoming, body);
    proxy.answered.push(call);
    if (rule?.kind === 'effect-then-reset') return void incoming.socket.resetAndDestroy();
    if (rule?.kind === 'late') await pause(rule.ms);
    sendAnswer(answer, rule, response);
  }

  const server = createServer((incoming, response) => {
    // A client that went away, or the end of the test.
    serve(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const proxy: WireProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    answered: [],
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
