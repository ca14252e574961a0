/**
 * The merchant's end: takes order updates and resolves the waits for them. Orders named `hang-…` are never
 * answered.
 */
import { createServer, type ServerResponse } from 'node:http';

export interface HeardUpdate {
  readonly type: string;
  /** When the bench had the whole update, in milliseconds since the epoch. */
  readonly at: number;
  /** When the order was paid, as the product reports it. */
  readonly paidAt: number;
}

export interface Sink {
  readonly url: string;
  /**
   * The first `order.paid` of an order. Rejects after half a minute, or `limitMs`: a benchmark that loses
   * orders has no figures.
   */
  paid(orderReference: string, limitMs?: number): Promise<HeardUpdate>;
  /** The first update of another type. */
  told(orderReference: string, type: string): Promise<HeardUpdate>;
  close(): void;
}

export const HANGING_PREFIX = 'hang-';
const LIMIT_MS = 30_000;

export async function startSink(): Promise<Sink> {
  const waiting = new Map<string, (update: HeardUpdate) => void>();
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    // The checks of the service ask whether the endpoint is there, without an update.
    request.on('end', () =>
      request.method === 'POST' ? hear(text, response, waiting) : response.writeHead(204).end(),
    );
  });
  server.keepAliveTimeout = 60_000;
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  return {
    url: `http://127.0.0.1:${port}/updates`,
    paid: (reference, limitMs = LIMIT_MS) => wait(waiting, reference, 'order.paid', limitMs),
    told: (reference, type) => wait(waiting, reference, type, LIMIT_MS),
    close: () => server.close().closeAllConnections(),
  };
}

function hear(
  text: string,
  response: ServerResponse,
  waiting: Map<string, (update: HeardUpdate) => void>,
): void {
  const at = Date.now();
  const { type, data } = JSON.parse(text) as {
    type: string;
    /** The updates of a store that was filled by hand have none. */
    data?: { orderReference: string; paidAt?: string };
  };
  if (data?.orderReference.startsWith(HANGING_PREFIX)) return;
  response.writeHead(204).end();
  if (data === undefined) return;
  const key = `${type} ${data.orderReference}`;
  waiting.get(key)?.({ type, at, paidAt: Date.parse(data.paidAt ?? '') });
  waiting.delete(key);
}

function wait(
  waiting: Map<string, (update: HeardUpdate) => void>,
  reference: string,
  type: string,
  limitMs: number,
): Promise<HeardUpdate> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new Error(`order ${reference}: the merchant was not told ${type} within ${limitMs / 1_000} s`),
        ),
      limitMs,
    );
    waiting.set(`${type} ${reference}`, (update) => {
      clearTimeout(timer);
      resolve(update);
    });
  });
}
