/**
 * Starts and stops the servers. At a stop, requests under way may finish, also an opening, which takes 14 s
 * if the gateway is slow.
 */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type Koa from 'koa';
import type { Service } from '../../service.ts';
import type { Logger } from '../../telemetry/log.ts';
import { startCarryingOut } from '../approvals/carry-out-undone.ts';
import { answerClientErrors } from './client-errors.ts';
import { createAdminApp, createApp } from './app.ts';
import { cannotListen, type Listening } from './cannot-listen.ts';

/** Contract §7. A client that sends its headers byte by byte is detected within a second after the limit. */
const LIMITS = {
  maxHeaderSize: 36 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  // The application checks the header itself, so that its absence gets a problem document like all others.
  requireHostHeader: false,
};

/**
 * A connection is closed if its client reads nothing of its answer for this long. Longer than a request may
 * take, since the request is answered first.
 */
const SILENT_MS = 35_000;

/** Longer than an opening may take, and shorter than a process may take to end. */
const STOP_GRACE_MS = 17_000;

/**
 * Starts the API. The returned function closes it after the requests under way, or after `STOP_GRACE_MS`.
 * @throws CannotListen
 */
export async function startApi(service: Service): Promise<() => Promise<void>> {
  const { config, log } = service;
  const { app, endStreams, ingress, tools } = createApp(service);
  const server = await listen(app, { setting: 'PORT', port: config.PORT, host: config.HOST, log });
  log.info({ port: config.PORT, publicUrl: config.PUBLIC_URL }, 'api listens');
  const stopCarryingOut = startCarryingOut(tools);
  return async () => {
    endStreams();
    await server.close(STOP_GRACE_MS);
    await stopCarryingOut();
    await ingress.drain();
  };
}

/** Longer than any answer of this port takes. */
const ADMIN_GRACE_MS = 1_000;

/** Serves the dashboard, health and metrics to the inside on ADMIN_PORT, in every role of a process. @throws CannotListen */
export async function startAdmin(service: Service, port: number): Promise<() => Promise<void>> {
  const { config, log } = service;
  const at = { setting: 'ADMIN_PORT', port, host: config.ADMIN_HOST } as const;
  const { app, endStreams } = createAdminApp(service);
  const server = await listen(app, { ...at, log });
  return async () => {
    endStreams();
    await server.close(ADMIN_GRACE_MS);
  };
}

/** A server that takes requests. */
export interface Serving {
  /** Ends it after the requests under way, or after this time. */
  close(graceMs: number): Promise<void>;
}

/** Serves an application with the limits of contract §7. @throws CannotListen */
export function listen(app: Koa, { log, ...at }: Listening & { readonly log: Logger }): Promise<Serving> {
  return new Promise((resolve, reject) => {
    const handle = app.callback();
    const server = createServer(LIMITS, (req, res) => void handle(req, res));
    // No header is dropped silently; a limit of all headers together exists instead.
    server.maxHeadersCount = 0;
    server.setTimeout(SILENT_MS);
    answerClientErrors(server, log);
    const connections = new Set<Socket>();
    server.on('connection', (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
    });
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(at, error)));
    server.listen(at.port, at.host, () =>
      resolve({ close: (graceMs) => closeServer(server, connections, graceMs) }),
    );
  });
}

async function closeServer(server: Server, connections: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  const unused = setInterval(() => {
    // A keep-alive connection that becomes idle now would otherwise keep the server open for a minute.
    server.closeIdleConnections();
    // Browsers and HTTP clients open connections in advance. To Node, one that has sent nothing yet is not idle.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  }, 100);
  await closed;
  clearTimeout(timer);
  clearInterval(unused);
}
