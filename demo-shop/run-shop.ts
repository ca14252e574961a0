import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import pino from 'pino';
import { createShopApp } from './app.ts';
import { readShopConfig, type ShopConfig } from './config.ts';
import { openJournal } from './journal.ts';
import { openOrderBook } from './order-book.ts';
import { createPaidonceApi } from './paidonce-api.ts';
import { waysToPay } from './ways-to-pay.ts';
import type { Shop } from './shop.ts';

export interface RunningShop {
  /** The origin without a trailing slash; order updates go to `<url>/webhooks/paidonce`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the demo shop. Throws `ShopConfigError`, or the system's error if the port is taken. */
export async function runShop(env: NodeJS.ProcessEnv): Promise<RunningShop> {
  const config = readShopConfig(env);
  const closing = new AbortController();
  let url = config.publicUrl ?? '';
  const app = createShopApp(createShop(config, () => url, closing.signal));
  const log = pino({ name: 'demo-shop' });
  app.on('error', (error: unknown) => log.error(error, 'a request failed'));

  const handle = app.callback();
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    void handle(request, response);
  });
  server.listen(config.port, config.host);
  await once(server, 'listening');
  url ||= originOf(server, config.host);
  return { url, close: () => close(server, closing) };
}

function createShop(config: ShopConfig, publicUrl: () => string, closing: AbortSignal): Shop {
  const api = createPaidonceApi(config);
  return {
    book: openOrderBook(openJournal(config.dataDir)),
    api,
    ways: waysToPay(api),
    webhookSecrets: config.webhookSecrets,
    temporalUiUrl: config.temporalUiUrl,
    lookIntervals: config.lookIntervals,
    publicUrl,
    closing,
    attempts: [],
    behaviour: { mode: 'ok' },
  };
}

function originOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

async function close(server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
