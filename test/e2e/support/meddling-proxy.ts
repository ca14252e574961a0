/** A proxy in front of the service that does one thing wrong, as a bad deployment or a broken build would. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request on its way to the service, and its answer on the way back. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Meddling {
  /** Answers instead of the service. */
  readonly answers?: (request: Passing) => { readonly status: number; readonly body: object } | null;
  readonly changes?: (request: Passing) => Passing;
  /** Changes what the service says. */
  readonly rewrites?: (request: Passing, body: string) => string;
}

export interface MeddlingProxy {
  readonly url: string;
  meddling: Meddling;
  close(): void;
}

export async function startMeddlingProxy(origin: string): Promise<MeddlingProxy> {
  const server = createServer((request, response) => {
    void (async () => {
      const given = await passing(request);
      const { answers, changes, rewrites } = proxy.meddling;
      const own = answers?.(given) ?? null;
      response.setHeader('content-type', 'application/json');
      if (own !== null) return response.writeHead(own.status).end(JSON.stringify(own.body));
      const sent = changes?.(given) ?? given;
      const { method, path, headers, body } = sent;
      const answer = await fetch(origin + path, {
        method,
        headers,
        redirect: 'manual',
        ...(method !== 'GET' && { body }),
      });
      const text = await answer.text();
      return response.writeHead(answer.status).end(rewrites?.(given, text) ?? text);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: MeddlingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    meddling: {},
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}

const HOP_BY_HOP = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'];

async function passing(request: IncomingMessage): Promise<Passing> {
  const headers = Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.includes(name));
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: (await buffer(request)).toString(),
  };
}
