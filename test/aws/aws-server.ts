/** A web server on the loopback that answers as AWS does, for the real SDK clients to talk to. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  /** The fields of a query-protocol body (Auto Scaling, Elastic Load Balancing, SNS). */
  readonly form: URLSearchParams;
  /** The operation, for the protocols that name one: `Action=` or `X-Amz-Target`. */
  readonly operation: string;
}

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string;
}

/** An answer, or what else a server may do: say nothing, stop halfway through the body, hang up. */
type Reply = Answer | 'silence' | 'stall' | 'hang up';

const XML = 'text/xml';
const JSON_1_0 = 'application/x-amz-json-1.0';

export const xml = (body: string, status = 200): Answer => ({ status, type: XML, body });
export const json = (body: unknown, status = 200): Answer => ({ status, type: JSON_1_0, body: JSON.stringify(body) });

/** An error as the query protocol and Route 53 send it. */
export const xmlError = (code: string, message: string, status = 400): Answer =>
  xml(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
    status,
  );

export const jsonError = (code: string, message: string, status = 400): Answer =>
  json({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message }, status);

/** The answer to an operation of the query protocol. */
export const result = (operation: string, body: string): Answer =>
  xml(`<${operation}Response><${operation}Result>${body}</${operation}Result></${operation}Response>`);

/** `<list><member>…</member>…</list>` */
export const members = (list: string, each: readonly string[]): string =>
  `<${list}>${each.map((member) => `<member>${member}</member>`).join('')}</${list}>`;

/** `<name>value</name>` for each field. */
export const fields = (values: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');

async function readAll(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function send(reply: Reply, response: ServerResponse): void {
  if (reply === 'silence') return;
  if (reply === 'hang up') {
    response.destroy();
    return;
  }
  if (reply === 'stall') {
    response.writeHead(200, { 'content-type': XML, 'content-length': '1000' });
    response.write('<Desc');
    return;
  }
  response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'text/plain' });
  response.end(reply.body ?? '');
}

/**
 * Starts the server for the tests of a file and points the SDK at it, by the environment variables that it reads itself.
 * Set `answer` in each test; `asked` holds what came since the test began. A connection that was idle for longer than
 * `idleMs` is gone, as behind a NAT gateway: who writes to it gets a reset.
 */
export function awsServer() {
  const here = {
    asked: [] as Asked[],
    answer: (_: Asked): Reply | Promise<Reply> => ({ status: 500, body: 'this test has set no answer' }),
    port: 0,
    idleMs: Number.POSITIVE_INFINITY,
    /** How many connections were opened. */
    connections: 0,
  };
  const answeredMs = new WeakMap<Socket, number>();
  const server = createServer((request, response) => {
    const { socket } = request;
    const lastMs = answeredMs.get(socket);
    if (lastMs !== undefined && performance.now() - lastMs > here.idleMs) {
      socket.resetAndDestroy();
      return;
    }
    response.once('finish', () => answeredMs.set(socket, performance.now()));
    void readAll(request).then(async (body) => {
      const form = new URLSearchParams(body);
      const target = request.headers['x-amz-target'];
      const operation = form.get('Action') ?? String(target).split('.').at(-1) ?? '';
      const asked = { method: request.method ?? '', url: request.url ?? '', body, form, operation };
      here.asked.push(asked);
      send(await here.answer(asked), response);
    });
  });

  server.on('connection', () => {
    here.connections += 1;
  });

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    here.port = (server.address() as AddressInfo).port;
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${here.port}`);
    vi.stubEnv('AWS_REGION', 'ap-northeast-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
  });
  beforeEach(() => {
    here.asked = [];
    here.idleMs = Number.POSITIVE_INFINITY;
    here.connections = 0;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return here;
}
