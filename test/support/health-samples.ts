/** The objects of a check: a server that answers as told, and a configuration. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { readConfig, type Config } from '../../src/config/config.ts';

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown; text?: string };

/** Makes servers that answer by path, and stops them after each test of the file. */
export function useAnswering(): (answers: Record<string, Answer>) => Promise<string> {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  return async (answers) => {
    const server = createServer((request, response) => {
      const {
        status = 200,
        headers,
        body,
        text,
      } = answers[(request.url ?? '').split('?')[0] ?? ''] ?? { status: 404 };
      response.writeHead(status, { connection: 'close', ...headers }).end(text ?? JSON.stringify(body ?? {}));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}

export function aConfig(changes: Partial<Config> = {}): Config {
  const config = readConfig({
    PUBLIC_URL: 'http://127.0.0.1:3000',
    API_KEYS: 'a-key-of-more-than-24-characters',
    DINTERO_ACCOUNT_ID: 'T12345678',
    DINTERO_CLIENT_ID: 'client',
    DINTERO_CLIENT_SECRET: 'client-secret',
    DINTERO_SIGNATURE_SECRETS: 'newest,older',
    DINTERO_API_URL: 'http://127.0.0.1:3001',
    DINTERO_CHECKOUT_URL: 'http://127.0.0.1:3001',
  });
  return { ...config, ...changes };
}
