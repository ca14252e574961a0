/** An HTTP server that answers as a test says, for gateways whose sandbox never gives such answers. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A request. `Body`: its body, as the gateway's requests have one. */
export interface Seen<Body> {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Body;
}

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly raw?: string;
  readonly headers?: Record<string, string>;
  /** The connection is cut before an answer. */
  readonly drop?: boolean;
  /** No answer is ever sent. */
  readonly hang?: boolean;
}

type Handler<Body> = Reply | ((seen: Seen<Body>) => Reply);

export interface FakeHttp<Body> {
  readonly url: string;
  readonly seen: Seen<Body>[];
  /** Answers a route such as `GET /v1/account`; without one it is `notFound`. The last of several is repeated. */
  on(route: string, ...replies: [Handler<Body>, ...Handler<Body>[]]): void;
  calls(route: string): Seen<Body>[];
  close(): Promise<void>;
}

export async function startFakeHttp<Body>(how: {
  readonly parse: (body: string, headers: IncomingMessage['headers']) => Body;
  readonly notFound: Reply;
  /** Of every answer, unless the reply has others. */
  readonly headers?: () => Record<string, string>;
  readonly onSeen?: (seen: Seen<Body>) => void;
}): Promise<FakeHttp<Body>> {
  const routes = new Map<string, Handler<Body>[]>();
  const seen: Seen<Body>[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://fake');
    const { method = '', headers } = request;
    const entry = { method, path, query, headers, body: how.parse(await text(request), headers) };
    seen.push(entry);
    how.onSeen?.(entry);
    const replies = routes.get(routeOf(entry));
    const handler = replies !== undefined && replies.length > 1 ? replies.shift() : replies?.[0];
    const reply = typeof handler === 'function' ? handler(entry) : (handler ?? how.notFound);
    send(response, { ...reply, headers: { ...how.headers?.(), ...reply.headers } });
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    on: (route, ...replies) => void routes.set(route, replies),
    calls: (route) => seen.filter((entry) => routeOf(entry) === route),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routeOf({ method, path }: Pick<Seen<unknown>, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply.hang) return;
  if (reply.drop) {
    response.destroy();
    return;
  }
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.raw ?? JSON.stringify(reply.json ?? null));
}
